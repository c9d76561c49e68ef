"""What a fault of data takes, and what it refuses before anything happens."""

import pytest

from chaos_ext.data import values
from chaos_ext.errors import BadArgument

GOOD = {"what": "append_only", "how": "flip", "at": "middle", "count": 16, "file": ""}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"how": "truncate", "at": "end"},
        {"at": "8192", "count": 1},
        {"what": "file", "file": "base/5/16384"},
        {"what": "rdb", "how": "delete"},
    ],
)
def test_corrupt_takes(said):
    values.refuse_corrupt(**{**GOOD, **said})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"how": "burn"}, "how: 'burn' is not known"),
        ({"at": "top"}, "at must be beginning, middle, end, or an offset as text, not 'top'"),
        ({"at": 8192}, "at must be"),
        ({"at": "-1"}, "at must be"),
        ({"count": 0}, "bytes must be a whole number from 1 to 1,048,576, not 0"),
        ({"count": True}, "bytes must be a whole number"),
        ({"count": 1 << 21}, "bytes must be a whole number"),
        ({"what": ""}, "what must be a word"),
        ({"what": "file"}, "file must be said with what: file"),
        ({"file": "dump.rdb"}, "file must be said with what: file"),
        ({"what": "file", "file": 7}, "file must be said"),
    ],
)
def test_corrupt_refuses(said, why):
    with pytest.raises(BadArgument, match=rf"^data\.corrupt: {why}"):
        values.refuse_corrupt(**{**GOOD, **said})


@pytest.mark.parametrize(
    ("match", "count"), [("", 1), (None, 1), ("a", 0), ("a", 1.5), ("a", 10_001)]
)
def test_delete_keys_refuses(match, count):
    with pytest.raises(BadArgument, match=r"^data\.delete_keys: "):
        values.refuse_delete(match, count)


def test_delete_keys_takes_a_pattern_and_a_number():
    values.refuse_delete("session:*", 10_000)
