"""A folder that leads through a pass-through and a plain one beside it: whatever is done is done to both."""

import os
import shutil
import stat

import pytest

from chaos_ext.passthrough import syscalls

from .passing import Passing, needs_mounts


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory):
    """A pass-through over a file system in memory, so that ten thousand files are made soon."""
    needs_mounts()
    place = tmp_path_factory.mktemp("passing")
    syscalls.mount("chaos", os.fsencode(place), "tmpfs", 0, "size=256m,mode=755")
    (place / "through").mkdir()
    served = Passing(place / "through", tmp_path_factory.mktemp("log") / "log").start()
    yield served
    served.close()
    syscalls.detach(os.fsencode(place))


@pytest.fixture
def both(in_memory, request):
    """A folder that leads through us, and a plain one, both of this test alone."""
    name = request.node.name.replace("/", "-")
    through, plain = in_memory.folder / name, in_memory.folder.parent / name
    for folder in (through, plain):
        folder.mkdir()
        folder.chmod(0o755)
    yield through, plain
    shutil.rmtree(through)
    shutil.rmtree(plain)


def same(both, do):
    """Do it in both folders; what it returned, which must be the same."""
    through, plain = (do(folder) for folder in both)
    assert through == plain
    return plain


def tree(folder):
    """All that is in a folder, as far as it can be the same elsewhere."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        what = [stat.filemode(seen.st_mode), seen.st_uid, seen.st_gid, seen.st_size]
        if stat.S_ISREG(seen.st_mode):
            what += [path.read_bytes(), seen.st_nlink, seen.st_mtime_ns % 1_000_000]
        if path.is_symlink():
            what.append(path.readlink())
        if stat.S_ISREG(seen.st_mode):
            what.pop(-1)  # when it was written differs
        found[str(path.relative_to(folder))] = what
    return found
