"""Controls: ours must be there, once, and undisturbed; the others must be importable.

The host only warns about a control that it cannot import, and then runs the experiment unguarded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chaos_ext.experiment.activities import entries
from chaos_ext.experiment.signatures import load
from chaos_ext.experiment.strict import Reader, type_name
from chaos_ext.experiment.vocabulary import (
    CONTROL,
    CONTROL_KEYS,
    CONTROL_PROVIDER_KEYS,
    EXTENSION,
)
from chaos_ext.words import nearest, shown

_SCOPES = ("before", "after")
_HOW = (
    f"add {{name: {EXTENSION}, provider: {{type: python, module: {CONTROL}}}}},"
    " or nothing guards the run"
)


def problems(experiment: Mapping[str, object]) -> list[str]:
    """Why the controls of *experiment* would not do what they should."""
    found: list[str] = []
    for owner, where in _owners(experiment):
        controls = owner.get("controls", [])
        if not isinstance(controls, list):
            found.append(f"{where} must be a list, not {type_name(controls)}")
            continue
        for index, control in enumerate(controls):
            found += _one(control, f"{where}[{index}]")
    return found + _ours(experiment)


def _owners(experiment: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], str]]:
    yield experiment, "controls"
    hypothesis = experiment.get("steady-state-hypothesis")
    if isinstance(hypothesis, Mapping):
        yield hypothesis, "steady-state-hypothesis.controls"
    for _, where, item in entries(experiment):
        if isinstance(item, Mapping):
            yield item, f"{where}.controls"


def _each(experiment: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for owner, where in _owners(experiment):
        controls = owner.get("controls")
        for index, control in enumerate(controls if isinstance(controls, list) else []):
            if isinstance(control, Mapping):
                yield f"{where}[{index}]", control


def _one(control: object, where: str) -> list[str]:
    found: list[str] = []
    reader = Reader(control, where, CONTROL_KEYS, found)
    if not isinstance(control, Mapping):
        return found
    if "ref" in control:
        reader.refuse(
            "ref", f"makes the host drop {CONTROL} from that activity: give the control itself"
        )
        return found
    reader.text("name")
    if control.get("scope") is not None:
        reader.word("scope", _SCOPES)
    reader.flag("automatic", default=True)
    provider = Reader(
        control.get("provider"), f"{where}.provider", CONTROL_PROVIDER_KEYS, found
    )
    if isinstance(control.get("provider"), Mapping):
        provider.word("type", ("python",))
        module = provider.text("module")
        _, why = load(module) if module else (None, "")
        if why:
            provider.refuse("module", why)
    return found


def _module(control: Mapping[str, object]) -> object:
    provider = control.get("provider")
    return provider.get("module") if isinstance(provider, Mapping) else None


def _ours(experiment: Mapping[str, object]) -> list[str]:
    everywhere = list(_each(experiment))
    places = [where for where, control in everywhere if _module(control) == CONTROL]
    top = [each for each in everywhere if each[0].startswith("controls[")]
    ours = [each for each in top if _module(each[1]) == CONTROL]
    if not ours:
        modules = [str(_module(control)) for _, control in top]
        near = [nearest(module, [CONTROL]) for module in modules]
        guess = next((each for each in near if "did you mean" in each), "")
        return [f"controls has no control of module {CONTROL}{guess}: {_HOW}"]
    if len(places) > 1:
        return [f"{places[1]} is {CONTROL} again: it must be there once, at the top level"]
    return _undisturbed(*ours[0], everywhere)


def _undisturbed(
    place: str, ours: Mapping[str, object], everywhere: list[tuple[str, Mapping[str, object]]]
) -> list[str]:
    found = []
    if "scope" in ours:
        found.append(f"{place}.scope takes half of the hooks from {CONTROL}: remove it")
    if ours.get("automatic", True) is not True:
        found.append(f"{place}.automatic must not be false: {CONTROL} would not be called")
    found += [
        f"{where}.name is {shown(control['name'])}, the name of {CONTROL}:"
        " the host would call only one of them"
        for where, control in everywhere
        if where != place and "name" in control and control["name"] == ours.get("name")
    ]
    return found
