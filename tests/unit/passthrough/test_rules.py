"""Each rule befalls what it names, as often and as long as it says, and ends with its holder."""

import errno

import pytest

from chaos_ext.passthrough import reading
from chaos_ext.passthrough.rules import Rules

SLOW = {"do": "slow", "ops": ["fsync"], "ms": 100, "lease": "one"}
FAIL = {"do": "fail", "ops": ["write", "read"], "errno": "EIO", "lease": "one"}
READ_ONLY = {"do": "read_only", "lease": "two"}


def in_force(*said, holder="somebody"):
    rules = Rules()
    rules.put(holder, reading.read(list(said), 1))
    return rules


def full(left_bytes):
    return in_force({"do": "full", "left_bytes": left_bytes, "lease": "one"})


def test_slow_delays_the_operations_it_names_and_no_others():
    rules = in_force(SLOW)

    assert list(rules.delays(("fsync",)).values()) == [100_000_000]
    assert list(rules.delays(("write", "fsync")).values()) == [100_000_000]
    assert rules.delays(("write",)) == {}
    assert rules.all[0].told() == {**SLOW, "delayed": 2, "failed": 0}


def test_slow_varies_within_its_jitter():
    rules = in_force({**SLOW, "jitter_ms": 20})

    found = [sum(rules.delays(("fsync",)).values()) / 1e6 for _ in range(200)]

    assert min(found) < 85
    assert max(found) > 115
    assert all(80 <= each <= 120 for each in found)


def test_delays_of_several_rules_add_up():
    rules = in_force(SLOW, {**SLOW, "ms": 30})

    assert sum(rules.delays(("fsync",)).values()) == 130_000_000


def test_fail_ends_what_it_names_with_its_errno():
    rules = in_force({**FAIL, "errno": "ENOSPC"})

    assert rules.error(("write",), changes=True) == errno.ENOSPC
    assert rules.error(("open",), changes=False) == 0
    assert rules.all[0].failed == 1


@pytest.mark.parametrize("rule", [FAIL, SLOW], ids=["fail", "slow"])
def test_share_meets_about_as_many_as_it_says_and_the_same_ones_again(rule):
    def thrown(seed):
        rules = Rules()
        rules.put("somebody", reading.read([{**rule, "share": 0.3}], seed))
        kinds = (rule["ops"][0],)
        return [
            bool(rules.error(kinds, changes=True) or rules.delays(kinds)) for _ in range(1000)
        ]

    first = thrown(7)

    assert first == thrown(7)
    assert first != thrown(8)
    assert 250 < sum(first) < 350


def test_read_only_refuses_whatever_changes():
    rules = in_force(READ_ONLY)

    assert rules.error(("write",), changes=True) == errno.EROFS
    assert rules.error(("open",), changes=True) == errno.EROFS
    assert rules.error(("read",), changes=False) == 0


def test_full_grants_what_is_left_and_takes_it_off():
    rules = full(1000)

    assert rules.granted(600) == 600
    rules.used(600)
    assert rules.granted(600) == 400
    assert rules.room() == 400
    assert rules.all[0].told()["left_now"] == 400
    assert rules.all[0].failed == 1


def test_full_gets_room_back():
    rules = full(0)

    rules.used(-500)

    assert rules.granted(600) == 500


def test_nothing_is_bounded_without_full():
    rules = in_force(SLOW)

    assert rules.room() is None
    assert rules.granted(1 << 40) == 1 << 40


def test_rules_of_one_holder_replace_its_own_and_end_alone():
    rules = in_force(SLOW, holder="first")
    rules.put("second", reading.read([READ_ONLY], 1))

    rules.put("first", reading.read([FAIL], 1))
    assert [rule.said["do"] for rule in rules.all] == ["fail", "read_only"]
    rules.end("first")
    rules.end("first")

    assert [rule.said["do"] for rule in rules.all] == ["read_only"]
    assert rules.of("first") == []
