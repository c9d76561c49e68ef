"""Cut nodes off from each other: by the kernel where that is allowed, at their proxies otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from chaos_ext.errors import BadArgument
from chaos_ext.network import drops, nft, shapes
from chaos_ext.network.link_cut import LinkCut
from chaos_ext.network.packet_cut import PacketCut
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos_ext.network.leased import Leasing

MEANS = ("nft", "proxy")


class Cut(Protocol):
    """One way to keep nodes apart."""

    def inject(self) -> None:
        """Do it."""

    def landed(self) -> dict[str, Any] | None:
        """What was measured."""

    def heal(self) -> None:
        """Undo it."""

    def healed(self) -> bool:
        """Whether nothing of it is left."""


@dataclass(slots=True)
class Partition:
    """Cut *groups* of names off from each other, or make a *shape* around the target."""

    target: Leasing
    paths: Mapping[str, Mapping[str, Any]]  # ways to all who take part, by the name asked for
    groups: Sequence[str | Sequence[str]] = ()
    shape: str = "isolate"
    one_way: bool = False  # the target, or the first group, still hears and is not heard
    by: str = ""  # nft or proxy; empty to choose
    netns: str = ""  # where the packets are: a path, or a pid; empty for here
    _wanted: shapes.Cuts = field(default=frozenset(), init=False)
    _cuts: list[Cut] | None = field(default=None, init=False)  # None: nobody knows any more
    name: ClassVar[str] = "partition"
    colour: ClassVar[str] = "#d19a66"
    momentary: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be cut, before anything happens."""
        if self.by and self.by not in MEANS:
            raise BadArgument(
                f"network.partition: no means {self.by!r}{nearest(self.by, MEANS)}"
            )
        groups = [[self._node(name) for name in _names(group)] for group in self.groups]
        self._wanted = shapes.wanted(
            self.target.node, set(self._ways()), groups, self.shape, self.one_way
        )

    @staticmethod
    def needs_proxy() -> bool:
        """Whether nodes can be cut off only by proxies in front of them."""
        return bool(nft.possible())

    def inject(self) -> None:
        """Cut."""
        means = self.by or ("proxy" if nft.possible(self.netns) else "nft")
        self._cuts = [self._made(means)]
        self._cuts[0].inject()

    def landed(self) -> dict[str, Any] | None:
        """Cut nodes do not reach each other, each direction measured; all others do."""
        return self._cuts[0].landed() if self._cuts else None

    def heal(self) -> None:
        """Undo it; after a crash it may have been by any means."""
        if self._cuts is None:
            self._cuts = [self._made(means) for means in self._thinkable()]
        for cut in self._cuts:
            cut.heal()

    def healed(self) -> bool:
        """Packets, or answers, get through again."""
        return all(cut.healed() for cut in self._cuts or ())

    def _thinkable(self) -> list[str]:
        proxied = any(path["proxy"] for path in self.paths.values())
        return [self.by] if self.by else ["nft", "proxy"] if proxied else ["nft"]

    def _made(self, means: str) -> Cut:
        ways = self._ways()
        if means == "proxy":
            return LinkCut(self.target, self._wanted, ways)
        addresses = {node: drops.addresses(path) for node, path in ways.items()}
        return PacketCut(self.target.lease_id, self._wanted, addresses, self.netns)

    def _ways(self) -> dict[str, Mapping[str, Any]]:
        return {str(path["node"]): path for path in self.paths.values()}

    def _node(self, name: str) -> str:
        path = self.paths.get(name)
        if path:
            return str(path["node"])
        raise BadArgument(f"network.partition: no way to {name}{nearest(name, self.paths)}")


def _names(group: str | Sequence[str]) -> Sequence[str]:
    return [group] if isinstance(group, str) else group


FAULT = Partition
