"""When sentinels stop to act because their clock has jumped (TILT), set otherwise for a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos_ext.errors import NotAllowed, TargetUnreachable
from chaos_ext.redis.plain import Plain, facts

if TYPE_CHECKING:
    from chaos_ext.lab.model import Lab, Node

# as the lab says it, and as the sentinels do; one that is started again has its own once more
_WORDS = {"tilt_trigger_ms": "TILT-TRIGGER", "tilt_period_ms": "TILT-PERIOD"}
_ANSWER_S_MAX = 1.0


def problem(lab: Lab) -> str:
    """Why the sentinels are not as the lab wants them; they are told, and asked what they have."""
    wanted = {
        word: str(lab.settings[key]) for key, word in _WORDS.items() if lab.settings.get(key)
    }
    for node in lab.of_part("sentinel") if wanted else ():
        if other := _told(node, wanted):
            return f"{node.name}: {other}"
    return ""


def _told(node: Node, wanted: dict[str, str]) -> str:
    with Plain(*node.bind, _ANSWER_S_MAX) as sentinel:
        words = [each for pair in wanted.items() for each in pair]
        try:
            sentinel.must("SENTINEL", "DEBUG", *words)
        except TargetUnreachable as error:
            raise NotAllowed(
                f"{error}; tilt_trigger_ms and tilt_period_ms need SENTINEL DEBUG, which came "
                "with Redis 7"
            ) from error
        has = facts(sentinel.must("SENTINEL", "DEBUG"))
    other = [f"{word} is {has.get(word)}" for word in wanted if has.get(word) != wanted[word]]
    return ", ".join(other)
