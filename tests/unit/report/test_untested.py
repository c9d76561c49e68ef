"""What was not tested is told beside what was."""

from chaos_ext.report.untested import untested
from chaos_ext.verdict.facts import load


def _told(folder, verdict):
    return "\n".join(untested(verdict.as_dict(), load(folder)))


def test_untested_names_void_claims_and_claims_without_a_proof(broken, judged):
    told = _told(*judged(broken))

    assert "The claim `latency_ms_p99_fault <= 3000`" in told
    assert "no proof breaks them: acknowledged_lost, error_ratio_recovered" in told
    assert "this is one run" in told


def test_untested_says_so_when_there_was_no_fault_load_or_witness(run, judged):
    run.claims, run.method, run.has_canary, run.has_load = [], [], False, False
    for name in ("fault", "witness", "load", "read_back"):
        run.without(name)

    told = _told(*judged(run))

    assert "Any fault: none was in place" in told
    assert "no load was offered" in told
    assert "no witness watched" in told


def test_untested_says_so_when_no_witness_followed_the_service(staying, judged):
    staying.has_canary = False
    staying.events = [
        each for each in staying.events if each[1] != "witness" or "stays_with" in each[2]
    ]

    told = _told(*judged(staying))

    assert "none followed the service" in told
    assert "no witness watched" not in told


def test_untested_does_not_ask_a_proof_for_proofs(run, judged):
    run.settings = {"control_of": "slow detection"}

    assert "chaos prove" not in _told(*judged(run))


def test_untested_says_so_when_nobody_looked_at_the_servers(run, looked, judged):
    alone, seen = _told(*judged(run)), _told(*judged(looked))

    assert "nobody looked at the servers" in alone
    assert "nobody looked at the servers" not in seen
