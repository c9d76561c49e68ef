"""What a fault of a clock may be asked for: a wrong value is refused before anything happens."""

from __future__ import annotations

from chaos_ext.errors import BadArgument
from chaos_ext.values import is_number
from chaos_ext.words import shown

BY_S_MIN, BY_S_MAX = (
    0.2,
    315_360_000.0,
)  # told apart from 50 ms; ten years, so never before 1970
MS_PER_S_MIN = 5.0  # less cannot be told from the noise of measuring within a few seconds
MS_PER_S_MAX = 500.0  # a server waits as its clock runs: at -500 everything takes twice as long
SHOWS_MS = 20.0  # so much gained or lost is more than measuring is wrong by


def refuse_jump(by_s: object) -> None:
    """Refuse a jump that nobody could see, or that leads out of all time."""
    _refuse("jump: by_s", by_s, BY_S_MIN, BY_S_MAX)


def refuse_skew(ms_per_s: object, for_s: object) -> None:
    """Refuse a rate that nobody could see, that stops time, or that would show too late."""
    _refuse("skew: ms_per_s", ms_per_s, MS_PER_S_MIN, MS_PER_S_MAX)
    after_s = shows_after_s(float(ms_per_s))  # type: ignore[arg-type] # it is a number by now
    if is_number(for_s) and 0 < for_s <= after_s:  # type: ignore[operator]
        raise BadArgument(
            f"clock.skew: at {ms_per_s:g} ms a second it shows after {after_s:.2g} s and would be "
            f"over by then; make for_s longer than that, not {for_s:g}"
        )


def shows_after_s(ms_per_s: float) -> float:
    """When so much is gained or lost that it can be measured."""
    return SHOWS_MS / abs(ms_per_s)


def _refuse(what: str, value: object, least: float, most: float) -> None:
    if not is_number(value) or not least <= abs(value) <= most:  # type: ignore[arg-type] # not even a NaN is
        raise BadArgument(
            f"clock.{what} must be a number from {least:g} to {most:,.10g}, "
            f"or as much below 0, not {shown(value)}"
        )
