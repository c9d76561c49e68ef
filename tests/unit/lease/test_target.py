"""A target that is gone is never taken for another, and one unknown is never started."""

import signal
from dataclasses import replace

import pytest

from chaos_ext.errors import CannotStartAgain, HealFailed, TargetGone
from chaos_ext.lease import servers
from chaos_ext.lease import target as targets
from chaos_ext.lease.ledger import Server
from chaos_ext.lease.target import Target


@pytest.fixture
def gone(ledger, lease):
    """A target whose process ended before: its number is this process's by now."""
    asked = lease()
    made = Target(ledger, replace(asked, identity=replace(asked.identity, start=1)))
    yield made
    made.close()


def test_target_has_ended_when_its_number_is_anothers(gone):
    assert gone.ended()
    with pytest.raises(TargetGone, match=r"^node \(pid \d+\) is dead already$"):
        gone.send(signal.SIGKILL)


def test_target_needs_no_end_when_it_has_ended(gone):
    gone.end(signal.SIGKILL)

    assert gone.ended()


@pytest.mark.parametrize("spec", [None, {}, {"argv": []}])
def test_target_is_not_started_when_nobody_told_how(gone, ledger, spec):
    if spec is not None:
        ledger.put_server(Server("lab/node", "lab", "node", spec, None))

    with pytest.raises(CannotStartAgain, match="nobody told how to start node again"):
        gone.start_again()
    assert not gone.can_start()


def test_target_serves_nothing_when_the_ledger_knows_no_server(gone):
    assert not gone.serving()
    assert not gone.replaced()


def test_target_lives_while_its_process_does(ledger, lease):
    target = Target(ledger, lease())

    assert not target.ended()
    assert target.states()
    target.close()
    target.close()


@pytest.fixture
def started(ledger, lease, monkeypatch):
    """A target whose server is this very process, which has no address."""
    monkeypatch.setattr(targets, "SETTLED_S", 0)
    asked = lease()
    ledger.put_server(Server("lab/node", "lab", "node", {}, asked.identity))
    made = Target(ledger, asked)
    yield made
    made.close()


def test_target_has_settled_when_it_serves_twice(started):
    assert started.settled()


def test_target_has_not_settled_when_it_serves_once(started, monkeypatch):
    looks = iter([True, False])
    monkeypatch.setattr(servers, "serving", lambda _server: next(looks))

    assert not started.settled()


@pytest.mark.parametrize("lives", [[False], [True, False]], ids=["at once", "a moment later"])
def test_target_fails_to_settle_when_its_server_has_ended_again(started, monkeypatch, lives):
    looks = iter(lives)
    monkeypatch.setattr(servers, "runs", lambda _server: next(looks))

    with pytest.raises(HealFailed, match=r"^node \(pid \d+\) has ended again; "):
        started.settled()


def test_target_has_not_settled_when_the_ledger_knows_no_server(gone):
    assert not gone.settled()
