"""The file of `--config`: Toxiproxy's list of proxies, with toxics, and read strictly.

Toxiproxy logs what is wrong with the file and serves without its proxies; a test would then pass
for the wrong reason. Here nothing starts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument
from chaos_ext.proxy.api import gojson, shapes
from chaos_ext.proxy.api.answers import Failed
from chaos_ext.proxy.api.populate import wanted
from chaos_ext.proxy.core import catalogue
from chaos_ext.words import joined, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chaos_ext.proxy.api.populate import Wanted

FILE_KEYS = ("proxies", "resolvers")
PROXY_KEYS = ("name", "listen", "upstream", "enabled", "toxics", "Logger")
TOXIC_KEYS = ("name", "type", "stream", "toxicity", "attributes")


def read(path: Path) -> list[Wanted]:
    """The proxies of the file; BadArgument in one line when anything is wrong with it."""
    try:
        body = path.read_bytes()
        json.loads(body)  # it knows the line of a mistake, Go's reader does not
        value = gojson.parse(body)
    except OSError as error:
        raise BadArgument(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadArgument(f"{path} is no JSON: {error}") from None
    problems: list[str] = []
    if isinstance(value, gojson.Object):  # ours, which may name resolvers as well
        problems = _unknown(value, FILE_KEYS, "of the file")
        value = _values(value).get("proxies", [])
    if not isinstance(value, list) or isinstance(value, gojson.Object):
        raise BadArgument(f"{path} must have a list of proxies, as [{{...}}, ...]")
    problems += _problems(value)
    if problems:
        raise BadArgument(f"{path}: {joined(problems)}")
    try:
        return _each_once(wanted(value))
    except Failed as failure:
        why = failure.text.removeprefix("bad request body: ")
        raise BadArgument(f"{path}: {why}") from None


def _each_once(items: list[Wanted]) -> list[Wanted]:
    names = [each.name for each in items]
    for name in names:
        if names.count(name) > 1:
            raise Failed(409, f"proxy {name} is there twice")
    return items


def _problems(value: list[gojson.Value]) -> list[str]:
    problems = []
    for number, item in enumerate(value, 1):
        if not isinstance(item, gojson.Object):
            problems.append(f"proxy {number} must be an object, as {{...}}")
        problems += _unknown(item, PROXY_KEYS, f"of proxy {number}")
        for toxic in _list(_values(item).get("toxics")):
            said = _values(toxic)
            problems += _unknown(toxic, TOXIC_KEYS, f"of a toxic of proxy {number}")
            type_ = said.get("type")
            if type_ not in shapes.ATTRIBUTES:
                near = nearest(type_, shapes.ATTRIBUTES)
                problems.append(f"proxy {number} has a toxic of type {type_!r}{near}")
                continue
            known = [key for key, rule in catalogue.TYPES[str(type_)].items() if not rule.ours]
            attributes = said.get("attributes")
            problems += _unknown(attributes, known, f"of a {type_} toxic of proxy {number}")
    return problems


def _unknown(item: gojson.Value, known: Iterable[str], where: str) -> list[str]:
    folded = {key.lower() for key in known}
    return [
        f"{key} {where} is not a known key{nearest(key, known)}"
        for key in _values(item)
        if key not in folded
    ]


def _values(item: gojson.Value) -> dict[str, gojson.Value]:
    """By key in small letters; nothing for what is no object, which is refused elsewhere."""
    return (
        {key.lower(): value for key, value in item} if isinstance(item, gojson.Object) else {}
    )


def _list(value: gojson.Value | None) -> list[gojson.Value]:
    return value if isinstance(value, list) and not isinstance(value, gojson.Object) else []
