"""Which process a target of the user's own is: by pid file, by listening port, or by unit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import TargetGone, UnknownTarget
from chaos_ext.words import shown

if TYPE_CHECKING:
    import psutil

    from chaos_ext.environment.model import Target

_PATIENCE_S = 5.0


def find(target: Target) -> int:
    """The pid of *target*, alive at this moment; TargetGone or UnknownTarget when there is none."""
    finders = {"pid_file": _of_file, "port": _of_port, "unit": _of_unit}
    for key, finder in finders.items():
        if key in target.attach:
            return _harmless(target.name, finder(target.name, target.attach[key]))
    raise UnknownTarget(
        f"{target.name} has no attach: {{pid_file: | port: | unit:}} to find it by"
    )


def _harmless(name: str, pid: int) -> int:
    import psutil  # noqa: PLC0415 - on use

    family = {1, os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    if pid in family:
        raise UnknownTarget(
            f"{name} is pid {pid}, which this run itself depends on: attach another"
        )
    try:
        if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            return pid
    except psutil.NoSuchProcess:
        pass
    raise TargetGone(f"{name} is pid {pid}, and no such process is running: start it first")


def _of_file(name: str, path: object) -> int:
    try:
        text = Path(str(path)).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        raise TargetGone(f"{name}: no pid file {shown(path)}: is it running?") from None
    except OSError as error:
        raise UnknownTarget(f"{name}: pid file {shown(path)}: {error.strerror}") from None
    pid = text.split("\n")[0].strip()
    if not pid.isascii() or not pid.isdigit() or int(pid) == 0:
        raise UnknownTarget(f"{name}: pid file {shown(path)} holds no pid")
    return int(pid)


def _of_port(name: str, port: object) -> int:
    import psutil  # noqa: PLC0415 - on use

    listening = [
        each
        for each in psutil.net_connections(kind="tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
    ]
    if not listening:
        raise TargetGone(f"{name}: nobody listens on port {port}: is it running?")
    pids = {each.pid for each in listening}
    if None in pids:
        raise UnknownTarget(
            f"{name}: port {port} belongs to another user's process: attach by pid_file or unit"
        )
    return _eldest(name, port, {int(pid) for pid in pids if pid is not None})


def _eldest(name: str, port: object, pids: set[int]) -> int:
    """Workers share their parent's socket, and only one of them is told: the eldest is the server."""
    import psutil  # noqa: PLC0415 - on use

    elders = set()
    for pid in pids:
        try:
            process = psutil.Process(pid)
            parent = process.parent()
            while parent is not None and _listens(parent, port):
                process, parent = parent, parent.parent()
        except psutil.NoSuchProcess:
            continue
        elders.add(process.pid)
    if len(elders) == 1:
        return elders.pop()
    if not elders:
        raise TargetGone(f"{name}: who listened on port {port} has just ended")
    raise UnknownTarget(
        f"{name}: port {port} belongs to {len(elders)} processes: attach by pid_file or unit"
    )


def _listens(process: psutil.Process, port: object) -> bool:
    import psutil  # noqa: PLC0415 - on use

    try:
        sockets = process.net_connections(kind="tcp")
    except (
        psutil.AccessDenied
    ):  # another user's, as the manager that started the server often is
        return False
    return any(
        each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets
    )


def _of_unit(name: str, unit: object) -> int:
    argv = ["systemctl", "show", "-p", "MainPID", "--value", "--", str(unit)]
    try:
        process = world.start_process(argv, pipes=True)
    except FileNotFoundError:
        raise UnknownTarget(
            f"{name}: no systemctl on this machine: attach by pid_file or port"
        ) from None
    with process:
        try:
            output, _ = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise UnknownTarget(
                f"{name}: systemctl gave no answer in {_PATIENCE_S:g} s"
            ) from None
    text = output.decode("ascii", "replace").strip()
    if process.returncode or not text.isdigit():
        raise UnknownTarget(f"{name}: systemctl knows nothing of unit {shown(unit)}")
    if int(text) == 0:
        raise TargetGone(f"{name}: unit {shown(unit)} is not running: systemctl start it first")
    return int(text)
