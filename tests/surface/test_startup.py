"""What is imported when nobody needs it yet: it would slow every `chaos` down."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "pyarrow",
    "numpy",
    "redis",
    "locust",
    "gevent",
    "jinja2",
    "rich",
    "psutil",
    "httpx",
    "uvloop",
    "dns",
)


def imported(statements):
    """The modules that are loaded after *statements*, in a fresh interpreter."""
    code = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    return json.loads(told.stdout.splitlines()[-1])


def test_chaos_loads_nothing_heavy_of_ours_to_tell_its_version():
    with_us = imported(
        "import sys; sys.argv = ['chaos', '--version']\n"
        "from chaostoolkit.cli import cli\n"
        "try: cli()\nexcept SystemExit: pass"
    )

    ours = [name for name in with_us if name.startswith("chaos_ext")]
    assert ours == ["chaos_ext", "chaos_ext.commands"]
    assert [name for name in HEAVY if name in with_us] == []


def test_control_loads_nothing_heavy():
    loaded = imported("import chaos_ext.control")

    assert "chaos_ext.conductor.conductor" in loaded
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize(
    "face",
    [
        "process.actions",
        "process.probes",
        "redis.probes",
        "resource.actions",
        "resource.probes",
    ],
)
def test_faces_load_no_driver_before_it_is_used(face):
    loaded = imported(f"import chaos_ext.{face}")

    assert f"chaos_ext.{face}" in loaded
    assert [name for name in HEAVY if name in loaded] == []
