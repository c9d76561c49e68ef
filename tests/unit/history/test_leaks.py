"""What only ever grows is told from what goes up and down, seeded so that it falls the same way again."""

import itertools
import math
import os

import numpy as np
import pytest

from chaos_ext.history import leaks

EVERY_S = 0.25
TRIALS = 200 if os.environ.get("CI") == "true" else 80  # what is stated is seen in 80 already
MATERIAL = 1.0


def series(lasts_s, value_of, seed):
    """Samples of a series that lasts so long; *value_of* takes seconds and dice."""
    at_s = np.arange(0, lasts_s, EVERY_S)
    return (at_s * 1e9).astype("i8"), value_of(at_s, np.random.default_rng(seed))


def noise(at_s, dice, correlation, spread=20.0):
    """Noise of which each sample is that much like the one before."""
    fresh = dice.normal(0, spread * math.sqrt(1 - correlation**2), len(at_s))
    first = dice.normal(0, spread)
    made = itertools.accumulate([first, *fresh[1:].tolist()], lambda a, b: correlation * a + b)
    return np.fromiter(made, float, len(at_s))


def saw_tooth(at_s, dice):
    """Memory that grows until a collector takes it back, at least three times."""
    period_s = dice.uniform(1, at_s[-1] / 3)
    return 100 * ((at_s / period_s + dice.uniform(0, 1)) % 1) + dice.normal(0, 1, len(at_s))


def step(at_s, dice, correlation):
    """One allocation that stays, somewhere within."""
    at = dice.uniform(0.15, 0.9) * at_s[-1]
    return 100.0 * (at_s > at) + noise(at_s, dice, correlation, 5.0)


def alarms(lasts_s, value_of):
    """The share of seeds for which a leak is found."""
    found = [leaks.growth(*series(lasts_s, value_of, seed), MATERIAL) for seed in range(TRIALS)]
    assert all(found)
    return sum(each.leaks for each in found) / TRIALS


@pytest.mark.parametrize("lasts_s", [23, 60, 300])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.95])
def test_noise_raises_no_alarm_more_often_than_stated(lasts_s, correlation):
    share = alarms(lasts_s, lambda at_s, dice: noise(at_s, dice, correlation))

    assert share <= leaks.FALSE_ALARMS_MAX


@pytest.mark.parametrize("lasts_s", [23, 60, 300])
def test_saw_tooth_raises_no_alarm_more_often_than_stated(lasts_s):
    assert alarms(lasts_s, saw_tooth) <= leaks.FALSE_ALARMS_MAX


@pytest.mark.parametrize("lasts_s", [23, 60, 300])
@pytest.mark.parametrize("correlation", [0.0, 0.8, 0.95])
def test_single_step_raises_no_alarm_more_often_than_stated(lasts_s, correlation):
    share = alarms(lasts_s, lambda at_s, dice: step(at_s, dice, correlation))

    assert share <= leaks.FALSE_ALARMS_MAX


def test_step_without_noise_raises_no_alarm():
    at_ns, values = series(60, lambda at_s, _: 100.0 * (at_s > 30), 0)

    found = leaks.growth(at_ns, values, MATERIAL)

    assert not found.leaks


def test_last_value_above_the_first_is_no_leak():
    at_ns, values = series(60, lambda at_s, dice: noise(at_s, dice, 0.5), 3)
    values[-1] = values[0] + 1000

    assert not leaks.growth(at_ns, values, MATERIAL).leaks


@pytest.mark.parametrize(
    ("lasts_s", "beside"),
    [
        (60, lambda at_s, dice: noise(at_s, dice, 0.0, 5.0)),
        (300, lambda at_s, dice: noise(at_s, dice, 0.8, 5.0)),
        (60, lambda at_s, dice: saw_tooth(at_s, dice) / 20),
    ],
    ids=["noise", "correlated noise", "a collector"],
)
def test_slow_leak_is_found_beneath(lasts_s, beside):
    share = alarms(lasts_s, lambda at_s, dice: 40 * at_s / lasts_s + beside(at_s, dice))

    assert share >= 0.95


def test_what_is_left_after_each_collection_decides():
    def rising_floor(at_s, _):
        return np.where((at_s * 4).astype(int) % 4 == 0, at_s, 100.0)

    def rising_peaks(at_s, _):
        return np.where((at_s * 4).astype(int) % 4 == 0, 10.0, 100 + at_s)

    found = [
        leaks.growth(*series(60, value_of, 0), MATERIAL).leaks
        for value_of in (rising_floor, rising_peaks)
    ]

    assert found == [True, False]


def test_leak_that_flattens_out_is_found_while_it_lasts():
    at_ns, values = series(60, lambda at_s, _: np.sqrt(at_s), 0)

    assert leaks.growth(at_ns, values, MATERIAL).leaks


def test_growth_lies_between_its_bounds_in_almost_all_cases():
    rise = 40 / 60
    inside = 0
    for seed in range(TRIALS):
        at_ns, values = series(60, lambda s, d: rise * s + noise(s, d, 0.0, 5.0), seed)
        found = leaks.growth(at_ns, values, MATERIAL)
        inside += found.lower_per_s <= rise <= found.upper_per_s

    assert inside / TRIALS >= 0.99


def test_growth_that_is_not_material_is_no_leak():
    at_ns, values = series(60, lambda at_s, _: at_s / 60, 0)

    found = leaks.growth(at_ns, values, 1.0)

    assert found.lower_per_s > 0
    assert not found.leaks


def test_warm_up_is_left_out():
    at_ns, values = series(60, lambda at_s, _: np.minimum(at_s, 2.0) * 100, 0)

    found = leaks.growth(at_ns, values, MATERIAL)

    assert (found.per_s, found.leaks) == (0, False)


@pytest.mark.parametrize("samples", [0, 1, 3, 80])
def test_too_few_samples_show_nothing(samples):
    at_ns, values = series(60, lambda at_s, _: at_s, 0)

    assert leaks.growth(at_ns[:samples], values[:samples], MATERIAL) is None
    assert leaks.first_seen(at_ns[:samples], values[:samples], MATERIAL) is None


def test_leak_is_first_seen_by_what_was_sampled_until_then():
    at_ns, values = series(120, lambda at_s, _: np.maximum(at_s - 10, 0), 0)

    seen = leaks.first_seen(at_ns, values, MATERIAL)

    assert 22 < at_ns[seen] / 1e9 < 60
    assert leaks.growth(at_ns[: seen + 1], values[: seen + 1], MATERIAL).leaks


def test_alarm_that_goes_away_again_was_none():
    at_ns, values = series(120, lambda at_s, _: np.where(at_s < 60, at_s, 0), 0)

    assert leaks.growth(at_ns[:230], values[:230], MATERIAL).leaks
    assert leaks.first_seen(at_ns, values, MATERIAL) is None


@pytest.mark.parametrize("sizes", [(4,), (6,), (7,), (3, 4)])
def test_disorder_is_as_rare_as_counting_every_order_shows(sizes, monkeypatch):
    monkeypatch.setattr(leaks, "ALPHA", 0.05)
    orders = [itertools.permutations(range(size)) for size in sizes]
    counts = np.array(
        [
            sum(a > b for part in parts for a, b in itertools.combinations(part, 2))
            for parts in itertools.product(*orders)
        ]
    )

    limit = leaks._most_disorder.__wrapped__(sizes)

    assert (counts <= limit).mean() <= 0.05 < (counts <= limit + 1).mean()


def test_theil_and_sen_take_the_median_of_all_slopes():
    times, values = np.arange(12.0), np.arange(12.0) * 3
    values[5] = 1000  # one that lies is outvoted

    slope, lower, upper = leaks.theil_sen(times, values)

    assert slope == 3
    assert lower <= 3 <= upper
