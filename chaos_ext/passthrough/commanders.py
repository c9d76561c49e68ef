"""Who puts rules in force, over TCP, a JSON object a line: the connection is the lease.

The kernel closes it when the process that holds it ends, however it ends; its rules end with it, or
at their deadline.
"""

from __future__ import annotations

import json
import select
import socket
from typing import TYPE_CHECKING, Any, Protocol

from chaos_ext import world
from chaos_ext.errors import BadArgument, ChaosExtError, PortTaken
from chaos_ext.passthrough import reading
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos_ext.passthrough.rules import Rule
    from chaos_ext.passthrough.timers import Timer, Timers

LINE_BYTES_MAX = 64 << 10
LOOK_NS = 1_000_000_000  # deadlines are on a clock that goes on in suspend, timers are not
DEADLINE_S_MAX = 86_400
_BACKLOG = 64
_WORDS = ("put", "ask")


class Disk(Protocol):
    """What is commanded."""

    def put(self, holder: object, rules: Sequence[Rule]) -> None:
        """Put *rules* in force for *holder*, in place of what it held."""

    def end(self, holder: object) -> None:
        """End all that *holder* holds."""

    def status(self) -> dict[str, Any]:
        """What is in force, and what has been done."""


class Control:
    """The listener, and every connection."""

    def __init__(self, listener: socket.socket, disk: Disk, timers: Timers) -> None:
        self.listener, self.disk, self.timers = listener, disk, timers
        self._all: dict[int, Connection] = {}

    def watch(self, poll: select.epoll) -> None:
        """Be told of the listener from now on."""
        self._poll = poll
        poll.register(self.listener.fileno(), select.EPOLLIN)

    def ready(self, fd: int) -> None:
        """Something came at *fd*."""
        if fd == self.listener.fileno():
            try:
                door, _ = self.listener.accept()
            except OSError:  # no descriptor is left, or it has gone again
                return
            door.setblocking(False)
            self._all[door.fileno()] = Connection(door, self)
            self._poll.register(door.fileno(), select.EPOLLIN)
        elif fd in self._all:  # it may have ended meanwhile
            self._all[fd].readable()

    def gone(self, connection: Connection) -> None:
        """That one has ended, and its rules with it."""
        fd = connection.door.fileno()
        self._poll.unregister(fd)
        del self._all[fd]
        connection.close()
        self.disk.end(connection)

    def close(self) -> None:
        """End every connection."""
        for connection in list(self._all.values()):
            self.gone(connection)
        self.listener.close()


class Connection:
    """One of those who command; a lease, if it has put rules."""

    def __init__(self, door: socket.socket, control: Control) -> None:
        self.door, self._control = door, control
        self._heard = b""
        self._deadline_ns = 0
        self._timer: Timer | None = None

    def readable(self) -> None:
        """Answer every whole line; the end of the connection ends what it holds."""
        try:
            piece = self.door.recv(LINE_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        *lines, self._heard = (self._heard + piece).split(b"\n")
        try:
            for line in lines:
                self._say(self._answer(line))
        except OSError:  # it does not read what it is told
            piece = b""
        if not piece or len(self._heard) > LINE_BYTES_MAX:
            self._control.gone(self)

    def close(self) -> None:
        """Hear and say nothing more."""
        if self._timer:
            self._timer.call_off()
        self.door.close()

    def _say(self, answer: dict[str, Any]) -> None:
        self.door.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            return {"ok": True, **self._done(_said(line))}
        except ChaosExtError as problem:
            return {"ok": False, "why": str(problem)}
        except Exception as problem:  # noqa: BLE001 - whatever is said, the disk goes on
            return {"ok": False, "why": f"makes no sense: {type(problem).__name__}"}

    def _done(self, said: dict[str, Any]) -> dict[str, Any]:
        if "ask" in said:
            return self._control.disk.status()
        rules = reading.read(said["put"], said.get("seed", 0))
        deadline_ns = said.get("deadline_ns")
        left_s = _left_s(deadline_ns)
        if not 0 < left_s <= DEADLINE_S_MAX:
            raise BadArgument(
                f"deadline_ns must be up to {DEADLINE_S_MAX} s ahead on CLOCK_BOOTTIME, "
                f"not {shown(deadline_ns)}"
            )
        self._deadline_ns = int(deadline_ns)  # type: ignore[arg-type]  # a number, seen above
        self._control.disk.put(self, rules)
        self._look_later()
        return {}

    def _look_later(self) -> None:
        if self._timer:
            self._timer.call_off()
        left_ns = max(0, self._deadline_ns - world.boottime_ns())
        at_ns = world.monotonic_ns() + min(left_ns, LOOK_NS)
        self._timer = self._control.timers.at(at_ns, self._look)

    def _look(self) -> None:
        self._timer = None
        if world.boottime_ns() >= self._deadline_ns:
            self._control.disk.end(self)
        else:
            self._look_later()


def _left_s(deadline_ns: object) -> float:
    plain = isinstance(deadline_ns, int) and not isinstance(deadline_ns, bool)
    return (deadline_ns - world.boottime_ns()) / 1e9 if plain else 0.0  # type: ignore[operator]


def _said(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise BadArgument(f"not one JSON object a line: {problem}") from None
    if not isinstance(said, dict):
        raise BadArgument(f"not an object: {shown(said)}")
    words: dict[str, Callable[[Any], bool]] = {
        "put": lambda _: True,
        "ask": lambda what: what == "status",
    }
    asked = [word for word in words if word in said]
    known = {"put": {"put", "deadline_ns", "seed"}, "ask": {"ask"}}
    if len(asked) != 1:
        raise BadArgument(f"say put or ask{nearest(next(iter(said), ''), _WORDS)}")
    unknown = said.keys() - known[asked[0]]
    if unknown:
        raise BadArgument(f"{asked[0]}: {min(unknown)} is unknown")
    if not words[asked[0]](said[asked[0]]):
        raise BadArgument(f"ask: {shown(said['ask'])} is unknown (known: status)")
    return said


def listener_at(host: str, port: int) -> socket.socket:
    """A listener; whoever connects before it is served waits."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as problem:
        listener.close()
        raise PortTaken(f"cannot listen at {host}:{port}: {problem}") from problem
    listener.setblocking(False)
    return listener
