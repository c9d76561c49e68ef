"""Spoil a file of a server's data: a disk that lies, a copy cut short, a hand that slipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.data import spoil, systems, words
from chaos_ext.data.beside import Beside, Repairable
from chaos_ext.data.kept import Kept
from chaos_ext.errors import BadArgument, FaultDidNotLand, HealFailed, NotAllowed

if TYPE_CHECKING:
    import signal
    from pathlib import Path

LANDS_S = 20.0  # to end in good order, to copy, and to read everything again
HEALS_BY_STOPPING_S = 3.0


class Spoilable(Repairable, Protocol):
    """A server of ours that can be ended and started again."""

    lease_id: str

    def send(self, signum: signal.Signals) -> None:
        """Signal that very process."""

    def ended(self) -> bool:
        """Whether that very process has ended."""

    def stop(self, signum: signal.Signals, patience_s: float = HEALS_BY_STOPPING_S) -> None:
        """Have the server end, whatever process it is by now."""

    def can_start(self) -> bool:
        """Whether it can be started again."""

    def run_lives(self) -> bool:
        """Whether the runner of its run lives."""

    def refuse_beside(self, fault: str, *kinds: str) -> None:
        """Say no while a fault of one of *kinds* has this server in hand."""


@dataclass(slots=True, kw_only=True)
class Corrupt(Beside):
    """*what* of *target* is spoiled *how*, and the server reads it; healing puts the copy back."""

    target: Spoilable = field(kw_only=False)
    paths: dict[str, Any]
    what: str = "append_only"
    how: str = "flip"
    at: str = "middle"
    bytes: int = 16
    file: str = ""
    restore: bool = True
    before: dict[str, Any] | None = None
    _sent: bool = field(default=True, init=False)  # after a crash nobody knows: it may be
    _spoiled: dict[str, Any] | None = field(default=None, init=False)
    _measured: dict[str, Any] | None = field(default=None, init=False)
    name: ClassVar[str] = "corrupt"
    colour: ClassVar[str] = "#be5046"
    momentary: ClassVar[bool] = False
    lands_within_s: ClassVar[float] = LANDS_S

    # -- what the guardian calls ------------------------------------------------------

    def look(self) -> dict[str, Any]:
        """Which file it is by now, and where the copy will be; refuse what could not be undone."""
        words.refuse_foreign("corrupt", self._path)
        self.target.refuse_beside(
            "data.corrupt", f"{__package__}."
        )  # the copy would be of its harm
        if not self.target.can_start():
            raise NotAllowed(f"data.corrupt: nobody told how to start {self.target.node} again")
        file = self._find()
        kept = self._kept
        kept.refuse_without_room("data.corrupt")
        return {"file": str(file.relative_to(self._folder)), "kept": str(kept.place)}

    def inject(self) -> None:
        """Ask the server to end, in good order: what it has acknowledged is on disk then."""
        self._sent = False
        self.target.send(self._files.ENDS_BY)
        self._sent = True

    def landed(self) -> dict[str, Any] | None:
        """Which bytes differ on disk, and what the server does with them."""
        if self._measured is not None:
            return self._measured if self._is_spoiled() else None
        if self._spoiled is None:
            if not self.target.ended():
                return None
            self._spoiled = self._spoil()
            self.target.start_again()
        does = self._does()
        if does:
            self._measured = {**self._spoiled, **does}
        return self._measured

    def heal(self) -> None:
        """Put the copy back, unless what is there was repaired; then the server runs again."""
        if not self._kept.there():
            if self._sent and not self.target.ended():
                self.target.stop(self._files.ENDS_BY)
        elif not self._is_to_stay():
            self.target.stop(self._files.ENDS_AT_ONCE)
            self._kept.restore()
        self.target.start_again()

    def healed(self) -> bool:
        """It serves, and goes on serving: the copy is needed no more."""
        if not self.target.settled():
            return False
        self._kept.remove()
        return True

    # -- its own ----------------------------------------------------------------------

    @property
    def _files(self) -> systems.Files:
        return systems.files(self._path["system"])

    @property
    def _kept(self) -> Kept:
        return Kept(self._folder, self.target.lease_id)

    def _find(self) -> Path:
        if self.what == "file":
            return words.inside(self._folder, self.file)
        return self._files.find(self._folder, self.what)

    def _spoil(self) -> dict[str, Any]:
        """With the server down: the copy, then the harm, then the proof that it is that harm."""
        self._kept.take()
        file = self._find()
        name, size = str(file.relative_to(self._folder)), file.stat().st_size
        begin = spoil.offset(size, self.at, self.bytes)
        if begin + (self.bytes if self.how == "flip" else 1) > size:
            raise BadArgument(
                f"data.corrupt: {name} has {size} bytes, too few for {self.bytes} at {self.at}"
            )
        spoil.spoil(file, self.how, begin, self.bytes)
        found = spoil.difference(self._kept.copy / name, file)
        whole = {"flip": (self.bytes, 0), "truncate": (0, size - begin), "delete": (0, size)}
        if found is None or (found.differ, found.missing) != whole[self.how]:
            raise FaultDidNotLand(
                f"data.corrupt: {name} is not spoiled as it should be: {found}"
            )
        told = {"file": name, "size": size, "how": self.how, "first_byte": found.first}
        return {**told, "bytes_changed": found.differ, "bytes_missing": found.missing}

    def _does(self) -> dict[str, Any] | None:
        """What the server does with its spoiled data; None while it is still reading."""
        try:
            return {"server": "serves", "said": ""} if self.target.settled() else None
        except HealFailed:
            return {"server": "refuses to start", "said": words.last(self._folder.parent)}

    def _is_spoiled(self) -> bool:
        """Whether nobody has put the copy back: the bytes that differed still differ."""
        assert self._spoiled
        name = self._spoiled["file"]
        if self.how != "flip" or not self._kept.there() or not (self._folder / name).exists():
            return True
        begin = self._spoiled["first_byte"]
        return words.piece(self._folder / name, begin, self.bytes) != words.piece(
            self._kept.copy / name, begin, self.bytes
        )

    def _is_to_stay(self) -> bool:
        """Whether what is there now was repaired, or may stay, and somebody will still look at it.

        The data of a run that died is put back all the same, and so is what does not serve.
        """
        if not (self._kept.settled or not self.restore) or not self.target.run_lives():
            return False
        try:
            return self.target.settled()
        except HealFailed:
            return False


FAULT = Corrupt
