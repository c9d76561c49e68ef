"""The exit code of `chaos prove` says whether the claims can fail."""

import pytest
import yaml

from chaos_ext.commands.prove import command
from chaos_ext.proof import prove
from chaos_ext.proof.weaken import Result

EXPERIMENT = """
title: It survives
description: whatever happens
extensions:
  - name: chaos_ext
    watch: [redis]
    claims: ["outage_s <= 8", "acknowledged_lost == 0"]
    proofs: [{name: slow, weaken: {redis: {down_after_ms: 30000}}, breaks: outage_s}]
steady-state-hypothesis: {title: serves, probes: []}
method: []
"""


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """An experiment with one claim that is proven and one that is not."""
    file = tmp_path / "it_survives.yaml"
    file.write_text(EXPERIMENT)
    noticed = [Result("slow", "outage_s", noticed=True, detail="", run="folder")]
    monkeypatch.setattr(prove, "prove", lambda *_, **__: noticed)
    return file


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--strict",), 1)])
def test_prove_minds_a_claim_without_a_proof_only_when_it_is_strict(
    experiment, capsys, words, code
):
    with pytest.raises(SystemExit) as left:
        command.main([str(experiment), *words], standalone_mode=False)

    assert left.value.code == code
    assert "acknowledged_lost == 0" in capsys.readouterr().out


def test_prove_is_content_when_it_is_strict_and_every_claim_has_a_proof(experiment, capsys):
    told = yaml.safe_load(EXPERIMENT)
    told["extensions"][0]["claims"].pop()
    experiment.write_text(yaml.safe_dump(told))

    with pytest.raises(SystemExit) as left:
        command.main([str(experiment), "--strict"], standalone_mode=False)

    assert left.value.code == 0
    assert "unproven" not in capsys.readouterr().out
