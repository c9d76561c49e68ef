"""Every word of the command line helps, shows an example, and talks JSON to scripts."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from click.testing import CliRunner

# the host's own options; words with words of their own
TALKS_TO_PEOPLE = ("run", "lab", "proxy")


def test_words_are_what_the_host_is_told(commands):
    told = {each.name: each.value for each in entry_points(group="chaostoolkit.cli_plugins")}

    ours = {word for word in commands if " " not in word}
    assert {name for name, value in told.items() if value.startswith("chaos_ext.")} == ours
    assert [name for name in ours if told[name] != f"chaos_ext.commands:{name}"] == []


def test_words_help_with_an_example(commands):
    silent = [
        words
        for words, command in commands.items()
        if f"Example: chaos {words}"
        not in CliRunner().invoke(command, ["--help"], catch_exceptions=False).output
    ]

    assert len(commands) > 10
    assert silent == []


def test_words_talk_json_to_scripts(commands):
    silent = [
        words
        for words, command in commands.items()
        if words not in TALKS_TO_PEOPLE
        and "--json" not in [name for each in command.params for name in each.opts]
    ]

    assert silent == []


@pytest.mark.parametrize(
    ("words", "nothing"),
    [
        ("faults", []),
        ("lab status", []),
        ("lab down", {"down": [], "left": []}),
        ("heal", {"healed": [], "left": []}),
        ("abort", {"aborted": [], "left": []}),
    ],
)
def test_words_answer_valid_json_when_there_is_nothing(commands, words, nothing):
    told = CliRunner().invoke(commands[words], ["--json"])

    assert told.exit_code == 0
    assert json.loads(told.stdout) == nothing


@pytest.mark.parametrize("words", [["--help"], ["verdict", "--help"], ["lab", "up", "--help"]])
def test_words_help_without_a_ledger(words, state):
    argv = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]

    told = subprocess.run([*argv, *words], capture_output=True, check=False)

    assert told.returncode == 0
    assert not state.exists()
