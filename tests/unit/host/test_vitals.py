"""A worker's line is taken when it is whole, and only then."""

import pytest

from chaos_ext.host import vitals

LINE = b'{"memory_bytes": 7, "limit_bytes": 9}\r\n'


def test_answer_takes_one_whole_line():
    heard = bytearray(LINE + LINE[:5])

    assert vitals.answer(heard) == {"memory_server_bytes": 7, "memory_server_limit_bytes": 9}
    assert heard == LINE[:5]
    assert vitals.answer(heard) is None


def test_answer_refuses_what_is_no_line_of_a_worker():
    with pytest.raises(ValueError, match="Expecting value"):
        vitals.answer(bytearray(b"-ERR\r\n"))


def test_question_is_one_that_a_worker_answers():
    assert vitals.QUESTION == b"INFO\r\n"
    assert vitals.hello(["user", "password"]) == b""
