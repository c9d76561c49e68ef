"""Facts are read from the folder of a run, and what is missing is said."""

import pytest

from chaos_ext.errors import RunUnreadable
from chaos_ext.verdict.facts import load
from chaos_ext.verdict.judge import judge


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("events.jsonl", lambda old: old.replace(b'"met":true', b'"met":True', 1)),
        ("events.jsonl", lambda old: old.replace(b'"ms":3.2', b'"ms":3.1', 1)),
        ("experiment.yaml", lambda _: b"- not\n- a mapping\n"),
        ("experiment.yaml", lambda _: b"{broken"),
        ("canary.parquet", lambda old: old[:100]),
    ],
)
def test_judge_says_void_when_evidence_is_damaged(run, tmp_path, file, content):
    run.compacted = True
    folder = run.write(tmp_path)
    (folder / file).write_bytes(content((folder / file).read_bytes()))

    verdict = judge(load(folder))

    assert verdict.word == "void"
    assert file in verdict.reason


def test_judge_names_the_refusal_when_the_experiment_could_not_even_be_kept(run, tmp_path):
    run.has_canary = run.has_load = False
    run.events = [(0.0, "refused", {"reason": "not an experiment"})]
    folder = run.write(tmp_path)
    (folder / "experiment.yaml").unlink()

    verdict = judge(load(folder))

    assert (verdict.word, verdict.reason) == ("void", "refused: not an experiment")


def test_load_says_what_is_missing_when_there_is_no_run(tmp_path):
    with pytest.raises(RunUnreadable, match="no such run"):
        load(tmp_path / "nowhere")
