"""The calls an experiment makes, as values: what is called, where it stands, and which of them are faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chaos_ext.experiment.vocabulary import fault_of

Section = Literal["steady-state-hypothesis", "method", "rollbacks"]
SECTIONS: tuple[Section, ...] = ("steady-state-hypothesis", "method", "rollbacks")


@dataclass(frozen=True, slots=True)
class Call:
    """One activity; a reference is followed, so that its target's call stands here."""

    where: str
    section: Section
    name: str
    kind: str  # probe or action
    provider: str  # python, http or process
    module: str
    func: str
    arguments: Mapping[str, object]
    background: bool = False
    pauses: Mapping[str, object] = field(default_factory=dict)
    ref: str = ""

    @property
    def fault(self) -> str:
        """`process.kill` when this call is a fault, else empty."""
        return fault_of(self.module, self.func)


def entries(experiment: Mapping[str, object]) -> Iterator[tuple[Section, str, object]]:
    """Every activity as it stands in the file, with its section and place."""
    for section in SECTIONS:
        items = experiment.get(section)
        where: str = section
        if section == "steady-state-hypothesis":
            items = items.get("probes") if isinstance(items, Mapping) else None
            where = f"{section}.probes"
        for index, item in enumerate(items if isinstance(items, list) else []):
            yield section, f"{where}[{index}]", item


def named(experiment: Mapping[str, object]) -> dict[str, list[Mapping[str, object]]]:
    """What a reference can point to: the host keeps method and hypothesis, not rollbacks."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for section, _, item in entries(experiment):
        if section != "rollbacks" and isinstance(item, Mapping) and "ref" not in item:
            found.setdefault(str(item.get("name")), []).append(item)
    return found


def calls(experiment: Mapping[str, object]) -> list[Call]:
    """All calls of hypothesis, method and rollbacks; those too broken to be read are left out."""
    known = named(experiment)
    result = []
    for section, where, item in entries(experiment):
        if not isinstance(item, Mapping):
            continue
        ref = item.get("ref")
        meant = known.get(str(ref), [None])[-1] if ref is not None else item
        if meant is not None:
            result.append(_call(section, where, item, meant))
    return result


def _call(
    section: Section, where: str, entry: Mapping[str, object], meant: Mapping[str, object]
) -> Call:
    provider = meant.get("provider")
    provider = provider if isinstance(provider, Mapping) else {}
    arguments, pauses = provider.get("arguments"), meant.get("pauses")
    return Call(
        where=where,
        section=section,
        name=str(meant.get("name", "")),
        kind=str(meant.get("type", "")),
        provider=str(provider.get("type", "")),
        module=str(provider.get("module", "")),
        func=str(provider.get("func", "")),
        arguments=arguments if isinstance(arguments, Mapping) else {},
        # the host reads it from the entry, not from what a reference points to
        background=entry.get("background") is True,
        pauses=pauses if isinstance(pauses, Mapping) else {},
        ref=str(entry.get("ref") or ""),
    )


def faults(experiment: Mapping[str, object]) -> list[Call]:
    """The calls of the method that do harm, in order."""
    return [call for call in calls(experiment) if call.section == "method" and call.fault]
