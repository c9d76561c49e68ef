"""Partitions as sets: who must not reach whom, for each shape that a broken network takes.

A cut is a pair (from, to): what *from* sends does not arrive at *to*. Every shape cuts both ways;
`silenced` keeps one direction.
"""

from __future__ import annotations

import re
from itertools import permutations, product
from typing import TYPE_CHECKING

from chaos_ext.errors import BadArgument
from chaos_ext.words import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Cuts = frozenset[tuple[str, str]]
SHAPES = ("isolate", "halves", "bridge", "ring")
WITH_SIDES = SHAPES[:2]  # one side can be silenced there
_NUMBER = re.compile(r"[-_]?\d+$")
_BRIDGED_MIN, _RING_MIN = 3, 4


def wanted(
    node: str,
    nodes: Collection[str],
    groups: Sequence[Collection[str]],
    shape: str,
    one_way: bool,
) -> Cuts:
    """The cuts between *groups*, or of *shape* around *node* among *nodes*.

    With *one_way* the first group, or the side of *node*, still hears and is not heard.
    """
    cuts = between(groups) if groups else shaped(shape, node, nodes)
    if not one_way:
        return cuts
    if not groups:
        _has_sides(shape)
    side = groups[0] if groups else {node} if shape == "isolate" else split(nodes, node)[0]
    return silenced(cuts, side)


def possible(groups: Sequence[Collection[str]], shape: str, one_way: bool) -> None:
    """Refuse what no nodes could make possible, before anybody knows which there are."""
    if groups:
        wanted("", (), groups, shape, one_way)
    elif one_way:
        _has_sides(shape)


def _has_sides(shape: str) -> None:
    if shape not in WITH_SIDES:
        raise BadArgument(f"one_way: {shape} has no side to silence; use isolate or halves")


def shaped(shape: str, node: str, nodes: Collection[str]) -> Cuts:
    """The cuts of a *shape* with *node* in its special place among all *nodes*."""
    match shape:
        case "isolate":
            return isolate(node, nodes)
        case "halves":
            return halves(nodes, node)
        case "bridge":
            return bridge(nodes, node)
        case "ring":
            return ring(nodes)
    raise BadArgument(f"no shape {shape!r}{nearest(shape, SHAPES)}")


def isolate(node: str, others: Iterable[str]) -> Cuts:
    """*node* on one side, everybody else on the other."""
    rest = set(others) - {node}
    if not rest:
        raise BadArgument(f"{node} has nobody to be cut off from")
    return between(({node}, rest))


def halves(nodes: Collection[str], node: str) -> Cuts:
    """Two sides that do not see each other, *node* on the smaller one."""
    smaller, larger = split(nodes, node)
    if not larger:
        raise BadArgument(f"{node} has nobody to be cut off from")
    return between((smaller, larger))


def split(nodes: Collection[str], node: str) -> tuple[frozenset[str], frozenset[str]]:
    """The smaller side, with *node*, and the larger one.

    Nodes of a kind (redis-1, redis-2) are spread over both: a side with all servers and
    none of their sentinels would be another experiment. Of every kind, and of all together,
    at most half are on the smaller side; *node* is there even when it is the only one.
    """
    kinds: dict[str, list[str]] = {}
    for name in sorted(set(nodes) | {node}, key=lambda name: (name != node, name)):
        kinds.setdefault(_NUMBER.sub("", name), []).append(name)
    halved = [name for kind in kinds.values() for name in kind[: len(kind) // 2]]
    chosen = dict.fromkeys([node, *halved])  # in order, *node* first
    smaller = frozenset(list(chosen)[: max(1, len({*nodes, node}) // 2)])
    return smaller, frozenset(nodes) - smaller


def bridge(nodes: Collection[str], node: str) -> Cuts:
    """Two sides that do not see each other, and *node*, which sees both."""
    others = sorted(set(nodes) - {node})
    if len(others) + 1 < _BRIDGED_MIN:
        raise BadArgument(f"a bridge needs {_BRIDGED_MIN} nodes, here are {len(others) + 1}")
    return halves(others, others[0])


def ring(nodes: Collection[str]) -> Cuts:
    """Each sees its neighbours: a majority with itself, and no two see the same one."""
    order = sorted(set(nodes))
    if len(order) < _RING_MIN:
        raise BadArgument(
            f"a ring needs {_RING_MIN} nodes, here are {len(order)}; three make a bridge"
        )
    seen_each_side = (len(order) // 2 + 1) // 2  # with oneself: a majority, and no more
    return frozenset(
        (order[a], order[b])
        for a, b in permutations(range(len(order)), 2)
        if min((a - b) % len(order), (b - a) % len(order)) > seen_each_side
    )


def between(groups: Sequence[Collection[str]]) -> Cuts:
    """Who has a group in common sees each other; all others are cut."""
    if len(groups) < 2:  # noqa: PLR2004 - it takes two
        raise BadArgument("a partition is between two groups of names, or more")
    sees = {pair for group in groups for pair in product(group, group)}
    cuts = frozenset(permutations({name for group in groups for name in group}, 2)) - sees
    if not cuts:
        told = " and ".join(", ".join(sorted(group)) or "(nobody)" for group in groups)
        raise BadArgument(f"nobody would be cut off: the groups are {told}")
    return cuts


def silenced(cuts: Cuts, muted: Collection[str]) -> Cuts:
    """Of *cuts*, those that silence the *muted*: they still hear the others."""
    kept = frozenset((a, b) for a, b in cuts if a in muted and b not in muted)
    if not kept:
        raise BadArgument(f"one_way: {', '.join(sorted(muted))} would still be heard by all")
    return kept
