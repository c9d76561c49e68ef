"""A fault that ends its own guardian before any harm, to see what is on disk by then."""

import os
import signal


class EndsItsGuardian:
    """The harm would follow, if anybody were left to do it."""

    name, colour, momentary = "ends its guardian", "#000000", False

    def __init__(self, target):
        self.target = target

    def inject(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def landed(self):
        return None

    def heal(self):
        """There is nothing to undo."""

    def healed(self):
        return not self.target.ended()


FAULT = EndsItsGuardian
