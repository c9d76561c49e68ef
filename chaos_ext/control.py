"""The one control an experiment names: the host's hooks, in the order of a run.

A hook that fails ends the run: the host would ignore it and go on unguarded. What each step
does is the conductor's; here stands only which hook is which step.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

from chaoslib.exceptions import InterruptExecution
from chaoslib.run import RunEventHandler

from chaos_ext.conductor import current
from chaos_ext.conductor.conductor import Conductor
from chaos_ext.conductor.run import METHOD, RECOVERY, ROLLBACKS, STEADY
from chaos_ext.errors import ChaosExtError

__all__ = [
    "after_activity_control",
    "after_experiment_control",
    "after_hypothesis_control",
    "after_method_control",
    "before_activity_control",
    "before_experiment_control",
    "before_hypothesis_control",
    "before_method_control",
    "before_rollback_control",
    "cleanup_control",
    "configure_control",
]


def _closed(hook: Callable) -> Callable:
    """Make *hook* fail closed: any error of ours interrupts the run."""

    @functools.wraps(hook)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            hook(*args, **kwargs)
        except InterruptExecution:
            raise
        except ChaosExtError as error:
            raise InterruptExecution(str(error)) from error
        except Exception as error:
            current.failed(hook.__name__, error)
            raise InterruptExecution(f"{hook.__name__} failed: {error!r}") from error

    return guarded


class _Strategies(RunEventHandler):
    """Hears of the strategies in force, and has rollbacks played whatever happens."""

    def running(
        self, experiment: dict, journal: dict, configuration: dict, secrets: dict,
        schedule: Any, settings: dict,
    ) -> None:  # fmt: skip
        """Called once, after the controls were configured and before anything runs."""
        current.keep(journal)
        runtime = settings.setdefault("runtime", {})
        current.strategy(runtime.get("hypothesis", {}).get("strategy", "default"))
        runtime.setdefault("rollbacks", {})["strategy"] = "always"


def configure_control(
    experiment: dict, configuration: dict, secrets: dict, event_registry: Any
) -> None:
    """Step 0: a conductor, a folder, the signals. The host ignores what is raised here."""
    current.begin(experiment, configuration or {}, secrets or {}, Conductor)
    event_registry.register(_Strategies())


@_closed
def before_experiment_control(context: dict) -> None:
    """Steps 1 to 6: read, resolve, guard; guardian, lab, witness and load are started."""
    current.conductor().prepare()


@_closed
def before_hypothesis_control(context: dict) -> None:
    """Step 9: before the second reading, wait until the steady state has come back."""
    conductor = current.conductor()
    if conductor.run.stage == RECOVERY and _in_main_thread():
        conductor.recovered()


@_closed
def after_hypothesis_control(context: dict, state: dict) -> None:
    """Steps 7 and 9: write the reading down."""
    conductor = current.conductor()
    when = "before" if conductor.run.stage == STEADY else "after"
    conductor.read_steady(when if _in_main_thread() else "during", state)


@_closed
def before_method_control(context: dict) -> None:
    """Step 7: the baseline."""
    current.conductor().baseline()


@_closed
def before_activity_control(context: dict) -> None:
    """Step 8: from the first action on, the experiment's own rollbacks count."""
    conductor = current.conductor()
    if conductor.run.stage != METHOD:
        return
    if conductor.run.ended_because:  # an activity may have swallowed what told it to end
        raise InterruptExecution(conductor.run.ended_because)
    if context.get("type") == "action":
        conductor.first_action()


@_closed
def after_activity_control(context: dict, state: dict) -> None:
    """Step 8: an action that raised ends the run; a rollback that raised makes it dirty."""
    conductor = current.conductor()
    if conductor.run.stage == ROLLBACKS:
        conductor.rollback_over(context, state)
    elif conductor.run.stage == METHOD and not current.in_hypothesis(context):
        conductor.activity_over(context, state)


@_closed
def after_method_control(context: dict, state: Any) -> None:
    """Step 9: heal, and begin to measure the recovery."""
    current.conductor().method_over()


@_closed
def before_rollback_control(context: dict) -> None:
    """Step 9: what the experiment itself did is undone."""
    if current.begun():  # else the run was refused already, and once is enough
        current.conductor().rollbacks_begin()


@_closed
def after_experiment_control(context: dict, state: dict) -> None:
    """Step 10: seal, judge, and have the host's status and exit code say the same."""
    current.close(state)


def cleanup_control() -> None:
    """The host has nothing more to say: whatever is still open is closed."""
    if _in_main_thread():
        current.close(None)


def _in_main_thread() -> bool:
    """The host reads the hypothesis continuously in a thread of its own."""
    return threading.current_thread() is threading.main_thread()
