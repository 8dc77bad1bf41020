"""Reports for people: a self-contained page, a table, a comment on a pull request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from matcalc.base.version import VERSION
from matcalc.documents.blocks import Fault
from matcalc.documents.reports import Entry, Report
from matcalc.verification.verdict import Verdict

_FONT = re.compile(r"url\(fonts/([A-Za-z0-9_-]+)\.woff2\) format\(\"woff2\"\)(?:,url\([^)]*\) format\(\"[a-z]+\"\))*")
_MARKS = {"proved": "✓", "confirmed": "✓", "conditional": "△", "refuted": "✗", "undecided": "?", "not read": "–"}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --care: #9a6700; --dim: #6e7781; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; border-bottom: 1px solid var(--line); }
.entry { display: grid; grid-template-columns: 5.5rem 8rem 1fr; gap: .2rem .8rem; padding: .45rem 0; border-bottom: 1px solid var(--line); }
.entry > * { min-width: 0; } .formula { overflow-x: auto; overflow-y: hidden; } .place, .role { color: var(--dim); }
.proved .mark, .confirmed .mark { color: var(--good); } .refuted .mark, .unexpected .mark { color: var(--bad); font-weight: 600; }
.conditional .mark { color: var(--care); font-weight: 600; } .undecided .mark, .unread .mark, .aside { color: var(--dim); }
.remark { grid-column: 3; } .right { border-left: 3px solid var(--good); padding-left: .6rem; overflow-x: auto; overflow-y: hidden; }
details { grid-column: 3; color: var(--dim); font-size: .9rem; } pre { white-space: pre-wrap; margin: .2rem 0; }
.counts span { margin-right: 1.2rem; white-space: nowrap; } .fault { color: var(--care); } code { white-space: pre-wrap; }
label { color: var(--dim); } body:has(#all:not(:checked)) .aside { display: none; } .katex { font-size: 1.05em; }
@media (max-width: 40rem) { .entry { grid-template-columns: 4rem 1fr; } .formula, .remark, details { grid-column: 1 / -1; } }
"""
_SCRIPT = """
for (const node of document.querySelectorAll("[data-tex]")) {
  try {
    const tex = "\\\\displaystyle " + node.dataset.tex;
    katex.render(tex, node, {trust: false, strict: false, maxExpand: 200, maxSize: 20});
  } catch (error) {
    node.classList.add("plain");
  }
}
"""


def as_page(reports: Sequence[Report]) -> str:
    """HTML that needs no other file and asks for none: a policy in it forbids any. All text of the
    documents is escaped."""
    body = ['<p><label><input type="checkbox" id="all" checked> show what is no claim, too</label></p>']
    body += [line for report in reports for line in _report(report)]
    return self_contained(", ".join(report.path for report in reports), _STYLE, body)


def self_contained(title: str, style: str, body: Sequence[str]) -> str:
    """A page with a body in HTML, in which elements with ``data-tex`` become formulas; it needs no
    other file and asks for none."""
    scripts = (_katex("katex.min.js"), _SCRIPT)
    policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; script-src "
    policy += " ".join(map(_allowed, scripts))
    head = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)} – matcalc</title>",
        f"<style>{_style_sheet()}{style}</style></head><body>",
    ]
    tail = [
        f'<p class="role">matcalc {escape(VERSION)}</p>',
        *(f"<script>{script}</script>" for script in scripts),
        "</body></html>",
    ]
    return "\n".join([*head, *body, *tail])


@cache
def _katex(name: str) -> str:
    return (files("matcalc.documents.reports") / "katex" / name).read_text(encoding="utf-8")


@cache
def _style_sheet() -> str:
    """KaTeX's style sheet with its fonts inside."""
    return _FONT.sub(lambda match: f'url(data:font/woff2;base64,{_font(match[1])}) format("woff2")', _katex("katex.min.css"))


def _font(name: str) -> str:
    return b64encode((files("matcalc.documents.reports") / "katex" / "fonts" / f"{name}.woff2").read_bytes()).decode()


def _allowed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _report(report: Report) -> Iterator[str]:
    yield f"<h1>{escape(report.path)}</h1>"
    counts = {"claims": len(report.claims), **report.counts}
    yield (
        '<p class="counts">' + "".join(f"<span>{count} {escape(name)}</span>" for name, count in counts.items() if count) + "</p>"
    )
    shown: tuple[str, ...] | None = None
    for entry in report.entries:
        if entry.section != shown:
            shown = entry.section
            if shown:
                yield f"<h2>{escape(' › '.join(shown))}</h2>"
        yield from _entry(entry)
    yield from (_fault(fault) for fault in report.faults)


def _entry(entry: Entry) -> Iterator[str]:
    claim = entry.role == "claim"
    kind = "unread" if entry.status == "not read" else entry.status if claim else "aside"
    kind += "" if entry.as_expected or entry.expected else " unexpected"
    mark = f"{_MARKS[entry.status]} {entry.status}" if claim else entry.role
    name = f"{escape(entry.name)}: " if entry.name else ""
    yield f'<div class="entry {escape(kind)}"><span class="place">{escape(_place(entry))}</span><span class="mark">{escape(mark)}</span>'
    yield f'<div class="formula">{name}{_formula(entry.text, entry.notation)}</div>'
    if claim:
        yield from _remarks(entry)
    elif entry.reason:
        yield f'<div class="remark role">{escape(entry.reason)}</div>'
    yield "</div>"


def _place(entry: Entry) -> str:
    place = entry.place
    return f"cell {place.cell}, {place.line_in_cell}" if place.cell else f"line {place.line}"


def _formula(text: str, notation: str) -> str:
    """A formula that the script renders; where it cannot, and without scripts, the text stays."""
    line = escape(" ".join(text.split()))
    return f'<span data-tex="{line}">{line}</span>' if notation == "latex" else f"<code>{line}</code>"


def _remarks(entry: Entry) -> Iterator[str]:
    verdict = entry.verdict
    if verdict is not None:
        yield from _answers(entry, verdict)
    if not entry.as_expected and entry.said_why:
        yield f'<div class="remark">{escape(entry.said_why)}</div>'
    if entry.reading:
        yield f'<div class="remark role">{escape(entry.reading)}</div>'
    details = [f"with {said}" for said in entry.context]
    details += verdict.explain().splitlines() if verdict is not None else []
    if details:
        yield f"<details><summary>how it was read and decided</summary><pre>{escape(chr(10).join(details))}</pre></details>"


def _answers(entry: Entry, verdict: Verdict) -> Iterator[str]:
    """The right answer, and under which condition the formula is true."""
    if verdict.correction is not None and entry.severity in ("refuted", "conditional"):
        yield f'<div class="remark right">right answer: {_formula(verdict.correction.latex(), "latex")}</div>'
    if verdict.condition is not None and not entry.as_expected:
        said = escape(verdict.condition_text or verdict.condition)
        yield f'<div class="remark">true {"if and only if" if verdict.condition_exact else "if"} {said}</div>'


def _fault(fault: Fault) -> str:
    advice = f"; {fault.advice}" if fault.advice else ""
    return f'<p class="fault">{escape(str(fault.place))}: not readable: {escape(fault.reason + advice)}</p>'


_REVIEW_MARKS = {"refuted": "❌", "conditional": "⚠️", "undecided": "❔", "not read": "➖"}
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
        lines += _review_remarks(report)
    return "\n".join(lines)


def _review_remarks(report: Report) -> list[str]:
    noted = [entry for entry in report.claims if entry.severity in ("refuted", "conditional")]
    if not noted:
        return []
    lines = ["", f"#### {_escaped(report.path)}", "", "| line | | formula | remark |", "|--:|---|---|---|"]
    lines += [_row(entry) for entry in noted[:_MOST]]
    return lines + (["", f"… and {len(noted) - _MOST} more"] if len(noted) > _MOST else [])


def _row(entry: Entry) -> str:
    status = f"{_REVIEW_MARKS.get(entry.status, '❌')} {entry.status}"
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
        f"<tr><td>{entry.place.line}</td><td>{escape(entry.status)}</td><td><code>{escape(entry.text)}</code></td>"
        f"<td>{escape(entry.remark)}</td></tr>"
        for entry in report.claims
    ]
    head = "<tr><th>line</th><th>verdict</th><th>formula</th><th>remark</th></tr>"
    return f"<p>{escape(report.path)}</p><table>{head}{''.join(rows)}</table>"


_WIDTH = 76
_STATUS = len("confirmed") + 2
_MOST_REASONS = 5


def as_table(report: Report, *, everything: bool = False) -> str:
    """The claims by section; with ``everything`` also what is no claim, with its role. Then the
    unreadable places and the counts."""
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
        yield from _table_entry(entry, report)
    for fault in report.faults:
        yield ""
        yield f"{fault.place}: not readable: {fault.reason}" + (f"; {fault.advice}" if fault.advice else "")
    yield from ("", summary(report)) if report.entries else (summary(report),)
    reasons = report.not_read
    yield from (f"  {count} × {reason}" for reason, count in list(reasons.items())[:_MOST_REASONS])
    if len(reasons) > _MOST_REASONS:
        yield f"  {sum(list(reasons.values())[_MOST_REASONS:])} for other reasons"


def _table_entry(entry: Entry, report: Report) -> Iterator[str]:
    place = _table_place(entry, report)
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


def _table_place(entry: Entry, report: Report) -> str:
    place = entry.place
    if place.cell:
        return f"[{place.cell}]:{place.line_in_cell}"
    return str(place.line) if place.file in ("", report.path) else f"{place.file}:{place.line}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def summary(report: Report) -> str:
    """The counts on one line."""
    claims = f"{report.path}: {_counted(len(report.claims), 'claim')}"
    parts = [
        f"{count} {name}" for name, count in report.counts.items() if count and name not in ("no claims", "unreadable places")
    ]
    wrong = sum(1 for entry in report.claims if not entry.expected and not entry.as_expected)
    said = [": ".join(filter(None, (claims, ", ".join(parts))))]
    said += [f"{wrong} not as expected"] if wrong else []
    said += [f"{_counted(len(report.faults), 'place')} not readable"] if report.faults else []
    others = report.counts["no claims"]
    return "; ".join([*said, _counted(others, "other formula")] if others else said)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
