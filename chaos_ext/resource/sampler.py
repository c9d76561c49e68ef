"""The sampler as a process of its own: `python -m chaos_ext.resource.sampler`, told in a line of JSON.

It looks at every target at a fixed pace, appends rows that survive its death, says on standard
output when a limit is crossed, and ends when its parent or its standard input does.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chaos_ext import world
from chaos_ext.history import usage
from chaos_ext.history.rows import LOOK, RowWriter
from chaos_ext.lease.ledger import Ledger
from chaos_ext.resource.allowance import Groups
from chaos_ext.resource.levels import Crossings, Limits
from chaos_ext.resource.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ANSWERS_S_MAX = (
    0.03  # that servers get to answer in; who is later is asked no more in this round
)
ANEW_EVERY = 20  # rounds: limits of the kernel's groups may be set at another level by then
_NS_PER_MS = 1_000_000


class Sampler:
    """Looks at all targets in rounds."""

    def __init__(self, targets: Sequence[Watched], rows: RowWriter, limits: Limits) -> None:
        """Look at *targets*, append to *rows*, tell what crosses *limits*."""
        self.rounds = 0
        self._targets, self._rows = tuple(targets), rows
        self._groups = Groups()
        self._crossings = Crossings(limits)
        self._recent: deque[NDArray[Any]] = deque()

    def round(self, intended_ns: int) -> list[dict[str, object]]:
        """Look at each target once; which limits were crossed since the round before."""
        self.rounds += 1
        self._groups.begin(anew=self.rounds % ANEW_EVERY == 0)
        asked = {each: each.question for each in self._targets if each.question}
        for question in asked.values():
            question.ask()
        looks = [each.look(self._groups, intended_ns) for each in self._targets]
        answers = _answers(asked)
        rows = b"".join(
            look.packed(each.packed_name, answers.get(each, {}) if look.pid > 0 else {})
            for each, look in zip(self._targets, looks, strict=True)
        )
        self._rows.put(rows)
        return self._crossed(np.frombuffer(rows, dtype=LOOK))

    def close(self) -> None:
        """Let go of everything; what was appended stays."""
        for each in self._targets:
            each.close()
        self._groups.close()
        self._rows.close()

    def _crossed(self, now: NDArray[Any]) -> list[dict[str, object]]:
        since_ns = int(now["intended_ns"][0]) - int(usage.WINDOW_S * 1e9)
        self._recent.append(now)
        while len(self._recent) > 1 and self._recent[1]["intended_ns"][0] <= since_ns:
            self._recent.popleft()
        before = self._recent[0]
        ratios = usage.at_once(now)
        if before["intended_ns"][0] <= since_ns:
            ratios |= {
                "cpu": usage.cpu_between(before, now),
                "throttled": usage.throttled_between(before, now),
            }
        highest = max(float(np.fmax.reduce(each, initial=0)) for each in ratios.values())
        if not self._crossings.may_be(highest):
            return []
        return [
            crossing
            for place, each in enumerate(self._targets)
            for crossing in self._crossings.crossed(
                each.name, {kind: float(values[place]) for kind, values in ratios.items()}
            )
        ]


def _answers(asked: dict[Watched, Any]) -> dict[Watched, Any]:
    """What the servers answered in time."""
    until_ns = world.monotonic_ns() + int(ANSWERS_S_MAX * 1e9)
    found = {each: told for each, question in asked.items() if (told := question.answered())}
    poll = select.poll()
    waiting = {question.fd: each for each, question in asked.items() if question.fd >= 0}
    for fd in waiting:
        poll.register(fd, select.POLLIN)
    while waiting and (left_ns := until_ns - world.monotonic_ns()) > 0:
        for fd, _ in poll.poll(left_ns / _NS_PER_MS):
            each = waiting[fd]
            told = asked[each].answered()
            if told or asked[each].fd != fd:  # answered, or hung up
                found[each] = told
                poll.unregister(fd)
                del waiting[fd]
    return found


def sample(config: dict[str, Any]) -> dict[str, Any]:
    """Look in rounds until told to stop; how many there were, and how late the latest was."""
    ledger = Ledger()
    targets = [Watched(told, ledger) for told in config["targets"]]
    limits = Limits(**config["limits"])
    sampler = Sampler(targets, RowWriter(Path(config["out"])), limits)
    step_ns = int(config["every_ms"] * _NS_PER_MS)
    timer, poll = world.KernelTimer(), select.poll()
    poll.register(timer.fd, select.POLLIN)
    poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    due_ns, late_ns = world.monotonic_ns(), 0
    timer.set(due_ns)
    gc.freeze()  # what is loaded by now stays; no pause to look at it again
    _tell({"ready": True})
    while sys.stdin.fileno() not in (ready := dict(poll.poll())):
        if timer.fd in ready:
            os.read(timer.fd, 8)
            late_ns = max(late_ns, world.monotonic_ns() - due_ns)
            for crossing in sampler.round(due_ns):
                _tell({"crossing": crossing})
            # a round that was missed is not made up for: it would look at another moment
            due_ns += step_ns * max(1, -(-(world.monotonic_ns() - due_ns) // step_ns))
            timer.set(due_ns)
    timer.close()
    sampler.close()
    return {"stopped": True, "rounds": sampler.rounds, "late_ms_max": round(late_ns / 1e6, 3)}


def _tell(fact: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more: the end of our input says so too
        os.write(sys.stdout.fileno(), json.dumps(fact).encode() + b"\n")


def main() -> int:
    """Read the configuration from the first line of standard input, sample, and tell."""
    given = b""
    while not given.endswith(b"\n"):  # one byte at a time: what follows is for `poll` to see
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            return 1
        given += piece
    config = json.loads(given)
    world.die_with_parent(config["parent"])
    world.step_ahead()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to answer
    _tell(sample(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
