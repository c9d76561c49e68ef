"""Every answer of Toxiproxy's API, as a real Toxiproxy 2.12.0 gave it, byte for byte.

`toxiproxy_answers.jsonl` has a line for each request: the scene it belongs to, what was asked, and
the status, the headers that matter, whether there was a request id, and the body that came back.
BUSY stands for a port that is taken, PORT for one that the kernel chose.
"""

import json
import re
import socket
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import pytest

from .serving import NO_REAL, REAL, Served

RECORDED = Path(__file__).with_name("toxiproxy_answers.jsonl")
HEADERS = ("Content-Type", "X-Content-Type-Options", "Location")
LINES = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
SCENES = {name: list(lines) for name, lines in groupby(LINES, key=lambda line: line[0])}
CHOSEN_PORT = re.compile(r'("listen":"[^"]*):\d{5}"')


@pytest.fixture(scope="module", params=["ours", "real"])
def server(request, tmp_path_factory):
    real = request.param == "real"
    if real and not REAL:
        pytest.skip(NO_REAL)
    served = Served(tmp_path_factory.mktemp("api"), real=real)
    yield served
    served.close()


@pytest.fixture(scope="module")
def taken():
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.fixture
def empty(server):
    """A server without proxies."""
    for name in server.ask("GET", "/proxies").json:
        server.ask("DELETE", f"/proxies/{quote(name, safe='')}")
    return server


@pytest.mark.parametrize("scene", SCENES)
def test_api_answers_as_toxiproxy_did(empty, taken, scene):
    expected = [line[1:] for line in SCENES[scene]]

    given = []
    for (method, path, body, *agent), *_ in expected:
        said = body if body is None else body.replace("BUSY", taken)
        told = empty.ask(method, path, said, *agent)
        text = told.text.replace(f":{taken}", ":BUSY").replace('"git"', '"2.12.0"')
        headers = {name: told.headers[name] for name in HEADERS if name in told.headers}
        identified = len(told.headers.get("X-Toxiproxy-Request-Id", "")) == 20
        answer = [told.status, headers, identified, CHOSEN_PORT.sub(r'\1:PORT"', text)]
        given.append([[method, path, body, *agent], *answer])

    assert given == expected


def test_recording_is_whole():
    assert len(LINES) > 250
    assert len(SCENES) == len({line[0] for line in LINES}), "a scene is in one piece"
