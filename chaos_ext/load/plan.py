"""How large a load must be so that an outage cannot hide behind waiting users."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

USERS_MIN = 20
SHARE_OF_WHAT_IS_FREE = 0.8
DESCRIPTORS_OF_THE_PROCESS = 64  # outputs, libraries, event loop, lookups


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """What the load process is told; *target* is understood by the system's `load.py`."""

    system: str
    run: str
    rate_per_s: float
    deadline_s: float
    users: int
    target: Mapping[str, Any] = field(default_factory=dict)


class Users(NamedTuple):
    """How many users there are, how many were wanted, and why there are not more."""

    users: int
    users_wanted: int
    reason_of_cap: str


def plan_users(
    rate_per_s: float, deadline_s: float, free_connections: int, open_files_max: int
) -> Users:
    """As many users as arrivals can be waiting at once when nothing is answered."""
    wanted = max(USERS_MIN, math.ceil(rate_per_s * deadline_s))
    descriptors = max(0, open_files_max - DESCRIPTORS_OF_THE_PROCESS)
    cap, reason = min(
        (_share(free_connections), f"the server has {free_connections} connections free"),
        (_share(descriptors), f"a process may open {open_files_max} files"),
    )
    if wanted <= cap:
        return Users(wanted, wanted, "")
    return Users(max(1, cap), wanted, reason)


def _share(free: int) -> int:
    return int(free * SHARE_OF_WHAT_IS_FREE)
