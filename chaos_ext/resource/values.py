"""What a resource fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext import values
from chaos_ext.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Sequence

PERCENT_MIN = 1.0  # the kernel gives nobody less than 1 ms in 100 ms that we would wait for
PERCENT_MAX = 12_800.0  # of one core; nobody has so many cores
MB_MIN = 32  # a hog needs some twenty of them to live
MB_MAX = 1_000_000
LEFT_MAX = 100_000
STARTED_MAX = 512  # all of them are tried, to see that one more is refused
ASKED_MAX = 256  # as many connections, or threads, are tried to see where it ends


class Checked(values.Checked):
    """The values of one fault of a resource."""

    noun = "resource"

    def word(self, name: str, value: object, known: Sequence[str]) -> None:
        """Refuse what is none of the *known* words, with the nearest one; empty is for us to choose."""
        if value != "":
            super().word(name, value, known)

    def either(self, first: str, one: object, second: str, other: object) -> None:
        """Refuse both of two values, and neither."""
        if bool(one) == bool(other):
            self.refuse(f"say {first} or {second}, and not both")

    def possible(self, why_not: str) -> None:
        """Refuse what this machine does not permit."""
        if why_not:
            raise NotAllowed(f"{self.noun}.{self.fault}: {why_not}")
