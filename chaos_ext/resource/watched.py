"""One target of the sampler: its process, found again whenever that is another, and its server's own words."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.environment import attach
from chaos_ext.environment.model import Target
from chaos_ext.errors import ChaosExtError, TargetGone
from chaos_ext.lease import identity
from chaos_ext.resource.question import Question, words
from chaos_ext.resource.vitals import Look, Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.lease.identity import Identity
    from chaos_ext.lease.ledger import Ledger
    from chaos_ext.resource.allowance import Groups

LOOK_AROUND_S = 1.0  # finding a user's own server means looking at every socket of the machine


class Watched:
    """A target, whatever process it is at the moment."""

    def __init__(self, told: Mapping[str, Any], ledger: Ledger) -> None:
        """*told* as `sampling.Watch.told` has it."""
        self.name: str = told["name"]
        self.packed_name = self.name.encode()
        self._key: str = told["key"]
        self._folder: str = told["folder"]
        self._attach: dict[str, Any] = told["attach"]
        self._ledger = ledger
        self._process: Process | None = None
        self._look_around_from_ns = 0
        spoken = words(told["system"])
        address = (str(told["address"][0]), int(told["address"][1]))
        self.question = Question(spoken, address, told["login"]) if spoken else None

    def look(self, groups: Groups, intended_ns: int) -> Look:
        """What its process uses now; a look at none when none is alive."""
        look = self._process.look(groups, intended_ns) if self._process else None
        if look is None and self._found_again():
            assert self._process
            look = self._process.look(groups, intended_ns)
        return look or Look(intended_ns=intended_ns, at_ns=world.monotonic_ns())

    def close(self) -> None:
        """Let go of everything."""
        self._let_go()
        if self.question:
            self.question.close()

    def _let_go(self) -> None:
        if self._process:
            self._process.close()
        self._process = None

    def _found_again(self) -> bool:
        self._let_go()
        with suppress(ChaosExtError):
            who = self._around() if self._attach else self._in_ledger()
            self._process = Process(who, self._folder) if who else None
        return self._process is not None

    def _in_ledger(self) -> Identity | None:
        server = self._ledger.server(self._key)
        who = server.identity if server else None
        return who if who and who.same() else None

    def _around(self) -> Identity | None:
        """A server of the user's own, which somebody else may have started again."""
        now_ns = world.monotonic_ns()
        if now_ns < self._look_around_from_ns:
            return None
        self._look_around_from_ns = now_ns + int(LOOK_AROUND_S * 1e9)
        with suppress(TargetGone):
            return identity.of(attach.find(Target(self.name, "", attach=self._attach)))
        return None
