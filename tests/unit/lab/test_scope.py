"""Inside a run its labs are meant; outside, those that stand."""

import pytest

from chaos_ext.errors import TargetUnreachable
from chaos_ext.lab import native, scope


@pytest.fixture(autouse=True)
def outside():
    scope.leave()
    yield
    scope.leave()


def test_scope_means_the_labs_of_the_run():
    mine = object()

    scope.enter({"redis": mine})

    assert scope.lab("redis") is mine


def test_scope_does_not_mean_a_standing_lab_inside_a_run(monkeypatch):
    monkeypatch.setattr(native, "standing", lambda *_: object())
    scope.enter({})

    with pytest.raises(
        TargetUnreachable, match="no redis lab is up here; run: chaos lab up redis"
    ):
        scope.lab("redis")


def test_scope_means_the_standing_lab_outside_any_run(monkeypatch):
    standing = object()
    monkeypatch.setattr(native, "standing", lambda *_: standing)

    assert scope.lab("redis") is standing
