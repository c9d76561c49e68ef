"""JSON is written as Go writes it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.proxy.api import gowrite


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1, "0.1"),
        (-3.0, "-3"),
        (-0.0, "-0"),
        (0.000001234, "0.000001234"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (16777216.5, "16777216"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (1 / 3, "0.33333334"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (1, "1"),
        (0, "0"),
        (2**63 - 1, "9223372036854775807"),
        ({"b": [], "a": {}}, '{"b":[],"a":{}}'),
        ('<a&b>\u2028\x7f\x01\t"\\é', '"\\u003ca\\u0026b\\u003e\\u2028\x7f\\u0001\\t\\"\\\\é"'),
    ],
)
def test_dumps_writes_what_go_writes(value, text):
    assert gowrite.dumps(value) == text


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_floats_keep_their_thirty_two_bits(value):
    text = gowrite.dumps(value)

    assert struct.pack("<f", float(text)) == struct.pack("<f", value)
    assert len(text) <= 24


@pytest.mark.parametrize("value", [1e39, -1e39, float("inf")])
def test_float_that_is_too_large_overflows(value):
    with pytest.raises(OverflowError):
        gowrite.as_float32(value)
