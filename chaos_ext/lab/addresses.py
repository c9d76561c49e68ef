"""A loopback network for each lab: 127.x.y.0/24, nobody else's at the time of asking."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaos_ext.lease.ledger import Ledger

_FIRST, _COUNT = 1, 160 * 250  # 127.64.1.0/24 to 127.223.250.0/24
TRIES_MAX = 20


def prefix(subnet: int) -> str:
    """The first three numbers of a lab's addresses."""
    high, low = divmod(subnet - _FIRST, 250)
    return f"127.{64 + high}.{low + 1}"


def free_subnet(ledger: Ledger, lab: str) -> int:
    """A subnet that no lab of this user has, drawn by the lab's name.

    Labs of other users are not in our ledger; `check_free` sees them by their ports.
    """
    taken = {row["subnet"] for row in ledger.rows("select subnet from labs where state = 'up'")}
    draw = world.dice(lab)
    for _ in range(TRIES_MAX):
        subnet = _FIRST + draw.randrange(_COUNT)
        if subnet not in taken:
            return subnet
    raise PortTaken("no free loopback network found; run: chaos lab status")


def check_free(addresses: Iterable[tuple[str, int]]) -> None:
    """Refuse when anybody listens at one of *addresses*."""
    for host, port in addresses:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortTaken(
                    f"port {port} cannot be used on {host} ({error.strerror}); end what "
                    "listens there, or set another `port` for the system in the environment file"
                ) from error
