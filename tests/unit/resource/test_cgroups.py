"""Groups are found in both versions, as they are mounted here, and what cannot be used is said."""

import pytest

from chaos_ext.errors import NotAllowed
from chaos_ext.resource import cgroups


@pytest.mark.parametrize("together", [("cpu",), ("cpu", "cpuacct")])
def test_group_is_found_in_version_1(machine, together):
    machine.version_1(*together)
    machine.process(7, groups=f"4:memory:/other\n3:{','.join(together)}:/web/redis\n")

    tree = cgroups.hierarchy("cpu", machine.proc)

    assert tree.version == 1
    home = tree.home(7, machine.proc)
    assert home == machine.mount / "web/redis"
    assert tree.parent(home) == home


def test_group_is_found_in_version_2_and_ours_goes_beside_it(machine):
    machine.version_2("cpu", "memory", "pids")
    machine.process(7, groups="0::/web/redis\n")

    tree = cgroups.hierarchy("cpu", machine.proc)
    home = tree.home(7, machine.proc)

    assert (tree.version, home) == (2, machine.mount / "web/redis")
    assert tree.parent(home) == machine.mount / "web"
    assert tree.parent(machine.mount) == machine.mount


def test_version_1_is_taken_where_the_other_has_no_such_controller(machine):
    machine.version_2("hugetlb")
    machine.version_1("cpu")

    assert cgroups.hierarchy("cpu", machine.proc).version == 1


def test_group_is_found_below_the_part_that_is_mounted(machine):
    machine.version_1("cpu", root="/docker/abc")
    machine.process(7, groups="3:cpu:/docker/abc/redis\n")
    machine.process(8, groups="3:cpu:/elsewhere\n")
    tree = cgroups.hierarchy("cpu", machine.proc)

    assert tree.home(7, machine.proc) == machine.mount / "redis"
    with pytest.raises(
        NotAllowed, match="in the group /elsewhere, which is not to be seen here"
    ):
        tree.home(8, machine.proc)


def test_machine_without_the_controller_is_told(machine):
    assert "no control groups with the controller pids" in cgroups.possible(
        "pids", machine.proc
    )


def test_nobody_but_root_may_use_them(machine, monkeypatch):
    machine.version_1("pids")
    monkeypatch.setattr(cgroups.os, "geteuid", lambda: 1000)

    assert cgroups.possible("pids", machine.proc) == "not permitted: control groups need root"


def test_controller_that_is_not_handed_on_is_told(machine):
    machine.version_2("cpu")
    web = machine.group("web")
    (web / "cgroup.subtree_control").write_text("memory\n")
    tree = cgroups.hierarchy("cpu", machine.proc)

    assert "does not hand the controller cpu on" in tree.problem(web)
    assert tree.problem(machine.mount) == ""


def test_ancestors_end_with_the_machine(machine):
    machine.version_1("cpu")
    tree = cgroups.hierarchy("cpu", machine.proc)

    found = list(tree.ancestors(machine.mount / "a/b"))

    assert found == [machine.mount / "a/b", machine.mount / "a", machine.mount]


def test_family_is_all_that_descend_from_a_process(machine):
    for pid, parent in ((7, 1), (8, 7), (9, 8), (10, 1)):
        machine.process(pid, parent, start=pid * 10)

    assert cgroups.family(7, machine.proc) == {7: 70, 8: 80, 9: 90}
    assert cgroups.family(99, machine.proc) == {}
    assert cgroups.start_of(9, machine.proc) == 90
    assert cgroups.start_of(99, machine.proc) == 0


def test_number_is_read_where_there_is_one(tmp_path):
    (tmp_path / "a").write_text("-1\n")
    (tmp_path / "b").write_text("max\n")

    assert [cgroups.number(tmp_path / name) for name in "abc"] == [-1, None, None]
