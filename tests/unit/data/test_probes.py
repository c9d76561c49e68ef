"""Probes ask the tools of the target's own system, and only about data that is ours."""

import pytest

from chaos_ext.data import probes, systems
from chaos_ext.errors import NoConductor, NotAllowed
from chaos_ext.lease import session


class Session:
    def __init__(self, path):
        self._path = path

    def path(self, target):
        return self._path


@pytest.fixture
def path(monkeypatch):
    class Files:
        @staticmethod
        def examine(path, what):
            return False, f"{what} is spoiled"

    monkeypatch.setattr(systems, "files", lambda system: Files)
    found = {"node": "redis-1", "system": "redis", "owner": "run", "folder": "data"}
    session.begin(Session(found))
    yield found
    session.end()


def test_probes_say_what_the_tools_say(path):
    assert probes.intact("redis-1") is False
    assert probes.examined("redis-1", "rdb") == {"intact": False, "said": "rdb is spoiled"}


def test_data_of_somebody_else_is_refused(path):
    path["owner"] = "attached"

    with pytest.raises(NotAllowed):
        probes.intact("redis-1")


def test_nobody_is_asked_without_a_conductor():
    session.end()

    with pytest.raises(NoConductor, match=r"^data\.intact"):
        probes.intact("redis-1")
