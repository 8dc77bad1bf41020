"""A report as a table for the terminal: by section, with source lines and what is to be said of each claim that is not true."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.documents.report import Entry, Report

_WIDTH = 76
_STATUS = len("confirmed") + 2
_MARKS = {"proved": "✓", "confirmed": "✓", "conditional": "△", "refuted": "✗", "undecided": "?", "not read": "–"}
_MOST_REASONS = 5


def as_table(report: Report, *, everything: bool = False) -> str:
    """The claims by section; with ``everything`` also what is no claim, with its role. Then the unreadable places and the counts."""
    return "\n".join(_lines(report, everything)).lstrip("\n")


def _lines(report: Report, everything: bool) -> Iterator[str]:
    shown: tuple[str, ...] = ()
    for entry in report.entries:
        if entry.role != "claim" and not everything:
            continue
        if entry.section != shown:
            shown = entry.section
            yield ""
            yield " › ".join(shown) or report.path
        yield from _entry(entry, report)
    for fault in report.faults:
        yield ""
        yield f"{fault.place}: not readable: {fault.reason}" + (f"; {fault.advice}" if fault.advice else "")
    yield from ("", summary(report)) if report.entries else (summary(report),)
    reasons = report.not_read
    for reason, count in list(reasons.items())[:_MOST_REASONS]:
        yield f"  {count} × {reason}"
    if len(reasons) > _MOST_REASONS:
        yield f"  {sum(list(reasons.values())[_MOST_REASONS:])} for other reasons"


def _entry(entry: Entry, report: Report) -> Iterator[str]:
    place = _place(entry, report)
    status = entry.status if entry.role == "claim" else entry.role
    mark = _MARKS.get(status, " ") if entry.as_expected or entry.expected else "✗"
    name = f"{entry.name}: " if entry.name else ""
    yield f"{place:>6}  {mark} {status:<{_STATUS}}  {name}{_short(entry.text)}"
    indent = " " * 10
    if entry.remark:
        yield f"{indent}{entry.remark}"
    if entry.reading:
        yield f"{indent}{entry.reading}"
    if entry.severity in ("refuted", "conditional") and entry.context:
        yield f"{indent}with {'; '.join(entry.context)}"


def _place(entry: Entry, report: Report) -> str:
    place = entry.place
    if place.cell:
        return f"[{place.cell}]:{place.line_in_cell}"
    return str(place.line) if place.file in ("", report.path) else f"{place.file}:{place.line}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def summary(report: Report) -> str:
    """The counts on one line."""
    claims = len(report.claims)
    parts = [f"{count} {name}" for name, count in report.counts.items() if count and name not in ("no claims", "unreadable places")]
    said = f"{report.path}: {claims} claim{'' if claims == 1 else 's'}" + (": " + ", ".join(parts) if parts else "")
    others, unreadable = report.counts["no claims"], len(report.faults)
    wrong = sum(1 for entry in report.claims if not entry.expected and not entry.as_expected)
    said += f"; {wrong} not as expected" if wrong else ""
    said += f"; {unreadable} place{'' if unreadable == 1 else 's'} not readable" if unreadable else ""
    return said + (f"; {others} other formula{'' if others == 1 else 's'}" if others else "")
