"""What a body of Toxiproxy's API must look like, and how Go says that it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos_ext.proxy.api.gojson import Malformed, Number, Object, Value
from chaos_ext.proxy.api.gowrite import as_float32

if TYPE_CHECKING:
    from collections.abc import Mapping

INT64_MAX = 2**63 - 1
_WHOLE = re.compile(r"-?[0-9]+")
_DIGITS_MAX = 20  # of a number of 64 bits, with its sign
_FOLDED = str.maketrans({"\u017f": "s", "\u212a": "k"})  # letters that Go takes for ASCII ones


@dataclass(frozen=True, slots=True)
class Plain:
    """A text, a truth or a number, by the name of its Go type."""

    go: str


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known keys; *name* is how Go's errors call it, *go* its whole type."""

    go: str
    name: str
    keys: Mapping[str, Plain | Struct | Listed]
    # embedded structs that errors name on the way to a key
    outer: Mapping[str, str] | None = None
    # what the key becomes in errors once it was null: an interface without a value
    after_null: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An array of one shape."""

    go: str
    item: Struct | Plain


TEXT, TRUTH, WHOLE, INT, SHARE = map(Plain, ("string", "bool", "int64", "int", "float32"))
AS_IT_IS = Plain("any")  # looked at later

_PROXY_KEYS: dict[str, Plain | Struct | Listed] = {
    "name": TEXT,
    "listen": TEXT,
    "upstream": TEXT,
    "enabled": TRUTH,
    "Logger": Struct("zerolog.Logger", "Logger", {}),
}
PROXY = Struct("toxiproxy.Proxy", "Proxy", _PROXY_KEYS)

_TOXICS: dict[str, tuple[str, Plain, tuple[str, ...]]] = {
    "bandwidth": ("BandwidthToxic", WHOLE, ("rate",)),
    "latency": ("LatencyToxic", WHOLE, ("latency", "jitter")),
    "limit_data": ("LimitDataToxic", WHOLE, ("bytes",)),
    "noop": ("NoopToxic", WHOLE, ()),
    "reset_peer": ("ResetToxic", WHOLE, ("timeout",)),
    "slicer": ("SlicerToxic", INT, ("average_size", "size_variation", "delay")),
    "slow_close": ("SlowCloseToxic", WHOLE, ("delay",)),
    "timeout": ("TimeoutToxic", WHOLE, ("timeout",)),
}
ATTRIBUTES = {
    each: Struct(f"toxics.{name}", name, dict.fromkeys(keys, kind))
    for each, (name, kind, keys) in _TOXICS.items()
}
TOXIC = Struct(
    "toxics.ToxicWrapper",
    "ToxicWrapper",
    {
        "attributes": ATTRIBUTES["noop"],
        "name": TEXT,
        "type": TEXT,
        "stream": TEXT,
        "toxicity": SHARE,
    },
    after_null="toxics.Toxic",
)
_POPULATED = 'struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }'
_UPDATED = (
    'struct { Attributes interface {} "json:\\"attributes\\""; '
    'Toxicity float32 "json:\\"toxicity\\"" }'
)
TOXICS = Listed("[]toxics.ToxicWrapper", AS_IT_IS)  # ours: Toxiproxy does not read them here
POPULATED = Listed(
    f"[]{_POPULATED}",
    Struct(
        _POPULATED,
        "",
        {**_PROXY_KEYS, "toxics": TOXICS},
        outer=dict.fromkeys(("name", "listen", "upstream", "Logger"), "Proxy"),
    ),
)


def attributes_of(type_: str) -> Struct:
    """The second look at a new toxic: its attributes, now that the type is known."""
    return Struct("", "", {"attributes": ATTRIBUTES[type_]}, after_null="any")


def update_of(type_: str) -> Struct:
    """What an update of a toxic may say; everything else is ignored."""
    return Struct(
        _UPDATED, "", {"attributes": ATTRIBUTES[type_], "toxicity": SHARE}, after_null="any"
    )


def fill(shape: Struct | Listed, value: Value) -> Any:
    """*value* as *shape* wants it, a dict or a list; a null leaves its key out.

    Malformed says the first thing that does not fit, in Go's words.
    """
    return _filled(shape, value, "", ())


def _filled(
    shape: Plain | Struct | Listed, value: Value, within: str, path: tuple[str, ...]
) -> Any:
    if value is None or shape == AS_IT_IS:
        return value
    if isinstance(shape, Plain):
        return _plain(shape, value, within, path)
    if isinstance(shape, Struct) and isinstance(value, Object):
        return _struct(shape, value, path)
    if isinstance(shape, Listed) and isinstance(value, list) and not isinstance(value, Object):
        nothing: Any = {} if isinstance(shape.item, Struct) else None
        return [_filled(shape.item, each, within, path) or nothing for each in value]
    return _refuse(_kind(value), shape.go, within, path)


def _struct(shape: Struct, value: Object, path: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    folded = {_fold(key): key for key in shape.keys}
    nulls: set[str] = set()
    for said, each in value:
        key = said if said in shape.keys else folded.get(_fold(said), "")
        if not key:
            continue
        outer = (shape.outer or {}).get(key)
        here = (*path, outer, key) if outer else (*path, key)
        inner = shape.keys[key]
        if each is None and isinstance(inner, Struct):
            nulls.add(key)
        elif key in nulls and each is not None and shape.after_null:
            if shape.after_null != "any":
                _refuse(_kind(each), shape.after_null, shape.name, here)
            continue
        got = _filled(inner, each, shape.name, here)
        if isinstance(got, dict):
            got = {**found.get(key, {}), **got}
        if got is not None:
            found[key] = got
    return found


def _fold(key: str) -> str:
    return key.translate(_FOLDED).lower()


def _plain(shape: Plain, value: Value, within: str, path: tuple[str, ...]) -> Any:
    is_number = isinstance(value, Number)
    fits = isinstance(value, str) if shape == TEXT else isinstance(value, bool)
    if shape in (TEXT, TRUTH) and fits and not is_number:
        return value
    if shape in (TEXT, TRUTH) or not is_number:
        return _refuse(_kind(value), shape.go, within, path)
    try:
        return as_float32(float(str(value))) if shape == SHARE else _whole(str(value))
    except OverflowError:
        return _refuse(f"number {value}", shape.go, within, path)


def _whole(text: str) -> int:
    """The whole number that *text* is; OverflowError when it is none of 64 bits."""
    if _WHOLE.fullmatch(text) and len(text) <= _DIGITS_MAX:
        number = int(text)
        if -INT64_MAX - 1 <= number <= INT64_MAX:
            return number
    raise OverflowError(text)


def _kind(value: Value) -> str:
    if isinstance(value, Object):
        return "object"
    for kind, name in ((list, "array"), (Number, "number"), (bool, "bool")):
        if isinstance(value, kind):
            return name
    return "string"


def _refuse(what: str, go: str, within: str, path: tuple[str, ...]) -> Any:
    if path:
        field = f"{within}.{'.'.join(path)}"
        raise Malformed(
            f"json: cannot unmarshal {what} into Go struct field {field} of type {go}"
        )
    raise Malformed(f"json: cannot unmarshal {what} into Go value of type {go}")
