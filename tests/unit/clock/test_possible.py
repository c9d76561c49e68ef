"""`chaos doctor` tells whether clocks can be set wrong, and what would make it possible."""

from chaos_ext.clock import possible
from chaos_ext.lab import clocks


def test_possible_names_the_library(monkeypatch, tmp_path):
    (tmp_path / "lib.so").touch()
    monkeypatch.setenv(clocks.VARIABLE, str(tmp_path / "lib.so"))

    (found,) = possible.checks()

    assert found.works
    assert "lib.so" in found.found


def test_possible_names_what_brings_it(monkeypatch, tmp_path):
    monkeypatch.setenv(clocks.VARIABLE, str(tmp_path / "nowhere.so"))

    (found,) = possible.checks()

    assert not found.works
    assert not found.needed
    assert found.remedy == "apt-get install libfaketime"
