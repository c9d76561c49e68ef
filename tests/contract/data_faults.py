"""Faults whose guardian is killed between two of their steps: what is on disk then must do."""

import os
import signal

from chaos_ext.clock.jump import Jump
from chaos_ext.data import kept, spoil
from chaos_ext.data.corrupt import Corrupt
from chaos_ext.data.delete_keys import DeleteKeys
from chaos_ext.data.stale_replica import StaleReplica
from chaos_ext.redis.following import Replica
from chaos_ext.redis.keys import Keys


def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def after(true):
    """The step, and then the end."""

    def stepped(*args, **more):
        true(*args, **more)
        dies()

    return stepped


# by the step that is not taken any more: what is called for it, or dies right after what is called before it
STEPS = {
    "asked to end": (Corrupt, "inject", dies),
    "copied": (kept.files, "sha256", dies),
    "listed": (kept.files, "write_json", dies),
    "spoiled": (spoil, "spoil", dies),
    "compared": (spoil, "difference", dies),
    "kept": (DeleteKeys, "_keep", dies),
    "deleted": (Keys, "delete", dies),
    "deletion measured": (Keys, "delete", after(Keys.delete)),
    "set": (Jump, "_say", dies),
    "setting measured": (Jump, "_say", after(Jump._say)),
    "hindered": (Replica, "stop", dies),
    "link ended": (Replica, "_set", after(Replica._set)),
    "staleness measured": (Replica, "stop", after(Replica.stop)),
}
FAULTS = {"corrupt": Corrupt, "delete_keys": DeleteKeys, "jump": Jump, "stale": StaleReplica}


def FAULT(target, kind, until, **settings):  # noqa: N802 - as every module of a fault has it
    made = FAULTS[kind](target, **settings)
    if "before" in settings:  # whoever heals has it, and takes every step
        return made
    if until == "started":
        target.start_again = dies
    else:
        where, name, instead = STEPS[until]
        setattr(where, name, instead)
    return made
