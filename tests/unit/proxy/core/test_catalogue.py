"""The catalogue: defaults as Toxiproxy has them, and no value that would bring it down."""

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.proxy.core import catalogue
from chaos_ext.proxy.core.toxics.table import STAGES


def test_catalogue_fills_in_what_toxiproxy_would():
    whole = catalogue.checked("latency", {"latency": 5})

    assert whole == {"latency": 5, "jitter": 0}


def test_catalogue_knows_every_stage_and_no_more():
    types = set(catalogue.TYPES)

    assert types == {*STAGES, "noop"}


@pytest.mark.parametrize(
    ("type_", "attributes", "text"),
    [
        ("latency", {"jitter": 2**62}, "jitter of latency must be -1000000000 to 1000000000"),
        ("latency", {"latency": 1.5}, "latency of latency must be a whole number: 1.5"),
        ("latency", {"latency": True}, "latency of latency must be a whole number: True"),
        ("latency", {"distribution": "even"}, "must be one of uniform, normal, pareto: 'even'"),
        ("latency", {"latancy": 1}, "no attribute 'latancy' (did you mean latency?)"),
        ("bandwidth", {"rate": -1}, "rate of bandwidth must be 0 to"),
        ("slicer", {}, "average_size of slicer must be at least 1: 0"),
        (
            "slicer",
            {"average_size": 10, "size_variation": 11},
            "at most its average_size of 10: 11",
        ),
        ("stall", {"percent": 101}, "percent of stall must be 0 to 100: 101"),
        ("latancy", {}, "cannot be of type 'latancy' (did you mean latency?)"),
    ],
)
def test_catalogue_refuses_in_one_line_what_toxiproxy_would_die_of(type_, attributes, text):
    with pytest.raises(BadArgument) as refused:
        catalogue.checked(type_, attributes)

    assert text in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [
        *(("latency", each) for each in ("latency", "jitter")),
        ("slow_close", "delay"), ("timeout", "timeout"), ("reset_peer", "timeout"),
    ],
)  # fmt: skip
def test_catalogue_takes_a_time_below_zero_as_toxiproxy_does(type_, attribute):
    whole = catalogue.checked(type_, {attribute: -5})

    assert whole[attribute] == -5
