"""Whatever a probe answers, the host's journal is whole, and the run is judged."""

import json

import pytest

from .hosting import Place, experiment, guarded, probe

CUTS_THE_JOURNAL = ("bytes", "set", "numpy", "keys", "object", "surrogate")
WRITES_NO_JSON = ("nan",)
HARMLESS = ("tuple", "decimal")


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def written_by(ended):
    try:
        return "whole" if ended.journal else "nothing"
    except (json.JSONDecodeError, UnicodeDecodeError):
        return "cut"
    except ValueError:
        return "not JSON"


def test_journal_is_what_it_was_when_json_can_hold_the_answer(place):
    plain = experiment([probe("says", what={"a": [1, 2.5, None, True, "ü"]})])

    ours = place.run(guarded(plain))

    assert ours.journal["run"][0]["output"] == {"a": [1, 2.5, None, True, "ü"]}


@pytest.mark.parametrize(
    ("kind", "host_writes"),
    [
        *((kind, "cut") for kind in CUTS_THE_JOURNAL),
        *((kind, "not JSON") for kind in WRITES_NO_JSON),
        *((kind, "whole") for kind in HARMLESS),
    ],
)
def test_journal_is_whole_when_a_probe_answers(place, kind, host_writes):
    plain = experiment([probe("odd", kind=kind)])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert written_by(alone) == host_writes
    assert written_by(ours) == "whole"
    assert ours.judged == ("held", 0)
    assert ours.journal["run"][0]["output"] not in (None, "")


def test_journal_is_whole_when_an_answer_holds_itself(place):
    plain = experiment([probe("endless")])

    alone = place.run(plain)
    ours = place.run(guarded(plain))

    assert alone.code != 0
    assert written_by(ours) == "whole"
    assert ours.judged == ("held", 0)
    assert ours.journal["run"][0]["output"] == [1, "(contains itself)"]


def test_control_judges_when_the_hypothesis_answers_bytes(place):
    odd = {**probe("odd", kind="bytes"), "tolerance": "redis"}
    plain = experiment([], [odd])

    ours = place.run(guarded(plain))

    assert ours.judged == ("void", 1)
    assert "wanted 'redis'" in ours.reason
    assert written_by(ours) == "whole"
