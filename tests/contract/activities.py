"""Activities that misbehave as real ones do, called by the experiments of these tests."""

import math
import os
import signal
from decimal import Decimal
from pathlib import Path

import numpy as np
import psutil
from chaoslib.exceptions import InterruptExecution

from chaos_ext import world
from chaos_ext.conductor.conductor import Conductor
from chaos_ext.lab import scope
from chaos_ext.redis import client, roles

NOTES = Path("notes")
ODD = {
    "bytes": b"\xff\x00redis",
    "set": {3, "a", b"b"},
    "nan": [math.nan, math.inf, -math.inf],
    "tuple": (1, (2, 3)),
    "decimal": Decimal("0.1"),
    "numpy": {"number": np.float32(1.5), "whole": np.int64(7), "array": np.arange(3)},
    "keys": {1: "a", None: "b", (1, 2): "c", b"d": "e"},
    "surrogate": "\ud800",
    "object": object(),
}


def note(text: str) -> None:
    """Write *text* down, so that a test can see that it was done."""
    with NOTES.open("a") as file:
        file.write(f"{text}\n")


def says(what: object) -> object:
    """Answer *what*."""
    return what


def wrong_at(calls: list) -> bool:
    """Answer false at those of its calls, counted from 1, and true at all others."""
    with Path("asked").open("a") as file:
        file.write("?")
    return Path("asked").stat().st_size not in calls


def wrong_once(noted: str) -> bool:
    """Answer false once *noted* stands in the notes."""
    return not NOTES.exists() or noted not in NOTES.read_text().split("\n")


def fails_once(noted: str) -> bool:
    """Raise, as a refused connection does, once *noted* stands in the notes."""
    if not wrong_once(noted):
        raise ConnectionRefusedError(111, "Connection refused")
    return True


def crashes_after(noted: str) -> bool:
    """Break down by itself, whatever the service does, once *noted* stands in the notes."""
    if not wrong_once(noted):
        raise ZeroDivisionError
    return True


def fails(text: str) -> None:
    """Raise."""
    raise RuntimeError(text)


def interrupts() -> None:
    """Ask the host to stop, in the way its documentation gives."""
    raise InterruptExecution("enough")


def waits(seconds: float, text: str = "waited") -> None:
    """Note that it begins, wait, note that it is over."""
    note(f"{text} from here")
    world.sleep(seconds)
    note(text)


def signals(signal_name: str) -> None:
    """Send a signal to the process that runs the experiment, and go on a while."""
    os.kill(os.getpid(), signal.Signals[signal_name])
    waits(0.2, f"after {signal_name}")


def swallows(signal_name: str) -> None:
    """Take a signal's exception for one of its own, as a bare `except` does."""
    try:
        os.kill(os.getpid(), signal.Signals[signal_name])
        world.sleep(0.2)
    except SystemExit:
        note("swallowed")


def text_until(noted: str) -> object:
    """Answer text until *noted* stands in the notes, then a mapping."""
    return "text" if wrong_once(noted) else {"no": "text"}


def tells_secrets(secrets: dict) -> object:
    """Answer every secret it was given."""
    return {"told": list(secrets.values()), "text": f"all of them: {secrets}"}


def in_bytes(text: str) -> bytes:
    """Answer *text* as a socket would."""
    return text.encode()


def odd(kind: str) -> object:
    """Answer what JSON cannot hold."""
    return ODD[kind]


def endless() -> list:
    """Answer a list that holds itself."""
    answer: list = [1]
    answer.append(answer)
    return answer


def breaks_our_control() -> None:
    """Make a later step of our control crash, as a mistake in it would."""

    def method_over(conductor: Conductor) -> None:
        raise ZeroDivisionError

    Conductor.method_over = method_over


def leaks(target: str, mb_per_s: float, seconds: float) -> None:
    """Have a real Redis keep more and more, evenly."""
    address = roles.resolve(scope.lab("redis"), target).bind
    size, until_ns = 0.0, world.monotonic_ns() + int(seconds * 1e9)
    while world.monotonic_ns() < until_ns:
        size += mb_per_s * 0.1 * (1 << 20)
        client.command(
            address, "SETRANGE", f"leak:{int(size)}", int(mb_per_s * 0.1 * (1 << 20)), "x"
        )
        world.sleep(0.1)


def kills_the_sampler() -> None:
    """End the process that looks at the servers of this run, as the kernel does when memory is short."""
    for child in psutil.Process().children():
        if "chaos_ext.resource.sampler" in child.cmdline():
            child.kill()
            child.wait()
            return
    raise LookupError("no sampler")
