"""Blackout windows against a slow, obvious calculation, and at the edges of days, weeks and clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.environment.blackouts import parse
from chaos_ext.errors import BadEnvironment

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def at(day, clock, zone="UTC"):
    hours, minutes = map(int, clock.split(":"))
    local = MONDAY.replace(tzinfo=ZoneInfo(zone)) + timedelta(days=DAYS.index(day))
    return local.replace(hour=hours, minute=minutes)


@pytest.mark.parametrize(
    ("window", "moment", "within"),
    [
        ("Mon-Fri 08:00-18:00 UTC", at("Mon", "08:00"), True),
        ("Mon-Fri 08:00-18:00 UTC", at("Mon", "07:59"), False),
        ("Mon-Fri 08:00-18:00 UTC", at("Fri", "17:59"), True),
        ("Mon-Fri 08:00-18:00 UTC", at("Fri", "18:00"), False),
        ("Mon-Fri 08:00-18:00 UTC", at("Sat", "12:00"), False),
        ("Mon-Fri 08:00-18:00 Europe/Paris", at("Mon", "07:30"), True),
        ("Mon-Fri 08:00-18:00 Europe/Paris", at("Mon", "17:30"), False),
        ("Sat-Sun 00:00-24:00 UTC", at("Sun", "23:59"), True),
        ("Sat-Sun 00:00-24:00 UTC", at("Mon", "00:00"), False),
        ("Fri 22:00-06:00 UTC", at("Fri", "23:00"), True),
        ("Fri 22:00-06:00 UTC", at("Sat", "05:59"), True),
        ("Fri 22:00-06:00 UTC", at("Sat", "06:00"), False),
        ("Fri 22:00-06:00 UTC", at("Fri", "05:00"), False),
        ("Sun 22:00-06:00 UTC", at("Mon", "05:00"), True),
        ("Fri-Mon 10:00-11:00 UTC", at("Sun", "10:30"), True),
        ("Fri-Mon 10:00-11:00 UTC", at("Wed", "10:30"), False),
        ("mon,wed 10:00-11:00 UTC", at("Wed", "10:30"), True),
        ("mon,wed 10:00-11:00 UTC", at("Tue", "10:30"), False),
        ("Tue 09:00-10:00 Asia/Tokyo", at("Tue", "00:30"), True),
        ("Tue 01:00-02:00 Pacific/Auckland", at("Mon", "12:30"), True),
    ],
)
def test_window_knows_whether_a_moment_is_within(window, moment, within):
    assert parse(window).meets(moment, moment) is within


@pytest.mark.parametrize(
    ("until", "meets"),
    [("07:59", False), ("08:00", True), ("12:00", True), ("23:00", True)],
)
def test_window_meets_a_run_that_reaches_into_it(until, meets):
    window = parse("Mon 08:00-18:00 UTC")

    assert window.meets(at("Mon", "07:00"), at("Mon", until)) is meets


def test_window_meets_any_run_of_a_week():
    assert parse("Wed 01:00-01:01 UTC").meets(
        at("Thu", "00:00"), at("Thu", "00:00") + timedelta(7)
    )


@given(
    opens=st.integers(0, 23),
    closes=st.integers(0, 24),
    days=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    start=st.integers(0, 7 * 24 * 4),
    length=st.integers(0, 30 * 4),
)
def test_window_agrees_with_asking_every_quarter_of_an_hour(opens, closes, days, start, length):
    first, last = days
    if opens == closes:
        closes += 1
    window = parse(f"{DAYS[first]}-{DAYS[last]} {opens:02}:00-{closes:02}:00 UTC")
    quarter = timedelta(minutes=15)
    now = MONDAY + start * quarter

    def within(moment):
        for back in (0, 1):
            day = (moment.weekday() - back) % 7
            hour = moment.hour + 24 * back
            end = closes if closes > opens else closes + 24
            if (day - first) % 7 <= (last - first) % 7 and opens <= hour < end:
                return True
        return False

    slowly = any(within(now + step * quarter) for step in range(length + 1))
    assert window.meets(now, now + length * quarter) is slowly


@pytest.mark.parametrize("minute", range(0, 60, 10))
def test_window_is_never_shorter_when_clocks_are_set_back(minute):
    window = parse("Sun 02:00-02:59 Europe/Paris")

    both = [datetime(2026, 10, 25, hour, minute, tzinfo=UTC) for hour in (0, 1)]

    assert [window.meets(moment, moment) for moment in both] == [True, True]


def test_window_is_never_lost_when_clocks_are_set_forward():
    window = parse("Sun 02:00-03:00 Europe/Paris")  # that hour does not exist on the day

    moment = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)

    assert window.meets(moment, moment + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be evaluated: write `Mon-Fri 08:00-18:00 Europe/Paris`"),
        ("always", "cannot be evaluated"),
        ("Mon-Fri 8:00-18:00 UTC", "cannot be evaluated"),
        ("Mon-Fri 08:00-18:00", "cannot be evaluated"),
        ("Mnn 08:00-18:00 UTC", "no day 'Mnn' (did you mean Mon?)"),
        ("Mon-Fri 08:00-25:00 UTC", "no such times of day"),
        ("Mon-Fri 24:00-08:00 UTC", "no such times of day"),
        ("Mon-Fri 08:61-18:00 UTC", "no such times of day"),
        ("Mon-Fri 08:00-08:00 UTC", "no such times of day"),
        ("Mon-Fri 08:00-18:00 Europe/Pariss", "no time zone 'Europe/Pariss' here"),
        ("Mon-Fri 08:00-18:00 Europe", "no time zone 'Europe' here"),
        ("Mon-Fri 08:00-18:00 ../etc/passwd", "no time zone"),
    ],
)
def test_parse_refuses_what_cannot_be_evaluated(text, why):
    with pytest.raises(BadEnvironment) as refusal:
        parse(text)

    assert why in str(refusal.value)
