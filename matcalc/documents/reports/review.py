"""A report as Markdown for a comment on a pull request: the counts, and the claims that need somebody's eye."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Sequence

from matcalc.documents.report import Entry, Report

_MARKS = {"refuted": "❌", "conditional": "⚠️", "undecided": "❔", "not read": "➖"}
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|<>~&$@]")
_MOST = 100


def as_review(reports: Sequence[Report]) -> str:
    """Markdown: a table of files, and for each the claims that are not as expected."""
    lines = [
        "### matcalc",
        "",
        "| file | claims | proved | confirmed | conditional | refuted | undecided | not read |",
        "|---|" + "--:|" * 7,
    ]
    for report in reports:
        counts = report.counts
        shown = [counts[name] for name in ("proved", "confirmed", "conditional", "refuted", "undecided", "not read")]
        lines.append(f"| {_escaped(report.path)} | {len(report.claims)} | " + " | ".join(map(str, shown)) + " |")
    for report in reports:
        lines += _remarks(report)
    return "\n".join(lines)


def _remarks(report: Report) -> list[str]:
    noted = [entry for entry in report.claims if entry.severity in ("refuted", "conditional")]
    if not noted:
        return []
    lines = ["", f"#### {_escaped(report.path)}", "", "| line | | formula | remark |", "|--:|---|---|---|"]
    lines += [_row(entry) for entry in noted[:_MOST]]
    return lines + (["", f"… and {len(noted) - _MOST} more"] if len(noted) > _MOST else [])


def _row(entry: Entry) -> str:
    status = f"{_MARKS.get(entry.status, '❌')} {entry.status}"
    return f"| {entry.place.line} | {status} | {_code(entry.text)} | {_escaped(entry.remark)} |"


def _code(text: str) -> str:
    """A code span within a cell of a table: a bar would end the cell, backquotes the span."""
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match[0], " ".join(text.split())).replace("\\<", "&lt;").replace("\\>", "&gt;")


def as_html(report: Report) -> str:
    """A table of the claims, for a notebook."""
    rows = [
        f"<tr><td>{entry.place.line}</td><td>{markup.escape(entry.status)}</td><td><code>{markup.escape(entry.text)}</code></td>"
        f"<td>{markup.escape(entry.remark)}</td></tr>"
        for entry in report.claims
    ]
    head = "<tr><th>line</th><th>verdict</th><th>formula</th><th>remark</th></tr>"
    return f"<p>{markup.escape(report.path)}</p><table>{head}{''.join(rows)}</table>"
