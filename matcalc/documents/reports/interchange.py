"""Reports for programs: JSON, JUnit XML and SARIF."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from matcalc.base.records import blake2b
from matcalc.base.version import VERSION
from matcalc.documents.blocks import Fault, Place
from matcalc.documents.reports import SEVERITIES, Entry, Report, Severity


def as_json(reports: Sequence[Report]) -> str:
    """One object: the version, and for each file its counts, its entries and its unreadable
    places."""
    return json.dumps({"matcalc": VERSION, "files": [as_dict(report) for report in reports]}, ensure_ascii=False, indent=2)


def as_dict(report: Report) -> dict[str, Any]:
    """Everything as JSON-ready values."""
    return {
        "path": report.path,
        "includes": list(report.files),
        "summary": report.counts,
        "entries": [_entry(entry) for entry in report.entries],
        "faults": [_fault(fault) for fault in report.faults],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    verdict = entry.verdict
    said = {
        "text": entry.text,
        **_place(entry.place),
        "section": list(entry.section),
        "role": entry.role,
        "status": entry.status,
        "reason": entry.said_why,
    }
    if entry.name:
        said |= {"name": entry.name, "source": entry.source}
    if entry.role != "claim":
        return said
    said |= {"asked": entry.asked, "context": list(entry.context), "reading": entry.reading, "expected": entry.expected}
    if verdict is None:
        return said
    example = verdict.counterexample
    return said | {
        "condition": verdict.condition,
        "condition_text": verdict.condition_text,
        "condition_exact": verdict.condition_exact,
        "correction": None if verdict.correction is None else verdict.correction.text("ascii"),
        "counterexample": None if example is None else example.to_dict(),
        "other_layout": verdict.other_layout,
        "holds_if": list(verdict.holds_if),
        "declarations": dict(verdict.declarations or {}),
        "layout": verdict.layout,
    }


def _place(place: Place) -> dict[str, Any]:
    said: dict[str, Any] = {"file": place.file, "line": place.line, "column": place.column}
    return said | ({"cell": place.cell, "line_in_cell": place.line_in_cell} if place.cell else {})


def _fault(fault: Fault) -> dict[str, Any]:
    return {"text": fault.text, **_place(fault.place), "status": "not read", "reason": fault.reason, "advice": fault.advice}


_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(reports: Sequence[Report], fail_on: Severity = "refuted") -> str:
    """JUnit XML. Claims at least as bad as ``fail_on`` are failures, other ones that are not as
    expected are skipped, with the reason."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        cases = [_case(entry, fail_on) for entry in report.claims]
        errors = [_error(report, f"{fault.place}", f"{fault.reason} {fault.advice}".strip()) for fault in report.faults]
        counts = {"tests": len(cases) + len(errors), "failures": _with(cases, "failure"), "errors": len(errors)}
        attributes = counts | {"skipped": _with(cases, "skipped")}
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": _plain(report.path)} | {key: str(n) for key, n in attributes.items()}
        )
        suite.extend([*cases, *errors])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _with(cases: Sequence[ElementTree.Element], outcome: str) -> int:
    return sum(case.find(outcome) is not None for case in cases)


def _case(entry: Entry, fail_on: Severity) -> ElementTree.Element:
    title = entry.name or f"line {entry.place.line}: {' '.join(entry.text.split())}"
    place = {"classname": _plain(entry.place.file), "file": _plain(entry.place.file), "line": str(entry.place.line)}
    case = ElementTree.Element("testcase", {"name": _plain(title), **place})
    if entry.severity == "none":
        return case
    failed = SEVERITIES.index(entry.severity) >= SEVERITIES.index(fail_on)
    message = _plain(f"{entry.status}: {entry.remark}")
    if not failed:
        ElementTree.SubElement(case, "skipped", message=message)
        return case
    failure = ElementTree.SubElement(case, "failure", message=message, type=entry.status)
    failure.text = _plain(entry.verdict.explain() if entry.verdict is not None else entry.remark)
    return case


def _error(report: Report, name: str, reason: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"name": _plain(name), "classname": _plain(report.path)})
    ElementTree.SubElement(case, "error", message=_plain(reason), type="not readable")
    return case


def _plain(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {
    "refuted": ("error", "The formula is false", "The two sides differ: a counterexample was found."),
    "conditional": ("warning", "The formula is true under a condition only", "The condition is not stated in the document."),
    "undecided": ("note", "The formula is neither proved nor refuted", "No proof was found, and no counterexample."),
    "not-read": ("note", "The formula was not read", "The formula is outside the language, or a symbol in it is not known."),
    "unreadable": ("warning", "A place of the document cannot be read", "What follows it is read all the same."),
}


def as_sarif(reports: Sequence[Report]) -> str:
    """SARIF with a result for each claim that is not as expected, and for each place that cannot be
    read."""
    rules = [
        {
            "id": name,
            "shortDescription": {"text": short},
            "fullDescription": {"text": long},
            "defaultConfiguration": {"level": level},
        }
        for name, (level, short, long) in _RULES.items()
    ]
    driver = {"name": "matcalc", "version": VERSION, "semanticVersion": VERSION, "rules": rules}
    results = [result for report in reports for result in _results(report)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _results(report: Report) -> list[dict[str, Any]]:
    claims = [_claim(entry) for entry in report.claims if not entry.as_expected]
    return claims + [_result("unreadable", f"{one.reason}. {one.advice}".strip(), one.place) for one in report.faults]


def _claim(entry: Entry) -> dict[str, Any]:
    rule = "refuted" if entry.severity == "refuted" else entry.status.replace(" ", "-")
    found = _result(rule, f"{entry.status}: {' '.join(entry.text.split())}. {entry.remark}".strip(), entry.place)
    print_ = blake2b(f"{rule}\0{entry.text}\0{entry.section}".encode(errors="replace"), digest_size=16).hexdigest()
    return found | {"partialFingerprints": {"claim/v1": print_}}


def _result(rule: str, message: str, place: Place) -> dict[str, Any]:
    where = {
        "artifactLocation": {"uri": _uri(place.file)},
        "region": {"startLine": max(1, place.line), "startColumn": max(1, place.column)},
    }
    return {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "level": _RULES[rule][0],
        "message": {"text": message.replace("[", "\\[").replace("]", "\\]")},  # brackets would make a link
        "locations": [{"physicalLocation": where}],
    }


def _uri(path: str) -> str:
    """The path as a reference, relative to the working folder where it lies below it."""
    near = os.path.relpath(path) if os.path.isabs(path) else path
    return quote(PurePath(near).as_posix()) if not near.startswith("..") else PurePath(os.path.abspath(path)).as_uri()
