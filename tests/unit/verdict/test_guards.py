"""A claim for which too little was asked has not been tested."""

import pytest

from chaos_ext.verdict.guards import guards_for
from chaos_ext.verdict.measures import measure


def _guards(run, metric):
    facts = run.facts()
    return {guard.name: guard for guard in guards_for(metric, facts, measure(facts))}


@pytest.mark.parametrize(
    ("metric", "needs", "needs_not"),
    [
        ("outage_s", "the witness", "reading back"),
        ("acknowledged_lost", "reading back", "the load"),
        ("error_ratio_fault", "arrivals planned in the phase fault", "the witness"),
        ("latency_ms_p99_recovered", "arrivals planned in the phase recovery", "reading back"),
    ],
)
def test_guards_ask_only_for_what_a_claim_reads(run, metric, needs, needs_not):
    guards = _guards(run, metric)

    assert guards[needs].ok
    assert needs_not not in guards


def test_guards_ask_less_of_a_phase_too_short_for_fifty(run):
    run.without("phase", name="recovery").happens(24.1, "phase", name="recovery")

    guard = _guards(run, "outage_s")["writes asked in the phase recovery"]

    assert (guard.required, guard.measured, guard.ok) == (">= 18", "20", True)


def test_guards_want_fifty_arrivals_however_short_the_phase(run):
    run.without("phase", name="recovery").happens(24.4, "phase", name="recovery")

    guards = _guards(run, "error_ratio_recovered")

    assert not guards["arrivals planned in the phase recovery"].ok
    assert guards["arrivals planned in the phase recovery, of rate x time"].ok


def test_guards_count_what_a_load_owes_only_until_it_was_stopped(run):
    run.load_rows = run.load_rows[: 22 * 300]
    late = _guards(run, "error_ratio_recovered")

    run.change("load", {"state": "stopped"}).without("load", state="stopped")
    run.happens(22.0, "load", state="stopped")
    in_time = _guards(run, "error_ratio_recovered")

    name = "arrivals planned in the phase recovery, of rate x time"
    assert not late[name].ok
    assert in_time[name].ok
