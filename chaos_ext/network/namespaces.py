"""Sockets of another network namespace, made by a thread that visits it and ends there."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chaos_ext.errors import BadArgument

if TYPE_CHECKING:
    from collections.abc import Callable

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
Made = TypeVar("Made")


def made_in(netns: str, make: Callable[[], Made]) -> Made:
    """What *make* makes in *netns*: a path, the pid of a process in it, or empty for our own.

    A socket stays in the namespace it was made in, whoever uses it later.
    """
    if not netns:
        return make()
    made: list[Made] = []
    failed: list[BaseException] = []

    def visit() -> None:
        try:
            _enter(_path(netns))
            made.append(make())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits for it
            failed.append(error)

    visitor = threading.Thread(target=visit, name=f"in {netns}")
    visitor.start()
    visitor.join()
    if failed:
        raise failed[0]
    return made[0]


def _path(netns: str) -> Path:
    return Path(f"/proc/{netns}/ns/net" if netns.isdigit() else netns)


def _enter(path: Path) -> None:
    try:
        namespace = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise BadArgument(f"{path} is no network namespace: {error.strerror}") from error
    try:
        if _libc.setns(namespace, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, f"{path} cannot be entered: {os.strerror(number)}")
    finally:
        os.close(namespace)
