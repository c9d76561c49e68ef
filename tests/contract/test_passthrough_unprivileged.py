"""Without root the setuid program of the system mounts, and everything else is the same."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos_ext.passthrough import mounting

from .passing import Passing, needs_mounts, refusal, synced

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65_534
# whoever runs this test may keep their Python where nobody else may look
PYTHONS = (sys.executable, "/usr/bin/python3")
_ENOUGH = "import sys; sys.path[:0] = [sys.argv[1]]; import chaos_ext.passthrough.serve"


@pytest.fixture
def passing(tmp_path):
    needs_mounts()
    if not mounting.program():
        pytest.skip("needs: fusermount3, apt-get install fuse3")
    as_nobody = [
        shutil.which("setpriv"),
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
    ]
    package = shutil.copytree(ROOT / "chaos_ext", tmp_path / "lib" / "chaos_ext")
    python = _python(as_nobody, package.parent)
    place = tmp_path / "through"
    place.mkdir()
    for folder in (place, tmp_path):
        os.chown(folder, NOBODY, NOBODY)
    for above in tmp_path.parents[:3]:
        above.chmod(above.stat().st_mode | 0o011)
    served = Passing(place, tmp_path / "log")
    served.command = [*as_nobody, "env", f"PYTHONPATH={package.parent}", python]
    yield served.start()
    served.close()


def _python(as_nobody, library):
    for python in PYTHONS:
        told = subprocess.run(
            [*as_nobody, "env", python, "-Bc", _ENOUGH, library],
            capture_output=True,
            check=False,
        )
        if told.returncode == 0:
            return python
    pytest.skip("needs: a Python 3.11 that another user may run, such as Debian's own")
    return None


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_other_user_serves_its_own_folder(passing, signum):
    seen = mounting.top(passing.folder)
    assert (seen.kind, seen.server().pid > 0) == (mounting.KIND, True)
    as_owner = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    write = [*as_owner, "sh", "-c", f"echo kept > {passing.folder}/file"]
    assert subprocess.run(write, check=False).returncode == 0
    assert refusal(lambda: synced(passing.folder / "of-root")) == errno.EACCES

    passing.end(signum)
    if signum == signal.SIGKILL:
        passing.start()
        assert passing.end() == 0

    assert not passing.mounted()
    assert (passing.folder / "file").read_text() == "kept\n"
    assert (passing.folder / "file").stat().st_uid == NOBODY
