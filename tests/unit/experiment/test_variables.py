"""`${x}` must mean here what it means to the host."""

import pytest
from chaoslib import substitute
from hypothesis import given
from hypothesis import strategies as st

from chaos_ext.experiment.variables import LATER, replaced, undefined, unset, values

PIECES = st.lists(
    st.sampled_from(
        ["${a}", "${b}", "${nope}", "$${a}", "${a:-1}", "${}", "$a", "$", "text", "}"]
    ),
    max_size=5,
).map("".join)


@given(PIECES)
def test_undefined_finds_what_the_host_would_leave_in_place(text):
    known = {"a": "A", "b": "B"}

    problems = undefined(text, "here", known)

    if not problems and "$$" not in text:
        assert "${" not in substitute(text, known, {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("${targt}", "here uses ${targt}, which is defined neither in configuration nor in"),
        ("a ${targt} b", "(did you mean target?)"),
        ("${target:-x}", "is not a name, and the host would pass it on as it stands"),
        ("${shop.token}", "is not a name"),
        ("${}", "is not a name"),
    ],
)
def test_undefined_tells_why_a_name_has_no_value(text, problem):
    problems = undefined(text, "here", {"target": 1})

    assert len(problems) == 1
    assert problem in problems[0]


def test_undefined_looks_into_lists_and_mappings():
    data = {"arguments": {"targets": ["x", "${nope}"]}}

    assert undefined(data, "method[0]", {})[0].startswith("method[0].arguments.targets[1] uses")


@pytest.mark.parametrize("text", ["${target}", "$${nope}", "$nope", "no variable"])
def test_undefined_lets_pass_what_the_host_replaces_or_does_not_look_at(text):
    assert undefined(text, "here", {"target": 1}) == []


def test_values_are_read_as_the_host_reads_them():
    experiment = {
        "configuration": {
            "plain": 5,
            "port": {"type": "env", "key": "PORT", "env_var_type": "int"},
            "host": {"type": "env", "key": "HOST", "default": "local"},
            "asked": {"type": "probe", "name": "x"},
        },
        "secrets": {"one": {"token": "first"}, "two": {"token": "second", "other": "o"}},
    }

    known = values(experiment, environ={"PORT": "6379"})

    assert known == {
        "plain": 5,
        "port": 6379,
        "host": "local",
        "asked": LATER,
        "token": "first",
        "other": "o",
    }


def test_values_trust_the_host_when_it_has_loaded_them():
    experiment = {"configuration": {"dropped": {"type": "probe"}, "kept": 1}}

    known = values(experiment, {"kept": 2}, {"group": {"token": "t"}})

    assert known == {"kept": 2, "token": "t"}


@pytest.mark.parametrize(
    ("section", "entry", "problem"),
    [
        (
            "configuration",
            {"type": "env", "key": "NOPE"},
            "configuration.x needs $NOPE, which is",
        ),
        ("configuration", {"type": "evn", "key": "A"}, "x.type is 'evn' (did you mean env?)"),
        ("configuration", {"type": "env"}, "configuration.x.key must name a variable"),
        ("configuration", {"type": "env", "key": "A", "defalt": 1}, "(did you mean default?)"),
        (
            "configuration",
            {"type": "env", "key": "A", "env_var_type": "intt"},
            "(did you mean int?)",
        ),
        (
            "configuration",
            {"type": "env", "key": "A", "env_var_type": "int"},
            "its value is not one",
        ),
        ("secrets", {"k": {"type": "env", "key": "NOPE"}}, "secrets.x.k needs $NOPE"),
        ("secrets", "plain", "secrets.x must be a group of secrets, not text"),
    ],
)
def test_unset_names_the_variable_and_never_its_value(section, entry, problem):
    problems = unset({section: {"x": entry}}, {"A": "s3cret-value"})

    assert len(problems) == 1
    assert problem in problems[0]
    assert "s3cret-value" not in problems[0]


def test_unset_is_content_when_there_is_a_default():
    entry = {"type": "env", "key": "NOPE", "default": "x"}

    assert unset({"configuration": {"x": entry}}, {}) == []


def test_unset_leaves_a_plain_mapping_alone():
    assert unset({"configuration": {"x": {"type": "shop", "size": 5}}}, {}) == []


@pytest.mark.parametrize(
    ("written", "known", "value"),
    [("${a}", {"a": 5}, 5), ("x${a}", {"a": 5}, "x5"), ("${a}", {}, LATER), (7, {}, 7)],
)
def test_replaced_keeps_types_as_the_host_does(written, known, value):
    assert replaced(written, known) == value
