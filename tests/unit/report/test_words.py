"""Numbers are told the same way everywhere."""

import pytest

from chaos_ext.report import words


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (2.31, "s", "2.31 s"),
        (0, "", "0"),
        (12345, "", "12,345"),
        (12345.6, "ms", "12,346 ms"),
        (0.000123, "", "0.000123"),
        (None, "s", "no end"),
        ("met", "", "met"),
        ("", "", "-"),
        (True, "", "True"),
    ],
)
def test_number_reads_as_a_person_writes_it(value, unit, told):
    assert words.number(value, unit) == told


@pytest.mark.parametrize(
    ("ok", "key", "told"),
    [
        (100, "latency_ms_p99", "2.19 ms"),
        (99, "latency_ms_p99", "2.19 ms"),
        (98, "latency_ms_p99", ">= 2.19 ms"),
        (49, "latency_ms_p50", ">= 2.19 ms"),
        (100, "latency_ms_max", "2.19 ms"),
        (99, "latency_ms_max", ">= 2.19 ms"),
    ],
)
def test_latency_has_no_upper_end_when_its_rank_was_never_answered(ok, key, told):
    load = {"planned": 100, "ok": ok, key: 2.19}

    assert words.latency(load, key) == told


@pytest.mark.parametrize(
    ("lower_s", "upper_s", "told"),
    [
        (2.96, 3.033, "2.960 s to 3.033 s"),
        (14.8, None, "14.800 s to no end"),
        (None, None, "-"),
    ],
)
def test_between_tells_what_is_known(lower_s, upper_s, told):
    assert words.between(lower_s, upper_s) == told


def test_count_tells_a_number_that_nobody_has():
    assert (words.count(1119), words.count(0), words.count(None)) == ("1,119", "0", "-")


def test_outage_tells_how_little_could_have_gone_unseen():
    told = words.outage({"kind": "", "longest_silence_s": 0.021})

    assert told == "none seen (one shorter than 0.021 s could not have been)"


def test_landed_tells_yes_and_no_in_words():
    assert words.landed({"ms": 3.2, "dead": True, "paused": False, "rtt_ms": 1.25}) == (
        "after 3.2 ms, dead, not paused, rtt_ms 1.25"
    )
    assert words.landed({}) == "-"


def test_landed_lists_what_was_measured_of_several():
    told = words.landed({"by": "nft", "dropped": {"a > b": 1, "b > a": 2}, "lost": ["c", "d"]})

    assert told == "by nft, dropped (a > b: 1, b > a: 2), lost (c, d)"
