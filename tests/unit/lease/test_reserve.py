"""Room is kept once, spent once, and kept anew."""

from chaos_ext.lease import reserve


def test_reserve_is_kept_whoever_asks_and_how_often(tmp_path):
    ledger = tmp_path / "ledger.db"

    reserve.keep(ledger)
    reserve.keep(ledger)

    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_blocks * 512 >= reserve.BYTES


def test_reserve_is_spent_once_and_kept_anew(tmp_path):
    ledger = tmp_path / "ledger.db"
    reserve.keep(ledger)

    assert reserve.spend(ledger)
    assert not reserve.spend(ledger)
    assert list(tmp_path.iterdir()) == []

    reserve.keep(ledger)
    assert reserve.spend(ledger)
