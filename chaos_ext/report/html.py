"""A run as one HTML file that needs no network and no script, verdict first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import RunUnreadable
from chaos_ext.evidence import manifest
from chaos_ext.evidence.files import read_json, sha256
from chaos_ext.experiment.claims import RESOURCES
from chaos_ext.report import words
from chaos_ext.report.text import told
from chaos_ext.report.untested import untested
from chaos_ext.verdict.words import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import jinja2

    from chaos_ext.verdict.facts import Facts
    from chaos_ext.verdict.model import Verdict

MARKS = {"held": "✓", "rehearsed": "○", "void": "?", "broke": "✗", "dirty": "!", "ok": "✓"}
MOST_EVENTS, MOST_LINES = 300, 80
_SEALING = ("seq", "t", "mono_ns", "event", "prev", "hash")


def render(folder: Path, verdict: Verdict | Mapping[str, Any], facts: Facts) -> str:
    """The report of the run in *folder*."""
    from chaos_ext.report.chart import chart  # noqa: PLC0415 - numpy, only when drawing
    from chaos_ext.report.lines import lines  # noqa: PLC0415

    content = told(verdict)
    return _template().render(
        v=content,
        facts=facts,
        words=words,
        marks=MARKS,
        meaning=MEANINGS[content["verdict"]],
        started=facts.started("t"),
        chart=chart(facts),
        lines=lines(facts),
        resources=RESOURCES,
        events=list(_events(facts)),
        events_left_out=max(0, len(facts.events) - MOST_EVENTS),
        environment=_environment(folder),
        hashes={name: sha256(folder / name) for name in manifest.evidence_files(folder)},
        seal_problems=manifest.verify(folder),
        untested=untested(content, facts),
    )


@cache
def _template() -> jinja2.Template:
    """The page without a run; it is read once, however many reports are made."""
    import jinja2  # noqa: PLC0415 - only a report needs it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chaos_ext", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def write(folder: Path, verdict: Verdict | Mapping[str, Any], facts: Facts) -> Path:
    """Write report.html."""
    path = folder / "report.html"
    path.write_text(render(folder, verdict, facts), encoding="utf-8")
    return path


def _events(facts: Facts) -> Iterator[dict[str, str]]:
    phases = [event["mono_ns"] for event in facts.of("phase")]
    first = phases[0] if phases else next((e["mono_ns"] for e in facts.events), 0)
    for event in facts.events[:MOST_EVENTS]:
        fields = {key: value for key, value in event.items() if key not in _SEALING}
        yield {
            "at": f"{(event['mono_ns'] - first) / 1e9:+.3f} s",
            "name": event["event"],
            "told": "; ".join(
                _field(key, value) for key, value in fields.items() if value not in ("", None)
            ),
        }


def _field(key: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{key}: {words.landed(value)}"
    if isinstance(value, list):
        return f"{key}: {', '.join(map(words.told, value)) or 'none'}"
    return f"{key}: {words.number(value) if isinstance(value, float) else value}"


def _environment(folder: Path) -> list[tuple[str, str]]:
    try:
        content = read_json(folder / "environment.json")
    except RunUnreadable:
        return []
    lines = list(_flat("", content))
    return lines[:MOST_LINES]


def _flat(above: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(f"{above}.{key}" if above else str(key), inner)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, inner in enumerate(value):
            yield from _flat(f"{above}.{number}", inner)
    else:
        yield above, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
