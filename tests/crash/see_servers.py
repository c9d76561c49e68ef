"""Looks at the servers through their own words: clock, settings, keys, and who follows whom."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import resp

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from resp import Address

WRONG_MS_MAX = 100  # a clock of its own that is right is right to a millisecond
KEYS = 64  # of ours, on every data node; written once, and never again
KEY = "crash:kept:"
# what a failover changes, and is to; the rest of a server's settings nobody changes but a fault
_BY_FAILOVER = ("replicaof", "slaveof")
SERVICE = "chaos"  # as the sentinels call the primary


def write_keys(primary: Address) -> None:
    """Keys of ours, which every fault must leave as they are, or bring back."""
    with resp.Line(primary) as line:
        for number in range(KEYS):
            line.ask("SET", f"{KEY}{number}", hashlib.sha256(str(number).encode()).hexdigest())


def facts(name: str, address: Address) -> Iterator[tuple[str, str]]:
    """The settings and the keys of a data node."""
    try:
        with resp.Line(address) as line:
            settings = line.ask("CONFIG", "GET", "*")
            kept = line.ask("MGET", *(f"{KEY}{number}" for number in range(KEYS)))
    except (OSError, ValueError) as error:
        yield f"settings and keys of {name}", f"unread: {error}"
        return
    yield f"settings and keys of {name}", "read"
    for key, value in zip(settings[::2], settings[1::2], strict=True):
        if key not in _BY_FAILOVER:
            yield f"setting {key} of {name}", str(value)
    missing = sum(value is None for value in kept)
    digest = hashlib.sha256("\n".join(map(str, kept)).encode()).hexdigest()[:12]
    yield f"keys of {name}", f"{digest}, {missing or 'none'} missing"


def clocks(servers: Iterable[tuple[str, Address]]) -> list[str]:
    """Whose clock is not ours."""
    found = []
    for name, address in servers:
        asked, told, heard = _wall_ms(), resp.say(address, "INFO", "server"), _wall_ms()
        theirs = _server_ms(told)
        if theirs is None:
            found.append(f"{name} does not tell its time")
        elif not asked - WRONG_MS_MAX <= theirs <= heard + WRONG_MS_MAX:
            found.append(f"the clock of {name} is {theirs - heard:+.0f} ms from ours")
    return found


def _wall_ms() -> float:
    return world.utc_now().timestamp() * 1e3


def _server_ms(info: Any) -> float | None:
    for line in str(info).splitlines():
        key, _, value = line.partition(":")
        if key == "server_time_usec":
            return int(value) / 1e3
    return None


def roles(data: list[tuple[str, Address, Address]], sentinels: list[Address]) -> list[str]:
    """Who does not follow the primary that every sentinel names; of each node both addresses.

    A failover takes its time, and is no residue: whoever asks must have patience.
    """
    named = {_named(address) for address in sentinels}
    if len(named) != 1:
        return [f"the sentinels name {sorted(map(str, named))} as the primary"]
    primary = named.pop()
    found = []
    for name, bind, service in data:
        role = resp.say(bind, "ROLE") or ["nothing"]
        wanted = ["master"] if service == primary else ["slave", "connected"]
        told = [role[0]] if role[0] != "slave" else [role[0], role[3]]
        if told != wanted or (told[0] == "slave" and (role[1], role[2]) != primary):
            found.append(f"{name} says {role[:4]} where {primary} is the primary")
    return found


def _named(sentinel: Address) -> Address | None:
    told = resp.say(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
    return (told[0], int(told[1])) if told else None
