"""What each kill of the campaign is: fault, target, instant; drawn from the seed alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chaos_ext import world


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as an experiment asks for it."""

    room: str
    func: str
    arguments: tuple[tuple[str, Any], ...] = ()
    needs_proxy: bool = False


SLOW_MS = 80
_FLAPS = (("up_s", 0.2), ("down_s", 0.2))
FAULTS = {
    "pause": Fault("process", "pause"),
    "kill": Fault("process", "kill"),
    "terminate": Fault("process", "terminate"),
    "partition": Fault("network", "partition"),
    "loss": Fault("network", "loss", (("percent", 20),)),
    "latency": Fault("network", "latency", (("ms", SLOW_MS),), needs_proxy=True),
    "cut": Fault("network", "cut", needs_proxy=True),
    "silence": Fault("network", "cut", (("silent", True),), needs_proxy=True),
    "flap": Fault("network", "flap", _FLAPS, needs_proxy=True),
    "reset": Fault("network", "reset", (("every_new", True),), needs_proxy=True),
}
PLAIN, PROXIED, OWN = "plain", "proxied", "own"  # labs: two that stand, and one of the run
BLOCK = 10  # as many kills, then the other standing lab
TARGETS = ("redis-primary", "redis-replica", "redis-1", "redis-2", "redis-3", "sentinel-2")
RUNNER, GUARDIAN, BOTH = "runner", "guardian", "both"  # who is killed
START, INTENT, LANDED = "start", "intent", "landed"  # what an instant is counted from
LIFE_S, LIFE_WITH_LAB_S = 2.4, 4.4  # from the start of a run to its fault, and somewhat more
FRUITLESS_MOST = 3  # so often may a run end before the event that is waited for
LIFE_WITH_FAULT_S = 2.2  # from the intent of the fault to the end of the run, nearly


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: which run, who of it, and when."""

    number: int
    fault: str
    target: str
    for_s: float
    watch: bool
    lab: str  # PLAIN, PROXIED or OWN
    proxied: bool  # whether a proxy stands in front of every server
    dies: str  # RUNNER, GUARDIAN or BOTH
    instant_s: float
    since: str  # START, INTENT or LANDED

    def bucket(self) -> str:
        """The column of the table that it belongs to."""
        low = int(self.instant_s * 2) / 2
        return f"{self.since} +{low:g}" if self.instant_s else f"{self.since} at once"

    def earlier(self, tries: int) -> Kill:
        """The same, so much earlier that a run which ended before it, *tries* times, is met."""
        since = self.since if tries < FRUITLESS_MOST else START
        instant_s = self.instant_s if since == self.since else LIFE_S
        return replace(self, since=since, instant_s=instant_s * 0.75**tries)


def draw(seed: int, number: int, *, own_lab_every: int, room: str) -> Kill:
    """The kill of that number; the same again for the same seed."""
    dice = world.dice(f"{seed}-{number}")
    own_lab = number % own_lab_every == own_lab_every - 1
    proxied = number // BLOCK % 2 == 1
    names = [
        name
        for name, fault in FAULTS.items()
        if room in ("", fault.room) and (proxied or not fault.needs_proxy)
    ]
    life_s = LIFE_WITH_LAB_S if own_lab else LIFE_S
    since, instant_s = dice.choices(
        [
            (START, dice.uniform(0.0, life_s)),
            (INTENT, dice.uniform(0.0, LIFE_WITH_FAULT_S)),
            (INTENT, 0.0),
            (LANDED, 0.0),
        ],
        weights=[4, 3, 1, 1],
    )[0]
    return Kill(
        number=number,
        fault=names[number % len(names)],
        target=TARGETS[number // len(names) % len(TARGETS)],
        for_s=round(dice.uniform(1.0, 2.0), 2),
        watch=number // 2 % 2 == 1,
        lab=OWN if own_lab else PROXIED if proxied else PLAIN,
        proxied=proxied,
        dies=dice.choices((RUNNER, GUARDIAN, BOTH), weights=[4, 1, 1])[0],
        since=since,
        instant_s=instant_s,
    )


def experiment(kill: Kill) -> dict[str, Any]:
    """The experiment whose run is killed, as its file says it."""
    ours: dict[str, Any] = {"name": "chaos_ext", "environment": "native", "baseline_s": 0.3}
    if kill.watch:
        ours["watch"] = ["redis"]
    if kill.proxied:
        ours["systems"] = {"redis": {"proxied": True}}
    if kill.lab == OWN:  # other settings than those of the standing lab: the run starts its own
        ours["weaken"] = {"redis": {"down_after_ms": 1500}}
    return {
        "title": f"Kill {kill.number} of the crash campaign",
        "description": "Its runner is killed before it is over.",
        "controls": [
            {"name": "chaos_ext", "provider": _provider("chaos_ext.control")},
        ],
        "extensions": [ours],
        "steady-state-hypothesis": {"title": "There is a lab", "probes": [_probe()]},
        "method": [_action(kill)],
    }


def _provider(module: str, **more: Any) -> dict[str, Any]:
    return {"type": "python", "module": module, **more}


def _probe() -> dict[str, Any]:
    """A question that a failover, left over from the kill before, does not disturb."""
    module = "chaos_ext.process.probes"
    asked = _provider(module, func="is_running", arguments={"target": "sentinel-1"})
    return {"type": "probe", "name": "a node runs", "tolerance": True, "provider": asked}


def _action(kill: Kill) -> dict[str, Any]:
    fault = FAULTS[kill.fault]
    arguments = {"target": kill.target, "for_s": kill.for_s, **dict(fault.arguments)}
    done = _provider(f"chaos_ext.{fault.room}.actions", func=fault.func, arguments=arguments)
    pauses = {"after": 1.5}
    return {"type": "action", "name": "the fault", "provider": done, "pauses": pauses}
