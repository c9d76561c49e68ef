"""A server of Toxiproxy's API for one test or one module: ours, or the real one to compare with."""

import http.client
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

from chaos_ext import world

PATIENCE_S = 20.0
REAL = os.environ.get("CHAOS_TOXIPROXY", "")
NO_REAL = "no CHAOS_TOXIPROXY: name a toxiproxy-server 2.12.0 to compare with"
LINE = re.compile(r"serving at http://(\S+):(\d+) with (\d+)")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Served:
    """One process that serves the API; *real* is Toxiproxy itself."""

    def __init__(self, folder, *flags, real=False):
        self.log = Path(folder) / "log"
        self.host, self.port = "127.0.0.1", free_port() if real else 0
        program = [REAL] if real else [sys.executable, "-m", "chaos_ext.proxy"]
        argv = [*program, "-host", self.host, "-port", str(self.port), *flags]
        self.process = world.start_process(argv, log=self.log, dies_with_us=True)
        assert world.wait_until(self._ready, PATIENCE_S), self.log.read_text()

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        if not self.port:
            said = LINE.search(self.log.read_text())
            self.port = int(said[2]) if said else 0
        try:
            return bool(self.port) and self.ask("GET", "/version").status == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def ask(self, method, path, body=None, agent=None):
        """One request on a connection of its own."""
        client = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body))
        client.putrequest(method, path, skip_accept_encoding=True)
        if agent is not None:
            client.putheader("User-Agent", agent)
        if data is not None:
            client.putheader("Content-Length", str(len(data.encode())))
        client.endheaders(None if data is None else data.encode())
        return Told(client)

    def raw(self, data, quiet_s=0.5):
        """What comes back for these bytes, until the server closes or is quiet."""
        with socket.create_connection((self.host, self.port), timeout=PATIENCE_S) as client:
            client.sendall(data)
            client.settimeout(quiet_s)
            got = b""
            try:
                while more := client.recv(65536):
                    got += more
            except TimeoutError:
                return got, True
            except ConnectionResetError:
                pass
            return got, False

    def close(self):
        """End it as a user would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


class Told:
    """An answer, read to its end."""

    def __init__(self, client):
        answer = client.getresponse()
        self.status, self.headers = answer.status, dict(answer.getheaders())
        self.text = answer.read().decode()
        client.close()

    @property
    def json(self):
        return json.loads(self.text)


def two_proxies(api):
    """The same server, with proxies `a` and `b` and nothing else."""
    for lease in api.ask("GET", "/chaos/leases").json:
        api.ask("DELETE", f"/chaos/leases/{lease}")
    for name in api.ask("GET", "/proxies").json:
        api.ask("DELETE", f"/proxies/{name}")
    for name in ("a", "b"):
        said = {"name": name, "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}
        assert api.ask("POST", "/proxies", said).status == 201
    return api


def put(api, lease, *faults, for_s=60, **others):
    said = {"for_s": for_s, "faults": list(faults), **others}
    return api.ask("PUT", f"/chaos/leases/{lease}", said)


def state(api):
    """Everything that a lease could have changed."""
    told = api.ask("GET", "/chaos/proxies").json
    return {
        name: (each["enabled"], each["held_down_by"], each["toxics"])
        for name, each in told.items()
    }


def accepts(api, proxy):
    host, port = api.ask("GET", f"/proxies/{proxy}").json["listen"].split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def gone(api, lease):
    return world.wait_until(
        lambda: api.ask("GET", f"/chaos/leases/{lease}").status == 404, PATIENCE_S
    )
