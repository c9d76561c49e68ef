"""The systems a native lab runs: what ships, what the file changes, and what a proof weakens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from chaos_ext.experiment.strict import Reader, told
from chaos_ext.words import nearest

_WHOLE_MOST = 1_000_000_000
_MOST = {
    "replicas": 9,
    "sentinels": 9,
    "quorum": 9,
    "workers": 20,
    "busy_percent": 99,
    "port": 65_535,
    "sentinel_port": 65_535,
}
_LEAST = {
    "workers": 1,
    "max_clients": 50,
    "memory_mb": 32,
    "files_max": 32,
    "port": 1,
    "sentinel_port": 1,
    "quorum": 1,
    "down_after_ms": 1,
    "key_ttl_s": 1,
}
Overrides = Mapping[str, Mapping[str, object]]


def read(
    reader: Reader, kind: str, attached: set[str], wanted: Overrides, weaken: Overrides
) -> dict[str, Mapping[str, object]]:
    """The labs to start: none of a remote environment, and none for a system that is attached.

    *wanted* is how the experiment wants them; it says nothing of servers that are not ours.
    """
    given = reader.mapping("systems")
    if kind != "native":
        if given:
            reader.refuse(
                "systems", f"are started by a native environment only, and this is {kind}"
            )
        for system in weaken:
            reader.problems.append(
                f"weaken.{system}: nothing can be weakened in a {kind} environment"
            )
        return {}
    usual = defaults()
    for system in sorted(set(given) & attached):
        reader.refuse(f"systems.{system}", "is attached by targets too: keep one of the two")
    started = (
        given if "systems" in reader.data else [each for each in usual if each not in attached]
    )
    labs: dict[str, Mapping[str, object]] = {}
    for system in started:
        if system in usual:
            changes = given.get(system)
            where = f"systems.{system}"
            labs[system] = _changed(usual[system], changes or {}, where, reader.problems)
        else:
            reader.refuse(
                f"systems.{system}", f"is not a system we can start{nearest(system, usual)}"
            )
    return _weakened(_as_wanted(labs, wanted, usual, reader.problems), weaken, reader.problems)


def _as_wanted(
    labs: dict[str, Mapping[str, object]],
    wanted: Overrides,
    usual: Overrides,
    problems: list[str],
) -> dict[str, Mapping[str, object]]:
    for system, changes in wanted.items():
        where = f"extensions.chaos_ext.systems.{system}"
        if system in labs:
            labs[system] = _changed(labs[system], changes, where, problems)
        elif system not in usual:
            problems.append(f"{where}: is not a system we can start{nearest(system, usual)}")
    return labs


def defaults() -> dict[str, Mapping[str, object]]:
    """The systems of the shipped native environment."""
    return dict(_shipped())


@cache
def _shipped() -> dict[str, Mapping[str, object]]:
    text = resources.files("chaos_ext.environment").joinpath("native.yaml").read_text("utf-8")
    systems: dict[str, Mapping[str, object]] = yaml.safe_load(text)["systems"]
    return systems


def _weakened(
    labs: dict[str, Mapping[str, object]], weaken: Overrides, problems: list[str]
) -> dict[str, Mapping[str, object]]:
    for system, changes in weaken.items():
        where = f"weaken.{system}"
        if system in labs:
            labs[system] = _changed(labs[system], changes, where, problems)
        else:
            problems.append(f"{where}: no lab of that system is started{nearest(system, labs)}")
    return labs


def _changed(
    settings: Mapping[str, object], changes: object, where: str, problems: list[str]
) -> Mapping[str, object]:
    reader = Reader(changes, where, tuple(settings), problems)
    for key, value in reader.data.items():
        name = str(key)
        if name in settings:
            _refuse_wrong_type(reader, name, value, settings[name])
    known = {str(key): value for key, value in reader.data.items() if key in settings}
    return {**settings, **known}


def _refuse_wrong_type(reader: Reader, key: str, value: object, usual: object) -> None:
    if isinstance(usual, bool):
        reader.flag(key, default=usual)
    elif isinstance(usual, int):
        least, most = _LEAST.get(key, 0), _MOST.get(key, _WHOLE_MOST)
        reader.whole(key, usual, at_least=least, at_most=most)
    elif isinstance(usual, str) and not isinstance(value, str):
        reader.refuse(key, f"must be text, not {told(value)}")
