"""What a network fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from chaos_ext import values
from chaos_ext.words import shown

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


class Checked(values.Checked):
    """The values of one fault of the network."""

    noun = "network"

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
        if values.is_number(for_s) and 0 < for_s <= shows_after_s:  # type: ignore[operator]
            self.refuse(
                f"it shows after {shows_after_s:g} s and would be over by then; "
                f"make for_s longer than that, not {for_s:g}"
            )
