"""Reads a mapping strictly: every key is asked for by name and type, and what is wrong is collected, not raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaos_ext.values import is_number
from chaos_ext.words import nearest, shown

DAY_S = 86_400.0
_TYPE_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def type_name(value: object) -> str:
    """What a reader of YAML calls the type of *value*."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def told(value: object) -> str:
    """*value* as the wrong one in a message: plain values themselves, others by their type."""
    return type_name(value) if isinstance(value, Mapping | list | tuple) else shown(value)


def unknown_keys(data: Mapping[object, object], where: str, known: Sequence[str]) -> list[str]:
    """A problem for each key of *data* that is neither known nor the user's own (`x-...`)."""
    return [
        f"{_at(where, key)} is not a known key{nearest(key, known)}"
        for key in data
        if key not in known and not str(key).startswith("x-")
    ]


def _at(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


class Reader:
    """One mapping of a file; the fields it gives are usable even when problems were found.

    Keys that are not among the *known* are problems; None leaves them to somebody else.
    """

    def __init__(
        self, data: object, where: str, known: Sequence[str] | None, problems: list[str]
    ) -> None:
        self.where, self.problems = where, problems
        self.data: Mapping[object, object] = {}
        if isinstance(data, Mapping):
            self.data = data
            problems += [] if known is None else unknown_keys(data, where, known)
        else:
            problems.append(f"{where} must be a mapping, not {type_name(data)}")

    def at(self, key: object) -> str:
        """The place of *key*, as messages name it."""
        return _at(self.where, key)

    def refuse(self, key: object, why: str) -> None:
        """Keep a problem with *key*."""
        self.problems.append(f"{self.at(key)} {why}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; required when there is no *default*."""
        value = self._given(key, default)
        if isinstance(value, str) and (value.strip() or value == default):
            return value
        self._wrong(key, value, "text that is not empty")
        return default or ""

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        above: float | None = None,
        at_least: float = 0.0,
        at_most: float = DAY_S,
    ) -> float:
        """A finite number within bounds; required when there is no *default*."""
        value = self._given(key, default)
        if is_number(value):
            assert isinstance(value, int | float)
            if at_least <= value <= at_most and (above is None or value > above):
                return float(value)
        low = f"above {above:g} and up" if above is not None else f"from {at_least:g}"
        self._wrong(key, value, f"a number {low} to {at_most:.10g}")
        return default or 0.0

    def whole(self, key: str, default: int, *, at_least: int = 0, at_most: int) -> int:
        """A whole number within bounds."""
        value = self._given(key, default)
        if type(value) is int and at_least <= value <= at_most:
            return value
        self._wrong(key, value, f"a whole number from {at_least} to {at_most}")
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._given(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, value, "true or false")
        return default

    def word(self, key: str, known: Sequence[str]) -> str:
        """One of the *known* words; required."""
        value = self._given(key, None)
        if isinstance(value, str) and value in known:
            return value
        if key in self.data:
            self.refuse(key, f"is {shown(value)}{nearest(value, known)}")
        else:
            self.refuse(key, f"is missing{nearest('', known)}")
        return known[0]

    def texts(self, key: str, *, repeats: bool = False) -> tuple[str, ...]:
        """A list of texts, each once unless *repeats*; empty when it is not there."""
        items = self.items(key)
        for index, item in enumerate(items):
            if not isinstance(item, str) or not item.strip():
                self._wrong(f"{key}[{index}]", item, "text that is not empty")
            elif item in items[:index] and not repeats:
                self.refuse(f"{key}[{index}]", f"repeats {shown(item)}")
        return tuple(item for item in items if isinstance(item, str))

    def items(self, key: str) -> list[object]:
        """A list of anything; empty when it is not there."""
        value = self._given(key, [])
        if isinstance(value, list | tuple):
            return list(value)
        self._wrong(key, value, "a list")
        return []

    def mapping(self, key: str) -> Mapping[str, object]:
        """A mapping with text keys; empty when it is not there."""
        value = self._given(key, {})
        if not isinstance(value, Mapping):
            self._wrong(key, value, "a mapping")
            return {}
        for name in value:
            if not isinstance(name, str):
                self._wrong(f"{key}.{name}", name, "named by a text")
        return {name: each for name, each in value.items() if isinstance(name, str)}

    def _given(self, key: str, default: object) -> object:
        return self.data.get(key, default)

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        if key not in self.data and "[" not in key and "." not in key:
            self.refuse(key, f"is missing: it must be {wanted}")
        else:
            self.refuse(key, f"must be {wanted}, not {told(value)}")
