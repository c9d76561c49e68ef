"""Reads every write of a run back, from everywhere, when the faults are healed.

Whether something acknowledged is lost can only be told by asking for each of them, and only
after the replicas have caught up: before that, "missing" would only mean "not yet".
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.history.data import MATCH, MISSING, OTHER, UNREAD
from chaos_ext.redis.watch import key, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redis import Redis

Address: TypeAlias = tuple[str, int]

_BATCH = 500
_ANSWER_TIMEOUT_S = 2.0
_NS_PER_S = 1_000_000_000
_PLAIN_RUN = re.compile(r"[A-Za-z0-9_-]+")  # anything else could match keys of others


@dataclass(frozen=True, slots=True)
class _Server:
    """How to reach one server."""

    address: Address
    username: str | None
    password: str | None = field(repr=False)

    def __str__(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    def connect(self) -> closing[Redis]:
        """A connection that tries once, for the scope of a `with`."""
        from redis import Redis  # noqa: PLC0415 - a driver is imported on use
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        return closing(
            Redis(
                *self.address,
                username=self.username,
                password=self.password,
                socket_timeout=_ANSWER_TIMEOUT_S,
                socket_connect_timeout=_ANSWER_TIMEOUT_S,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        )


def read_back(
    run: str,
    seqs: Sequence[int],
    primary: Address,
    replicas: Sequence[Address],
    timeout_s: float = 15,
    *,
    username: str | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Where each write of *run* numbered in *seqs* is now.

    Columns: `seq`, `primary` (match, missing, other, unread), `replicas_with`, `replicas`.
    Beside them: `unexpected` (keys of the run nobody wrote), `complete`, `detail`. Nothing is
    raised: a server that does not answer leaves its writes unread, and `detail` says why.
    """
    until_ns = world.monotonic_ns() + int(timeout_s * _NS_PER_S)
    wanted = [int(seq) for seq in seqs]
    head = _Server(primary, username, password)
    others = [_Server(address, username, password) for address in replicas]
    problems = _wait_for_replicas(head, others, timeout_s / 2)
    on_primary = _places(head, run, wanted, until_ns, problems)
    on_replicas = [_places(other, run, wanted, until_ns, problems) for other in others]
    return {
        "seq": wanted,
        "primary": on_primary,
        "replicas_with": [each.count(MATCH) for each in zip(*on_replicas, strict=True)]
        or [0] * len(wanted),
        "replicas": [len(others)] * len(wanted),
        "unexpected": _unexpected(head, run, set(wanted), problems),
        "complete": not problems,
        "detail": "; ".join(problems) or "every write was read from every server",
    }


def remove(
    run: str,
    primary: Address,
    username: str | None = None,
    password: str | None = None,
) -> int:
    """Delete the keys of *run*, a batch at a time; how many there were."""
    removed = 0
    with _Server(primary, username, password).connect() as client:
        for keys in _batches(list(_keys(client, run))):
            removed += client.unlink(*keys)
    return removed


def _wait_for_replicas(head: _Server, others: Sequence[_Server], timeout_s: float) -> list[str]:
    """Until every replica has all that the primary has now; what is wrong with those without."""
    goal = _replication(head)
    if goal is None:
        return []  # reading will say so
    behind = list(others)

    def all_caught_up() -> bool:
        behind[:] = [other for other in behind if not _has_reached(_replication(other), goal)]
        return not behind

    world.wait_until(all_caught_up, timeout_s, every_s=0.05)
    return [f"replica {other} did not catch up within {timeout_s:g} s" for other in behind]


def _has_reached(found: dict[str, Any] | None, goal: dict[str, Any]) -> bool:
    """Whether a replica follows the same history and is as far as *goal* was."""
    return (
        found is not None
        and found.get("master_link_status") == "up"
        and found.get("master_replid") == goal["master_replid"]
        and int(found.get("slave_repl_offset", -1)) >= int(goal["master_repl_offset"])
    )


def _replication(server: _Server) -> dict[str, Any] | None:
    return cast(
        "dict[str, Any] | None", _asked(server, lambda client: client.info("replication"), [])
    )


def _places(
    server: _Server, run: str, seqs: Sequence[int], until_ns: int, problems: list[str]
) -> list[str]:
    """What *server* has for each of *seqs*; the rest is unread once it does not answer."""
    places: list[str] = []

    def read_all(client: Redis) -> None:
        for batch in _batches(seqs):
            if world.monotonic_ns() > until_ns:
                raise TimeoutError(f"only {len(places)} of {len(seqs)} writes in time")
            found = cast("list[bytes | None]", client.mget([key(run, seq) for seq in batch]))
            places.extend(map(_place, found, [value(run, seq) for seq in batch]))

    _asked(server, read_all, problems)
    return places + [UNREAD] * (len(seqs) - len(places))


def _place(found: bytes | None, written: bytes) -> str:
    if found is None:
        return MISSING
    return MATCH if found == written else OTHER


def _unexpected(head: _Server, run: str, asked: set[int], problems: list[str]) -> list[str]:
    expected = {key(run, seq) for seq in asked}

    def look(client: Redis) -> list[str]:
        found = _keys(client, run, only=b"[0-9]*")  # the load's keys have a word there
        return [each.decode() for each in found if each not in expected]

    return sorted(cast("list[str] | None", _asked(head, look, problems)) or [])


def _asked(server: _Server, question: Callable[[Redis], Any], problems: list[str]) -> Any:
    """The answer; None, and a line more in *problems*, when there is none."""
    from redis import RedisError  # noqa: PLC0415

    try:
        with server.connect() as client:
            return question(client)
    except (RedisError, OSError) as error:
        problems.append(f"{server} could not be read: {error}")
        return None


def _keys(client: Redis, run: str, only: bytes = b"*") -> Iterator[bytes]:
    if not _PLAIN_RUN.fullmatch(run):
        raise BadArgument(f"{run!r} is no name of a run: use letters, digits, - and _")
    found: set[bytes] = set(client.scan_iter(match=key(run, 0)[:-1] + only, count=_BATCH * 2))
    yield from found  # a scan may name a key twice


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
