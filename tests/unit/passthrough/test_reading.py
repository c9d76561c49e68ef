"""Rules that make no sense are refused in one line that names what is wrong."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.passthrough import reading

SLOW = {"do": "slow", "ops": ["fsync"], "ms": 100, "lease": "one"}
FAIL = {"do": "fail", "ops": ["write"], "lease": "one"}


def refused(*said):
    with pytest.raises(BadArgument) as found:
        reading.read(list(said), 1)
    assert "\n" not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize("said", [None, {}, [], "slow"])
def test_rules_are_a_list_of_at_least_one(said):
    with pytest.raises(BadArgument, match="a list of rules"):
        reading.read(said, 1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("slow", "rule 1: must be an object"),
        ({**SLOW, "do": "slwo"}, "did you mean slow?"),
        ({**SLOW, "ops": ["fsnc"]}, "did you mean fsync?"),
        ({**SLOW, "ops": "fsync"}, "ops must be a list"),
        ({**SLOW, "ops": []}, "ops must be a list"),
        ({**SLOW, "ops": [["fsync"]]}, "ops has"),
        ({**SLOW, "ms": -1}, "ms must be 0 to 600000"),
        ({**SLOW, "ms": "100"}, "ms must be"),
        ({**SLOW, "ms": True}, "ms must be"),
        ({**SLOW, "ms": float("nan")}, "ms must be"),
        ({**SLOW, "jitter_ms": 101}, "jitter_ms must be 0 to 100"),
        ({**SLOW, "share": 0}, "share must be above 0"),
        ({**SLOW, "share": 1.1}, "share must be 0 to 1"),
        ({**SLOW, "errno": "EIO"}, "errno means nothing to slow"),
        ({**SLOW, "lease": ""}, "lease must be a text"),
        ({**FAIL, "errno": "eio"}, "did you mean EIO?"),
        ({**FAIL, "errno": 5}, "errno is 5"),
        ({**FAIL, "errno": "errorcode"}, "errno is"),
        ({"do": "full", "left_bytes": -1, "lease": "one"}, "left_bytes must be"),
        (
            {"do": "read_only", "ops": ["read"], "lease": "one"},
            "ops means nothing to read_only",
        ),
        ({"do": "read_only"}, "lease must be a text"),
    ],
)
def test_rule_is_refused_with_what_is_wrong(said, words):
    assert words in refused(said)


def test_refusal_names_the_rule_it_means():
    assert refused(SLOW, {**SLOW, "ms": -1}).startswith("rule 2: ")


def test_rules_default_to_everything_and_an_io_error():
    slow, fail, full = reading.read([SLOW, FAIL, {"do": "full", "lease": "two"}], 1)

    assert (slow.share, slow.jitter_ms) == (1, 0)
    assert (fail.share, fail.number) == (1, 5)
    assert full.left == 0
    assert [each.lease for each in (slow, fail, full)] == ["one", "one", "two"]
