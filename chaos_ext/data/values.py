"""What a fault of data may be asked for: a wrong value is refused before anything happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from chaos_ext.data.spoil import HOWS, PLACES
from chaos_ext.errors import BadArgument
from chaos_ext.words import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

BYTES_MAX = 1 << 20  # more than that is another fault: delete the file
KEYS_MAX = 10_000  # each is kept, and put back, one by one
FILE = "file"


def refuse_corrupt(what: object, how: object, at: object, count: object, file: object) -> None:
    """Refuse what names no file, no way or no place in it."""
    _word("corrupt", "how", how, HOWS)
    if not isinstance(at, str) or not (at in PLACES or at.isdecimal()):
        _refuse(
            "corrupt", f"at must be {', '.join(PLACES)}, or an offset as text, not {shown(at)}"
        )
    _whole("corrupt", "bytes", count, BYTES_MAX)
    if not isinstance(what, str) or not what:
        _refuse("corrupt", f"what must be a word, not {shown(what)}")
    if (what == FILE) != bool(file) or not isinstance(file, str):
        _refuse("corrupt", f"file must be said with what: {FILE}, and only then")


def refuse_delete(match: object, count_max: object) -> None:
    """Refuse what matches nothing, or too much to be kept."""
    if not isinstance(match, str) or not match:
        _refuse("delete_keys", f"match must be a pattern, not {shown(match)}")
    _whole("delete_keys", "count_max", count_max, KEYS_MAX)


def _word(fault: str, name: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        _refuse(fault, f"{name}: {shown(value)} is not known{nearest(value, known)}")


def _whole(fault: str, name: str, value: object, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:
        _refuse(fault, f"{name} must be a whole number from 1 to {most:,}, not {shown(value)}")


def _refuse(fault: str, why: str) -> NoReturn:
    raise BadArgument(f"data.{fault}: {why}")
