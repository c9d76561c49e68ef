"""Every operation is tried in earnest, and nothing of the tries is left."""

import errno

import pytest

from chaos_ext.disk.tries import OPS, Tries


@pytest.fixture
def tries(tmp_path):
    made = Tries(tmp_path, "lease")
    made.open()
    yield made
    made.close()


@pytest.mark.parametrize("op", OPS)
def test_operation_is_done_and_timed_again_and_again(tries, op):
    found = [tries.once(op) for _ in range(3)]

    assert [each.error for each in found] == [0, 0, 0]
    assert all(0 < each.ms < 10_000 for each in found)
    assert {each.op for each in found} == {op}


def test_tries_leave_nothing(tries, tmp_path):
    tries.all(OPS)
    tries.grow(1 << 16)

    tries.close()
    tries.close()

    assert list(tmp_path.iterdir()) == []


def test_error_of_an_operation_is_told(tries, tmp_path):
    (tmp_path / ".chaos-lease").unlink()

    assert tries.once("open").error == errno.ENOENT
    assert tries.once("fsync").error == 0


def test_growing_takes_room_and_gives_it_back(tries, tmp_path):
    found = tries.grow(1 << 20)

    assert found.error == 0
    assert (tmp_path / ".chaos-lease").stat().st_size == 4096


def test_what_a_dead_process_left_is_taken_over_and_removed(tmp_path):
    (tmp_path / ".chaos-lease").write_bytes(b"old")
    (tmp_path / ".chaos-lease-other").mkdir()
    (tmp_path / "dump.rdb").touch()
    tries = Tries(tmp_path, "lease")

    tries.open()
    tries.close()

    assert [path.name for path in tmp_path.iterdir()] == ["dump.rdb"]


def test_closing_what_was_never_opened_removes_what_bears_its_name(tmp_path):
    (tmp_path / ".chaos-lease").touch()

    Tries(tmp_path, "lease").close()

    assert list(tmp_path.iterdir()) == []
