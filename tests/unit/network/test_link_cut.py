"""Which proxy falls silent towards whom, for any cut."""

from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.network.link_cut import LinkCut

NODES = ["toy-1", "toy-2", "toy-3", "toy-4"]
WAYS = {
    node: {
        "node": node,
        "bind": [f"127.9.0.{number}", 9],
        "service": [f"127.9.0.{100 + number}", 9],
        "proxy": {"url": "http://127.9.0.250:8474", "name": node},
        "alive": None,
    }
    for number, node in enumerate(NODES, 1)
}
AT = {WAYS[node]["bind"][0]: node for node in NODES}
pairs = st.sampled_from([(a, b) for a in NODES for b in NODES if a != b])


class Target:
    name = node = "toy-1"
    lease_id, deadline_ns = "0a1b", 0


def silenced(node, cuts):
    """Whom the proxy of *node* does not hear, and whom it lets hear nothing."""
    asks = LinkCut(Target(), frozenset(cuts), WAYS)._silences(node, node)
    assert all(each["do"] == "toxic" and each["type"] == "silence" for each in asks)
    assert all(each["proxy"] == node and each["sources"] for each in asks)
    return {each["stream"]: {AT[source] for source in each["sources"]} for each in asks}


@given(st.sets(pairs))
def test_each_cut_silences_both_links_between_two_nodes_in_its_direction(cuts):
    at = {node: silenced(node, cuts) for node in NODES}

    for a, b in [(a, b) for a in NODES for b in NODES if a != b]:
        there = a in at[b].get("upstream", ())  # on connections that a has made to b
        back = b in at[a].get("downstream", ())  # on connections that b has made to a
        assert there == back == ((a, b) in cuts)


def test_proxies_are_asked_nothing_where_nobody_is_cut_off():
    assert silenced("toy-4", {("toy-1", "toy-2")}) == {}
