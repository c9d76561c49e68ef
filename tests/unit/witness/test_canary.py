"""Every question is written down before it is sent, every answer when it came."""

import asyncio

import numpy as np
import pytest

from chaos_ext.history.operations import operations
from chaos_ext.history.rows import ERRORS, FAILED, KINDS, OK, READ, STEP, UNKNOWN, WRITE
from chaos_ext.witness.canary import Canary, CanarySettings

FAST = CanarySettings(pace_ms=2, deadline_ms=20)
STAYS = CanarySettings(pace_ms=2, deadline_ms=20, stays=True)


class Rows:
    def __init__(self, until):
        self.packed = b""
        self.until = until
        self.enough = asyncio.Event()

    def put(self, packed):
        self.packed += packed
        if len(self.packed) >= self.until * STEP.itemsize:
            self.enough.set()

    @property
    def steps(self):
        return np.frombuffer(self.packed, dtype=STEP)


class Service:
    """A line and a connection in one, answering by *answer(kind, seq)*."""

    def __init__(self, answer):
        self.answer = answer
        self.peer = 42
        self.suspected = 0

    async def connection(self, _asked_ns):
        return self

    def suspect(self, _connection):
        self.suspected += 1

    def close(self):
        pass

    async def write(self, seq):
        return await self.answer(WRITE, seq)

    async def read(self, seq):
        return await self.answer(READ, seq)


def watch(line, rows_wanted=12, settings=FAST):
    async def until_enough():
        rows = Rows(rows_wanted)
        canary = Canary(line, rows, settings)
        canary.begin()
        await asyncio.wait_for(rows.enough.wait(), 5)
        await canary.stop()
        return rows.steps, canary

    return asyncio.run(until_enough())


def last_write(asked):
    return [seq for kind, seq in asked if kind == WRITE][-1]


def test_canary_reads_what_it_wrote_last_when_the_service_answers():
    asked = []

    async def answer(kind, seq):
        asked.append((kind, seq))
        return ""

    steps, canary = watch(Service(answer))

    columns = operations(steps)
    assert set(columns["outcome"]) == {OK}
    assert columns["seq"].tolist() == list(range(len(columns["seq"])))
    assert asked[0] == (WRITE, 0)
    reads = [place for place, (kind, _) in enumerate(asked) if kind == READ]
    assert reads  # answers are immediate here: the last write asked is the last one answered
    assert all(asked[place] == (READ, last_write(asked[:place])) for place in reads)
    assert (columns["sent_ns"] >= columns["intended_ns"]).all()
    assert len(canary.pace_errors_ns) == len(asked)


def test_canary_reads_nothing_when_nothing_was_acknowledged():
    async def answer(*_):
        return "readonly"

    steps, canary = watch(Service(answer))

    assert set(steps["kind"]) == {WRITE}
    assert not canary.first_success.is_set()


def test_canary_goes_on_asking_when_nobody_answers():
    async def answer(*_):
        await asyncio.Event().wait()

    service = Service(answer)
    steps, _ = watch(service)

    columns = operations(steps)
    assert set(columns["outcome"]) == {UNKNOWN}
    assert {ERRORS[code] for code in columns["error"]} == {"timeout"}
    assert columns["sent_ns"][1] < columns["finished_ns"][0]
    assert service.suspected == len(columns["seq"])


@pytest.mark.parametrize(
    ("failure", "outcome", "error", "suspect"),
    [
        (ConnectionResetError(), UNKNOWN, "lost", True),
        (ValueError("never thought of"), FAILED, "error", False),
    ],
)
def test_canary_writes_it_down_and_goes_on_when_an_operation_fails(
    failure, outcome, error, suspect
):
    async def answer(*_):
        raise failure

    service = Service(answer)
    steps, _ = watch(service)

    columns = operations(steps)
    assert set(columns["outcome"]) == {outcome}
    assert {ERRORS[code] for code in columns["error"]} == {error}
    assert bool(service.suspected) is suspect


@pytest.mark.parametrize(
    ("settings", "error", "looks_anew"),
    [
        (FAST, "readonly", True),
        (STAYS, "readonly", False),
        (STAYS, "timeout", True),
        (STAYS, "lost", True),
    ],
)
def test_canary_keeps_its_connection_when_it_stays_with_who_takes_no_writes(
    settings, error, looks_anew
):
    async def answer(*_):
        return error

    service = Service(answer)
    steps, _ = watch(service, settings=settings)

    assert bool(service.suspected) is looks_anew
    assert {ERRORS[code] for code in operations(steps)["error"]} == {error}


def test_canary_asks_only_the_failing_kind_more_often_when_one_fails():
    async def answer(kind, _):
        return "wrong value" if kind == READ else ""

    steps, _ = watch(Service(answer), rows_wanted=60)

    columns = operations(steps)
    gaps_ms = {
        name: np.median(np.diff(columns["intended_ns"][columns["kind"] == kind])) / 1e6
        for kind, name in enumerate(KINDS)
    }
    assert gaps_ms["write"] == 2
    assert gaps_ms["read"] == 1
