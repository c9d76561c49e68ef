"""Operations fail when each kind of them has met its error."""

import errno

import pytest

from chaos_ext.disk.errors import Errors
from chaos_ext.disk.tries import Tried


@pytest.fixture
def errors(server, paths):
    return Errors(server, paths)


def tried(write, fsync):
    return [Tried("write", 1.0, write), Tried("fsync", 1.0, fsync)]


def test_errors_ask_for_one_rule(errors, server, paths):
    rule = {"do": "fail", "ops": ["write", "fsync"], "errno": "EIO", "share": 1.0}

    assert errors.rules() == [rule]
    assert Errors(server, paths, percent=25.0).rules() == [{**rule, "share": 0.25}]


def test_errors_show_when_every_one_was_met(errors):
    assert errors.shown(tried(errno.EIO, 0)) is None
    assert errors.shown(tried(errno.EIO, errno.EROFS)) is None
    assert errors.shown(tried(errno.EIO, errno.EIO)) is not None


def test_few_errors_show_when_each_kind_has_met_one(server, paths):
    errors = Errors(server, paths, percent=10.0)

    assert errors.shown(tried(errno.EIO, 0) + tried(0, 0)) is None
    assert errors.shown(tried(0, errno.EIO)) == {"write": "1 of 3: EIO", "fsync": "1 of 3: EIO"}
    assert not errors.is_certain()


def test_errors_are_gone_when_none_is_met(errors):
    assert errors.gone(tried(0, 0))
    assert not errors.gone(tried(0, errno.EIO))


def test_errors_that_were_never_begun_are_healed_twice(errors, server):
    errors.heal()
    errors.heal()

    assert errors.healed()
    assert server.done == []
