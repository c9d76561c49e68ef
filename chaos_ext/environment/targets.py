"""The `targets` of an environment file: how to reach each, how to find its process, what may be done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from chaos_ext.environment.model import Target
from chaos_ext.experiment.strict import Reader, told
from chaos_ext.experiment.vocabulary import FAULT_NAMES, full_fault_name
from chaos_ext.words import nearest, shown

_KEYS = ("system", "url", "attach", "allow", "start", "stand_in", "proxy")
_ATTACH_KEYS = ("pid_file", "port", "unit")
_ENDS_THE_PROCESS = ("process.kill", "process.terminate", "process.restart")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_UNIT = re.compile(r"[A-Za-z0-9_@:.\\][A-Za-z0-9_@:.\\-]*")
_PORT_MOST = 65_535


def read_targets(reader: Reader, kind: str) -> dict[str, Target]:
    """The targets that the file names itself."""
    return {
        name: _one(name, data, kind, reader.problems)
        for name, data in reader.mapping("targets").items()
    }


def _one(name: str, data: object, kind: str, problems: list[str]) -> Target:
    reader = Reader(data, f"targets.{name}", _KEYS, problems)
    if not _NAME.fullmatch(name):
        problems.append(f"targets.{name} must be named in lower case, as in redis-primary")
    if not isinstance(data, Mapping):
        return Target(name, "")
    target = Target(
        name=name,
        system=reader.text("system"),
        url=_url(reader),
        attach=_attach(reader, kind),
        allow=_allow(reader, kind),
        start=reader.texts("start", repeats=True),
        stand_in=reader.flag("stand_in", default=False),
        proxy=reader.text("proxy", ""),
    )
    _refuse_what_cannot_be_undone(reader, target)
    if kind == "remote" and target.start:
        reader.refuse("start", "makes no sense for a remote target: nothing is started there")
    return target


def _url(reader: Reader) -> str:
    url = reader.data.get("url")
    wanted = "must be an address, as in redis://127.0.0.1:6379"
    if not isinstance(url, str):
        reader.refuse(
            "url",
            f"{wanted}, not {told(url)}" if url is not None else f"is missing: it {wanted}",
        )
        return ""
    try:
        parts = urlsplit(url)
        right = bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:  # its text would repeat the password
        right = False
    if not right:
        reader.refuse("url", wanted)
    return url


def _attach(reader: Reader, kind: str) -> Mapping[str, object]:
    if kind == "remote":
        if "attach" in reader.data:
            reader.refuse(
                "attach", "makes no sense for a remote target: its process is not here"
            )
        return {}
    fields = Reader(
        reader.data.get("attach", {}), reader.at("attach"), _ATTACH_KEYS, reader.problems
    )
    given = [key for key in _ATTACH_KEYS if key in fields.data]
    if len(given) != 1:
        reader.refuse(
            "attach", "must have one of pid_file, port, unit: how else to find its process"
        )
        return {}
    key = given[0]
    if key == "port":
        return {key: fields.whole(key, 0, at_least=1, at_most=_PORT_MOST)}
    value = fields.text(key)
    if key == "unit" and value and not _UNIT.fullmatch(value):
        fields.refuse(key, f"is {shown(value)}, which is not the name of a unit")
    return {key: value}


def _allow(reader: Reader, kind: str) -> tuple[str, ...] | None:
    if "allow" not in reader.data and kind == "remote":
        return None  # the environment's own list decides
    words = reader.texts("allow")
    for word in words:
        if not full_fault_name(word):
            reader.refuse(
                "allow", f"has {shown(word)}, which is no fault{nearest(word, FAULT_NAMES)}"
            )
    return words


def _refuse_what_cannot_be_undone(reader: Reader, target: Target) -> None:
    for word in target.allow or ():
        if full_fault_name(word) in _ENDS_THE_PROCESS and not target.start:
            reader.refuse(
                "allow", f"has {word} without start: what we cannot start again we must not end"
            )
