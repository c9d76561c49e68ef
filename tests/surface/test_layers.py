"""Who imports whom is what docs/architecture.md draws, for every room there is."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACT = "importlinter:contract:layers"


@pytest.fixture(scope="module")
def layers(root):
    """The rooms, top to bottom; those of one row together."""
    config = configparser.ConfigParser()
    config.read(root / ".importlinter", encoding="utf-8")
    assert config[CONTRACT].getboolean("exhaustive")
    rows = config[CONTRACT]["layers"].strip().splitlines()
    return [tuple(room.strip() for room in row.split("|")) for row in rows]


def test_rooms_import_only_rooms_below_them(root):
    program = Path(sys.executable).with_name("lint-imports")

    told = subprocess.run(
        [program, "--no-cache"], cwd=root, capture_output=True, check=False, text=True
    )

    assert told.returncode == 0, told.stdout
    assert "3 kept, 0 broken" in told.stdout


def test_layers_have_a_place_for_every_room(root, layers):
    rooms = {path.parent.name for path in (root / "chaos_ext").glob("*/__init__.py")}
    rooms |= {path.stem for path in (root / "chaos_ext").glob("*.py")} - {"__init__"}

    assert sorted(room for row in layers for room in row) == sorted(rooms)


def test_layers_stand_in_the_order_that_the_drawing_shows(root, layers):
    table = (
        (root / "docs/architecture.md").read_text(encoding="utf-8").split("\n## The rooms\n")[1]
    )
    drawn = [
        room
        for row in re.findall(r"^\| \w+ \| (.+?) \|", table.split("\n## ")[0], re.MULTILINE)
        for room in re.findall(r"`(\w+)`", row)
    ]

    place = {room: index for index, row in enumerate(layers) for room in row}

    assert sorted(drawn) == sorted(place)
    assert [place[room] for room in drawn] == sorted(place[room] for room in drawn)


def test_machinery_never_names_a_fault_or_a_system(root, layers):
    faces = next(row for row in layers if "redis" in row)
    machinery = ("lease", "lab", "environment", "conductor", "evidence", "verdict")
    named = [
        str(path.relative_to(root))
        for room in machinery
        for path in (root / "chaos_ext" / room).glob("*.py")
        if re.search(
            rf"^\s*(from|import) chaos_ext\.({'|'.join(faces[:2])})\b",
            path.read_text(),
            re.MULTILINE,
        )
    ]

    assert faces[:2] == ("redis", "process")
    assert named == []
