"""Time, dice and processes: the one place where the world comes in.

Everything that asks a clock, sleeps, draws a number or starts a process does it through here,
so that a reader finds every effect by one name and a test can replace it in one place.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PR_SET_PDEATHSIG = 1
_AT_AN_ABSOLUTE_TIME = 1  # TFD_TIMER_ABSTIME
_CPU_CLOCK = 2  # of a whole process, in the number that clock_getcpuclockid(3) makes of its pid
_NS_PER_S = 1_000_000_000
_SPARED = -900  # of -1000 to 1000; the kernel itself comes before us
_libc = ctypes.CDLL(None, use_errno=True)


def monotonic_ns() -> int:
    """Nanoseconds on the clock that all processes of this machine share and nobody sets."""
    return time.monotonic_ns()


def boottime_ns() -> int:
    """Nanoseconds since boot, suspended time included: deadlines are kept on this clock."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def cpu_ns() -> int:
    """Nanoseconds of a processor that the calling thread has had so far."""
    return time.thread_time_ns()


def cpu_ns_of(pid: int) -> int:
    """Nanoseconds of CPU time that all threads of a process have used; OSError when there is none."""
    return time.clock_gettime_ns(~pid << 3 | _CPU_CLOCK)


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def utc_text() -> str:
    """The wall clock as ISO-8601, with microseconds and an offset."""
    return utc_now().isoformat(timespec="microseconds")


def boot_id() -> str:
    """The identity of this boot: pids and boot-time deadlines mean nothing after another."""
    return (
        os.environ.get("CHAOS_EXT_BOOT_ID")
        or Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    )


def sleep(seconds: float) -> None:
    """Let time pass; use `wait_until` where there is a condition to wait for."""
    time.sleep(seconds)


def wait_until(condition: Callable[[], bool], timeout_s: float, every_s: float = 0.01) -> bool:
    """Ask *condition* until it is true or *timeout_s* has passed; tell which."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_s)
    return True


class KernelTimer:
    """A file that can be read when an instant of the monotonic clock has come.

    `os.timerfd_create` comes with Python 3.13; until then the C library is asked.
    """

    __slots__ = ("_spec", "fd")

    def __init__(self) -> None:
        """Ask the kernel for one; it is not set."""
        self._spec = (ctypes.c_long * 4)(0, 0, 0, 0)
        self.fd: int = _libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "no timer could be had from the kernel")

    def set(self, at_ns: int) -> None:
        """Be due once at *at_ns*, at once when that has passed; never when it is 0."""
        self._spec[2], self._spec[3] = divmod(at_ns, _NS_PER_S)
        if _libc.timerfd_settime(self.fd, _AT_AN_ABSOLUTE_TIME, self._spec, None) != 0:
            raise OSError(ctypes.get_errno(), f"the timer cannot be set to {at_ns} ns")

    def close(self) -> None:
        """Give it back; whoever closes twice does no harm."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def dice(seed: int | str) -> random.Random:
    """Dice that fall the same way again for the same *seed*."""
    return random.Random(seed)


def token(length: int = 8) -> str:
    """A short name nobody else has."""
    return os.urandom((length + 1) // 2).hex()[:length]


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel end this process when *parent* (its parent's thread) ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def step_ahead() -> None:
    """Run before ordinary processes where that is permitted; for one that hardly does anything.

    Else a busy machine, perhaps made busy by the very fault, would look like a late answer.
    """
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


class _Usual:
    """What the kernel thought of us before we asked to be spared; empty while nobody has."""

    oom_score: str = ""


def spare_from_oom_killer() -> None:
    """Have the kernel choose somebody else when memory runs out, where that is permitted.

    What `start_process` starts from then on is not spared: the servers are what is tested.
    """
    own = Path("/proc/self/oom_score_adj")
    with suppress(OSError):
        usual = own.read_text(encoding="ascii").strip()
        own.write_text(str(_SPARED), encoding="ascii")
        _Usual.oom_score = _Usual.oom_score or usual


def _not_spared(pid: int) -> None:
    if _Usual.oom_score:
        with suppress(OSError):  # it has ended already
            Path(f"/proc/{pid}/oom_score_adj").write_text(_Usual.oom_score, encoding="ascii")


def start_process(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    new_session: bool = False,
    dies_with_us: bool = False,
    pipes: bool = False,
    stdin: int = subprocess.DEVNULL,
    keep_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start *argv* without a shell.

    *log* takes both outputs; *pipes* opens stdin and stdout instead. *dies_with_us* must be
    called from the thread whose end shall end the child (the main thread, in practice).
    """
    parent = os.getpid()
    output = log.open("ab") if log else subprocess.DEVNULL
    try:
        started = subprocess.Popen(
            [str(part) for part in argv],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.PIPE if pipes else stdin,
            stdout=subprocess.PIPE if pipes else output,
            stderr=output if log else subprocess.DEVNULL,
            start_new_session=new_session,
            pass_fds=tuple(keep_fds),
            preexec_fn=(lambda: die_with_parent(parent)) if dies_with_us else None,  # noqa: PLW1509
        )
    finally:
        if log:
            output.close()  # type: ignore[union-attr]
    _not_spared(started.pid)
    return started
