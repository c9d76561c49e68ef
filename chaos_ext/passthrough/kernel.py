"""One mount, seen from its server: reads what the kernel asks, lets rules have their say, answers."""

from __future__ import annotations

import errno
import logging
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from chaos_ext.passthrough import operations, protocol
from chaos_ext.passthrough.operations import LETTING_GO, OPERATIONS
from chaos_ext.passthrough.protocol import INTERRUPT_IN, Op, Request
from chaos_ext.passthrough.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos_ext.passthrough.folder import Folder
    from chaos_ext.passthrough.operations import Operation
    from chaos_ext.passthrough.timers import Timers

AT_ONCE_MAX = 64  # requests in a row before others (control, timers) have their turn
THREADS = 8  # that may wait for the disk together
_BUFFER_BYTES = protocol.WRITE_BYTES_MAX + protocol.PAGE_BYTES
_AGAIN = (errno.EINTR, errno.ENOENT)  # the caller gave up before we had read all of it
_GONE = (errno.ENODEV, errno.ECONNABORTED, errno.ENOTCONN)
logger = logging.getLogger("chaos_ext.passthrough")


class Kernel:
    """The loop's side of /dev/fuse."""

    def __init__(self, fd: int, folder: Folder, timers: Timers) -> None:
        self.fd, self.folder = fd, folder
        self.counts: Counter[str] = Counter()
        self.waiting = Waiting(timers, partial(self._reply, error=errno.EINTR))
        self.greeted = False  # by the kernel, just now: it can be used
        self.ended = False
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._threads = ThreadPoolExecutor(THREADS, "disk")

    def readable(self) -> None:
        """Answer what is asked, up to a number.

        While rules are in force it is one at a time: whoever has just ended a rule, and then asks for
        something, must not meet it any more.
        """
        for _ in range(1 if self.folder.rules.all else AT_ONCE_MAX):
            try:
                size = os.readv(self.fd, [self._buffer])
            except BlockingIOError:
                return
            except OSError as problem:
                if problem.errno in _AGAIN:
                    continue
                if problem.errno not in _GONE:
                    raise
                self.ended = True  # unmounted, by us or somebody else
                return
            self._guarded(Request(self._view[:size]))

    def _guarded(self, request: Request) -> None:
        """What we do wrong must not hang a caller for ever, nor end the others."""
        try:
            self._asked(request)
        except Exception:
            logger.exception("request %s of the kernel failed in our hands", request.opcode)
            self._reply(request.unique, errno.EIO)

    def _asked(self, request: Request) -> None:
        operation = OPERATIONS.get(request.opcode)
        if operation is None:
            self._of_the_mount(request)
            return
        self.counts[operation.kinds[0]] += 1
        if not (self.folder.rules.all and self._hurt(operation, request)):
            self._do(operation, request)

    def _of_the_mount(self, request: Request) -> None:
        let_go = LETTING_GO.get(request.opcode)
        if let_go:
            self._answer(let_go, request)
        elif request.opcode == Op.INIT:
            self._reply(request.unique, payload=protocol.initialised(request.body))
            self.greeted = True
        elif request.opcode == Op.INTERRUPT:  # answered by answering what it interrupts
            self.waiting.interrupted(INTERRUPT_IN.unpack_from(request.body)[0])
        elif request.opcode == Op.DESTROY:
            self._reply(request.unique)
        else:  # the kernel asks for it once, and never again
            self._reply(request.unique, errno.ENOSYS)

    def _hurt(self, operation: Operation, request: Request) -> bool:
        """Whether a rule delays it, or ends it with an error."""
        kinds = operations.kinds(self.folder, operation, request)
        rules = self.folder.rules
        error = rules.error(kinds, changes=operations.changes(operation, request))
        delays = rules.delays(kinds)
        go_on = (
            partial(self._reply, request.unique, error)
            if error
            else partial(self._do, operation, request)
        )
        if delays:
            request.kept()
            self.waiting.add(request, delays, go_on)
        elif error:
            go_on()
        return bool(delays or error)

    def _do(self, operation: Operation, request: Request) -> None:
        if operations.beside(self.folder, operation, request):
            self._threads.submit(self._answer, operation.do, request.kept())
        else:
            self._answer(operation.do, request)

    def _answer(self, do: Callable[[Folder, Request], bytes | None], request: Request) -> None:
        try:
            payload = do(self.folder, request)
        except OSError as problem:
            self._reply(request.unique, problem.errno or errno.EIO)
        except Exception:  # also in a thread of ours
            logger.exception("operation %s of the kernel failed in our hands", request.opcode)
            self._reply(request.unique, errno.EIO)
        else:
            if payload is not None:
                self._reply(request.unique, payload=payload)

    def _reply(self, unique: int, error: int = 0, payload: bytes = b"") -> None:
        # whoever asked may have been killed, or the mount may be gone
        with suppress(OSError):
            os.write(self.fd, protocol.answer(unique, error, payload))

    def close(self) -> None:
        """Let everything that waits go on, and let go of the mount."""
        self.waiting.all_now()
        self._threads.shutdown(wait=True)
        os.close(self.fd)
        self.folder.close()
