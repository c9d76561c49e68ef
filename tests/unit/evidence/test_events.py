"""Events are chained by their hashes, and a line that was changed, lost or torn is noticed."""

import json
import signal
import threading

import pytest

from chaos_ext import world
from chaos_ext.errors import ReportsUnwritable, RunUnreadable, SealBroken
from chaos_ext.evidence import events
from chaos_ext.evidence.events import EventLog, read, verify


def test_log_chains_every_line_when_events_are_added(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")

    log.add("run_started", run="r1")
    log.add("phase", name="baseline")

    found = read(tmp_path / "events.jsonl")
    assert [event["seq"] for event in found] == [0, 1]
    assert found[1]["prev"] == found[0]["hash"]
    assert verify(found) == ""


def test_log_continues_the_chain_when_opened_again(tmp_path):
    path = tmp_path / "events.jsonl"
    EventLog(path).add("run_started")

    EventLog(path).add("run_ended")

    assert [event["event"] for event in read(path)] == ["run_started", "run_ended"]
    assert verify(read(path)) == ""


@pytest.mark.parametrize("change", ["edit", "drop", "swap", "cut the first"])
def test_verify_tells_where_when_a_line_was_changed(tmp_path, change):
    log = EventLog(tmp_path / "events.jsonl")
    for number in range(4):
        log.add("phase", name=f"p{number}")
    found = read(tmp_path / "events.jsonl")

    if change == "edit":
        found[1]["name"] = "other"
    elif change == "drop":
        del found[1]
    elif change == "swap":
        found[1], found[2] = found[2], found[1]
    else:
        del found[0]

    assert f"event {0 if change == 'cut the first' else 1}:" in verify(found)


def test_read_leaves_out_and_tells_a_torn_last_line(tmp_path, caplog):
    path = tmp_path / "events.jsonl"
    EventLog(path).add("run_started")
    with path.open("ab") as file:
        file.write(b'{"seq": 1, "ev')

    found = read(path)

    assert [event["event"] for event in found] == ["run_started"]
    assert "torn" in caplog.text


def test_log_cuts_a_torn_line_when_it_goes_on(tmp_path):
    path = tmp_path / "events.jsonl"
    EventLog(path).add("run_started")
    with path.open("ab") as file:
        file.write(b'{"seq": 1, "ev')

    EventLog(path).add("run_ended")

    assert [event["event"] for event in read(path)] == ["run_started", "run_ended"]
    assert verify(read(path)) == ""


def test_read_names_the_line_when_one_in_the_middle_is_damaged(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.add("run_started")
    log.add("run_ended")
    lines = path.read_bytes().splitlines()

    path.write_bytes(b"\n".join([lines[0], b"garbage", lines[1], b""]))

    with pytest.raises(SealBroken, match="line 2 is not an event"):
        read(path)


def test_read_names_the_file_when_it_is_missing(tmp_path):
    missing = tmp_path / "events.jsonl"

    with pytest.raises(RunUnreadable) as caught:
        read(missing)

    assert str(missing) in str(caught.value)


def test_log_refuses_when_the_folder_is_missing(tmp_path):
    nowhere = tmp_path / "gone" / "events.jsonl"

    with pytest.raises(ReportsUnwritable) as caught:
        EventLog(nowhere)

    assert "choose another folder" in str(caught.value)


def test_log_keeps_the_chain_whole_when_threads_add_at_once(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    threads = [
        threading.Thread(target=lambda n=n: [log.add("tick", who=n) for _ in range(50)])
        for n in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = read(tmp_path / "events.jsonl")
    assert len(found) == 200
    assert verify(found) == ""


@pytest.mark.parametrize("handler_raises", [False, True])
@pytest.mark.parametrize("moment", ["before the write", "after the write"])
def test_log_stays_whole_when_a_signal_handler_adds_amid_an_add(
    tmp_path, monkeypatch, moment, handler_raises
):
    log = EventLog(tmp_path / "events.jsonl")
    log.add("run_started")
    write = events.os.write

    def interrupted(fd, data):
        monkeypatch.setattr(events.os, "write", write)
        if moment == "before the write":
            signal.raise_signal(signal.SIGUSR1)
            return write(fd, data)
        written = write(fd, data)
        signal.raise_signal(signal.SIGUSR1)
        return written

    def handler(*_):
        log.add("aborted", reason="signal")
        if handler_raises:
            raise SystemExit

    before = signal.signal(signal.SIGUSR1, handler)
    monkeypatch.setattr(events.os, "write", interrupted)
    try:
        log.add("phase", name="fault")
    except SystemExit:
        assert handler_raises
    finally:
        signal.signal(signal.SIGUSR1, before)

    found = read(tmp_path / "events.jsonl")
    assert [event["event"] for event in found] == ["run_started", "phase", "aborted"]
    assert verify(found) == ""


def test_log_says_so_when_the_disk_is_full(tmp_path, monkeypatch):
    log = EventLog(tmp_path / "events.jsonl")

    monkeypatch.setattr(events.os, "write", lambda fd, data: len(data) - 1)

    with pytest.raises(ReportsUnwritable, match="disk is full"):
        log.add("run_started")


def test_log_takes_out_secrets_and_what_json_cannot_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(world, "monotonic_ns", lambda: 7)
    log = EventLog(tmp_path / "events.jsonl", redact=lambda data: {**data, "key": "***"})

    log.add("activity", key="secret", value=float("nan"), raw=b"\xff")

    line = json.loads((tmp_path / "events.jsonl").read_text())
    assert line["key"] == "***"
    assert (line["value"], line["raw"], line["mono_ns"]) == ("nan", "\\xff", 7)
