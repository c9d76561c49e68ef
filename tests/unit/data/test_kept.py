"""A copy that is kept: everything comes back from it, whatever was done meanwhile, and only from a whole one."""

import json
import os
import shutil

import hypothesis
import pytest
from hypothesis import strategies

from chaos_ext.data import kept
from chaos_ext.data.kept import Kept
from chaos_ext.errors import HealFailed, NotAllowed
from chaos_ext.values import OURS


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "data"
    (made / "inner" / "empty").mkdir(parents=True)
    (made / "top").write_bytes(b"top")
    (made / "inner" / "file").write_bytes(b"file" * 1000)
    (made / "nothing in it").touch(mode=0o640)
    return made


@pytest.fixture
def whole(folder):
    """A copy that was taken."""
    made = Kept(folder, "0a1b2c3d")
    made.take()
    return made


def test_file_that_another_fault_tries_its_disk_with_is_neither_kept_nor_put_back(folder):
    tried = folder / f"{OURS}0a1b2c3d"
    tried.touch()
    made = Kept(folder, "0a1b2c3d")

    made.take()
    tried.unlink()  # that fault was healed
    made.restore()

    assert not tried.exists()
    assert not (made.copy / tried.name).exists()


def content(folder):
    return {
        str(each.relative_to(folder)): (
            each.stat().st_mode,
            each.read_bytes() if each.is_file() else None,
        )
        for each in sorted(folder.rglob("*"))
    }


SPOILERS = {
    "a byte is other": lambda folder: (folder / "top").write_bytes(b"tip"),
    "a file is gone": lambda folder: (folder / "top").unlink(),
    "a file is new": lambda folder: (folder / "inner" / "new").write_bytes(b"new"),
    "a folder is gone": lambda folder: shutil.rmtree(folder / "inner"),
    "a folder is new": lambda folder: (folder / "a" / "b").mkdir(parents=True),
    "a mode is other": lambda folder: (folder / "top").chmod(0o600),
    "a link is new": lambda folder: (folder / "link").symlink_to("top"),
    "it is empty": lambda folder: [shutil.rmtree(folder), folder.mkdir()],
}


@pytest.mark.parametrize("spoiler", SPOILERS.values(), ids=SPOILERS)
def test_restore_brings_everything_back(folder, whole, spoiler):
    before = content(folder)
    spoiler(folder)
    assert content(folder) != before

    whole.restore()

    assert content(folder) == before


@hypothesis.given(strategies.sets(strategies.sampled_from(sorted(SPOILERS)), min_size=1))
def test_restore_brings_everything_back_from_any_mixture(tmp_path_factory, chosen):
    folder = tmp_path_factory.mktemp("mixture") / "data"
    (folder / "inner").mkdir(parents=True)
    (folder / "top").write_bytes(b"top")
    whole = Kept(folder, "0a1b2c3d")
    whole.take()
    before = content(folder)
    for name in sorted(chosen):
        if (folder / "inner").exists() and (folder / "top").exists():
            SPOILERS[name](folder)

    whole.restore()

    assert content(folder) == before


def test_what_was_restored_once_is_not_restored_again(folder, whole):
    whole.restore()
    (folder / "top").write_bytes(b"written since")

    Kept(folder, "0a1b2c3d").restore()

    assert (folder / "top").read_bytes() == b"written since"


def test_copy_without_its_list_is_none(folder, whole):
    (whole.place / "list.json").unlink()

    assert not whole.there()
    assert kept.beside(folder) == []
    whole.remove()
    assert not whole.place.exists()


def test_copy_that_is_not_what_was_listed_is_not_believed(folder, whole):
    (whole.copy / "top").write_bytes(b"bad")
    (folder / "top").unlink()

    with pytest.raises(HealFailed, match="differs from the copy after it was put back"):
        whole.restore()

    assert whole.there()


def test_list_says_what_every_file_was(whole):
    (entry,) = [
        each
        for each in json.loads((whole.place / "list.json").read_text())["entries"]
        if each["name"] == "top"
    ]

    assert entry["size"] == 3
    assert entry["sha256"].startswith("28720365c5")
    assert entry["uid"] == os.geteuid()


def test_settled_copy_says_so_to_whoever_looks(folder, whole):
    assert not whole.settled

    (found,) = kept.beside(folder)
    found.settle()

    assert Kept(folder, "0a1b2c3d").settled
    assert not Kept(folder, "0a1b2c3d")._list()["restored"]


def test_what_is_neither_file_nor_folder_is_refused(folder):
    (folder / "link").symlink_to("top")

    with pytest.raises(NotAllowed, match="neither a file nor a folder"):
        Kept(folder, "one").take()


def test_what_does_not_fit_is_refused(folder, monkeypatch):
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(kept.shutil, "disk_usage", lambda _: usage._replace(free=4000))

    with pytest.raises(NotAllowed, match="what cannot be kept is not spoiled"):
        Kept(folder, "one").refuse_without_room("data.corrupt")


def test_removing_twice_does_no_harm(whole):
    whole.remove()
    whole.remove()

    assert not whole.place.exists()
