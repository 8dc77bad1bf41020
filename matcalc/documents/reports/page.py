"""A report as one self-contained page: the document's formulas rendered, each with a mark and the right answer beside it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from matcalc.base.version import VERSION
from matcalc.documents.pieces import Fault
from matcalc.documents.report import Entry, Report

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
    """HTML that needs no other file and asks for none: a policy in it forbids any. All text of the documents is escaped."""
    scripts = (_katex("katex.min.js"), _SCRIPT)
    policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; script-src " + " ".join(map(_allowed, scripts))
    head = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(', '.join(report.path for report in reports))} – matcalc</title>",
        f"<style>{_style_sheet()}{_STYLE}</style></head><body>",
        '<p><label><input type="checkbox" id="all" checked> show what is no claim, too</label></p>',
    ]
    body = [line for report in reports for line in _report(report)]
    tail = [f'<p class="role">matcalc {escape(VERSION)}</p>', *(f"<script>{script}</script>" for script in scripts), "</body></html>"]
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
    yield '<p class="counts">' + "".join(f"<span>{count} {escape(name)}</span>" for name, count in counts.items() if count) + "</p>"
    shown: tuple[str, ...] | None = None
    for entry in report.entries:
        if entry.section != shown:
            shown = entry.section
            if shown:
                yield f"<h2>{escape(' › '.join(shown))}</h2>"
        yield from _entry(entry)
    for fault in report.faults:
        yield _fault(fault)


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
    if verdict is not None and verdict.correction is not None and entry.severity in ("refuted", "conditional"):
        yield f'<div class="remark right">right answer: {_formula(verdict.correction.latex(), "latex")}</div>'
    if verdict is not None and verdict.condition is not None and not entry.as_expected:
        yield f'<div class="remark">true {"if and only if" if verdict.condition_exact else "if"} {escape(_condition(entry))}</div>'
    if not entry.as_expected and entry.said_why:
        yield f'<div class="remark">{escape(entry.said_why)}</div>'
    if entry.reading:
        yield f'<div class="remark role">{escape(entry.reading)}</div>'
    details = [f"with {said}" for said in entry.context]
    details += verdict.explain().splitlines() if verdict is not None else []
    if details:
        yield f"<details><summary>how it was read and decided</summary><pre>{escape(chr(10).join(details))}</pre></details>"


def _condition(entry: Entry) -> str:
    assert entry.verdict is not None
    return entry.verdict.condition_text or entry.verdict.condition or ""


def _fault(fault: Fault) -> str:
    advice = f"; {fault.advice}" if fault.advice else ""
    return f'<p class="fault">{escape(str(fault.place))}: not readable: {escape(fault.reason + advice)}</p>'
