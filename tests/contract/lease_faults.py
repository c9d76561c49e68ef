"""Faults that misbehave, so that the machinery around faults can be seen to keep its word."""

import os
import signal
from pathlib import Path


class Misbehaves:
    """Ends its own guardian before any harm, or does nothing at all."""

    name, colour, momentary = "misbehaves", "#000000", False

    def __init__(self, target, how):
        self.target, self.how = target, how

    def inject(self):
        if self.how == "its guardian dies first":
            os.kill(os.getpid(), signal.SIGKILL)
            Path("never").touch()

    def landed(self):
        return None

    def heal(self):
        """There is nothing to undo."""

    def healed(self):
        return self.how != "cannot be healed"


FAULT = Misbehaves
