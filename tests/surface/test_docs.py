"""Whatever a user can meet is in the documents, and the reference is what the code says now."""

import inspect
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from chaos_ext import errors
from chaos_ext.conductor import preflight
from chaos_ext.environment import read
from chaos_ext.experiment import claims, settings
from chaos_ext.lease import ledger
from chaos_ext.lease.fault import Fault
from chaos_ext.verdict import words

LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


@pytest.fixture(scope="module")
def reference(root):
    """All pages of the reference as one text."""
    return "\n".join(
        p.read_text(encoding="utf-8") for p in (root / "docs/reference").glob("*.md")
    )


@pytest.fixture(scope="module")
def glossary(root):
    """The words in bold that docs/glossary.md explains."""
    text = (root / "docs/glossary.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE))


def test_reference_is_what_the_code_says_now(root):
    told = subprocess.run(
        [sys.executable, root / "docs/reference/make.py", "--check"],
        capture_output=True,
        check=False,
        text=True,
    )

    assert told.returncode == 0, told.stdout + told.stderr


def test_reference_has_every_activity(reference, public_modules):
    missing = [
        f"{name}.{each}"
        for name, module in public_modules.items()
        for each in module.__all__
        if f"{name}.{each}" not in reference
    ]

    assert missing == []


def test_reference_has_every_command(reference, commands):
    assert [words for words in commands if f"## chaos {words}\n" not in reference] == []


def test_reference_has_every_error(reference):
    names = [name for name, each in vars(errors).items() if inspect.isclass(each)]

    assert len(names) > 20
    assert [name for name in names if f"`{name}`" not in reference] == []


def test_reference_has_every_metric(reference):
    assert [metric for metric in claims.METRICS if f"`{metric}`" not in reference] == []


def test_reference_has_every_key_of_the_extension(reference):
    keys = [key for key in settings._KEYS if f"`{key}`" not in reference]

    assert keys == []


def test_glossary_has_every_word_of_verdicts_and_of_the_ledger(glossary):
    states = {state.replace("_", " ") for state in (*ledger.OPEN_STATES, ledger.HEALED)}

    assert {*words.ORDER, *states} - glossary == set()


@pytest.mark.parametrize(
    "word",
    [
        *("inject", "landed", "heal", "lease", "guardian", "witness", "canary", "target"),
        *("node", "role", "stand-in", "proof", "claim", "guard", "phase", "lab", "load"),
        *("baseline", "fault", "recovery", "steady state", "evidence", "conductor"),
    ],
)
def test_glossary_has_every_word_of_the_machine(glossary, word):
    assert word in glossary


def blocks(page, language):
    """The code blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_tutorial_grows_an_experiment_that_would_begin(root):
    first, method, settings_, proofs = blocks(root / "docs/tutorial.md", "yaml")

    grown = yaml.safe_load(first) | yaml.safe_load(method)
    assert preflight.examine(grown, {}, {}).problems == []

    grown |= yaml.safe_load(settings_ + proofs)
    assert preflight.examine(grown, {}, {}).problems == []


def test_environments_of_the_how_to_are_right(root):
    pages = blocks(root / "docs/how-to/use-your-own-servers.md", "yaml")
    problems = []

    for each in pages:
        read.examine(yaml.safe_load(each), "a page", {}, {}, problems)

    assert len(pages) == 3
    assert problems == []


def test_smallest_fault_answers_what_the_machinery_asks(root):
    namespace = {}
    exec(blocks(root / "docs/creating-a-fault.md", "python")[0], namespace)

    fault = namespace["FAULT"](object())
    asked = [name for name in vars(Fault) if not name.startswith("_")]

    assert [name for name in asked if not hasattr(fault, name)] == []
    assert fault.landed() is not None
    assert fault.healed()


def test_face_of_a_fault_is_shown_as_it_is(root, public_modules):
    face = inspect.getsource(public_modules["chaos_ext.process.actions"].pause)

    assert blocks(root / "docs/creating-a-fault.md", "python")[1] == face


def test_links_lead_to_files_that_exist(root):
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), root / "tests/README.md"]
    dead = [
        f"{page.relative_to(root)} -> {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []


def test_decisions_answer_the_four_questions(root):
    questions = ("We saw", "We chose", "We gave up", "How we would know we were wrong")
    pages = sorted((root / "docs/decisions").glob("0*.md"))
    silent = [
        f"{page.name}: {question}"
        for page in pages
        for question in questions
        if f"\n## {question}\n" not in page.read_text(encoding="utf-8")
    ]

    assert len(pages) >= 9
    assert silent == []


def test_dependencies_each_earn_their_place(root):
    page = (root / "docs/decisions/dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["lab"],
        *project["dependency-groups"]["dev"],
    ]

    names = [re.split(r"[>=<]", each)[0] for each in wanted]
    assert [name for name in names if f"| {name} |" not in page] == []
