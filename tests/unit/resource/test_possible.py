"""What `chaos doctor` says of resource faults, for every machine it may meet."""

import pytest

from chaos_ext.resource import cgroups, possible


@pytest.fixture
def machine(monkeypatch):
    """A machine whose control groups may be used, or why not."""

    def says(why):
        monkeypatch.setattr(cgroups, "possible", lambda _controller: why)
        tree = type("Tree", (), {"version": 2})
        monkeypatch.setattr(cgroups, "hierarchy", lambda _controller: tree)

    return says


def found():
    return {each.name: each for each in possible.checks()}


def test_doctor_names_control_groups_where_they_may_be_used(machine):
    machine("")

    told = found()

    assert all(each.works for each in told.values())
    assert told["less of the processors"].found == "by a control group (version 2) of our own"


def test_doctor_names_what_is_left_without_them(machine):
    machine("not permitted: control groups need root")

    told = found()

    assert told["less of the processors"].works
    assert told["less of the processors"].found.startswith(
        "by hogs that compete with everybody"
    )
    assert told["less memory"].found.startswith("held by a hog, or by the server's own limit")
    assert not told["no more processes"].works
    assert told["no more processes"].remedy.startswith("as root")


def test_main_job_needs_none_of_it(machine):
    machine("not permitted")

    assert not any(each.needed for each in possible.checks())
