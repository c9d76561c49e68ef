"""Evidence as JSON and text, written whole or not at all, whatever a probe returned."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from chaos_ext.errors import RunUnreadable
from chaos_ext.evidence.plain import json_safe
from chaos_ext.history.durable import write_bytes

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Put *text* at *path* in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, obj: Any) -> None:
    """Put *obj* at *path* as readable JSON, whatever it holds."""
    text = json.dumps(json_safe(obj), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """What `write_json` wrote."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise RunUnreadable(f"{path}: is not readable JSON ({problem})") from problem


def read_yaml(path: Path) -> Any:
    """What is at *path*, by libyaml where it is there: judging reads it again and again."""
    import yaml  # noqa: PLC0415 - on use

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both are safe loaders


def sha256(path: Path) -> str:
    """The digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
