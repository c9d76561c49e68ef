"""Rules as they are asked for: read strictly, and refused in one line that names what is wrong."""

from __future__ import annotations

import errno
import math
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import BadArgument
from chaos_ext.passthrough.rules import KINDS, Fail, Full, ReadOnly, Rule, Slow
from chaos_ext.values import is_number
from chaos_ext.words import joined, nearest, shown

if TYPE_CHECKING:
    import random

MS_MAX = 600_000  # ten minutes: longer than any client waits
BYTES_MAX = 1 << 60


def read(items: object, seed: int | str) -> list[Rule]:
    """The rules that *items* say, with dice thrown from *seed*; BadArgument names what is wrong."""
    if not isinstance(items, list) or not items:
        raise BadArgument("put: give a list of rules, at least one")
    return [_Reader(item, f"rule {n}", f"{seed}:{n}").rule() for n, item in enumerate(items, 1)]


class _Reader:
    """Reads one rule; what is wrong with it is one line."""

    def __init__(self, item: object, where: str, seed: str) -> None:
        self._where, self._seed, self._problems = where, seed, list[str]()
        if not isinstance(item, dict):
            raise BadArgument(f"{where}: must be an object, not {shown(item)}")
        self._said = dict(item)
        self._left = dict(item)

    def rule(self) -> Rule:
        """The rule."""
        do, lease = self._left.pop("do", None), self._left.pop("lease", None)
        if not isinstance(lease, str) or not lease:
            self._wrong(f"lease must be a text that is not empty, not {shown(lease)}")
        made = self._made(do, str(lease))
        for key in self._left:
            self._wrong(f"{key} means nothing to {do}")
        if self._problems or made is None:
            raise BadArgument(f"{self._where}: {joined(self._problems)}")
        return made

    def _made(self, do: object, lease: str) -> Rule | None:
        if do == "slow":
            ops, ms = self._ops(), self._number("ms", None, 0, MS_MAX)
            jitter_ms = self._number("jitter_ms", 0, 0, ms)
            return Slow(lease, self._said, ops, ms, jitter_ms, self._share(), self._dice())
        if do == "fail":
            ops, number = self._ops(), self._errno()
            return Fail(lease, self._said, ops, number, self._share(), self._dice())
        if do == "read_only":
            return ReadOnly(lease, self._said)
        if do == "full":
            return Full(lease, self._said, int(self._number("left_bytes", 0, 0, BYTES_MAX)))
        near = nearest(do, ("slow", "fail", "read_only", "full"))
        self._wrong(f"do is {shown(do)}{near}")
        self._left.clear()
        return None

    def _ops(self) -> frozenset[str]:
        ops = self._left.pop("ops", None)
        if not isinstance(ops, list) or not ops:
            self._wrong("ops must be a list of operations, at least one")
            return frozenset()
        for each in ops:
            if not isinstance(each, str) or each not in KINDS:
                self._wrong(f"ops has {shown(each)}{nearest(each, sorted(KINDS))}")
        return frozenset(map(str, ops))

    def _number(self, key: str, default: int | None, least: float, most: float) -> float:
        value = self._left.pop(key, default)
        if not is_number(value) or not math.isfinite(value) or not least <= value <= most:
            self._wrong(f"{key} must be {least:g} to {most:g}, not {shown(value)}")
            return least
        return float(value)

    def _share(self) -> float:
        share = self._number("share", 1, 0, 1)
        if share == 0:
            self._wrong("share must be above 0: a rule that meets nothing is no fault")
        return share

    def _errno(self) -> int:
        name = self._left.pop("errno", "EIO")
        number = getattr(errno, name, 0) if isinstance(name, str) and name.isupper() else 0
        if not isinstance(number, int) or not number:
            near = nearest(name, errno.errorcode.values())
            self._wrong(f"errno is {shown(name)}{near}")
            return errno.EIO
        return number

    def _dice(self) -> random.Random:
        return world.dice(self._seed)

    def _wrong(self, problem: str) -> None:
        self._problems.append(problem)
