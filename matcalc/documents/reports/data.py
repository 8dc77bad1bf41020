"""A report as JSON; ``docs/documents.md`` describes the schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from matcalc.base.version import VERSION
from matcalc.documents.pieces import Fault, Place
from matcalc.documents.report import Entry, Report


def as_json(reports: Sequence[Report]) -> str:
    """One object: the version, and for each file its counts, its entries and its unreadable places."""
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
