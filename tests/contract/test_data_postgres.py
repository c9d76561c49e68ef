"""A page of a real PostgreSQL cluster is spoiled, found by its own tools, restored, and clean again."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from chaos_ext import world
from chaos_ext.data import systems
from chaos_ext.errors import BadArgument
from chaos_ext.lease import servers, sweep
from chaos_ext.lease.ledger import HEALED

from .leasing import PATIENCE_S, Rig

USER = "postgres"
ROWS = 20_000
BINS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian has it


class Cluster:
    """One cluster with checksums, of a user that is not root, and a table in it."""

    def __init__(self, rig, place):
        self.rig, self.folder = rig, place / "data"
        self.bin = BINS[-1]
        self.whose = () if os.geteuid() else self._as(USER, place)
        plain = ("-D", self.folder, "-A", "trust", "-U", USER, "-N", "--data-checksums")
        self.run("initdb", *plain)
        spec = rig.spec()
        self.host, self.port = spec["listen"]
        options = {
            "listen_addresses": self.host,
            "port": self.port,
            "unix_socket_directories": "",
        }
        words = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        argv = [*self.whose, self.bin / "postgres", "-D", self.folder, *words]
        self.server = rig.started("one", {**spec, "argv": [str(part) for part in argv]})
        assert world.wait_until(lambda: self.said("select 1") == "1", PATIENCE_S)
        self.said(
            f"create table orders as select n, repeat('x', 100) from generate_series(1, {ROWS}) n"
        )
        self.said("create extension amcheck")
        self.table = self.said("select pg_relation_filepath('orders')")

    @staticmethod
    def _as(user, place):
        who = pwd.getpwnam(user)
        os.chown(place, who.pw_uid, who.pw_gid)
        return ("setpriv", f"--reuid={user}", f"--regid={who.pw_gid}", "--clear-groups")

    def run(self, program, *words):
        argv = [*self.whose, str(self.bin / program), *map(str, words)]
        return subprocess.run(argv, check=False, capture_output=True, text=True, cwd="/")

    def said(self, question):
        """What the server answers, or nothing when it fails."""
        plain = ("-h", self.host, "-p", self.port, "-U", USER, "-Atc", question, "postgres")
        return self.run("psql", *plain).stdout.strip()

    def lease(self, **settings):
        path = {
            "node": "one",
            "system": "postgres",
            "owner": "standing",
            "folder": str(self.folder),
        }
        path |= {"program": str(self.bin / "postgres"), "bind": [self.host, self.port]}
        settings = {"paths": {"one": path}, "what": "file", "file": self.table, **settings}
        plain = self.rig.lease(self.rig.now(self.server), "pause")
        return replace(plain, fault="chaos_ext.data.corrupt", settings=settings)

    def examined(self):
        path = {"folder": str(self.folder), "bind": [self.host, self.port], "node": "one"}
        return systems.files("postgres").examine(path, "all")

    def down(self):
        """Have it end, in good order."""
        servers.stop([self.rig.now(self.server)], signum=signal.SIGINT)

    def up(self):
        servers.start(self.rig.ledger, self.rig.now(self.server), held=False)
        assert world.wait_until(lambda: self.said("select 1") == "1", PATIENCE_S)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    if not BINS:
        pytest.skip("needs: PostgreSQL, apt-get install postgresql")
    monkeypatch.setenv("PGUSER", USER)
    rig, place = Rig(tmp_path), Path(tempfile.mkdtemp(dir="/var/tmp", prefix="chaos_ext-"))
    try:
        made = Cluster(rig, place)
        yield made
        made.down()  # one that is killed leaves its shared memory behind
    finally:
        rig.close()
        shutil.rmtree(place)


def owners(folder):
    return {each.lstat().st_uid for each in (folder, *folder.rglob("*"))}


def test_spoiled_page_is_found_by_both_tools_and_is_clean_after_healing(cluster):
    guarded = cluster.rig.guardian()
    assert cluster.examined()[0]
    whose = owners(cluster.folder)

    landed = guarded.inject(cluster.lease())

    assert (landed["bytes_changed"], landed["server"]) == (16, "serves")
    assert world.wait_until(lambda: cluster.said("select 1") == "1", PATIENCE_S)
    assert cluster.said("select count(*) from orders") == ""
    whole, said = cluster.examined()
    assert not whole
    assert "invalid page in block" in said
    cluster.down()
    whole, said = cluster.examined()
    assert not whole
    assert "Bad checksums: 1" in said
    assert guarded.heal("the run ended") == []
    assert world.wait_until(
        lambda: cluster.said("select count(*) from orders") == str(ROWS), PATIENCE_S
    )
    cluster.down()
    assert cluster.examined()[0]
    assert owners(cluster.folder) == whose


def test_cluster_is_clean_again_from_the_ledger_alone(cluster):
    guarded = cluster.rig.guardian()
    lease = cluster.lease(at="beginning")
    guarded.inject(lease)
    cluster.rig.kill_guardian(guarded)

    assert sweep.sweep(cluster.rig.ledger).left == []

    assert world.wait_until(
        lambda: cluster.said("select count(*) from orders") == str(ROWS), PATIENCE_S
    )
    assert cluster.rig.state(lease) == (HEALED, "swept")


@pytest.mark.parametrize("file", ["../outside", "base", "nothing", "/etc/passwd"])
def test_file_that_is_none_of_the_cluster_is_refused(cluster, file):
    (cluster.folder.parent / "outside").touch()

    with pytest.raises(BadArgument, match="is no file inside"):
        cluster.rig.guardian().inject(cluster.lease(file=file))

    assert cluster.said("select count(*) from orders") == str(ROWS)
