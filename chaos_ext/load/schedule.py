"""When arrivals are due: fixed by the start and the rate, never by how the answers come."""

from __future__ import annotations

from dataclasses import dataclass

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Arrival k is due at t0 + k / rate, whatever happened to the arrivals before it."""

    t0_ns: int
    rate_per_s: float

    def due_ns(self, seq: int) -> int:
        """When arrival *seq* is due."""
        return self.t0_ns + int(seq * NS_PER_S / self.rate_per_s)

    def planned_until(self, now_ns: int) -> int:
        """How many arrivals were due at *now_ns* or before."""
        if now_ns < self.t0_ns:
            return 0
        count = int((now_ns - self.t0_ns) * self.rate_per_s / NS_PER_S)
        while self.due_ns(count) <= now_ns:  # floating point may be off by one either way
            count += 1
        while count and self.due_ns(count - 1) > now_ns:
            count -= 1
        return count
