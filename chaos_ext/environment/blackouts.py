"""Windows of time in which nothing may be hurt, such as `Mon-Fri 08:00-18:00 Europe/Paris`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from chaos_ext.errors import BadEnvironment
from chaos_ext.words import nearest, shown

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"(\S+)\s+(\d\d):(\d\d)-(\d\d):(\d\d)\s+(\S+)")
_DAY_MINUTES = 24 * 60
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Window:
    """Days on which it opens (0 is Monday), minutes of that day, and the zone they are told in."""

    days: frozenset[int]
    opens: int
    closes: int  # later than 24 h when the window runs over midnight
    zone: tzinfo

    def meets(self, now: datetime, until: datetime) -> bool:
        """Whether any moment from *now* to *until* is within the window."""
        if until - now >= _WEEK:
            return True
        day = now.astimezone(self.zone).date() - timedelta(days=1)
        last = until.astimezone(self.zone).date()
        while day <= last:
            opens, closes = self._moment(day, self.opens), self._moment(day, self.closes)
            if day.weekday() in self.days and min(opens) <= until and now < max(closes):
                return True
            day += timedelta(days=1)
        return False

    def _moment(self, day: date, minutes: int) -> tuple[datetime, datetime]:
        # where clocks are set back or forward, both readings: the window is never made shorter
        local = datetime.combine(day, time()) + timedelta(minutes=minutes)
        first = local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        return first, local.replace(tzinfo=self.zone, fold=1).astimezone(UTC)


def parse(text: str) -> Window:
    """The window that *text* describes; BadEnvironment when it cannot be evaluated."""
    match = _WINDOW.fullmatch(text.strip())
    if not match:
        raise BadEnvironment(
            f"blackout {shown(text)} cannot be evaluated: write `Mon-Fri 08:00-18:00 Europe/Paris`"
        )
    days, *times, zone = match.groups()
    hours = [int(each) for each in times]
    opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    sane = max(hours[1], hours[3]) < 60 and opens < _DAY_MINUTES and closes <= _DAY_MINUTES  # noqa: PLR2004
    if not sane or opens == closes:
        raise BadEnvironment(
            f"blackout {shown(text)} cannot be evaluated: no such times of day"
        )
    over_midnight = _DAY_MINUTES if closes < opens else 0
    return Window(_days(days, text), opens, closes + over_midnight, _zone(zone, text))


def _days(words: str, text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in words.split(","):
        first, _, last = part.partition("-")
        start, end = _day(first, text), _day(last or first, text)
        days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(days)


def _day(word: str, text: str) -> int:
    if word.lower() not in _DAYS:
        near = nearest(word, [each.title() for each in _DAYS])
        raise BadEnvironment(f"blackout {shown(text)}: no day {shown(word)}{near}")
    return _DAYS.index(word.lower())


def _zone(name: str, text: str) -> tzinfo:
    if name == "UTC":  # also where no zones are installed
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadEnvironment(
            f"blackout {shown(text)} cannot be evaluated: no time zone {shown(name)} here"
        ) from None
