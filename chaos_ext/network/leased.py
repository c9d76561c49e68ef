"""A fault that a proxy holds under the lease of the guardian: what all of them have in common."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.errors import BadArgument, ChaosExtError, HealFailed, TargetUnreachable
from chaos_ext.lease import sockets
from chaos_ext.network import holders, measure
from chaos_ext.network.client import Server
from chaos_ext.network.holders import Asks, Held, Holder
from chaos_ext.network.measure import Course
from chaos_ext.network.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.network.measure import Steps

_MISSED_MAX = 5  # each costs a second
LANDS_S = 5.0  # for measuring again and again on a busy machine


class Leasing(Protocol):
    """What is needed of the target."""

    name: str
    node: str
    lease_id: str
    deadline_ns: int


def refuse_itself(fault: str, paths: Mapping[str, Any], name: str, only_from: str) -> None:
    """A node does not reach itself through the network: nothing would be hit."""
    if only_from and paths[only_from]["node"] == paths[name]["node"]:
        raise BadArgument(
            f"network.{fault}: only_from {only_from} is {paths[name]['node']}, as {name} is; "
            "name another node"
        )


@dataclass(slots=True, kw_only=True)
class Leased:
    """One fault at the proxy in front of *target*; a subclass says what it asks for and its proof.

    With *only_from* it hits the connections of that node alone.
    """

    target: Leasing = field(kw_only=False)
    paths: dict[str, Any]
    only_from: str = ""
    server: Server = field(init=False)
    _holder: Holder | None = field(default=None, init=False)
    _course: Course[dict[str, Any]] | None = field(default=None, init=False)
    _landed: dict[str, Any] | None = field(default=None, init=False)
    _freed: Course[bool] | None = field(default=None, init=False)
    _begun: bool = field(default=True, init=False)  # after a crash nobody knows: it may be
    _missed: int = field(default=0, init=False)  # answers that the proxy did not give
    name: ClassVar[str]
    colour: ClassVar[str]

    def __post_init__(self) -> None:
        """Refuse a target that no proxy is in front of."""
        if self.path["proxy"] is None:
            raise BadArgument(
                f"network.{self.name}: no proxy is in front of {self.target.node}; "
                "start the lab anew with the fault in its experiment, "
                "or name a toxiproxy_url in the environment file"
            )
        refuse_itself(self.name, self.paths, self.target.name, self.only_from)
        self.server = Server(self.path["proxy"]["url"])

    @staticmethod
    def needs_proxy() -> bool:
        """Nothing else could do it."""
        return True

    # -- what a subclass says ---------------------------------------------------------

    def asks(self) -> Asks:
        """What the proxy is asked to do."""
        raise NotImplementedError

    def proof(self) -> Steps[dict[str, Any]]:
        """Measure the effect until it is there; what was measured."""
        raise NotImplementedError

    def course(self) -> Steps[dict[str, Any]]:
        """Do the harm, and prove it; what must be seen before the harm is seen here."""
        self.put()
        return (yield from self.proof())

    def unprovable(self) -> str:
        """Why it could not be measured by what the server answers; empty when it can."""
        return "" if self.path["alive"] else "nobody knows a question to ask"

    # -- what the guardian calls ------------------------------------------------------

    @property
    def momentary(self) -> bool:
        """It stays until it is healed."""
        return False

    @property
    def lands_within_s(self) -> float:
        """How long its effect may take to show."""
        return LANDS_S

    def inject(self) -> None:
        """Do it, as far as that needs no waiting."""
        self._begun = False
        if not self.holder.ours and (why := self.unprovable()):
            raise BadArgument(
                f"network.{self.name}: {why}, so through the Toxiproxy in front of "
                f"{self.target.node} it cannot be measured; use `chaos proxy serve` in its place"
            )
        self.holder.refuse(self.asks())
        self._course = Course(self.course())
        self._landed = self._course.look()

    def landed(self) -> dict[str, Any] | None:
        """What was measured; later on only whether the proxy still holds it."""
        if self._landed is not None:
            return self._landed if self._still_there() else None
        if self._course:
            self._landed = self._course.look()
        return self._landed

    def heal(self) -> None:
        """Take it away; what is gone already, or never came to be, stays so."""
        self._close()
        self._holder = None  # another server may be there by now
        if self._begun and self.server.listens():
            with suppress(TargetUnreachable):  # `healed` tries again
                self.holder.end(self.asks())

    def healed(self) -> bool:
        """The proxy knows nothing of it any more, and the way is measured to be free."""
        if not self._begun:
            return True
        if not self.server.listens():
            return self._serves_without_a_proxy()
        try:
            return self._is_gone() and self._is_free()
        except TargetUnreachable:
            self._missed += 1
            if self._missed == _MISSED_MAX:
                raise
            return False

    # -- what subclasses use ----------------------------------------------------------

    @property
    def path(self) -> dict[str, Any]:
        """How the target is reached."""
        found: dict[str, Any] = self.paths[self.target.name]
        return found

    @property
    def source(self) -> str:
        """The address that alone is hit; empty when everybody is."""
        return str(self.paths[self.only_from]["bind"][0]) if self.only_from else ""

    @property
    def holder(self) -> Holder:
        """Who holds it; asked of the server once."""
        if self._holder is None:
            proxy, target = self.path["proxy"]["name"], self.target
            held = Held(target.node, proxy, target.lease_id, target.deadline_ns)
            self._holder = holders.holder(self.server, held)
        return self._holder

    @property
    def ways(self) -> Ways:
        """The ways along which it is measured."""
        return Ways(self.path, self.server, self.holder.ours, self.target.lease_id)

    def put(self) -> None:
        """Have the proxy do it; a refusal means that nothing has begun."""
        self._begun = True
        try:
            self.holder.put(self.asks())
        except BadArgument:
            self._begun = not self.holder.ours  # ours does everything or nothing
            raise

    def toxic(self, type_: str, stream: str, **attributes: int | str) -> dict[str, Any]:
        """One toxic, as a lease asks for it."""
        sources = {"sources": [self.source]} if self.source else {}
        asked = {"do": "toxic", "type": type_, "stream": stream, "attributes": attributes}
        return asked | sources

    # -- its own ----------------------------------------------------------------------

    def _still_there(self) -> bool:
        if self.momentary:
            return True
        with suppress(ChaosExtError):  # it ended with its proxy
            return self.holder.there(self.asks())
        return False

    def _is_gone(self) -> bool:
        if self._freed or self.holder.gone(self.asks()):
            return True
        self.holder.end(self.asks())
        return False

    def _is_free(self) -> bool:
        """Whether the way is as fast as ever; somebody else's fault there makes that unknowable."""
        if self._freed is None:
            if self.holder.disturbed():
                return True
            self._freed = Course(self.ways.free(self.source))
        if self._freed.look() is None:
            return False
        self._close()
        return True

    def _serves_without_a_proxy(self) -> bool:
        """A fault ends with the proxy that made it; the way to the server may have ended too."""
        host, port = self.path["service"]
        if sockets.accepts(host, port):
            return True
        raise HealFailed(
            f"{self.target.node}: the proxy at {self.server.url} is gone, and the service address "
            f"{host}:{port} with it; start the lab again"
        )

    def _close(self) -> None:
        measure.give_up(self._course, self._freed)
        self._course = self._freed = None
