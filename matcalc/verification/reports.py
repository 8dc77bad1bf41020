"""Verdicts as a table, as JSON and as JUnit XML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from matcalc.verification.items import Document
from matcalc.verification.verdict import STATUSES, Verdict

_WIDTH = 72
_OUTCOME = len("conditional")
HOLDS, REFUTED, BAD_INPUT, UNDECIDED = 0, 1, 2, 3


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every verdict is as expected; else 1 when a statement is refuted or conditional (or is to be false and is not), 2 when one
    was not decided because of an error, 3 when one is undecided."""
    if any(not verdict.as_expected and verdict.status != "undecided" for verdict in verdicts):
        return REFUTED
    if any(verdict.problem for verdict in verdicts):
        return BAD_INPUT
    return UNDECIDED if any(verdict.status == "undecided" for verdict in verdicts) else HOLDS


def fault_of(document: Document) -> str | None:
    """Why nothing in a file was checked; None when something was. Nothing checked is no success."""
    if document.items:
        return None
    if not document.unread:
        return f"{document.path}: nothing to check was found"
    first = document.unread[0]
    return f"{document.path}: nothing could be read: {_short(first.text, _WIDTH)} (line {first.line}: {first.reason})"


def table(document: Document, verdicts: Sequence[Verdict]) -> str:
    """One line a statement, in the order of the file, and the counts."""
    rows: list[tuple[int, str]] = []
    for verdict in verdicts:
        mark = "" if verdict.as_expected else "  ← expected false" if not verdict.expected else "  ←"
        outcome, name = verdict.problem or verdict.status, _short(verdict.name, 24)
        row = f"{verdict.line:>5}  {outcome:<{_OUTCOME}}  {name:<24}  {_short(verdict.statement, _WIDTH)}{mark}"
        rows.append((verdict.line, row))
    for unread in document.unread:
        row = f"{unread.line:>5}  {'not read':<{_OUTCOME}}  {'':<24}  {_short(unread.text, _WIDTH)}  ({unread.reason})"
        rows.append((unread.line, row))
    rows.sort(key=lambda row: row[0])
    return "\n".join([*(row for _, row in rows), summary(document, verdicts)])


def summary(document: Document, verdicts: Sequence[Verdict]) -> str:
    """The counts on one line."""
    counts: Counter[str] = Counter(verdict.problem or verdict.status for verdict in verdicts)
    counts["not read"] += len(document.unread)
    parts = [f"{counts[outcome]} {outcome}" for outcome in dict.fromkeys((*STATUSES, *counts)) if counts[outcome]]
    wrong = sum(not verdict.as_expected for verdict in verdicts)
    parts += [f"{wrong} not as expected"] if wrong else []
    return f"{document.path}: {len(verdicts)} statements" + (": " + ", ".join(parts) if parts else "")


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def as_json(results: Sequence[tuple[Document, Sequence[Verdict]]]) -> str:
    """One object with a list of files, each with its verdicts and what was not read."""
    files = [
        {
            "path": document.path,
            "verdicts": [verdict.to_dict() for verdict in verdicts],
            "unread": [{"text": unread.text, "line": unread.line, "reason": unread.reason} for unread in document.unread],
        }
        for document, verdicts in results
    ]
    return json.dumps({"files": files}, ensure_ascii=False, indent=2)


def as_junit(results: Sequence[tuple[Document, Sequence[Verdict]]]) -> str:
    """JUnit XML: a suite for each file, a case for each statement; what was not read is skipped."""
    root = ElementTree.Element("testsuites")
    for document, verdicts in results:
        failures = sum(not verdict.as_expected and not verdict.problem for verdict in verdicts)
        errors, skipped = sum(bool(verdict.problem) for verdict in verdicts), len(document.unread)
        counts = {"tests": len(verdicts) + skipped, "failures": failures, "errors": errors, "skipped": skipped}
        attributes = {"name": document.path} | {key: str(value) for key, value in counts.items()}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for verdict in verdicts:
            name = verdict.name or (f"line {verdict.line}: {verdict.statement}" if verdict.line else verdict.statement)
            case = ElementTree.SubElement(suite, "testcase", classname=document.path, name=name, line=str(verdict.line))
            if not verdict.as_expected:
                wanted = "" if verdict.expected else " (expected false)"
                kind, outcome = "error" if verdict.problem else "failure", verdict.problem or verdict.status
                failure = ElementTree.SubElement(case, kind, message=f"{outcome}{wanted}: {verdict.statement}", type=outcome)
                failure.text = verdict.explain()
        for unread in document.unread:
            case = ElementTree.SubElement(suite, "testcase", classname=document.path, name=f"line {unread.line}: {unread.text}")
            ElementTree.SubElement(case, "skipped", message=unread.reason)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")
