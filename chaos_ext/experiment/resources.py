"""What an experiment says of the watch over resources: `resources` of our extension."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_ext.experiment.strict import Reader

_KEYS = ("every_ms", "warn_ratio", "memory_ratio", "cpu_ratio")
_EVERY_MS_MIN, _EVERY_MS_MAX = 50, 10_000


@dataclass(frozen=True, slots=True)
class Resources:
    """How often each server is looked at, and from where on to warn.

    What is fuller than `warn_ratio` is a warning; memory above `memory_ratio`, CPU above
    `cpu_ratio` and everything else above 0.9 is a violation. Neither ends a run: a claim does.
    """

    every_ms: float = 250.0
    warn_ratio: float = 0.8
    memory_ratio: float = 0.85
    cpu_ratio: float = 0.9


def read_resources(reader: Reader) -> Resources:
    """The `resources` of *reader*; as usual where there are none."""
    given, usual = reader.data.get("resources"), Resources()
    if given is None:
        return usual
    fields = Reader(given, reader.at("resources"), _KEYS, reader.problems)
    every_ms = fields.number(
        "every_ms", usual.every_ms, at_least=_EVERY_MS_MIN, at_most=_EVERY_MS_MAX
    )
    return Resources(every_ms, *(_ratio(fields, key, usual) for key in _KEYS[1:]))


def _ratio(fields: Reader, key: str, usual: Resources) -> float:
    return fields.number(key, getattr(usual, key), above=0, at_most=1)
