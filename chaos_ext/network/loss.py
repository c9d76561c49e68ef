"""Lose packets from and to a server: really, where that is allowed; as its TCP sees it otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from chaos_ext.errors import BadArgument
from chaos_ext.network import nft
from chaos_ext.network.leased import LANDS_S, refuse_itself
from chaos_ext.network.packet_loss import PacketLoss
from chaos_ext.network.stalled_loss import StalledLoss
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from chaos_ext.network.leased import Leasing
    from chaos_ext.network.partition import Cut

MEANS = ("nft", "proxy")
PERCENT_MIN = 0.01  # less than that cannot be measured in time
PERCENT_MAX = 100.0


@dataclass(slots=True)
class Loss:
    """Lose *percent* of the packets of *target*; with *only_from* those between the two."""

    target: Leasing
    paths: dict[str, Any]
    percent: float = 10.0
    only_from: str = ""
    by: str = ""  # nft or proxy; empty to choose
    netns: str = ""  # where the packets are: a path, or a pid; empty for here
    _made: list[Cut] | None = field(default=None, init=False)  # None: nobody knows any more
    name: ClassVar[str] = "loss"
    colour: ClassVar[str] = "#c594c5"
    momentary: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse what cannot be lost, before anything happens."""
        if self.by and self.by not in MEANS:
            raise BadArgument(f"network.loss: no means {self.by!r}{nearest(self.by, MEANS)}")
        if not PERCENT_MIN <= self.percent <= PERCENT_MAX:
            raise BadArgument(
                f"network.loss: percent must be {PERCENT_MIN:g} to 100, not {self.percent:g}"
            )
        refuse_itself(self.name, self.paths, self.target.name, self.only_from)

    @property
    def lands_within_s(self) -> float:
        """How long it may take to show: stalls are waited for one after the other."""
        if self._made and isinstance(self._made[0], StalledLoss):
            return self._made[0].lands_within_s
        return LANDS_S

    @staticmethod
    def needs_proxy() -> bool:
        """Whether packets can be lost only at a proxy."""
        return bool(nft.possible())

    def inject(self) -> None:
        """Begin to lose."""
        self._made = []
        means = self.by or ("proxy" if nft.possible(self.netns) else "nft")
        self._made = [self._make(means)]
        self._made[0].inject()

    def landed(self) -> dict[str, Any] | None:
        """As much is lost as was asked for, measured in each direction."""
        return self._made[0].landed() if self._made else None

    def heal(self) -> None:
        """Lose no more; after a crash it may have been by any means."""
        if self._made is None:
            self._made = [self._make(means) for means in self._thinkable()]
        for each in self._made:
            each.heal()

    def healed(self) -> bool:
        """Nothing is lost."""
        return all(each.healed() for each in self._made or ())

    def _thinkable(self) -> list[str]:
        stalled = self.paths[self.target.name]["proxy"] and self.percent == int(self.percent)
        return [self.by] if self.by else ["nft", "proxy"] if stalled else ["nft"]

    def _make(self, means: str) -> Cut:
        if means == "nft":
            peer = self.paths[self.only_from] if self.only_from else None
            way, share = self.paths[self.target.name], self.percent / PERCENT_MAX
            return PacketLoss(self.target.lease_id, share, way, peer, self.netns)
        if self.percent != int(self.percent):
            raise BadArgument(
                "network.loss: without root (nftables) percent must be a whole number, "
                f"not {self.percent:g}"
            )
        percent = int(self.percent)
        return StalledLoss(
            self.target, paths=self.paths, only_from=self.only_from, percent=percent
        )


FAULT = Loss
