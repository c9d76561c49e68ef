"""What a toxic is, as a value: everybody who speaks of one speaks of this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UPSTREAM = "upstream"  # from the client to the server
DOWNSTREAM = "downstream"
STREAMS = (UPSTREAM, DOWNSTREAM)


@dataclass(frozen=True, slots=True)
class ToxicSpec:
    """One toxic of one proxy, for one direction.

    A toxicity outside 0..1 is kept as it was given, as Toxiproxy does: the dice read it as 0 or 1.
    """

    name: str
    type: str
    stream: str  # UPSTREAM or DOWNSTREAM: the direction the bytes flow
    toxicity: float = 1.0
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sources: frozenset[str] = (
        frozenset()
    )  # only connections from these addresses; all when empty
    lease: str = ""  # who will remove it
    stream_told: str = ""  # the spelling to echo
