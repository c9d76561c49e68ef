"""Tolerances: what the host can compare, and how to write what it cannot."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping

from chaos_ext.experiment.strict import Reader, type_name
from chaos_ext.experiment.vocabulary import TOLERANCE_KEYS
from chaos_ext.values import is_number
from chaos_ext.words import shown

_NUMBERS_OF_A_RANGE = 2


def problems(tolerance: object, where: str) -> list[str]:
    """Why the host could not compare an answer with *tolerance*."""
    if isinstance(tolerance, float):
        why = "and the host takes no fraction: write {type: range, range: [lowest, highest]}"
        return [f"{where} is {shown(tolerance)}, {why}"]
    if isinstance(tolerance, Mapping):
        return _mapping(tolerance, where)
    if isinstance(tolerance, list) and not tolerance:
        return [f"{where} is an empty list: no answer would be within it"]
    if not isinstance(tolerance, bool | int | str | list):
        return [f"{where} must be a value, a list or a mapping, not {type_name(tolerance)}"]
    return []


def _mapping(tolerance: Mapping[object, object], where: str) -> list[str]:
    found: list[str] = []
    kind = Reader(tolerance, where, None, found).word("type", tuple(TOLERANCE_KEYS))
    if found:
        return found
    reader = Reader(tolerance, where, TOLERANCE_KEYS[kind], found)
    if tolerance.get("target") is not None:
        reader.text("target")
    if kind == "regex":
        _regex(reader)
    elif kind == "range":
        _range(reader)
    elif kind == "jsonpath":
        reader.text("path")
        if importlib.util.find_spec("jsonpath2") is None:
            found.append(f"{where} needs jsonpath2: pip install 'chaostoolkit-lib[jsonpath]'")
    return found


def _regex(reader: Reader) -> None:
    pattern = reader.text("pattern")
    try:
        re.compile(pattern)
    except re.error as error:
        reader.refuse("pattern", f"is not a regular expression: {error}")


def _range(reader: Reader) -> None:
    bounds = reader.items("range")
    right = len(bounds) == _NUMBERS_OF_A_RANGE and all(is_number(each) for each in bounds)
    if not right or not bounds[0] <= bounds[1]:  # type: ignore[operator]
        reader.refuse("range", f"must be [lowest, highest], two numbers, not {shown(bounds)}")
