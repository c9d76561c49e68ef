"""A control that raises, and that breaks ours, if there is one."""

import sys


def configure_control(**_: object) -> None:
    """Make the first step of our control crash, as a mistake in it would."""
    module = sys.modules.get("chaos_ext.conductor.conductor")
    if module:
        module.Conductor._check = before_experiment_control


def before_experiment_control(*_: object, **__: object) -> None:
    """Raise."""
    raise ZeroDivisionError
