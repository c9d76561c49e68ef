"""The witness as a process of its own: `python -m chaos_ext.witness.process CONFIG.json`.

It shares no pool, no loop and no retry with the load, ends when its parent or its standard
input does, and says on standard output, in lines of JSON, when it is ready and how it kept pace.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.history.rows import RowWriter
from chaos_ext.witness.canary import Canary, CanarySettings
from chaos_ext.witness.line import Line
from chaos_ext.witness.watched import watched

if TYPE_CHECKING:
    from array import array

_NS_PER_US = 1_000
_ATTEMPTS_PER_DEADLINE = 4  # a lost SYN is sent again after 1 s: trying anew is much sharper
_TROUBLE_EVERY_S = 0.5


async def watch(config: dict[str, Any]) -> dict[str, Any]:
    """Watch what *config* names until told to stop; how it kept pace."""
    settings = CanarySettings(
        float(config["pace_ms"]), float(config["deadline_ms"]), stays=bool(config["stays"])
    )
    half = watched(config["system"], config["target"], config["run"])
    line = Line(half, settings.deadline_ms / 1_000 / _ATTEMPTS_PER_DEADLINE)
    rows = RowWriter(Path(config["out"]))
    told_to_stop = _listen()
    canary = Canary(line, rows, settings)
    gc.freeze()  # what is loaded by now stays; no pause to look at it again
    canary.begin()
    telling = asyncio.create_task(_tell_when_ready(canary, line))
    try:
        await told_to_stop
    finally:
        telling.cancel()
        await canary.stop()
        rows.close()
    return {"stopped": True, **pace_kept(canary.pace_errors_ns)}


def pace_kept(errors_ns: array[int]) -> dict[str, float]:
    """How many operations there were and how late they were issued."""
    ordered = sorted(errors_ns) or [0]

    def share_us(share: float) -> float:
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] / _NS_PER_US

    return {
        "operations": len(errors_ns),
        "pace_error_us_p50": share_us(0.5),
        "pace_error_us_p99": share_us(0.99),
        "pace_error_us_max": share_us(1),
    }


def _listen() -> asyncio.Future[None]:
    """Done when the runner says stop, or is gone; failed when rows can no longer be kept."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not stop.done():
            stop.set_result(None)

    def read_input() -> None:
        said = os.read(sys.stdin.fileno(), 4096)
        if not said or b"stop" in said:
            loop.remove_reader(sys.stdin.fileno())
            end()

    def fail(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "transport" not in context and not stop.done():  # a connection's end is no failure
            stop.set_exception(context.get("exception") or RuntimeError(context["message"]))

    loop.add_reader(sys.stdin.fileno(), read_input)
    loop.add_signal_handler(signal.SIGTERM, end)
    loop.set_exception_handler(fail)
    return stop


async def _tell_when_ready(canary: Canary, line: Line) -> None:
    while not canary.first_success.is_set():
        try:
            await asyncio.wait_for(canary.first_success.wait(), _TROUBLE_EVERY_S)
        except TimeoutError:
            _tell({"waiting": line.trouble})
    _tell({"ready": True})


def _tell(fact: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more: the end of our input says so too
        os.write(sys.stdout.fileno(), json.dumps(fact).encode() + b"\n")


def main(arguments: list[str]) -> int:
    """Read the configuration, watch, and tell."""
    config = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    world.die_with_parent(config["parent"])
    world.spare_from_oom_killer()
    world.step_ahead()  # it takes some 3 % of a core
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to answer
    _tell(asyncio.run(watch(config)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
