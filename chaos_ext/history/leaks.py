"""Whether something only ever grows: a leak, told from noise, from a saw-tooth, and from a single step.

Samples that follow each other are not independent, so they are put into blocks, and a block counts
once, by its smallest value: what is left when the garbage has been collected. The slope is that of
Theil and Sen, the median over all pairs of blocks, with the confidence interval that the exact
distribution of Kendall's rank correlation gives. A step would look like a slope, too; hence growth
must also be seen within the two parts of the series that the most step-like place divides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

ALPHA = 0.0005  # that independent blocks look like this although nothing grows
# Blocks are never quite independent. So often, at most, is something called a leak that is noise
# with a correlation of 0.95 from sample to sample, a saw-tooth, or a step in such noise; the unit
# tests throw them all. Growth that is not material is left out besides.
FALSE_ALARMS_MAX = 0.025
BLOCK_S_MIN = 1.0
BLOCKS_MAX = 60  # more tell no more, and every pair is looked at
BLOCKS_MIN = 20  # fewer show nothing
INDEPENDENT_MIN = 10  # blocks may be joined down to this number, until they are independent
CORRELATED = 0.2  # neighbours more alike than this are not
WARM_UP_S, WARM_UP_SHARE = 2.0, 0.1  # a server that has just begun still takes what it needs
_ROUNDING = 1e-20  # so little is left of a line by arithmetic alone
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Growth:
    """How something grew: per second, between two bounds, and whether that is a leak."""

    per_s: float
    lower_per_s: float
    upper_per_s: float
    leaks: bool
    blocks: int
    block_s: float
    at_ns: int  # when the last sample of it was taken


def growth(at_ns: NDArray[np.int64], values: Array, material: float) -> Growth | None:
    """How *values* grew; None when there are too few of them. Less than *material* is no leak."""
    warm = _warm(at_ns)
    if not warm.any():
        return None
    seconds, values = (at_ns[warm] - at_ns[0]) / _NS_PER_S, values[warm]
    block_s = max(BLOCK_S_MIN, float(seconds[-1] - seconds[0]) / BLOCKS_MAX)
    times, lows = _blocks(seconds, values, block_s)
    if len(times) < BLOCKS_MIN:
        return None
    times, lows, joined = _independent(times, lows)
    slope, lower, upper = theil_sen(times, lows)
    gained = slope * float(seconds[-1] - seconds[0])
    leaks = lower > 0 and gained >= material and _grows_without_a_step(lows)
    return Growth(
        per_s=slope,
        lower_per_s=lower,
        upper_per_s=upper,
        leaks=leaks,
        blocks=len(times),
        block_s=joined * block_s,
        at_ns=int(at_ns[-1]),
    )


def first_seen(at_ns: NDArray[np.int64], values: Array, material: float) -> int | None:
    """The index of the sample from which on the leak is seen, whatever comes; None if never.

    Only what was sampled up to then is looked at, once a block. An alarm that goes away again was
    none: looking sixty times must not make a false one sixty times as likely.
    """
    seconds = (at_ns - at_ns[0]) / _NS_PER_S if len(at_ns) else np.zeros(0)
    step_s = max(BLOCK_S_MIN, float(seconds[-1]) / BLOCKS_MAX) if len(seconds) else BLOCK_S_MIN
    ends = np.flatnonzero(np.diff(np.floor(seconds / step_s), append=np.inf))
    seen: int | None = None
    for end in reversed(ends.tolist()):
        found = growth(at_ns[: end + 1], values[: end + 1], material)
        if found is None or not found.leaks:
            break
        seen = end
    return seen


def theil_sen(times: Array, values: Array) -> tuple[float, float, float]:
    """The median of the slopes of all pairs, and the exact ends of its confidence interval."""
    first, second = _pairs(len(times))
    slopes = np.sort((values[second] - values[first]) / (times[second] - times[first]))
    beyond = _most_disorder((len(times),))
    if beyond is None:
        return float(np.median(slopes)), -np.inf, np.inf
    return float(np.median(slopes)), float(slopes[beyond]), float(slopes[-1 - beyond])


def _warm(at_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not len(at_ns):
        return np.zeros(0, dtype=bool)
    since_s = (at_ns - at_ns[0]) / _NS_PER_S
    return np.asarray(since_s >= max(WARM_UP_S, WARM_UP_SHARE * since_s[-1]))


def _blocks(seconds: Array, values: Array, block_s: float) -> tuple[Array, Array]:
    """The middle and the smallest value of each block; a last one that is not whole is left out."""
    number = np.floor((seconds - seconds[0]) / block_s)
    whole = number < np.floor((seconds[-1] - seconds[0]) / block_s)
    seconds, values, number = seconds[whole], values[whole], number[whole]
    starts = np.flatnonzero(np.diff(number, prepend=-1.0))
    if not len(starts):
        return np.zeros(0), np.zeros(0)
    return number[starts] * block_s, np.minimum.reduceat(values, starts)


def _independent(times: Array, lows: Array) -> tuple[Array, Array, int]:
    """Blocks joined until what a line leaves of them is no more alike than chance would have it."""
    most = len(times) // INDEPENDENT_MIN
    joined = 1
    for joined in range(1, most + 1):
        many = len(times) // joined * joined
        wide = lows[:many].reshape(-1, joined).min(axis=1)
        at = times[:many].reshape(-1, joined)[:, 0]
        if _alike(at, wide) <= CORRELATED:
            break
    return at, wide, joined


def _alike(times: Array, lows: Array) -> float:
    """The correlation of neighbours, once the slope is taken away."""
    since = times - times.mean()
    above = lows - lows.mean()
    rest = above - since * (np.dot(since, above) / np.dot(since, since))
    spread = float(np.dot(rest, rest))
    if spread <= _ROUNDING * float(np.dot(lows, lows)):
        return 0.0
    return float(np.dot(rest[1:], rest[:-1])) / spread


def _grows_without_a_step(lows: Array) -> bool:
    """Whether values rise on either side of the place where they most look like a step."""
    count = len(lows)
    before = np.arange(2, count - 1)
    sums = np.cumsum(lows)[before - 1]
    rise = sums / before - (lows.sum() - sums) / (count - before)
    split = int(before[np.argmax(before * (count - before) * rise**2)])
    parts = lows[:split], lows[split:]
    limit = _most_disorder((split, count - split))
    return limit is not None and sum(_disorder(part) for part in parts) <= limit


def _disorder(values: Array) -> float:
    """How many pairs do not rise; a tie is half of one."""
    first, second = _pairs(len(values))
    rises = values[second] - values[first]
    return float(np.count_nonzero(rises < 0) + np.count_nonzero(rises == 0) / 2)


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of the earlier and the later of each pair of so many."""
    return np.triu_indices(count, k=1)


@cache
def _most_disorder(sizes: tuple[int, ...]) -> int | None:
    """How many pairs may be in the wrong order before that is as likely as `ALPHA` by chance.

    The number of inversions in random orders of *sizes* values each is a sum of independent
    uniform numbers, so its distribution is exact. None when even none is more likely.
    """
    chances = np.ones(1)
    for size in sizes:
        for rank in range(2, size + 1):
            chances = np.convolve(chances, np.full(rank, 1 / rank))
    below = int(np.searchsorted(np.cumsum(chances), ALPHA, side="right"))
    return below - 1 if below else None
