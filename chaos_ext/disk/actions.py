"""Faults of disks, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.disk import values
from chaos_ext.disk.tries import OPS
from chaos_ext.disk.values import Checked
from chaos_ext.lease import session
from chaos_ext.lease.session import Asked

__all__ = ["errors", "full", "read_only", "slow"]
_DURABLE: list = ["fsync"]  # defaults that the host can show
_WRITING: list = ["write", "fsync"]


def slow(
    target: str,
    ms: float = 100.0,
    ops: list = _DURABLE,
    jitter_ms: float = 0.0,
    for_s: float = 10.0,
) -> dict:
    """Let each of *ops* on the disk of *target* take *ms* milliseconds longer, give or take *jitter_ms*.

    *ops* are fsync, write, read, open, create, unlink, rename, truncate, mkdir. The data folder
    must lead through a pass-through, which a lab of the experiment's own gets by itself.
    """
    check = Checked("slow")
    check.number("ms", ms, least=1.0, most=values.MS_MAX)
    check.number("jitter_ms", jitter_ms, least=0.0, most=ms / 2)
    check.operations(ops, OPS)
    check.lasts(for_s, (ms + jitter_ms) * len(ops))
    said = {"ms": float(ms), "ops": list(ops), "jitter_ms": float(jitter_ms)}
    return _inject("slow", target, for_s, said)


def errors(
    target: str,
    errno: str = "EIO",
    ops: list = _WRITING,
    percent: float = 100.0,
    for_s: float = 10.0,
) -> dict:
    """Let *percent* of all *ops* on the disk of *target* end with *errno*, and do nothing.

    *ops* as for slow; *errno* is EIO, ENOSPC, EDQUOT, EROFS, ENOMEM, EACCES or ETIMEDOUT.
    """
    check = Checked("errors")
    check.number_of_error(errno)
    check.operations(ops, OPS)
    check.number("percent", percent, least=values.PERCENT_MIN, most=100.0)
    said = {"errno": errno, "ops": list(ops), "percent": float(percent)}
    return _inject("errors", target, for_s, said)


def read_only(target: str, for_s: float = 10.0) -> dict:
    """Refuse whatever would change the disk of *target*; reading goes on.

    As the kernel remounts a file system that it has found to be broken.
    """
    return _inject("read_only", target, for_s, {})


def full(target: str, leave_mb: int = 0, for_s: float = 10.0) -> dict:
    """Take the room on the disk of *target* but for *leave_mb* megabytes.

    By a file without a name where the disk is the lab's own, at the pass-through where there is
    one; on the machine's own file system only where the environment permits it (`fill_root`).
    """
    Checked("full").whole("leave_mb", leave_mb, least=0, most=values.MB_MAX)
    return _inject("full", target, for_s, {"leave_mb": leave_mb}, limits=True)


def _inject(fault: str, target: str, for_s: float, said: dict, limits: bool = False) -> dict:
    asked = Asked(
        f"chaos_ext.disk.{fault}",
        target,
        for_s,
        settings=said,
        paths=(target,),
        limits=limits,
    )
    return session.current(f"disk.{fault}").inject(asked)
