"""A fault that takes something from a server in one of several ways: the way is chosen once, and gives it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class Taken(Protocol):
    """One way to take it."""

    def look(self) -> dict[str, Any]:
        """What undoing must know."""

    def inject(self, before: dict[str, Any]) -> None:
        """Take it."""

    def landed(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """What was measured of it, while it is so."""

    def heal(self, before: dict[str, Any]) -> None:
        """Give it back."""

    def healed(self, before: dict[str, Any]) -> bool:
        """Whether it is given back."""


@dataclass(slots=True, kw_only=True)
class Taking:
    """Asks the way that *before* names; a subclass makes it."""

    before: dict[str, Any] = field(default_factory=dict)
    _way: Taken | None = field(default=None, init=False)

    def inject(self) -> None:
        """Take it away."""
        self._made().inject(self.before)

    def landed(self) -> dict[str, Any] | None:
        """It is gone, as measured."""
        found = self._made().landed(self.before)
        return None if found is None else {"by": self.before["by"], **found}

    def heal(self) -> None:
        """Give it back; whoever is gone needs nothing, or is started again by the way itself."""
        if self.before:
            self._made().heal(self.before)

    def healed(self) -> bool:
        """It is given back."""
        return not self.before or self._made().healed(self.before)

    def _made(self) -> Taken:
        if self._way is None:
            self._way = self._make()
        return self._way

    def _make(self) -> Taken:
        raise NotImplementedError
