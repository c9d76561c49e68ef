"""Whose folder, which file, and what was said last."""

import pytest

from chaos_ext.data import words
from chaos_ext.errors import BadArgument


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data" / "base").mkdir(parents=True)
    (tmp_path / "data" / "base" / "1").write_bytes(b"0123456789")
    (tmp_path / "outside").touch()
    (tmp_path / "data" / "link").symlink_to("../outside")
    return tmp_path / "data"


def test_file_inside_is_found(folder):
    assert words.inside(folder, "base/1") == folder.resolve() / "base" / "1"
    assert words.inside(folder, "base/../base/1") == folder.resolve() / "base" / "1"


@pytest.mark.parametrize("name", ["../outside", "link", "base", "base/2", "/etc/hosts", ""])
def test_what_is_no_file_inside_is_refused(folder, name):
    with pytest.raises(BadArgument, match="is no file inside"):
        words.inside(folder, name)


def test_last_words_are_the_last_line_of_a_log_that_has_any(tmp_path):
    assert words.last(tmp_path) == ""

    (tmp_path / "stdout.log").touch()
    (tmp_path / "server.log").write_text(f"first\n{'x' * 400}\n\n")

    assert words.last(tmp_path) == "x" * 300


def test_piece_is_as_much_as_there_is(folder):
    assert words.piece(folder / "base" / "1", 8, 16) == b"89"
