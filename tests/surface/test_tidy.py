"""The house rules that a machine can read; CONTRIBUTING.md gives their reasons."""

import ast
import io
import re
import tokenize
from pathlib import PurePath

import pytest

FILE_LINES_MAX = 250
FUNCTION_LINES_MAX = 50
INSTEAD = {
    "time.sleep": "world.sleep, or world.wait_until where there is a condition",
    "time.time": "world.utc_now",
    "time.monotonic": "world.monotonic_ns",
    "time.monotonic_ns": "world.monotonic_ns",
    "time.perf_counter": "world.monotonic_ns",
    "datetime.now": "world.utc_now",
    "datetime.utcnow": "world.utc_now",
    "random.random": "world.dice",
    "random.randint": "world.dice",
    "random.choice": "world.dice",
    "random.Random": "world.dice",
    "subprocess.run": "world.start_process",
    "subprocess.Popen": "world.start_process",
    "subprocess.check_output": "world.start_process",
    "os.system": "world.start_process",
    "os.fork": "world.start_process",
}
# This list only ever gets shorter: each line is an effect outside world.py, with its reason.
EFFECTS_ELSEWHERE = {
    ("chaos_ext/lab/binaries.py", "subprocess.run"): "asks a program its version and waits",
    ("chaos_ext/proof/prove.py", "subprocess.run"): "a proof is a run of its own, waited for",
}
# Tests in which nothing is waited for, but time itself must pass.
TIME_IS_THE_SUBJECT = {
    "tests/contract/activities.py": "activities that last",
    "tests/contract/test_load_outage.py": "a server stands still for as long as the test says",
}
MACHINE_PATHS = re.compile(r"/(?:home|work|root|Users)/\w|/tmp/\w+_\w|C:\\\\")
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|docker\.io|ghcr\.io|quay\.io|registry\.npmjs|index-url",
    re.IGNORECASE,
)
LEFT_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
NOT_KEPT = re.compile(  # as .gitignore has it
    r"(^|/)(\.git|\.venv[^/]*|\.\w+_cache|\.hypothesis|__pycache__|[^/]+\.egg-info|build|dist)/"
    r"|^\.git$"  # a file that holds a path of the machine, where the checkout is one of several
    r"|^reports/(?!README\.md|sample/)|(^|/)(chaostoolkit\.log|journal\.json|discovery\.json)$"
)
KNOWS_THESE = ("tests/surface/test_tidy.py",)  # it names what it forbids


@pytest.fixture(scope="module")
def texts(root):
    """Every text file that is, or would be, kept in the repository."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and name not in KNOWS_THESE and not NOT_KEPT.search(name):
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:  # a picture
                continue
    assert len(found) > 100
    return found


def dotted(node):
    """`a.b` for a call of it."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def calls(tree):
    """The dotted names that a module calls."""
    return {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_files_are_short(texts):
    long = {
        name: len(text.splitlines())
        for name, text in texts.items()
        if name.endswith(".py") and len(text.splitlines()) > FILE_LINES_MAX
    }

    assert long == {}


def test_functions_are_short(sources):
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, tree in sources.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    }

    assert long == {}


def test_modules_open_with_their_reason_to_exist(sources):
    silent = [
        path
        for path, tree in sources.items()
        if not (ast.get_docstring(tree) or "").split("\n\n", maxsplit=1)[0].endswith((".", "?"))
    ]

    assert silent == []


def test_effects_come_from_one_place(sources):
    elsewhere = {
        (path, name)
        for path, tree in sources.items()
        if path.startswith("chaos_ext/") and path != "chaos_ext/world.py"
        for name in calls(tree) & set(INSTEAD)
    }

    unexpected = [
        f"{path}: {INSTEAD[name]}, not {name}"
        for path, name in elsewhere - set(EFFECTS_ELSEWHERE)
    ]
    assert unexpected == []
    assert set(EFFECTS_ELSEWHERE) - elsewhere == set(), "no longer needed: take it off the list"
    assert len(EFFECTS_ELSEWHERE) <= 2, "the list only ever gets shorter"


def test_tests_wait_for_conditions_and_do_not_sleep(sources):
    sleepy = {
        path
        for path, tree in sources.items()
        if path.startswith("tests/") and calls(tree) & {"time.sleep", "world.sleep"}
    }

    assert sleepy - set(TIME_IS_THE_SUBJECT) == set(), "wait for a condition: world.wait_until"
    assert set(TIME_IS_THE_SUBJECT) - sleepy == set(), "no longer needed: take it off the list"


def test_yaml_face_has_no_future_import(sources):
    lazy = [
        path
        for path, tree in sources.items()
        if PurePath(path).name in ("actions.py", "probes.py", "control.py")
        and path.startswith("chaos_ext/")
        and any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for node in tree.body
        )
    ]

    assert lazy == [], "string annotations show as object in the host's listing"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (MACHINE_PATHS, "a path of one machine"),
        (REGISTRIES, "the host of a registry"),
        (LEFT_TO_DO, "something left to do"),
    ],
    ids=["machine paths", "registries", "left to do"],
)
def test_texts_hold_nothing_that_must_not_be_kept(texts, pattern, why):
    found = [
        f"{name}:{number}: {why}: {line.strip()[:80]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]

    assert found == []


def test_comments_are_no_commented_out_code(root, sources):
    code = re.compile(r"#\s*(?:def|class|import|return|if|for|while)\b.*[:)]$")
    found = []
    for path in sources:
        text = (root / path).read_text(encoding="utf-8")
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [each for each in tokens if each.type == tokenize.COMMENT]
        found += [f"{path}:{each.start[0]}" for each in comments if code.match(each.string)]

    assert found == []
