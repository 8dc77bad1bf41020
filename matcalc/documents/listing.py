"""A report as JSON: every entry of a document."""

from __future__ import annotations

from typing import Any

from matcalc.documents.pieces import Fault
from matcalc.documents.report import Entry, Report


def as_dict(report: Report) -> dict[str, Any]:
    """Everything as JSON-ready values."""
    entries, faults = [_entry(entry) for entry in report.entries], [_fault(fault) for fault in report.faults]
    return {"path": report.path, "entries": entries, "faults": faults}


def _entry(entry: Entry) -> dict[str, Any]:
    verdict = entry.verdict
    said: dict[str, Any] = {
        "text": entry.text,
        "line": entry.place.line,
        "file": entry.place.file,
        "role": entry.role,
        "status": entry.status,
        "section": list(entry.section),
        "reason": entry.reason,
        "asked": entry.asked,
        "context": list(entry.context),
    }
    if verdict is not None:
        said |= {
            "reason": entry.reason or verdict.reason,
            "condition": verdict.condition,
            "correction": None if verdict.correction is None else verdict.correction.text("ascii"),
            "declarations": dict(verdict.declarations or {}),
            "layout": verdict.layout,
        }
    return said


def _fault(fault: Fault) -> dict[str, Any]:
    place = fault.place
    said = {"text": fault.text, "line": place.line, "file": place.file, "status": "not read"}
    return said | {"reason": fault.reason, "advice": fault.advice}
