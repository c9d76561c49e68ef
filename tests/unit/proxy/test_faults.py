"""The faults of a lease are read strictly, and in an order in which they can be done."""

import pytest

from chaos_ext.proxy.faults import Down, Faults, Flap, Made, Toxics

from .fakes import FakeProxies

TOXIC = {"proxy": "a", "do": "toxic", "type": "latency", "stream": "upstream"}
OWN = {"proxy": {"name": "own", "listen": "x:1", "upstream": "h:1"}, "do": "proxy"}


def read(*items):
    problems = []
    faults = Faults(FakeProxies("a", "bb"), "run", problems).read(items)
    return faults, problems


def test_proxies_come_first_then_toxics_then_what_takes_down():
    faults, problems = read(
        {"proxy": "own", "do": "down"},
        {"proxy": "a", "do": "flap", "up_ms": 1500, "down_ms": 1},
        {**TOXIC, "stream": "both"},
        TOXIC,
        {**TOXIC, "proxy": "own"},
        OWN,
    )

    assert problems == []
    assert [type(each) for each in faults] == [Made, Toxics, Toxics, Down, Flap]
    assert [spec.name for spec in faults[1].specs] == ["run-0", "run-1", "run-2"]
    assert [spec.stream for spec in faults[1].specs] == ["upstream", "downstream", "upstream"]
    assert faults[4].up_s == 1.5


def test_toxic_has_everything_of_ours():
    faults, problems = read(
        {
            **TOXIC,
            "attributes": {"latency": 5, "distribution": "pareto"},
            "toxicity": 0.25,
            "sources": ["127.0.0.1", "0:0::1"],
        }
    )

    (spec,) = faults[0].specs
    assert problems == []
    assert (spec.lease, spec.toxicity) == ("run", 0.25)
    assert spec.attributes == {"latency": 5, "jitter": 0, "distribution": "pareto"}
    assert spec.sources == {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (None, "faults[0] must be a mapping"),
        ({}, "faults[0].do is missing"),
        ({**TOXIC, "do": "toxics"}, "did you mean toxic?"),
        ({**TOXIC, "proxi": "a"}, "faults[0].proxi is not a known key (did you mean proxy?)"),
        ({"do": "down"}, "faults[0].proxy is missing"),
        ({"do": "down", "proxy": "b"}, "did you mean bb?"),
        ({"do": "down", "proxy": "a", "type": "x"}, "faults[0].type is not a known key"),
        ({**TOXIC, "type": "stal"}, "did you mean stall?"),
        ({**TOXIC, "stream": "downstraem"}, "did you mean downstream?"),
        ({**TOXIC, "attributes": []}, "faults[0].attributes must be a mapping"),
        ({**TOXIC, "attributes": {"latency": 2**62}}, "latency"),
        ({**TOXIC, "toxicity": 1.5}, "faults[0].toxicity must be a number"),
        ({**TOXIC, "toxicity": True}, "faults[0].toxicity must be a number"),
        ({**TOXIC, "sources": "127.0.0.1"}, "faults[0].sources must be a list"),
        ({**TOXIC, "sources": ["host"]}, "which is no address"),
        ({"do": "flap", "proxy": "a", "up_ms": 1}, "faults[0].down_ms is missing"),
        (
            {"do": "flap", "proxy": "a", "up_ms": 0, "down_ms": 1},
            "up_ms must be a number above 0",
        ),
        ({"do": "proxy", "proxy": "a"}, "faults[0].proxy must be a mapping"),
        ({"do": "proxy", "proxy": {**OWN["proxy"], "name": "a"}}, "there is one of that name"),
        ({"do": "proxy", "proxy": {"name": "c", "upstream": "h:1"}}, "listen is missing"),
    ],
)
def test_mistake_is_told_with_its_place(item, told):
    _, problems = read(item)

    assert any(told in each for each in problems), problems
    assert all("\n" not in each for each in problems)
