"""Whether a run on disk already showed that the unweakened experiment holds."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import yaml

from chaos_ext.evidence import files, manifest
from chaos_ext.evidence.redact import Redactor
from chaos_ext.experiment import variables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# `rollbacks` are kept back until the first action: a run's own copy has none, and an experiment
# that has some is never taken for the same.
_NOT_CONTENT = ("secrets", "dry")


def held(experiment: Mapping[str, Any], folder: Path) -> bool:
    """Whether the run in *folder* held, is sealed, and was made from this very *experiment*."""
    try:
        kept = files.read_yaml(folder / "experiment.yaml")
        verdict = json.loads((folder / "verdict.json").read_bytes())
        word = verdict["verdict"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return False
    if word != "held" or not isinstance(kept, dict) or manifest.verify(folder):
        return False
    redactor = Redactor(variables.values({"secrets": experiment.get("secrets")}))
    return _digest(kept, redactor) == _digest(experiment, redactor)


def _digest(experiment: Mapping[str, Any], redactor: Redactor) -> str:
    """One hash for the same content, however it is written, without secrets."""
    content = {key: value for key, value in experiment.items() if key not in _NOT_CONTENT}
    content.setdefault("rollbacks", [])
    told = json.dumps(redactor.data(content), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()
