"""The ways along which a path is measured: through the proxy in front of a server, and past it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.network import measure
from chaos_ext.network.client import segment
from chaos_ext.network.measure import Way

if TYPE_CHECKING:
    from chaos_ext.network.client import Server
    from chaos_ext.network.line import Address, Line
    from chaos_ext.network.measure import Steps


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways of one path (as the conductor resolved it); *word* is what its echo is asked."""

    path: dict[str, Any]
    server: Server
    has_echo: bool
    word: str

    def through(self, source: str = "") -> Way:
        """Through the proxy and its toxics, to its own echo; to the server where it has none."""
        if not self.has_echo:
            return Way(self.service, *self._question, source)
        said = f"{self.word:.<16}".encode()
        return Way(self.service, said, said, source, self._announce)

    def asking(self, source: str = "") -> Way:
        """Through the proxy to the server itself; to the echo where no question is known."""
        if not self.path["alive"]:
            return self.through(source)
        return Way(self.service, *self._question, source)

    def straight(self) -> Way | None:
        """To the server itself, past the proxy; None where no question is known."""
        host, port = self.path["bind"]
        return Way((host, port), *self._question) if self.path["alive"] else None

    def unasked(self) -> Line:
        """A connection to the service address that asks nothing."""
        return Way(self.service, b"", b"").open()

    def free(self, source: str) -> Steps[bool]:
        """Wait until the way takes no longer than it must; its proxy must be undisturbed."""
        straight = None if self.has_echo else self.straight()
        ways = [self.through(source), *([straight] if straight else [])]

        def no_longer(times: list[float]) -> bool:
            return times[0] - sum(times[1:]) < measure.GONE_MS

        patience_s, wait_ms = measure.ANSWER_S_MAX, 2 * measure.GONE_MS
        while (
            yield from measure.pings(ways, no_longer, patience_s, wait_ms, patience_s)
        ) is None:
            if straight and not (yield from _answers(straight)):
                return True  # the server itself is silent, so the proxy's word is all there is
        return True

    @property
    def service(self) -> Address:
        """Where clients find it."""
        host, port = self.path["service"]
        return str(host), int(port)

    @property
    def _question(self) -> tuple[bytes, bytes]:
        alive = self.path["alive"]
        return alive["send"].encode(), alive["expect"].encode()

    def _announce(self, local: Address) -> None:
        proxy = segment(self.path["proxy"]["name"])
        self.server.ask("POST", f"/chaos/proxies/{proxy}/echo", {"from": list(local)})


def _answers(way: Way) -> Steps[bool]:
    with way.open() as line:
        return (yield from measure.ping(line, way)) is not None
