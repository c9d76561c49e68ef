"""End a run: stop, read back, take down, then seal what was found, judge it and tell it."""

from __future__ import annotations

import importlib
import platform
import shutil
from typing import TYPE_CHECKING, Any

from chaos_ext import __version__, world
from chaos_ext.conductor import recover, resources
from chaos_ext.conductor.run import OVER
from chaos_ext.errors import ChaosExtError, GuardianGone
from chaos_ext.evidence import events, files, manifest, plain
from chaos_ext.lab import native, scope
from chaos_ext.lease import sweep
from chaos_ext.lease.ledger import HEALED, OPEN_STATES

if TYPE_CHECKING:
    from pathlib import Path

    from chaos_ext.conductor.progress import Progress
    from chaos_ext.conductor.run import Run
    from chaos_ext.lab.model import Lab
    from chaos_ext.lease.client import Guarded
    from chaos_ext.verdict.model import Verdict
    from chaos_ext.witness.client import WitnessSettings

ALL_STATES = (*OPEN_STATES, HEALED)
READ_BACK_S_MAX = 20.0
STOP_S_MAX = 10.0


def end_processes(run: Run, progress: Progress) -> None:
    """Stop load and witness, heal, read back, take down; whatever fails is written down."""
    if run.phase:
        run.enter("end")
    run.stage = OVER
    _stop_load(run)
    _stop_witnesses(run)
    resources.stop(run)
    left = recover.heal(run, "the run ended", last=True)
    _tell_ended_servers(run)
    read_back = {} if left else _read_back_all(run, progress)
    left += _take_down(run) + run.left
    if run.guarded:
        run.log.add("healed", verified=not left, left=left)
    _compact(run, read_back)


def _tell_ended_servers(run: Run) -> None:
    """A server that ended without a fault of ours is somebody else's harm: it spoils the test."""
    ours = {lease.server for lease in run.ledger.leases(run.token, ALL_STATES)}
    for lab in run.labs.values():
        for server in run.ledger.servers(lab.id):
            alive = server.identity is not None and server.identity.same()
            if not alive and server.key not in ours:
                run.log.add("server_ended", node=server.node, expected=False)


def _stop_load(run: Run) -> None:
    if run.load:
        told = run.load.stop(STOP_S_MAX)
        state = "died" if told.pop("died", False) else "stopped"
        run.log.add("load", **{**told, "state": state})


def _stop_witnesses(run: Run) -> None:
    for witness in run.witnesses.values():
        told = witness.stop()
        state = "died" if told.pop("died", False) else "stopped"
        run.log.add("witness", **{**told, **witness.settings.told(), "state": state})


def _read_back_all(run: Run, progress: Progress) -> dict[str, Any]:
    """Read every write of every witness back; a signal ends it at once."""
    if not run.witnesses:
        return {}
    run.reading_back = True  # from here on a signal raises, and before here it is remembered
    try:
        if run.ended_because:
            return {}
        progress.say("reading every acknowledged write back, from the primary and the replicas")
        return {
            name: _read_back(run, witness.settings) for name, witness in run.witnesses.items()
        }
    except ChaosExtError as error:
        run.log.add(
            "read_back", system="", primary="", replicas=[], complete=False, detail=str(error)
        )
        return {}
    finally:
        run.reading_back = False


def _read_back(run: Run, of: WitnessSettings) -> dict[str, Any]:
    from chaos_ext.history import operations, rows  # noqa: PLC0415 - numpy is loaded on use

    columns = operations.operations(rows.read_rows(run.folder / of.rows, rows.STEP))
    seqs = [int(s) for s in columns["seq"][columns["kind"] == rows.WRITE]]
    module = importlib.import_module(f"chaos_ext.{of.system}.lab")
    lab = run.labs[of.system]
    found = dict(module.read_back(lab, of.keys_of, seqs, READ_BACK_S_MAX))
    if lab.owner != "run":
        module.forget(lab, of.keys_of)
    run.log.add(
        "read_back", **of.told(), primary=found["node"], replicas=found["replica_nodes"],
        complete=found["complete"], detail=found.get("detail", ""), unexpected=found["unexpected"],
    )  # fmt: skip
    return found


def _take_down(run: Run) -> list[str]:
    """Labs of our own end; a standing one is given back; the guardian goes last."""
    left: list[str] = []
    _keep_logs(run)
    if run.guarded and not run.guarded.gone.is_set():
        left += _dismiss(run, run.guarded)
    elif run.guarded:
        left += sweep.sweep(run.ledger).left
    scope.leave()
    left += [lease.public()["fault"] for lease in run.ledger.leases(run.token)]
    run.ledger.change(
        "update labs set used_by = '' where owner = 'standing' and used_by = ?", run.token
    )
    return left


def _dismiss(run: Run, guarded: Guarded) -> list[str]:
    """The labs the run started end, then the guardian; a sweep does it when that is gone."""
    left: list[str] = []
    try:
        for lab in run.labs.values():
            left += guarded.end_lab(lab.id) if lab.owner == "run" else []
    except GuardianGone:
        left = []  # the sweep below looks again
    if not guarded.goodbye():
        left = sweep.sweep(run.ledger).left
    return left


def _keep_logs(run: Run) -> None:
    for lab in run.labs.values():
        for node in lab.nodes:
            log = lab.folder / node.name / "server.log"
            if log.exists():
                (run.folder / "logs").mkdir(exist_ok=True)
                shutil.copyfile(log, run.folder / "logs" / f"{node.name}.log")


def _compact(run: Run, read_back: dict[str, Any]) -> None:
    from chaos_ext.history import compact, phases  # noqa: PLC0415 - pyarrow is loaded on use

    run.log.add("run_ended")
    try:
        spans = phases.phases(events.read(run.folder / "events.jsonl"))
        compact.compact_canary(run.folder, spans)
        compact.compact_load(run.folder, spans)
        compact.compact_looks(run.folder, spans)
        for name, found in read_back.items():
            unexpected = len(found["unexpected"])
            compact.keep_read_back(run.folder, name, spans, found, unexpected)
    except Exception as error:  # noqa: BLE001 - torn rows void the run; they must not hide it
        run.log.add("control_failed", hook="compacting the rows", error=repr(error))
    run.log.close()


def seal(run: Run, journal: dict[str, Any] | None) -> Verdict:
    """Judge from what is on disk, write the verdict, seal the folder, make the report."""
    files.write_json(run.folder / "environment.json", _environment(run))
    if journal is not None:
        copied = plain.json_safe(run.redactor.data(journal))
        files.write_json(run.folder / "journal.json", copied)
    verdict = judged(run.folder)
    state = "aborted" if run.ended_because else "ended"
    run.ledger.change(
        "update runs set state = ?, reason = ? where token = ?",
        state, run.ended_because, run.token,
    )  # fmt: skip
    run.ledger.close()
    return verdict


def judged(folder: Path) -> Verdict:
    """Judge what is in *folder*, write the verdict, seal the folder, make the report."""
    from chaos_ext.report import derive  # noqa: PLC0415
    from chaos_ext.verdict import facts, judge  # noqa: PLC0415

    verdict = judge.judge(facts.load(folder))
    files.write_json(folder / "verdict.json", verdict.as_dict())
    manifest.seal(folder)
    derive.derive(folder)
    return verdict


def _environment(run: Run) -> dict[str, Any]:
    machine = platform.uname()
    shown: dict[str, Any] = {
        "environment": run.environment.name if run.environment else "",
        "kind": run.environment.kind if run.environment else "",
        "chaos_ext": __version__,
        "python": platform.python_version(),
        "machine": {
            "system": machine.system,
            "release": machine.release,
            "arch": machine.machine,
        },
        "at": world.utc_text(),
    }
    return {**shown, "labs": [_lab(lab) for lab in run.labs.values() if lab.binary]}


def _lab(lab: Lab) -> dict[str, Any]:
    return {
        "lab": lab.id,
        "system": lab.system,
        "owner": lab.owner,
        "binary": lab.binary,
        "version": native.version(lab),
        "settings": dict(lab.settings),
    }
