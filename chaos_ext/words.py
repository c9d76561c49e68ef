"""Help with words somebody typed: the nearest known one, values safe to show, many problems in one line."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ALIKE = 0.6  # how much of a word must agree before we dare to guess
_LISTED = 12  # more known words than this would drown the message
_SHOWN = 5  # as many problems as one line can carry
_LONGEST = 60  # characters of a value worth repeating
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s'\"]*@")


def nearest(word: object, known: Iterable[object]) -> str:
    """` (did you mean X?)`, or ` (known: a, b, c)` when nothing is near; empty when nothing is known."""
    words = list(dict.fromkeys(str(each) for each in known))  # YAML has keys of any type
    by_lower = {each.lower(): each for each in words}
    near = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=_ALIKE)
    if near:
        return f" (did you mean {by_lower[near[0]]}?)"
    if not words:
        return ""
    more = ", ..." if len(words) > _LISTED else ""
    return f" (known: {', '.join(words[:_LISTED])}{more})"


def without_passwords(text: str) -> str:
    """*text* with the user and password of every URL replaced by `***`."""
    return _PASSWORD_IN_URL.sub("***@", text)


def shown(value: object) -> str:
    """*value* as a message may repeat it: one line, short, and without passwords of URLs."""
    as_written: dict[object, str] = {
        True: "true",
        False: "false",
        None: "nothing",
    }  # as YAML has it
    plain = isinstance(value, bool) or value is None
    text = as_written[value] if plain else without_passwords(repr(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def joined(problems: Sequence[str]) -> str:
    """All *problems* as one line: the first few, and how many more there are."""
    line = "; ".join(" ".join(problem.split()) for problem in problems[:_SHOWN])
    more = len(problems) - _SHOWN
    return f"{line}; and {more} more" if more > 0 else line
