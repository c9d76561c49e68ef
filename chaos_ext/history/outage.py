"""How long nobody was served, as two bounds that what was observed can answer for.

An outage of a kind is a stretch between two successes of that kind in which at least one
operation of it did not succeed. What was answered within its deadline is a success, so a pause
shorter than the deadline is none.

What an operation proves, with s when it was sent and f when it was over:

  success                  somebody served at some instant within [s, f]
  failed                   somebody did not serve at some instant within [s, f]
  sent, never answered     nobody served from shortly after s until shortly before f
  a success that was late  the same

Hence the upper bound reaches from the latest s of the successes before to the first f of the
successes after; the lower bound from the first to the last instant known to be without service.
"Shortly" is what an answer takes here, and what a busy machine may keep a process waiting.
Lost packets are the one thing seen later than they end: TCP sends again when it sees fit, and
until then nobody is served, whatever the server says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaos_ext.history.rows import ERRORS, KINDS, OK, READ, UNKNOWN, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from chaos_ext.history.operations import Columns

Array: TypeAlias = "NDArray[Any]"

_NS_PER_S = 1_000_000_000
_SHORTEST_GRACE_NS = 5_000_000  # how long a busy machine may keep a ready process waiting
_ANSWERS_PER_GRACE = 4
_NOBODY_ANSWERS = tuple(ERRORS.index(error) for error in ("refused", "timeout", "lost"))


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch without a success of a kind, and how long it was at least and at most."""

    kind: str  # a word of `rows.KINDS`
    lower_s: float
    upper_s: float
    first_bad_ns: int  # issue of the first operation that did not succeed
    last_good_ns: int  # where the upper bound begins: issue of the last success before
    next_good_ns: int  # where it ends: the first success after is over; -1 when there is none
    failed: int  # operations of the kind that did not succeed
    open: bool = False  # it lasted when the rows ended


def outages(columns: Columns, kind: int) -> list[Outage]:
    """The outages of *kind*, in the order in which they ended."""
    if not len(columns["seq"]):
        return []
    seen = _Seen.of(columns, kind)
    return [_bounded(seen, before, bad) for before, bad in seen.stretches()]


def longest(columns: Columns) -> Outage | None:
    """The outage with the greatest upper bound, of either kind; None when there was none."""
    found = [outage for kind in (WRITE, READ) for outage in outages(columns, kind)]
    return max(found, key=lambda outage: (outage.upper_s, outage.lower_s), default=None)


@dataclass(frozen=True, slots=True)
class _Spans:
    """Operations from sent to finished, ordered by when they finished."""

    sent: Array
    finished: Array
    unanswered: Array

    @classmethod
    def of(cls, columns: Columns, chosen: Array, end_ns: int) -> _Spans:
        """The *chosen* rows; what never finished did not until the rows ended."""
        finished = columns["finished_ns"][chosen]
        spans = cls(
            columns["sent_ns"][chosen],
            np.where(finished < 0, end_ns, finished),
            columns["outcome"][chosen] == UNKNOWN,
        )
        return spans.only(np.argsort(spans.finished, kind="stable"))

    def only(self, chosen: Array | slice) -> _Spans:
        """Some of them, by mask, by index or by slice."""
        return _Spans(self.sent[chosen], self.finished[chosen], self.unanswered[chosen])

    def __len__(self) -> int:
        return len(self.sent)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was observed of one kind, and what it takes to read it."""

    kind: int
    good: _Spans
    bad: _Spans
    other: _Spans  # of the other kind, and nobody answered those: that shows it for both
    latest_sent: Array  # of the first n successes
    first_success: tuple[int, int]  # of any kind: sent, finished
    end_ns: int
    grace_ns: int

    @classmethod
    def of(cls, columns: Columns, kind: int) -> _Seen:
        """Sort *columns* into what speaks for and against service of *kind*."""
        end_ns = int(max(columns["sent_ns"].max(), columns["finished_ns"].max()))
        succeeded, mine = columns["outcome"] == OK, columns["kind"] == kind
        nobody = np.isin(columns["error"], _NOBODY_ANSWERS)
        any_good = _Spans.of(columns, succeeded, end_ns)
        good = _Spans.of(columns, succeeded & mine, end_ns)
        bad = _Spans.of(columns, ~succeeded & mine, end_ns)
        grace_ns = _grace_ns(any_good)
        if len(any_good):  # before it, nobody had said that there is a service
            first_success = int(any_good.sent[0]), int(any_good.finished[0])
        else:
            first_success = int(columns["sent_ns"].min()), int(columns["sent_ns"].min())
        # asked just before the rows ended: nobody had the time to answer
        cut_short = (
            bad.unanswered & (bad.finished == end_ns) & (bad.sent > end_ns - 2 * grace_ns)
        )
        return cls(
            kind,
            good,
            bad.only(~cut_short & (bad.finished >= first_success[1])),
            _Spans.of(columns, ~succeeded & ~mine & nobody, end_ns),
            np.maximum.accumulate(good.sent),
            first_success,
            end_ns,
            grace_ns,
        )

    def stretches(self) -> Iterator[tuple[int, _Spans]]:
        """Bad operations between two successes, and how many successes were over before."""
        before = np.searchsorted(self.good.finished, self.bad.finished, side="left")
        for number in np.unique(before):
            yield int(number), self.bad.only(before == number)


def _grace_ns(good: _Spans) -> int:
    if not len(good):
        return _SHORTEST_GRACE_NS
    usual_ns = int(np.quantile(good.finished - good.sent, 0.25))  # late ones are not usual
    return max(_SHORTEST_GRACE_NS, _ANSWERS_PER_GRACE * usual_ns)


def _bounded(seen: _Seen, before: int, bad: _Spans) -> Outage:
    """Both bounds of the outage that *bad* shows after the first *before* successes."""
    good, answered = seen.good, bad.only(~bad.unanswered)
    certainly_before, after = before, before
    if len(answered):  # refused at some instant: only successes clear of it are on either side
        clear = int(np.searchsorted(good.finished, answered.sent.min(), side="right"))
        certainly_before = min(before, clear)
        while after < len(good) and good.sent[after] < answered.finished.max():
            after += 1
    is_open = after == len(good)
    start_ns = (
        int(seen.latest_sent[certainly_before - 1])
        if certainly_before
        else seen.first_success[0]
    )
    end_ns = seen.end_ns if is_open else int(good.finished[after])
    return Outage(
        kind=KINDS[seen.kind],
        lower_s=_known_down_ns(seen, bad, before, after) / _NS_PER_S,
        upper_s=(end_ns - start_ns) / _NS_PER_S,
        first_bad_ns=int(bad.sent.min()),
        last_good_ns=start_ns,
        next_good_ns=-1 if is_open else end_ns,
        failed=len(bad),
        open=is_open,
    )


def _known_down_ns(seen: _Seen, bad: _Spans, before: int, after: int) -> int:
    """From the first to the last instant at which certainly nobody served."""
    good, other = seen.good, seen.other
    served_until_ns = int(good.finished[before - 1]) if before else seen.first_success[1]
    is_open = after == len(good)
    served_from_ns = seen.end_ns if is_open else int(good.sent[after])
    inside = (other.sent >= served_until_ns) & (other.finished <= served_from_ns)
    proofs = [bad, other.only(inside)]
    if not is_open:
        late = good.only(slice(after, after + 1))
        if late.finished[0] - late.sent[0] > 2 * seen.grace_ns:
            proofs.append(_Spans(late.sent, late.finished, np.ones(1, dtype=bool)))
    edges = [_edges(proof, seen.grace_ns) for proof in proofs if len(proof)]
    first_ns = min(int(first.min()) for first, _ in edges)
    last_ns = max(int(last.max()) for _, last in edges)
    return max(0, last_ns - max(first_ns, served_until_ns))


def _edges(proof: _Spans, grace_ns: int) -> tuple[Array, Array]:
    """Since when and until when each operation shows that nobody served.

    One that only shows it for some instant within shows it by its end, and since its start.
    """
    long = proof.unanswered & (proof.finished - proof.sent > 2 * grace_ns)
    return (
        np.where(long, proof.sent + grace_ns, proof.finished),
        np.where(long, proof.finished - grace_ns, proof.sent),
    )
