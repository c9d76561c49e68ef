"""Reads the one file that says where we are; what it does not permit in so many words is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from importlib import resources
from pathlib import Path

import yaml

from chaos_ext.environment import blackouts, systems
from chaos_ext.environment.model import DEFAULT_LIMITS, Environment, Limits, Target
from chaos_ext.environment.names import native_targets
from chaos_ext.environment.targets import read_targets
from chaos_ext.errors import BadEnvironment
from chaos_ext.experiment.strict import DAY_S, Reader, type_name
from chaos_ext.experiment.vocabulary import FAULT_NAMES, full_fault_name
from chaos_ext.words import joined, nearest, shown, without_passwords

_SHIPPED = ("native",)
_LATER = ("docker",)
_KEYS = (
    *("name", "kind", "allow", "targets", "limits", "blackouts", "systems"),
    "toxiproxy_url",
)
_KINDS = ("native", "docker", "remote")
# asked of the server itself; its files are another matter
_FROM_AFAR = ("data.delete_keys", "data.stale_replica", "resource.connections")
_NONE: Mapping[str, Mapping[str, object]] = {}
_AT_ONCE_MOST = 100
_MB_MOST = 1 << 30


def load(
    name: str,
    weaken: Mapping[str, Mapping[str, object]] = _NONE,
    wanted: Mapping[str, Mapping[str, object]] = _NONE,
) -> Environment:
    """The environment of that name or file; $CHAOS_ENVIRONMENT wins over *name*.

    Its labs are as *wanted* by the experiment, with *weaken* on top.
    """
    chosen = os.environ.get("CHAOS_ENVIRONMENT") or name
    data, source = _open(chosen)
    problems: list[str] = []
    environment = examine(data, source, wanted, weaken, problems)
    if problems:
        raise BadEnvironment(f"environment {shown(chosen)}: {joined(problems)}")
    return environment


def _open(chosen: str) -> tuple[object, str]:
    if "/" not in chosen and not chosen.endswith((".yaml", ".yml")):
        return shipped(chosen), f"{chosen} (shipped)"
    try:
        return _parsed(Path(chosen).read_text(encoding="utf-8"), chosen), chosen
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise BadEnvironment(f"environment {shown(chosen)} cannot be read: {why}") from None


def shipped(name: str) -> object:
    """An environment file of the package."""
    if name in _LATER:
        raise BadEnvironment(f"environment {name} is not part of this version: use native")
    if name not in _SHIPPED:
        near = nearest(name, (*_SHIPPED, *_LATER))
        raise BadEnvironment(f"no environment {shown(name)}{near}; a file needs a / or .yaml")
    text = resources.files("chaos_ext.environment").joinpath(f"{name}.yaml").read_text("utf-8")
    return _parsed(text, name)


def _parsed(text: str, source: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = without_passwords(str(getattr(error, "problem", None) or "broken"))
        raise BadEnvironment(f"environment {shown(source)}{line} is not YAML: {why}") from None


def examine(
    data: object,
    source: str,
    wanted: Mapping[str, Mapping[str, object]],
    weaken: Mapping[str, Mapping[str, object]],
    problems: list[str],
) -> Environment:
    """The environment that *data* describes; what is wrong is added to *problems*."""
    if not isinstance(data, Mapping):
        problems.append(f"the file must hold a mapping, not {type_name(data)}")
        return Environment("", "native", source)
    reader = Reader(data, "", _KEYS, problems)
    name, kind = reader.text("name"), reader.word("kind", _KINDS)
    if kind == "docker":
        reader.refuse("kind", "docker is not part of this version: use native or remote")
        return Environment(name, "docker", source)
    if reader.data.get("kind") != kind:  # everything below would be judged by a guess
        return Environment(name, "native", source)
    named = read_targets(reader, kind)
    attached = {each.system for each in named.values()}
    labs = systems.read(reader, kind, attached, wanted, weaken)
    everything = {**native_targets(labs), **named}
    return Environment(
        name=name,
        kind="native" if kind == "native" else "remote",
        source=source,
        allow=_allow(reader, kind),
        targets=everything,
        limits=_limits(reader, kind, everything),
        blackouts=_blackouts(reader),
        systems=labs,
        toxiproxy_url=_toxiproxy_url(reader, named),
    )


def _toxiproxy_url(reader: Reader, named: Mapping[str, Target]) -> str:
    url = reader.text("toxiproxy_url", "")
    if url and not re.fullmatch(r"https?://[^/\s?#]+/?", url):
        reader.refuse("toxiproxy_url", "must be an address, as in http://127.0.0.1:8474")
    for target in named.values():
        if target.proxy and not url:
            reader.problems.append(
                f"targets.{target.name}.proxy is {shown(target.proxy)}, and there is no"
                " toxiproxy_url to find it at"
            )
    return url.rstrip("/")


def _allow(reader: Reader, kind: str) -> tuple[str, ...] | None:
    if "allow" not in reader.data and kind == "native":
        return None
    words = reader.texts("allow")
    for word in words:
        fault = full_fault_name(word)
        if not fault:
            reader.refuse(
                "allow", f"has {shown(word)}, which is no fault{nearest(word, FAULT_NAMES)}"
            )
        elif kind == "remote" and not possible_from_afar(fault):
            reader.refuse(
                "allow", f"has {fault}, which cannot be done to a remote target: remove it"
            )
    return words


def possible_from_afar(fault: str) -> bool:
    """Whether a fault needs neither the target's process nor its machine."""
    return fault.startswith("network.") or fault in _FROM_AFAR


def _limits(reader: Reader, kind: str, known: Mapping[str, object]) -> Limits:
    usual = DEFAULT_LIMITS[kind]
    if "limits" not in reader.data:
        return usual
    keys = tuple(each.name for each in dataclass_fields(Limits))
    fields = Reader(reader.data["limits"], "limits", keys, reader.problems)
    never = fields.texts("never")
    for name in never:
        if name not in known:  # a guard for a name that is not there would guard nothing
            fields.refuse(
                "never", f"has {shown(name)}, which is no target{nearest(name, known)}"
            )
    return Limits(
        faults_at_once=fields.whole(
            "faults_at_once", usual.faults_at_once, at_least=1, at_most=_AT_ONCE_MOST
        ),
        for_s_max=fields.number("for_s_max", usual.for_s_max, above=0, at_most=DAY_S),
        never=never,
        reserve_memory_mb=fields.whole(
            "reserve_memory_mb", usual.reserve_memory_mb, at_least=64, at_most=_MB_MOST
        ),
        reserve_disk_percent=fields.number(
            "reserve_disk_percent", usual.reserve_disk_percent, at_least=1, at_most=100
        ),
        fill_root=fields.flag("fill_root", default=usual.fill_root),
    )


def _blackouts(reader: Reader) -> tuple[str, ...]:
    windows = reader.texts("blackouts")
    for window in windows:
        try:
            blackouts.parse(window)
        except BadEnvironment as error:
            reader.problems.append(str(error))
    return windows
