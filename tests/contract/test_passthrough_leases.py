"""Rules are gone with whoever holds them, however it goes; what makes no sense is refused in one line."""

import errno
from pathlib import Path

import pytest

from chaos_ext import world

from .passing import PATIENCE_S, refusal

FAILS = {"do": "fail", "ops": ["write"], "errno": "EIO"}
READ_ONLY = {"do": "read_only"}


@pytest.fixture
def file(passing, request):
    path = passing.folder / request.node.name.replace("/", "-")
    path.write_bytes(b"as it was")
    return path


def test_rules_end_with_the_connection(passing, file):
    with passing.hurt(READ_ONLY):
        assert passing.status()["rules"]

    assert world.wait_until(lambda: passing.status()["rules"] == [], PATIENCE_S)
    assert refusal(lambda: file.write_bytes(b"x")) == 0


def test_rules_end_when_their_holder_is_killed(passing, file):
    holder = passing.holder(READ_ONLY)
    assert refusal(lambda: file.write_bytes(b"x")) == errno.EROFS

    holder.kill()
    holder.communicate()

    assert world.wait_until(lambda: passing.status()["rules"] == [], PATIENCE_S)
    assert refusal(lambda: file.write_bytes(b"x")) == 0


def test_rules_end_at_their_deadline_while_their_holder_lives(passing, file):
    with passing.hurt(READ_ONLY, for_s=0.3) as holder:
        assert refusal(lambda: file.write_bytes(b"x")) == errno.EROFS

        assert world.wait_until(lambda: passing.status()["rules"] == [], PATIENCE_S)
        assert refusal(lambda: file.write_bytes(b"x")) == 0
        assert holder.ask("status")["ok"]


def test_rules_of_two_holders_end_each_with_its_own(passing, file):
    with passing.hurt(READ_ONLY):
        with passing.hurt({**FAILS, "lease": "two"}):
            assert [rule["lease"] for rule in passing.status()["rules"]] == ["one", "two"]
        assert world.wait_until(lambda: len(passing.status()["rules"]) == 1, PATIENCE_S)

        assert refusal(lambda: file.write_bytes(b"x")) == errno.EROFS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"nonsense", "not one JSON object a line"),
        (b"[1]", "not an object"),
        (b"{}", "say put or ask"),
        (b'{"putt": []}', "did you mean put?"),
        (b'{"ask": "name"}', "known: status"),
        (b'{"ask": "status", "put": []}', "say put or ask"),
        (b'{"put": [], "deadline_ns": 1}', "a list of rules"),
        (b'{"put": [{"do": "read_only", "lease": "a"}], "deadline_ns": 1}', "deadline_ns"),
        (b'{"put": [{"do": "read_only", "lease": "a"}]}', "deadline_ns"),
        (b'{"put": [{"do": "read_only", "lease": "a"}], "for_s": 1}', "for_s is unknown"),
        (b"[" * 60_000, "not one JSON object a line"),
        (
            b'{"put": [{"do": "read_only", "lease": "a"}], "deadline_ns": 1%s}' % (b"0" * 400),
            "makes no",
        ),
        (
            b'{"put": [{"do": "slow", "ops": ["read"], "ms": 1%s, "lease": "a"}], "deadline_ns": 1}'
            % (b"0" * 400),
            "makes no sense",
        ),
    ],
)
def test_line_that_makes_no_sense_is_refused_and_nothing_is_changed(passing, line, words):
    with passing.commander() as commander:
        answer = commander.say(line)

        assert answer["ok"] is False
        assert words in answer["why"]
        assert "\n" not in answer["why"]
        assert commander.ask("status")["rules"] == []


def test_line_without_an_end_is_given_up(passing):
    given_up = pytest.raises((ConnectionError, ValueError))  # reset, or no answer to read

    with passing.commander() as commander, given_up:
        commander.say(b"x" * 200_000)

    assert passing.status()["ok"]


def test_many_who_come_and_go_leave_nothing(passing):
    place = Path(f"/proc/{passing.process.pid}/fd")
    before = len(list(place.iterdir()))

    for _ in range(200):
        with passing.hurt(READ_ONLY):
            pass

    assert world.wait_until(lambda: len(list(place.iterdir())) <= before + 1, PATIENCE_S)
