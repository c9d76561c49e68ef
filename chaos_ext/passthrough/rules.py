"""What the disk does wrong: each rule says of every operation what befalls it."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

CHANGING = frozenset(
    ("write", "create", "unlink", "mkdir", "rmdir", "rename", "link", "symlink", "setattr",
     "truncate", "fallocate")
)  # fmt: skip
KINDS = CHANGING | {
    "read", "fsync", "open", "getattr", "lookup", "readdir", "readlink", "statfs", "flush",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Rule:
    """One rule of a lease: of every kind it may delay, fail, or bound what files may grow by."""

    lease: str
    said: Mapping[str, Any]  # as it was asked for
    delayed: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)

    def delay_ns(self, kinds: tuple[str, ...]) -> int:  # noqa: ARG002
        """How long an operation of *kinds* must wait."""
        return 0

    def error(self, kinds: tuple[str, ...], *, changes: bool) -> int:  # noqa: ARG002
        """The errno with which it ends; 0 when this rule has nothing against it."""
        return 0

    def told(self) -> dict[str, Any]:
        """As `status` answers it."""
        return {**self.said, "delayed": self.delayed, "failed": self.failed}


@dataclass(slots=True, eq=False)
class Slow(Rule):
    """Operations of some kinds take longer."""

    ops: frozenset[str]
    ms: float
    jitter_ms: float
    share: float
    dice: random.Random

    def delay_ns(self, kinds: tuple[str, ...]) -> int:
        """For those it meets, about as long as it was told."""
        if self.ops.isdisjoint(kinds) or not _thrown(self.dice, self.share):
            return 0
        self.delayed += 1
        wave = self.dice.uniform(-self.jitter_ms, self.jitter_ms) if self.jitter_ms else 0.0
        return int((self.ms + wave) * 1e6)


@dataclass(slots=True, eq=False)
class Fail(Rule):
    """Operations of some kinds end with an error."""

    ops: frozenset[str]
    number: int
    share: float
    dice: random.Random

    def error(self, kinds: tuple[str, ...], *, changes: bool) -> int:  # noqa: ARG002
        """Its own errno for those it meets."""
        if self.ops.isdisjoint(kinds) or not _thrown(self.dice, self.share):
            return 0
        self.failed += 1
        return self.number


@dataclass(slots=True, eq=False)
class ReadOnly(Rule):
    """Nothing can be changed, as after the kernel has remounted a broken disk."""

    def error(self, kinds: tuple[str, ...], *, changes: bool) -> int:  # noqa: ARG002
        """EROFS for whatever changes."""
        if not changes:
            return 0
        self.failed += 1
        return errno.EROFS


@dataclass(slots=True, eq=False)
class Full(Rule):
    """Files may grow by so much more; what is removed or made shorter gives room back."""

    left: int

    def told(self) -> dict[str, Any]:
        """With what is left now."""
        return {**Rule.told(self), "left_now": self.left}


def _thrown(dice: random.Random, share: float) -> bool:
    return share >= 1.0 or dice.random() < share


class Rules:
    """All rules in force, by whoever holds them."""

    def __init__(self) -> None:
        self._held: dict[object, list[Rule]] = {}
        self.all: tuple[Rule, ...] = ()
        self.full: tuple[Full, ...] = ()

    def put(self, holder: object, rules: Iterable[Rule]) -> None:
        """From now on *holder* holds these, and nothing else."""
        self._held[holder] = list(rules)
        self._count()

    def end(self, holder: object) -> None:
        """Nothing of *holder* is in force any more."""
        if self._held.pop(holder, None) is not None:
            self._count()

    def of(self, holder: object) -> list[Rule]:
        """What *holder* holds."""
        return self._held.get(holder, [])

    def _count(self) -> None:
        self.all = tuple(rule for rules in self._held.values() for rule in rules)
        self.full = tuple(rule for rule in self.all if isinstance(rule, Full))

    def delays(self, kinds: tuple[str, ...]) -> dict[Rule, int]:
        """How long an operation of *kinds* must wait, by the rule that says so."""
        found = ((rule, rule.delay_ns(kinds)) for rule in self.all)
        return {rule: ns for rule, ns in found if ns > 0}

    def error(self, kinds: tuple[str, ...], *, changes: bool) -> int:
        """The errno with which an operation of *kinds* ends; 0 when it may go on."""
        return next((e for r in self.all if (e := r.error(kinds, changes=changes))), 0)

    def granted(self, bytes_wanted: int) -> int:
        """By how much of that a file may grow."""
        granted = min([bytes_wanted, *(rule.left for rule in self.full)])
        for rule in self.full:
            rule.failed += granted < bytes_wanted
        return granted

    def used(self, size_bytes: int) -> None:
        """A file has grown by that much; less than nothing gives room back."""
        for rule in self.full:
            rule.left = max(0, rule.left - size_bytes)

    def room(self) -> int | None:
        """What files may still grow by; None where no rule bounds it."""
        return min((rule.left for rule in self.full), default=None)
