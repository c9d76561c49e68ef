"""One ledger per user, where the user wants it, and in nobody else's folder."""

import os

import pytest

from chaos_ext.errors import LedgerUnwritable
from chaos_ext.lease import state


@pytest.fixture(autouse=True)
def no_choice(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAOS_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))


def test_state_lies_in_the_xdg_folder_when_nothing_is_chosen(tmp_path):
    assert state.state_folder() == tmp_path / "xdg" / "chaos_ext"
    assert (tmp_path / "xdg" / "chaos_ext").stat().st_mode & 0o777 == 0o700


def test_state_lies_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path / "mine"))

    assert state.state_folder() == tmp_path / "mine"
    assert state.labs_folder() == tmp_path / "mine" / "labs"


def test_labs_of_another_user_than_root_lie_in_the_state_folder(monkeypatch, tmp_path):
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me or 0)
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path))

    assert state.labs_folder().parent == state.state_folder()


def test_state_is_refused_when_the_folder_belongs_to_somebody_else(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path / "theirs"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(LedgerUnwritable, match="belongs to somebody else"):
        state.state_folder()


def test_state_is_refused_when_the_folder_is_a_file(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CHAOS_STATE", str(tmp_path / "file"))

    with pytest.raises(LedgerUnwritable, match=r"cannot make .*file: File exists"):
        state.state_folder()
