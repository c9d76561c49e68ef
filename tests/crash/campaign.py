"""Kills runs at random instants, and their guardians with them, and looks for what is left.

The command behind `make crash`. Resumable: every kill is a JSON line in the campaign's folder,
and the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from camp import Campaign, lab_down, lab_up
from checker import World, residues
from kills import killed
from plan import draw
from summary import p99_ms, summary

from chaos_ext import world
from chaos_ext.lease.state import state_folder

ROOMS = {"all": "", "process": "process", "network": "network"}


def main() -> int:
    options = _options()
    campaign = Campaign(options.folder.absolute())
    campaign.state.mkdir(parents=True, exist_ok=True)
    kept = campaign.kept(options.seed, options.faults)
    first = options.start or 0
    numbers = range(first, first + options.kills)
    missing = [n for n in numbers if options.start is not None or n not in kept]
    print(
        f"seed {options.seed}: kills {numbers.start} to {numbers.stop - 1}, {len(missing)} to do"
    )
    try:
        for number in missing:
            kept[number] = _one(campaign, options, number)
            campaign.keep(kept[number])
            if (number + 1) % 10 == 0:
                _tell(kept, number)
    finally:
        left = lab_down(campaign)
    results = [kept[number] for number in numbers]
    print(summary(results, left))
    clean = not left and not any(result["left"] for result in results)
    return 0 if clean and p99_ms(results) <= options.most_p99_ms else 1


def _one(campaign: Campaign, options: argparse.Namespace, number: int) -> dict[str, Any]:
    room = ROOMS[options.faults]
    kill = draw(options.seed, number, own_lab_every=options.own_lab_every, room=room)
    before = _Lab.world
    if before is None or bool(before.proxy) is not kill.proxied or residues(before):
        before = _Lab.world = lab_up(campaign, proxied=kill.proxied)
    began = world.monotonic_ns()
    result = killed(campaign, before, kill)
    took_s = round((world.monotonic_ns() - began) / 1e9, 2)
    for line in result["left"]:
        print(f"kill {number} ({kill.fault} of {kill.target}): LEFT: {line}", flush=True)
    return {"seed": options.seed, "faults": options.faults, "took_s": took_s, **result}


class _Lab:
    """The standing lab of this process, found again only when it is not whole."""

    world: World | None = None


def _tell(kept: dict[int, dict[str, Any]], number: int) -> None:
    last = [kept[n] for n in range(number - 9, number + 1) if n in kept]
    took_s = sum(each["took_s"] for each in last)
    left = sum(bool(each["left"]) for each in last)
    slowest = max((each.get("healed_ms", 0) for each in last), default=0)
    print(
        f"kills up to {number}: {60 * len(last) / took_s:.0f} a minute, residues {left}, "
        f"slowest heal {slowest:.0f} ms",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--from", dest="start", type=int, help="do these again from this number"
    )
    parser.add_argument(
        "--own-lab-every", type=int, default=20, help="the run starts its own lab"
    )
    parser.add_argument("--faults", choices=ROOMS, default="all", help="of which kind")
    parser.add_argument("--most-p99-ms", type=float, default=1000, help="of healing, allowed")
    parser.add_argument("--folder", type=Path, default=state_folder() / "crash")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
