"""Everything that can be known to be wrong with an experiment before anything moves, all of it at once."""

from __future__ import annotations

from collections.abc import Mapping

from chaos_ext.errors import BadExperiment
from chaos_ext.experiment import controls, settings, shapes, signatures, variables
from chaos_ext.experiment.activities import Call, calls, entries
from chaos_ext.experiment.strict import Reader, type_name
from chaos_ext.experiment.vocabulary import EXPERIMENT_KEYS, HYPOTHESIS_KEYS, fault_of
from chaos_ext.words import joined, nearest, shown

_SCANNED = ("title", "steady-state-hypothesis", "method", "rollbacks", "controls")
_READS_ALL = ("default", "continuously")
_SKIPS_SOME = ("before-method-only", "after-method-only", "during-method-only", "skip")
_ROLLBACKS = ("default", "always", "never", "deviated")
_CONTRIBUTES = ("high", "medium", "low", "none")


def ensure(
    experiment: object,
    configuration: variables.Values | None = None,
    secrets: variables.Values | None = None,
    source: str = "",
) -> None:
    """Refuse *experiment* with all that is wrong, in one line."""
    found = problems(experiment, configuration, secrets, source)
    if found:
        raise BadExperiment(f"{source}: {joined(found)}" if source else joined(found))


def problems(
    experiment: object,
    configuration: variables.Values | None = None,
    secrets: variables.Values | None = None,
    source: str = "",
) -> list[str]:
    """All problems of *experiment*.

    *configuration* and *secrets* are what the host has loaded; without them, what the file and
    the process's environment say is used.
    """
    if not isinstance(experiment, Mapping):
        return [
            f"{source or 'the experiment'} must hold a mapping, not {type_name(experiment)}"
        ]
    known = variables.values(experiment, configuration, secrets)
    return [
        *_top(experiment),
        *settings.examine(experiment)[1],
        *controls.problems(experiment),
        *(variables.unset(experiment) if configuration is None else ()),
        *_dynamic(experiment.get("configuration"), known),
        *_hypothesis(experiment.get("steady-state-hypothesis")),
        *shapes.problems(experiment, known),
        *_undefined(experiment, known),
        *_calls(experiment, known),
        *_misplaced_faults(experiment),
    ]


def _top(experiment: Mapping[str, object]) -> list[str]:
    found: list[str] = []
    reader = Reader(experiment, "", EXPERIMENT_KEYS, found)
    reader.text("title")
    reader.text("description")
    reader.texts("tags")
    if "method" not in experiment:
        reader.refuse(
            "method", "is missing: write `method: []` for an experiment without a fault"
        )
    reader.items("method")
    reader.items("rollbacks")
    for name, value in reader.mapping("contributions").items():
        if value not in _CONTRIBUTES:
            reader.refuse(
                f"contributions.{name}", f"is {shown(value)}{nearest(value, _CONTRIBUTES)}"
            )
    return found + _runtime(experiment.get("runtime"))


def _runtime(runtime: object) -> list[str]:
    found: list[str] = []
    if runtime is None:
        return found
    reader = Reader(runtime, "runtime", ("hypothesis", "rollbacks"), found)
    for key, allowed in (
        ("hypothesis", (*_READS_ALL, *_SKIPS_SOME)),
        ("rollbacks", _ROLLBACKS),
    ):
        if key not in reader.data:
            continue
        part = Reader(reader.data[key], f"runtime.{key}", ("strategy",), found)
        strategy = part.word("strategy", allowed) if "strategy" in part.data else ""
        if strategy in _SKIPS_SOME:
            part.refuse("strategy", f"is {strategy}, which skips a reading: use default")
    return found


def _hypothesis(hypothesis: object) -> list[str]:
    where = "steady-state-hypothesis"
    if hypothesis is None:
        return [f"{where} is missing: without it nothing says what must stay true"]
    found: list[str] = []
    reader = Reader(hypothesis, where, HYPOTHESIS_KEYS, found)
    if reader.data or isinstance(hypothesis, Mapping):
        reader.text("title")
        if not reader.items("probes"):
            reader.refuse("probes", "must hold at least one probe")
    return found


def _undefined(experiment: Mapping[str, object], known: variables.Values) -> list[str]:
    return [
        problem
        for key in _SCANNED
        for problem in variables.undefined(experiment.get(key), key, known)
    ]


def _calls(experiment: Mapping[str, object], known: variables.Values) -> list[str]:
    by_place = {where: item for _, where, item in entries(experiment)}
    found = []
    for call in calls(experiment):
        if call.ref:
            continue  # told once, where it is written
        item = by_place[call.where]
        assert isinstance(item, Mapping)
        if call.provider == "python" and call.module and call.func:
            found += signatures.problems(call, known, item["provider"])
        found += _tolerance_probe(call, item.get("tolerance"), known)
    return found


def _tolerance_probe(call: Call, tolerance: object, known: variables.Values) -> list[str]:
    """A tolerance may be a probe of its own, which the host hands the answer as `value`."""
    if not isinstance(tolerance, Mapping) or tolerance.get("type") != "probe":
        return []
    where = f"{call.where}.tolerance"
    provider = tolerance.get("provider")
    arguments = provider.get("arguments") if isinstance(provider, Mapping) else {}
    if not isinstance(arguments, Mapping):
        return [f"{where}.provider.arguments must be a mapping: the host adds `value` to it"]
    return _inner_probe(tolerance, where, {**arguments, "value": "${the answer}"}, known)


def _dynamic(configuration: object, known: variables.Values) -> list[str]:
    """A configuration value may be what a probe answers; when it fails, the host drops the name."""
    entries_of = configuration if isinstance(configuration, Mapping) else {}
    found = []
    for name, entry in entries_of.items():
        if isinstance(entry, Mapping) and entry.get("type") == "probe":
            provider = entry.get("provider")
            arguments = provider.get("arguments") if isinstance(provider, Mapping) else {}
            arguments = arguments if isinstance(arguments, Mapping) else {}
            found += _inner_probe(entry, f"configuration.{name}", arguments, known)
    return found


def _inner_probe(
    probe: Mapping[str, object],
    where: str,
    arguments: Mapping[str, object],
    known: variables.Values,
) -> list[str]:
    """Problems of a probe that stands within something else than a section of activities."""
    found: list[str] = []
    if shapes.provider_type(Reader(probe, where, None, found)) != "python":
        return found
    provider = probe["provider"]
    assert isinstance(provider, Mapping)
    module, func = str(provider.get("module", "")), str(provider.get("func", ""))
    if fault_of(module, func):
        return [f"{where} is the fault {fault_of(module, func)}: faults belong into the method"]
    call = Call(where, "method", "", "probe", "python", module, func, arguments)
    return signatures.problems(call, known, provider)


def _misplaced_faults(experiment: Mapping[str, object]) -> list[str]:
    return [
        f"{call.where} is the fault {call.fault}: faults belong into the method"
        for call in calls(experiment)
        if call.fault and call.section != "method"
    ]
