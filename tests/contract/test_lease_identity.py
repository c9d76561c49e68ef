"""A process is known by more than its number: nobody else is ever taken for it."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from chaos_ext.errors import TargetGone
from chaos_ext.lease import identity


@pytest.fixture
def process():
    started = subprocess.Popen([sys.executable, "-ISc", "input()"], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.stdin.close()
    started.wait()


def test_identity_is_the_same_while_its_process_runs(process):
    who = identity.of(process.pid)

    again = identity.of(process.pid)

    assert who == again
    assert who.same()


def test_identity_is_another_when_the_number_was_used_again(process):
    before = identity.of(process.pid)

    used_again = replace(before, start=before.start - 1)

    assert not used_again.same()
    with pytest.raises(TargetGone, match="is gone; its number is another's now"):
        used_again.open()


def test_identity_signals_nobody_when_the_number_was_used_again(process):
    used_again = replace(identity.of(process.pid), start=1)

    with pytest.raises(TargetGone):
        used_again.send(signal.SIGKILL)

    assert process.poll() is None


def test_identity_is_another_after_another_boot(process, monkeypatch):
    before = identity.of(process.pid)

    monkeypatch.setenv("CHAOS_EXT_BOOT_ID", "the-next-boot")

    assert not before.same()
    assert before.wait(timeout_s=0)


def test_identity_is_dead_when_its_process_is_a_zombie(process):
    who = identity.of(process.pid)
    who.send(signal.SIGKILL)

    ended = who.wait(timeout_s=10)

    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert ended
    assert not who.same()
    with pytest.raises(TargetGone, match="is not running"):
        identity.of(process.pid)


def test_identity_waits_no_longer_than_told_when_its_process_lives_on(process):
    who = identity.of(process.pid)

    assert not who.wait(timeout_s=0.01)


def test_identity_tells_the_state_of_every_thread(process):
    who = identity.of(process.pid)
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)

    assert who.states() == "T"
