"""The seal of a run: digests of all evidence, so that a later change is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import RunUnreadable, SealBroken
from chaos_ext.evidence import events
from chaos_ext.evidence.files import read_json, sha256, write_json

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.json"
EVENTS, LAST_EVENT = "events.jsonl", "run_ended"
EVIDENCE = (
    "experiment.yaml",
    "environment.json",
    "events.jsonl",
    "canary.bin",  # raw rows stay when a run died before it could compact them
    "load.bin",
    "canary.parquet",
    "canary-stays.bin",
    "canary-stays.parquet",
    "operations/*.parquet",
    "load.parquet",
    "resources.bin",
    "resources.parquet",
    "journal.json",
    "verdict.json",
)


def evidence_files(folder: Path) -> list[str]:
    """The evidence in *folder*, as relative names in a fixed order."""
    found = (path for pattern in EVIDENCE for path in folder.glob(pattern) if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def seal(folder: Path) -> Path:
    """Write the manifest; nothing that it covers may be written after it."""
    files = {
        name: {"sha256": sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in evidence_files(folder)
    }
    write_json(folder / NAME, {"format": 1, "files": files})
    return folder / NAME


def verify(folder: Path) -> list[str]:
    """What differs from the seal; an empty list when nothing does."""
    if not (folder / NAME).exists():
        return [f"{folder.name} was never sealed: it has no {NAME}"]
    try:
        sealed = {
            name: entry["sha256"] for name, entry in read_json(folder / NAME)["files"].items()
        }
    except (RunUnreadable, KeyError, TypeError, AttributeError):
        return [f"{NAME} is not a manifest"]
    present = evidence_files(folder)
    gone = [f"{name} is missing" for name in sealed if name not in present]
    added = [f"{name} was added after sealing" for name in present if name not in sealed]
    changed = [
        f"{name} was changed after sealing"
        for name in present
        if name in sealed and sha256(folder / name) != sealed[name]
    ]
    return gone + changed + added


def unfinished(folder: Path) -> bool:
    """Whether the run in *folder* has not reached its end: nothing was ever sealed there."""
    if (folder / NAME).exists():
        return False
    return not any(event["event"] == LAST_EVENT for event in events.read(folder / EVENTS))


def check(folder: Path) -> None:
    """Raise when the seal of *folder* does not hold."""
    if problems := verify(folder):
        raise SealBroken(f"{folder}: {'; '.join(problems)}; do not rely on this run")
