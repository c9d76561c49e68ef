"""Repair spoiled data by the system's own tool, as an operator would: what cannot be read is given up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from chaos_ext.data import kept, systems, words
from chaos_ext.data.beside import Beside, Repairable
from chaos_ext.errors import NotAllowed

LANDS_S = 20.0  # to read everything twice


@dataclass(slots=True, kw_only=True)
class Repair(Beside):
    """Repair *what* of *target*, start it, and have whoever heals keep that."""

    target: Repairable = field(kw_only=False)
    paths: dict[str, Any]
    what: str = "append_only"
    before: dict[str, Any] | None = None
    _said: str = field(default="", init=False)
    _started: bool = field(default=False, init=False)
    name: ClassVar[str] = "repair"
    colour: ClassVar[str] = "#98c379"
    momentary: ClassVar[bool] = True
    for_the_dead: ClassVar[bool] = True
    lands_within_s: ClassVar[float] = LANDS_S

    def look(self) -> dict[str, Any]:
        """Which copies are kept of it; refuse what is not spoiled by us, or runs."""
        words.refuse_foreign("repair", self._path)
        if self.target.runs():
            raise NotAllowed(
                f"data.repair: {self.target.node} runs, so its data is in use; "
                "only a server that has refused to start is repaired"
            )
        copies = [str(each.place) for each in kept.beside(self._folder)]
        if not copies:
            raise NotAllowed(
                f"data.repair: nothing of {self.target.node} was spoiled by data.corrupt; "
                "name the node that was, as its role may be another's by now"
            )
        return {"kept": copies}

    def inject(self) -> None:
        """Have the tool at it."""
        files = systems.files(self._path["system"])
        self._said = files.repair(self._path, self.what)

    def landed(self) -> dict[str, Any] | None:
        """It serves again, with whatever could be read; from now on that is its data."""
        if not self._started:  # once: one that ends again must not be started for ever
            self.target.start_again()
            self._started = True
        if not self.target.settled():
            return None
        for each in kept.beside(self._folder):
            each.settle()
        return {"said": self._said}

    def heal(self) -> None:
        """There is nothing to undo: whoever spoiled it puts it back, unless it was repaired."""

    def healed(self) -> bool:
        """As much as it was before."""
        return True


FAULT = Repair
