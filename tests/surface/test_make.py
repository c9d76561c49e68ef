"""The words of make: few, told by make itself, and the same that the documents and CI use."""

import re
import subprocess
from pathlib import Path

import pytest

TARGETS_MAX = 10


@pytest.fixture
def listed(root):
    """What `make` alone prints: each word and its line."""
    told = subprocess.run(
        ["make", "--no-print-directory"], cwd=root, capture_output=True, check=True, text=True
    )
    rows = [re.fullmatch(r"make (\w+) +(.+)", line) for line in told.stdout.splitlines()]
    return {row[1]: row[2] for row in rows}


def test_make_alone_tells_every_target(root, listed):
    text = (root / "Makefile").read_text(encoding="utf-8")

    phony = set(re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)[1].split())

    assert phony - {"help"} == set(listed)
    assert len(listed) <= TARGETS_MAX


def test_make_never_asks_the_internet_for_a_newer_host(root):
    text = (root / "Makefile").read_text(encoding="utf-8")

    calls = [line for line in text.splitlines() if "/chaos " in line]

    assert calls
    assert [line for line in calls if "--no-version-check" not in line] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "tests/README.md", ".ci/run"])
def test_documents_and_ci_use_targets_that_exist(root, listed, page):
    used = re.findall(
        r"(?:^|`|\.\.\. )make (?:--no-print-directory )?([a-z]+)",
        (root / page).read_text(),
        re.MULTILINE,
    )

    assert used
    assert set(used) - set(listed) == set()


def test_readme_shows_every_word(root, commands):
    text = (root / "README.md").read_text(encoding="utf-8")

    words = {name.split(" ")[0] for name in commands}

    assert [word for word in words if f"`chaos {word}" not in text] == []


@pytest.mark.parametrize("script", ["run", "matrix"])
def test_scripts_stop_at_the_first_error(root, script):
    path = Path(root / ".ci" / script)

    told = subprocess.run(["bash", "-n", path], capture_output=True, check=False, text=True)

    assert told.returncode == 0, told.stderr
    assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o111
