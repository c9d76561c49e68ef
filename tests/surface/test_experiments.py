"""Every experiment that ships is one the host and we accept, says what it is for, and can fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from chaoslib.loader import load_experiment

from chaos_ext.conductor import preflight
from chaos_ext.experiment import settings

EXPERIMENTS = sorted((Path(__file__).parents[2] / "experiments").glob("*"))
every = pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)


@pytest.fixture
def experiment(path):
    """What the file says."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_experiments_ship_at_all():
    names = [path.name for path in EXPERIMENTS]

    assert "redis_failover.yaml" in names
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+\.yaml", name)] == []


@every
def test_experiment_is_valid_for_the_host(path, tmp_path):
    argv = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]

    told = subprocess.run(
        [*argv, "validate", path], cwd=tmp_path, capture_output=True, check=False, text=True
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "experiment syntax and semantic look valid" in (told.stdout + told.stderr).lower()


@every
def test_experiment_would_begin(path):
    findings = preflight.examine(load_experiment(str(path)), {}, {})

    assert findings.problems == []


@every
def test_experiment_says_what_it_is_for(experiment):
    ours = settings.read(experiment)

    assert len(experiment["description"]) > len(experiment["title"])
    assert experiment["tags"]
    assert ours.covers
    for area in ours.covers:
        system, kind, what = area.split("/")
        assert system
        assert kind
        assert what


@every
def test_experiment_can_fail(experiment):
    ours = settings.read(experiment)

    assert ours.claims, "without a claim it can only report"
    assert ours.proofs, "no proof shows that its claims can fail"
    assert ours.control_of == "", "a weakened experiment is made when it is proven, not kept"


@every
def test_experiment_names_our_control_and_no_other(experiment):
    modules = [each["provider"]["module"] for each in experiment["controls"]]

    assert modules == ["chaos_ext.control"]


def test_experiments_have_titles_of_their_own():
    titles = [yaml.safe_load(path.read_text(encoding="utf-8"))["title"] for path in EXPERIMENTS]

    assert len(titles) == len(set(titles))
