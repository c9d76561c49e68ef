"""What a fault of data may be asked for: a wrong value is refused before anything happens."""

from __future__ import annotations

from chaos_ext import values
from chaos_ext.data.spoil import HOWS, PLACES
from chaos_ext.words import shown

BYTES_MAX = 1 << 20  # more than that is another fault: delete the file
KEYS_MAX = 10_000  # each is kept, and put back, one by one
FILE = "file"


class Checked(values.Checked):
    """The values of one fault of data."""

    noun = "data"

    def count(self, name: str, value: object, most: int) -> None:
        """Refuse what is not a whole number from 1 to *most*."""
        if type(value) is not int or not 1 <= value <= most:
            self.refuse(f"{name} must be a whole number from 1 to {most:,}, not {shown(value)}")


def refuse_corrupt(what: object, how: object, at: object, count: object, file: object) -> None:
    """Refuse what names no file, no way or no place in it."""
    check = Checked("corrupt")
    check.word("how", how, HOWS)
    if not isinstance(at, str) or not (at in PLACES or at.isdecimal()):
        check.refuse(f"at must be {', '.join(PLACES)}, or an offset as text, not {shown(at)}")
    check.count("bytes", count, BYTES_MAX)
    if not isinstance(what, str) or not what:
        check.refuse(f"what must be a word, not {shown(what)}")
    if (what == FILE) != bool(file) or not isinstance(file, str):
        check.refuse(f"file must be said with what: {FILE}, and only then")


def refuse_delete(match: object, count_max: object) -> None:
    """Refuse what matches nothing, or too much to be kept."""
    check = Checked("delete_keys")
    if not isinstance(match, str) or not match:
        check.refuse(f"match must be a pattern, not {shown(match)}")
    check.count("count_max", count_max, KEYS_MAX)
