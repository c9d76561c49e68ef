"""The exit code of `chaos verdict` is the verdict's own, whoever reads and whatever goes wrong."""

import os
import re
from contextlib import contextmanager, redirect_stdout

import pytest

from chaos_ext.commands import telling
from chaos_ext.commands.verdict import command
from chaos_ext.evidence import files, manifest
from chaos_ext.verdict import judge
from chaos_ext.verdict.facts import load


@pytest.fixture
def sealed(tmp_path):
    """Write a run as the conductor leaves it."""

    def seal(run):
        folder = run.write(tmp_path / "run")
        files.write_json(folder / "verdict.json", judge.judge(load(folder)).as_dict())
        manifest.seal(folder)
        return folder

    return seal


@contextmanager
def nobody_reads():
    """A standard output whose reader went away."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output, redirect_stdout(output):
        yield


def exit_code(*words):
    with pytest.raises(SystemExit) as left:
        command.main([str(word) for word in words], standalone_mode=False)
    return left.value.code


@pytest.mark.parametrize("words", [(), ("--json",)])
@pytest.mark.parametrize(("claim", "code"), [("outage_s <= 8", 0), ("outage_s <= 1", 1)])
def test_verdict_keeps_its_exit_code_when_nobody_reads(run, sealed, words, claim, code):
    run.claims = [claim]
    folder = sealed(run)

    with nobody_reads():
        told = exit_code(folder, *words)

    assert told == code


def test_verdict_keeps_its_exit_code_when_somebody_reads(run, sealed, capsys):
    folder = sealed(run)

    assert exit_code(folder) == 0
    assert "HELD" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b"not json"], ids=["a list", "empty", "unreadable"]
)
def test_verdict_never_says_broke_when_it_cannot_judge(run, sealed, capsys, content):
    folder = sealed(run)
    (folder / "verdict.json").write_bytes(content)
    manifest.seal(folder)

    assert exit_code(folder) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("ended", "told"), [(False, "RunUnreadable: .*did not reach its end"), (True, "SealBroken")]
)
def test_verdict_tells_a_killed_run_from_one_that_lost_its_seal(
    run, sealed, capsys, ended, told
):
    folder = sealed(run if ended else run.without("run_ended"))
    for name in ("manifest.json", "verdict.json"):
        (folder / name).unlink()

    assert exit_code(folder) == 3
    assert re.match(told, capsys.readouterr().err)


def test_verdict_never_says_broke_when_judging_crashes(run, sealed, monkeypatch, capsys):
    folder = sealed(run)
    monkeypatch.setattr(judge, "judge", lambda _: 1 / 0)

    assert exit_code(folder) == 3
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_word_ends_as_a_pipe_does_when_nobody_reads():
    @telling.told
    def speak():
        telling.show_json({"much": "to say"})

    with nobody_reads(), pytest.raises(SystemExit) as left:
        speak()

    assert left.value.code == telling.NOBODY_READS == 141
