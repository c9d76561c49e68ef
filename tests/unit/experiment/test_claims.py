"""A claim is read exactly, or refused with what would be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment.claims import METRICS, OPERATORS, Claim, parse


@given(
    metric=st.sampled_from(sorted(METRICS)),
    operator=st.sampled_from(OPERATORS),
    limit=st.floats(0.001, 0.999),
    space=st.sampled_from(["", " ", "  "]),
)
def test_parse_reads_every_metric_operator_and_number(metric, operator, limit, space):
    text = f"{metric}{space}{operator}{space}{limit!r}"

    claim = parse(text)

    assert claim == Claim(text, metric, operator, limit)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("outage_s", "not a sentence `metric operator number`"),
        ("outage_s <= 8 s", "not a sentence"),
        ("outge_s <= 8", "no metric outge_s (did you mean outage_s?)"),
        ("outage_s != 8", "no operator != (known: <=, >=, ==, <, >)"),
        ("outage_s =< 8", "no operator =<"),
        ("outage_s <= eight", "'eight' is not a number"),
        ("outage_s <= 8s", "the unit is in the metric"),
        ("outage_s <= nan", "a finite number from 0 to inf"),
        ("outage_s <= inf", "a finite number"),
        ("outage_s <= -1", "a finite number from 0"),
        ("error_ratio_fault <= 5", "from 0 to 1"),
        ("outage_s >= 0", "always true: nothing is tested"),
        ("error_ratio_fault <= 1", "always true"),
        ("outages < 0", "never true"),
        ("dropped_ratio_fault > 1", "never true"),
    ],
)
def test_parse_refuses_what_claims_nothing(text, why):
    with pytest.raises(BadExperiment) as refusal:
        parse(text)

    assert why in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("metric", "source"),
    [
        ("outage_s", "watch"),
        ("latency_ms_p99_recovered", "load"),
        ("unknown", "watch"),
        ("stayed_lost", "stays_with"),
        ("stayed_acknowledged_s", "stays_with"),
    ],
)
def test_metrics_know_who_measures_them(metric, source):
    assert METRICS[metric].source == source
