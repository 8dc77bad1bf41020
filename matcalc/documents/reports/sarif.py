"""A report as SARIF 2.1.0, the form in which code hosts take remarks that stand beside a line in a review."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from matcalc.base.records import blake2b
from matcalc.base.version import VERSION
from matcalc.documents.pieces import Fault, Place
from matcalc.documents.report import Entry, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {
    "refuted": ("error", "The formula is false", "The two sides differ: a counterexample was found."),
    "conditional": ("warning", "The formula is true under a condition only", "The condition is not stated in the document."),
    "undecided": ("note", "The formula is neither proved nor refuted", "No proof was found, and no counterexample."),
    "not-read": ("note", "The formula was not read", "The formula is outside the language, or a symbol in it is not known."),
    "unreadable": ("warning", "A place of the document cannot be read", "What follows it is read all the same."),
}


def as_sarif(reports: Sequence[Report]) -> str:
    """SARIF with a result for each claim that is not as expected, and for each place that cannot be read."""
    rules = [
        {"id": name, "shortDescription": {"text": short}, "fullDescription": {"text": long}, "defaultConfiguration": {"level": level}}
        for name, (level, short, long) in _RULES.items()
    ]
    driver = {"name": "matcalc", "version": VERSION, "semanticVersion": VERSION, "rules": rules}
    results = [result for report in reports for result in _results(report)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _results(report: Report) -> list[dict[str, Any]]:
    claims = [_claim(entry) for entry in report.claims if not entry.as_expected]
    return claims + [_unreadable(fault) for fault in report.faults]


def _claim(entry: Entry) -> dict[str, Any]:
    rule = "refuted" if entry.severity == "refuted" else entry.status.replace(" ", "-")
    found = _result(rule, f"{entry.status}: {' '.join(entry.text.split())}. {entry.remark}".strip(), entry.place)
    print_ = blake2b(f"{rule}\0{entry.text}\0{entry.section}".encode(errors="replace"), digest_size=16).hexdigest()
    return found | {"partialFingerprints": {"claim/v1": print_}}


def _unreadable(fault: Fault) -> dict[str, Any]:
    return _result("unreadable", f"{fault.reason}. {fault.advice}".strip(), fault.place)


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
