"""What tests of leases are made of: small real servers, a guardian, and the ledger of one test."""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from chaos_ext import world
from chaos_ext.errors import TargetGone
from chaos_ext.lease import servers
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import OPEN_STATES, Lease, Ledger, Server

HERE = Path(__file__).parent
PATIENCE_S = 10
ENDS_ITS_GUARDIAN = "lease_faults"
BOOT_OF_OLD = "an-earlier-boot"
# Listens, and serves on for a while when it is asked to end.
LISTENER = """
import os, signal, socket, sys
def bye(*_):
    signal.setitimer(signal.ITIMER_REAL, float(sys.argv[3]) or 1e-6)
signal.signal(signal.SIGTERM, bye)
signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
door = socket.create_server((sys.argv[1], int(sys.argv[2])), reuse_port=False)
if sys.argv[4:]:
    open(sys.argv[4], "w").write(str(os.getpid()))
while True:
    door.accept()[0].close()
"""
# Answers what it was told to, or ends soon when the file of its damage exists.
SPEAKER = """
import os, signal, socket, sys
door = socket.create_server((sys.argv[1], int(sys.argv[2])))
if os.path.exists(sys.argv[4]):
    signal.setitimer(signal.ITIMER_REAL, 0.03)
while True:
    guest = door.accept()[0]
    guest.sendall(sys.argv[3].encode())
    guest.close()
"""
# A runner of its own: it has a fault put in place, says so, and waits for its end.
RUNNER = """
import sys, threading
from pathlib import Path
from chaos_ext.lease.client import Guarded
from chaos_ext.lease.ledger import Ledger
from dataclasses import replace
asked = Ledger().leases("its")[0]
guarded = Guarded("its", lambda message: None, Path(sys.argv[1]))
guarded.inject(replace(asked, id="one"))
print("landed", flush=True)
threading.Event().wait()
"""


class Rig:
    """Servers, guardians and leases of one test; `close` leaves nothing."""

    def __init__(self, folder):
        self.folder = folder
        self.host = f"127.83.{os.getpid() >> 8 & 255}.{os.getpid() & 255 or 1}"
        self.ledger = Ledger()
        self.guardians = []
        self.told = []
        self.lab("toy", owner="standing")

    def lab(self, name, *, owner, run=""):
        """A lab in the ledger, with a folder."""
        folder = self.folder / name
        folder.mkdir()
        self.ledger.change(
            "insert into labs values (?,'toy',?,?,?,'up','{}',?,'')",
            name, owner, str(folder), len(name), run,
        )  # fmt: skip
        return folder

    def spec(self, *words, script=LISTENER, **more):
        with socket.socket() as door:
            door.bind((self.host, 0))
            port = door.getsockname()[1]
        argv = [sys.executable, "-ISc", script, self.host, str(port), *map(str, words or (0,))]
        log = str(self.folder / "log")
        return {"argv": argv, "listen": [self.host, port], "log": log, **more}

    def server(self, name="one", *, lab="toy", lingers_s=0):
        """A server that listens."""
        return self.started(name, self.spec(lingers_s), lab=lab)

    def speaker(self, says, alive=None):
        """A server that says one thing; `damage` makes it end soon whenever it is started."""
        more = {"alive": alive} if alive else {}
        return self.started("one", self.spec(says, self.damage, script=SPEAKER, **more))

    @property
    def damage(self):
        return self.folder / "damage"

    def started(self, name, spec, *, lab="toy"):
        plain = Server(f"{lab}/{name}", lab, name, spec, None)
        started = servers.start(self.ledger, plain, held=False)
        assert world.wait_until(lambda: servers.serving(started), PATIENCE_S)
        return started

    def now(self, server):
        """The server as the ledger knows it now."""
        return self.ledger.server(server.key)

    def guardian(self, run="run"):
        """A guardian of a run whose runner is this test."""
        guarded = Guarded(run, self.told.append, self.folder / f"{run}.log")
        self.guardians.append(guarded)
        return guarded

    def lease(self, server, fault, *, for_s=60, run="run", **settings):
        deadline_ns = world.boottime_ns() + int(for_s * 1e9)
        path = fault if fault == ENDS_ITS_GUARDIAN else f"chaos_ext.process.{fault}"
        return Lease(
            world.token(), run, path, server.node, server.node, server.key, server.identity,
            settings, deadline_ns,
        )  # fmt: skip

    def state(self, lease):
        """What the ledger says of a lease."""
        rows = self.ledger.rows("select state, detail from leases where id = ?", lease.id)
        return tuple(rows[0]) if rows else None

    def open_leases(self):
        return self.ledger.leases(states=OPEN_STATES)

    def heard(self, lease):
        """What the guardian has told of a lease, once it has."""
        mine = [told for told in self.told if told.get("lease") == lease.id]
        return mine[-1] if mine else None

    def kill_guardian(self, guarded):
        os.kill(guarded.pid, 9)
        assert guarded.gone.wait(PATIENCE_S)

    def close(self):
        for guarded in self.guardians:
            with suppress(OSError):
                guarded.goodbye()
        rows = self.ledger.rows("select key from servers")
        servers.stop([self.ledger.server(row["key"]) for row in rows], patience_s=0)
        self.ledger.close()


def still(server):
    """Whether every thread of it stands still."""
    states = server.identity.states()
    return bool(states) and not states.strip("tT")


def of_another_boot(server):
    """The same server, as if the machine had been started anew since."""
    return replace(server, identity=replace(server.identity, boot=BOOT_OF_OLD))


def runs(server):
    """Whether that very process runs and listens."""
    with suppress(TargetGone):
        return servers.serving(server)
    return False
