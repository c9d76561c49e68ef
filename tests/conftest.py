"""What every test gets: a state of its own, dice that can be thrown again, and a look round afterwards."""

import gc
import itertools
import os
import signal
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

from chaos_ext import world

STARTS_PROCESSES = ("contract", "lab", "crash")  # folders whose tests may start some
NEEDS = "needs:"  # how a skip begins that continuous integration must not have
GONE_S_MAX = 10.0  # a guardian whose run is over may take this long to take a lab down
_COUNT = itertools.count()
SEED = os.environ.get("CHAOS_EXT_SEED") or world.token()

# how long one example takes on a busy machine says nothing of what it shows
hypothesis.settings.register_profile("untimed", deadline=None)
# at home the answer must come soon; whoever has time throws more often
hypothesis.settings.register_profile("soon", deadline=None, max_examples=10)
hypothesis.settings.load_profile("untimed" if os.environ.get("CI") == "true" else "soon")


def pytest_configure():
    """What was started in the background ignores these two, and all its children would, too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection():
    """What is collected stays to the end: looking through it for garbage costs seconds."""
    gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_report_header():
    return f"dice: CHAOS_EXT_SEED={SEED} throws them the same way again"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _promised((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _promised((yield))


def _promised(report):
    """In CI, a test that misses what it needs has failed; at home it is skipped with the reason."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if reason.startswith(NEEDS):
            report.outcome = "failed"
            report.longrepr = f"CI promises what this test misses; {reason}"
    return report


@pytest.fixture(scope="session", autouse=True)
def state_of_nobody(tmp_path_factory):
    """No test sees the user's ledger and reports; what the whole session started ends with it."""
    root = tmp_path_factory.mktemp("session")
    before = dict(os.environ)
    os.environ |= {"CHAOS_STATE": str(root / "state"), "CHAOS_REPORTS": str(root / "reports")}
    yield root / "state"
    _restore(before)
    assert _left_running(tmp_path_factory.getbasetemp()) == []


@pytest.fixture(autouse=True)
def state(request, state_of_nobody):
    """A ledger and reports for one test, where nothing it started may still run when it is over.

    A lab that stands for a whole module has set CHAOS_STATE before us, and keeps it.
    """
    tmp_path = _folder(request, state_of_nobody)
    environment = dict(os.environ)
    if environment["CHAOS_STATE"] == str(state_of_nobody):
        os.environ["CHAOS_STATE"] = str(tmp_path / "state")
        os.environ["CHAOS_REPORTS"] = str(tmp_path / "reports")
    yield Path(os.environ["CHAOS_STATE"])
    _restore(environment)
    if _may_start_processes(request.path):
        assert _left_running(tmp_path) == [], "this test left processes running"


def _restore(environment):
    """Every variable as it was; only what was changed is told to the kernel again."""
    now = dict(os.environ)
    for name in now.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment.items() - now.items())


def _folder(request, state_of_nobody):
    """The test's own folder, made only where it is asked for: two thousand of them take seconds."""
    if "tmp_path" in request.fixturenames or _may_start_processes(request.path):
        return request.getfixturevalue("tmp_path")
    return state_of_nobody.parent / f"of-test-{next(_COUNT)}"


@pytest.fixture
def dice(request):
    """Dice of this test alone; they fall the same way again with the seed that is printed."""
    print(f"CHAOS_EXT_SEED={SEED}")
    return world.dice(f"{SEED}:{request.node.nodeid}")


def _may_start_processes(path):
    return path.relative_to(Path(__file__).parent).parts[0] in STARTS_PROCESSES


def _left_running(folder):
    """The processes whose state lies under *folder*; they are ended after they were named."""
    world.wait_until(lambda: not _running(folder), GONE_S_MAX, every_s=0.05)
    left = _running(folder)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"{pid} {command}" for pid, command in left.items()]


def _running(folder):
    mark = f"\0CHAOS_STATE={folder}/".encode()
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            # a server may write over its own environment; it stands in its lab's folder all the same
            inside = str((place / "cwd").readlink()).startswith(f"{folder}/")
            if inside or mark in b"\0" + (place / "environ").read_bytes():
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(place.name)] = command.decode(errors="replace").strip()
        except OSError:  # it ended, or is another user's
            continue
    return {pid: command for pid, command in found.items() if pid != os.getpid()}
