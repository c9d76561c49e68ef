"""A lab is the same again when it is read from the ledger."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.lab import model
from chaos_ext.lab.model import Lab, Node

WORDS = st.text(max_size=12)
ADDRESSES = st.tuples(WORDS, st.integers(1, 65_535))
NODES = st.builds(Node, WORDS, st.sampled_from(["data", "sentinel"]), ADDRESSES, ADDRESSES)
SETTINGS = st.dictionaries(WORDS, st.integers() | st.booleans() | WORDS, max_size=4)
LABS = st.builds(
    Lab, WORDS, WORDS, st.sampled_from(["run", "standing"]), WORDS.map(Path), WORDS,
    st.lists(NODES, max_size=3).map(tuple), SETTINGS,
)  # fmt: skip
ONE = Lab(
    "redis-1", "redis", "run", Path("folder"), "server",
    (Node("a", "data", ("h", 1), ("h", 1)), Node("b", "sentinel", ("h", 2), ("h", 2))), {},
)  # fmt: skip


@given(LABS)
def test_lab_is_the_same_when_it_was_written_and_read(lab):
    assert model.from_plan(lab.plan()) == lab


def test_lab_finds_its_nodes_by_name_and_by_part():
    assert ONE.node("b").part == "sentinel"
    assert ONE.node("c") is None
    assert [node.name for node in ONE.of_part("data")] == ["a"]
    assert ONE.key("a") == "redis-1/a"
