"""Which toxics a connection meets: the same ones every time the same seed is thrown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.proxy.core.toxics.stage import Place, Stage
from chaos_ext.proxy.core.toxics.table import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos_ext.proxy.core.clock import Alarms
    from chaos_ext.proxy.core.link import Link
    from chaos_ext.proxy.core.model import ToxicSpec


def meets(spec: ToxicSpec, peer: str, seed: str) -> bool:
    """Whether the connection of *seed*, from *peer*, is one of those *spec* is for.

    The dice know nothing but names, so neither the order of events nor other toxics change them.
    """
    if spec.sources and peer not in spec.sources:
        return False
    if spec.toxicity >= 1.0 or spec.toxicity <= 0.0:
        return spec.toxicity > 0.0
    return world.dice(f"{seed}/{spec.stream}/{spec.name}").random() < spec.toxicity


def urgent(specs: Sequence[ToxicSpec]) -> bool:
    """Whether one of *specs* acts without a byte; the others can wait for the next one."""
    return any(spec.type in STAGES and STAGES[spec.type].acts_alone for spec in specs)


def stages(specs: Sequence[ToxicSpec], link: Link, clock: Alarms, seed: str) -> list[Stage]:
    """What *link* is to have for *specs*: stages that work in it already are kept, and brought up to date."""
    here = {stage.name: stage for stage in link.stages}
    return [
        _stage(
            spec,
            here.get(spec.name),
            Place(clock, link, f"{seed}/{spec.stream}/{spec.name}/bytes"),
        )
        for spec in specs
        if spec.type in STAGES
    ]


def _stage(spec: ToxicSpec, here: Stage | None, place: Place) -> Stage:
    type_ = STAGES[spec.type]
    if here is None or type(here) is not type_:
        return type_(spec, place)
    if here.attributes != spec.attributes:
        here.update(spec.attributes)
    return here
