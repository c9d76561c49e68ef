"""Annotations against values of YAML: true is not a number, 1 is not text, and NaN is nothing."""

from __future__ import annotations

import sys
import types
import typing

from chaos_ext.values import is_number

_UNIONS = (typing.Union, types.UnionType)
_NAMES: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "text",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


def fits(value: object, hint: object) -> bool:
    """Whether *value*, as YAML gives it, is what the annotation *hint* asks for."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return any(fits(value, each) for each in inner)
    if origin is typing.Literal:
        return any(value == each and type(value) is type(each) for each in inner)
    if isinstance(value, list) and origin is list:
        return all(fits(each, inner[0]) for each in value)
    if isinstance(value, dict) and origin is dict:
        return all(fits(each, inner[1]) for each in value.values())
    return _fits_plain(value, origin or hint)


def _fits_plain(value: object, kind: object) -> bool:
    if kind is float:
        return is_number(value) and abs(typing.cast("float", value)) <= sys.float_info.max
    if kind in _NAMES:  # exactly: a bool is an int for Python, and not for us
        return type(value) is kind
    return True  # an annotation that says nothing about JSON


def name(hint: object) -> str:
    """What a reader of YAML calls the annotation *hint*."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return " or ".join(name(each) for each in inner)
    if origin is typing.Literal:
        return f"one of {', '.join(str(each) for each in inner)}"
    base = _NAMES.get(origin or hint, str(hint))
    return f"{base}, each {name(inner[-1])}" if inner else base
