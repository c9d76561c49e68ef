"""A clock that is set wrong by its file: what a jump and a drift have in common."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.clock import asking
from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.lab import clocks

if TYPE_CHECKING:
    from chaos_ext.lease.identity import Identity

WITHIN_S = 0.05  # a clock that is nearer than that to where it should be is there


class Clocked(Protocol):
    """What is needed of the target."""

    name: str
    node: str
    identity: Identity

    def states(self) -> str:
        """The state letter of each of its threads."""


@dataclass(slots=True, kw_only=True)
class Wrong:
    """The clock of *target* says something else; a subclass says what, and since when."""

    target: Clocked = field(kw_only=False)
    paths: dict[str, Any]
    before: dict[str, Any] | None = (
        None  # for whoever reads the ledger; healing needs none of it
    )
    _text: str = field(default="", init=False)  # of the file, while the fault is in place
    _measured: dict[str, Any] | None = field(default=None, init=False)
    name: ClassVar[str]
    colour: ClassVar[str]
    momentary: ClassVar[bool] = False

    @staticmethod
    def needs_lab() -> dict[str, Any]:
        """Every server starts under libfaketime, which must be there."""
        clocks.library()
        return {clocks.SETTING: True}

    # -- what a subclass says ---------------------------------------------------------

    def wanted(self, now_s: float) -> str:
        """What the file must say for the fault to begin at *now_s*."""
        raise NotImplementedError

    def ahead_s(self, at_s: float) -> float:
        """How far ahead the clock should be at *at_s*."""
        raise NotImplementedError

    def shows(self, at_s: float) -> bool:
        """Whether the effect is large enough by now to be measured."""
        raise NotImplementedError

    # -- what the guardian calls ------------------------------------------------------

    def look(self) -> dict[str, Any]:
        """What the clock said before; refuse one that we cannot set, or that is wrong already."""
        if self._clock is None:
            raise NotAllowed(f"clock.{self.name}: {self._why_not()}")
        said = self._said()
        if said != clocks.RIGHT:
            raise NotAllowed(
                f"clock.{self.name}: the clock of {self.target.node} is set to {said!r} already; "
                "let that fault end first"
            )
        now = asking.apart(self._path)
        if not now.by(0.0, WITHIN_S):
            raise NotAllowed(
                f"clock.{self.name}: the clock of {self.target.node} is {now.ahead_s:.3f} s ahead "
                "of ours before anything was done to it"
            )
        return {"clock": said, "ahead_s": round(now.ahead_s, 6)}

    def inject(self) -> None:
        """Have the file say so; the server asks it at its next look at the clock."""
        self._text = self.wanted(asking.now_s())
        self._say(self._text)

    def landed(self) -> dict[str, Any] | None:
        """How far the server's own answer is ahead; later only what contradicts it counts."""
        if self._said() != self._text:
            return None
        try:
            now = asking.apart(self._path)
        except TargetUnreachable:  # it is down or stands still: the file counts when it is back
            return self._measured
        if not now.by(self.ahead_s(now.at_s), WITHIN_S):
            return None
        if self._measured is None and self.shows(now.at_s):
            self._measured = {
                "ahead_s": round(now.ahead_s, 6),
                "give_or_take_s": round(now.give_or_take_s, 6),
            }
        return self._measured

    def heal(self) -> None:
        """Have the file say that it is right; where its lab is gone, so is the clock."""
        with suppress(FileNotFoundError):
            self._say(clocks.RIGHT)

    def healed(self) -> bool:
        """The file says so, and so does the server, unless nobody can answer there."""
        if self._clock is None:
            return True
        if Path(self._clock["file"]).parent.is_dir() and self._said() != clocks.RIGHT:
            return False
        try:
            return asking.apart(self._path).by(0.0, WITHIN_S)
        except TargetUnreachable:
            return not self._should_answer()

    # -- its own ----------------------------------------------------------------------

    @property
    def _path(self) -> dict[str, Any]:
        found: dict[str, Any] = self.paths[self.target.name]
        return found

    @property
    def _clock(self) -> dict[str, str] | None:
        return self._path.get("clock")

    def _should_answer(self) -> bool:
        """Whether it runs: a dead one has no clock, and one that stands still asks when it goes on."""
        states = self.target.states() if self.target.identity.same() else ""
        return bool(states.strip("tT"))

    def _why_not(self) -> str:
        node = self.target.node
        if self._path["owner"] != "attached":
            return f"{node} has no clock of its own; the lab needs `{clocks.SETTING}: true`"
        if not self.target.identity.pid:
            return f"{node} is not on this machine; only servers of a lab can be set wrong"
        maps = Path(f"/proc/{self.target.identity.pid}/maps").read_text(encoding="utf-8")
        program = Path(f"/proc/{self.target.identity.pid}/exe")
        if clocks.is_static(program):
            return f"{node} is linked statically, so nothing can stand before its clock"
        if "libfaketime" not in maps:
            return f"{node} was not started under libfaketime; use a lab, which starts it so"
        return (
            f"{node} asks a file that we do not know; use a lab, which starts it with its own"
        )

    def _said(self) -> str:
        assert self._clock
        with suppress(FileNotFoundError):
            return Path(self._clock["file"]).read_text(encoding="ascii").strip()
        return ""

    def _say(self, text: str) -> None:
        """In one step: a server that read half a line would end."""
        if self._clock is None:
            return
        file = Path(self._clock["file"])
        written = file.with_name(f"{file.name}.next")
        written.write_text(f"{text}\n", encoding="ascii")
        written.replace(file)
