"""What a disk fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from chaos_ext.errors import BadArgument
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

MS_MAX = 60_000.0
MB_MAX = 10_000_000
PERCENT_MIN = 1.0  # one that is rarer may not be met before the fault should have landed
SLOW_PER_FOR_S = 0.5  # at least two operations of a slow disk fit into its fault
ERRNOS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "ENOMEM", "EACCES", "ETIMEDOUT")


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

    def operations(self, ops: object, known: Sequence[str]) -> None:
        """Refuse what is not a list of operations that can be tried."""
        if not isinstance(ops, list) or not ops:
            self.refuse(f"ops must be a list of at least one of {', '.join(known)}")
        for each in ops:
            if each not in known:
                self.refuse(f"ops: {shown(each)} is not known{nearest(each, known)}")

    def number_of_error(self, name: object) -> None:
        """Refuse what no disk answers."""
        if name not in ERRNOS or not hasattr(errno, str(name)):
            self.refuse(f"errno: {shown(name)} is not known{nearest(name, ERRNOS)}")

    def lasts(self, for_s: object, ms: float) -> None:
        """Refuse a fault that is over before its effect could be seen twice."""
        plain = isinstance(for_s, int | float) and not isinstance(for_s, bool)
        if plain and ms / 1e3 > for_s * SLOW_PER_FOR_S:  # type: ignore[operator] # a number
            self.refuse(f"for_s {for_s:g} is too short for operations of {ms:g} ms; say more")

    def refuse(self, why: str) -> NoReturn:
        """Say no, with the name of the fault."""
        raise BadArgument(f"disk.{self.fault}: {why}")
