"""What a resource fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from chaos_ext.errors import BadArgument, NotAllowed
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

PERCENT_MIN = 1.0  # the kernel gives nobody less than 1 ms in 100 ms that we would wait for
PERCENT_MAX = 12_800.0  # of one core; nobody has so many cores
MB_MIN = 32  # a hog needs some twenty of them to live
MB_MAX = 1_000_000
LEFT_MAX = 100_000
STARTED_MAX = 512  # all of them are tried, to see that one more is refused
ASKED_MAX = 256  # as many connections, or threads, are tried to see where it ends


@dataclass(frozen=True, slots=True)
class Checked:
    """The values of one fault; every method refuses with the fault's name."""

    fault: str

    def number(self, name: str, value: object, *, least: float, most: float) -> None:
        """Refuse what is not a number from *least* to *most*."""
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not least <= value <= most:  # type: ignore[operator] # not even a NaN is
            low, high = f"{least:,.10g}", f"{most:,.10g}"
            self.refuse(f"{name} must be at least {low} and at most {high}, not {shown(value)}")

    def whole(self, name: str, value: object, *, least: int, most: int) -> None:
        """Refuse what is not a whole number from *least* to *most*."""
        if type(value) is not int:
            self.refuse(f"{name} must be a whole number, not {shown(value)}")
        self.number(name, value, least=least, most=most)

    def word(self, name: str, value: object, known: Sequence[str]) -> None:
        """Refuse what is none of the *known* words, with the nearest one; empty is for us to choose."""
        if value not in ("", *known):
            self.refuse(f"{name}: {shown(value)} is not known{nearest(value, known)}")

    def either(self, first: str, one: object, second: str, other: object) -> None:
        """Refuse both of two values, and neither."""
        if bool(one) == bool(other):
            self.refuse(f"say {first} or {second}, and not both")

    def possible(self, why_not: str) -> None:
        """Refuse what this machine does not permit."""
        if why_not:
            raise NotAllowed(f"resource.{self.fault}: {why_not}")

    def refuse(self, why: str) -> NoReturn:
        """Say no, with the name of the fault."""
        raise BadArgument(f"resource.{self.fault}: {why}")
