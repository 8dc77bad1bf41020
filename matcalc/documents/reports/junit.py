"""A report as JUnit XML: a suite for each file, a case for each claim; what was not decided is skipped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from matcalc.documents.report import SEVERITIES, Entry, Report, Severity

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(reports: Sequence[Report], fail_on: Severity = "refuted") -> str:
    """JUnit XML. Claims at least as bad as ``fail_on`` are failures, other ones that are not as expected are skipped, with the reason."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        cases = [_case(entry, fail_on) for entry in report.claims]
        errors = [_error(report, f"{fault.place}", f"{fault.reason} {fault.advice}".strip()) for fault in report.faults]
        counts = {"tests": len(cases) + len(errors), "failures": _with(cases, "failure"), "errors": len(errors)}
        attributes = counts | {"skipped": _with(cases, "skipped")}
        suite = ElementTree.SubElement(root, "testsuite", {"name": _plain(report.path)} | {key: str(n) for key, n in attributes.items()})
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
