"""The watch over resources within a run: whom it looks at, what it tells, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.lab import fittings
from chaos_ext.resource import asking
from chaos_ext.resource.sampling import Sampler, SamplerSettings, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chaos_ext.conductor.progress import Progress
    from chaos_ext.conductor.run import Run
    from chaos_ext.lab.model import Lab, Node


def start(run: Run, progress: Progress) -> None:
    """Look at every server that has its process on this machine, if there is one."""
    assert run.settings
    wanted = run.settings.resources
    targets = [watch for lab in run.labs.values() for watch in _watches(run, lab)]
    if not targets:
        return
    limits = {
        "warn_ratio": wanted.warn_ratio,
        "memory_ratio": wanted.memory_ratio,
        "cpu_ratio": wanted.cpu_ratio,
    }
    settings = SamplerSettings(targets, wanted.every_ms, limits)
    names = [target.name for target in targets]
    run.log.add("sampler", state="started", every_ms=wanted.every_ms, targets=names)
    run.sampler = Sampler.start(settings, run.folder, _telling(run, progress))


def stop(run: Run) -> None:
    """Have it end; that it had died was told when it did."""
    if run.sampler:
        told = run.sampler.stop()
        if not told.get("died"):
            run.log.add(
                "sampler", state="stopped", **{k: told[k] for k in ("rounds", "late_ms_max")}
            )


def _telling(run: Run, progress: Progress) -> Callable[[dict[str, Any]], None]:
    def told(said: dict[str, Any]) -> None:
        if said.pop("event") == "died":
            run.log.add("sampler", state="died", **said)
            progress.say(f"the watch over resources died: {said['reason'] or said['exit']}")
        else:
            run.log.add("resource", **said)
            progress.say("{target}: {what} at {ratio:.0%}: {level}".format(**said))

    return told


def _watches(run: Run, lab: Lab) -> Iterator[Watch]:
    for node in lab.nodes:
        if node.part in fittings.PARTS:
            continue
        if lab.owner != "attached":
            folder = str(lab.data(node)) if node.part == fittings.DATA else ""
            yield _watch(lab, node, key=lab.key(node.name), folder=folder)
        elif attach := _attach(run, node.name):
            yield _watch(lab, node, attach=attach)


def _attach(run: Run, name: str) -> dict[str, Any]:
    """How the process of a user's own server is found; empty when it is elsewhere."""
    assert run.environment
    target = run.environment.targets.get(name)
    return dict(target.attach) if target else {}


def _watch(lab: Lab, node: Node, **more: Any) -> Watch:
    login = asking.login(lab.system, node.bind)
    return Watch(node.name, lab.system, node.bind, login=login, **more)
