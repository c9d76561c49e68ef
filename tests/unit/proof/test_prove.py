"""Which proofs are run, and what is said when one leaves no verdict."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from chaos_ext.errors import BadArgument, NotAllowed, RunUnreadable
from chaos_ext.proof import prove

EXPERIMENT = yaml.safe_load("""
title: It survives
description: whatever happens
extensions:
  - name: chaos_ext
    watch: [redis]
    claims: ["outage_s <= 8", "acknowledged_lost == 0"]
    proofs:
      - {name: slow detection, weaken: {redis: {down_after_ms: 30000}}, breaks: outage_s}
      - {name: no memory, weaken: {redis: {append_only: false}}, breaks: outage_s}
""")
FILE = Path("redis_failover.yaml")


class Host:
    """Stands for the runs: keeps what was run, and leaves the verdict that it is told to."""

    def __init__(self, reports):
        self.reports, self.ran = reports, []
        self.unweakened, self.word = "held", "broke"

    def run(self, argv, *, env, **_):
        file = Path(argv[-1])
        self.ran.append(yaml.safe_load(file.read_text()))
        folder = self.reports / file.stem / f"run-{len(self.ran)}"
        latest = folder.with_name("latest")
        word = self.word if "control_of" in self.ran[-1]["extensions"][0] else self.unweakened
        if word is None:
            return  # it died before it had a folder
        folder.mkdir(parents=True)
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name)
        assert env["CHAOS_REPORTS"] == str(self.reports)
        claim = {"claim": "outage_s <= 8", "outcome": word, "measured": 30}
        told = {"verdict": word, "claims": [claim], "reason": "outage_s <= 8 is what it is"}
        if word:
            (folder / "verdict.json").write_text(json.dumps(told))


@pytest.fixture
def host(monkeypatch, tmp_path):
    made = Host(tmp_path)
    monkeypatch.setattr(subprocess, "run", made.run)
    return made


def test_prove_runs_every_proof_weakened(host):
    results = prove.prove(FILE, EXPERIMENT, host.reports)

    assert [(each.proof, each.noticed) for each in results] == [
        ("slow detection", True),
        ("no memory", True),
    ]
    assert [ran["extensions"][0].get("control_of") for ran in host.ran] == [
        None,
        "slow detection",
        "no memory",
    ]
    assert results[0].run.endswith("redis_failover.slow_detection/run-2")


def test_prove_runs_the_one_that_is_named(host):
    prove.prove(FILE, EXPERIMENT, host.reports, only="no memory")

    assert [ran["title"] for ran in host.ran] == [
        "It survives",
        "It survives (weakened: no memory)",
    ]


def test_prove_refuses_a_name_that_is_nearly_right(host):
    with pytest.raises(BadArgument, match=r"no proof 'no memori'.*no memory"):
        prove.prove(FILE, EXPERIMENT, host.reports, only="no memori")

    assert host.ran == []


def test_prove_refuses_an_experiment_without_proofs(host):
    extensions = [{"name": "chaos_ext", "claims": ["outage_s <= 8"], "watch": ["redis"]}]

    with pytest.raises(BadArgument, match="declares no proofs: nothing shows"):
        prove.prove(FILE, {**EXPERIMENT, "extensions": extensions}, host.reports)


def test_prove_says_where_a_verdict_is_missing(host):
    host.word = ""

    with pytest.raises(RunUnreadable, match="the proof 'slow detection' left no verdict in "):
        prove.prove(FILE, EXPERIMENT, host.reports)


def test_unproven_names_the_claims_that_no_proof_breaks():
    assert prove.unproven(EXPERIMENT) == ["acknowledged_lost == 0"]


def test_prove_does_not_read_the_verdict_of_an_older_run_when_this_one_left_none(host):
    prove.prove(FILE, EXPERIMENT, host.reports, only="no memory")
    host.word = None

    with pytest.raises(RunUnreadable, match="the proof 'no memory' left no verdict"):
        prove.prove(FILE, EXPERIMENT, host.reports, only="no memory")


@pytest.mark.parametrize("word", ["broke", "void", "dirty", "rehearsed"])
def test_prove_refuses_when_the_unweakened_experiment_does_not_hold(host, word):
    host.unweakened = word

    with pytest.raises(NotAllowed, match=rf"did not hold \({word}: outage_s .*prove nothing"):
        prove.prove(FILE, EXPERIMENT, host.reports)

    assert [ran["title"] for ran in host.ran] == ["It survives"]


@pytest.mark.parametrize(("known", "runs"), [(True, 1), (False, 2)])
def test_prove_trusts_a_run_on_disk_only_when_it_is_told_to_and_may(
    host, monkeypatch, known, runs
):
    monkeypatch.setattr(prove.trust, "held", lambda *_: known)

    prove.prove(FILE, EXPERIMENT, host.reports, only="no memory", trust_last=True)

    assert len(host.ran) == runs


def test_prove_runs_the_experiment_itself_when_nobody_says_to_trust(host, monkeypatch):
    monkeypatch.setattr(prove.trust, "held", lambda *_: True)

    prove.prove(FILE, EXPERIMENT, host.reports, only="no memory")

    assert len(host.ran) == 2


def test_unproven_takes_a_claim_for_proven_when_a_proof_names_its_text():
    experiment = yaml.safe_load(
        yaml.safe_dump(EXPERIMENT)
        .replace("outage_s <= 8", "outage_s<=8")
        .replace("breaks: outage_s", "breaks: acknowledged_lost == 0")
    )

    assert prove.unproven(experiment) == ["outage_s<=8"]
    assert prove.unproven(EXPERIMENT) == ["acknowledged_lost == 0"]
