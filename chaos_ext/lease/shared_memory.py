"""Memory that a lab's servers share by name: it lies outside the lab's folder and must go with it."""

from __future__ import annotations

from pathlib import Path

PLACE = Path("/dev/shm")  # noqa: S108 - where the kernel keeps it; nothing is written there here


def name(lab: str, node: str) -> str:
    """What begins so is ours to remove when the lab ends."""
    return f"chaos_ext-{lab}-{node}"


def release(lab: str) -> None:
    """Remove all that the servers of *lab* shared; what is mapped stays mapped until they end."""
    for each in PLACE.glob(f"*{name(lab, '*')}"):
        each.unlink(missing_ok=True)
