"""Bodies are filled into their shapes as by Go: loose about keys, strict about kinds."""

import pytest

from chaos_ext.proxy.api import gojson, shapes
from chaos_ext.proxy.core import catalogue


def filled(shape, text):
    return shapes.fill(shape, gojson.parse(text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        ("null", None),
        (
            '{"NAME":"a","up\u017ftream":"b","LiStEn":null,"x":{}}',
            {"name": "a", "upstream": "b"},
        ),
        ('{"name":"a","name":"b"}', {"name": "b"}),
        ('{"name":"a","name":null,"enabled":false}', {"name": "a", "enabled": False}),
        ('{"logger":{"level":1}}', {"Logger": {}}),
    ],
)
def test_proxy_takes_known_keys_in_any_case(text, expected):
    assert filled(shapes.PROXY, text) == expected


@pytest.mark.parametrize(
    ("shape", "text", "told"),
    [
        (shapes.PROXY, "[]", "array into Go value of type toxiproxy.Proxy"),
        (shapes.PROXY, '"x"', "string into Go value of type toxiproxy.Proxy"),
        (shapes.PROXY, "true", "bool into Go value of type toxiproxy.Proxy"),
        (shapes.PROXY, '{"name":1}', "number into Go struct field Proxy.name of type string"),
        (shapes.PROXY, '{"enabled":{}}', "object into Go struct field Proxy.enabled of type bool"),
        (shapes.PROXY, '{"enabled":0,"name":0}', "number into Go struct field Proxy.enabled of type bool"),
        (shapes.POPULATED, '[{"name":1}]', "number into Go struct field .Proxy.name of type string"),
        (shapes.POPULATED, '[{"enabled":1}]', "number into Go struct field .enabled of type bool"),
        (shapes.TOXIC, '{"toxicity":1e39}', "number 1e39 into Go struct field ToxicWrapper.toxicity of type float32"),
        (shapes.TOXIC, '{"attributes":1}', "number into Go struct field ToxicWrapper.attributes of type toxics.NoopToxic"),
        (shapes.TOXIC, '{"attributes":null,"attributes":{}}', "object into Go struct field ToxicWrapper.attributes of type toxics.Toxic"),
        (shapes.update_of("slicer"), '{"attributes":{"delay":1.5}}', "number 1.5 into Go struct field SlicerToxic.attributes.delay of type int"),
        (shapes.update_of("timeout"), '{"attributes":[]}', "array into Go struct field .attributes of type toxics.TimeoutToxic"),
        (shapes.attributes_of("latency"), '{"attributes":{"jitter":9223372036854775808}}', "number 9223372036854775808 into Go struct field LatencyToxic.attributes.jitter of type int64"),
        (shapes.attributes_of("latency"), '{"attributes":{"jitter":-9223372036854775809}}', "number -9223372036854775809 into Go struct field LatencyToxic.attributes.jitter of type int64"),
    ],
)  # fmt: skip
def test_wrong_kind_is_told_in_the_words_of_go(shape, text, told):
    with pytest.raises(gojson.Malformed) as refused:
        filled(shape, text)

    assert str(refused.value) == f"json: cannot unmarshal {told}"


def test_attributes_are_merged_when_said_twice_and_kept_when_null_comes_after():
    merged = filled(
        shapes.update_of("latency"),
        '{"attributes":{"latency":1,"other":[]},"attributes":{"JITTER":-2},"attributes":null,'
        '"attributes":{"latency":"x"},"toxicity":0.1}',
    )

    assert merged["attributes"] == {"latency": 1, "jitter": -2}
    assert merged["toxicity"] == pytest.approx(0.1)


def test_whole_numbers_reach_to_the_end_of_their_bits():
    text = '{"attributes":{"latency":9223372036854775807,"jitter":-9223372036854775808}}'

    attributes = filled(shapes.attributes_of("latency"), text)["attributes"]

    assert attributes == {"latency": 2**63 - 1, "jitter": -(2**63)}


def test_toxics_of_a_populated_proxy_are_left_as_they_are():
    items = filled(shapes.POPULATED, '[null,{"toxics":[{"type":"x"},5]}]')

    assert items == [{}, {"toxics": [[("type", "x")], "5"]}]


@pytest.mark.parametrize("type_", shapes.ATTRIBUTES)
def test_every_type_has_the_attributes_of_the_catalogue(type_):

    ours = [key for key, rule in catalogue.TYPES[type_].items() if not rule.ours]
    assert list(shapes.ATTRIBUTES[type_].keys) == ours
