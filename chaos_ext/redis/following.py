"""A replica that is kept from following: it stays one, serves on, and nobody has to point it back.

Its primary refuses the login that it is given, so that the link cannot come up again. It knows its
primary all the while: sentinels see a replica whose link is down, and nothing to put right.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument
from chaos_ext.redis.plain import Plain, facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.redis.wire import Reply

_ANSWER_S_MAX = 0.5
_USER, _PASSWORD = "masteruser", "masterauth"
_NOBODY = "chaos_ext-nobody"
_LIVES_S = 3600
Address = tuple[str, int]


class Replica:
    """The server at *address*; every question is asked anew."""

    def __init__(self, address: Sequence[str | int]) -> None:
        """Nothing is asked yet."""
        self._address: Address = (str(address[0]), int(address[1]))

    def look(self) -> dict[str, str]:
        """What it says of whom it follows; refuse a primary, and one that serves nothing old."""
        told = self.facts()
        if told["role"] != "slave":
            raise BadArgument(
                f"data.stale_replica: {self._address[0]}:{self._address[1]} is a primary; "
                "name a replica, as in redis-replica"
            )
        if self._get("replica-serve-stale-data") == "no":
            raise BadArgument(
                "data.stale_replica: it has replica-serve-stale-data no, and would serve nothing"
            )
        return {"user": self._get(_USER)}

    def facts(self) -> dict[str, str]:
        """INFO replication."""
        return facts(_ask(self._address, "INFO", "replication"))

    def stop(self) -> None:
        """Give it a login that its primary does not know, and end its link."""
        if not self._get(_PASSWORD):  # without one, it would not log in at all
            self._set(_PASSWORD, _NOBODY)
        self._set(_USER, _NOBODY)
        _ask(self._address, "CLIENT", "KILL", "TYPE", "master")

    def go_on(self, user: str) -> None:
        """Give it back the login that it had, where it has ours."""
        if self._get(_USER) == _NOBODY:
            self._set(_USER, user)
        if self._get(_PASSWORD) == _NOBODY:
            self._set(_PASSWORD, "")
        if self._wrote_ours_down():
            _ask(self._address, "CONFIG", "REWRITE")

    def hindered(self) -> bool:
        """Whether it has our login."""
        return _NOBODY in (self._get(_USER), self._get(_PASSWORD))

    def primary(self) -> Address | None:
        """Whom it follows; None when it is a primary itself by now."""
        told = self.facts()
        return (
            (told["master_host"], int(told["master_port"])) if told["role"] == "slave" else None
        )

    def value(self, key: str) -> Reply:
        """What it serves for *key*."""
        return _ask(self._address, "GET", key)

    def _get(self, name: str) -> str:
        return facts(_ask(self._address, "CONFIG", "GET", name)).get(name, "")

    def _set(self, name: str, value: str) -> None:
        _ask(self._address, "CONFIG", "SET", name, value)

    def _wrote_ours_down(self) -> bool:
        """Whether its own file has our login: sentinels have it write its configuration down."""
        told = facts(_ask(self._address, "INFO", "server")).get("config_file", "")
        try:
            return bool(told) and _NOBODY in Path(told).read_text(
                encoding="utf-8", errors="replace"
            )
        except OSError:  # it is elsewhere, or nobody's to read
            return False


def write(primary: Address, key: str, value: str) -> None:
    """Write something at the primary that has not been there."""
    _ask(primary, "SET", key, value, "EX", _LIVES_S)


def forget(primary: Address, key: str) -> None:
    """Take it away again."""
    _ask(primary, "DEL", key)


def value(primary: Address, key: str) -> Reply:
    """What the primary has."""
    return _ask(primary, "GET", key)


def offset(address: Address) -> int:
    """How far the primary's stream has come."""
    return int(facts(_ask(address, "INFO", "replication"))["master_repl_offset"])


def _ask(address: Address, *words: str | int) -> Reply:
    with Plain(*address, _ANSWER_S_MAX) as server:
        return server.must(*words)
