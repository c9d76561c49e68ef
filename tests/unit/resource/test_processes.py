"""A limit of processes that was never there is healed, and one that somebody changed is not in place."""

from chaos_ext.resource.processes import Processes


def test_processes_are_healed_twice_where_nothing_was_done(target):
    fault = Processes(target)

    fault.heal()
    fault.heal()

    assert fault.healed()


def test_processes_are_in_place_no_more_when_the_group_is_gone(target, tmp_path):
    folder = str(tmp_path / "gone")
    fault = Processes(target, before={"version": 1, "folder": folder, "home": "", "homes": []})

    assert fault.landed() is None
    assert fault.healed()
