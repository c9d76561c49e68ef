"""What all faults refuse alike: a value that makes no sense, in one line, before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

from chaos_ext.errors import BadArgument
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = ".chaos-"  # how the names of our files begin in a data folder; servers read none of them


def is_number(value: object) -> bool:
    """Whether *value* is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Checked:
    """The values of one fault; every method refuses with the fault's name. A noun adds its own."""

    fault: str
    noun: ClassVar[str]

    def number(
        self, name: str, value: object, *, least: float, most: float, above: bool = False
    ) -> None:
        """Refuse what is not a number from *least* (or *above* it) to *most*."""
        good = is_number(value) and least <= value <= most  # type: ignore[operator] # not even a NaN is
        if not good or (above and value == least):
            low = f"above {least:,.10g}" if above else f"at least {least:,.10g}"
            self.refuse(f"{name} must be {low} and at most {most:,.10g}, not {shown(value)}")

    def whole(self, name: str, value: object, *, least: int, most: int) -> None:
        """Refuse what is not a whole number from *least* to *most*."""
        if type(value) is not int:
            self.refuse(f"{name} must be a whole number, not {shown(value)}")
        self.number(name, value, least=least, most=most)

    def word(self, name: str, value: object, known: Sequence[str]) -> None:
        """Refuse what is none of the *known* words, with the nearest one."""
        if value not in known:
            self.refuse(f"{name}: {shown(value)} is not known{nearest(value, known)}")

    def refuse(self, why: str) -> NoReturn:
        """Say no, with the name of the fault."""
        raise BadArgument(f"{self.noun}.{self.fault}: {why}")
