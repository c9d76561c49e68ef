"""JSON is read as Go reads it: values, order, the words of refusals, and no depth that hurts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.proxy.api import gojson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plain(value):
    """What the same text is for Python's reader."""
    if isinstance(value, gojson.Object):
        return {key: plain(each) for key, each in value}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return int(value) if isinstance(value, gojson.Number) else value


@given(
    value=JSON, indent=st.sampled_from([None, 2]), ascii_only=st.booleans(), rest=st.binary()
)
def test_parse_reads_what_python_wrote_and_nothing_after_it(value, indent, ascii_only, rest):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    body = text.encode("utf-8", "surrogatepass") + b" " + rest

    assert plain(gojson.parse(body)) == value


@given(
    body=st.binary(max_size=30)
    | st.text(alphabet='{}[]",:0.eE+-tfn\\u ', max_size=30).map(str.encode)
)
def test_parse_accepts_no_more_than_python_does(body):
    value, refusal = attempted(body)

    if refusal:
        assert refusal.startswith(("EOF", "unexpected EOF", "invalid character '"))
    else:
        text = body.decode("latin-1").lstrip(" \t\r\n")
        first, _ = json.JSONDecoder().raw_decode(text)
        assert type(plain_kind(value)) is type(plain_kind(first))


def attempted(body):
    """What is read, or why nothing is."""
    try:
        return gojson.parse(body), ""
    except gojson.Malformed as refused:
        return None, str(refused)


def plain_kind(value):
    """An empty value of the same kind."""
    if isinstance(value, gojson.Number):
        return 0
    if isinstance(value, gojson.Object):
        return {}
    return 0 if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "EOF"),
        (b" \t\r\n", "EOF"),
        (b'{"a"', "unexpected EOF"),
        (b"nul", "unexpected EOF"),
        (b"-", "unexpected EOF"),
        (b"[1e+", "unexpected EOF"),
        (b'"\\', "unexpected EOF"),
        (b'"\\u12', "unexpected EOF"),
        (b"{,}", "invalid character ',' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b"{'a'}", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"nux", "invalid character 'x' in literal null (expecting 'l')"),
        (b"-x", "invalid character 'x' in numeric literal"),
        (b"[1.}", "invalid character '}' after decimal point in numeric literal"),
        (b"[1.5.]", "invalid character '.' after array element"),
        (b"1ex", "invalid character 'x' in exponent of numeric literal"),
        (b"[01]", "invalid character '1' after array element"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"),
        (b'"\n"', "invalid character '\\n' in string literal"),
        (b"\x00", "invalid character '\\x00' looking for beginning of value"),
        (b"\x7f", "invalid character '\\x7f' looking for beginning of value"),
        (b"\x85", "invalid character '\\u0085' looking for beginning of value"),
        ("é".encode(), "invalid character 'Ã' looking for beginning of value"),
        (b"[" * 10_001, "invalid character '[' exceeded max depth"),
    ],
)
def test_parse_refuses_in_the_words_of_go(body, told):
    with pytest.raises(gojson.Malformed) as refused:
        gojson.parse(body)

    assert str(refused.value) == told


def test_parse_tells_why_a_body_broke_off():
    with pytest.raises(gojson.Malformed, match="invalid byte in chunk length"):
        gojson.parse(b"[1,", "invalid byte in chunk length")

    assert gojson.parse(b"[1]", "invalid byte in chunk length") == ["1"]


def test_parse_keeps_repeated_keys_in_order_and_numbers_as_written():
    value = gojson.parse(b'{"b":1.50,"a":2,"b":[]}rubbish')

    assert value == [("b", "1.50"), ("a", "2"), ("b", [])]
    assert isinstance(value[0][1], gojson.Number)


def test_parse_marks_each_byte_that_is_no_utf_8_and_each_lone_half():
    assert gojson.parse(b'"\xe2\x82x\xff"') == "\ufffd\ufffdx\ufffd"
    assert gojson.parse(b'"\\ud800x\\udc00\\ud83d\\ude00"') == "\ufffdx\ufffd\U0001f600"


def test_parse_reads_ten_thousand_levels():
    value = gojson.parse(b"[" * 10_000 + b"]" * 10_000)

    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 9_999
