"""What a network fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from chaos_ext.errors import BadArgument
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAMS = ("downstream", "upstream", "both")
DISTRIBUTIONS = ("uniform", "normal", "pareto")
DNS_WAYS = ("fail", "delay", "wrong")
MS_MAX = 600_000  # ten minutes: whoever waits longer has lost the connection anyway
KB_PER_S_MAX = 1_000_000  # a loopback carries no more, so nothing could be measured
BYTES_MAX = 100_000_000  # all of them are sent once, to see where the connection ends
PIECE_BYTES_MAX = 32_768  # a proxy reads no more at once
UP_OR_DOWN_S_MIN = 0.05  # shorter than this, a look may miss it


@dataclass(frozen=True, slots=True)
class Checked:
    """The values of one fault; every method refuses with the fault's name."""

    fault: str

    def number(
        self, name: str, value: object, *, least: float, most: float, above: bool = False
    ) -> None:
        """Refuse what is not a number from *least* (or *above* it) to *most*."""
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        good = plain and least <= value <= most  # type: ignore[operator] # not even a NaN is
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

    def address(self, name: str, value: object) -> None:
        """Refuse what is no IPv4 address."""
        try:
            ipaddress.IPv4Address(str(value))
        except ValueError:
            self.refuse(f"{name} must be an IPv4 address, not {shown(value)}")

    def groups(self, between: object) -> list[Any]:
        """*between* as lists of names; refuse what is no list."""
        if not isinstance(between, list):
            self.refuse("between must be a list of names, or of lists of names")
        return [[each] if isinstance(each, str) else each for each in between]

    def names(self, target: object, groups: Sequence[object]) -> list[str]:
        """The names that *target*, or else *groups*, consist of; refuse both, and neither."""
        if bool(target) == bool(groups):
            self.refuse("say target (one node against the others) or between, and not both")
        if not groups:
            return [str(target)]
        if not all(isinstance(group, list) and group for group in groups):
            self.refuse("between must be a list of names, or of lists of names")
        names = [name for group in groups for name in group]  # type: ignore[attr-defined]
        if not all(isinstance(name, str) and name for name in names):
            self.refuse("between must be a list of names, or of lists of names")
        return list(dict.fromkeys(names))

    def lasts(self, for_s: object, shows_after_s: float) -> None:
        """Refuse a fault that would be over before anybody could have seen it."""
        numeric = isinstance(for_s, int | float) and not isinstance(for_s, bool)
        if numeric and 0 < for_s <= shows_after_s:  # type: ignore[operator]
            self.refuse(
                f"it shows after {shows_after_s:g} s and would be over by then; "
                f"make for_s longer than that, not {for_s:g}"
            )

    def refuse(self, why: str) -> NoReturn:
        """Say no, with the name of the fault."""
        raise BadArgument(f"network.{self.fault}: {why}")
