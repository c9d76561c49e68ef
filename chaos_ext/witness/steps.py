"""The rows a canary appends, packed without numpy's help, for it writes hundreds a second."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from chaos_ext.history.rows import ANSWERED, ASKED, ERRORS, FAILED, OK, UNKNOWN

STEP_LAYOUT = struct.Struct("<BBBBIqqQ")  # the same bytes as history.rows.STEP
_UNANSWERED = ("timeout", "lost")


@dataclass(frozen=True, slots=True)
class Question:
    """One operation, as the schedule wanted it and as it was issued."""

    kind: int
    seq: int
    intended_ns: int
    asked_ns: int


def outcome_of(error: str, *, sent: bool) -> int:
    """What *error* means: only what was sent and not answered may have happened or not."""
    if not error:
        return OK
    return UNKNOWN if sent and error in _UNANSWERED else FAILED


def asked(question: Question, peer: int) -> bytes:
    """The row that says: this is being asked."""
    return STEP_LAYOUT.pack(
        ASKED, question.kind, 0, 0, question.seq, question.intended_ns, question.asked_ns, peer
    )


def answered(question: Question, at_ns: int, outcome: int, error: str, peer: int) -> bytes:
    """The row that says: it is over, and how it went."""
    return STEP_LAYOUT.pack(
        ANSWERED,
        question.kind,
        outcome,
        ERRORS.index(error),
        question.seq,
        question.intended_ns,
        at_ns,
        peer,
    )
