"""All reports of a run from its folder: they can be made again at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import ReportsUnwritable
from chaos_ext.evidence.files import read_json
from chaos_ext.report import html, junit, text
from chaos_ext.verdict.facts import load

if TYPE_CHECKING:
    from pathlib import Path


def derive(folder: Path) -> list[Path]:
    """Write report.html, report.txt and junit.xml from what is on disk."""
    verdict = read_json(folder / "verdict.json")
    try:
        return [
            html.write(folder, verdict, load(folder)),
            text.write(folder, verdict),
            junit.write(folder, verdict),
        ]
    except OSError as problem:
        raise ReportsUnwritable(
            f"{folder}: reports cannot be written ({problem.strerror}); free the disk"
        ) from problem
