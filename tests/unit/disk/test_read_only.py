"""A disk is read-only when all that changes is refused, and nothing else is."""

import errno

import pytest

from chaos_ext.disk.read_only import ReadOnly
from chaos_ext.disk.tries import Tried

CHANGING, LOOKING = ("write", "create", "rename", "truncate"), ("read", "open")


@pytest.fixture
def fault(server, paths):
    return ReadOnly(server, paths)


def tried(changing, looking):
    found = [Tried(op, 1.0, changing) for op in CHANGING]
    return found + [Tried(op, 1.0, looking) for op in LOOKING]


def test_read_only_shows_when_changes_are_refused_and_looks_are_not(fault):
    assert fault.shown(tried(errno.EROFS, 0)) is not None
    assert fault.shown(tried(0, 0)) is None
    assert fault.shown(tried(errno.EIO, 0)) is None
    assert fault.shown(tried(errno.EROFS, errno.EROFS)) is None
    assert fault.shown([*tried(errno.EROFS, 0), Tried("write", 1.0, 0)]) is None


def test_read_only_is_gone_when_nothing_is_refused(fault):
    assert fault.gone(tried(0, 0))
    assert not fault.gone(tried(errno.EROFS, 0))


def test_read_only_tries_both(fault, tmp_path):
    class Tries:
        def all(self, ops):
            return ops

    assert sorted(fault.try_all(Tries())) == sorted((*CHANGING, *LOOKING))


def test_read_only_that_was_never_begun_is_healed_twice(fault, server):
    fault.heal()
    fault.heal()

    assert fault.healed()
    assert server.done == []
