"""Cut: the way to a server is gone, with a refusal, or without a word as behind a black hole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.network import measure
from chaos_ext.network.leased import Leased
from chaos_ext.network.line import REFUSED

if TYPE_CHECKING:
    from chaos_ext.network.holders import Asks
    from chaos_ext.network.line import Line
    from chaos_ext.network.measure import Steps

SILENT_S = 0.3  # an answer that has not come by then will not come
_REFUSED_S_MAX = 0.5


@dataclass(slots=True, kw_only=True)
class Cut(Leased):
    """Refuse new connections and close the others; *silent*: leave all open and let nothing pass."""

    silent: bool = False
    name: ClassVar[str] = "cut"
    colour: ClassVar[str] = "#ec5f67"

    def asks(self) -> Asks:
        """A toxic that swallows everything, or no listener."""
        return [self.toxic("silence", "both") if self.silent else {"do": "down"}]

    def course(self) -> Steps[dict[str, Any]]:
        """A connection that was there before is cut off, and so is a new one."""
        with (yield from measure.established(self.ways.through())) as line:
            self.put()
            return (yield from self._silence(line) if self.silent else self._refusal(line))

    def _refusal(self, line: Line) -> Steps[dict[str, Any]]:
        while not (line.over() and (yield from self._is_refused())):
            yield
        return {"refused": True, "established": line.ended}

    def _is_refused(self) -> Steps[bool]:
        with self.ways.unasked() as line:
            yield from measure.until(line.decided, _REFUSED_S_MAX)
            return line.ended == REFUSED

    def _silence(self, line: Line) -> Steps[dict[str, Any]]:
        way = self.ways.through()
        while True:
            with way.open() as newer:
                asked = [measure.ping(each, way, SILENT_S) for each in (line, newer)]
                answers = yield from measure.together(asked)
                if answers == [None, None] and not (line.ended or newer.ended):
                    return {"silent_ms": SILENT_S * 1e3, "established": "silent"}
            yield from measure.rest()


FAULT = Cut
