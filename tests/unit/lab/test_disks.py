"""Every server that keeps data gets a pass-through of its own, beside its address."""

from chaos_ext.lab import disks, fittings, fronts
from chaos_ext.lab.model import Lab, Node

SERVER = Node("redis-1", "data", ("127.70.1.1", 17379), ("127.70.1.101", 17379))
WATCHER = Node("sentinel-1", "sentinel", ("127.70.1.11", 1), ("127.70.1.11", 1))
SETTINGS = {"passthrough": True, "disk_mb": 0, "proxied": True}


def lab(folder):
    nodes = fittings.all_nodes([SERVER, WATCHER], SETTINGS, "127.70.1")
    return Lab("redis-1a2b3c", "redis", "run", folder, "redis-server", tuple(nodes), SETTINGS)


def test_disks_stand_beside_those_that_keep_data(tmp_path):
    (disk,) = lab(tmp_path).of_part(disks.PART)

    assert disk.name == "redis-1-disk"
    assert disk.bind == disk.service == ("127.70.1.151", 8484)
    assert disk.part in fittings.PARTS


def test_disks_have_no_proxy_before_them(tmp_path):
    made = lab(tmp_path)

    names = {each["name"] for each in fronts._config(made)["proxies"]}

    assert names == {"redis-1", "sentinel-1"}


def test_disk_is_started_over_the_data_with_its_log_outside(tmp_path):
    made = lab(tmp_path)
    (disk,) = made.of_part(disks.PART)

    spec = disks.spec(made, disk)

    folder = str(made.data(made.node("redis-1")))
    assert spec["argv"][-4:] == ["--folder", folder, "--listen", "127.70.1.151:8484"]
    assert not spec["log"].startswith(folder)
    assert spec["listen"] == ["127.70.1.151", 8484]


def test_way_tells_who_serves_the_data(tmp_path):
    made = lab(tmp_path)

    assert fittings.way(made, made.node("redis-1"))["disk"] == {
        "node": "redis-1-disk",
        "address": ["127.70.1.151", 8484],
    }
    assert fittings.way(made, made.node("sentinel-1"))["disk"] is None
