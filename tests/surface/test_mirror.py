"""Each module of the pure rooms has its unit tests beside it, and no test outlives its module."""

import pytest

PURE = ("experiment", "environment", "verdict", "history", "evidence", "report", "proof")
# Seen through another module's tests, named here; this list only ever gets shorter.
SEEN_BY = {
    "errors.py": "surface/test_docs.py",
    "control.py": "surface/test_public_api.py",
    "experiment/vocabulary.py": "unit/experiment/test_check.py",
    "history/durable.py": "unit/evidence/test_files.py",
    "history/rows.py": "unit/history/test_operations.py",
    "history/tables.py": "unit/history/test_compact.py",
    "report/chart.py": "unit/report/test_html.py",
    "verdict/measures.py": "unit/verdict/test_judge.py",
    "verdict/model.py": "unit/verdict/test_judge.py",
    "verdict/readings.py": "unit/verdict/test_judge.py",
    "verdict/summary.py": "unit/verdict/test_judge.py",
}


@pytest.fixture
def modules(root):
    """The modules of the package, by their path in it."""
    package = root / "chaos_ext"
    found = [str(path.relative_to(package)) for path in package.rglob("*.py")]
    return [path for path in found if not path.endswith("__init__.py")]


def mirror(path):
    """Where the unit tests of a module are."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/test_{name}" if folder else f"test_{name}"


def test_pure_modules_have_unit_tests(root, modules):
    pure = [path for path in modules if path.split("/")[0] in PURE or "/" not in path]

    untested = [
        path
        for path in pure
        if path not in SEEN_BY and not (root / "tests/unit" / mirror(path)).exists()
    ]

    assert untested == []


def test_unit_tests_test_a_module_that_exists(root, modules):
    unit = root / "tests/unit"
    mirrors = {mirror(path) for path in modules}

    orphans = [
        str(path.relative_to(unit))
        for path in unit.rglob("test_*.py")
        if str(path.relative_to(unit)) not in mirrors
    ]

    assert orphans == []


def test_exceptions_are_still_needed(root, modules):
    stale = [
        path
        for path, seen_by in SEEN_BY.items()
        if path not in modules
        or (root / "tests/unit" / mirror(path)).exists()
        or not (root / "tests" / seen_by).exists()
    ]

    assert stale == []
    assert len(SEEN_BY) <= 11, "the list only ever gets shorter"


def test_tests_are_no_packages(root):
    assert list((root / "tests").rglob("__init__.py")) == [], "they would shadow real libraries"
