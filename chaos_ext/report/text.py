"""A verdict for the terminal: plain lines for a log, colour and tables for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chaos_ext.experiment.claims import RESOURCES
from chaos_ext.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from chaos_ext.verdict.model import Verdict

COLOURS = {
    "held": "bold green",
    "rehearsed": "bold cyan",
    "void": "bold yellow",
    "broke": "bold red",
    "dirty": "bold white on red",
    "ok": "green",
}
_LOAD = ("phase", "planned", "offered/s", "errors", "dropped", "p50", "p99")
_CLAIMS = ("claim", "required", "measured", "bounds", "outcome")


def told(verdict: Verdict | Mapping[str, Any]) -> dict[str, Any]:
    """A verdict as `verdict.json` tells it, whether it was just judged or read from there."""
    return dict(verdict) if isinstance(verdict, Mapping) else verdict.as_dict()


def lines(verdict: Verdict | Mapping[str, Any]) -> list[str]:
    """The verdict without colour or width."""
    content = told(verdict)
    return [
        f"{content['verdict'].upper()}: {content['reason']}",
        f"{content['title'] or content['experiment']} (run {content['run'] or words.NOTHING})",
        *_facts(content),
        *_findings(content),
        *(f"load {row[0]}: {_load_line(row)}" for row in load_rows(content)),
    ]


def refused(content: Mapping[str, Any]) -> bool:
    """Whether the run never began: then there is its reason, and nothing else to tell."""
    return bool(content["verdict"] == "void" and content["reason"].startswith("refused: "))


def _findings(content: Mapping[str, Any]) -> Iterator[str]:
    """The claims and the guards that failed; where nothing was tested, that, once."""
    claims = content["claims"]
    if claims and all(claim["detail"].startswith("not tested: ") for claim in claims):
        yield f"claims: none of the {len(claims)} was tested"
        return
    yield from (_claim_line(claim) for claim in claims)
    yield from (_guard_line(guard) for guard in content["guards"] if guard["outcome"] != "ok")


def show(verdict: Verdict | Mapping[str, Any], folder: Path, console: Console) -> None:
    """Print the verdict; tables and colour only where a person looks."""
    content = told(verdict)
    report = f"report: {folder / 'report.html'}"
    if refused(content):
        line = f"VOID: {content['reason']}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
        console.print(report, markup=False, highlight=False, soft_wrap=True)
        return
    if not console.is_terminal:
        for line in [*lines(content), report]:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    word = content["verdict"]
    console.print(f" {word.upper()} ", style=f"reverse {COLOURS[word]}", end=" ")
    console.print(content["reason"], markup=False, highlight=False)
    for line in _facts(content):
        console.print(f"  {line}", markup=False, highlight=False)
    _print_table(console, _CLAIMS, claim_rows(content))
    if content["load"]:
        _print_table(console, _LOAD, load_rows(content))
    console.print(report, markup=False, highlight=False, soft_wrap=True)


def claim_rows(content: Mapping[str, Any]) -> list[list[str]]:
    """The claims as rows of text."""
    return [
        [
            claim["claim"],
            claim["required"],
            words.number(claim["measured"], claim["unit"]),
            words.bounds(claim),
            claim["outcome"],
        ]
        for claim in content["claims"]
    ]


def load_rows(content: Mapping[str, Any]) -> list[list[str]]:
    """The load of each phase as rows of text."""
    return [
        [
            phase,
            f"{load['planned']:,}",
            words.number(load["offered_per_s"]),
            words.percent(load["error_ratio"]),
            words.percent(load["dropped_ratio"]),
            words.latency(load, "latency_ms_p50"),
            words.latency(load, "latency_ms_p99"),
        ]
        for phase, load in content["load"].items()
    ]


def write(folder: Path, verdict: Verdict | Mapping[str, Any]) -> Path:
    """Write report.txt."""
    path = folder / "report.txt"
    path.write_text("\n".join(lines(verdict)) + "\n", encoding="utf-8")
    return path


def _facts(content: Mapping[str, Any]) -> Iterator[str]:
    if content["control_of"]:
        yield f"a proof, on a weakened system: {content['control_of']}"
    for fault in content["faults"]:
        where = f"{fault['target']} ({fault['node']})" if fault["node"] else fault["target"]
        means = fault["landed"].get("by")
        details = [f"by {means}"] * bool(means) + [fault["detail"]] * bool(fault["detail"])
        detail = f" - {'; '.join(details)}" if details else ""
        yield f"fault: {fault['fault']} on {where}: {fault['state']}{detail}"
    yield f"outage: {words.outage(content['outage'])}"
    yield f"writes: {words.data(content['data'])}"
    if stayed := content.get("stayed"):
        yield f"{stayed['witness']}: {stayed['meaning']}"
    if resources := content.get("resources"):
        most = (f"{kind} {words.worst(resources, kind)}" for kind in RESOURCES)
        yield f"resources at most: {', '.join(most)}"
        yield from (
            f"{leak['what']} only ever grew: {leak['meaning']}" for leak in resources["leaks"]
        )


def _claim_line(claim: Mapping[str, Any]) -> str:
    measured = words.number(claim["measured"], claim["unit"])
    limits = words.bounds(dict(claim))
    within = f" ({limits})" if limits else ""
    detail = f" - {claim['detail']}" if claim["detail"] else ""
    return f"claim {claim['claim']}: {claim['outcome']}, measured {measured}{within}{detail}"


def _guard_line(guard: Mapping[str, Any]) -> str:
    return f"guard {guard['name']}: required {guard['required']}, measured {guard['measured']}"


def _load_line(row: list[str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(_LOAD[1:], row[1:], strict=True))


def _print_table(console: Console, heads: tuple[str, ...], rows: list[list[str]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - only a person needs it
    from rich.text import Text  # noqa: PLC0415

    table = Table(*heads, box=None, padding=(0, 2, 0, 2), header_style="dim")
    for row in rows:
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    console.print(table)
