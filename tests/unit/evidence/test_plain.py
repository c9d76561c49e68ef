"""Whatever an activity returns becomes valid JSON."""

import json
import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.evidence.plain import RECURSION, json_safe, make_safe


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    inner: object = None


class Hostile:
    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"\xffab", "\\xffab"),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, (2,)), [1, [2]]),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 1, 31), "2026-01-31"),
        (timedelta(seconds=2), "0:00:02"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("a/b"), "a/b"),
        (Colour.RED, "red"),
        (Point(1, b"x"), {"x": 1, "inner": "x"}),
        (np.float64(1.5), 1.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        ({1: 2, None: 3, b"k": 4}, {"1": 2, "None": 3, "k": 4}),
        (True, True),
        ("a\ud800", "a\\ud800"),
    ],
)
def test_json_safe_tells_what_json_cannot_hold(value, told):
    plain = json_safe(value)

    assert plain == told
    assert type(plain) is type(told)


def test_json_safe_cuts_a_long_repr():
    long = type("Long", (), {"__repr__": lambda _: "x" * 999})()

    plain = json_safe(long)

    assert len(plain) == 200


def test_json_safe_survives_an_object_that_cannot_be_told():
    plain = json_safe([Hostile()])

    assert "Hostile" in plain[0]


def test_json_safe_tells_recursion_and_repeats_what_is_only_shared():
    shared = [1]
    loop = {"a": shared, "b": shared}
    loop["self"] = loop

    plain = json_safe(loop)

    assert plain == {"a": [1], "b": [1], "self": RECURSION}


def test_make_safe_keeps_the_identity_of_what_the_host_holds():
    inner, items = {"raw": b"x"}, [float("inf"), (1,)]
    journal = {"run": inner, "items": items, 3: {1}}

    make_safe(journal)

    assert journal == {"run": {"raw": "x"}, "items": ["inf", [1]], "3": [1]}
    assert journal["run"] is inner
    assert journal["items"] is items


def test_make_safe_survives_a_journal_that_contains_itself():
    journal = {}
    journal["again"] = [journal]

    make_safe(journal)

    assert journal == {"again": [RECURSION]}


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.decimals()
    | st.dates(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers() | st.binary(), inner)
    ),
    max_leaves=12,
)


@given(anything)
def test_json_safe_is_strict_json_whatever_it_is_given(value):
    plain = json_safe(value)

    text = json.dumps(plain, allow_nan=False)

    assert json.loads(text) == plain
    assert json_safe(plain) == plain
