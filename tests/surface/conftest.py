"""Where things lie, for tests that look at the project as a whole."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import chaos_ext

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root():
    """The folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def sources():
    """Every Python file of ours, by its path from the root, parsed."""
    folders = ("chaos_ext", "tests", "benchmarks", "docs")
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): ast.parse(file.read_bytes()) for file in files}


@pytest.fixture(scope="session")
def public_modules():
    """The modules that YAML may name."""
    names = [found.name for found in pkgutil.walk_packages(chaos_ext.__path__, "chaos_ext.")]
    public = [
        name
        for name in names
        if name.count(".") == 2 and name.rpartition(".")[2] in ("actions", "probes")
    ]
    return {name: importlib.import_module(name) for name in public}


@pytest.fixture(scope="session")
def commands():
    """Every command and sub-command, by the words that call it."""
    found = {}
    # read and not imported: once its file is imported, a word of the folder is that file
    text = (ROOT / "chaos_ext/commands/__init__.py").read_text(encoding="utf-8")
    for word in re.findall(r"^(\w+) = OnUse\(\"\1\"", text, re.MULTILINE):
        command = importlib.import_module(f"chaos_ext.commands.{word}").command
        found[word] = command
        for name, each in getattr(command, "commands", {}).items():
            found[f"{word} {name}"] = each
    return found
