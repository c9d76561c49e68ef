"""What a disk fault may be asked for: a wrong value is refused in one line before anything happens."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from chaos_ext import values
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

MS_MAX = 60_000.0
MB_MAX = 10_000_000
PERCENT_MIN = 1.0  # one that is rarer may not be met before the fault should have landed
SLOW_PER_FOR_S = 0.5  # at least two operations of a slow disk fit into its fault
ERRNOS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "ENOMEM", "EACCES", "ETIMEDOUT")


class Checked(values.Checked):
    """The values of one fault of a disk."""

    noun = "disk"

    def operations(self, ops: object, known: Sequence[str]) -> None:
        """Refuse what is not a list of operations that can be tried."""
        if not isinstance(ops, list) or not ops:
            self.refuse(f"ops must be a list of at least one of {', '.join(known)}")
        for each in ops:
            self.word("ops", each, known)

    def number_of_error(self, name: object) -> None:
        """Refuse what no disk answers."""
        if name not in ERRNOS or not hasattr(errno, str(name)):
            self.refuse(f"errno: {shown(name)} is not known{nearest(name, ERRNOS)}")

    def lasts(self, for_s: object, ms: float) -> None:
        """Refuse a fault that is over before its effect could be seen twice."""
        if values.is_number(for_s) and ms / 1e3 > for_s * SLOW_PER_FOR_S:  # type: ignore[operator] # a number
            self.refuse(f"for_s {for_s:g} is too short for operations of {ms:g} ms; say more")
