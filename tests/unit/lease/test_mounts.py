"""What is mounted below a folder is told from what only looks like it."""

from pathlib import Path

from chaos_ext.lease import mounts

TEXT = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /lab/one\040two/data rw - tmpfs chaos_ext rw
31 22 0:31 / /lab/one\040two/data/inner rw - fuse.chaos_ext chaos_ext rw
32 22 0:32 / /lab/one\040two-more rw - tmpfs other rw
""".strip()


def test_below_names_the_newest_first_and_no_neighbour(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_args, **_keys: TEXT)

    assert mounts.below(Path("/lab/one two")) == [
        "/lab/one two/data/inner", "/lab/one two/data",
    ]  # fmt: skip
    assert mounts.below(Path("/lab/one two/data/inner")) == ["/lab/one two/data/inner"]


def test_release_has_nothing_to_do_where_nothing_is_mounted(tmp_path):
    assert mounts.release(tmp_path) == []
