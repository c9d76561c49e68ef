"""What the host can compare with, and what is refused before it crashes or never matches."""

import pytest

from chaos_ext.experiment.tolerance import problems


@pytest.mark.parametrize(
    "tolerance",
    [
        *(True, 0, 200, "ok", [1, 2], [0.1, 0.5], ["a", "b", "c"]),
        {"type": "range", "range": [0.5, 2]},
        {"type": "regex", "pattern": "^a+$", "target": "stdout"},
    ],
)
def test_problems_are_none_when_the_host_can_compare(tolerance):
    assert problems(tolerance, "here") == []


@pytest.mark.parametrize(
    ("tolerance", "problem"),
    [
        (
            0.5,
            "here is 0.5, and the host takes no fraction: write {type: range, range: [lowest",
        ),
        (None, "here must be a value, a list or a mapping, not nothing"),
        ([], "here is an empty list: no answer would be within it"),
        ({"range": [1, 2]}, "here.type is missing (known: probe, regex, jsonpath, range)"),
        ({"type": "rnge"}, "here.type is 'rnge' (did you mean range?)"),
        ({"type": "range", "range": [2, 1]}, "here.range must be [lowest, highest]"),
        ({"type": "range", "range": [1, float("nan")]}, "here.range must be [lowest, highest]"),
        ({"type": "range", "range": [True, 2]}, "here.range must be [lowest, highest]"),
        ({"type": "range", "range": [1]}, "here.range must be [lowest, highest]"),
        (
            {"type": "regex", "pattern": "("},
            "here.pattern is not a regular expression: missing )",
        ),
        ({"type": "regex", "pattern": "a", "patern": "b"}, "here.patern is not a known key"),
        ({"type": "range", "range": [1, 2], "target": 5}, "here.target must be text"),
    ],
)
def test_problems_tells_why_the_host_cannot_compare(tolerance, problem):
    found = problems(tolerance, "here")

    assert len(found) == 1
    assert problem in found[0]


def test_problems_names_the_package_when_jsonpath_is_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    found = problems({"type": "jsonpath", "path": "$.a"}, "here")

    assert found == ["here needs jsonpath2: pip install 'chaostoolkit-lib[jsonpath]'"]
