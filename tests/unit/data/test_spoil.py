"""Bytes that are spoiled are those that were meant, and all others stay."""

import hypothesis
import pytest
from hypothesis import strategies

from chaos_ext.data import spoil
from chaos_ext.data.spoil import Difference

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def pair(tmp_path):
    """A file and its copy."""
    for name in ("before", "now"):
        (tmp_path / name).write_bytes(CONTENT)
    return tmp_path / "before", tmp_path / "now"


@pytest.mark.parametrize(
    ("at", "begin"), [("beginning", 0), ("middle", 492), ("end", 984), ("17", 17)]
)
def test_offset_is_where_it_was_said(at, begin):
    assert spoil.offset(1024, at, 40) == begin


def test_offset_of_more_than_there_is_is_the_beginning():
    assert spoil.offset(10, "middle", 40) == spoil.offset(10, "end", 40) == 0


def test_flip_turns_those_bytes_over_and_no_other(pair):
    before, now = pair

    spoil.spoil(now, "flip", 100, 16)

    assert spoil.difference(before, now) == Difference(100, 115, 16, 0)
    spoil.spoil(now, "flip", 100, 16)
    assert spoil.difference(before, now) is None


def test_truncate_leaves_what_is_before(pair):
    before, now = pair

    spoil.spoil(now, "truncate", 1000, 16)

    assert now.read_bytes() == CONTENT[:1000]
    assert spoil.difference(before, now) == Difference(1000, 1023, 0, 24)


def test_deleted_file_is_all_missing(pair):
    before, now = pair

    spoil.spoil(now, "delete", 0, 16)

    assert spoil.difference(before, now) == Difference(0, 1023, 0, 1024)


@hypothesis.given(strategies.binary(min_size=1, max_size=300), strategies.data())
def test_difference_is_what_comparing_byte_by_byte_says(tmp_path_factory, content, data):
    folder = tmp_path_factory.mktemp("pair")
    other = data.draw(strategies.binary(min_size=0, max_size=len(content)))
    (folder / "before").write_bytes(content)
    (folder / "now").write_bytes(other)
    differ = [at for at, (a, b) in enumerate(zip(content, other, strict=False)) if a != b]
    missing = list(range(len(other), len(content)))

    found = spoil.difference(folder / "before", folder / "now")

    if not differ and not missing:
        assert found is None
    else:
        both = differ + missing
        assert found == Difference(both[0], both[-1], len(differ), len(missing))
