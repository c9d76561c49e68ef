"""New words of the `chaos` command; each is imported when it is used, not when `chaos` starts."""

from __future__ import annotations

import importlib
from typing import Any

import click


class OnUse(click.Command):
    """A command whose file is imported when somebody calls it or asks for its help."""

    def __init__(self, word: str, short_help: str) -> None:
        """The word, the file in this folder that has it, and its line in `chaos --help`."""
        super().__init__(word, short_help=short_help)
        self._module = f"chaos_ext.commands.{word}"

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Hand over to the real command."""
        real: click.Command = importlib.import_module(self._module).command
        return real.make_context(info_name, args, parent, **extra)


run = OnUse("run", "Run the experiment loaded from SOURCE, guarded.")
lab = OnUse("lab", "Start, stop and look at real servers on this machine.")
faults = OnUse("faults", "List the faults that are in place.")
heal = OnUse("heal", "Heal everything, also what dead runs left behind.")
abort = OnUse("abort", "Heal first, then end a run.")
doctor = OnUse("doctor", "Say what works on this machine, and what would make the rest work.")
check = OnUse("check", "Check an experiment without starting anything.")
verdict = OnUse("verdict", "Judge a run again from what is on disk.")
proxy = OnUse("proxy", "Serve a proxy that breaks networks, for any client of Toxiproxy.")
prove = OnUse("prove", "Show that an experiment's claims can fail.")
