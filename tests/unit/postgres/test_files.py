"""A table's file has no word of its own, and a page no repair; the tools are those of the cluster's version."""

import pytest

from chaos_ext.errors import BadArgument, BinaryMissing
from chaos_ext.postgres import files


def test_nothing_has_a_word_of_its_own(tmp_path):
    with pytest.raises(BadArgument, match="pg_relation_filepath"):
        files.find(tmp_path, "append_only")
    with pytest.raises(BadArgument, match="restores from a backup"):
        files.repair({"node": "postgres-1"}, "file")


def test_tool_is_found_on_path_before_anywhere_else(tmp_path, monkeypatch):
    (tmp_path / "PG_VERSION").write_text("7\n")
    (tmp_path / "pg_checksums").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert files.tool(tmp_path, "pg_checksums") == str(tmp_path / "pg_checksums")


def test_tool_that_is_nowhere_is_told_with_what_brings_it(tmp_path, monkeypatch):
    (tmp_path / "PG_VERSION").write_text("7\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BinaryMissing, match="apt-get install postgresql-7"):
        files.tool(tmp_path, "pg_checksums")
