"""What is wrong with a word of the command line is said in one line."""

import pytest

from .hosting import Place, standing_lab


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.mark.parametrize("words", [("lab", "up"), ("heal",), ("faults",), ("abort",)])
def test_every_word_says_it_in_one_line_when_the_ledger_cannot_be_kept(place, words):
    ended = place.call(*words, env={"CHAOS_STATE": "/proc/nowhere"})

    assert ended.code == 1
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("LedgerUnwritable: cannot make /proc/nowhere: ")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("lab", "up", "redsi"), "UnknownTarget: no system 'redsi' (did you mean redis?)"),
        (("abort", "nobody"), "UnknownTarget: no run 'nobody' is going on"),
        (("verdict", "nothing"), "RunUnreadable: no run 'nothing' under "),
        (("prove", "no.yaml"), 'BadExperiment: no.yaml: Path "no.yaml" does not exist.'),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_word_says_it_in_one_line_when_a_name_is_unknown(place, words, line):
    ended = place.call(*words)

    assert ended.code != 0
    (told,) = ended.err.strip().splitlines()
    assert told.startswith(line)


def test_lab_refuses_when_it_is_up_already(tmp_path):
    with standing_lab(tmp_path) as lab:
        ended = lab.call("lab", "up", "redis")

    assert ended.code == 1
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("LabInUse: lab redis-")
    assert line.endswith("is up already; see: chaos lab status")
