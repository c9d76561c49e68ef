"""What is missing is found, said, and comes with what would bring it."""

import pytest

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries, doctor


def test_doctor_says_what_brings_the_servers_when_there_are_none(monkeypatch):
    def missing(_source):
        raise BinaryMissing("no server")

    monkeypatch.setattr(binaries, "find", missing)

    finding = doctor._redis()

    assert (finding.works, finding.needed, finding.found) == (False, True, "no server")
    assert "pip install" in finding.remedy


@pytest.mark.parametrize(("free_mb", "works"), [(10_000, True), (100, False)])
def test_doctor_asks_for_room_on_the_disk(monkeypatch, free_mb, works):
    usage = type("Usage", (), {"free": free_mb * 1_000_000})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage)

    finding = doctor._disk()

    assert finding.works is works
    assert finding.found == f"{free_mb} MB free"
    assert "CHAOS_STATE" in finding.remedy


@pytest.mark.parametrize(("soft", "works"), [(1024, True), (256, False)])
def test_doctor_asks_for_open_files(monkeypatch, soft, works):
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda _which: (soft, 4096))

    finding = doctor._open_files()

    assert finding.works is works
    assert not finding.needed
    assert finding.remedy.startswith("ulimit -n 4096")


def test_doctor_says_where_the_ledger_is(state):
    finding = doctor._ledger()

    assert finding.works
    assert finding.found == str(state / "ledger.db")


def test_doctor_says_when_the_ledger_cannot_be_used(state):
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("a file in the place of the folder")

    finding = doctor._ledger()

    assert not finding.works
    assert "set CHAOS_STATE" in finding.found


def test_doctor_looks_at_reports_that_are_not_made_yet(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAOS_REPORTS", str(tmp_path / "a" / "b"))

    finding = doctor._reports()

    assert finding.works
    assert finding.found == str(tmp_path / "a" / "b")


def test_doctor_finds_nothing_left_behind_in_a_new_ledger():
    finding = doctor._left()

    assert finding.works
    assert finding.found == "0 faults in place, 0 labs up"


def test_doctor_names_one_fault_that_is_in_place_and_what_ends_it(monkeypatch):
    monkeypatch.setattr(doctor, "Ledger", _OneFault)
    monkeypatch.setattr(doctor.native, "all_labs", lambda _ledger: ["a", "b"])

    finding = doctor._left()

    assert not finding.works
    assert finding.found == "1 fault in place, 2 labs up"
    assert finding.remedy.startswith("chaos heal")


class _OneFault:
    @staticmethod
    def leases():
        return ["held"]
