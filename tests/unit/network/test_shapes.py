"""The algebra of partitions: what each shape promises, for any number of nodes."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chaos_ext.errors import BadArgument
from chaos_ext.network import shapes

NAMES = [f"{kind}-{n}" for kind in ("redis", "sentinel", "proxy") for n in range(1, 6)]
nodes = st.sets(st.sampled_from(NAMES), min_size=4, max_size=12)
groups = st.lists(
    st.sets(st.sampled_from(NAMES), min_size=1, max_size=5), min_size=2, max_size=4
)


def seen_by(node, names, cuts):
    """Whom *node* hears and is heard by, itself included."""
    return {other for other in names if (node, other) not in cuts and (other, node) not in cuts}


@given(nodes, st.sampled_from(shapes.SHAPES), st.data())
def test_every_shape_cuts_both_ways_and_nobody_from_itself(names, shape, data):
    node = data.draw(st.sampled_from(sorted(names)))

    cuts = shapes.shaped(shape, node, names)

    assert cuts
    assert {(b, a) for a, b in cuts} == cuts
    assert all(a != b and {a, b} <= names for a, b in cuts)


@given(nodes, st.data())
def test_isolated_node_sees_itself_alone_and_the_others_see_each_other(names, data):
    node = data.draw(st.sampled_from(sorted(names)))

    cuts = shapes.isolate(node, names)

    assert seen_by(node, names, cuts) == {node}
    assert all(seen_by(other, names, cuts) == names - {node} for other in names - {node})


@given(nodes, st.data())
def test_halves_are_two_sides_with_the_node_on_the_smaller(names, data):
    node = data.draw(st.sampled_from(sorted(names)))

    cuts = shapes.halves(names, node)

    mine = seen_by(node, names, cuts)
    assert mine == shapes.split(names, node)[0]
    assert len(mine) <= len(names) / 2
    assert all(seen_by(a, names, cuts) == (mine if a in mine else names - mine) for a in names)


def test_halves_spread_every_kind_over_both_sides():
    names = [f"{kind}-{n}" for kind in ("redis", "sentinel") for n in (1, 2, 3)]

    smaller, larger = shapes.split(names, "redis-3")

    assert smaller == {"redis-3", "sentinel-1"}
    assert larger == {"redis-1", "redis-2", "sentinel-2", "sentinel-3"}


@given(nodes, st.data())
def test_bridge_sees_everybody_and_is_the_only_one(names, data):
    node = data.draw(st.sampled_from(sorted(names)))

    cuts = shapes.bridge(names, node)

    assert seen_by(node, names, cuts) == names
    sides = {frozenset(seen_by(other, names, cuts) - {node}) for other in names - {node}}
    assert len(sides) == 2
    assert frozenset.union(*sides) == names - {node}
    assert not frozenset.intersection(*sides)


@given(nodes)
def test_ring_shows_each_a_majority_and_none_the_same(names):
    cuts = shapes.ring(names)

    seen = [frozenset(seen_by(node, names, cuts)) for node in names]
    assert all(len(names) > len(each) > len(names) // 2 for each in seen)
    assert len(set(seen)) == len(names)


@given(groups)
def test_groups_cut_exactly_those_that_have_none_in_common(sides):
    everybody = set().union(*sides)
    assume(not any(side == everybody for side in sides))
    wanted = {
        (a, b)
        for a in everybody
        for b in everybody
        if a != b and not any({a, b} <= side for side in sides)
    }
    assume(wanted)

    cuts = shapes.between(sides)

    assert cuts == wanted


@given(nodes, st.sampled_from(shapes.WITH_SIDES), st.data())
def test_one_way_is_half_of_the_cuts_and_silences_the_node(names, shape, data):
    node = data.draw(st.sampled_from(sorted(names)))
    both = shapes.wanted(node, names, (), shape, one_way=False)

    cuts = shapes.wanted(node, names, (), shape, one_way=True)

    assert cuts | {(b, a) for a, b in cuts} == both
    assert len(cuts) * 2 == len(both)
    assert any(a == node for a, _ in cuts)
    assert not any(b == node for _, b in cuts)


def test_one_way_silences_the_first_group():
    cuts = shapes.wanted("a", "abc", [{"b"}, {"a", "c"}], "isolate", one_way=True)

    assert cuts == {("b", "a"), ("b", "c")}


@pytest.mark.parametrize(
    ("groups", "shape", "one_way", "said"),
    [
        ((), "isolat", False, "no shape 'isolat' (did you mean isolate?)"),
        ((), "ring", False, "a ring needs 4 nodes, here are 3; three make a bridge"),
        ((), "bridge", True, "one_way: bridge has no side to silence; use isolate or halves"),
        ([{"a"}], "isolate", False, "a partition is between two groups of names, or more"),
        ([{"a"}, {"a"}], "isolate", False, "nobody would be cut off: the groups are a and a"),
        (
            [{"b"}, {"a", "b"}, {"b", "c"}],
            "halves",
            True,
            "one_way: b would still be heard by all",
        ),
    ],
)
def test_partition_that_makes_no_sense_is_refused(groups, shape, one_way, said):
    with pytest.raises(BadArgument) as refused:
        shapes.wanted("a", "abc", groups, shape, one_way)

    assert str(refused.value) == said


@pytest.mark.parametrize("shape", ["isolate", "halves", "bridge", "ring"])
def test_node_without_peers_is_refused(shape):
    with pytest.raises(BadArgument, match=r"nobody to be cut off from|here are 1"):
        shapes.shaped(shape, "a", ["a"])
