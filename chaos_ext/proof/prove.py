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

from chaos_ext.errors import BadArgument, RunUnreadable
from chaos_ext.experiment import settings
from chaos_ext.proof.weaken import Result, judged, weakened
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos_ext.experiment.settings import Proof

RUN_S_MAX = 900.0


def prove(
    path: Path, experiment: Mapping[str, Any], reports: Path, *, only: str = ""
) -> list[Result]:
    """Run each proof of the experiment at *path* (or only the one named)."""
    proofs = settings.read(experiment).proofs
    names = [proof.name for proof in proofs]
    if not proofs:
        raise BadArgument(f"{path} declares no proofs: nothing shows that its claims can fail")
    if only and only not in names:
        raise BadArgument(f"{path} has no proof {only!r}{nearest(only, names)}")
    chosen = [proof for proof in proofs if only in ("", proof.name)]
    return [_run(path, experiment, proof, reports) for proof in chosen]


def unproven(experiment: Mapping[str, Any]) -> list[str]:
    """The claims that no proof breaks."""
    ours = settings.read(experiment)
    broken = {proof.breaks for proof in ours.proofs}
    return [claim.text for claim in ours.claims if claim.metric not in broken]


def _run(path: Path, experiment: Mapping[str, Any], proof: Proof, reports: Path) -> Result:
    name = f"{path.stem}.{re.sub('[^a-z0-9]+', '_', proof.name.lower())}"
    latest = reports / name / "latest"
    before = latest.resolve()
    with TemporaryDirectory(prefix="chaos_ext-") as folder:
        file = Path(folder) / f"{name}.yaml"
        file.write_text(yaml.safe_dump(weakened(experiment, proof), sort_keys=False))
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
        verdict = json.loads((place / "verdict.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunUnreadable(f"the proof {proof.name!r} left no verdict in {place}") from error
    return judged(proof, verdict, str(place))
