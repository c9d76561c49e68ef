"""A fault is found by its dotted path, and made the same by whoever reads the ledger."""

import signal

import pytest

from chaos_ext import world
from chaos_ext.errors import HealFailed
from chaos_ext.lease import fault
from chaos_ext.process.kill import Kill
from chaos_ext.process.pause import Pause
from chaos_ext.process.restart import Restart


@pytest.mark.parametrize(
    ("path", "kind"),
    [("kill", Kill), ("pause", Pause), ("restart", Restart), ("terminate", Kill)],
)
def test_fault_is_made_from_its_path(path, kind):
    target = object()

    made = fault.make(f"chaos_ext.process.{path}", target, {})

    assert isinstance(made, kind)
    assert made.target is target
    assert made.colour.startswith("#")


@pytest.mark.parametrize(
    ("path", "stays"),
    [("data.delete_keys", True), ("process.pause", False), ("process.nothing", False)],
)
def test_fault_says_whether_a_boot_undoes_it(path, stays):
    assert fault.survives_a_boot(f"chaos_ext.{path}") is stays


def test_fault_gets_the_settings_of_its_lease():
    assert not fault.make("chaos_ext.process.pause", None, {"trace": False}).trace
    assert fault.make("chaos_ext.process.terminate", None, {}).signum == signal.SIGTERM


def test_fault_refuses_settings_that_it_does_not_have():
    with pytest.raises(TypeError, match="unknown"):
        fault.make("chaos_ext.process.kill", None, {"unknown": 1})


def test_fault_has_what_healing_must_find_again_on_disk_before_the_harm(desk, lease):
    desk.fake.look = lambda: {"limit": 1024}
    kept = []
    desk.fake.inject = lambda: kept.extend(each.settings for each in desk.ledger.leases())

    desk.keeper.inject(lease(), held_server=False)

    assert kept == [{"a": 1, "before": {"limit": 1024}}]


def test_fault_has_its_whole_time_however_long_the_looking_takes(desk, lease):
    asked_ns, took_ns = world.boottime_ns(), 40_000_000
    desk.fake.look = lambda: world.wait_until(lambda: False, took_ns / 1e9)
    asked = lease()

    desk.keeper.inject(asked, held_server=False, asked_ns=asked_ns)

    (kept,) = desk.ledger.leases()
    assert kept.deadline_ns >= asked.deadline_ns + took_ns


def test_fault_that_outlasts_its_target_is_cleared():
    cleared = []
    steps = {"clear": lambda _self: cleared.append("it"), "healed": lambda _self: bool(cleared)}

    fault.clear(type("Outlasting", (), steps)())
    fault.clear(object())

    assert cleared == ["it"]


def test_what_outlasts_its_target_for_ever_is_told(monkeypatch):
    monkeypatch.setattr(fault, "HEAL_S_MAX", 0.01)
    steps = {"name": "stays", "clear": bool, "healed": lambda _self: False}

    with pytest.raises(HealFailed, match="stays has left something"):
        fault.clear(type("Staying", (), steps)())
