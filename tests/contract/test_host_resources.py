"""A whole run with its sampler: what it claims of resources is judged, told, and void without it."""

import pytest

from .hosting import action, call, experiment, fault, guarded, standing_lab

MB = 1 << 20
CLAIMS = ["memory_ratio_max <= 0.5", "files_ratio_max <= 0.5", "cpu_ratio_max <= 1.5"]
ANSWERS = {
    "type": "probe",
    "name": "redis-1 answers",
    "tolerance": True,
    "provider": call("answers", "chaos_ext.redis.probes", target="redis-1"),
}
FULL = {
    "type": "probe",
    "name": "memory is far from full",
    "tolerance": {"type": "range", "range": [0.0, 0.5]},
    "provider": call("memory_ratio", "chaos_ext.resource.probes", target="redis-1"),
}
KILL = fault("kill", "redis-2", for_s=1, pauses={"after": 1.5})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with standing_lab(tmp_path_factory.mktemp("lab")) as place:
        yield place


@pytest.fixture(scope="module")
def killed(lab):
    """A run in which a server is killed and comes back, and resources are all that is claimed."""
    content = guarded(
        experiment([KILL], [ANSWERS, FULL]), baseline_s=1, recovers_within_s=10, claims=CLAIMS
    )
    return lab.run(content)


def test_run_holds_what_it_claims_of_resources_without_witness_or_load(killed):
    assert killed.judged == ("held", 0), killed.said
    targets = killed.verdict["resources"]["targets"]
    assert sorted(targets) == [f"{n}-{i}" for n in ("redis", "sentinel") for i in (1, 2, 3)]
    assert all(0 < each["files_ratio_max"] < 0.5 for each in targets.values())


def test_run_seals_the_looks_and_tells_who_looked(killed):
    started, stopped = killed.events("sampler")

    assert (started["state"], stopped["state"]) == ("started", "stopped")
    assert len(started["targets"]) == 6
    assert stopped["rounds"] > 4
    assert "resources.parquet" in (killed.run / "manifest.json").read_text()
    assert not (killed.run / "resources.bin").exists()


def test_run_judges_the_same_again_from_its_folder(killed, lab):
    again = lab.call("verdict", str(killed.run))

    assert again.code == 0
    assert "resources at most: memory" in again.out


def test_run_tells_a_crossing_when_it_happens(lab):
    waits = action("waits", seconds=1.0)
    content = guarded(
        experiment([waits], [ANSWERS]), resources={"warn_ratio": 0.001, "memory_ratio": 0.002}
    )

    ours = lab.run(content)

    assert ours.judged == ("held", 0)  # a crossing alone breaks nothing: a claim does
    told = {(e["target"], e["what"], e["level"]) for e in ours.events("resource")}
    assert ("redis-1", "memory", "violation") in told
    assert any(line.strip().endswith("violation") for line in ours.err.splitlines())


def test_leak_of_a_real_server_breaks_its_claim_and_is_seen_before_it_is_full(lab):
    leak = action("leaks", target="redis-1", mb_per_s=1.0, seconds=26)
    claims = ["memory_leaks == 0", "files_leaks == 0", "memory_leak_seen_ratio <= 0.5"]
    content = guarded(experiment([leak], [ANSWERS]), claims=claims)

    ours = lab.run(content)

    assert ours.judged == ("broke", 1)
    assert [each["outcome"] for each in ours.verdict["claims"][:3]] == ["broke", "held", "held"]
    leaks = {each["target"]: each for each in ours.verdict["resources"]["leaks"]}
    assert "redis-1" in leaks  # and its replicas, which keep the same
    assert 30 * MB < leaks["redis-1"]["per_minute"] < 90 * MB
    assert leaks["redis-1"]["lower_per_minute"] < leaks["redis-1"]["upper_per_minute"]


def test_claims_are_void_when_the_sampler_was_killed(lab):
    method = [action("kills_the_sampler"), action("waits", seconds=0.5)]
    content = guarded(experiment(method, [ANSWERS]), baseline_s=1, claims=CLAIMS)

    ours = lab.run(content)

    assert ours.judged == ("void", 1)
    assert "the sampler: died" in ours.reason
    assert [e["state"] for e in ours.events("sampler")] == ["started", "died"]
    assert "the watch over resources died" in ours.err


def test_run_that_claims_nothing_of_resources_does_not_need_the_sampler(lab):
    content = guarded(experiment([action("kills_the_sampler")], [ANSWERS]))

    assert lab.run(content).judged == ("held", 0)
