"""The process of the pass-through: it mounts, serves in one loop, and takes its mount away on a signal."""

from __future__ import annotations

import json
import logging
import os
import resource
import select
import signal
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.errors import HealFailed
from chaos_ext.passthrough import mounting
from chaos_ext.passthrough.commanders import Control, listener_at
from chaos_ext.passthrough.folder import Folder
from chaos_ext.passthrough.kernel import Kernel
from chaos_ext.passthrough.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chaos_ext.passthrough.mounting import Mounted
    from chaos_ext.passthrough.rules import Rule

FILES_MAX = 1 << 20  # what a kernel permits unless somebody changed it
ENDING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is served, and where it is commanded from."""

    folder: Path  # absolute
    host: str
    port: int


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, or until somebody unmounts it."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    _as_many_files_as_may_be()
    os.umask(0)  # the kernel has taken off what the caller's mask says
    listener = listener_at(settings.host, settings.port)
    mounting.clear(settings.folder)
    root = mounting.opened(settings.folder)
    told, tell = socket.socketpair()
    for each in (told, tell):
        each.setblocking(False)
    signal.set_wakeup_fd(tell.fileno())
    for signum in ENDING:
        signal.signal(signum, lambda *_: None)  # the loop reads of it
    mounted = mounting.mount(settings.folder, root)
    server = Server(mounted, root, listener, told)
    try:
        server.serve()
    finally:
        server.close()


class Server:
    """One loop over the mount, those who command it, a timer, and signals."""

    def __init__(
        self, mounted: Mounted, root: int, listener: socket.socket, signals: socket.socket
    ) -> None:
        self._mounted, self._signals = mounted, signals
        self._timers = Timers()
        self._timer = world.KernelTimer()
        self._set_ns = 0
        self._folder = Folder(root)
        self._kernel = Kernel(mounted.fd, self._folder, self._timers)
        self._control = Control(listener, self, self._timers)
        self._poll = select.epoll()

    def serve(self) -> None:
        """Until the mount or this process is to end."""
        for fd in (self._mounted.fd, self._timer.fd, self._signals.fileno()):
            self._poll.register(fd, select.EPOLLIN)
        while not self._kernel.ended:
            self._set_timer()
            ready = {fd for fd, _ in self._poll.poll()}
            if self._signals.fileno() in ready:
                return
            if self._timer.fd in ready:
                os.read(self._timer.fd, 8)  # it would be readable for ever
                self._set_ns = 0
            for fd in ready - {self._mounted.fd, self._timer.fd}:
                self._control.ready(fd)
            if self._mounted.fd in ready:  # last: who commands is heard first
                self._kernel.readable()
            if self._set_ns == 0:
                self._timers.run(world.monotonic_ns())
            if self._kernel.greeted:
                self._say_so()

    def _set_timer(self) -> None:
        next_ns = self._timers.next_ns()
        if next_ns != self._set_ns:
            self._timer.set(next_ns)
            self._set_ns = next_ns

    def _say_so(self) -> None:
        """Once: from now on it can be used, and commanded."""
        self._kernel.greeted = False
        self._control.watch(self._poll)
        host, port = self._control.listener.getsockname()[:2]
        line = {"folder": str(self._mounted.folder), "listen": [host, port]}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def put(self, holder: object, rules: Sequence[Rule]) -> None:
        """Put *rules* in force for *holder*, in place of what it held."""
        before = self._folder.rules.of(holder)
        self._folder.rules.put(holder, rules)
        self._kernel.waiting.without(before)

    def end(self, holder: object) -> None:
        """End all that *holder* holds; what it delays goes on at once."""
        before = self._folder.rules.of(holder)
        self._folder.rules.end(holder)
        self._kernel.waiting.without(before)

    def status(self) -> dict[str, Any]:
        """What is in force, and what has been done."""
        return {
            "folder": str(self._mounted.folder),
            "mount": self._mounted.source,
            "rules": [rule.told() for rule in self._folder.rules.all],
            "operations": dict(self._kernel.counts),
            "inodes": len(self._folder.inodes),
            "waiting": len(self._kernel.waiting),
        }

    def close(self) -> None:
        """Take the mount out of sight first; then end."""
        try:
            self._mounted.detach()
        except (OSError, HealFailed) as problem:
            sys.stderr.write(f"{problem}\n")
        self._control.close()
        self._kernel.close()
        self._timer.close()
        self._poll.close()


def _as_many_files_as_may_be() -> None:
    """Each file that the kernel knows of needs one, and the usual limit is for programs that have few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, max(FILES_MAX, hard)))
    except (ValueError, OSError):  # only root may have more than was allowed
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
