"""Faults of data, for the `method` of an experiment; each is a lease of `for_s` seconds."""

from chaos_ext.data import values
from chaos_ext.lease import session
from chaos_ext.lease.session import Asked

__all__ = ["corrupt", "delete_keys", "repair", "stale_replica"]


def corrupt(  # noqa: PLR0917 - as many as its YAML has
    target: str,
    what: str = "append_only",
    how: str = "flip",
    at: str = "middle",
    bytes: int = 16,  # noqa: A002 - the word of the YAML
    file: str = "",
    restore: bool = True,
    for_s: float = 10.0,
) -> dict:
    """Spoil *what* of *target*'s data while it is down, and start it again; then put the data back.

    *how* is flip (*bytes* are turned over), truncate or delete; *at* is beginning, middle, end or an
    offset. With *what* file, *file* is a path in its folder. What `repair` has repaired stays; with
    *restore* false, so does what the server itself can serve.
    """
    values.refuse_corrupt(what, how, at, bytes, file)
    said = {"what": what, "how": how, "at": at, "bytes": bytes, "file": file}
    return _inject("corrupt", target, for_s, **said, restore=bool(restore))


def repair(target: str, what: str = "append_only", for_s: float = 10.0) -> dict:
    """Repair what `corrupt` has spoiled by the system's own tool, and start the server again.

    What was repaired stays, whatever is missing from it, when the fault ends.
    """
    return _inject("repair", target, for_s, what=what)


def delete_keys(target: str, match: str, count_max: int = 100, for_s: float = 10.0) -> dict:
    """Delete the keys of *target* that match a pattern, if they are not more than *count_max*.

    They come back when the fault ends, but where somebody has written the key again.
    """
    values.refuse_delete(match, count_max)
    return _inject("delete_keys", target, for_s, match=match, count_max=count_max)


def stale_replica(target: str, for_s: float = 10.0) -> dict:
    """Have the replica *target* stop following: it serves on, and what it serves gets old."""
    return _inject("stale_replica", target, for_s)


def _inject(name: str, target: str, for_s: float, **settings: object) -> dict:
    asked = Asked(
        f"chaos_ext.data.{name}", target, for_s, settings=dict(settings), paths=(target,)
    )
    return session.current(f"data.{name}").inject(asked)
