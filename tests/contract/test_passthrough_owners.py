"""Attributes, owners, open files and maps are through a pass-through what they are in a plain folder."""

import errno
import fcntl
import mmap
import os
import shutil
import subprocess
import sys
from contextlib import suppress

from chaos_ext import world

from .passing import refusal
from .same_folders import same, tree

STRANGER = 65_534  # nobody's user and group, everywhere
# What another user makes, and what it may not do.
BY_A_STRANGER = """
import os, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534); os.umask(0o027)
os.chdir(sys.argv[1])
def refused(do):
    try:
        do()
    except OSError as problem:
        print(problem.errno)
    else:
        print(0)
refused(lambda: os.mkdir("free/folder"))
refused(lambda: os.close(os.open("free/file", os.O_CREAT | os.O_WRONLY, 0o666)))
refused(lambda: os.symlink("file", "free/link"))
refused(lambda: os.mkfifo("free/pipe"))
refused(lambda: os.mkdir("closed/folder"))
refused(lambda: open("closed/secret").close())
refused(lambda: os.chmod("closed", 0o777))
refused(lambda: os.unlink("free/of-root"))
refused(lambda: os.mkdir("inherits/folder"))
refused(lambda: open("inherits/file", "w").close())
"""


def test_attributes_are_set_the_same(both):
    def do(folder):
        file, link = folder / "file", folder / "link"
        file.write_bytes(b"x")
        link.symlink_to("file")
        file.chmod(0o2751)
        os.chown(file, STRANGER, 1234)
        os.chown(link, 4321, STRANGER, follow_symlinks=False)
        os.utime(file, ns=(1_000_000_001, 2_000_000_000_000_000_002))
        os.utime(link, ns=(5, 6), follow_symlinks=False)
        fd = os.open(file, os.O_RDWR)
        os.fchmod(fd, 0o640)
        os.fchown(fd, -1, 77)
        os.close(fd)
        seen, of_link = file.stat(), link.lstat()
        return tree(folder), seen.st_atime_ns, seen.st_mtime_ns, of_link.st_mtime_ns

    same(both, do)


def test_times_follow_what_is_done(both):
    def do(folder):
        file = folder / "file"
        file.write_bytes(b"x")
        os.utime(file, ns=(5, 6))
        os.utime(folder, ns=(5, 6))
        with file.open("ab") as more:
            more.write(b"y")
        (folder / "new").touch()
        return [file.stat().st_mtime_ns > 6, folder.stat().st_mtime_ns > 6, file.stat().st_size]

    assert same(both, do) == [True, True, 2]


def test_unlinked_file_lives_until_it_is_closed(both):
    def do(folder):
        fd = os.open(folder / "file", os.O_CREAT | os.O_RDWR)
        os.write(fd, b"before ")
        (folder / "file").unlink()
        os.write(fd, b"after")
        os.fsync(fd)
        os.ftruncate(fd, 9)
        os.fchmod(fd, 0o600)
        seen = os.fstat(fd)
        found = os.pread(fd, 100, 0), seen.st_nlink, seen.st_size, list(folder.iterdir())
        os.close(fd)
        return found

    assert same(both, do) == (b"before af", 0, 9, [])


def test_file_replaced_while_open_stays_what_it_was(both):
    def do(folder):
        (folder / "old").write_bytes(b"old")
        (folder / "new").write_bytes(b"new!")
        with (folder / "old").open("rb") as old:
            (folder / "new").replace(folder / "old")
            return old.read(), (folder / "old").read_bytes()

    assert same(both, do) == (b"old", b"new!")


def test_another_user_makes_files_of_its_own_and_is_kept_out(both):
    def do(folder):
        for name, mode in (("free", 0o1777), ("closed", 0o700), ("inherits", 0o2777)):
            (folder / name).mkdir()
            (folder / name).chmod(mode)
        os.chown(folder / "inherits", 0, 1234)
        (folder / "closed" / "secret").write_text("x")
        (folder / "free" / "of-root").touch()
        argv = [sys.executable, "-ISc", BY_A_STRANGER, folder]
        done = subprocess.run(argv, capture_output=True, check=True, text=True)
        return done.stdout.split(), tree(folder)

    for folder in both:
        for above in folder.parents:
            with suppress(OSError):  # pytest keeps its folders closed
                above.chmod(above.stat().st_mode | 0o011)
    refusals, found = same(both, do)

    assert refusals == ["0"] * 4 + [str(errno.EACCES)] * 2 + ["1", "1", "0", "0"]
    assert found["free/file"][:3] == ["-rw-r-----", STRANGER, STRANGER]
    assert found["inherits/file"][2] == 1234


def test_listing_of_a_large_folder_is_whole(both):
    def do(folder):
        names = [f"name-{number:05}" for number in range(2_000)]
        for name in names:
            (folder / name).touch()
        with os.scandir(folder) as entries:
            found = sorted((each.name, each.is_file()) for each in entries)
        shutil.rmtree(folder)
        folder.mkdir()
        return found == [(name, True) for name in names]

    assert same(both, do)


def test_memory_maps_read_and_write_the_file(both):
    def do(folder):
        (folder / "file").write_bytes(b"0123456789" * 1000)
        with (folder / "file").open("r+b") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as private:
                found = private[:10]
            with mmap.mmap(file.fileno(), 0) as shared:
                shared[:4] = b"mmap"
                shared.flush()
        return found, (folder / "file").read_bytes()[:12]

    assert same(both, do) == (b"0123456789", b"mmap45678901")


def test_locks_keep_others_out(both):
    def do(folder):
        with (folder / "file").open("w") as one, (folder / "file").open("w") as other:
            fcntl.flock(one, fcntl.LOCK_EX)
            return refusal(lambda: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB))

    assert same(both, do) == errno.EAGAIN


def test_synchronous_and_direct_files_can_be_opened(both):
    def do(folder):
        fd = os.open(folder / "file", os.O_CREAT | os.O_RDWR | os.O_DSYNC | os.O_APPEND)
        written = [os.write(fd, b"one"), os.write(fd, b"two")]
        os.close(fd)
        return written, (folder / "file").read_bytes()

    assert same(both, do) == ([3, 3], b"onetwo")


def test_room_that_is_told_is_that_of_the_disk(both):
    through, plain = (os.statvfs(folder) for folder in both)

    assert (through.f_blocks, through.f_frsize, through.f_namemax) == (
        plain.f_blocks, plain.f_frsize, plain.f_namemax,
    )  # fmt: skip


def test_ten_thousand_files_leave_nothing_in_the_table(in_memory):
    before = in_memory.status()["inodes"]
    folder = in_memory.folder / "many"
    folder.mkdir()

    for number in range(10_000):
        (folder / str(number)).touch()
    grown = in_memory.status()["inodes"]
    shutil.rmtree(folder)

    assert grown >= before + 10_000
    # the kernel forgets in its own time, not in ours
    assert world.wait_until(lambda: in_memory.status()["inodes"] <= before, 10)
