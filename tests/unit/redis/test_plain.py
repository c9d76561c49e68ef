"""What a plain answer is read as."""

import pytest

from chaos_ext.redis import plain


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (
            b"# Server\r\nrun_id:1\r\nserver_time_usec:17\r\n",
            {"run_id": "1", "server_time_usec": "17"},
        ),
        ([b"TILT-TRIGGER", b"2000", b"n", 1], {"TILT-TRIGGER": "2000", "n": "1"}),
        ([], {}),
    ],
)
def test_facts_are_read_by_their_names(reply, wanted):
    assert plain.facts(reply) == wanted


def test_what_has_no_facts_is_refused():
    with pytest.raises(ValueError, match="no facts in"):
        plain.facts(7)
