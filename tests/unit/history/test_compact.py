"""Raw rows become tables with the phase of each row, and nothing is lost on the way."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from chaos_ext.errors import ReportsUnwritable, RunUnreadable
from chaos_ext.history import compact, durable, rows

SPANS = [("baseline", 0, 300), ("fault", 300, 10_000)]
PEER = rows.pack_peer("127.0.0.2", 6379)


@pytest.fixture
def folder(tmp_path):
    # write 0 is acknowledged, read 1 fails, write 2 is never answered
    steps = np.zeros(5, dtype=rows.STEP)
    steps["part"] = [rows.ASKED, rows.ANSWERED, rows.ASKED, rows.ANSWERED, rows.ASKED]
    steps["seq"] = [0, 0, 1, 1, 2]
    steps["kind"] = [rows.WRITE, rows.WRITE, rows.READ, rows.READ, rows.WRITE]
    steps["outcome"] = [0, rows.OK, 0, rows.FAILED, 0]
    steps["error"] = [0, 0, 0, rows.ERRORS.index("refused"), 0]
    steps["intended_ns"] = [100, 100, 200, 200, 300]
    steps["at_ns"] = [101, 150, 201, 250, 301]
    steps["peer"] = PEER
    (tmp_path / "canary.bin").write_bytes(steps.tobytes() + b"torn")
    arrivals = np.zeros(3, dtype=rows.ARRIVAL)
    arrivals["seq"], arrivals["outcome"] = [0, 1, 2], [rows.OK, rows.FAILED, rows.DROPPED]
    arrivals["intended_ns"], arrivals["finished_ns"] = [50, 250, 350], [60, 280, 390]
    (tmp_path / "load.bin").write_bytes(arrivals.tobytes())
    return tmp_path


def test_compact_tells_operations_in_words_and_removes_the_rows(folder):
    compact.compact_canary(folder, SPANS)

    table = pq.read_table(folder / "canary.parquet")
    assert table.column_names == (
        [
            "kind",
            "seq",
            "intended_ns",
            "sent_ns",
            "finished_ns",
            "outcome",
            "error",
            "peer",
            "phase",
        ]
    )
    assert table.to_pylist()[1] == {
        "kind": "read",
        "seq": 1,
        "intended_ns": 200,
        "sent_ns": 201,
        "finished_ns": 250,
        "outcome": "failed",
        "error": "refused",
        "peer": "127.0.0.2:6379",
        "phase": "baseline",
    }
    assert table.column("outcome").to_pylist() == ["ok", "failed", "unknown"]
    assert table.column("phase").to_pylist() == ["baseline", "baseline", "fault"]
    assert not (folder / "canary.bin").exists()


def test_canary_reads_the_same_before_and_after_compaction(folder):
    before = compact.read_canary(folder)

    compact.compact_canary(folder, SPANS)

    after = compact.read_canary(folder)
    for name, values in after.items():
        assert values.tolist() == before[name].tolist()


def test_load_reads_the_same_before_and_after_compaction(folder):
    before = compact.read_load(folder)

    compact.compact_load(folder, SPANS)

    assert compact.read_load(folder).tolist() == before.tolist()
    assert pq.read_table(folder / "load.parquet").column("phase").to_pylist() == [
        "baseline",
        "baseline",
        "fault",
    ]
    assert not (folder / "load.bin").exists()


def test_rows_stay_when_the_table_cannot_be_written(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(ReportsUnwritable):
        compact.compact_canary(folder, SPANS)

    assert (folder / "canary.bin").exists()
    assert not (folder / "canary.parquet").exists()


def test_compact_does_nothing_when_nothing_was_recorded(tmp_path):
    compact.compact_canary(tmp_path, SPANS)
    compact.compact_load(tmp_path, SPANS)

    assert list(tmp_path.iterdir()) == []
    assert compact.read_read_back(tmp_path) is None


def test_read_back_is_kept_for_writes_with_a_row_for_each_unexpected_value(folder):
    found = {"seq": [0], "primary": ["match"], "replicas_with": [1], "replicas": [2]}

    compact.keep_read_back(folder, "redis", SPANS, found, unexpected=1)

    table = pq.read_table(folder / "operations" / "redis.parquet")
    assert table.column_names == (
        [
            "seq",
            "outcome",
            "phase",
            "intended_ns",
            "finished_ns",
            "primary",
            "replicas_with",
            "replicas",
        ]
    )
    assert [list(row.values()) for row in table.to_pylist()] == [
        [0, "ok", "baseline", 100, 150, "match", 1, 2],
        [2, "unknown", "fault", 300, -1, "unread", 0, 0],
        [-1, "unasked", "", -1, -1, "other", 0, 0],
    ]


def test_read_back_is_read_without_the_unexpected_rows(folder):
    found = {
        "seq": [0, 2],
        "primary": ["match", "missing"],
        "replicas_with": [1, 0],
        "replicas": [2, 2],
    }
    compact.keep_read_back(folder, "redis", SPANS, found, unexpected=2)

    columns, unexpected = compact.read_read_back(folder)

    assert columns["seq"].tolist() == [0, 2]
    assert columns["primary"].tolist() == ["match", "missing"]
    assert unexpected == 2


@pytest.fixture
def both(folder):
    """The rows of a second witness, which has asked one thing less."""
    steps = rows.read_rows(folder / "canary.bin", rows.STEP)[:4]
    (folder / "canary-stays.bin").write_bytes(steps.tobytes())
    return folder


def test_compact_keeps_two_witnesses_apart(both):
    compact.compact_canary(both, SPANS)

    kept = {path.name for path in both.glob("canary*")}
    assert kept == {"canary.parquet", "canary-stays.parquet"}
    assert compact.read_canary(both)["seq"].tolist() == [0, 1, 2]
    assert compact.read_canary(both, stays=True)["seq"].tolist() == [0, 1]


def test_read_back_of_two_witnesses_is_read_apart(both):
    columns = ("seq", "primary", "replicas_with", "replicas")
    plain = dict(zip(columns, ([0, 2], ["match", "match"], [1, 1], [1, 1]), strict=True))
    staying = dict(zip(columns, ([0], ["missing"], [0], [1]), strict=True))
    compact.keep_read_back(both, "redis", SPANS, plain)
    compact.keep_read_back(both, "redis@redis-primary", SPANS, staying, unexpected=1)

    of_plain, of_staying = (
        compact.read_read_back(both, stays=stays) for stays in (False, True)
    )

    assert (of_plain[0]["primary"].tolist(), of_plain[1]) == (["match", "match"], 0)
    assert (of_staying[0]["primary"].tolist(), of_staying[1]) == (["missing"], 1)


@pytest.mark.parametrize("compacted", [False, True])
def test_canary_was_kept_whether_as_rows_or_as_a_table(folder, compacted):
    if compacted:
        compact.compact_canary(folder, SPANS)

    kept = compact.was_kept(folder), compact.was_kept(folder, stays=True)

    assert kept == (True, False)


def test_a_damaged_table_is_named(folder):
    (folder / "canary.parquet").write_bytes(b"PAR1 but not really")

    with pytest.raises(RunUnreadable, match=r"canary\.parquet: is not a table"):
        compact.read_canary(folder)


def test_looks_read_the_same_before_and_after_compaction(tmp_path):
    looks = np.zeros(2, dtype=rows.LOOK)
    looks["target"], looks["pid"] = ["redis-1", "sentinel-1"], [7, -1]
    looks["at_ns"], looks["cpu_cores"] = [50, 350], [2.0, np.nan]
    looks["memory_bytes"] = [5, -1]
    (tmp_path / "resources.bin").write_bytes(looks.tobytes() + b"torn")

    compact.compact_looks(tmp_path, SPANS)

    table = pq.read_table(tmp_path / "resources.parquet")
    assert compact.read_looks(tmp_path).tobytes() == looks.tobytes()
    assert table.column("phase").to_pylist() == ["baseline", "fault"]
    assert table.column("target").to_pylist() == ["redis-1", "sentinel-1"]
    assert not (tmp_path / "resources.bin").exists()
