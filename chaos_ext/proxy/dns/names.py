"""What a resolver of a lab says of a name, faults included: from a question to its answer, no sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WAYS = ("fail", "delay", "wrong")
TTL_S = 0  # whoever kept an answer would not notice what becomes of the name
_HEADER_BYTES = 12
_UDP_BYTES_MIN = 512
_IS_ANSWER = 0x80


@dataclass(frozen=True, slots=True)
class Held:
    """One fault: what happens to the names it is about; to all of them when it names none."""

    how: str  # one of WAYS
    names: frozenset[str] = frozenset()
    delay_ms: int = 0
    answer: str = ""

    def hits(self, name: str) -> bool:
        """Whether it is about *name*."""
        return not self.names or name in self.names


def plain(name: str) -> str:
    """*name* as names are compared: small letters, no dot at the end."""
    return name.rstrip(".").lower()


def asked(question: dns.message.Message) -> str:
    """The name that is asked for."""
    return plain(question.question[0].name.to_text())


def parsed(data: bytes) -> dns.message.Message | bytes | None:
    """The question in *data*; the answer to what is none; None for what deserves no answer."""
    if len(data) < _HEADER_BYTES or data[2] & _IS_ANSWER:
        return None
    if data[2] >> 3 & 0xF != dns.opcode.QUERY:
        return _refusal(data, dns.rcode.NOTIMP)
    try:
        question = dns.message.from_wire(data)
    except (dns.exception.DNSException, ValueError):
        return _refusal(data, dns.rcode.FORMERR)
    return question if len(question.question) == 1 else _refusal(data, dns.rcode.FORMERR)


def answered(
    question: dns.message.Message, records: Mapping[str, str], faults: Iterable[Held]
) -> dns.message.Message | None:
    """The answer by the table and the *faults*; None when the table does not know the name."""
    name = asked(question)
    hit = [fault for fault in faults if fault.hits(name)]
    if any(fault.how == "fail" for fault in hit):
        return failure(question)
    wrong = [fault.answer for fault in hit if fault.how == "wrong"]
    address = wrong[-1] if wrong else records.get(name)
    return None if address is None else _told(question, address)


def delay_ms(name: str, faults: Iterable[Held]) -> int:
    """How long the answer waits: the longest of those that delay it."""
    waits = [each.delay_ms for each in faults if each.how == "delay" and each.hits(name)]
    return max(waits, default=0)


def failure(question: dns.message.Message) -> dns.message.Message:
    """That nobody could find out."""
    return _answer(question, dns.rcode.SERVFAIL)


def unknown(question: dns.message.Message) -> dns.message.Message:
    """That there is no such name."""
    return _answer(question, dns.rcode.NXDOMAIN)


def datagram(answer: dns.message.Message, question: dns.message.Message) -> bytes:
    """*answer* for a datagram: one that does not fit says so, and is asked again over TCP."""
    try:
        return answer.to_wire(max_size=max(_UDP_BYTES_MIN, question.payload))
    except dns.exception.TooBig:
        short = dns.message.make_response(question)
        short.flags |= dns.flags.TC
        return short.to_wire()


def _told(question: dns.message.Message, address: str) -> dns.message.Message:
    """Nothing but an IPv4 address is ever known of a name."""
    answer = _answer(question, dns.rcode.NOERROR)
    asked = question.question[0]
    if asked.rdtype in (dns.rdatatype.A, dns.rdatatype.ANY):
        told = dns.rrset.from_text(
            asked.name, TTL_S, dns.rdataclass.IN, dns.rdatatype.A, address
        )
        answer.answer.append(told)
    return answer


def _answer(question: dns.message.Message, code: dns.rcode.Rcode) -> dns.message.Message:
    answer = dns.message.make_response(question, recursion_available=True)
    answer.flags |= dns.flags.AA
    answer.set_rcode(code)
    return answer


def _refusal(data: bytes, code: dns.rcode.Rcode) -> bytes:
    """A header alone: what cannot be read cannot be repeated."""
    flags = bytes([data[2] & 0x79 | _IS_ANSWER, int(code)])
    return data[:2] + flags + bytes(_HEADER_BYTES - 4)
