"""Make ready, step by step: folder, guardian, servers, witness, load; each a step of a run."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext import __version__, world
from chaos_ext.conductor import finish, resources
from chaos_ext.conductor.run import Run
from chaos_ext.errors import LabNotReady, LedgerUnwritable
from chaos_ext.evidence import events, files, folder, redact
from chaos_ext.lab import fittings, native, scope
from chaos_ext.lease import identity
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Ledger
from chaos_ext.load.client import Load, users_for
from chaos_ext.load.plan import LoadSettings
from chaos_ext.witness.client import Witness, WitnessSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos_ext.conductor.progress import Progress
    from chaos_ext.lab.model import Lab

LOAD_READY_S_MAX = 30.0


def reports_root() -> Path:
    """Where runs are kept: $CHAOS_REPORTS, or reports in the current folder."""
    return Path(os.environ.get("CHAOS_REPORTS") or "reports").absolute()


def open_run(name: str, experiment: dict[str, Any], secrets: Mapping[str, Any]) -> Run:
    """A folder for the run, and the beginning of its events."""
    token = world.token()
    place = folder.create(reports_root(), name, world.utc_now())
    redactor = redact.Redactor(secrets)
    log = events.EventLog(place / "events.jsonl", redact=redactor.data)
    title = str(experiment.get("title", name))
    log.add("run_started", run=token, experiment=name, title=title, version=__version__)
    me = identity.of(os.getpid())
    try:
        ledger = Ledger(begins=True)
        ledger.change_if_room(
            "insert into runs values (?,?,?,'running','',?,?,?,?)",
            token, name, str(place), world.utc_text(), me.pid, me.start, me.boot,
        )  # fmt: skip
    except LedgerUnwritable as error:
        _refuse_without_a_ledger(place, log, str(error))
        raise
    return Run(token, name, experiment, place, log, redactor, ledger)


def _refuse_without_a_ledger(place: Path, log: events.EventLog, reason: str) -> None:
    """The folder is there already: it must say why nothing else is."""
    log.add("refused", reason=reason)
    log.add("run_ended")
    log.close()
    files.write_text(place / "experiment.yaml", "{}\n")
    finish.judged(place)


def keep_experiment(run: Run) -> None:
    """The experiment as it is run, without secrets."""
    import yaml  # noqa: PLC0415 - used once a run

    plain = run.redactor.data(dict(run.experiment))
    plain.pop("dry", None)
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    files.write_text(run.folder / "experiment.yaml", text)


def start_guardian(run: Run, told: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The guardian is alive before anything else is; what it swept of dead runs."""
    world.spare_from_oom_killer()
    run.guarded = Guarded(run.token, told, run.folder / "guardian.log")
    return run.guarded.swept


def bring_up(run: Run, progress: Progress) -> None:
    """A lab for each system: the standing one if it is as asked for, or one of our own."""
    assert run.environment and run.guarded  # noqa: PT018
    began = world.monotonic_ns()
    for system in run.systems:
        settings = run.environment.systems.get(system)
        if settings is None:
            run.labs[system] = _attached(run, system)
            continue
        settings = fittings.fitted(settings, run.wishes)
        lab = native.standing(run.ledger, system)
        if lab and native.same_settings(lab, settings):
            native.claim(run.ledger, lab, run.token)
            progress.say(f"lab {lab.id}: standing, taken for this run")
        else:
            progress.say(f"lab {system}: starting real servers")
            launch = run.guarded.start
            lab = native.start(run.ledger, system, settings, run=run.token, launch=launch)
        run.labs[system] = lab
    scope.enter(run.labs)
    seconds = (world.monotonic_ns() - began) / 1e9
    nodes = [_shown(run, lab, node.name) for lab in run.labs.values() for node in lab.nodes]
    run.log.add("environment_up", nodes=nodes, seconds=round(seconds, 3), stand_ins=[])
    for lab in run.labs.values():
        servers = f"{len(lab.nodes)} servers"
        told = f"ready in {seconds:.1f} s ({lab.binary})" if lab.binary else "of your own"
        progress.say(f"lab {lab.id}: {servers} {told}")
    resources.start(run, progress)


def _attached(run: Run, system: str) -> Lab:
    """The user's own servers, as the environment describes them."""
    assert run.environment
    urls = {t.name: t.url for t in run.environment.targets.values() if t.system == system}
    module = importlib.import_module(f"chaos_ext.{system}.attached")
    lab: Lab = module.lab(urls)
    return lab


def _shown(run: Run, lab: Lab, node: str) -> dict[str, Any]:
    server = run.ledger.server(lab.key(node))
    found = lab.node(node)
    assert found
    pid = server.identity.pid if server and server.identity else 0
    return {
        "node": node,
        "system": lab.system,
        "address": "{}:{}".format(*found.service),
        "pid": pid,
    }


def start_load(run: Run) -> None:
    """The load's process starts early: its imports take a second; nothing is sent yet."""
    assert run.settings
    wanted = run.settings.load
    if wanted is None:
        return
    module = importlib.import_module(f"chaos_ext.{wanted.system}.lab")
    target = module.target(run.labs[wanted.system])
    sized = users_for(wanted.system, target, wanted.rate_per_s, wanted.deadline_s)
    settings = LoadSettings(
        system=wanted.system, run=run.token, rate_per_s=wanted.rate_per_s,
        deadline_s=wanted.deadline_s, users=sized.users, target=target,
    )  # fmt: skip
    run.load = Load.start(settings, run.folder)
    run.log.add(
        "load", state="started", rate_per_s=wanted.rate_per_s, users=sized.users,
        users_wanted=sized.users_wanted, deadline_s=wanted.deadline_s, cap=sized.reason_of_cap,
    )  # fmt: skip


def send_load(run: Run) -> None:
    """The first arrival; the load must be ready by now."""
    if run.load is None:
        return
    if not run.load.ready(LOAD_READY_S_MAX):
        raise LabNotReady(f"the load is not ready: {run.load.waiting_for or 'no answer'}")
    if run.load.go() is None:
        raise LabNotReady("the load did not start sending; see load.log in the run's folder")


def start_witnesses(run: Run) -> None:
    """A canary for each entry of `watch`, in a process of its own."""
    assert run.settings
    for watch in run.settings.watch:
        module = importlib.import_module(f"chaos_ext.{watch.system}.lab")
        settings = WitnessSettings(
            system=watch.system, run=run.token, pace_ms=watch.pace_ms,
            deadline_ms=watch.deadline_ms, stays_with=watch.stays_with,
            target=module.target(run.labs[watch.system], watch.stays_with),
        )  # fmt: skip
        run.witnesses[watch.name] = Witness.start(settings, run.folder)
        run.log.add(
            "witness", **settings.told(), state="started",
            pace_ms=watch.pace_ms, deadline_ms=watch.deadline_ms,
        )  # fmt: skip
