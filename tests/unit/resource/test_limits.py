"""The limit that leaves so many files is counted from the numbers that are free."""

import os
import resource

import pytest

from chaos_ext.errors import NotAllowed, TargetGone
from chaos_ext.resource import limits

NOBODY = 4_000_000  # a pid that no kernel gives


@pytest.mark.parametrize(
    ("opened", "left", "limit"),
    [
        ({0, 1, 2}, 0, 3),
        ({0, 1, 2}, 2, 5),
        ({0, 1, 2, 9}, 0, 3),
        ({0, 2, 4}, 0, 1),
        ({0, 2, 4}, 1, 3),
        ({0, 2, 4}, 2, 5),
        (set(), 0, 0),
    ],
)
def test_limit_leaves_exactly_so_many_free_numbers(opened, left, limit):
    found = limits.limit_for(opened, left)

    assert found == limit
    assert len(set(range(found)) - opened) == left


def test_limit_of_a_process_is_read_and_put():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        was = limits.put(os.getpid(), (before[0] - 1, before[1]))

        assert was == before
        assert limits.of(os.getpid()) == (before[0] - 1, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_process_that_is_gone_has_neither_limits_nor_files():
    with pytest.raises(TargetGone):
        limits.of(NOBODY)
    with pytest.raises(TargetGone):
        limits.open_files(NOBODY)


def test_files_of_ours_are_seen():
    here, there = os.pipe()
    try:
        assert {here, there} <= limits.open_files(os.getpid())
    finally:
        os.close(here)
        os.close(there)


def test_who_may_not_change_a_limit_is_told(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(limits.resource, "prlimit", refuse)

    with pytest.raises(NotAllowed, match="may be changed by its own user or by root"):
        limits.of(1)
