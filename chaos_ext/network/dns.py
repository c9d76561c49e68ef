"""Have the name of a server not found, found late, or found wrong: by the lab's own resolver."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype

from chaos_ext import world
from chaos_ext.errors import BadArgument, FaultDidNotLand, TargetUnreachable
from chaos_ext.network import measure
from chaos_ext.network.client import Server
from chaos_ext.network.holders import lease_of_ours, lease_path
from chaos_ext.network.leased import LANDS_S
from chaos_ext.network.measure import Course, Steps
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from chaos_ext.network.leased import Leasing

WAYS = ("fail", "delay", "wrong")
RESOLVER = "lab"  # what a lab calls its own
_DATAGRAM_BYTES_MAX = 4096
_TRY_S = 0.2  # a datagram may be lost, so a question is asked again


@dataclass(frozen=True, slots=True)
class Found:
    """What a resolver said of a name."""

    said: str  # NOERROR, SERVFAIL, ...
    addresses: tuple[str, ...]
    ms: float


@dataclass(slots=True)
class Dns:
    """*how* the name of *target* is answered; all else is as before."""

    target: Leasing
    paths: dict[str, Any]
    how: str = "fail"
    delay_ms: int = 2000
    answer: str = "127.0.0.1"
    _server: Server = field(init=False)
    _begun: bool = field(default=True, init=False)  # after a crash nobody knows: it may be
    _course: Course[dict[str, Any]] | None = field(default=None, init=False)
    _landed: dict[str, Any] | None = field(default=None, init=False)
    _freed: Course[bool] | None = field(default=None, init=False)
    name: ClassVar[str] = "dns"
    colour: ClassVar[str] = "#7fa650"
    momentary: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be done, before anything happens."""
        if self.how not in WAYS:
            raise BadArgument(f"network.dns: no way {self.how!r}{nearest(self.how, WAYS)}")
        if self._path["resolver"] is None:
            raise BadArgument(
                f"network.dns: no resolver of ours knows {self.target.node}; start the lab anew "
                "with the fault in its experiment"
            )
        if self.how == "wrong" and self.answer == self._right:
            raise BadArgument(f"network.dns: {self.answer} is the right answer; choose another")
        self._server = Server(self._path["resolver"]["url"])

    @property
    def lands_within_s(self) -> float:
        """How long its effect may take to show: a late answer is waited for."""
        return LANDS_S + self._late_ms / 1e3

    @staticmethod
    def needs_proxy() -> bool:
        """Always: the resolver lives in the lab's proxy process."""
        return True

    def inject(self) -> None:
        """See that the name is known, then hold it."""
        self._begun = False
        self._course = Course(self._misled())
        self._landed = self._course.look()

    def landed(self) -> dict[str, Any] | None:
        """A question was answered as was asked for; later on, whether the resolver holds it."""
        if self._landed is None:
            self._landed = self._course.look() if self._course else None
            return self._landed
        with suppress(TargetUnreachable):  # it ended with its resolver
            return self._landed if self._server.find("GET", self._lease) is not None else None
        return None

    def heal(self) -> None:
        """Delete the lease; one that is gone already stays so."""
        self._close()
        if self._begun and self._server.listens():
            self._server.find("DELETE", self._lease)

    def healed(self) -> bool:
        """The name is found at once, and right; what a resolver did ends with it."""
        if not self._begun:
            return True
        if self._freed is None:
            if not self._server.listens():
                return True
            if self._server.find("GET", self._lease) is not None:
                return False
            if self._others():
                return True
            self._freed = Course(self._free())
        if self._freed.look() is None:
            return False
        self._close()
        return True

    def _misled(self) -> Steps[dict[str, Any]]:
        before = yield from self._asked(measure.ANSWER_S_MAX)
        if before is None or before.addresses != (self._right,):
            said = f"{before.said} {', '.join(before.addresses)}" if before else "nothing"
            raise FaultDidNotLand(f"{self._name} was answered by {said} before it was touched")
        self._begun = True
        self._server.ask("PUT", self._lease, self._body())
        while True:
            found = yield from self._asked(self._late_ms / 1e3 + measure.ANSWER_S_MAX)
            if found and self._is_as_asked(found):
                told = {"said": found.said, "addresses": list(found.addresses)}
                return {**told, "answer_ms": round(found.ms, 3), "name": self._name}

    def _free(self) -> Steps[bool]:
        while True:
            found = yield from self._asked(measure.ANSWER_S_MAX)
            if found and found.addresses == (self._right,):
                return True

    def _is_as_asked(self, found: Found) -> bool:
        # a resolver is never early, and a short delay is near to none at all
        late = not self._late_ms or (
            self._late_ms <= found.ms and measure.near(found.ms, self._late_ms)
        )
        if self.how == "fail":
            return found.said == "SERVFAIL"
        return late and found.addresses == (
            self.answer if self.how == "wrong" else self._right,
        )

    def _asked(self, within_s: float) -> Steps[Found | None]:
        """What the resolver says of the name, asked again and again; None when it says nothing."""
        host, port = self._path["resolver"]["address"]
        begun_ns = world.monotonic_ns()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            door.setblocking(False)
            door.connect((host, port))
            sent: dict[int, int] = {}
            while measure.ms_since(begun_ns) < within_s * 1e3:
                question = dns.message.make_query(self._name, dns.rdatatype.A)
                sent[question.id] = world.monotonic_ns()
                with suppress(OSError):  # nobody is there, as an earlier one was told
                    door.send(question.to_wire())
                patience_s = max(_TRY_S, 2 * self._late_ms / 1e3)
                found = yield from self._heard(door, sent, patience_s)
                if found:
                    return found
        return None

    def _heard(
        self, door: socket.socket, sent: dict[int, int], within_s: float
    ) -> Steps[Found | None]:
        found: Found | None = None

        def over() -> bool:
            nonlocal found
            with suppress(OSError, dns.exception.DNSException):
                answer = dns.message.from_wire(door.recv(_DATAGRAM_BYTES_MAX))
                if answer.id in sent:
                    found = _told(answer, measure.ms_since(sent[answer.id]))
            return found is not None

        yield from measure.until(over, within_s)
        return found

    def _body(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"resolver": RESOLVER, "do": "dns", "how": self.how}
        asked |= {"names": [self._name]}
        asked |= {"delay_ms": self.delay_ms} if self.how == "delay" else {}
        asked |= {"answer": self.answer} if self.how == "wrong" else {}
        return lease_of_ours(self.target.deadline_ns, [asked])

    def _others(self) -> bool:
        """Whether somebody else holds the resolver, so that nothing can be measured."""
        told = self._server.ask("GET", "/chaos/resolvers").get(RESOLVER, {})
        return bool(told.get("held_by"))

    @property
    def _path(self) -> dict[str, Any]:
        found: dict[str, Any] = self.paths[self.target.name]
        return found

    @property
    def _name(self) -> str:
        return str(self._path["resolver"]["name"])

    @property
    def _right(self) -> str:
        return str(self._path["service"][0])

    @property
    def _late_ms(self) -> int:
        return self.delay_ms if self.how == "delay" else 0

    @property
    def _lease(self) -> str:
        return lease_path(self.target.lease_id)

    def _close(self) -> None:
        measure.give_up(self._course, self._freed)
        self._course = self._freed = None


def _told(answer: dns.message.Message, ms: float) -> Found:
    addresses = tuple(str(item) for rrset in answer.answer for item in rrset)
    return Found(dns.rcode.to_text(answer.rcode()), addresses, ms)


FAULT = Dns
