"""Addresses as Go reads and writes them: `host:port`, and what is said of a wrong one."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass

from chaos_ext.errors import ListenFailed

_PORT_MAX = 65_535
_NUMBER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, or whom to dial: a number or nothing as host, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As Go writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def everywhere(self) -> bool:
        """Whether it means every address of this machine."""
        return self.host in {"", "0.0.0.0", "::"}  # noqa: S104 - it is asked for, not chosen


def split(text: str) -> tuple[str, str]:
    """Host and port of *text*, as Go's SplitHostPort does it; ListenFailed with its words."""
    before, colon, port = text.rpartition(":")
    if not colon:
        raise ListenFailed(f"address {text}: missing port in address")
    host, rest = before, text
    if text.startswith("["):
        inside, closed, after = text[1:].partition("]")
        if not closed:
            raise ListenFailed(f"address {text}: missing ']' in address")
        if after != f":{port}":
            many = after.startswith(":")
            problem = "too many colons in address" if many else "missing port in address"
            raise ListenFailed(f"address {text}: {problem}")
        host, rest = inside, inside + after
    elif ":" in before:
        raise ListenFailed(f"address {text}: too many colons in address")
    for bracket in "[]":
        if bracket in rest:
            raise ListenFailed(f"address {text}: unexpected '{bracket}' in address")
    return host, port


def port_number(text: str) -> int:
    """The port that *text* means: a number or the name of a service."""
    if not text or _NUMBER.fullmatch(text):
        port = int(text[:20] or 0)  # nobody's port is longer, and somebody's number may be
        if not 0 <= port <= _PORT_MAX:
            raise ListenFailed(f"address {text}: invalid port")
        return port
    try:
        return socket.getservbyname(text, "tcp")
    except (OSError, UnicodeError):
        raise ListenFailed(f"lookup tcp/{text}: unknown port") from None


async def resolved(text: str) -> Address:
    """Where *text* leads: a host's name is looked up, its IPv4 address is preferred."""
    host, port = split(text) if text else ("", "")
    number = port_number(port)
    bare = host.partition("%")[0]  # Go takes a zone where none is needed, and forgets it
    try:
        return Address(str(ipaddress.ip_address(bare)), number) if host else Address("", number)
    except ValueError:
        return Address(await _looked_up(host), number)


async def _looked_up(host: str) -> str:
    problem = ListenFailed(f"lookup {host}: no such host")
    if re.fullmatch(r"[\d.\s]+", host):  # a misspelt number: C reads what Go does not
        raise problem
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, None, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        raise problem from None
    by_family = sorted(found, key=lambda each: each[0] != socket.AF_INET)
    return str(by_family[0][4][0])


def bound(address: Address) -> socket.socket:
    """A socket at *address*, not listening yet; ListenFailed with Go's words."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    host = address.host
    if address.everywhere():
        family, host = (socket.AF_INET6, "::") if socket.has_dualstack_ipv6() else (family, "")
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        sock.bind((host, address.port))
    except OSError as error:
        sock.close()
        raise failed(address, error) from None
    return sock


def failed(address: Address, error: OSError) -> ListenFailed:
    """What Go says when it cannot listen at *address*."""
    return ListenFailed(f"listen tcp {address}: bind: {(error.strerror or str(error)).lower()}")
