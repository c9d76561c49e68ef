"""Keys that an experiment's file gives twice: YAML keeps the last, and a whole method is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def repeats(path: Path) -> list[str]:
    """`line 7: method` for each key that stands in the same mapping before."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return []  # whoever loads it says why
    return list(_in(root, set())) if root else []


def _in(node: yaml.Node, seen: set[int]) -> Iterator[str]:
    if id(node) in seen:  # an anchor, told where it is written
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _in(item, seen)
    elif isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        for index, (key, value) in enumerate(node.value):
            if key.value in keys[:index] and isinstance(key, yaml.ScalarNode):
                yield f"line {key.start_mark.line + 1}: {key.value}"
            yield from _in(value, seen)
