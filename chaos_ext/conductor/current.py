"""The conductor of this process: the host calls module functions, so it is kept here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import NoConductor
from chaos_ext.evidence import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.conductor.conductor import Conductor


class _Current:
    conductor: Conductor | None = None
    last: Conductor | None = None
    failure: Exception | None = None
    source: str = ""
    journal: dict[str, Any] | None = None


def source(path: str) -> None:
    """The file of the experiment that is about to run; it names the run."""
    _Current.source = path


def name_of(experiment: Mapping[str, Any]) -> str:
    """The run's name: that of its file, or its title in file-name letters."""
    if _Current.source:
        return Path(_Current.source).stem
    title = str(experiment.get("title", "experiment")).lower()
    return "_".join("".join(c if c.isalnum() else " " for c in title).split())[:60]


def begin(
    experiment: dict[str, Any],
    configuration: Mapping[str, Any],
    secrets: Mapping[str, Any],
    make: type[Conductor],
) -> None:
    """Make the conductor; a failure is kept for the first hook that can stop the run."""
    if _Current.conductor is not None:
        return  # the host configures a control once for each place that names it
    _Current.failure, _Current.last, _Current.journal = None, None, None
    try:
        _Current.conductor = make(name_of(experiment), experiment, configuration, secrets)
    except Exception as error:  # noqa: BLE001 - the host would swallow it; `conductor` raises it
        _Current.failure = error
        experiment["rollbacks"] = []  # nothing is begun, so there is nothing to undo


def begun() -> bool:
    """Whether there is a run to speak of."""
    return _Current.conductor is not None


def strategy(name: str) -> None:
    """The hypothesis strategy in force."""
    if _Current.conductor:
        _Current.conductor.strategy = name


def keep(journal: dict[str, Any]) -> None:
    """The host's journal: when the host crashes, it is all that says how far it came."""
    _Current.journal = journal


def journal() -> dict[str, Any] | None:
    """The journal of the run that began last in this process."""
    return _Current.journal


def conductor() -> Conductor:
    """The conductor of this run."""
    if _Current.conductor is None:
        if _Current.failure:
            raise _Current.failure
        raise NoConductor(
            "the control was never configured; run the experiment with `chaos run`"
        )
    return _Current.conductor


def last() -> Conductor | None:
    """The conductor that ended last in this process."""
    return _Current.last


def failed(hook: str, error: Exception) -> None:
    """A hook of ours crashed: the run is void, and says why."""
    if _Current.conductor:
        _Current.conductor.run.log.add("control_failed", hook=hook, error=repr(error))
        _Current.conductor.abort(f"{hook} failed: {error!r}")


def in_hypothesis(activity: Mapping[str, Any]) -> bool:
    """Whether an activity is a probe of the hypothesis, read while the method runs."""
    if _Current.conductor is None:
        return False
    hypothesis = _Current.conductor.run.experiment.get("steady-state-hypothesis") or {}
    return any(activity is probe or activity == probe for probe in hypothesis.get("probes", []))


def close(told: dict[str, Any] | None) -> None:
    """Finish the run, once; the journal gets the verdict and a status that fits it."""
    ending = _Current.conductor
    journal = _Current.journal if told is None else told
    if ending is None:
        if journal is not None and _Current.failure is not None:
            journal["status"] = "failed"
        return
    ending.begins_to_end()
    try:
        if journal is not None:
            plain.make_safe(journal)
        ending.finish(journal)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and no run passes
        ending.progress.say(f"the run could not be sealed: {error}")
        if journal is not None:
            journal["status"] = "failed"
    finally:
        _Current.conductor, _Current.last = None, ending
        if journal is not None:
            _agree(ending, journal)


def _agree(ending: Conductor, journal: dict[str, Any]) -> None:
    """Have the host's own words say no more than the verdict does."""
    redacted = ending.run.redactor.data(journal)
    journal.clear()
    journal.update(redacted)
    verdict = ending.verdict
    word = verdict.word if verdict else "dirty"
    journal["chaos_ext"] = {
        "verdict": word,
        "run": ending.run.token,
        "folder": str(ending.run.folder),
    }
    journal["deviated"] = word == "broke"
    if ending.run.ended_because:  # also when it came too late for the verdict
        journal["status"] = "interrupted"
    elif word in ("held", "rehearsed", "broke"):
        journal["status"] = "completed"
    elif journal.get("status") in (None, "completed"):
        journal["status"] = "failed"
