"""JSON as Go's decoder reads it, for clients of Toxiproxy compare the texts of errors.

Reading stops after the first value, keeps the order and the repetition of keys, and refuses with
Go's own words. `shapes.py` says what the values must look like, `gowrite.py` is the way back.
"""

from __future__ import annotations

import codecs
import re
from typing import NoReturn

DEPTH_MAX = 10_000  # containers within containers, as Go has it

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_IN_STRING = re.compile(
    r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+'
)
_ESCAPE = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)"
)
_HEX_DIGITS = re.compile(r"[0-9a-fA-F]{0,4}")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, tuple[str, bool | None]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}
_QUOTED_BYTES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", "'": "\\'", '"': '"',
}  # fmt: skip


class Malformed(ValueError):  # noqa: N818 - what a client reads after "bad request body: "
    """The text is no JSON, in the words of Go's decoder."""


class Number(str):
    """A number as it was written: what it may be is for the reader of its field to say."""

    __slots__ = ()


class Object(list[tuple[str, "Value"]]):
    """The keys and values of an object, as often and in the order as they were written."""


Value = str | bool | None | Number | list["Value"] | Object


def _one_mark_a_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("chaos_ext.one_mark_a_byte", _one_mark_a_byte)


def parse(body: bytes, ending: str = "") -> Value:
    """The first JSON value of *body*; whatever follows it is not looked at.

    *ending* is why the body breaks off, if it does: it is the error of a value that is not whole.
    """
    return _Reader(body.decode("latin-1"), ending).value()


class _Reader:
    """Goes over the bytes once, without recursion, so that depth costs memory and nothing else."""

    def __init__(self, text: str, ending: str) -> None:
        self._text, self._at = text, 0
        self._ending = ending or ("unexpected EOF" if text.strip(" \t\r\n") else "EOF")

    def value(self) -> Value:
        """Read one value, whatever it contains."""
        opened: list[tuple[Object | list[Value], str]] = []
        while True:
            value = self._begun(opened)
            while opened and not self._more(opened, value):
                value = opened.pop()[0]
                if not opened:
                    return value
            if not opened:
                return value

    def _begun(self, opened: list[tuple[Object | list[Value], str]]) -> Value:
        """The next value that is whole at once; containers before it are opened."""
        while True:
            first = self._next()
            if first not in "{[":
                return self._scalar(first)
            if len(opened) >= DEPTH_MAX:
                self._refuse("exceeded max depth")
            self._at += 1
            container: Object | list[Value] = Object() if first == "{" else []
            if self._next() == ("}" if first == "{" else "]"):
                self._at += 1
                return container
            opened.append((container, self._key() if first == "{" else ""))

    def _more(self, opened: list[tuple[Object | list[Value], str]], value: Value) -> bool:
        """Put *value* into the innermost container; whether another value follows there."""
        container, key = opened[-1]
        if isinstance(container, Object):
            container.append((key, value))
        else:
            container.append(value)
        is_object = isinstance(container, Object)
        mark = self._next()
        if mark == ",":
            self._at += 1
            opened[-1] = (container, self._key() if is_object else "")
            return True
        if mark != ("}" if is_object else "]"):
            self._refuse("after object key:value pair" if is_object else "after array element")
        self._at += 1
        return False

    def _key(self) -> str:
        if self._next() != '"':
            self._refuse("looking for beginning of object key string")
        key = self._string()
        if self._next() != ":":
            self._refuse("after object key")
        self._at += 1
        return key

    def _scalar(self, first: str) -> Value:
        if first == '"':
            return self._string()
        if first in _LITERALS:
            return self._literal(*_LITERALS[first])
        if first == "-" or "0" <= first <= "9":
            return self._number()
        return self._refuse("looking for beginning of value")

    def _string(self) -> str:
        start = self._at + 1
        match = _IN_STRING.match(self._text, start)
        assert match is not None
        self._at = match.end()
        if self._here() != '"':
            self._refuse_string()
        self._at += 1
        return _unescaped(self._text[start : match.end()])

    def _refuse_string(self) -> NoReturn:
        if self._here() != "\\":
            self._refuse("in string literal")
        self._at += 1
        if self._here() != "u":
            self._refuse("in string escape code")
        digits = _HEX_DIGITS.match(self._text, self._at + 1)
        assert digits is not None
        self._at = digits.end()
        self._here()
        self._refuse("in \\u hexadecimal character escape")

    def _literal(self, word: str, value: bool | None) -> bool | None:
        for expected in word:
            if self._here() != expected:
                self._refuse(f"in literal {word} (expecting '{expected}')")
            self._at += 1
        return value

    def _number(self) -> Number:
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            self._at += 1
            self._here()
            self._refuse("in numeric literal")
        self._at = match.end()
        following = self._text[self._at : self._at + 1]
        if following == "." and not re.search(r"[.eE]", match[0]):
            self._at += 1
            self._here()
            self._refuse("after decimal point in numeric literal")
        if following in ("e", "E") and not re.search(r"[eE]", match[0]):
            self._at += 2 if self._text[self._at + 1 : self._at + 2] in ("+", "-") else 1
            self._here()
            self._refuse("in exponent of numeric literal")
        return Number(match[0])

    def _next(self) -> str:
        """The next character that is no space."""
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._here()

    def _here(self) -> str:
        if self._at < len(self._text):
            return self._text[self._at]
        raise Malformed(self._ending)

    def _refuse(self, where: str) -> NoReturn:
        raise Malformed(f"invalid character '{_quoted(self._text[self._at])}' {where}")


def _quoted(byte: str) -> str:
    if byte in _QUOTED_BYTES:
        return _QUOTED_BYTES[byte]
    if byte.isprintable():
        return byte
    return f"\\x{ord(byte):02x}" if byte <= "\x7f" else f"\\u{ord(byte):04x}"


def _unescaped(raw: str) -> str:
    text = raw.encode("latin-1").decode("utf-8", "chaos_ext.one_mark_a_byte")
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    high, low, alone, short = escape.groups()
    if high:
        return chr(0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00)
    if alone:
        return re.sub("[\ud800-\udfff]", "\ufffd", chr(int(alone, 16)))
    return _SHORT.get(short, short)
