"""Strict reading: what is right comes through unchanged, what is wrong is named with its place."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chaos_ext.experiment.strict import Reader, type_name
from chaos_ext.values import is_number

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())
)


def reader(**data):
    return Reader(data, "here", None, [])


@given(ANYTHING)
@example(10**400)
def test_number_is_finite_and_within_bounds_or_a_problem(value):
    fields = reader(x=value)

    number = fields.number("x", 1.0, at_most=100)

    right = is_number(value) and 0 <= value <= 100
    assert (number == value) if right else (number == 1.0)
    assert bool(fields.problems) != right


@given(ANYTHING)
def test_whole_takes_neither_fractions_nor_truth_values(value):
    fields = reader(x=value)

    fields.whole("x", 1, at_most=100)

    assert bool(fields.problems) != (type(value) is int and 0 <= value <= 100)


@pytest.mark.parametrize(
    ("read", "data", "problem"),
    [
        ("text", {}, "here.x is missing: it must be text that is not empty"),
        ("text", {"x": 1}, "here.x must be text that is not empty, not 1"),
        ("text", {"x": " "}, "here.x must be text that is not empty, not ' '"),
        ("text", {"x": None}, "here.x must be text that is not empty, not nothing"),
        ("number", {}, "here.x is missing: it must be a number from 0 to 86400"),
        ("number", {"x": math.nan}, "here.x must be a number from 0 to 86400, not nan"),
        ("number", {"x": True}, "here.x must be a number from 0 to 86400, not true"),
        ("items", {"x": "a"}, "here.x must be a list, not 'a'"),
        ("mapping", {"x": [1]}, "here.x must be a mapping, not a list"),
        ("texts", {"x": ["a", 1]}, "here.x[1] must be text that is not empty, not 1"),
        ("texts", {"x": ["a", "a"]}, "here.x[1] repeats 'a'"),
    ],
)
def test_reader_says_what_is_wrong_and_where(read, data, problem):
    fields = Reader(data, "here", None, [])

    getattr(fields, read)("x")

    assert fields.problems == [problem]


def test_reader_says_when_zero_is_not_enough():
    fields = reader(x=0)

    fields.number("x", above=0, at_most=10)

    assert fields.problems == ["here.x must be a number above 0 and up to 10, not 0"]


def test_reader_refuses_unknown_keys_but_not_the_users_own():
    problems = []

    Reader({"systm": 1, "x-note": 2, "system": 3}, "here", ("system",), problems)

    assert problems == ["here.systm is not a known key (did you mean system?)"]


@pytest.mark.parametrize("data", [None, "text", [1], 5])
def test_reader_refuses_what_is_no_mapping(data):
    problems = []

    Reader(data, "here", (), problems)

    assert problems == [f"here must be a mapping, not {type_name(data)}"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"x": "skp"}, "here.x is 'skp' (did you mean skip?)"),
        ({}, "here.x is missing (known: skip)"),
    ],
)
def test_word_names_the_nearest(data, problem):
    fields = Reader(data, "here", None, [])

    fields.word("x", ("skip",))

    assert fields.problems == [problem]
