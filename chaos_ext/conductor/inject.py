"""Put a fault in place: the target is resolved once, its identity recorded, the guardian asked."""

from __future__ import annotations

import importlib
import shutil
import sys
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.conductor import paths, sources
from chaos_ext.conductor.run import METHOD
from chaos_ext.environment import attach, guards, read
from chaos_ext.errors import (
    BadArgument,
    CannotStartAgain,
    ChaosExtError,
    NotAllowed,
    TargetGone,
)
from chaos_ext.lease import identity
from chaos_ext.lease.identity import Identity
from chaos_ext.lease.ledger import Lease, Server
from chaos_ext.words import shown

if TYPE_CHECKING:
    from chaos_ext.conductor.run import Run
    from chaos_ext.environment.model import Target
    from chaos_ext.lease.session import Asked

DAY_S = 86_400.0
ELSEWHERE = Identity(0, 0, "")  # a target whose process is not on this machine, or not ours


def inject(run: Run, asked: Asked) -> dict[str, Any]:
    """Put a fault in place; returns when it has landed, with what was measured."""
    name = asked.fault.removeprefix("chaos_ext.")
    told = {"lease": world.token(), "fault": name, "target": asked.target, "early": False}
    told["for_s"] = asked.for_s
    try:
        _check(run, name, asked)
        server, node, who = locate(run, asked.target)
        if who == ELSEWHERE and not read.possible_from_afar(name):
            raise NotAllowed(f"{name}: {asked.target} has no process here; attach it")
        settings = dict(asked.settings)
        if asked.paths:
            ways = settings["paths"] = paths.paths(run, asked.target, node, asked.paths)
            assert run.environment
            sources.refuse_unseen(name, run.environment, ways)
        if asked.limits:
            assert run.environment
            settings["limits"] = run.environment.limits.reserves()
        lasts_s = DAY_S if asked.until_the_end else asked.for_s
        lease = Lease(
            id=str(told["lease"]), run=run.token, fault=asked.fault, target=asked.target,
            node=node, server=server, identity=who, settings=settings,
            deadline_ns=world.boottime_ns() + int(lasts_s * 1e9),
        )  # fmt: skip
        assert run.guarded
        landed = run.guarded.inject(lease)
    except ChaosExtError as error:
        run.log.add("fault", **told, node="", state="failed", landed=None, detail=str(error))
        raise
    pid = f"pid {who.pid}" if who.pid else "its process is not here"
    told["lasting"] = asked.until_the_end
    run.log.add("fault", **told, node=node, state="in_place", landed=landed, detail=pid)
    return {"fault": name, "target": asked.target, "node": node, "pid": who.pid, **landed}


def _check(run: Run, name: str, asked: Asked) -> None:
    for_s = asked.for_s
    if run.ended_because:  # a background action may wake up long after the run was ended
        raise NotAllowed(f"{name}: the run is ending: {run.ended_because}")
    if run.stage != METHOD:
        raise NotAllowed(f"{name}: faults belong in the method, and the run is at: {run.stage}")
    if (
        isinstance(for_s, bool)
        or not isinstance(for_s, int | float)
        or not abs(for_s) <= sys.float_info.max
    ):
        raise BadArgument(
            f"{name}: for_s must be a finite number of seconds, not {shown(for_s)}"
        )
    if for_s <= 0:
        raise BadArgument(f"{name}: for_s must be above 0, not {for_s:g}")
    assert run.environment
    peers = tuple(each for each in asked.paths if each not in (asked.target, paths.EVERY))
    everyone = guards.hurts_everyone(asked.settings)
    request = guards.FaultRequest(
        name, asked.target, float(for_s), peers=peers, everyone=everyone
    )
    problems = guards.check(run.environment, [request], world.utc_now())
    if problems:
        raise NotAllowed("; ".join(problems))


def locate(run: Run, target: str) -> tuple[str, str, Identity]:
    """The server's key in the ledger, the node, and the process that *target* is now."""
    found, lab = paths.known(run, target)
    if found.attach:
        return _attached(run, target, found)
    node = importlib.import_module(f"chaos_ext.{found.system}.roles").resolve(lab, target)
    server = run.ledger.server(lab.key(node.name))
    if lab.owner == "attached":
        return "", node.name, ELSEWHERE
    if server is None or server.identity is None:
        raise TargetGone(f"{node.name} was never started")
    return server.key, node.name, server.identity


def _attached(run: Run, target: str, found: Target) -> tuple[str, str, Identity]:
    if found.start and not shutil.which(found.start[0]):
        raise CannotStartAgain(
            f"{target}: {found.start[0]} cannot be run, so what is ended could not be started "
            f"again; correct targets.{target}.start in the environment file"
        )
    who = identity.of(attach.find(found))
    key = f"attached/{target}"
    spec: dict[str, Any] = {"argv": list(found.start)} if found.start else {}
    run.ledger.put_server(Server(key, "attached", target, spec, who))
    return key, target, who
