"""A run on disk is trusted only if it held, is sealed, and was made from the same content."""

from copy import deepcopy

import pytest
import yaml

from chaos_ext.evidence import files, manifest
from chaos_ext.proof import trust

EXPERIMENT = {
    "title": "It survives",
    "extensions": [{"name": "chaos_ext", "claims": ["outage_s <= 8"]}],
    "secrets": {"redis": {"password": "correct horse"}},
    "method": [{"name": "log in", "arguments": {"password": "correct horse"}}],
}


@pytest.fixture
def keep(tmp_path):
    """Keep a run as the conductor does: sealed, secrets hidden, rollbacks held back."""

    def kept(word="held", **changed):
        told = deepcopy(EXPERIMENT) | {"rollbacks": []} | changed
        text = yaml.safe_dump(told).replace("correct horse", "'***'")
        (tmp_path / "experiment.yaml").write_text(text)
        files.write_json(tmp_path / "verdict.json", {"verdict": word})
        manifest.seal(tmp_path)
        return tmp_path

    return kept


def test_trust_takes_a_held_run_of_the_same_content(keep):
    assert trust.held(EXPERIMENT, keep())


@pytest.mark.parametrize("word", ["broke", "void", "dirty", "rehearsed"])
def test_trust_takes_no_run_that_did_not_hold(keep, word):
    assert not trust.held(EXPERIMENT, keep(word))


@pytest.mark.parametrize(
    "changed",
    [{"title": "Another"}, {"extensions": []}, {"method": []}, {"rollbacks": [{"name": "x"}]}],
)
def test_trust_takes_no_run_of_other_content(keep, changed):
    assert not trust.held(EXPERIMENT, keep(**changed))


def test_trust_takes_no_run_whose_evidence_was_touched(keep):
    folder = keep("broke")
    files.write_json(folder / "verdict.json", {"verdict": "held"})

    assert not trust.held(EXPERIMENT, folder)


@pytest.mark.parametrize("name", ["experiment.yaml", "verdict.json", "manifest.json"])
def test_trust_takes_no_run_that_is_not_whole(keep, name):
    folder = keep()
    (folder / name).unlink()

    assert not trust.held(EXPERIMENT, folder)
