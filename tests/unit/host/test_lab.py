"""Workers get the limits and the leaks that the settings say, and an address each."""

from pathlib import Path

import pytest

from chaos_ext.environment import systems
from chaos_ext.errors import UnknownTarget
from chaos_ext.host import lab as host
from chaos_ext.host import roles
from chaos_ext.lab.model import Lab

SETTINGS = {**systems.defaults()["host"], "workers": 2, "leak_kb_per_s": 9}


@pytest.fixture
def lab(tmp_path):
    nodes = tuple(host.nodes(SETTINGS, "127.70.1"))
    return Lab("host-1a2b3c", "host", "run", tmp_path, "python", nodes, SETTINGS)


def test_nodes_are_all_alike_and_apart():
    found = host.nodes(SETTINGS, "127.70.1")

    assert [(node.name, node.bind[0]) for node in found] == [
        ("host-1", "127.70.1.1"), ("host-2", "127.70.1.2"),
    ]  # fmt: skip


def test_specs_say_to_each_worker_what_it_may_have(lab):
    ((first, second),) = host.specs(lab)

    words = first[1]["argv"]
    said = dict(zip(words[3::2], words[4::2], strict=True))
    assert said["--listen"] == "127.70.1.1:17080"
    assert (said["--memory-mb"], said["--leak-kb-per-s"]) == ("64", "9")
    assert Path(second[1]["cwd"]).is_dir()


def test_problem_names_who_does_not_answer(lab):
    assert host.problem(lab, 0) == "host-1 does not answer"


def test_resolve_knows_names_and_no_roles(lab):
    assert roles.resolve(lab, "host-2").name == "host-2"
    with pytest.raises(UnknownTarget, match="no worker 'host-3' in the host lab"):
        roles.resolve(lab, "host-3")
