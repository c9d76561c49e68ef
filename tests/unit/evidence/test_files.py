"""Files of evidence are whole on disk or not there at all."""

import subprocess
import sys

import pytest

from chaos_ext.errors import ReportsUnwritable, RunUnreadable
from chaos_ext.evidence.files import read_json, write_json
from chaos_ext.history import durable


def test_write_json_keeps_order_and_replaces_what_was_there(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    write_json(path, {"z": b"x", "a": float("nan")})

    assert read_json(path) == {"z": "x", "a": "nan"}
    assert list(read_json(path)) == ["z", "a"]
    assert list(tmp_path.iterdir()) == [path]


def test_write_leaves_the_old_file_when_the_disk_fails(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(ReportsUnwritable, match="No space left"):
        write_json(path, {"new": 1})

    assert read_json(path) == {"old": 1}


def test_read_json_names_the_file_when_it_is_broken(tmp_path):
    (tmp_path / "a.json").write_text("{")

    with pytest.raises(RunUnreadable, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_evidence_is_imported_without_numpy_or_pyarrow():
    names = "events folder plain redact manifest files"
    imports = "; ".join(f"import chaos_ext.evidence.{name}" for name in names.split())
    code = (
        f"import sys; {imports}; print([m for m in ('numpy', 'pyarrow') if m in sys.modules])"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert (loaded.stdout.strip(), loaded.stderr) == ("[]", "")
