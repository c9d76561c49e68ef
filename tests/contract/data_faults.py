"""Faults of data whose guardian is killed between two of their steps: what is on disk then must do."""

import os
import signal

from chaos_ext.data import kept, spoil
from chaos_ext.data.corrupt import Corrupt


def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


class Dies(Corrupt):
    """Corrupt, until the step *until* would be taken."""

    def __init__(self, target, until, **settings):
        super().__init__(target, **settings)
        self.until = until

    def inject(self):
        self.stop_before(self.until)
        super().inject()

    def stop_before(self, step):
        if step == "asked to end":
            dies()
        if step == "copied":
            kept.files.sha256 = dies
        if step == "listed":
            kept.files.write_json = dies
        if step == "spoiled":
            spoil.spoil = dies
        if step == "compared":
            spoil.difference = dies
        if step == "started":
            self.target.start_again = dies


FAULT = Dies
