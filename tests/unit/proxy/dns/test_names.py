"""What a resolver says of a name, from the bytes of a question to those of its answer."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.proxy.dns import names
from chaos_ext.proxy.dns.names import Held

NAME, RIGHT, WRONG = "redis-1.redis.chaos.test", "127.9.0.1", "127.9.0.2"
RECORDS = {NAME: RIGHT}


def question(name=NAME, kind="A"):
    return dns.message.make_query(name, kind)


def told(*faults, name=NAME, kind="A"):
    """The word and the addresses of an answer; None when the table does not know the name."""
    answer = names.answered(question(name, kind), RECORDS, faults)
    if answer is None:
        return None
    found = [str(item) for rrset in answer.answer for item in rrset]
    return dns.rcode.to_text(answer.rcode()), found


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        (NAME, "A", ("NOERROR", [RIGHT])),
        (NAME.upper(), "A", ("NOERROR", [RIGHT])),
        (f"{NAME}.", "ANY", ("NOERROR", [RIGHT])),
        (NAME, "AAAA", ("NOERROR", [])),
        ("chaos.test", "A", None),
    ],
)
def test_table_knows_addresses_of_its_names_alone(name, kind, found):
    assert told(name=name, kind=kind) == found


def test_answer_is_never_kept_and_says_who_knows():
    answer = names.answered(question(), RECORDS, [])

    assert answer.answer[0].ttl == 0
    assert answer.flags & dns.flags.AA


@pytest.mark.parametrize(
    ("faults", "found"),
    [
        ([Held("fail")], ("SERVFAIL", [])),
        ([Held("fail", frozenset({NAME}))], ("SERVFAIL", [])),
        ([Held("fail", frozenset({"other.test"}))], ("NOERROR", [RIGHT])),
        ([Held("wrong", answer=WRONG)], ("NOERROR", [WRONG])),
        ([Held("wrong", answer=WRONG), Held("fail")], ("SERVFAIL", [])),
        ([Held("delay", delay_ms=9)], ("NOERROR", [RIGHT])),
    ],
)
def test_fault_changes_the_answer_for_the_names_it_is_about(faults, found):
    assert told(*faults) == found


def test_wrong_answer_is_given_for_names_that_do_not_exist():
    assert told(Held("wrong", answer=WRONG), name="none.test") == ("NOERROR", [WRONG])


def test_answer_waits_as_long_as_the_longest_delay_of_its_name():
    faults = [
        Held("delay", delay_ms=20),
        Held("delay", frozenset({NAME}), delay_ms=70),
        Held("delay", frozenset({"other.test"}), delay_ms=900),
        Held("fail"),
    ]

    assert names.delay_ms(NAME, faults) == 70
    assert names.delay_ms("none.test", faults) == 20
    assert names.delay_ms(NAME, []) == 0


@given(st.binary(max_size=60))
def test_no_bytes_can_break_a_resolver(data):
    found = names.parsed(data)

    if isinstance(found, bytes):
        assert found[:2] == data[:2]
        assert len(found) == 12
    elif found is not None:
        assert names.answered(found, RECORDS, [Held("fail")]) is not None


@given(st.integers(0, len(question().to_wire()) - 1), st.integers(0, 255))
def test_no_changed_byte_can_break_a_resolver(at, byte):
    data = bytearray(question().to_wire())
    data[at] = byte

    found = names.parsed(bytes(data))

    if isinstance(found, dns.message.Message):
        answer = names.answered(found, RECORDS, []) or names.unknown(found)
        assert names.datagram(answer, found)


def test_answers_and_scraps_deserve_no_answer():
    answer = dns.message.make_response(question()).to_wire()

    assert [names.parsed(data) for data in (answer, b"", b"short")] == [None, None, None]


def test_what_is_no_question_is_refused_in_a_header():
    update = question()
    update.set_opcode(dns.opcode.UPDATE)
    two = question()
    two.question.append(dns.rrset.RRset(two.question[0].name, 1, 1))
    torn = question().to_wire()[:-3]

    codes = [names.parsed(data)[3] for data in (update.to_wire(), two.to_wire(), torn)]

    assert codes == [dns.rcode.NOTIMP, dns.rcode.FORMERR, dns.rcode.FORMERR]


def test_answer_that_does_not_fit_a_datagram_says_so():
    asked = question()
    long = dns.message.make_response(asked)
    many = [f"127.9.{n >> 8}.{n & 255}" for n in range(200)]
    long.answer.append(dns.rrset.from_text(f"{NAME}.", 0, "IN", "A", *many))

    short = dns.message.from_wire(names.datagram(long, asked))

    assert short.flags & dns.flags.TC
    assert short.answer == []
    assert short.id == asked.id
