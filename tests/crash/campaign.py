"""Kills runs at every step of every fault, and their guardians with them, and looks for what is left.

The command behind `make crash`. Resumable: every kill is a JSON line in the campaign's folder,
and the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import catalogue
import disasters
import ground
import kills
import plan
from camp import Campaign, lab_down, lab_up, leave, settle_in
from catalogue import LABS, ROOMS, ROTATION, ROWS
from summary import never_in_place, summary, too_slow
from usual import usual

from chaos_ext import world
from chaos_ext.lease.state import state_folder

if TYPE_CHECKING:
    from checker import World

TELL_EVERY = 10
ASKED = (*plan.AIMED, *plan.DISASTERS)


@dataclass(slots=True)
class Standing:
    """The lab that stands, and how many there were before it."""

    world: World | None = None
    kind: str = ""
    labs: int = 0


def main() -> int:
    options = _options()
    for signum in (signal.SIGINT, signal.SIGTERM):  # also where a shell has started us unheard
        signal.signal(signum, signal.default_int_handler)
    campaign = Campaign(options.folder.absolute())
    wanted = catalogue.possible(options.faults, options.only)
    if not wanted:
        raise SystemExit("none of these faults can be run here")
    asked = f"{options.only or options.faults or 'all'} {options.instant}".strip()
    if options.start is not None:
        campaign.forget(options.seed, asked, options.start)
    results = campaign.kept(options.seed, asked)
    print(f"seed {options.seed}: {len(wanted)} faults, {options.kills} kills, "
          f"{len(results)} are kept", flush=True)  # fmt: skip
    settle_in(campaign)
    standing = Standing()
    try:
        while len(results) < options.kills:
            results.append(_one(campaign, options, standing, results, list(wanted)))
            campaign.keep({"seed": options.seed, "asked": asked, **results[-1]})
            if len(results) % TELL_EVERY == 0:
                _tell(results)
    except KeyboardInterrupt:
        print("stopped here; the same command goes on", flush=True)
    finally:
        left = leave(campaign)
    return _judged(options, results, left)


def _judged(options: argparse.Namespace, results: list[dict[str, Any]], left: list[str]) -> int:
    print(summary(results, left))
    print(f"{_a_minute(results):.1f} kills a minute")
    if options.json:
        told = {"seed": options.seed, "left_at_last": left, "kills": results}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    clean = not left and not any(each["left"] for each in results)
    clean = clean and not never_in_place(results)
    return 0 if clean and (options.any_pace or not too_slow(results)) else 1


def _one(
    campaign: Campaign, options: argparse.Namespace, standing: Standing,
    results: list[dict[str, Any]], wanted: list[str],
) -> dict[str, Any]:  # fmt: skip
    began_ns = world.monotonic_ns()
    before = _stand(campaign, standing, wanted)
    terms = plan.Terms(
        seed=options.seed, faults=wanted, lab=standing.kind, disk=ground.possible(),
        lab_every=options.lab_every, instant=options.instant,
    )  # fmt: skip
    kill = plan.draw(terms, len(results), results)
    known = usual(kill.fault, results)
    if kill.instant in plan.DISASTERS:
        result = disasters.befall(campaign, before, kill, known)
    else:
        result = kills.killed(campaign, before, kill, known)
    for line in result["left"]:
        print(f"kill {kill.number} ({kill.fault} of {kill.target}, {result['met']}, "
              f"{result['killed']} dead): LEFT: {line}", flush=True)  # fmt: skip
    if result["left"] or kill.instant in plan.ENDS_LAB:
        standing.world = None
    took_s = round((world.monotonic_ns() - began_ns) / 1e9, 2)
    return {**result, "took_s": took_s}


def _stand(campaign: Campaign, standing: Standing, wanted: list[str]) -> World:
    """The lab that stands, as it must be again; a new one, of the next kind, where none does."""
    if standing.world is None:
        kinds = [kind for kind in ROTATION if any(kind in ROWS[name].labs for name in wanted)]
        lab_down(campaign)
        standing.kind = kinds[standing.labs % len(kinds)]
        standing.labs += 1
        standing.world = lab_up(campaign, LABS[standing.kind])
    return standing.world


def _tell(results: list[dict[str, Any]]) -> None:
    last = results[-TELL_EVERY:]
    left = sum(bool(each["left"]) for each in last)
    slowest = max((each.get("healed_ms", 0) for each in last), default=0)
    print(f"kills up to {len(results) - 1}: {_a_minute(last):.0f} a minute, residues {left}, "
          f"slowest heal {slowest:.0f} ms", flush=True)  # fmt: skip


def _a_minute(results: list[dict[str, Any]]) -> float:
    return 60 * len(results) / max(0.01, sum(each["took_s"] for each in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="start", type=int, help="again from this number")
    parser.add_argument("--faults", choices=ROOMS, default="", help="only of this room")
    parser.add_argument("--only", choices=ROWS, default="", help="only this fault")
    parser.add_argument("--instant", choices=ASKED, default="", help="only this instant")
    parser.add_argument("--lab-every", type=int, default=50, help="the lab is taken down, too")
    parser.add_argument("--any-pace", action="store_true", help="healing may take its time")
    parser.add_argument("--json", type=Path, help="write every kill there")
    parser.add_argument("--folder", type=Path, default=state_folder() / "crash")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
