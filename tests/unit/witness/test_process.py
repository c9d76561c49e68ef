"""How the pace was kept, told in three numbers."""

from array import array

from chaos_ext.witness.process import pace_kept


def test_pace_kept_tells_the_middle_and_the_worst_when_there_were_many():
    errors_ns = array("q", [1_000 * us for us in range(200)])

    told = pace_kept(errors_ns)

    assert told == {
        "operations": 200,
        "pace_error_us_p50": 100,
        "pace_error_us_p99": 198,
        "pace_error_us_max": 199,
    }


def test_pace_kept_is_zero_when_nothing_was_asked():
    nothing = array("q")

    told = pace_kept(nothing)

    assert told["operations"] == 0
    assert told["pace_error_us_max"] == 0
