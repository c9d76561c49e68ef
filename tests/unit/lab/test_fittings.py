"""What a lab is fitted out with is what its faults wish for, and nothing that it has no word for."""

from pathlib import Path

import pytest

from chaos_ext.environment import systems
from chaos_ext.lab import fittings, fronts
from chaos_ext.lab.model import Lab, Node

SERVER = Node("redis-1", "data", ("127.70.1.1", 17379), ("127.70.1.1", 17379))
WATCHER = Node("sentinel-1", "sentinel", ("127.70.1.11", 1), ("127.70.1.11", 1))
PLAIN = {"proxied": False, "disk_mb": 0, "port": 1}


@pytest.mark.parametrize(
    ("wishes", "wanted"),
    [
        ({}, PLAIN),
        ({"proxied": True}, PLAIN | {"proxied": True}),
        ({"disk_mb": 64}, PLAIN | {"disk_mb": 64}),
        ({"own_clock": True}, PLAIN),  # a system that has no such setting
    ],
)
def test_fitted_gives_what_is_wished_for(wishes, wanted):
    assert fittings.fitted(PLAIN, wishes) == wanted


def test_fitted_leaves_what_the_experiment_itself_has_asked_for():
    assert fittings.fitted({"disk_mb": 16}, {"disk_mb": 64}) == {"disk_mb": 16}


def test_every_fitting_is_told_in_words_and_is_a_setting_of_the_lab():
    shipped = systems.defaults()["redis"]

    assert set(fittings.WORDS) <= set(shipped)
    assert fittings.told(shipped) == []
    assert fittings.told({"disk_mb": 64, "proxied": False}) == [fittings.WORDS["disk_mb"]]


def test_helpers_are_those_that_serve_and_data_folders_stand_ready(tmp_path):
    nodes = tuple(fronts.through([SERVER, WATCHER], "127.70.1"))
    lab = Lab("redis-1a2b3c", "redis", "run", tmp_path, "redis-server", nodes, {})

    started = fittings.helpers(lab)

    assert [node.part for node, _ in started] == ["proxy"]
    assert lab.data(SERVER).is_dir()
    assert not lab.data(WATCHER).exists()


def test_way_tells_the_folder_of_a_server_of_ours_that_keeps_data():
    ours = Lab("redis-1a2b3c", "redis", "run", Path("lab"), "", (SERVER, WATCHER), {})
    others = Lab("attached", "redis", "attached", Path(), "", (SERVER,), {})

    assert fittings.way(ours, SERVER)["folder"] == "lab/redis-1/data"
    assert fittings.way(ours, WATCHER)["folder"] == ""
    assert fittings.way(others, SERVER)["folder"] == ""
