"""JSON types against annotations: Python's own generosity must not leak into YAML."""

import typing

import pytest

from chaos_ext.experiment.hints import fits, name

RIGHT = [
    (1, int),
    (1, float),
    (1.5, float),
    (True, bool),
    ("a", str),
    ([1], list),
    ([1], typing.List[int]),  # noqa: UP006 - as activities must write it
    ({"a": 1}, typing.Dict[str, int]),  # noqa: UP006
    (None, typing.Optional[str]),  # noqa: UP045
    ("a", str | None),
    ("on", typing.Literal["on", "off"]),
    (object(), typing.Any),
]
WRONG = [
    (True, int),
    (True, float),
    (1, bool),
    (1.0, int),
    (1, str),
    ("1", int),
    ("1", float),
    (float("nan"), float),
    (float("inf"), float),
    (10**400, float),  # no float is that large
    ("a", list),
    ([1, "a"], typing.List[int]),  # noqa: UP006
    ({"a": True}, typing.Dict[str, int]),  # noqa: UP006
    (1, typing.Optional[str]),  # noqa: UP045
    (True, typing.Literal[1]),
    (None, str),
]


@pytest.mark.parametrize(("value", "hint"), RIGHT)
def test_fits_takes_what_the_annotation_says(value, hint):
    assert fits(value, hint)


@pytest.mark.parametrize(("value", "hint"), WRONG)
def test_fits_refuses_what_python_would_let_pass(value, hint):
    assert not fits(value, hint)


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (float, "a finite number"),
        (typing.List[int], "a list, each a whole number"),  # noqa: UP006
        (str | None, "text or nothing"),
        (typing.Literal["on", "off"], "one of on, off"),
    ],
)
def test_name_speaks_of_yaml(hint, said):
    assert name(hint) == said
