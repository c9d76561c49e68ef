"""A group of ours is made, joined and left; who was where is known to whoever has what was seen before."""

import shutil
from pathlib import Path

import pytest

from chaos_ext.errors import NotAllowed
from chaos_ext.resource import own_group
from chaos_ext.resource.own_group import OwnGroup


@pytest.fixture
def one(machine):
    """A machine of version 1 with a process and its child, in different groups."""
    machine.version_1("cpu")
    machine.group("web")
    machine.group("child")
    machine.process(7, groups="3:cpu:/web\n")
    machine.process(8, parent=7, start=200, groups="3:cpu:/child\n")
    return machine


@pytest.fixture
def two(machine):
    """A machine of version 2 with a process that has limits already."""
    machine.version_2("cpu", "memory", "pids")
    machine.group("web", cpu_max="50000 100000", memory_max="1000000")
    machine.process(7, groups="0::/web\n")
    return machine


def made(machine, before, **files):
    """The group as the kernel would have made it, with what is written to it in it."""
    group = OwnGroup(before, machine.proc)
    group.make({})
    machine.group(str(group.folder.relative_to(machine.mount)), **files)
    return group


def procs(folder):
    return (Path(folder) / "cgroup.procs").read_text().split()


def test_group_goes_below_the_targets_own_in_version_1(one):
    before = own_group.look(7, "cpu", "abc", one.proc)

    assert before["folder"] == str(one.mount / "web/chaos_ext_abc")
    assert before["carried"] == {}
    assert before["homes"] == [
        [7, 100, str(one.mount / "web")],
        [8, 200, str(one.mount / "child")],
    ]


def test_group_goes_beside_the_targets_own_in_version_2_and_has_its_limits(two):
    before = own_group.look(7, "cpu", "abc", two.proc)

    assert before["folder"] == str(two.mount / "chaos_ext_abc")
    assert before["carried"]["cpu.max"] == "50000 100000"

    group = OwnGroup(before, two.proc)
    group.make({"cpu.max": "4000 20000"})

    assert group.read("memory.max") == "1000000"
    assert group.read("cpu.max") == "4000 20000"


def test_target_in_a_group_of_ours_is_refused_another(one):
    one.process(9, groups="3:cpu:/web/chaos_ext_other\n")

    with pytest.raises(NotAllowed, match="by another fault of ours; one at a time"):
        own_group.look(9, "cpu", "abc", one.proc)


def test_limit_of_swap_is_left_out_where_there_is_none(one):
    group = OwnGroup(own_group.look(7, "cpu", "abc", one.proc), one.proc)

    group.make({"cpu.cfs_quota_us": 4000, "memory.memsw.limit_in_bytes": 1})

    assert not (group.folder / "memory.memsw.limit_in_bytes").exists()
    assert group.limited({"cpu.cfs_quota_us": 4000, "memory.memsw.limit_in_bytes": 1})
    assert not group.limited({"cpu.cfs_quota_us": 5000})


def test_stranger_with_our_name_is_left_alone(one):
    before = own_group.look(7, "cpu", "abc", one.proc)
    Path(before["folder"]).mkdir()

    with pytest.raises(FileExistsError):
        OwnGroup(before, one.proc).make({})


def test_each_process_goes_back_to_where_it_was(one):
    group = made(one, own_group.look(7, "cpu", "abc", one.proc), cgroup_procs="8")

    group.give_back()

    assert procs(one.mount / "child") == ["8"]
    assert procs(one.mount / "web") == []


@pytest.mark.parametrize("stranger", [9, 8])
def test_who_is_not_known_goes_where_the_target_was(one, stranger):
    group = made(one, own_group.look(7, "cpu", "abc", one.proc), cgroup_procs=str(stranger))
    one.process(9, parent=7)
    shutil.rmtree(one.proc / "8")
    one.process(8, parent=7, start=999)  # its number is another's now

    group.give_back()

    assert procs(one.mount / "web") == [str(stranger)]


def test_nearest_group_takes_them_when_theirs_is_gone(one):
    group = made(one, own_group.look(7, "cpu", "abc", one.proc), cgroup_procs="8")
    (one.mount / "cgroup.procs").write_text("")
    shutil.rmtree(one.mount / "child")

    group.give_back()

    assert procs(one.mount) == ["8"]


def test_group_is_gone_when_the_kernel_lets_it_go(one):
    group = OwnGroup(own_group.look(7, "cpu", "abc", one.proc), one.proc)
    assert group.gone()
    group.folder.mkdir()

    assert group.gone()
    assert not group.folder.exists()
    group.give_back()


def test_group_is_not_gone_while_somebody_is_in_it(one):
    group = made(one, own_group.look(7, "cpu", "abc", one.proc))

    assert not group.gone()


def test_what_the_kernel_refuses_is_told_with_its_file(one):
    group = OwnGroup(own_group.look(7, "cpu", "abc", one.proc), one.proc)
    group.folder.mkdir()
    (group.folder / "cpu.max").mkdir()

    with pytest.raises(NotAllowed, match=r"cpu\.max: 5: Is a directory"):
        group.write("cpu.max", 5)
