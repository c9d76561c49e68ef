"""Keys by a pattern: taken out with their values and times, and put back where nobody wrote them again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument, HealFailed, TargetUnreachable
from chaos_ext.redis.plain import Plain, facts
from chaos_ext.redis.wire import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from chaos_ext.redis.wire import Reply

_ANSWER_S_MAX = 2.0
_AT_ONCE = 1000  # keys that a SCAN looks at
FOR_EVER_MS = -1
RESTORED, NEWER, EXPIRED = "restored", "newer", "expired"
_OTHER: tuple[tuple[str | int, ...], int] = (("DUMP",), 0)
_WHOLE: dict[
    bytes, tuple[tuple[str | int, ...], int]
] = {  # how all of a value is asked for, and how many items belong together where order says nothing
    b"string": (("GET",), 0),
    b"list": (("LRANGE", 0, -1), 0),
    b"set": (("SMEMBERS",), 1),
    b"hash": (("HGETALL",), 2),
    b"zset": (("ZRANGE", 0, -1, "WITHSCORES"), 0),
    b"stream": (("XRANGE", "-", "+"), 0),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One key as it was."""

    key: bytes
    dump: bytes
    ttl_ms: int  # FOR_EVER_MS where it does not end
    digest: str  # of its content, in whatever order it is kept


class Keys:
    """The keys of the server at *address*, or of the primary that it follows by now."""

    def __init__(self, address: Sequence[str | int], *, follow: bool = False) -> None:
        """Refuse a replica, whose keys are another's; with *follow* go to that one."""
        self._server = Plain(str(address[0]), int(address[1]), _ANSWER_S_MAX)
        told = facts(self._server.must("INFO", "replication"))
        if told["role"] == "master":
            return
        self.close()
        primary = told["master_host"], int(told["master_port"])
        if not follow:
            raise BadArgument(
                f"data.delete_keys: {address[0]}:{address[1]} is a replica; "
                f"the keys are those of {primary[0]}:{primary[1]}"
            )
        self._server = Plain(*primary, _ANSWER_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._server.close()

    def matching(self, match: str, most: int) -> list[bytes]:
        """The keys that match, or one more than *most*."""
        found: dict[bytes, None] = {}
        cursor: Reply = b"0"
        while True:
            answer = self._server.must("SCAN", _text(cursor), "MATCH", match, "COUNT", _AT_ONCE)
            cursor, keys = answer if isinstance(answer, list) else (b"0", [])
            found |= dict.fromkeys(each for each in _list(keys) if isinstance(each, bytes))
            if cursor == b"0" or len(found) > most:
                return list(found)[: most + 1]

    def read(self, keys: Iterable[bytes]) -> list[Taken]:
        """Their values; if one of them changes from now on, `delete` deletes none."""
        wanted = list(keys)
        self._server.must("WATCH", *wanted)
        dumps = self._server.all([("DUMP", key) for key in wanted])
        times = self._server.all([("PTTL", key) for key in wanted])
        return [
            Taken(key, dump, ttl_ms, digest)
            for key, dump, ttl_ms, digest in zip(
                wanted, dumps, times, self.digests(wanted), strict=True
            )
            if isinstance(dump, bytes)
            and isinstance(ttl_ms, int)  # otherwise it ended just now
        ]

    def delete(self, taken: Sequence[Taken]) -> int | None:
        """Delete them all at once; how many that were, None when one has changed since `read`."""
        self._server.must("MULTI")
        self._server.must("DEL", *(each.key for each in taken))
        match self._server.must("EXEC"):
            case [int(count)]:
                return count
        return None

    def there(self, keys: Sequence[bytes]) -> int:
        """How many of them there are."""
        count = self._server.must("EXISTS", *keys)
        return count if isinstance(count, int) else 0

    def put_back(self, taken: Sequence[Taken], gone_ms: int) -> list[str]:
        """Restore those that are still missing after *gone_ms*; what became of each, in a word."""
        due = {each.key: _left_ms(each, gone_ms) for each in taken}
        wanted = [each for each in taken if due[each.key] is not None]
        answers = self._server.all(
            [("RESTORE", each.key, due[each.key] or 0, each.dump) for each in wanted]
        )
        became = {
            each.key: _became(each, answer)
            for each, answer in zip(wanted, answers, strict=True)
        }
        restored = [each for each in wanted if became[each.key] == RESTORED]
        for each, digest in zip(restored, self.digests([r.key for r in restored]), strict=True):
            if digest != each.digest:
                raise HealFailed(f"key {each.key!r} is not as it was after it was restored")
        return [became.get(each.key, EXPIRED) for each in taken]

    def digests(self, keys: Sequence[bytes]) -> list[str]:
        """A digest of all that each key holds."""
        kinds = self._server.all([("TYPE", key) for key in keys])
        ways = [_WHOLE.get(kind if isinstance(kind, bytes) else b"", _OTHER) for kind in kinds]
        asked = [(word, key, *rest) for key, ((word, *rest), _) in zip(keys, ways, strict=True)]
        values = self._server.all(asked)
        return [_digest(each, count) for each, (_, count) in zip(values, ways, strict=True)]


def _left_ms(taken: Taken, gone_ms: int) -> int | None:
    """What is left of its time, 0 where it never ends, None when it is over."""
    if taken.ttl_ms == FOR_EVER_MS:
        return 0
    return taken.ttl_ms - gone_ms if taken.ttl_ms > gone_ms else None


def _became(taken: Taken, answer: Reply) -> str:
    if not isinstance(answer, ErrorReply):
        return RESTORED
    if answer.code == "BUSYKEY":  # what the application wrote since is newer
        return NEWER
    raise TargetUnreachable(f"RESTORE {taken.key!r}: {answer.text}")


def _digest(value: Reply, together: int) -> str:
    plain: object = value
    if together and isinstance(value, list):
        groups = [value[at : at + together] for at in range(0, len(value), together)]
        plain = sorted(map(repr, groups))
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def _text(cursor: Reply) -> bytes:
    return cursor if isinstance(cursor, bytes) else b"0"


def _list(reply: Reply) -> list[Reply]:
    return reply if isinstance(reply, list) else []
