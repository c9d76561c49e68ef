"""After the method: heal, see the steady state come back, measure a while undisturbed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.conductor import results
from chaos_ext.errors import GuardianGone
from chaos_ext.lease import sweep
from chaos_ext.lease.fault import HEAL_S_MAX
from chaos_ext.lease.ledger import IN_PLACE, INTENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.conductor.run import Run

LASTING_S_MIN = 43_200.0  # a deadline half a day away is no deadline, but "until the run heals"
EVERY_S = 0.25  # between two readings while the steady state has not come back


def outlast(run: Run) -> None:
    """Let every lease reach its deadline: a fault asked for ten seconds lasts ten.

    Leases that last until the run heals are not waited for.
    """
    soon_ns = world.boottime_ns() + int(LASTING_S_MIN * 1e9)
    ends = [lease.deadline_ns for lease in run.ledger.leases(run.token)]
    waited_for = [end for end in ends if end < soon_ns]
    if waited_for:
        left_s = (max(waited_for) - world.boottime_ns()) / 1e9 + HEAL_S_MAX

        def over() -> bool:
            leases = run.ledger.leases(run.token, (INTENT, IN_PLACE))
            return not any(lease.deadline_ns < soon_ns for lease in leases)

        world.wait_until(over, left_s, every_s=0.02)


def heal(run: Run, why: str, *, last: bool = False) -> list[str]:
    """End every lease of the run and read the world back; what is left, in words."""
    if run.guarded is None:
        return []
    try:
        return run.guarded.heal(why, last=last)
    except GuardianGone:
        # what it held by the kernel is free already; the rest is in the ledger
        return sweep.sweep(run.ledger).left


def await_steady(
    run: Run, configuration: Mapping[str, Any], secrets: Mapping[str, Any], within_s: float
) -> dict[str, Any]:
    """Ask the hypothesis until it is met; the host would ask at once, and once.

    Says whether it was met, how soon, and if not, whether the check had broken down by itself.
    """
    from chaoslib.hypothesis import run_steady_state_hypothesis  # noqa: PLC0415
    from chaoslib.run import EventHandlerRegistry  # noqa: PLC0415

    alone = {**run.experiment, "controls": []}
    registry = EventHandlerRegistry()

    state: dict[str, Any] | None = None
    asked_ns: list[int] = []

    def met() -> bool:
        nonlocal state
        asked_ns.append(world.monotonic_ns())
        state = run_steady_state_hypothesis(alone, configuration, secrets, None, registry)
        return state is None or bool(state["steady_state_met"])

    quiet = _Quiet()
    logger = logging.getLogger("chaostoolkit")
    logger.addFilter(quiet)
    try:
        back = world.wait_until(met, within_s, every_s=EVERY_S)
        # it was back when that question was asked; how long the answer took is not its time
        seconds = round((asked_ns[-1] - asked_ns[0]) / 1e9, 3)
        found = {"met": back, "seconds": seconds, "crashed": False, "detail": ""}
        if not back:
            found |= {"crashed": results.crashed(state), "detail": results.unmet(state)}
        return found
    finally:
        logger.removeFilter(quiet)


class _Quiet(logging.Filter):
    """Keeps repeated readings out of the host's log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let nothing through below a critical error."""
        return record.levelno >= logging.CRITICAL


def measure(run: Run, seconds: float) -> None:
    """Let at least *seconds* of the recovery phase pass under load."""
    if run.measured:
        passed = (world.monotonic_ns() - run.recovery_from_ns) / 1e9
        world.sleep(max(0.0, seconds - passed))
