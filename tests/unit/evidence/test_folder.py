"""A run gets a folder of its own, and is found again by a short name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chaos_ext.errors import ReportsUnwritable, RunUnreadable
from chaos_ext.evidence.events import EventLog
from chaos_ext.evidence.folder import create, find

NOON = datetime(2026, 1, 31, 12, 0, 0, 999, tzinfo=UTC)


def _begin(root, experiment, token, now=NOON):
    folder = create(root, experiment, now)
    EventLog(folder / "events.jsonl").add("run_started", run=token)
    return folder


def test_create_names_the_folder_by_utc_and_points_latest_at_it(tmp_path):
    abroad = NOON.astimezone(timezone(timedelta(hours=5)))

    folder = create(tmp_path, "redis_failover", abroad)

    assert folder == tmp_path / "redis_failover" / "2026-01-31T12-00-00Z"
    assert (tmp_path / "redis_failover" / "latest").resolve() == folder.resolve()


def test_create_counts_on_when_two_runs_start_in_one_second(tmp_path):
    names = [create(tmp_path, "x", NOON).name for _ in range(3)]

    assert names == ["2026-01-31T12-00-00Z", "2026-01-31T12-00-00Z-2", "2026-01-31T12-00-00Z-3"]
    assert (tmp_path / "x" / "latest").resolve().name == names[-1]


@pytest.mark.parametrize("name", ["../../etc", "/abs", ".hidden", "a b/c", "", "latest"])
def test_create_stays_under_the_root_whatever_the_name(tmp_path, name):
    folder = create(tmp_path, name, NOON)

    assert folder.parent.parent == tmp_path
    assert not folder.parent.name.startswith(".")
    assert folder.parent.name != "latest"


def test_create_refuses_in_one_line_when_a_file_is_in_the_way(tmp_path):
    (tmp_path / "reports").write_text("a file")

    with pytest.raises(ReportsUnwritable) as caught:
        create(tmp_path / "reports", "x", NOON)

    assert "choose another folder" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_find_takes_a_folder_a_name_latest_or_a_token(tmp_path):
    old = _begin(tmp_path, "redis_failover", "aaaa1111")
    new = _begin(tmp_path, "redis_failover", "bbbb2222", NOON + timedelta(hours=1))

    found = {
        run: find(run, tmp_path)
        for run in (old, "redis_failover", "redis_failover/latest", "aaaa1111", "latest")
    }

    assert found[old] == found["aaaa1111"] == old
    assert found["redis_failover"] == found["redis_failover/latest"] == new
    assert found["latest"] == new


def test_find_tells_the_nearest_when_there_is_no_such_run(tmp_path):
    _begin(tmp_path, "redis_failover", "aaaa1111")

    with pytest.raises(RunUnreadable) as caught:
        find("redis_failove", tmp_path)

    assert "did you mean 'redis_failover'?" in str(caught.value)


def test_find_says_so_when_there_is_no_run_at_all(tmp_path):
    with pytest.raises(RunUnreadable, match="there is no run at all"):
        find("redis_failover", tmp_path)
