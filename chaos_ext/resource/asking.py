"""Looks at one server at once, by the same means as the sampler; behind the probes."""

from __future__ import annotations

import importlib
import math
import select
from typing import TYPE_CHECKING

from chaos_ext import world
from chaos_ext.errors import BadArgument, TargetGone, TargetUnreachable
from chaos_ext.lease import session
from chaos_ext.resource.allowance import Groups
from chaos_ext.resource.question import Question, words
from chaos_ext.resource.vitals import Look, Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

ANSWER_S_MAX = 1.0
OVER_S_MIN, OVER_S_MAX = 0.1, 60.0  # shorter tells nothing of periods that last 0.1 s
_INSIDE = ("memory", "connections")  # what only the server itself may know


def now(kind: str, target: str) -> float:
    """How full *kind* of *target* is; TargetUnreachable where nobody knows."""
    from chaos_ext.history import usage  # noqa: PLC0415 - numpy is loaded on use

    groups = Groups()
    try:
        process = _process(kind, target)
        look = process.look(groups, 0)
        process.close()
    finally:
        groups.close()
    inside = _inside(kind, target) if kind in _INSIDE else {}
    ratio = usage.at_once(_rows(kind, target, look, inside))[kind]
    return _known(kind, target, float(ratio[0]))


def over(kind: str, target: str, over_s: float) -> float:
    """How much of *kind* the target takes within *over_s*; TargetUnreachable where nobody knows."""
    from chaos_ext.history import usage  # noqa: PLC0415

    if not OVER_S_MIN <= over_s <= OVER_S_MAX:
        raise BadArgument(
            f"resource.{kind}_ratio: over_s is {over_s}: use {OVER_S_MIN:g} to {OVER_S_MAX:g}"
        )
    groups = Groups()
    try:
        process = _process(kind, target)
        before = _rows(kind, target, process.look(groups, 0), {})
        world.sleep(over_s)
        groups.begin(anew=False)
        after = _rows(kind, target, process.look(groups, 0), {})
        process.close()
    finally:
        groups.close()
    between = {"cpu": usage.cpu_between, "throttled": usage.throttled_between}[kind]
    return _known(kind, target, float(between(before, after)[0]))


def _process(kind: str, target: str) -> Process:
    current = session.current(f"resource.{kind}_ratio")
    who = current.node(target)
    if not who.pid:
        raise TargetGone(f"resource.{kind}_ratio: {target} has no process here; attach it")
    return Process(who, str(current.path(target).get("folder") or ""))


def _inside(kind: str, target: str) -> Mapping[str, int]:
    """What the server says of itself; nothing where it does not answer."""
    way = session.current(f"resource.{kind}_ratio").path(target)
    spoken = words(str(way["system"]))
    if spoken is None:
        return {}
    host, port = way["bind"]
    question = Question(spoken, (host, port), login(str(way["system"]), (host, port)))
    poll = select.poll()
    told: Mapping[str, int] = {}
    try:
        question.ask()
        until_ns = world.monotonic_ns() + int(ANSWER_S_MAX * 1e9)
        while (
            not told and question.fd >= 0 and (left_ns := until_ns - world.monotonic_ns()) > 0
        ):
            poll.register(question.fd, select.POLLIN)
            poll.poll(left_ns / 1e6)
            told = question.answered()
    finally:
        question.close()
    return told


def login(system: str, address: tuple[str, int]) -> tuple[str, ...]:
    """What a connection to a server of *system* has to say first; nothing where no login is known."""
    try:
        client = importlib.import_module(f"chaos_ext.{system}.client")
    except ModuleNotFoundError:  # a system without passwords
        return ()
    known = client.credentials(address) if hasattr(client, "credentials") else {}
    return tuple(known[part] for part in ("username", "password") if part in known)


def _rows(
    kind: str, target: str, look: Look | None, inside: Mapping[str, int]
) -> NDArray[np.void]:
    import numpy as np  # noqa: PLC0415

    from chaos_ext.history.rows import LOOK  # noqa: PLC0415

    if look is None:
        raise TargetGone(f"resource.{kind}_ratio: the process of {target} has just ended")
    return np.frombuffer(look.packed(target.encode(), inside), dtype=LOOK)


def _known(kind: str, target: str, ratio: float) -> float:
    if math.isnan(ratio):
        raise TargetUnreachable(
            f"resource.{kind}_ratio: {target} has no limit of it that is known,"
            " or does not tell what it uses; give it one, or ask another target"
        )
    return ratio
