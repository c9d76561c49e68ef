"""A claim about resources is judged by what was seen of them, and void where too little was."""

import math

import numpy as np
import pytest

from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge

MB = 1 << 20
RATIOS = {
    "memory": ({"memory_server_bytes": 60 * MB}, 0.6),
    "files": ({"files": 700}, 0.7),
    "connections": ({"connections": 80}, 0.8),
    "disk": ({"disk_bytes": 95 * MB}, 0.95),
    "inodes": ({"inodes": 500}, 0.5),
}


def _judge(run, *claims):
    run.claims = list(claims)
    return judge(run.facts())


def _failed(verdict):
    return [guard.name for guard in verdict.guards if not guard.ok]


@pytest.mark.parametrize("kind", RATIOS)
def test_judge_takes_the_fullest_moment_of_the_fullest_server(looked, kind):
    columns, ratio = RATIOS[kind]
    looked.uses("redis-2", (10.0, 10.3), **columns)

    verdict = _judge(looked, f"{kind}_ratio_max <= {ratio}", f"{kind}_ratio_max <= 0.49")

    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "broke"]
    assert verdict.claims[0].reading.value == pytest.approx(ratio)
    assert verdict.claims[0].reading.detail == "redis-2"


def test_judge_measures_cpu_over_a_second_of_what_is_allowed(looked):
    busy = looked.looks["redis-1"]["cpu_ns"]
    busy[40:] += 500_000_000  # half a second of one core, of two allowed

    verdict = _judge(looked, "cpu_ratio_max <= 0.5")

    assert verdict.claims[0].reading.value == pytest.approx((0.1 + 0.5) / 2, abs=0.01)


def test_judge_measures_how_often_a_quota_was_too_small(looked):
    looked.uses(
        "redis-2",
        cpu_periods=lambda at_s: np.rint(at_s * 10),
        cpu_periods_throttled=lambda at_s: np.rint(np.clip(at_s - 10, 0, 1) * 8),
    )

    verdict = _judge(looked, "throttled_ratio_max <= 0.1")

    assert verdict.word == "broke"
    assert verdict.claims[0].reading.value == pytest.approx(0.8)


def test_judge_takes_the_tighter_of_two_limits_of_memory(looked):
    looked.uses("redis-1", memory_group_bytes=40 * MB, memory_group_limit_bytes=50 * MB)

    assert _judge(looked, "memory_ratio_max <= 1").claims[0].reading.value == pytest.approx(0.8)


def test_judge_holds_what_is_resident_against_the_limit_of_a_group_that_tells_no_use(looked):
    looked.uses("redis-1", memory_group_limit_bytes=24 * MB)

    assert _judge(looked, "memory_ratio_max <= 1").claims[0].reading.value == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["memory", "files", "connections"])
def test_judge_reads_the_recovery_alone_where_a_claim_says_recovered(looked, kind):
    columns, ratio = RATIOS[kind]
    looked.uses("redis-1", (8.0, 12.0), **columns)

    verdict = _judge(
        looked, f"{kind}_ratio_max_recovered <= 0.1", f"{kind}_ratio_max >= {ratio}"
    )

    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "held"]


def test_judge_says_of_whom_nothing_is_known(looked):
    looked.uses("redis-2", memory_server_limit_bytes=-1)

    assert "not known of redis-2" in _judge(looked, "memory_ratio_max <= 1").claims[0].detail


@pytest.mark.parametrize("metric", ["memory_ratio_max", "memory_ratio_max_recovered"])
def test_judge_says_void_when_nothing_is_known_of_anybody(looked, metric):
    for target in looked.looks:
        looked.uses(target, memory_server_limit_bytes=-1)

    claim = _judge(looked, f"{metric} <= 0.9").claims[0]

    assert claim.outcome == "void"
    assert "no limit of memory is known" in claim.detail


@pytest.mark.parametrize(
    ("spoil", "guard"),
    [
        (lambda run: setattr(run, "has_looks", False), "servers seen"),
        (lambda run: run.without("sampler"), "the sampler"),
        (lambda run: run.change("sampler", {"state": "stopped"}, state="died"), "the sampler"),
        (
            lambda run: run.looks.update({k: v[::2] for k, v in run.looks.items()}),
            "looks at each server in the phase fault",
        ),
        (
            lambda run: run.looks.update({"redis-2": run.looks["redis-2"][:80]}),
            "looks at each server in the phase recovery",
        ),
        (lambda run: run.dies("redis-1", (-1.0, 99.0)), "servers seen"),
        (lambda run: run.looks.pop("redis-2"), "servers seen"),
        (
            lambda run: setattr(run, "down_s", (2.0, 4.0)),
            "undisturbed before",
        ),
    ],
)
@pytest.mark.parametrize("metric", ["files_ratio_max", "memory_leaks"])
def test_judge_says_void_when_too_little_was_looked_at(looked, spoil, guard, metric):
    spoil(looked)

    verdict = _judge(looked, f"{metric} <= 0.9")

    assert verdict.claims[0].outcome == "void"
    assert guard in _failed(verdict)


def test_judge_does_not_ask_a_server_to_live_while_a_fault_has_killed_it(looked):
    looked.dies("redis-1", (5.6, 12.0))

    assert _judge(looked, "files_ratio_max <= 0.9", "cpu_ratio_max <= 0.9").word == "held"


def test_judge_says_void_when_a_server_was_not_back_in_the_recovery(looked):
    looked.dies("redis-1", (5.6, 99.0))

    verdict = _judge(looked, "files_ratio_max_recovered <= 0.9")

    assert verdict.word == "void"
    assert _failed(verdict) == ["servers seen in the phase recovery"]


def test_judge_counts_who_leaks_and_tells_how_fast(looked):
    looked.uses("redis-2", memory_bytes=lambda at_s: 12 * MB + at_s * MB)

    verdict = _judge(looked, "memory_leaks == 0", "files_leaks == 0")

    assert [claim.outcome for claim in verdict.claims[:2]] == ["broke", "held"]
    (leak,) = verdict.resources["leaks"]
    assert (leak["target"], leak["what"]) == ("redis-2", "memory")
    assert leak["lower_per_minute"] <= 60 * MB <= leak["upper_per_minute"]
    assert leak["full_s"] == pytest.approx(90 - 12 - 24.25, abs=1)
    assert verdict.claims[0].detail.startswith("redis-2 grows by 60 MB a minute")


def test_judge_counts_descriptors_that_are_never_closed(looked):
    looked.uses("redis-1", files=lambda at_s: 20 + np.floor(at_s * 2), files_allowed=-1)

    verdict = _judge(looked, "files_leaks == 1")

    assert verdict.word == "held"
    assert "its limit is not known" in verdict.claims[0].detail


def test_judge_sees_what_the_server_itself_counts_as_well(looked):
    looked.uses("redis-1", memory_server_bytes=lambda at_s: 10 * MB + at_s * MB)

    assert _judge(looked, "memory_leaks == 1").word == "held"


def test_judge_says_void_when_no_process_lived_long_enough_to_see_it_grow(looked):
    looked.dies("redis-1", (10.0, 12.0))

    verdict = _judge(looked, "memory_leaks == 0")

    assert verdict.word == "void"
    assert _failed(verdict) == ["blocks to see memory grow in"]


def test_judge_tells_how_full_it_was_when_the_leak_could_be_seen(looked):
    looked.uses("redis-2", memory_server_bytes=lambda at_s: 10 * MB + at_s * MB)

    verdict = _judge(looked, "memory_leak_seen_ratio <= 0.36", "memory_leak_seen_ratio <= 0.2")

    assert [claim.outcome for claim in verdict.claims[:2]] == ["held", "broke"]
    assert verdict.claims[0].reading.value > 0.3  # after 20 blocks and the warm-up, not sooner


def test_judge_never_saw_a_leak_where_nothing_grew(looked):
    claim = _judge(looked, "memory_leak_seen_ratio <= 0.9").claims[0]

    assert claim.outcome == "broke"
    assert claim.reading.value == math.inf


@pytest.mark.parametrize("compacted", [True, False])
def test_judge_says_the_same_of_resources_from_the_disk(looked, tmp_path, compacted):
    looked.uses("redis-1", memory_bytes=lambda at_s: 12 * MB + at_s * MB)
    looked.claims = ["memory_leaks == 1", "memory_ratio_max <= 0.2", "cpu_ratio_max <= 0.2"]
    looked.compacted = compacted

    from_disk = judge(load(looked.write(tmp_path / "run")))

    assert from_disk.as_dict() == judge(looked.facts()).as_dict()
    assert from_disk.word == "held"


def test_judge_tells_of_resources_only_where_somebody_looked(run, looked):
    plain, seen = judge(run.facts()).as_dict(), judge(looked.facts()).as_dict()

    assert "resources" not in plain
    assert seen["resources"]["targets"]["redis-1"]["files_ratio_max"] == 0.02


@pytest.mark.parametrize("kind", ["memory", "connections"])
def test_judge_says_void_when_a_server_told_nothing_while_it_may_have_been_full(looked, kind):
    columns = {"memory": "memory_server_bytes", "connections": "connections"}
    looked.uses("redis-2", (6.0, 20.0), **{columns[kind]: -1})  # it stands still for the fault

    verdict = _judge(looked, f"{kind}_ratio_max <= 0.9")

    assert verdict.word == "void"
    assert _failed(verdict) == [f"looks that tell of {kind} in the phase fault"]


def test_judge_does_not_miss_what_a_server_tells_a_moment_late(looked):
    looked.uses("redis-2", (6.0, 7.0), connections=-1)

    assert _judge(looked, "connections_ratio_max <= 0.9").word == "held"
