"""Where libfaketime is looked for, what a server is started with, and who cannot have a clock."""

import struct
import sys
from pathlib import Path

import pytest

from chaos_ext.errors import BinaryMissing, NotAllowed
from chaos_ext.lab import clocks
from chaos_ext.lab.model import Lab, Node
from chaos_ext.lease import shared_memory

NODE = Node("redis-1", "data", ("127.70.1.1", 17379), ("127.70.1.1", 17379))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(shared_memory, "PLACE", memory)
    library = tmp_path / "library.so"
    library.touch()
    monkeypatch.setenv(clocks.VARIABLE, str(library))
    settings = {clocks.SETTING: True}
    made = Lab(f"redis-{tmp_path.name}", "redis", "run", tmp_path, "", (NODE,), settings)
    yield made
    for each in Path("/dev/shm").glob(f"sem.chaos_ext-{made.id}-*"):
        each.unlink()


def elf(kinds):
    """A program with segments of those kinds."""
    head = bytearray(64)
    head[:5] = b"\x7fELF\x02"
    struct.pack_into("=Q", head, 32, 64)
    struct.pack_into("=HH", head, 54, 56, len(kinds))
    return bytes(head) + b"".join(struct.pack("=I52x", kind) for kind in kinds)


def test_library_is_the_one_that_is_chosen(monkeypatch, tmp_path):
    chosen = tmp_path / "library.so"
    chosen.touch()
    monkeypatch.setenv(clocks.VARIABLE, str(chosen))

    assert clocks.library() == str(chosen)


def test_library_that_is_chosen_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv(clocks.VARIABLE, str(tmp_path / "nowhere.so"))

    with pytest.raises(BinaryMissing, match=r"\$CHAOS_LIBFAKETIME names .*nowhere"):
        clocks.library()


def test_library_that_is_nowhere_is_told_with_what_brings_it(monkeypatch):
    monkeypatch.delenv(clocks.VARIABLE, raising=False)
    monkeypatch.setattr(clocks, "_PLACES", ())
    monkeypatch.setattr(clocks.util, "find_library", lambda name: None)

    with pytest.raises(BinaryMissing, match=r"then ldconfig\); apt-get install libfaketime"):
        clocks.library()


def test_server_is_started_under_the_library_with_a_clock_that_is_right(lab):
    spec = clocks.under(lab, NODE, {"argv": [sys.executable], "env": {"LANG": "C"}})

    way = clocks.way(lab, NODE)
    assert Path(way["file"]).read_text() == "+0 x1\n"
    assert spec["env"]["FAKETIME_TIMESTAMP_FILE"] == way["file"]
    assert spec["env"]["LD_PRELOAD"].endswith("library.so")
    assert spec["env"]["LANG"] == "C"
    assert {"FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC"} < set(spec["env"])
    assert Path(way["shared"]).stat().st_mode & 0o777 == 0o600


def test_library_that_is_loaded_already_stays(lab, monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "other.so")

    spec = clocks.under(lab, NODE, {"argv": [sys.executable]})

    assert spec["env"]["LD_PRELOAD"].endswith("library.so:other.so")


@pytest.mark.parametrize(
    ("content", "static"),
    [(elf([1, 3]), False), (elf([1, 1]), True), (b"#!/bin/sh\n", False), (b"", False)],
)
def test_program_is_static_when_it_names_no_interpreter(tmp_path, content, static):
    program = tmp_path / "program"
    program.write_bytes(content)

    assert clocks.is_static(program) is static


def test_static_program_is_refused(lab, tmp_path):
    program = tmp_path / "program"
    program.write_bytes(elf([1]))

    with pytest.raises(NotAllowed, match="is linked statically"):
        clocks.under(lab, NODE, {"argv": [str(program)]})


def test_servers_of_somebody_else_have_no_clock_of_ours(tmp_path):
    theirs = Lab("attached", "redis", "attached", tmp_path, "", (NODE,), {})

    assert clocks.way(theirs, NODE) is None


def test_rate_counts_from_what_the_library_wrote_down(tmp_path):
    shared = tmp_path / "shared"
    shared.write_bytes(struct.pack("@QQqq", 0, 0, 1_700_000_000, 500_000_000))

    assert clocks.began_s(str(shared)) == 1_700_000_000.5
