"""One look at a disk that may take long: in a thread, so that nobody who asks for it must wait."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


class Trial(Generic[Found]):
    """Looks once; `found` tells what came of it when it is over."""

    def __init__(self, look: Callable[[], Found]) -> None:
        """It begins at once."""
        self._look = look
        self._found: Found | None = None
        self._error: Exception | None = None
        # a disk that answers nobody must not keep this process from ending
        self._thread = threading.Thread(target=self._run, daemon=True, name="trial of a disk")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._found = self._look()
        except Exception as error:  # noqa: BLE001 - raised where it is asked for
            self._error = error

    def found(self, within_s: float = 0.0) -> Found | None:
        """What it found, or None while it still looks; an error of the look is raised."""
        self._thread.join(within_s)
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._found
