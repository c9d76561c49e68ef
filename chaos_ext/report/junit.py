"""A verdict as JUnit XML, so that any CI shows each claim as a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from chaos_ext.experiment.claims import RESOURCES
from chaos_ext.report import words
from chaos_ext.report.text import told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos_ext.verdict.model import Verdict

# What XML 1.0 cannot hold, even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verdict: Verdict | Mapping[str, Any]) -> str:
    """One testcase a claim, and one for the run itself.

    *broke* is a failure, what could not be judged is an error, a rehearsal counts as skipped:
    none of them is a pass.
    """
    content = told(verdict)
    suite = ET.Element("testsuite", name=_legal(content["experiment"] or "chaos"))
    _properties(suite, content)
    cases = [_claim_case(suite, content, claim) for claim in content["claims"]]
    cases.append(_run_case(suite, content))
    suite.set("tests", str(len(cases)))
    for attribute, tag in (
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, "unicode") + "\n"


def write(folder: Path, verdict: Verdict | Mapping[str, Any]) -> Path:
    """Write junit.xml."""
    path = folder / "junit.xml"
    path.write_text(render(verdict), encoding="utf-8")
    return path


def _properties(suite: ET.Element, content: Mapping[str, Any]) -> None:
    properties = ET.SubElement(suite, "properties")
    numbers = {"verdict": content["verdict"], "run": content["run"]}
    numbers |= {f"outage.{key}": value for key, value in content["outage"].items()}
    numbers |= {f"data.{key}": value for key, value in content["data"].items()}
    numbers |= {f"stayed.{key}": value for key, value in content.get("stayed", {}).items()}
    if resources := content.get("resources"):
        numbers |= {f"resources.{kind}": words.worst(resources, kind) for kind in RESOURCES}
    for name, value in numbers.items():
        ET.SubElement(properties, "property", name=name, value=_legal(str(value)))


def _claim_case(
    suite: ET.Element, content: Mapping[str, Any], claim: dict[str, Any]
) -> ET.Element:
    case = _case(suite, content, claim["claim"])
    measured = words.number(claim["measured"], claim["unit"])
    within = f", bounds {words.bounds(claim)}" if words.bounds(claim) else ""
    message = _legal(f"required {claim['required']}, measured {measured}{within}")
    if claim["outcome"] == "broke":
        ET.SubElement(case, "failure", message=message).text = _legal(claim["detail"])
    elif claim["outcome"] == "void":
        detail = _legal(claim["detail"] or "could not be judged")
        ET.SubElement(case, "error", message=detail).text = message
    elif content["verdict"] == "rehearsed":
        ET.SubElement(case, "skipped", message=_legal(content["reason"]))
    return case


def _run_case(suite: ET.Element, content: Mapping[str, Any]) -> ET.Element:
    case = _case(suite, content, "the run was a test, and left nothing behind")
    # A broken claim has its own failure; here only the run as a whole is told.
    if content["verdict"] in ("void", "dirty"):
        message = _legal(f"{content['verdict']}: {content['reason']}")
        ET.SubElement(case, "error", message=message)
    return case


def _case(suite: ET.Element, content: Mapping[str, Any], name: str) -> ET.Element:
    classname = f"chaos.{content['experiment'] or 'experiment'}"
    return ET.SubElement(suite, "testcase", classname=_legal(classname), name=_legal(name))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
