"""Ask a process to end, as a deployment or a node drain does; then it stays away."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from chaos_ext.process.kill import Kill

if TYPE_CHECKING:
    from chaos_ext.process.kill import Killable


def terminate(target: Killable) -> Kill:
    """A kill that says please: SIGTERM, so that the process may save and say goodbye."""
    return Kill(target, signum=signal.SIGTERM)


FAULT = terminate
