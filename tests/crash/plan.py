"""What each kill of the campaign is: the cell with the smallest share so far, and dice for the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import catalogue
from catalogue import ROWS

from chaos_ext import world

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# -- where in its life a run is met; also the columns of the table ---------------------------

START = "start"  # the method has not begun
BEFORE = "before intent"  # it has, and no intent is written
AFTER = "after intent"  # it is written, and was seen at most AFTER_MS_MAX ago
INJECT = "in inject"  # longer ago, and the fault is not in place
PLACE = "in place"
HEAL = "in heal"  # its deadline is over, or its run is dead, and it is not told to be healed
OVER = "healed"  # and the run has not ended
STEPS = (START, BEFORE, AFTER, INJECT, PLACE, HEAL, OVER)
AFTER_MS_MAX = 1.0
# what an instant is drawn as: one of the steps, or anywhere in the run's life
RANDOM = "random"
AIMED = (BEFORE, AFTER, INJECT, PLACE, HEAL, RANDOM)
OF_A_MOMENT = (BEFORE, AFTER, INJECT, RANDOM)  # for a fault that is over when it has landed
# what happens beside a kill
LEDGER_FULL, REBOOT = "ledger full", "reboot"
LAB_KILLED, LAB_DOWN = "lab killed", "lab down"
DISASTERS = (LEDGER_FULL, REBOOT, LAB_KILLED, LAB_DOWN)
ENDS_LAB = (REBOOT, LAB_KILLED, LAB_DOWN)
RUNNER, GUARDIAN, BOTH, NOBODY = "runner", "guardian", "both", "nobody"
KILLED = (RUNNER, GUARDIAN, BOTH)
OWN_LAB = "own"  # the run starts a lab of its own
OWN_LAB_SHARE, WATCH_SHARE = 0.2, 0.25
MISSES_MOST = 3  # a cell that was aimed at and missed so often counts as half a kill more


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault, one instant, one who dies: each gets its share of the kills."""

    fault: str
    instant: str
    dies: str


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: which run, who of it, and when."""

    number: int
    fault: str
    instant: str  # as it is aimed at; where it is met is told by whoever looks
    dies: str
    target: str
    for_s: float
    watch: bool
    lab: str  # one of `catalogue.LABS`, or OWN_LAB
    share: float  # how far into its step it is, from 0 to 1
    runner_first: bool  # of both, and by how much of the healing

    def told(self) -> dict[str, Any]:
        """As a line of the campaign's results has it."""
        return asdict(self)


def cells(names: Iterable[str], *, disk: bool) -> list[Cell]:
    """Every cell of the faults of those *names*; *disk*: the ledger's can be filled up."""
    found = []
    for name in names:
        steps = OF_A_MOMENT if ROWS[name].momentary else AIMED
        found += [Cell(name, step, dies) for step in steps for dies in KILLED]
        found += [Cell(name, LEDGER_FULL, dies) for dies in (NOBODY, BOTH) if disk]
        found.append(Cell(name, REBOOT, BOTH))
    return found


def shares(results: Iterable[Mapping[str, Any]]) -> Counter[Cell]:
    """How many kills each cell has had; where one was missed, a part of one."""
    found: Counter[Cell] = Counter()
    for each in results:
        aimed = Cell(each["fault"], each["instant"], each["dies"])
        met = aimed if each["instant"] not in STEPS else Cell(
            each["fault"], each["met"], each["killed"]
        )  # fmt: skip
        found[met] += 1
        if met != aimed:
            found[aimed] += 1 / MISSES_MOST  # type: ignore[assignment]
    return found


@dataclass(frozen=True, slots=True)
class Terms:
    """What a kill is drawn under."""

    seed: int
    faults: Sequence[str]
    lab: str  # the kind of the standing one
    disk: bool  # whether the ledger's can be filled up
    lab_every: int = 50  # every so many kills the lab is taken down, too
    instant: str = ""  # nothing else is aimed at


def draw(terms: Terms, number: int, results: Sequence[Mapping[str, Any]]) -> Kill:
    """The kill of that number; the same again for the same terms and results before it."""
    dice = world.dice(f"{terms.seed}-{number}")
    cell = _least(terms, dice, results)
    own = False
    if terms.instant in (LAB_KILLED, LAB_DOWN):
        cell = Cell(cell.fault, terms.instant, BOTH)
    elif not terms.instant and number % terms.lab_every == terms.lab_every - 1:
        kind = (LAB_KILLED, LAB_DOWN)[number // terms.lab_every % 2]
        cell = Cell(cell.fault, kind, BOTH)
    elif cell.instant == RANDOM and catalogue.PLAIN in ROWS[cell.fault].labs:
        own = dice.random() < OWN_LAB_SHARE
    row = ROWS[cell.fault]
    return Kill(
        number=number, fault=cell.fault, instant=cell.instant, dies=cell.dies,
        target=dice.choice(row.targets), for_s=round(dice.uniform(*row.for_s), 2),
        watch=dice.random() < WATCH_SHARE, lab=OWN_LAB if own else terms.lab,
        share=round(dice.random(), 3), runner_first=dice.random() < 0.5,
    )  # fmt: skip


def _least(terms: Terms, dice: Any, results: Sequence[Mapping[str, Any]]) -> Cell:
    """The fault with the fewest kills, of the room with the fewest; of its cells the emptiest."""
    names = [name for name in terms.faults if terms.lab in ROWS[name].labs]
    rooms = Counter(ROWS[each["fault"]].room for each in results)
    faults = Counter(each["fault"] for each in results)
    fault = min(
        dice.sample(names, len(names)),
        key=lambda name: (faults[name], rooms[ROWS[name].room]),
    )
    had = shares(each for each in results if each["fault"] == fault)
    mine = cells([fault], disk=terms.disk)
    mine = [cell for cell in mine if cell.instant == terms.instant] or mine
    return min(dice.sample(mine, len(mine)), key=lambda each: had[each])
