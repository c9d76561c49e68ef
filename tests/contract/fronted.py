"""What tests of proxied links are made of: a real proxy process, and small servers behind it."""

import json
import socketserver
import sys
import threading
from contextlib import contextmanager

from chaos_ext import world

from .packets import address

ALIVE = {"send": "PING\r\n", "expect": "+PONG"}
API = 15  # last of our addresses
FRONT = 5  # a node at address n is told to others as n + 5


class Pong(socketserver.BaseRequestHandler):
    """Answers every line with +PONG."""

    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(b"+PONG\r\n" * data.count(b"\n"))


class Threaded(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def serving(config, folder):
    """The URL of a proxy process with *config*; it is ended afterwards."""
    (folder / "proxies.json").write_text(json.dumps(config))
    argv = [sys.executable, "-m", "chaos_ext.proxy", "-host", address(API), "-port", "0"]
    child = world.start_process([*argv, "-config", folder / "proxies.json"], pipes=True)
    try:
        said = child.stdout.readline().decode()
        assert said.startswith("serving at "), said
        yield said.split()[2]
    finally:
        child.terminate()
        child.communicate()


@contextmanager
def fronted(folder, count=3):
    """The ways to toy-1 and so on: servers that answer, each with a proxy in front."""
    servers = [Threaded((address(n), 0), Pong) for n in range(1, count + 1)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    binds = [server.server_address for server in servers]
    proxies = [
        {
            "name": f"toy-{n}",
            "listen": f"{address(n + FRONT)}:{port}",
            "upstream": f"{host}:{port}",
        }
        for n, (host, port) in enumerate(binds, 1)
    ]
    try:
        with serving(proxies, folder) as url:
            yield {
                f"toy-{n}": {
                    "node": f"toy-{n}", "system": "toy", "lab": "toy", "bind": [host, port],
                    "service": [address(n + FRONT), port], "alive": ALIVE,
                    "proxy": {"url": url, "name": f"toy-{n}"}, "resolver": None,
                }
                for n, (host, port) in enumerate(binds, 1)
            }  # fmt: skip
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
