"""Labs of real servers: they do not meet, they leave nothing, and they say why they cannot start."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from chaos_ext.environment import read
from chaos_ext.errors import BinaryMissing, LabInUse, LabNotReady, PortTaken
from chaos_ext.lab import addresses, binaries, native
from chaos_ext.lease import identity
from chaos_ext.lease.ledger import Ledger
from chaos_ext.redis import lab as redis_lab


@pytest.fixture
def ledger():
    opened = Ledger()
    yield opened
    for row in opened.rows("select id from labs where state = 'up'"):
        native.stop(opened, row["id"])
    opened.close()


@pytest.fixture
def settings():
    try:
        binaries.find(redis_lab.BINARY)
    except BinaryMissing as error:
        pytest.skip(f"needs: {error}")
    whole = dict(read.load("native").systems["redis"])
    return {**whole, "replicas": 1, "sentinels": 0}


def alive_under(folder):
    """The processes that live in *folder*, found without the ledger."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()).startswith(f"{folder}/"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_labs_do_not_meet_when_two_are_up(ledger, settings):
    one = native.start(ledger, "redis", settings)
    two = native.start(ledger, "redis", settings)

    hosts = [{node.bind[0] for node in lab.nodes} for lab in (one, two)]

    assert hosts[0].isdisjoint(hosts[1])
    assert one.folder != two.folder
    assert redis_lab.problem(one, 0) == redis_lab.problem(two, 0) == ""


def test_lab_leaves_no_process_and_no_file_when_it_is_down(ledger, settings):
    lab = native.start(ledger, "redis", settings)
    before = alive_under(lab.folder)

    left = native.stop(ledger, lab.id)

    assert len(before) == len(lab.nodes) == 2
    assert left == []
    assert alive_under(lab.folder) == []
    assert not lab.folder.exists()
    assert native.all_labs(ledger) == []


def test_lab_leaves_nothing_when_its_servers_stand_still_and_are_taken_down(ledger, settings):
    lab = native.start(ledger, "redis", settings)
    for pid in alive_under(lab.folder):
        os.kill(pid, signal.SIGSTOP)

    left = native.stop(ledger, lab.id)

    assert left == []
    assert alive_under(lab.folder) == []


def test_lab_says_why_in_one_line_when_its_program_ends_at_once(
    ledger, settings, tmp_path, monkeypatch
):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho no luck today >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHAOS_REDIS_SERVER", str(program))

    with pytest.raises(LabNotReady) as raised:
        native.start(ledger, "redis", settings)

    said = r"redis-\d has ended; last words: redis-\d: no luck today$"
    assert re.search(said, str(raised.value))
    assert "\n" not in str(raised.value)
    assert native.all_labs(ledger) == []
    assert ledger.rows("select * from servers") == []


def test_lab_leaves_nothing_when_a_later_stage_cannot_start(ledger, settings):
    broken = {**settings, "sentinels": 1, "quorum": 1, "down_after_ms": -1}

    with pytest.raises(LabNotReady, match="sentinel-1 has ended; last words: sentinel-1"):
        native.start(ledger, "redis", broken)

    folders = list((ledger.path.parent / "labs").iterdir())
    assert folders == []
    assert alive_under(ledger.path.parent / "labs") == []


def test_lab_refuses_a_port_where_somebody_listens(nobody):
    host, port = nobody

    with socket.create_server((host, port)), pytest.raises(PortTaken, match=str(port)):
        addresses.check_free([(host, port)])

    addresses.check_free([(host, port)])


def test_lab_cannot_be_taken_by_two_runs(ledger, settings):
    lab = native.start(ledger, "redis", settings)
    native.claim(ledger, lab, "first")

    native.claim(ledger, lab, "first")

    with pytest.raises(
        LabInUse, match="is in use by run first; wait for it, or run: chaos abort"
    ):
        native.claim(ledger, lab, "second")


def test_lab_cannot_be_stopped_while_a_run_uses_it(ledger, settings):
    lab = native.start(ledger, "redis", settings)
    native.claim(ledger, lab, "first")
    me = identity.of(os.getpid())
    guardian = ("first", me.pid, me.start, me.boot)
    ledger.change("insert into guardians values (?,?,?,?)", *guardian)

    with pytest.raises(LabInUse, match="first: chaos abort first"):
        native.stop(ledger, lab.id)

    ledger.change("delete from guardians")
    assert len(alive_under(lab.folder)) == 2
