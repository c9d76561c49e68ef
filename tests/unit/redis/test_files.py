"""Which file of a folder is the append-only file by now, and which the snapshot."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.redis import files


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "appendonlydir"
    inner.mkdir()
    for number in (2, 9, 10):
        (inner / f"appendonly.aof.{number}.incr.aof").write_text("*1")
    (inner / "appendonly.aof.10.base.rdb").write_text("REDIS")
    (inner / "appendonly.aof.manifest").write_text("file")
    return tmp_path


def test_newest_increment_is_the_one_with_the_highest_number(folder):
    assert files.find(folder, "append_only").name == "appendonly.aof.10.incr.aof"


def test_snapshot_is_found_where_there_is_one(folder):
    with pytest.raises(BadArgument, match="has no rdb file with anything in it"):
        files.find(folder, "rdb")

    (folder / "dump.rdb").write_text("REDIS")

    assert files.find(folder, "rdb").name == "dump.rdb"


def test_empty_file_is_none(folder):
    (folder / "appendonlydir" / "appendonly.aof.11.incr.aof").touch()

    with pytest.raises(BadArgument, match="with anything in it"):
        files.find(folder, "append_only")


def test_other_words_are_refused_with_those_there_are(folder):
    with pytest.raises(BadArgument, match="redis has no 'aof'; it has append_only, rdb"):
        files.find(folder, "aof")


def test_snapshot_is_repaired_by_nobody(folder):
    with pytest.raises(BadArgument, match="nothing repairs the rdb of redis"):
        files.repair({"folder": str(folder), "program": "redis-server"}, "rdb")
