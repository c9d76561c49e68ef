"""Whether clocks can be set wrong on this machine, and by what: for `chaos doctor`."""

from __future__ import annotations

from chaos_ext.errors import BinaryMissing
from chaos_ext.lab import clocks
from chaos_ext.lab.doctor import Finding


def checks() -> list[Finding]:
    """One finding: it is either possible or not."""
    try:
        found = f"by {clocks.library()}, in labs that are started under it"
    except BinaryMissing as error:
        return [Finding("clocks", works=False, found=str(error), remedy=clocks.REMEDY)]
    return [Finding("clocks", works=True, found=found)]
