"""What YAML asks for is asked of the conductor, with values that make sense and no others."""

import pytest

from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.lease.session import Asked
from chaos_ext.resource import actions, cgroups

PATH = "chaos_ext.resource."


@pytest.fixture(autouse=True)
def permitted(monkeypatch):
    monkeypatch.setattr(cgroups, "possible", lambda _controller: "")


def test_cpu_is_asked_for(conductor):
    actions.cpu("redis-primary", percent=25, for_s=3)

    settings = {"percent": 25, "by": ""}
    assert conductor.asked == [Asked(f"{PATH}cpu", "redis-primary", 3, settings=settings)]


def test_memory_is_asked_for_with_what_must_be_left(conductor):
    actions.memory("redis-primary", mb=64)

    (asked,) = conductor.asked
    assert asked.limits
    assert asked.paths == ("redis-primary",)
    assert asked.settings == {"mb": 64, "headroom_mb": 0, "by": ""}


@pytest.mark.parametrize("name", ["files", "connections"])
def test_what_is_left_of_a_server_is_asked_for_with_the_way_to_it(conductor, name):
    getattr(actions, name)("redis-primary", left=3)

    asked = Asked(
        f"{PATH}{name}", "redis-primary", 10.0, settings={"left": 3}, paths=("redis-primary",)
    )
    assert conductor.asked == [asked]


def test_processes_are_asked_for(conductor):
    actions.processes("redis-primary")

    assert conductor.asked == [
        Asked(f"{PATH}processes", "redis-primary", 10.0, settings={"left": 0})
    ]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("cpu", {"percent": 0}, "percent must be at least 1"),
        ("cpu", {"percent": "20"}, "percent must be"),
        ("cpu", {"by": "docker"}, "by: 'docker' is not known"),
        ("memory", {}, "say mb or headroom_mb, and not both"),
        ("memory", {"mb": 64, "headroom_mb": 64}, "say mb or headroom_mb, and not both"),
        ("memory", {"mb": 31}, "mb must be at least 32"),
        ("memory", {"headroom_mb": -1}, "headroom_mb must be at least 1"),
        ("memory", {"mb": 64, "by": "limit"}, "by limit takes headroom_mb"),
        ("memory", {"headroom_mb": 64, "by": "hold"}, "by hold takes mb"),
        ("files", {"left": -1}, "left must be at least 0"),
        ("files", {"by": "use"}, "files of a process can be used up by itself only"),
        ("files", {"by": "prlimit"}, "by: 'prlimit' is not known"),
        ("connections", {"left": 1.5}, "left must be a whole number"),
        ("processes", {"left": 513}, "left must be at least 0 and at most 512"),
    ],
)
def test_what_makes_no_sense_is_refused(conductor, name, values, why):
    with pytest.raises(BadArgument, match=f"^resource.{name}: {why}"):
        getattr(actions, name)("redis-primary", **values)

    assert conductor.asked == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("cpu", {"by": "cgroup"}),
        ("memory", {"headroom_mb": 64, "by": "limit"}),
        ("processes", {}),
    ],
)
def test_what_this_machine_cannot_do_is_refused(conductor, monkeypatch, name, values):
    monkeypatch.setattr(cgroups, "possible", lambda _controller: "control groups need root")

    with pytest.raises(NotAllowed, match=f"^resource.{name}: control groups need root"):
        getattr(actions, name)("redis-primary", **values)

    assert conductor.asked == []
