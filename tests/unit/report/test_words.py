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


def test_outage_tells_how_little_could_have_gone_unseen():
    told = words.outage({"kind": "", "longest_silence_s": 0.021})

    assert told == "none seen (one shorter than 0.021 s could not have been)"


def test_landed_tells_yes_and_no_in_words():
    assert words.landed({"ms": 3.2, "dead": True, "paused": False, "rtt_ms": 1.25}) == (
        "after 3.2 ms, dead, not paused, rtt_ms 1.25"
    )
    assert words.landed({}) == "-"
