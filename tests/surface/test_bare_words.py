"""Every word of the command line helps, shows an example, and talks JSON to scripts."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from click.testing import CliRunner

from chaos_ext import commands as folder

TALKS_TO_PEOPLE = ("run", "lab")  # the host's own options; a word with words of its own


def test_words_are_what_the_host_is_told():
    told = {each.name: each.value for each in entry_points(group="chaostoolkit.cli_plugins")}

    ours = {name for name, each in vars(folder).items() if isinstance(each, folder.OnUse)}
    assert {name: f"chaos_ext.commands:{name}" for name in ours}.items() <= told.items()
    assert {n for n, value in told.items() if value.startswith("chaos_ext.")} == ours


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
        if words not in TALKS_TO_PEOPLE and "--json" not in command.params_help()
    ]

    assert silent == []


@pytest.mark.parametrize("words", ["faults", "lab status", "heal", "abort"])
def test_words_answer_valid_json_when_there_is_nothing(commands, words):
    told = CliRunner().invoke(commands[words], ["--json"])

    assert told.exit_code == 0
    assert not any(json.loads(told.stdout) or ())


@pytest.mark.parametrize("words", [["--help"], ["verdict", "--help"], ["lab", "up", "--help"]])
def test_words_help_without_a_ledger(words, state):
    argv = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"]

    told = subprocess.run([*argv, *words], capture_output=True, check=False)

    assert told.returncode == 0
    assert not state.exists()
