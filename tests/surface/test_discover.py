"""What the host lists of us: a real `chaos discover`, whose exit code says nothing."""

import inspect
import json
import subprocess
import sys

import pytest

from chaos_ext import __version__, control

KINDS = {"actions": "action", "probes": "probe", "control": "control"}
JSON_NAMES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "mapping",
    list: "list",
}


@pytest.fixture(scope="module")
def discovered(tmp_path_factory):
    """The host's listing, as it writes it."""
    folder = tmp_path_factory.mktemp("discover")
    argv = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]
    told = subprocess.run(
        [*argv, "discover", "--no-install", "chaos_ext"],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    )
    written = folder / "discovery.json"
    assert written.exists(), told.stderr or told.stdout
    return json.loads(written.read_text(encoding="utf-8"))


def test_discover_lists_every_activity_and_no_other(discovered, public_modules):
    listed = {(each["mod"], each["name"]) for each in discovered["activities"]}

    ours = {(name, each) for name, module in public_modules.items() for each in module.__all__}

    assert listed == ours | {("chaos_ext.control", each) for each in control.__all__}


def test_discover_lists_each_activity_once_as_what_it_is(discovered):
    listed = [(each["mod"], each["name"], each["type"]) for each in discovered["activities"]]

    assert len(listed) == len(set(listed))
    for module, _, kind in listed:
        assert kind == KINDS[module.rpartition(".")[2]]


def test_discover_lists_the_type_of_every_argument(discovered, public_modules):
    for each in discovered["activities"]:
        if each["type"] == "control":
            continue
        function = getattr(public_modules[each["mod"]], each["name"])
        expected = {
            name: JSON_NAMES[parameter.annotation]
            for name, parameter in inspect.signature(function).parameters.items()
        }

        assert {a["name"]: a["type"] for a in each["arguments"]} == expected


def test_discover_tells_the_version(discovered):
    told = discovered["extension"]

    assert told == {"name": "chaos_ext", "version": __version__}
    assert discovered["target"] == "python"
