"""Commands a pass-through: rules that last as long as the connection, and what it says of itself."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import BadArgument, TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWER_S_MAX = 2.0  # it answers between two operations; one that does not stands still
_LINE_BYTES_MAX = 1 << 20
Address = tuple[str, int]


class Lease:
    """Rules in force, until it is closed or this process ends, however it ends."""

    def __init__(
        self, address: Address, rules: Sequence[dict[str, Any]], deadline_ns: int, seed: str
    ) -> None:
        """Put *rules* in force; BadArgument names what is wrong with them."""
        said = {"put": list(rules), "deadline_ns": deadline_ns, "seed": seed}
        self._door = _connected(address)
        try:
            _asked(self._door, address, said)
        except BaseException:
            self._door.close()
            raise

    def close(self) -> None:
        """Nothing of it is in force any more, for any operation that is asked for from now on."""
        self._door.close()


def status(address: Address) -> dict[str, Any]:
    """What it says of itself; TargetUnreachable when it does not answer."""
    with _connected(address) as door:
        return _asked(door, address, {"ask": "status"})


def _connected(address: Address) -> socket.socket:
    try:
        return socket.create_connection(address, ANSWER_S_MAX)
    except OSError as error:
        raise _silent(address, error) from error


def _asked(door: socket.socket, address: Address, said: dict[str, Any]) -> dict[str, Any]:
    heard = b""
    try:
        door.sendall(json.dumps(said).encode() + b"\n")
        while not heard.endswith(b"\n"):
            piece = door.recv(_LINE_BYTES_MAX)
            if not piece:
                raise ConnectionResetError("it closed the connection")
            heard += piece
        answer = json.loads(heard)
    except (OSError, ValueError) as error:
        raise _silent(address, error) from error
    if not answer.get("ok"):
        raise BadArgument(f"the pass-through at {address[0]}:{address[1]}: {answer.get('why')}")
    return dict(answer)


def _silent(address: Address, error: Exception) -> TargetUnreachable:
    return TargetUnreachable(
        f"the pass-through at {address[0]}:{address[1]} does not answer: {error}"
    )
