"""A refused run leaves a folder too: void, with every reason, and nothing was started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos_ext.conductor import finish, preflight, prepare
from chaos_ext.errors import BadExperiment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.conductor.preflight import Findings
    from chaos_ext.verdict.model import Verdict


def refuse(
    name: str, experiment: dict[str, Any], secrets: Mapping[str, Any], findings: Findings
) -> Verdict:
    """Write down and tell why the experiment was not begun."""
    run = prepare.open_run(name, experiment, secrets)
    prepare.keep_experiment(run)
    try:
        preflight.refuse(findings)
    except BadExperiment as error:
        reason = run.redactor.text(str(error))
        run.log.add("refused", reason=reason)
        run.ended_because = f"refused: {reason}"
    run.log.add("run_ended")
    run.log.close()
    verdict = finish.seal(run, None)
    from rich.console import Console  # noqa: PLC0415 - loaded on use

    from chaos_ext.report import text  # noqa: PLC0415

    text.show(verdict, run.folder, Console())
    return verdict
