"""Questions find their answers, whatever order they came in."""

import numpy as np

from chaos_ext.history.operations import operations
from chaos_ext.history.rows import (
    ANSWERED,
    ASKED,
    ERRORS,
    FAILED,
    OK,
    READ,
    STEP,
    UNKNOWN,
    WRITE,
)

REFUSED = ERRORS.index("refused")
STEPS = np.array(
    [
        (ASKED, WRITE, 0, 0, 0, 10, 11, 7),
        (ASKED, READ, 0, 0, 1, 20, 21, 0),
        (ASKED, WRITE, 0, 0, 2, 30, 31, 7),
        (ANSWERED, READ, FAILED, REFUSED, 1, 20, 25, 0),
        (ANSWERED, WRITE, OK, 0, 0, 10, 40, 8),
    ],
    dtype=STEP,
)


def test_operations_join_question_and_answer_when_answers_come_out_of_order():
    columns = operations(STEPS)

    assert columns["seq"].tolist() == [0, 1, 2]
    assert columns["kind"].tolist() == [WRITE, READ, WRITE]
    assert columns["intended_ns"].tolist() == [10, 20, 30]
    assert columns["sent_ns"].tolist() == [11, 21, 31]
    assert columns["finished_ns"].tolist() == [40, 25, -1]
    assert columns["outcome"].tolist() == [OK, FAILED, UNKNOWN]
    assert columns["error"].tolist() == [0, REFUSED, 0]


def test_operations_name_who_answered_when_that_is_not_who_was_expected():
    columns = operations(STEPS)

    assert columns["peer"].tolist() == [8, 0, 7]


def test_operations_are_none_when_there_are_no_rows():
    columns = operations(np.zeros(0, dtype=STEP))

    assert {name: len(values) for name, values in columns.items()} == dict.fromkeys(columns, 0)
