"""A folder to run `chaos` in, as a user would, so that tests judge what a user gets."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from chaos_ext import world

CHAOS = Path(sys.executable).with_name("chaos")
ACTIVITIES = Path(__file__).with_name("activities.py")
# The host's own `run`, not ours: what happens to those who call the host otherwise.
BARE = "from chaostoolkit.cli import cli; from chaostoolkit.commands.run import run"
HOST = (sys.executable, "-c", f"{BARE}; cli.add_command(run); cli()")
RUN_S_MAX = 60
CONTROL = {
    "name": "chaos_ext",
    "provider": {"type": "python", "module": "chaos_ext.control"},
}
QUICK = {"name": "chaos_ext", "baseline_s": 0, "recovers_within_s": 0}


def call(func, module="activities", **arguments):
    """The provider of a Python activity."""
    return {"type": "python", "module": module, "func": func, "arguments": arguments}


def action(func, *, name="", **arguments):
    """An action of `activities.py`."""
    return {"type": "action", "name": name or func, "provider": call(func, **arguments)}


def probe(func, *, name="", **arguments):
    """A probe of `activities.py`, as it stands in a method."""
    return {"type": "probe", "name": name or func, "provider": call(func, **arguments)}


def fault(func, target, for_s=5, **more):
    """A fault of a process."""
    provider = call(func, "chaos_ext.process.actions", target=target, for_s=for_s)
    return {"type": "action", "name": f"{func} {target}", "provider": provider, **more}


WELL = {**probe("says", what=True), "name": "it is well", "tolerance": True}


FREEZE = fault("pause", "redis-primary", for_s=1)


def experiment(method=(), probes=(WELL,), rollbacks=(), **more):
    """An experiment without our control."""
    return {
        "title": "a test",
        "description": "of the host",
        "steady-state-hypothesis": {"title": "all is well", "probes": list(probes)},
        "method": list(method),
        "rollbacks": list(rollbacks),
        **more,
    }


def guarded(plain, **settings):
    """The same experiment with our control."""
    controls = [*plain.get("controls", []), CONTROL]
    return {**plain, "controls": controls, "extensions": [{**QUICK, **settings}]}


@dataclass(frozen=True, slots=True)
class Ended:
    """What a call of `chaos` left behind."""

    code: int
    out: str
    err: str
    folder: Path
    reports: Path

    @property
    def said(self):
        """Everything on the terminal."""
        return self.out + self.err

    @property
    def journal(self):
        """The host's journal; None when it wrote none."""
        path = self.folder / "journal.json"
        return strict_json(path.read_text(encoding="utf-8")) if path.exists() else None

    @property
    def run(self):
        """The folder of the run."""
        (latest,) = self.reports.glob("*/latest")
        return latest.resolve()

    @property
    def verdict(self):
        return strict_json((self.run / "verdict.json").read_text(encoding="utf-8"))

    @property
    def judged(self):
        """The two that a user looks at first."""
        return self.verdict["verdict"], self.code

    @property
    def reason(self):
        return self.verdict["reason"]

    @property
    def notes(self):
        """What the activities wrote down, in order."""
        return notes(self.folder)

    def events(self, name):
        return [event for event in events(self.reports) if event["event"] == name]


def strict_json(text):
    """The data of *text*, which must be JSON for every reader: no NaN."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def notes(folder):
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


def events(reports):
    """The whole lines of the run that goes on or has ended."""
    paths = list(reports.glob("*/latest/events.jsonl"))
    text = paths[0].read_text() if paths else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]


class Going:
    """A call of `chaos` that is going on."""

    def __init__(self, process, folder, reports):
        self.process, self.folder, self.reports = process, folder, reports

    def wait_for(self, condition):
        """Wait until *condition* is true of this run; fail when it has ended before."""
        met = world.wait_until(lambda: condition(self) or self._over(), RUN_S_MAX)
        assert met, f"it never came so far: {[e['event'] for e in events(self.reports)]}"
        assert condition(self), f"it ended before: {self.ended().said}"

    def _over(self):
        return self.process.poll() is not None

    def send(self, signum):
        self.process.send_signal(signal.Signals(signum))

    def noted(self, line):
        return line in notes(self.folder)

    def has(self, event, **fields):
        """Whether an event with those fields was written down."""
        return any(
            e["event"] == event and fields.items() <= e.items() for e in events(self.reports)
        )

    def events(self, name):
        return [event for event in events(self.reports) if event["event"] == name]

    def ended(self):
        """Wait for the end."""
        try:
            code = self.process.wait(RUN_S_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        out, err = ((self.folder / name).read_text() for name in ("stdout", "stderr"))
        return Ended(code, out, err, self.folder, self.reports)


class Place:
    """Where `chaos` is called: a state folder, and a folder for each call."""

    def __init__(self, folder, **environ):
        self.folder = folder
        self.environ = {
            **os.environ,
            "PYTHONPATH": f"{ACTIVITIES.parent}{os.pathsep}{folder}",
            "CHAOS_STATE": str(folder / "state"),
            "HOME": str(folder),
            **environ,
        }
        self._count = 0

    def call(self, *words, env=None):
        """Call `chaos` with *words* and wait for its end."""
        return self.begin(*words, env=env).ended()

    def begin(self, *words, files=None, env=None, program=(CHAOS,)):
        """Call `chaos` with *words* in a folder of its own that holds *files*."""
        self._count += 1
        folder = self.folder / f"call{self._count}"
        folder.mkdir()
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        reports = folder / "reports"
        environ = {**self.environ, "CHAOS_REPORTS": str(reports), **(env or {})}
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [*program, "--no-version-check", *words],
                cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip
        return Going(process, folder, reports)

    def start(self, content, *options, env=None, program=(CHAOS,)):
        """Begin to run an experiment; text is taken as it stands."""
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        files = {"experiment.yaml": text}
        return self.begin(
            "run", *options, "experiment.yaml", files=files, env=env, program=program
        )

    def run(self, content, *options, **more):
        """Run an experiment to its end."""
        return self.start(content, *options, **more).ended()


@contextmanager
def standing_lab(folder):
    """A place where real Redis servers stand until it is left."""
    place = Place(folder)
    up = place.call("lab", "up", "redis")
    assert up.code == 0, up.said
    try:
        yield place
    finally:
        down = place.call("lab", "down", "redis")
        assert down.code == 0, down.said
