"""Run the weakened systems, one after the other, each as an ordinary `chaos run`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from chaos_ext.errors import BadArgument, NotAllowed, RunUnreadable
from chaos_ext.evidence.folder import LATEST
from chaos_ext.experiment import settings
from chaos_ext.proof import trust
from chaos_ext.proof.weaken import Result, judged, names, weakened
from chaos_ext.verdict.words import HELD
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.experiment.settings import Proof

RUN_S_MAX = 900.0


def prove(
    path: Path,
    experiment: Mapping[str, Any],
    reports: Path,
    *,
    only: str = "",
    trust_last: bool = False,
) -> list[Result]:
    """Run each proof of the experiment at *path* (or only the one named).

    The unweakened experiment must hold first: where it does not, a broken claim shows nothing.
    With *trust_last* a held run of the same content that is on disk will do.
    """
    proofs = settings.read(experiment).proofs
    known = [proof.name for proof in proofs]
    if not proofs:
        raise BadArgument(f"{path} declares no proofs: nothing shows that its claims can fail")
    if only and only not in known:
        raise BadArgument(f"{path} has no proof {only!r}{nearest(only, known)}")
    if not (trust_last and trust.held(experiment, reports / _name(path.stem) / LATEST)):
        _must_hold(path, experiment, reports)
    chosen = [proof for proof in proofs if only in ("", proof.name)]
    return [_prove(path, experiment, proof, reports) for proof in chosen]


def unproven(experiment: Mapping[str, Any]) -> list[str]:
    """The claims that no proof breaks."""
    ours = settings.read(experiment)
    proofs = ours.proofs
    return [
        claim.text
        for claim in ours.claims
        if not any(names(proof.breaks, claim.text) for proof in proofs)
    ]


def _must_hold(path: Path, experiment: Mapping[str, Any], reports: Path) -> None:
    verdict, place = _run(_name(path.stem), experiment, reports, "the unweakened experiment")
    word, reason = verdict["verdict"], verdict["reason"]
    if word != HELD:
        raise NotAllowed(
            f"the unweakened experiment did not hold ({word}: {reason}): its proofs prove nothing;"
            f" see {place}"
        )


def _prove(path: Path, experiment: Mapping[str, Any], proof: Proof, reports: Path) -> Result:
    name = _name(f"{path.stem}.{re.sub('[^a-z0-9]+', '_', proof.name.lower())}")
    what = f"the proof {proof.name!r}"
    verdict, place = _run(name, weakened(experiment, proof), reports, what)
    return judged(proof, verdict, str(place))


def _name(text: str) -> str:
    """*text* as the name of a folder, as a run would write it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._") or "experiment"


def _run(
    name: str, experiment: Mapping[str, Any], reports: Path, what: str
) -> tuple[dict[str, Any], Path]:
    """An ordinary `chaos run`: its verdict, and its folder."""
    latest = reports / name / LATEST
    before = latest.resolve()
    with TemporaryDirectory(prefix="chaos_ext-") as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(yaml.safe_dump(dict(experiment), sort_keys=False))
        subprocess.run(
            [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file",
             "run", "--journal-path", str(Path(folder) / "journal.json"), str(file)],
            env={**os.environ, "CHAOS_REPORTS": str(reports)},
            stdout=subprocess.DEVNULL, timeout=RUN_S_MAX, check=False,
        )  # fmt: skip
    place = latest.resolve()
    try:
        if place == before:  # an older run's verdict says nothing about this one
            raise FileNotFoundError(place)
        return json.loads((place / "verdict.json").read_text(encoding="utf-8")), place
    except (OSError, ValueError) as error:
        raise RunUnreadable(f"{what} left no verdict in {place}") from error
