"""What disk faults this machine permits, and by which means: for `chaos doctor`."""

from __future__ import annotations

import os
from pathlib import Path

from chaos_ext.lab.doctor import Finding
from chaos_ext.passthrough import mounting

_REMEDY = "load the kernel's module fuse; be root, or install fuse3"


def checks() -> list[Finding]:
    """One finding a kind of fault whose means depend on the machine."""
    return [_passed(), _filled()]


def _passed() -> Finding:
    name = "disks slow or failing"
    if not Path(mounting.DEVICE).exists():
        return Finding(name, works=False, found=f"no {mounting.DEVICE}", remedy=_REMEDY)
    by = "ourselves" if os.geteuid() == 0 else mounting.program()
    if not by:
        return Finding(name, works=False, found="only root may mount here", remedy=_REMEDY)
    found = f"by a pass-through in labs that are started with it, mounted by {by}"
    return Finding(name, works=True, found=found)


def _filled() -> Finding:
    by = "small disks in memory" if os.geteuid() == 0 else "a pass-through"
    passed = _passed()
    works = os.geteuid() == 0 or passed.works
    return Finding("disks full", works=works, found=f"by {by}", remedy=passed.remedy)
