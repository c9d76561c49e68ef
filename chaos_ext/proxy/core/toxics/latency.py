"""Latency: every chunk arrives later by a fixed time, more or less jitter, and in order."""

from __future__ import annotations

import math

from chaos_ext.proxy.core.budget import OF_ONE_MAX
from chaos_ext.proxy.core.clock import NS_PER_MS
from chaos_ext.proxy.core.toxics.stage import Holding

_PARETO_SHAPE = 3.0
_PARETO_MEAN = _PARETO_SHAPE / (_PARETO_SHAPE - 1)
_PARETO_DEVIATION = math.sqrt(_PARETO_SHAPE / (_PARETO_SHAPE - 2)) / (_PARETO_SHAPE - 1)


class Latency(Holding):
    """Holds each chunk until its time; chunks sent together arrive together.

    `uniform` jitter is within [-jitter, +jitter); of `normal` and `pareto` (a long tail of late
    ones) it is the standard deviation. Never less than no delay at all.
    """

    capacity = OF_ONE_MAX  # it is a long wire: what is under way must not stop the sender

    def next_piece(self, rest: int, at_ns: int) -> tuple[int, int]:
        """A whole chunk, its delay after it came; never before the chunk in front of it."""
        return at_ns + self._delay_ns(), rest

    def _delay_ns(self) -> int:
        delay = self.attributes["latency"] * NS_PER_MS
        jitter = self.attributes["jitter"] * NS_PER_MS
        deviated = delay + jitter * self._deviation() if jitter else delay
        return max(0, int(deviated))

    def _deviation(self) -> float:
        """How far this chunk is from the middle, in jitters."""
        shape = self.attributes.get("distribution", "uniform")
        if shape == "normal":
            return self._dice.gauss(0.0, 1.0)
        if shape == "pareto":
            return (self._dice.paretovariate(_PARETO_SHAPE) - _PARETO_MEAN) / _PARETO_DEVIATION
        return 2.0 * self._dice.random() - 1.0
