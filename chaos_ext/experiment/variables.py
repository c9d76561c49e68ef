"""`${x}`: which names have a value, and where a name is used that has none.

The host replaces `${name}` and leaves anything else as it stands, so that a misspelt name would
become the literal target of a fault.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from chaoslib import convert_to_type, substitute

from chaos_ext.experiment.strict import type_name, unknown_keys
from chaos_ext.words import nearest, shown

_USED = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<inside>[^{}]*)\})")
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_ENV_TYPES = ("str", "string", "int", "integer", "float", "number", "bytes", "bool", "json")
_ENV_KEYS = ("type", "key", "default", "env_var_type")
_TYPES = ("env", "probe", "vault")
LATER = object()  # the value of a name that is known only while the experiment runs
Values = Mapping[str, object]


def values(
    experiment: Mapping[str, object],
    configuration: Values | None = None,
    secrets: Values | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Every name that `${...}` may use; what the host has loaded goes before what the file says."""
    environ = os.environ if environ is None else environ
    found: dict[str, object] = {}
    for group in _mapping(experiment.get("secrets") if secrets is None else secrets).values():
        for name, value in _mapping(group).items():
            # as for the host, the first group that has the name wins
            found.setdefault(name, _value(value, environ) if secrets is None else value)
    if configuration is not None:
        return {**found, **configuration}
    for name, value in _mapping(experiment.get("configuration")).items():
        found[name] = _value(value, environ)
    return found


def undefined(data: object, where: str, known: Values) -> list[str]:
    """A problem for each `${x}` within *data* that the host would pass on as it stands."""
    problems = []
    for place, text in _texts(data, where):
        for match in _USED.finditer(text):
            inside = match["inside"]
            if match["escaped"] or inside in known:
                continue
            if _NAME.fullmatch(inside or ""):
                why = f"is defined neither in configuration nor in secrets{nearest(inside, known)}"
            else:
                why = (
                    "is not a name, and the host would pass it on as it stands: "
                    "write ${name}, with any default in configuration"
                )
            problems.append(f"{place} uses ${{{inside}}}, which {why}")
    return problems


def replaced(written: object, known: Values) -> object:
    """What the host makes of *written*; LATER when that is not known before the run."""
    return LATER if uses_later(written, known) else substitute(written, dict(known), {})


def uses_later(data: object, known: Values) -> bool:
    """Whether *data* uses a name whose value is not known before the run, or not at all."""
    return any(
        match["inside"] is not None and known.get(match["inside"], LATER) is LATER
        for _, text in _texts(data, "")
        for match in _USED.finditer(text)
    )


def unset(
    experiment: Mapping[str, object], environ: Mapping[str, str] | None = None
) -> list[str]:
    """Problems of `configuration` and `secrets` themselves: variables missing, shapes wrong."""
    environ = os.environ if environ is None else environ
    problems = []
    for section in ("configuration", "secrets"):
        data = experiment.get(section, {})
        if not isinstance(data, Mapping):
            problems.append(f"{section} must be a mapping, not {type_name(data)}")
            continue
        for name, value in data.items():
            where = f"{section}.{name}"
            if section == "configuration":
                problems += _unset_value(value, where, environ)
            elif not isinstance(value, Mapping):
                problems.append(f"{where} must be a group of secrets, not {type_name(value)}")
            else:
                for key, secret in value.items():
                    problems += _unset_value(secret, f"{where}.{key}", environ)
    return problems


def _unset_value(value: object, where: str, environ: Mapping[str, str]) -> list[str]:
    if not isinstance(value, Mapping) or "type" not in value:
        return []
    if value["type"] != "env":
        meant = "key" in value and value["type"] not in _TYPES  # else it is a plain mapping
        return [
            f"{where}.type is {shown(value['type'])}{nearest(value['type'], _TYPES)}"
        ] * meant
    problems = unknown_keys(value, where, _ENV_KEYS)
    variable, wanted = value.get("key"), value.get("env_var_type")
    if not isinstance(variable, str) or not variable:
        return [*problems, f"{where}.key must name a variable of the process's environment"]
    if variable not in environ and ("default" not in value or where.startswith("secrets")):
        problems.append(
            f"{where} needs ${variable}, which is not set: set it, or give a default"
        )
    if wanted is not None and wanted not in _ENV_TYPES:
        problems.append(f"{where}.env_var_type is {shown(wanted)}{nearest(wanted, _ENV_TYPES)}")
    elif variable in environ and _value(value, environ) is LATER:
        problems.append(f"{where} needs ${variable} as {wanted}, and its value is not one")
    return problems


def _value(value: object, environ: Mapping[str, str]) -> object:
    if not isinstance(value, Mapping) or "type" not in value:
        return value
    if value["type"] != "env":
        return LATER
    try:
        given = environ.get(str(value.get("key")), value.get("default"))
        return convert_to_type(value.get("env_var_type"), given)
    except (ValueError, TypeError, AttributeError):
        return LATER


def _mapping(data: object) -> Mapping[str, object]:
    return data if isinstance(data, Mapping) else {}


def _texts(data: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield where, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, f"{where}.{key}")
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from _texts(value, f"{where}[{index}]")
