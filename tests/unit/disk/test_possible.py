"""`chaos doctor` tells by which means disks can be hurt here, and what would make it possible."""

from chaos_ext.disk import possible
from chaos_ext.passthrough import mounting


def test_possible_has_one_finding_a_means():
    assert [each.name for each in possible.checks()] == ["disks slow or failing", "disks full"]


def test_possible_says_no_without_the_device(monkeypatch, tmp_path):
    monkeypatch.setattr(mounting, "DEVICE", str(tmp_path / "none"))

    passed, _ = possible.checks()

    assert not passed.works
    assert not passed.needed
    assert "fuse" in passed.remedy


def test_possible_says_no_to_others_than_root_without_a_program(monkeypatch, tmp_path):
    (tmp_path / "fuse").touch()
    monkeypatch.setattr(mounting, "DEVICE", str(tmp_path / "fuse"))
    monkeypatch.setattr(possible.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(mounting, "program", lambda: "")

    passed, filled = possible.checks()

    assert not passed.works
    assert not filled.works
