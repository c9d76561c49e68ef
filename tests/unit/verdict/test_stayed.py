"""What a client that is told of no change met is judged by its own rows, and void without them."""

import json
import math

import pytest

from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge

STAYED_S = 8.5 - 5.52  # from the fault to when its node began to refuse
LANDED = {"state": "in_place"}
HEALED = {"state": "healed"}


def _judge(run, *claims, **changes):
    run.claims = list(claims) or run.claims
    for name, value in changes.items():
        setattr(run, name, value)
    return judge(run.facts())


def _failed(verdict):
    return [guard.name for guard in verdict.guards if not guard.ok]


def test_judge_bounds_how_long_a_client_that_is_told_nothing_was_served(staying):
    verdict = _judge(staying, "stayed_acknowledged_s <= 3.5", "outage_s <= 8")

    reading, outage = (claim.reading for claim in verdict.claims[:2])
    assert verdict.word == "held"
    assert reading.lower <= STAYED_S <= reading.upper
    assert reading.upper - reading.lower < 0.1
    assert outage.upper == pytest.approx(2.34, abs=0.01)  # of the other witness, as ever


def test_judge_says_broke_when_it_was_served_for_as_long_as_the_fault_lasted(staying):
    verdict = _judge(staying, stays_down_s=(0.0, 0.0), stays_lost=frozenset({900, 902}))

    claim = verdict.claims[0]
    assert verdict.word == "broke"
    assert 14.7 < claim.reading.lower <= 20.4 - 5.52
    assert claim.reading.upper == math.inf
    assert "no write failed" in claim.detail
    assert verdict.stayed["lost"] == 2
    assert "2 of them are gone" in verdict.stayed["meaning"]


def test_judge_measures_nothing_when_it_was_never_served_again(staying):
    verdict = _judge(staying, "stayed_acknowledged_s <= 0.1", stays_down_s=(5.51, 99.0))

    reading = verdict.claims[0].reading
    assert verdict.word == "held"
    assert (reading.value, reading.lower) == (0, 0)
    assert "none of its writes was acknowledged" in verdict.stayed["meaning"]


def test_judge_says_void_when_the_bounds_lie_on_both_sides(staying):
    verdict = _judge(staying, "stayed_acknowledged_s <= 2.98")

    assert verdict.claims[0].outcome == "void"


@pytest.mark.parametrize(
    ("metric", "changes", "count", "shares"),
    [
        (
            "acknowledged_lost",
            {"lost": frozenset({200}), "stays_lost": frozenset({200, 202})},
            3,
            "1 of redis, 2 of redis@redis-primary",
        ),
        (
            "unexpected",
            {"unexpected": 2, "stays_unexpected": 3},
            5,
            "2 of redis, 3 of redis@redis-primary",
        ),
        ("unknown", {}, 6, "3 of redis, 3 of redis@redis-primary"),
        ("stayed_lost", {"lost": frozenset({200}), "stays_lost": frozenset({202})}, 1, ""),
    ],
)
def test_judge_counts_the_writes_of_both_witnesses_and_says_whose(
    staying, metric, changes, count, shares
):
    verdict = _judge(staying, f"{metric} == {count}", f"{metric} <= {count - 1}", **changes)

    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "broke"]
    assert verdict.claims[0].detail == shares
    assert verdict.claims[0].reading.value == count


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"has_staying": False}, "writes asked by the witness that stays in the phase fault"),
        ({"stays_asleep_s": (6.0, 7.2)}, "the witness that stays kept its pace"),
        ({"stays_down_s": (2.0, 4.0)}, "undisturbed before"),
        (
            {"stays_down_s": (0.0, 99.0)},
            "writes by the witness that stays acknowledged in the phase baseline",
        ),
        ({"down_s": (2.0, 4.0)}, "undisturbed before"),
    ],
)
@pytest.mark.parametrize("metric", ["stayed_acknowledged_s", "stayed_lost"])
def test_judge_says_void_when_the_staying_witness_shows_too_little(
    staying, metric, changes, guard
):
    verdict = _judge(staying, f"{metric} <= 1000", **changes)

    assert verdict.claims[0].outcome == "void"
    assert guard in _failed(verdict)


@pytest.mark.parametrize("metric", ["stayed_acknowledged_s", "stayed_lost"])
def test_judge_says_void_when_no_fault_landed(staying, metric):
    staying.without("fault").method = []

    verdict = _judge(staying, f"{metric} <= 1000")

    assert verdict.claims[0].outcome == "void"
    assert _failed(verdict) == ["a fault landed"]


@pytest.mark.parametrize("metric", ["stayed_lost", "acknowledged_lost", "unexpected"])
@pytest.mark.parametrize(
    "changes", [{"stays_unread": frozenset({400})}, {"has_staying_read_back": False}]
)
def test_judge_says_void_when_its_writes_were_not_read_back(staying, metric, changes):
    verdict = _judge(staying, f"{metric} == 0", **changes)

    assert verdict.claims[0].outcome == "void"
    assert "writes not read back" in _failed(verdict)


def test_judge_still_says_broke_when_a_lost_write_is_a_fact(staying):
    lost, unread = frozenset({200}), frozenset({400})

    verdict = _judge(staying, "stayed_lost == 0", stays_lost=lost, stays_unread=unread)

    reading = verdict.claims[0].reading
    assert (verdict.word, reading.lower, reading.upper) == ("broke", 1, 2)


@pytest.mark.parametrize(
    ("dead", "outcomes"),
    [
        ({"stays_with": "redis-primary"}, ["held", "void", "void", "void", "void"]),
        ({"pace_error_us_p99": 140}, ["void", "void", "void", "held", "held"]),
    ],
    ids=["the staying", "the following"],
)
def test_judge_voids_only_what_a_witness_that_died_had_to_show(staying, dead, outcomes):
    staying.change("witness", {"state": "stopped"} | dead, state="died")
    claims = ("outages == 1", "acknowledged_lost == 0", "unknown <= 6")
    claims += ("stayed_acknowledged_s <= 3.5", "stayed_lost == 0")

    verdict = _judge(staying, *claims)

    assert [claim.outcome for claim in verdict.claims[:5]] == outcomes


def test_judge_does_not_count_what_was_acknowledged_after_healing(staying):
    verdict = _judge(staying, stays_down_s=(8.5, 20.39))

    assert verdict.word == "held"
    assert verdict.claims[0].reading.upper < 3.1


@pytest.mark.parametrize(
    ("down_s", "outcome", "upper_s"),
    [((8.5, 99.0), "held", 3.04), ((8.5, 12.0), "void", math.inf)],
    ids=["never served again", "perhaps served before the healing began"],
)
def test_judge_does_not_know_when_a_lasting_fault_began_to_be_healed(
    staying, down_s, outcome, upper_s
):
    staying.change("fault", LANDED, lasting=True)

    verdict = _judge(staying, stays_down_s=down_s)

    reading = verdict.claims[0].reading
    assert (verdict.claims[0].outcome, reading.lower < STAYED_S) == (outcome, True)
    assert reading.upper == pytest.approx(upper_s, abs=0.01)


def test_judge_measures_from_the_first_fault_to_the_first_healing(staying):
    staying.change("fault", LANDED, for_s=2.0).change("fault", HEALED, lease="lease-2")
    ours = {"fault": "process.kill", "target": "redis-primary", "node": "redis-1"}
    staying.happens(7.52, "fault", lease="lease-1", **ours, **HEALED)
    staying.happens(7.6, "fault", lease="lease-2", for_s=12.8, **ours, **LANDED)

    verdict = _judge(staying, "stayed_acknowledged_s >= 1.7", "stayed_acknowledged_s <= 3.5")

    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "void"]
    assert 1.7 < verdict.claims[0].reading.lower < 2
    assert verdict.claims[0].reading.upper == math.inf


def test_judge_counts_the_landing_in_for_the_upper_bound_only(staying):
    staying.change("fault", LANDED, landed={"ms": 500.0})

    reading = _judge(staying).claims[0].reading

    assert reading.lower < STAYED_S < STAYED_S + 0.5 < reading.upper


def test_judge_says_void_when_the_fault_was_over_when_it_landed(staying):
    staying.change("fault", HEALED, detail="over").without("fault", state="in_place")
    healed = next(event for event in staying.events if event[2].get("state") == "healed")
    staying.happens(20.41, "fault", **(healed[2] | LANDED | {"landed": {"ms": 20.0}}))

    verdict = _judge(staying)

    assert verdict.claims[0].outcome == "void"
    assert "no fault landed that lasted" in verdict.claims[0].detail


def test_judge_says_void_when_no_witness_stayed(run):
    verdict = _judge(run, "stayed_acknowledged_s <= 3.5", "stayed_lost == 0")

    assert [claim.outcome for claim in verdict.claims[:2]] == ["void", "void"]
    assert "the witness that stays" in _failed(verdict)


def test_judge_tells_of_a_staying_witness_only_where_there_was_one(run, staying):
    plain, both = judge(run.facts()).as_dict(), judge(staying.facts()).as_dict()

    assert "stayed" not in plain
    assert both["stayed"]["witness"] == "redis@redis-primary"
    assert both["stayed"]["node"] == "redis-1"
    assert both["data"]["acknowledged"] == (
        plain["data"]["acknowledged"] + both["stayed"]["acknowledged"]
    )


@pytest.mark.parametrize("compacted", [True, False])
def test_judge_says_the_same_of_both_witnesses_from_the_disk(staying, tmp_path, compacted):
    staying.compacted, staying.stays_unexpected = compacted, 2
    staying.claims += ["unexpected == 2", "stayed_lost == 0", "outage_s <= 8"]

    from_disk = judge(load(staying.write(tmp_path))).as_dict()

    assert from_disk["verdict"] == "held"
    assert json.dumps(from_disk) == json.dumps(_judge(staying).as_dict())
