"""A config file is read strictly: what is wrong with it is said with the place and a guess."""

import json

import pytest

from chaos_ext.errors import BadArgument
from chaos_ext.proxy import config

PROXY = {"name": "a", "upstream": "h:1"}


@pytest.fixture
def read(tmp_path):
    """Read a file with this in it."""

    def reading(content):
        path = tmp_path / "proxies.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return config.read(path)

    return reading


def test_file_of_toxiproxy_is_read_with_keys_in_any_case(read):
    items = read([{"NAME": "a", "Upstream": "h:1", "enabled": False, "Logger": {}}])

    assert [(each.name, each.listen, each.upstream, each.enabled) for each in items] == [
        ("a", "", "h:1", False)
    ]


def test_toxics_of_a_file_are_read(read):
    toxics = [{"type": "latency", "attributes": {"LATENCY": 5}}]

    (item,) = read([{**PROXY, "toxics": toxics}])

    assert item.toxics[0].attributes["latency"] == 5


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[", "is no JSON: Expecting value: line 1 column 2"),
        ("[NaN]", "is no JSON: invalid character 'N'"),
        ("null", "must have a list of proxies"),
        (["x"], "proxy 1 must be an object"),
        (
            [{**PROXY, "enabeld": True}],
            "enabeld of proxy 1 is not a known key (did you mean enabled?)",
        ),
        ([{**PROXY, "toxics": 5}], "cannot unmarshal number into Go struct field"),
        ([{**PROXY, "toxics": [{"type": 5}]}], "proxy 1 has a toxic of type '5'"),
        ([{**PROXY, "toxics": [{"type": "stall"}]}], "proxy 1 has a toxic of type 'stall'"),
        ([{**PROXY, "toxics": [{"type": "noop", "toxicty": 1}]}], "did you mean toxicity?"),
        (
            [{**PROXY, "toxics": [{"type": "bandwidth", "attributes": {"rates": 1}}]}],
            "rates of a bandwidth toxic of proxy 1 is not a known key (did you mean rate?)",
        ),
        ([PROXY, {"name": "b"}], "missing required field: upstream at proxy 2"),
        ([PROXY, PROXY], "proxy a is there twice"),
    ],
)
def test_mistake_is_told_in_one_line(read, content, told):
    with pytest.raises(BadArgument) as refused:
        read(content)

    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "proxies.json" in str(refused.value)


def test_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadArgument, match=r"cannot read .*none.json: No such file"):
        config.read(tmp_path / "none.json")
