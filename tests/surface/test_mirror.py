"""Each module of the pure rooms has its unit tests beside it, and no test outlives its module."""

import pytest

PURE = ("experiment", "environment", "verdict", "history", "evidence", "report", "proof")
WITHOUT_LOGIC = {
    "errors.py": "names and sentences; test_docs reads them",
    "control.py": "which hook is which step; seen with the host in tests/contract",
    "history/rows.py": "the shape of rows, round-tripped by the tests of operations and compact",
    "history/durable.py": "one fsync after another; seen through files and tables",
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
        if path not in WITHOUT_LOGIC and not (root / "tests/unit" / mirror(path)).exists()
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
        for path in WITHOUT_LOGIC
        if path not in modules or (root / "tests/unit" / mirror(path)).exists()
    ]

    assert stale == []


def test_tests_are_no_packages(root):
    assert list((root / "tests").rglob("__init__.py")) == [], "they would shadow real libraries"
