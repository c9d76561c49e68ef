"""Every type of toxic with what may be said of it, so that no value can bring the proxy down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext import words
from chaos_ext.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

MS_MAX = 1_000_000_000  # eleven days
US_MAX = 1_000_000_000_000
BYTES_MAX = 2**62  # room to add two of them within 64 bits
DISTRIBUTIONS = ("uniform", "normal", "pareto")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: what it is when nobody says, and what it may be."""

    default: int | str = 0
    least: int = 0
    most: int = MS_MAX
    words: tuple[str, ...] = ()  # a word out of these instead of a number
    ours: bool = False  # Toxiproxy does not know it: only leases may say it


# A time below zero is none, as in Toxiproxy; what would bring that down is refused.
TYPES: Mapping[str, Mapping[str, Attribute]] = {
    "latency": {
        "latency": Attribute(least=-MS_MAX),
        "jitter": Attribute(least=-MS_MAX),
        "distribution": Attribute(default="uniform", words=DISTRIBUTIONS, ours=True),
    },
    "bandwidth": {"rate": Attribute(most=BYTES_MAX // 1_000_000)},
    "slow_close": {"delay": Attribute(least=-MS_MAX)},
    "timeout": {"timeout": Attribute(least=-MS_MAX)},
    "reset_peer": {"timeout": Attribute(least=-MS_MAX)},
    "slicer": {
        "average_size": Attribute(most=BYTES_MAX),
        "size_variation": Attribute(most=BYTES_MAX),
        "delay": Attribute(most=US_MAX),
    },
    "limit_data": {"bytes": Attribute(most=BYTES_MAX)},
    "noop": {},
    "stall": {
        "percent": Attribute(most=100),
        "stall_ms": Attribute(default=200),
    },
    "silence": {},
}
OURS = ("stall", "silence")  # types that Toxiproxy does not have


def checked(type_: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The *attributes* of a toxic with Toxiproxy's defaults filled in; BadArgument in one line.

    A key nobody knows is refused: who must ignore some, as Go does, leaves them out before.
    """
    if type_ not in TYPES:
        raise BadArgument(f"a toxic cannot be of type {type_!r}{words.nearest(type_, TYPES)}")
    table = TYPES[type_]
    for key in attributes:
        if key not in table:
            raise BadArgument(
                f"a {type_} toxic has no attribute {key!r}{words.nearest(key, table)}"
            )
    told = {key: each for key, each in table.items() if key in attributes or not each.ours}
    whole = {key: attributes.get(key, each.default) for key, each in told.items()}
    for key, each in told.items():
        _check_one(type_, key, each, whole[key])
    if type_ == "slicer":
        _check_slicer(whole)
    return whole


def _check_one(type_: str, key: str, rule: Attribute, value: object) -> None:
    if rule.words:
        if value not in rule.words:
            raise BadArgument(
                f"{key} of {type_} must be one of {', '.join(rule.words)}: {value!r}"
            )
    elif not isinstance(value, int) or isinstance(value, bool):
        raise BadArgument(f"{key} of {type_} must be a whole number: {value!r}")
    elif not rule.least <= value <= rule.most:
        raise BadArgument(f"{key} of {type_} must be {rule.least} to {rule.most}: {value}")


def _check_slicer(whole: Mapping[str, Any]) -> None:
    average, variation = whole["average_size"], whole["size_variation"]
    if average < 1:
        raise BadArgument(f"average_size of slicer must be at least 1: {average}")
    if variation > average:
        raise BadArgument(
            f"size_variation of slicer must be at most its average_size of {average}: {variation}"
        )
