"""Anything -> what JSON can hold, because probes return what they like and evidence must not crash."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

REPR_LIMIT = 200
RECURSION = "(contains itself)"


def json_safe(obj: Any, _above: tuple[int, ...] = ()) -> Any:
    """A new object of nothing but dict, list, str, int, finite float, bool and None."""
    if id(obj) in _above:
        return RECURSION
    if (known := _scalar(obj)) is not _NOT_SCALAR:
        return known
    inside = (*_above, id(obj))
    try:
        return _container(obj, inside)
    except Exception as problem:  # noqa: BLE001 - a hostile object must not cost us the evidence
        return f"({type(obj).__name__} could not be told: {type(problem).__name__})"


def make_safe(mapping: MutableMapping[Any, Any], _above: tuple[int, ...] = ()) -> None:
    """Turn *mapping* itself into JSON-safe values: the host keeps references into its journal."""
    inside = (*_above, id(mapping))
    items = [(_key(key), _in_place(value, inside)) for key, value in mapping.items()]
    mapping.clear()
    mapping.update(items)


def _in_place(value: Any, above: tuple[int, ...]) -> Any:
    if id(value) in above:
        return RECURSION
    if type(value) is dict:
        make_safe(value, above)
        return value
    if type(value) is list:
        value[:] = [_in_place(item, (*above, id(value))) for item in value]
        return value
    return json_safe(value, above)


_NOT_SCALAR = object()


def _scalar(obj: Any) -> Any:
    for kinds, tell in _SCALARS:
        if isinstance(obj, kinds):
            return tell(obj)
    return _NOT_SCALAR


def _text(text: str) -> str:
    # A lone surrogate is legal in Python and in no UTF-8 file.
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _number(number: float) -> float | str:
    return float(number) if math.isfinite(number) else str(float(number))


# The order matters: an Enum may be a str, a bool is an int.
_SCALARS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((type(None), bool), lambda obj: obj),
    (Enum, lambda obj: json_safe(obj.value)),
    (str, _text),
    (int, int),
    (float, _number),
    (
        (bytes, bytearray, memoryview),
        lambda obj: bytes(obj).decode("utf-8", "backslashreplace"),
    ),
    ((datetime, date, time), lambda obj: obj.isoformat()),
    ((Decimal, UUID, PurePath, timedelta), str),
)


def _container(obj: Any, above: tuple[int, ...]) -> Any:
    if isinstance(obj, Mapping):
        return {_key(key): json_safe(value, above) for key, value in obj.items()}
    if isinstance(obj, AbstractSet):
        return sorted((json_safe(item, above) for item in obj), key=_sort_key)
    if isinstance(obj, Sequence):
        return [json_safe(item, above) for item in obj]
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        fields = dataclasses.fields(obj)
        return {field.name: json_safe(getattr(obj, field.name), above) for field in fields}
    if type(obj).__module__ == "numpy" and hasattr(obj, "tolist"):
        return json_safe(obj.tolist(), above)
    text = repr(obj)
    return text if len(text) <= REPR_LIMIT else text[: REPR_LIMIT - 1] + "…"


def _key(key: Any) -> str:
    plain = json_safe(key)
    return plain if isinstance(plain, str) else str(plain)


def _sort_key(item: Any) -> tuple[str, str]:
    return type(item).__name__, str(item)
