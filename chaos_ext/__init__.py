"""Chaos experiments on real servers: faults on a lease, verdicts that cannot lie.

Only three-segment modules are public: `chaos_ext.<noun>.actions`, `chaos_ext.<noun>.probes`,
and `chaos_ext.control`.
"""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaoslib.types import Discovery

__all__ = ["__version__", "discover"]
__version__ = "0.1.0"


def discover(discover_system: bool = True) -> Discovery:  # noqa: ARG001 - the host's signature
    """List every activity; the kind follows from the last part of the module's name."""
    from chaoslib.discovery import (  # noqa: PLC0415 - the host starts slower otherwise
        discover_actions,
        discover_probes,
        initialize_discovery_result,
    )
    from chaoslib.discovery.discover import discover_activities  # noqa: PLC0415

    kinds = {"actions": discover_actions, "probes": discover_probes}
    found = initialize_discovery_result("chaos_ext", __version__, "python")
    for module in pkgutil.walk_packages(__path__, prefix="chaos_ext."):
        kind = module.name.rpartition(".")[2]
        if kind in kinds and module.name.count(".") == 2:  # noqa: PLR2004
            found["activities"].extend(kinds[kind](module.name))
    found["activities"].extend(discover_activities("chaos_ext.control", "control"))
    return found
