"""Faults of resources, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.lease import session
from chaos_ext.lease.session import Asked
from chaos_ext.resource import cgroups, values
from chaos_ext.resource.cpu import CGROUP
from chaos_ext.resource.cpu import MEANS as CPU_MEANS
from chaos_ext.resource.memory import HOLD, LIMIT, SERVER
from chaos_ext.resource.memory import MEANS as MEMORY_MEANS
from chaos_ext.resource.values import Checked

__all__ = ["connections", "cpu", "files", "memory", "processes"]


def cpu(target: str, percent: float = 20.0, by: str = "", for_s: float = 10.0) -> dict:
    """Leave *target*, all its processes together, *percent* of one core.

    *by* is cgroup (a quota of the kernel; needs root) or hogs (which compete with everybody on
    its processors); the first that is possible when empty.
    """
    check = Checked("cpu")
    check.number("percent", percent, least=values.PERCENT_MIN, most=values.PERCENT_MAX)
    check.word("by", by, CPU_MEANS)
    needs = "cpu" if by == CGROUP else ""
    return _inject("cpu", target, for_s, needs=needs, percent=percent, by=by)


def memory(
    target: str, mb: int = 0, headroom_mb: int = 0, by: str = "", for_s: float = 10.0
) -> dict:
    """Take memory from *target*: hold *mb* megabytes, or leave it *headroom_mb* beyond what it has.

    *by* is hold (with *mb*), or, with *headroom_mb*, limit (the kernel's, which ends whoever goes
    beyond; needs root) or server (the limit that the server keeps itself, where 0 is possible).
    """
    check = Checked("memory")
    check.word("by", by, MEMORY_MEANS)
    none_left = by == SERVER and not mb  # it refuses, and lives on
    if not none_left:
        check.either("mb", mb, "headroom_mb", headroom_mb)
    if mb:
        check.whole("mb", mb, least=values.MB_MIN, most=values.MB_MAX)
    else:
        check.whole("headroom_mb", headroom_mb, least=0 if none_left else 1, most=values.MB_MAX)
    if by and (by == HOLD) != bool(mb):
        check.refuse(f"by {by} takes {'mb' if by == HOLD else 'headroom_mb'}, not the other")
    said = {"mb": mb, "headroom_mb": headroom_mb, "by": by}
    needs = "memory" if by == LIMIT else ""
    return _inject("memory", target, for_s, limits=True, needs=needs, **said)


def files(target: str, left: int = 0, by: str = "", for_s: float = 10.0) -> dict:
    """Let the process of *target* open no more than *left* files beyond those it has open.

    *by* is limit: the limit of the running process is lowered, and put back.
    """
    check = Checked("files")
    check.whole("left", left, least=0, most=values.LEFT_MAX)
    if by == "use":
        check.refuse(
            "files of a process can be used up by itself only; "
            "use resource.connections, which does so from outside, or by: limit"
        )
    check.word("by", by, ("limit",))
    return _inject("files", target, for_s, left=left)


def connections(target: str, left: int = 0, for_s: float = 10.0) -> dict:
    """Hold so many connections to *target* that *left* more are possible."""
    Checked("connections").whole("left", left, least=0, most=values.LEFT_MAX)
    return _inject("connections", target, for_s, left=left)


def processes(target: str, left: int = 0, for_s: float = 10.0) -> dict:
    """Let *target* start no more than *left* threads and processes beyond those it has (needs root)."""
    Checked("processes").whole("left", left, least=0, most=values.STARTED_MAX)
    return _inject("processes", target, for_s, needs="pids", left=left)


def _inject(
    fault: str,
    target: str,
    for_s: float,
    limits: bool = False,
    needs: str = "",
    **said: object,
) -> dict:
    conductor = session.current(f"resource.{fault}")
    if needs:
        Checked(fault).possible(cgroups.possible(needs))
    paths = () if fault in ("cpu", "processes") else (target,)
    return conductor.inject(
        Asked(
            f"chaos_ext.resource.{fault}",
            target,
            for_s,
            settings=said,
            paths=paths,
            limits=limits,
        )
    )
