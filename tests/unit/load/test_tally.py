"""A row on disk and a count for every arrival."""

import numpy as np
import pytest

from chaos_ext.history import rows
from chaos_ext.load.tally import Arrival, Tally, pack


class Kept:
    def __init__(self):
        self.pieces = []

    def put(self, packed):
        self.pieces.append(packed)

    @property
    def rows(self):
        return np.frombuffer(b"".join(self.pieces), dtype=rows.ARRIVAL)


def arrival(seq, outcome=rows.OK, error=""):
    return Arrival(rows.READ, outcome, error, seq, 10 + seq, 20 + seq, 30 + seq)


@pytest.mark.parametrize("error", rows.ERRORS)
def test_packed_arrival_reads_back_whole_when_read_as_the_shape_of_the_contract(error):
    packed = pack(Arrival(rows.READ, rows.FAILED, error, 4_000_000_000, 2**62, 5, 7))

    row = np.frombuffer(packed, dtype=rows.ARRIVAL)[0]

    assert (row["kind"], row["outcome"]) == (rows.READ, rows.FAILED)
    assert rows.ERRORS[row["error"]] == error
    assert row["seq"] == 4_000_000_000
    assert [row[f] for f in ("intended_ns", "sent_ns", "finished_ns")] == [2**62, 5, 7]


def test_tally_hands_rows_on_at_once_when_they_are_put():
    kept = Kept()
    tally = Tally(kept)

    tally.put([arrival(0)])
    tally.put([arrival(1), arrival(2)])

    assert len(kept.pieces) == 2
    assert kept.rows["seq"].tolist() == [0, 1, 2]


def test_tally_sums_up_every_outcome_when_asked():
    tally = Tally(Kept())
    tally.put([arrival(0), arrival(1, rows.FAILED, "lost"), arrival(2, rows.DROPPED)])

    summary = tally.summary(3)

    assert summary == {"planned": 3, "sent": 2, "ok": 1, "failed": 1, "dropped": 1}
    assert tally.written == 3
