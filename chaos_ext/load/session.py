"""The life of a load process after its imports: ready, go, stop, and one summary.

Only `generator` imports this, once Locust has patched the process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from gevent.socket import wait_read

from chaos_ext import world
from chaos_ext.history.rows import RowWriter
from chaos_ext.load.flow import Flow, Operations
from chaos_ext.load.tally import Tally
from chaos_ext.load.users import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STDIN, STDOUT = 0, 1
TRY_AGAIN_AFTER_S = 0.1
GRACE_AFTER_DEADLINE_S = 0.5


def live(config: Mapping[str, Any]) -> None:
    """Serve the load that *config* describes until standard input says stop, or ends."""
    find = importlib.import_module(f"chaos_ext.{config['system']}.load").operations
    operations: Operations = find(config["target"], config["run"], config["deadline_s"])
    crowd = Crowd(config["system"])
    writer = RowWriter(Path(config["out"]))
    tally = Tally(writer)
    flow = Flow(operations, tally, config["rate_per_s"], config["deadline_s"], crowd.tell)
    crowd.gather(flow, config["users"])
    gevent.spawn(_get_ready, operations, config["deadline_s"])
    planned = _obey(flow)
    _finish(flow, config["deadline_s"])
    writer.close()
    _say(stopped=True, **tally.summary(planned))


def _get_ready(operations: Operations, deadline_s: float) -> None:
    """Say ready after the first operation that succeeds; say once what it waits for."""
    last = ""
    while error := _attempt(operations, deadline_s):
        if error != last:
            _say(ready=False, waiting=error)
        last = error
        world.sleep(TRY_AGAIN_AFTER_S)
    gc.collect()
    gc.freeze()  # no pause later for what the imports left behind
    _say(ready=True)


def _attempt(operations: Operations, deadline_s: float) -> str:
    try:
        return operations.perform(0, deadline_s)
    except Exception as error:  # noqa: BLE001 - told to the runner, and tried again
        return repr(error)


def _obey(flow: Flow) -> int:
    """Do what standard input says; tell how many arrivals were due at the end."""
    for word in _words():
        if word == "go":
            _say(started=True, t0_ns=flow.begin())
        elif word == "stop":
            break
    return flow.end()


def _words() -> Iterator[str]:
    """The lines of standard input as they come, without blocking the users."""
    rest = b""
    while True:
        wait_read(STDIN)
        piece = os.read(STDIN, 4096)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode().strip()


def _finish(flow: Flow, deadline_s: float) -> None:
    """Let outstanding arrivals come to their end, which their deadline bounds."""
    if not world.wait_until(flow.is_complete, deadline_s + GRACE_AFTER_DEADLINE_S):
        flow.give_up()


def _say(**words: object) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody listens: we end soon anyway
        os.write(STDOUT, json.dumps(words).encode() + b"\n")
