"""What becomes of a short Markdown document that a test writes."""

from __future__ import annotations

from pathlib import Path

from matcalc.documents.examination import verify_document
from matcalc.documents.reports import Report


def verified(text: str, folder: Path) -> Report:
    """The report on a document with this text, nothing of which is kept."""
    path = folder / "notes.md"
    path.write_text(text + "\n", encoding="utf-8")
    return verify_document(path, cache=False)


def statuses(text: str, folder: Path) -> list[str]:
    """Those of its claims, in reading order."""
    return [entry.status for entry in verified(text, folder).claims]


def roles(text: str, folder: Path) -> list[str]:
    """What its rows with a relation are for, in reading order; definitions left out."""
    return [
        entry.role
        for entry in verified(text, folder).entries
        if entry.role not in ("notation", "definition", "declaration", "number")
    ]
