"""The conductor of one run: what is done at each step, and what ends a run before its time."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from chaos_ext import world
from chaos_ext.conductor import finish, inject, paths, preflight, prepare, recover, results, run
from chaos_ext.conductor.progress import Progress
from chaos_ext.conductor.pulse import Pulse
from chaos_ext.conductor.signals import HEAL_S_MAX, Watch
from chaos_ext.errors import BadExperiment, ChaosExtError, Refused
from chaos_ext.lease import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.lease.identity import Identity
    from chaos_ext.verdict.model import Verdict


class Conductor:
    """Leads one run from the first check to the verdict."""

    def __init__(
        self,
        name: str,
        experiment: dict[str, Any],
        configuration: Mapping[str, Any],
        secrets: Mapping[str, Any],
    ) -> None:
        """Open the run's folder and take over the signals."""
        self.configuration = configuration
        self.secrets = secrets
        self.verdict: Verdict | None = None
        self.strategy = "default"
        self._rollbacks: list[Any] = []
        self._closing = threading.Lock()
        self._leaving = self._ending = False
        self._pulse: Pulse | None = None
        self.run = prepare.open_run(name, experiment, secrets)
        self.progress = Progress(self.run.redactor.text)
        self.signals = Watch(self._on_signal)
        self.signals.on()
        session.begin(self)

    # -- before the method ------------------------------------------------------------

    def prepare(self) -> None:
        """Everything up to the first reading; whatever is wrong ends the run here."""
        self._rollbacks = list(self.run.experiment.get("rollbacks") or [])
        self.run.experiment["rollbacks"] = []  # nothing to undo before the first action
        prepare.keep_experiment(self.run)
        try:
            self._check()
            swept = prepare.start_guardian(self.run, self._told)
            for word in ("healed", "left"):
                if swept.get(word):
                    self.progress.say(f"of a dead run, {word}: {', '.join(swept[word])}")
            prepare.bring_up(self.run, self.progress)
            prepare.start_load(self.run)
            prepare.start_witnesses(self.run)
            prepare.send_load(self.run)
            self._pulse = Pulse(self.run, self.progress)
        except Refused as error:
            self.run.log.add("refused", reason=str(error))
            self.run.ended_because = f"refused: {error}"
            raise
        except ChaosExtError as error:
            self.abort(str(error))
            raise
        self.run.stage = run.STEADY

    def _check(self) -> None:
        findings = preflight.examine(self.run.experiment, self.configuration, self.secrets)
        preflight.refuse(findings)
        skips = {"before-method-only", "after-method-only", "during-method-only", "skip"}
        if self.strategy in skips:
            raise BadExperiment(
                f"the hypothesis strategy {self.strategy} skips a reading, and a verdict needs "
                "both; leave --hypothesis-strategy away, or use continuously"
            )
        if self.run.experiment.get("dry"):
            raise BadExperiment("a dry run tests nothing; leave --dry away")
        self.run.settings, self.run.environment = findings.settings, findings.environment
        self.run.systems = findings.systems
        self.run.wishes = paths.wishes(findings.faults)

    def baseline(self) -> None:
        """Undisturbed measuring, before anything is hurt."""
        assert self.run.settings
        seconds = self.run.settings.baseline_s
        measured = self.run.measured
        then = f"measuring {seconds:g} s undisturbed" if measured else "nothing to measure"
        self.progress.say(f"steady state met; {then}")
        self.run.enter("baseline")
        if measured:
            world.sleep(seconds)
        self.run.enter("fault")
        self.run.stage = run.METHOD
        self.progress.say("the method begins")

    # -- readings and activities ------------------------------------------------------

    def read_steady(self, when: str, state: Mapping[str, Any] | None) -> None:
        """Write down what the host read of the steady state."""
        met = bool(state and state.get("steady_state_met"))
        told = {"met": met, "crashed": results.crashed(state), "detail": results.unmet(state)}
        self.run.log.add("steady_state", when=when, **told)
        if not met:
            self.progress.say(f"steady state {when}: not met: {results.unmet(state)}")

    def first_action(self) -> None:
        """From now on there may be something to undo: the experiment's rollbacks count."""
        self.run.experiment["rollbacks"] = self._rollbacks

    def activity_over(
        self, activity: Mapping[str, Any], state: Mapping[str, Any] | None
    ) -> None:
        """Write an activity down; an action that raised ends the run."""
        told = self._write_down(activity, state)
        if told and activity.get("type") == "action" and not self._leaving:
            self.stop_here(f"the action {activity.get('name')!r} failed: {told}")

    def _write_down(self, activity: Mapping[str, Any], state: Mapping[str, Any] | None) -> str:
        """Keep what became of an activity; why it failed, empty when it did not."""
        told = results.failure(state)
        name, kind = str(activity.get("name")), str(activity.get("type"))
        status = (state or {}).get("status", "crashed")
        self.run.log.add("activity", name=name, kind=kind, status=status, error=told)
        self.progress.say(f"{kind} {name}: {status}{': ' + told if told else ''}")
        return told

    def rollbacks_begin(self) -> None:
        """The host undoes what the experiment itself did."""
        self.run.stage = run.ROLLBACKS

    def rollback_over(
        self, activity: Mapping[str, Any], state: Mapping[str, Any] | None
    ) -> None:
        """A rollback that failed has undone nothing: something may still be in place."""
        told = self._write_down(activity, state)
        interrupted = state is None and bool(self.run.ended_because)
        if told and not interrupted:
            self.run.left.append(f"the rollback {activity.get('name')!r} failed: {told}")

    def method_over(self) -> None:
        """Heal every lease, see the steady state come back, measure the recovery."""
        if self.run.stage != run.METHOD:
            return
        if not self.run.ended_because:
            recover.outlast(self.run)
        self.run.stage = run.RECOVERY
        recover.heal(self.run, "the method is over", last=True)
        self.run.enter("recovery")

    def recovered(self) -> None:
        """Wait for the steady state before the host takes its one reading."""
        assert self.run.settings
        within_s = self.run.settings.recovers_within_s
        self.progress.say(f"waiting up to {within_s:g} s for the steady state")
        told = recover.await_steady(self.run, self.configuration, self.secrets, within_s)
        self.run.log.add("recovered", **told, within_s=within_s)
        recover.measure(self.run, self.run.settings.baseline_s)

    # -- faults -----------------------------------------------------------------------

    def inject(self, asked: session.Asked) -> dict[str, Any]:
        """Put a fault in place; returns when it has landed, with what was measured."""
        landed = inject.inject(self.run, asked)
        means = f", by {landed['by']}" if landed.get("by") else ""
        self.progress.say(
            f"{landed['fault']} on {landed['node']}: landed in {landed['ms']:g} ms{means}"
        )
        return landed

    def node(self, target: str) -> Identity:
        """The process that *target* is now."""
        return inject.locate(self.run, target)[2]

    def path(self, target: str) -> dict[str, Any]:
        """How *target* is reached at this moment."""
        return paths.path(self.run, target)

    def _told(self, message: dict[str, Any]) -> None:
        """The guardian tells of a lease, or of its own end."""
        if message["event"] == "lease":
            told = {key: message[key] for key in ("lease", "target", "node", "state", "early")}
            name = ".".join(message["fault"].split(".")[1:])
            self.run.log.add("fault", **told, fault=name, landed=None, detail=message["detail"])
            self.progress.say(
                f"{name} on {message['node']}: {message['state']} ({message['detail']})"
            )
        elif message["event"] == "stopped":
            self.abort("ended from outside, by chaos abort or chaos heal")
        elif message["event"] == "gone" and self.run.stage != run.OVER:
            self.stop_here("the guardian ended before the run; run: chaos heal")

    # -- ends before its time ---------------------------------------------------------

    def abort(self, reason: str) -> None:
        """The run is void from now on; what was begun is healed by `finish`."""
        if not self.run.ended_because:
            self.run.ended_because = reason
            self.run.log.add("aborted", reason=reason)
            self.progress.say(f"ending early: {reason}")

    def stop_here(self, reason: str) -> None:
        """End the run from any thread: heal first, then leave by a signal to ourselves."""
        self.abort(reason)
        recover.heal(self.run, reason)
        os.kill(os.getpid(), signal.SIGTERM)

    def _on_signal(self, name: str) -> bool:
        guarded = self.run.guarded
        healed = guarded is None or guarded.heal_now(f"{name} received", HEAL_S_MAX)
        first, self._leaving = not self._leaving, True
        why = f"{name} received" + ("" if healed else "; healing is not verified yet")
        self.abort(why)
        if self.run.reading_back:
            raise ChaosExtError(why)  # ends the reading; the lab must not wait for it
        # it ends anyway, and must end neither half undone nor half sealed
        return first and not self._ending

    # -- the end ----------------------------------------------------------------------

    def begins_to_end(self) -> None:
        """From now on a signal is remembered, and raises nothing."""
        self._ending = True

    def finish(self, journal: dict[str, Any] | None) -> None:
        """Take everything down, seal and judge; done once, whoever asks first."""
        self.begins_to_end()
        if not self._closing.acquire(blocking=False):
            return
        if self._pulse:
            self._pulse.stop()
        try:
            finish.end_processes(self.run, self.progress)
            self.verdict = finish.seal(self.run, journal)
        finally:
            session.end()
            self.signals.off()
