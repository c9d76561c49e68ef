"""A claim is tested against the bound that could prove it wrong."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.experiment.claims import parse
from chaos_ext.verdict.claims import compare, evaluate
from chaos_ext.verdict.measures import Measures
from chaos_ext.verdict.model import Guard, Reading

NOTHING = Measures(duration_s={}, canary=None, data=None, load={})


def _between(lower, upper):
    return Reading((lower + upper) / 2, lower, upper)


@pytest.mark.parametrize(
    ("lower", "upper", "sign", "limit", "outcome"),
    [
        (2.2, 2.3, "<=", 8, "held"),
        (2.2, 8.0, "<=", 8, "held"),
        (2.2, 8.0, "<", 8, "void"),
        (7.9, 8.1, "<=", 8, "void"),
        (8.0, 8.1, "<=", 8, "void"),
        (8.0, 8.1, "<", 8, "broke"),
        (8.1, 8.2, "<=", 8, "broke"),
        (9.0, math.inf, "<=", 8, "broke"),
        (7.0, math.inf, "<=", 8, "void"),
        (3, 3, ">=", 3, "held"),
        (3, 3, ">", 3, "broke"),
        (2, 4, ">=", 3, "void"),
        (4, 9, ">", 3, "held"),
        (0, 0, "==", 0, "held"),
        (0, 5, "==", 0, "void"),
        (3, 8, "==", 0, "broke"),
        (math.nan, 1, "<=", 8, "void"),
        (0, math.nan, "==", 0, "void"),
        (2, 1, "<=", 8, "void"),
    ],
)
def test_compare_decides_only_what_the_bounds_decide(lower, upper, sign, limit, outcome):
    reading = _between(lower, upper)

    assert compare(reading, sign, limit) == outcome


numbers = st.floats(0, 100)


@given(numbers, numbers, numbers, numbers, st.sampled_from(["<=", "<", ">=", ">", "=="]))
def test_compare_never_contradicts_any_value_within_the_bounds(a, b, share, limit, sign):
    lower, upper = sorted((a, b))
    inside = min(upper, lower + (upper - lower) * share / 100)

    outcome = compare(_between(lower, upper), sign, limit)

    exact = compare(_between(inside, inside), sign, limit)
    assert outcome in ("void", exact)


def test_evaluate_is_void_when_there_is_nothing_to_read():
    result = evaluate(parse("outage_s <= 8"), NOTHING, [])

    assert (result.outcome, result.detail) == ("void", "no witness watched")


def test_evaluate_is_void_when_judging_crashes():
    result = evaluate(parse("outage_s <= 8"), "no measures at all", [])

    assert result.outcome == "void"
    assert "AttributeError" in result.detail


def test_evaluate_names_the_guard_that_failed():
    guard = Guard("the witness", "was alive", "died", ok=False)

    result = evaluate(parse("outage_s <= 8"), NOTHING, [guard])

    assert result.detail.startswith("the witness: died (required was alive)")
