"""Rows are packed as they are read, and only the unanswered is unknown."""

import numpy as np
import pytest

from chaos_ext.history import rows
from chaos_ext.witness import steps

PEER = rows.pack_peer("127.1.2.1", 6379)
QUESTION = steps.Question(kind=rows.READ, seq=2**32 - 1, intended_ns=2**62, asked_ns=2**62 + 1)


def test_asked_reads_back_as_a_step_when_numpy_reads_it():
    packed = steps.asked(QUESTION, PEER)

    (step,) = np.frombuffer(packed, dtype=rows.STEP)

    assert step["part"] == rows.ASKED
    assert step["kind"] == rows.READ
    assert step["seq"] == 2**32 - 1
    assert step["intended_ns"] == 2**62
    assert step["at_ns"] == 2**62 + 1
    assert rows.peer_text(int(step["peer"])) == "127.1.2.1:6379"


def test_answered_reads_back_as_a_step_when_numpy_reads_it():
    packed = steps.answered(QUESTION, 2**62 + 9, rows.FAILED, "readonly", PEER)

    (step,) = np.frombuffer(packed, dtype=rows.STEP)

    assert step["part"] == rows.ANSWERED
    assert step["outcome"] == rows.FAILED
    assert rows.ERRORS[step["error"]] == "readonly"
    assert step["at_ns"] == 2**62 + 9


@pytest.mark.parametrize(
    ("error", "sent", "outcome"),
    [
        ("", True, rows.OK),
        ("timeout", True, rows.UNKNOWN),
        ("lost", True, rows.UNKNOWN),
        ("timeout", False, rows.FAILED),
        ("refused", False, rows.FAILED),
        ("no primary", False, rows.FAILED),
        ("readonly", True, rows.FAILED),
        ("error", True, rows.FAILED),
        ("wrong value", True, rows.FAILED),
    ],
)
def test_outcome_is_unknown_only_when_it_may_have_happened(error, sent, outcome):
    found = steps.outcome_of(error, sent=sent)

    assert found == outcome
