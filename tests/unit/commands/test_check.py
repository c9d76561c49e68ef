"""What a check says of the servers is what a run would take."""

from pathlib import Path

import pytest

from chaos_ext.commands.check import _systems
from chaos_ext.lab import binaries, native
from chaos_ext.lab.model import Lab

PLAIN = {"replicas": 2, "proxied": False}


def standing(settings):
    return Lab("redis-1a2b3c", "redis", "standing", Path("labs"), "valkey-server", (), settings)


@pytest.mark.parametrize(
    ("settings", "proxied", "told"),
    [
        (None, False, "a lab of the run's own, with"),
        (None, True, "a lab of the run's own, a proxy in front of every server, with"),
        (PLAIN, False, "the standing lab redis-1a2b3c, with"),
        (
            PLAIN,
            True,
            "a lab of the run's own (redis-1a2b3c, which stands, has other settings)",
        ),
        (PLAIN | {"proxied": True}, True, "the standing lab redis-1a2b3c, a proxy in front"),
    ],
)
def test_check_says_which_lab_a_run_would_take(monkeypatch, settings, proxied, told):
    lab = standing(settings) if settings else None
    binary = binaries.Binary("valkey-server", "PATH")
    monkeypatch.setattr(native, "standing", lambda _ledger, _system: lab)
    monkeypatch.setattr(binaries, "find", lambda _source: binary)

    found = _systems({"redis": PLAIN}, {"proxied": True} if proxied else {}, [])

    assert found["redis"].startswith(told)
    assert found["redis"].endswith("with valkey-server (PATH)")
