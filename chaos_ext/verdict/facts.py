"""A folder of evidence -> the facts that judging needs, and nothing judged yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from chaos_ext.errors import RunUnreadable, SealBroken
from chaos_ext.evidence import events as event_log
from chaos_ext.evidence import files
from chaos_ext.experiment.settings import watch_name

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from chaos_ext.history.compact import Columns

FAMILIES = ("process", "network", "resource", "disk", "clock", "data")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is on disk about one run."""

    events: tuple[dict[str, Any], ...]
    experiment: Mapping[str, Any]
    canary: Columns | None
    load: NDArray[Any] | None
    read_back: Columns | None
    unexpected: int = 0
    problems: tuple[str, ...] = ()  # evidence that is damaged
    staying: Columns | None = None  # what the witness saw that stays with one node
    staying_read_back: Columns | None = None
    staying_unexpected: int = 0
    looks: NDArray[Any] | None = None  # at the servers, by the sampler

    def of(self, name: str) -> list[dict[str, Any]]:
        """All events called *name*."""
        return [event for event in self.events if event["event"] == name]

    def started(self, key: str) -> str:
        """A field of the first event."""
        return next((str(event.get(key, "")) for event in self.of("run_started")), "")

    def witness(self, *, stays: bool) -> list[dict[str, Any]]:
        """The events of the witness that follows the service, or of the one that *stays*."""
        return [e for e in self.of("witness") if bool(e.get("stays_with")) is stays]

    @property
    def staying_name(self) -> str:
        """`redis@redis-primary`; empty when no witness stayed with a node."""
        for event in self.witness(stays=True):
            return watch_name(str(event.get("system", "")), str(event["stays_with"]))
        return ""

    @property
    def staying_node(self) -> str:
        """The node that the role was when that witness began."""
        return next((str(e.get("node", "")) for e in self.witness(stays=True)), "")

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the experiment's extension says."""
        for extension in _items(self.experiment.get("extensions")):
            if isinstance(extension, Mapping) and extension.get("name") == "chaos_ext":
                return extension
        return {}

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims of the experiment, as written."""
        return tuple(str(text) for text in _items(self.settings.get("claims")))

    @property
    def method(self) -> list[Mapping[str, Any]]:
        """The activities of the experiment's method."""
        activities = _items(self.experiment.get("method"))
        return [activity for activity in activities if isinstance(activity, Mapping)]

    @property
    def faults(self) -> Counter[tuple[str, str]]:
        """How often the method asks for each (fault, target)."""
        return Counter(call for activity in self.method if (call := fault_call(activity)))

    @property
    def hypothesis_names(self) -> set[str]:
        """The names of the probes of the hypothesis."""
        hypothesis = self.experiment.get("steady-state-hypothesis") or {}
        probes = _items(hypothesis.get("probes")) if isinstance(hypothesis, Mapping) else ()
        return {str(probe.get("name")) for probe in probes if isinstance(probe, Mapping)}


def _items(written: Any) -> Sequence[Any]:
    """The items of a list; none of anything else: a refused experiment may hold what it likes."""
    return written if isinstance(written, list | tuple) else ()


def fault_call(activity: Mapping[str, Any]) -> tuple[str, str] | None:
    """The fault and target that an activity of the method asks for."""
    provider = activity.get("provider")
    provider = provider if isinstance(provider, Mapping) else {}
    parts = str(provider.get("module", "")).split(".")
    if len(parts) != 3 or parts[::2] != ["chaos_ext", "actions"] or parts[1] not in FAMILIES:  # noqa: PLR2004
        return None
    arguments = provider.get("arguments")
    target = arguments.get("target", "") if isinstance(arguments, Mapping) else ""
    return f"{parts[1]}.{provider.get('func', '')}", str(target)


def load(folder: Path) -> Facts:
    """Read the evidence of a run; what is damaged is told in `problems`."""
    if not folder.is_dir():
        raise RunUnreadable(
            f"{folder}: there is no such run; `chaos verdict latest` takes the newest"
        )
    problems: list[str] = []
    events = _events(folder, problems)
    rows = _rows(folder, problems)
    return Facts(
        events=tuple(events),
        experiment=_experiment(folder, problems),
        problems=tuple(problems),
        **rows,
    )


def _events(folder: Path, problems: list[str]) -> list[dict[str, Any]]:
    try:
        events = event_log.read(folder / "events.jsonl")
    except SealBroken as problem:
        problems.append(str(problem).replace(f"{folder}/", ""))
        return []
    if broken := event_log.verify(events):
        problems.append(f"events.jsonl was changed: {broken}")
    return events


def _experiment(folder: Path, problems: list[str]) -> Mapping[str, Any]:
    try:
        content = files.read_yaml(folder / "experiment.yaml")
    except FileNotFoundError:  # a refused run may have no readable experiment
        problems.append("experiment.yaml is missing")
        return {}
    except (OSError, ValueError, yaml.YAMLError):
        problems.append("experiment.yaml is not readable")
        return {}
    if not isinstance(content, Mapping):
        problems.append("experiment.yaml is not an experiment")
        return {}
    return content


def _rows(folder: Path, problems: list[str]) -> dict[str, Any]:
    from chaos_ext.history import compact  # noqa: PLC0415 - numpy and pyarrow, only when judging

    rows: dict[str, Any] = {"canary": None, "load": None, "read_back": None}
    try:
        if compact.was_kept(folder):
            rows["canary"] = compact.read_canary(folder)
        if any((folder / name).exists() for name in (compact.LOAD, compact.LOAD_BIN)):
            rows["load"] = compact.read_load(folder)
        if found := compact.read_read_back(folder):
            rows["read_back"], rows["unexpected"] = found
        if compact.was_kept(folder, stays=True):
            rows["staying"] = compact.read_canary(folder, stays=True)
        if any((folder / name).exists() for name in (compact.LOOKS, compact.LOOKS_BIN)):
            rows["looks"] = compact.read_looks(folder)
        if found := compact.read_read_back(folder, stays=True):
            rows["staying_read_back"], rows["staying_unexpected"] = found
    except RunUnreadable as problem:
        problems.append(str(problem).replace(f"{folder}/", ""))
    return rows
