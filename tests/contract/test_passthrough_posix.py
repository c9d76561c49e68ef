"""What a program does with files and names, it sees through a pass-through as in a plain folder."""

import os

import pytest

from chaos_ext.passthrough import syscalls

from .passing import refusal
from .same_folders import same, tree


def test_files_are_written_and_read_the_same(both):
    def do(folder):
        file = folder / "file"
        file.write_bytes(b"first line\nsecond\n")
        with file.open("ab") as more:
            more.write(b"appended")
        with file.open("r+b") as inside:
            inside.seek(6)
            inside.write(b"LINE")
        big = os.urandom(16)
        (folder / "big").write_bytes(b"%d" % len(big) * 3_000_000)
        with (folder / "big").open("rb") as read:
            read.seek(2_999_990)
            return file.read_bytes(), read.read(20), (folder / "big").stat().st_size

    assert same(both, do)[2] == 6_000_000
    same(both, tree)


def test_positions_holes_and_lengths_are_the_same(both):
    def do(folder):
        fd = os.open(folder / "file", os.O_CREAT | os.O_RDWR)
        try:
            found = [os.pwrite(fd, b"far", 100_000), os.pread(fd, 10, 99_998)]
            os.truncate(fd, 50_000)
            found += [os.fstat(fd).st_size, os.pread(fd, 10, 60_000)]
            os.truncate(folder / "file", 70_000)
            found.append(os.pread(fd, 5, 69_999))
            os.posix_fallocate(fd, 0, 80_000)
            found.append(os.fstat(fd).st_size)
            syscalls.fallocate(fd, syscalls.FALLOC_KEEP_SIZE, 0, 200_000)
            found += [os.fstat(fd).st_size, os.fstat(fd).st_blocks * 512 >= 200_000]
            found.append(os.lseek(fd, -10, os.SEEK_END))
        finally:
            os.close(fd)
        return found

    assert same(both, do)[-1] == 79_990


def test_names_are_made_moved_and_removed_the_same(both):
    def do(folder):
        (folder / "a").write_bytes(b"a")
        (folder / "b").write_bytes(b"b")
        (folder / "sub" / "deep").mkdir(parents=True)
        (folder / "a").rename(folder / "sub" / "a")
        (folder / "b").replace(folder / "sub" / "a")  # onto another
        os.link(folder / "sub" / "a", folder / "hard")
        (folder / "soft").symlink_to("sub/a")
        os.link(folder / "soft", folder / "soft too", follow_symlinks=False)
        os.mkfifo(folder / "pipe", 0o640)
        (folder / "gone").touch()
        (folder / "gone").unlink()
        (folder / "sub" / "deep").rmdir()
        (folder / "sub").rename(folder / "moved")
        (folder / ("long" * 63)).touch()
        (folder / "with\nline and ünïcode").touch()
        return tree(folder), sorted(path.name for path in folder.iterdir())

    same(both, do)


@pytest.mark.parametrize(
    "do",
    [
        lambda at: (at / "none").read_bytes(),
        lambda at: (at / "full").rmdir(),
        lambda at: (at / "full").unlink(),
        lambda at: (at / "full").rename(at / "file"),
        lambda at: (at / "file").rename(at / "full"),
        lambda at: (at / "full").rename(at / "full" / "x" / "y"),
        lambda at: (at / "file").mkdir(),
        lambda at: (at / "file" / "below").touch(),
        lambda at: os.open(at / "file", os.O_CREAT | os.O_EXCL),
        lambda at: os.open(at / "file", os.O_DIRECTORY),
        lambda at: os.open(at / "link", os.O_NOFOLLOW),
        lambda at: (at / "loop").read_bytes(),
        lambda at: (at / ("x" * 256)).touch(),
        lambda at: os.truncate(at / "full", 1),
        lambda at: (at / "file").readlink(),
        lambda at: next((at / "file").iterdir()),
        lambda at: (at / "none" / "x").mkdir(),
        lambda at: syscalls.rename(-100, bytes(at / "file"), -100, bytes(at / "link"), 1),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_same_error(both, do):
    def prepared(folder):
        (folder / "full" / "x").mkdir(parents=True)
        (folder / "file").write_bytes(b"x")
        (folder / "link").symlink_to("file")
        (folder / "loop").symlink_to("loop")
        return refusal(lambda: do(folder)), tree(folder)

    assert same(both, prepared)[0] != 0


def test_two_names_are_exchanged_the_same(both):
    def do(folder):
        (folder / "a").write_bytes(b"a")
        (folder / "b").mkdir()
        syscalls.rename(-100, bytes(folder / "a"), -100, bytes(folder / "b"), 2)
        return tree(folder)

    assert same(both, do)["a"][0].startswith("d")
