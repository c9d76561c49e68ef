"""JSON as Go's encoder writes it, byte for byte, for clients of Toxiproxy may compare bytes."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from json.encoder import encode_basestring

_UNSAFE = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_UNSAFE_CHARACTERS = re.compile("[<>&\u2028\u2029]")
_FIXED_POINT = (1e-6, 1e21)  # numbers between these are written without an exponent


def dumps(value: object) -> str:
    """*value* as Go writes it: no spaces, `<`, `>` and `&` escaped, floats in 32 bits."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(k)}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, str):
        return _UNSAFE_CHARACTERS.sub(lambda each: _UNSAFE[each[0]], encode_basestring(value))
    if isinstance(value, float):
        return _float32(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return "null" if value is None else str(value).lower()


def _float32(value: float) -> str:
    """The shortest digits that give the same number in 32 bits."""
    narrow = as_float32(value)
    shortest = next(text for text in (f"{narrow:.{n}e}" for n in range(9)) if _is(text, narrow))
    small, large = _FIXED_POINT
    if narrow == 0 or as_float32(small) <= abs(narrow) < large:
        return f"{Decimal(shortest).normalize():f}"
    digits, _, exponent = shortest.partition("e")
    tidy = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{tidy}e{exponent[0]}{int(exponent[1:])}"


def _is(text: str, narrow: float) -> bool:
    try:
        return as_float32(float(text)) == narrow
    except OverflowError:  # fewer digits can be more than the largest number
        return False


def as_float32(value: float) -> float:
    """*value* as 32 bits hold it; OverflowError when they cannot."""
    if math.isinf(value):
        raise OverflowError(value)
    narrow: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return narrow
