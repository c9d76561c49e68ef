"""A file is known once, for as long as the kernel knows it, whatever becomes of its names."""

import os
from pathlib import Path

import pytest

from chaos_ext.passthrough.inodes import Inodes
from chaos_ext.passthrough.protocol import ROOT_ID


@pytest.fixture
def inodes(tmp_path):
    root = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    table = Inodes(root)
    yield table
    table.close()


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_file_is_found_once_under_all_its_names(inodes, tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    os.link(tmp_path / "a", tmp_path / "b")

    first, stat = inodes.find(ROOT_ID, b"a")
    second, _ = inodes.find(ROOT_ID, b"b")

    assert first == second != ROOT_ID
    assert stat.st_size == 5
    assert len(inodes) == 2


def test_file_is_known_until_all_that_was_told_is_forgotten(inodes, tmp_path):
    (tmp_path / "a").touch()
    before = open_files()
    nodeid, _ = inodes.find(ROOT_ID, b"a")
    inodes.find(ROOT_ID, b"a")

    inodes.forget(nodeid, 1)
    assert os.fstat(inodes.fd(nodeid))
    inodes.forget(nodeid, 1)

    assert len(inodes) == 1
    assert open_files() == before


def test_file_without_a_name_is_still_there(inodes, tmp_path):
    (tmp_path / "a").write_bytes(b"kept")
    nodeid, _ = inodes.find(ROOT_ID, b"a")

    (tmp_path / "a").unlink()

    assert Path(inodes.path(nodeid)).read_bytes() == b"kept"


def test_number_of_a_file_is_never_used_again(inodes, tmp_path):
    (tmp_path / "a").touch()
    first, _ = inodes.find(ROOT_ID, b"a")
    inodes.forget(first, 1)

    second, _ = inodes.find(ROOT_ID, b"a")

    assert second != first


def test_symbolic_link_is_not_followed(inodes, tmp_path):
    (tmp_path / "s").symlink_to("nowhere")

    nodeid, _ = inodes.find(ROOT_ID, b"s")

    assert os.readlink(b"", dir_fd=inodes.fd(nodeid)) == b"nowhere"


def test_name_that_is_not_there_leaves_nothing(inodes):
    before = open_files()

    with pytest.raises(FileNotFoundError):
        inodes.find(ROOT_ID, b"nobody")

    assert (len(inodes), open_files()) == (1, before)


def test_file_that_is_let_go_is_told(inodes, tmp_path):
    told = []
    inodes.leaving = lambda fd: told.append(os.fstat(fd).st_nlink)
    (tmp_path / "a").touch()
    nodeid, _ = inodes.find(ROOT_ID, b"a")

    (tmp_path / "a").unlink()
    inodes.forget(nodeid, 1)

    assert told == [0]


def test_root_is_never_forgotten(inodes):
    inodes.forget(ROOT_ID, 1_000_000)
    inodes.forget(12345, 1)

    assert os.fstat(inodes.fd(ROOT_ID))
