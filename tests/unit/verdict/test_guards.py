"""A claim for which too little was asked has not been tested."""

import numpy as np
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


def test_guards_count_operations_by_when_they_were_really_asked(run):
    run.down_s, run.asleep_s = (0.0, 0.0), (5.4, 20.6)

    guards = _guards(run, "outages")

    asked = guards["writes asked in the phase fault"]
    assert (asked.measured, asked.ok) == ("0", False)


@pytest.mark.parametrize(("until_s", "ok"), [(8.9, True), (9.1, False)])
def test_guards_want_a_witness_that_kept_its_pace(run, until_s, ok):
    run.down_s, run.asleep_s = (0.0, 0.0), (8.0, until_s)

    guard = _guards(run, "unknown")["the witness kept its pace"]

    assert (guard.required, guard.ok) == ("at most 1 s late", ok)
    assert float(guard.measured.split()[0]) == pytest.approx(until_s - 8.0, abs=0.01)


def test_guards_notice_a_witness_that_never_woke_up(run):
    run.down_s, run.asleep_s = (0.0, 0.0), (22.0, 99.0)

    guard = _guards(run, "unknown")["the witness kept its pace"]

    assert not guard.ok
    assert guard.measured.startswith("2.")


@pytest.mark.parametrize("metric", ["outage_s", "error_ratio_fault"])
def test_guards_void_what_somebody_else_disturbed_before_the_fault(run, metric):
    run.down_s = (2.0, 4.0)

    guard = _guards(run, metric)["undisturbed before"]

    assert not guard.ok
    assert int(guard.measured.split()[0]) > 100


def test_guards_do_not_take_the_fault_itself_for_a_disturbance(run):
    run.down_s = (5.499, 7.8)

    assert _guards(run, "outage_s")["undisturbed before"].ok


@pytest.mark.parametrize(("failed", "ok"), [(15, True), (16, False)])
def test_guards_allow_the_load_one_error_of_a_hundred_before_the_fault(run, failed, ok):
    first = 2 * 300
    rows = run.load_rows.copy()
    rows["outcome"][np.arange(first, first + failed)] = 1
    run.load_rows = rows

    guards = _guards(run, "latency_ms_p99_fault")

    assert guards["undisturbed before"].ok is ok


def test_guards_let_a_claim_about_the_baseline_tell_of_its_errors(run):
    assert "undisturbed before" not in _guards(run, "error_ratio_baseline")


def test_guards_know_no_before_when_there_is_no_fault(run):
    run.method, run.down_s = [], (2.0, 4.0)
    run.without("fault")

    assert "undisturbed before" not in _guards(run, "outage_s")


@pytest.mark.parametrize(("over_s", "ok"), [(1.4, True), (1.6, False)])
@pytest.mark.parametrize("at_s", [3, 22])
def test_guards_want_a_load_that_kept_its_deadlines(run, at_s, over_s, ok):
    rows = run.load_rows.copy()
    rows["finished_ns"][at_s * 300] = rows["intended_ns"][at_s * 300] + (2 + over_s) * 1e9
    run.load_rows = rows

    guards = _guards(run, "error_ratio_recovered")

    phase = "baseline" if at_s < 5 else "recovery"
    guard = guards[f"the load kept its deadlines in the phase {phase}"]
    assert (guard.required, guard.ok) == ("at most 1.5 s over", ok)
    assert float(guard.measured.split()[0]) == pytest.approx(over_s)


def test_guards_ask_the_load_for_the_deadline_it_had(run):
    rows = run.load_rows.copy()
    rows["finished_ns"][22 * 300] = rows["intended_ns"][22 * 300] + 6 * 1e9
    run.load_rows = rows
    run.change("load", {"state": "started"}, deadline_s=5.0)

    guards = _guards(run, "error_ratio_recovered")

    assert guards["the load kept its deadlines in the phase recovery"].ok
