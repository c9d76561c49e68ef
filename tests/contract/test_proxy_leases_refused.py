"""What is wrong with a lease is said in one line, and nothing of it is done."""

import pytest

from .serving import Served, state, two_proxies

LATENCY = {"proxy": "a", "do": "toxic", "type": "latency", "stream": "both"}


@pytest.fixture(scope="module")
def proxies(tmp_path_factory):
    served = Served(tmp_path_factory.mktemp("api"))
    yield two_proxies(served)
    served.close()


@pytest.mark.parametrize(
    ("lease", "body", "told"),
    [
        ("x", "", "no JSON"),
        ("x", "[]", "must be a JSON object"),
        ("x", '{"for_s": 1, "for_s": 2}', "'for_s' is there twice"),
        ("x", '{"for_s": NaN}', "NaN is no number"),
        ("x", "[" * 100_000, "nested too deeply"),
        ("x", {"faults": [LATENCY]}, "for_s is missing"),
        ("x", {"for_s": 0, "faults": [LATENCY]}, "for_s must be a number above 0"),
        ("x", {"for_s": 86_401, "faults": [LATENCY]}, "to 86400"),
        ("x", '{"for_s": 1e999, "faults": []}', "for_s must be a number"),
        ("x", {"for_s": "1", "faults": [LATENCY]}, "for_s must be a number"),
        ("x", {"for_s": 1, "faults": []}, "faults is empty"),
        ("x", {"for_s": 1, "fault": [LATENCY]}, "did you mean faults?"),
        ("x", {"for_s": 1, "faults": [5]}, "faults[0] must be a mapping"),
        ("x", {"for_s": 1, "faults": [{"proxy": "a", "do": "toxik"}]}, "did you mean toxic?"),
        ("x", {"for_s": 1, "faults": [{**LATENCY, "proxy": "aa"}]}, "did you mean a?"),
        (
            "x",
            {"for_s": 1, "faults": [{**LATENCY, "type": "latenci"}]},
            "did you mean latency?",
        ),
        ("x", {"for_s": 1, "faults": [{**LATENCY, "stream": "down"}]}, "stream"),
        ("x", {"for_s": 1, "faults": [{**LATENCY, "toxicity": 2}]}, "toxicity must be"),
        ("x", {"for_s": 1, "faults": [{**LATENCY, "sources": ["nowhere"]}]}, "no address"),
        ("x", {"for_s": 1, "faults": [{**LATENCY, "attributes": {"delay": 1}}]}, "delay"),
        (
            "x",
            {"for_s": 1, "faults": [{"proxy": "a", "do": "flap", "up_ms": 0, "down_ms": 1}]},
            "up_ms",
        ),
        ("x", {"for_s": 1, "faults": [LATENCY], "owner": {"pid": "x"}}, "owner.pid"),
        ("a b", {"for_s": 1, "faults": [LATENCY]}, "a lease is named by"),
    ],
)
def test_wrong_lease_is_refused_in_one_line_and_nothing_is_done(proxies, lease, body, told):
    before = state(proxies)

    answer = proxies.ask("PUT", f"/chaos/leases/{lease.replace(' ', '%20')}", body)

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert told in answer.json["error"]
    assert answer.json["status"] == 400
    assert "\n" not in answer.json["error"]
    assert state(proxies) == before
