"""The users: Locust runs them and keeps its own statistics of what they meet.

Importing this module imports Locust, which patches the whole process: only the load process may.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from locust import User, constant
from locust.env import Environment
from locust.exception import LocustError, StopUser

from chaos_ext.history import rows

if TYPE_CHECKING:
    from chaos_ext.load.flow import Flow
    from chaos_ext.load.tally import Arrival

NS_PER_MS = 1_000_000


class Crowd:
    """A number of Locust users on one flow."""

    def __init__(self, system: str) -> None:
        """Make the environment of Locust; no user yet."""
        logging.getLogger("locust").setLevel(logging.ERROR)  # it warns that 600 are many
        self._system = system
        self._environment = Environment()

    def tell(self, arrival: Arrival) -> None:
        """Let the listeners of Locust know, with the time since the arrival was due."""
        gone_wrong = rows.OUTCOMES[arrival.outcome] if arrival.outcome != rows.OK else ""
        self._environment.events.request.fire(
            request_type=self._system,
            name=rows.KINDS[arrival.kind],
            response_time=(arrival.finished_ns - arrival.intended_ns) / NS_PER_MS,
            response_length=0,
            exception=LocustError(arrival.error or gone_wrong) if gone_wrong else None,
            context={"sent_ns": arrival.sent_ns},
        )

    def gather(self, flow: Flow, count: int) -> None:
        """Spawn *count* users; each waits for *flow* to begin."""
        self._environment.user_classes = [_user_on(flow)]
        runner = self._environment.create_local_runner()
        runner.start(count, spawn_rate=count)
        runner.spawning_greenlet.join()


def _user_on(flow: Flow) -> type:
    def serve_next(_user: object) -> None:
        if not flow.serve_next():
            raise StopUser

    class Client(User):  # type: ignore[misc]
        wait_time = constant(0)  # the schedule knows when; a wait of ours would only add to it
        tasks = (serve_next,)

    return Client
