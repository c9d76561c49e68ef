"""Which type of toxic is which stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.proxy.core.toxics.bandwidth import Bandwidth
from chaos_ext.proxy.core.toxics.latency import Latency
from chaos_ext.proxy.core.toxics.limit_data import LimitData
from chaos_ext.proxy.core.toxics.reset_peer import ResetPeer
from chaos_ext.proxy.core.toxics.silence import Silence
from chaos_ext.proxy.core.toxics.slicer import Slicer
from chaos_ext.proxy.core.toxics.slow_close import SlowClose
from chaos_ext.proxy.core.toxics.stall import Stall
from chaos_ext.proxy.core.toxics.timeout import Timeout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.proxy.core.toxics.stage import Stage

# "noop" is none: a connection without a stage is a fast one
STAGES: Mapping[str, type[Stage]] = {
    "latency": Latency,
    "bandwidth": Bandwidth,
    "slow_close": SlowClose,
    "timeout": Timeout,
    "reset_peer": ResetPeer,
    "slicer": Slicer,
    "limit_data": LimitData,
    "stall": Stall,
    "silence": Silence,
}
