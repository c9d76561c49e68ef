"""What is ours in an experiment: defaults, exact values, and one line for everything wrong."""

import math

import pytest

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment.claims import parse
from chaos_ext.experiment.settings import Load, Proof, Settings, Watch, examine, read

OURS = ("extensions", 0)
AT = "extensions.chaos_ext"


def test_read_gives_everything_that_was_written(experiment):
    ours = experiment["extensions"][0]
    ours |= {"covers": ["redis/failover"], "control_of": "slow", "baseline_s": 2}
    ours |= {"watch": [{"system": "redis", "pace_ms": 10, "deadline_ms": 200}]}

    settings = read(experiment)

    assert settings == Settings(
        covers=("redis/failover",),
        watch=(Watch("redis", 10.0, 200.0),),
        load=Load("redis", 300.0, 2.0),
        baseline_s=2.0,
        claims=(parse("outage_s <= 8"), parse("error_ratio_recovered <= 0.01")),
        proofs=(Proof("slow", {"redis": {"down_after_ms": 30000}}, "outage_s"),),
        control_of="slow",
    )


def test_read_gives_a_witness_that_stays_a_name_of_its_own(changed):
    watch = ["redis", {"system": "redis", "stays_with": "redis-primary", "pace_ms": 10}]

    settings = read(changed(*OURS, "watch", watch))

    staying = Watch("redis", pace_ms=10.0, stays_with="redis-primary")
    assert settings.watch == (Watch("redis"), staying)
    assert [each.name for each in settings.watch] == ["redis", "redis@redis-primary"]


def test_read_takes_claims_about_a_witness_that_stays_when_there_is_one(changed):
    changed(*OURS, "watch", ["redis", {"system": "redis", "stays_with": "redis-1"}])
    claimed = ["stayed_acknowledged_s <= 3.5", "stayed_lost == 0", "outage_s <= 8"]

    settings = read(changed(*OURS, "claims", claimed))

    assert [claim.text for claim in settings.claims] == claimed


def test_read_gives_defaults_when_only_the_name_is_written():
    assert read({"extensions": [{"name": "chaos_ext"}]}) == Settings()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (
            "load",
            {"system": "redis", "rate_per_s": -3},
            f"{AT}.load.rate_per_s must be a number",
        ),
        ("load", {"system": "redis", "rate_per_s": math.inf}, "up to 1000000, not inf"),
        ("load", {"system": "redis"}, f"{AT}.load.rate_per_s is missing"),
        ("load", {"rate_per_s": 1}, f"{AT}.load.system is missing"),
        ("load", {"system": "r", "rate": 1, "rate_per_s": 1}, "load.rate is not a known key"),
        ("load", [1], f"{AT}.load must be a mapping, not a list"),
        ("watch", "redis", f"{AT}.watch must be a list, not 'redis'"),
        ("watch", [5], f"{AT}.watch[0] must be a system or {{system:"),
        ("watch", [{"pace_ms": 5}], f"{AT}.watch[0].system is missing"),
        ("watch", [{"system": "r", "pace_ms": 0}], f"{AT}.watch[0].pace_ms must be a number"),
        ("watch", [{"system": "r", "pace": 5}], "watch[0].pace is not a known key (did you"),
        ("watch", ["redis", "redis"], f"{AT}.watch names redis more than once"),
        ("watch", ["redis", {"system": "redis"}], f"{AT}.watch names redis more than once"),
        (
            "watch",
            ["redis", *[{"system": "redis", "stays_with": each} for each in "ab"]],
            f"{AT}.watch names redis with stays_with more than once",
        ),
        (
            "watch",
            [{"system": "r", "stays_with": " "}],
            "watch[0].stays_with must be text that",
        ),
        (
            "watch",
            [{"system": "r", "stays_with": None}],
            "watch[0].stays_with must be text that",
        ),
        ("watch", [{"system": "r", "stay_with": "a"}], "(did you mean stays_with?)"),
        (
            "watch",
            [{"system": "redis", "stays_with": "redis-primary"}],
            "'outage_s <= 8' needs `watch`: nothing measures it (an entry with `stays_with`",
        ),
        (
            "claims",
            ["stayed_lost == 0"],
            "'stayed_lost == 0' needs an entry of `watch` with `stays_with`",
        ),
        ("baseline_s", math.nan, f"{AT}.baseline_s must be a number from 0 to 86400, not nan"),
        ("baseline_s", True, f"{AT}.baseline_s must be a number from 0 to 86400, not true"),
        (
            "recovers_within_s",
            "15",
            "recovers_within_s must be a number from 0 to 86400, not '15'",
        ),
        ("environment", 5, f"{AT}.environment must be text"),
        ("covers", [1], f"{AT}.covers[0] must be text"),
        ("claims", ["outge_s <= 8"], "(did you mean outage_s?)"),
        ("claims", ["outage_s <= 8", "outage_s <= 8"], f"{AT}.claims[1] repeats"),
        (
            "proofs",
            [{"name": "p", "weaken": {"r": {"a": 1}}, "breaks": "outages"}],
            "no claim is",
        ),
        ("proofs", [{"name": "p", "breaks": "outage_s"}], "proofs[0].weaken must name what"),
        ("proofs", [{"weaken": {"r": {"a": 1}}, "breaks": "outage_s"}], "[0].name is missing"),
        ("weaken", {"redis": 5}, f"{AT}.weaken.redis must be a mapping"),
        (
            "weaken",
            {"redis": {"a": [1]}},
            f"{AT}.weaken.redis.a must be a plain value, not a list",
        ),
        ("weaken", {"redis": {"a": math.nan}}, f"{AT}.weaken.redis.a must be a plain value"),
        ("enviroment", "x", f"{AT}.enviroment is not a known key (did you mean environment?)"),
        ("load", ..., "'error_ratio_recovered <= 0.01' needs `load`: nothing measures it"),
        ("watch", ..., "'outage_s <= 8' needs `watch`: nothing measures it"),
    ],
)
def test_read_refuses_a_wrong_value_with_its_place(changed, key, value, problem):
    experiment = changed(*OURS, key, value)

    with pytest.raises(BadExperiment) as refusal:
        read(experiment)

    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("extensions", "problem"),
    [
        (None, "extensions has no entry `name: chaos_ext`: add it"),
        ([], "extensions has no entry `name: chaos_ext`: add it"),
        ([{"name": "chaos_exd"}], "(did you mean chaos_exd?)"),
        ([{"name": "chaos_ext"}, {"name": "chaos_ext"}], "2 entries named chaos_ext: keep one"),
        ({"name": "chaos_ext"}, "extensions must be a list, not a mapping"),
        (["chaos_ext"], "extensions[0] must be a mapping with a name"),
    ],
)
def test_read_refuses_when_our_entry_is_not_there_once(extensions, problem):
    with pytest.raises(BadExperiment) as refusal:
        read({"extensions": extensions})

    assert problem in str(refusal.value)


def test_examine_finds_every_problem_when_there_are_many(experiment):
    ours = experiment["extensions"][0]
    ours |= {"baseline_s": -1, "claim": [], "watch": [1], "load": {"system": ""}}

    _, problems = examine(experiment)

    assert len(problems) == 5


def test_read_takes_the_whole_text_of_a_claim_for_what_a_proof_breaks(experiment):
    proof = {"name": "p", "weaken": {"r": {"a": 1}}, "breaks": "outage_s <= 8"}
    experiment["extensions"][0]["proofs"] = [proof]

    assert read(experiment).proofs[0].breaks == "outage_s <= 8"

    proof["breaks"] = "outage_s <= 9"
    assert "no claim is about" in examine(experiment)[1][0]
