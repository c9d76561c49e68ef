"""What a lab shared goes with it, and what another shares stays."""

import pytest

from chaos_ext.lease import shared_memory


@pytest.fixture
def memory(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_memory, "PLACE", tmp_path)
    for lab in ("redis-1", "redis-12"):
        named = shared_memory.name(lab, "node")
        (tmp_path / named).touch()
        (tmp_path / f"sem.{named}").touch()
    (tmp_path / "of somebody").touch()
    return tmp_path


def test_release_removes_what_one_lab_shared(memory):
    shared_memory.release("redis-1")

    left = sorted(each.name for each in memory.iterdir())
    assert left == ["chaos_ext-redis-12-node", "of somebody", "sem.chaos_ext-redis-12-node"]


def test_release_does_no_harm_when_nothing_is_there(memory):
    shared_memory.release("redis-1")
    shared_memory.release("redis-1")

    assert len(list(memory.iterdir())) == 3
