"""Sheets of problems with worked solutions, every one of which was checked by numbers before it is
written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.extras import needs_extra
from matcalc.base.layouts import Layout, Symmetric
from matcalc.documents.reports.pages import self_contained
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Symbol
from matcalc.facts.table import tying
from matcalc.interface.api import derive, parse
from matcalc.interface.console import ascii_text
from matcalc.interface.presentation import clear_choice, named_or_open, question
from matcalc.interface.results import Derivation
from matcalc.language.text.asked_in_words import require_order
from matcalc.language.text.spelling import GREEK_NAMES
from matcalc.language.text.tokenization import is_latex
from matcalc.objects.inputs import split_names
from matcalc.printing import text as text_of
from matcalc.printing.names import escaped
from matcalc.proofs.printed import proof_lines
from matcalc.repl.alone import derivative_asked
from matcalc.steps.step import Step, Words, Writing, caption, latex_block, worded
from matcalc.teaching.problems import Problem, Sheet
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict

SOLUTIONS = ("none", "answers", "steps")


# ------------------------------------------------------------
# Solutions.


@dataclass(frozen=True)
class Solved:
    """A problem with what is asked, its answer, and the steps to it, or what shows that a statement
    is true or false."""

    problem: Problem
    asked: Words
    answer: Words
    steps: tuple[Step, ...] = ()
    shown: str = ""
    derivation: Derivation | None = None
    verdict: Verdict | None = None


def solved(problem: Problem) -> Solved:
    """The solution of a problem. Raises MatcalcError, with number and place, for a problem that
    cannot be solved, and for a solution that numbers do not confirm."""
    try:
        return _judged(problem) if problem.statement else _derived(problem)
    except MatcalcError as error:
        raise problem.error(error) from None


def _only_name(formula: str, problem: Problem) -> list[str]:
    named, found = named_or_open(formula, declare=problem.declared)
    only = clear_choice(found)
    if not named and only is None:
        raise question(found, ['wrt = "x"'])
    return [] if named or only is None else [only]


def derivation_of(problem: Problem) -> Derivation:
    """The derivative that a problem asks for."""
    words = derivative_asked(problem.formula, problem.order)
    require_order(words.order, max(problem.order, words.order))
    by = split_names(",".join(words.by(split_names(problem.wrt)))) or _only_name(words.formula, problem)
    return derive(
        words.formula,
        tuple(by) if len(by) > 1 else next(iter(by), None),
        declare=problem.declared,
        order=words.order,
        layout=cast("Layout", problem.layout),
        symmetric=cast("Symmetric", problem.symmetric),
    )


def _derived(problem: Problem) -> Solved:
    derivation = derivation_of(problem)
    steps = derivation.derivation_steps(problem.style)
    confirm(derivation, steps)
    last = steps[-1]
    equation = Writing.of(lambda style: f"{last.left_writing.spelled(style)} = {last.right_writing.spelled(style)}")
    given = f", where {' and '.join(derivation.conditions)}" if derivation.conditions else ""
    asked = told(problem.text) if problem.text else steps.statement
    return Solved(problem, asked, (equation, *([given] if given else [])), tuple(steps), derivation=derivation)


_POINTS_TRIED = 12
_DISAGREEMENTS = 3


def confirm(derivation: Derivation, steps: Sequence[Step]) -> None:
    """Raises MatcalcError unless both sides of every step agree at a random point; derivatives on
    the left are found by differences, without the rules that the steps rest on."""
    differing = 0
    for seed in range(_POINTS_TRIED):
        point = _point(derivation, seed)
        if point is None:
            break
        wrong = _disagreement(steps, point)
        if wrong is None:
            return
        differing += bool(wrong)
        if differing >= _DISAGREEMENTS:
            raise MatcalcError(f"the step {wrong} does not agree with numbers; nothing is printed")
    raise MatcalcError("the solution could not be checked: there is no point at which all its steps have values")


def _point(derivation: Derivation, seed: int) -> Point | None:
    """Values of all symbols and of the changes of the variables."""
    free = derivation.symmetric == "independent"
    wrt = list(dict.fromkeys(derivation.wrt))
    moves = [Symbol(f"d{one.name}", one.shape, frozenset() if free else tying(one.properties)) for one in wrt]
    return find_point([derivation.source.node], 1000 * seed, extra=[*wrt, *moves])


def _disagreement(steps: Sequence[Step], point: Point) -> str | None:
    """The first step whose sides differ; nothing said of one that has no value here."""
    for step in steps:
        try:
            left = step.left.value(point.values, point.sizes)
            right = step.right.value(point.values, point.sizes)
        except MatcalcError:
            return ""
        if not agrees(left, right, relative=2e-6, absolute=1e-7):
            return step.text
    return None


def _true(problem: Problem, asked: Words, verdict: Verdict) -> Solved:
    conditions = "".join(f", where {said}" for said in verdict.holds_if)
    shown = "" if verdict.proof is None else "\n".join(proof_lines(verdict.proof))
    return Solved(problem, asked, (f"True{conditions}.",), shown=shown, verdict=verdict)


def _judged(problem: Problem) -> Solved:
    verdict = verify(
        problem.statement,
        declare=problem.declared,
        layout=problem.layout,
        symmetric=problem.symmetric,
    )
    if verdict.status == "undecided":
        raise MatcalcError(f"the statement stays undecided: {verdict.reason}")
    asked = told(problem.text) if problem.text else ("Prove or refute: ", _claimed(verdict), ".")
    if verdict.ok:
        return _true(problem, asked, verdict)
    answer: list[str | Writing] = ["False"]
    if verdict.condition is not None:
        needed = "if and only if" if verdict.condition_exact else "if"
        answer += [f" in general; true {needed} {verdict.condition_text or verdict.condition}"]
    if verdict.correction is not None and hasattr(verdict.correction, "node"):
        right = verdict.correction.node
        answer += ["; right is ", Writing.of(lambda style: text_of(right, style))]
    example = verdict.counterexample
    shown = verdict.reason if example is None else str(example)
    return Solved(problem, asked, (*answer, "."), shown=shown, verdict=verdict)


def told(text: str) -> Words:
    """Words of a teacher, in which formulas stand between dollar signs."""
    parts = re.split(r"\$([^$]+)\$", text)
    return tuple([_formula(part) if k % 2 else part for k, part in enumerate(parts) if part])


def _formula(written: str) -> Writing:
    """A formula as matcalc writes it, or as it is typed where it is no expression."""
    try:
        node = parse(written).node
    except MatcalcError:
        return typed(written)
    return Writing.of(lambda style: text_of(node, style))


_COMMANDS = """
    frac dfrac tfrac partial nabla top intercal operatorname mathrm mathbf boldsymbol bm mathbb
    mathcal text left right lVert rVert Vert lvert rvert vert langle rangle in mid cdot times
    odot otimes oslash circ sum prod log exp ln det tr sin cos tan tanh sinh cosh max min sqrt
    hat bar tilde vec dot prime infty ne le ge leq geq quad qquad big Big bigl bigr Bigl Bigr to
    mapsto forall exists ldots cdots dots
"""
_SAFE = {
    *re.findall("[A-Za-z]+", _COMMANDS),
    *GREEK_NAMES,
    *(name.capitalize() for name in GREEK_NAMES),
}
"""Commands that may go to TeX as they are typed; none reads or writes files or defines anything."""


def _is_safe(written: str) -> bool:
    commands = re.findall(r"\\([A-Za-z]+)", written)
    return is_latex(written) and "^^" not in written and "%" not in written and set(commands) <= _SAFE


_MORE_THAN_SIDES = re.compile(r"[;,]|\b(where|with|if|for|and|let)\b")


def _claimed(verdict: Verdict) -> Writing:
    """A statement, typeset where it is one equation that says nothing besides its two sides."""
    written, reading = verdict.statement, verdict.reading
    plain = written.count("=") == 1 and _MORE_THAN_SIDES.search(written) is None
    if _is_safe(written) or not plain or reading is None:
        return typed(written)
    return Writing.of(lambda style: written if style in ("unicode", "ascii") else reading.typeset(style))


def typed(written: str) -> Writing:
    """A formula just as it is typed."""
    spelled = {
        "latex": written if _is_safe(written) else rf"\texttt{{{_in_typewriter(written)}}}",
        "typst": f"#raw({json.dumps(written, ensure_ascii=False)})",
    }
    return Writing.of(lambda style: spelled.get(style, written))


def _in_typewriter(written: str) -> str:
    """Text for a box in a formula; what ``escaped`` leaves is a command, an accent or a hat
    there."""
    marks = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
    return "".join([marks.get(one) or escaped(one) for one in written])


# ------------------------------------------------------------
# Sheets as text.


@dataclass(frozen=True)
class Form:
    """How a kind of file writes the parts of a sheet."""

    words: Callable[[Words], str]
    heading: Callable[[str, int], str]
    problem: Callable[[int, str, str], str]
    steps: Callable[[Sequence[Step]], str]
    verbatim: Callable[[str], str]
    whole: Callable[[str, Sequence[str]], str]


def points_text(points: float) -> str:
    """``2 points``."""
    return f"{points:g} point{'s' if points != 1 else ''}"


def written(sheet: Sheet, solutions: Sequence[Solved], kind: str, show: str = "none") -> str:
    """The sheet as a file of this kind; solutions come after all problems."""
    form = FORMS[kind]
    parts = [form.heading(sheet.title, 1)]
    parts += [form.words(told(sheet.text))] if sheet.text else []
    for one in solutions:
        problem = one.problem
        said = form.words(one.asked)
        if problem.hint:
            said += " " + form.words(("Hint: ", *told(problem.hint)))
        parts.append(form.problem(problem.number, points_text(problem.points), said))
    if show != "none":
        parts.append(form.heading("Solutions", 2))
        for one in solutions:
            parts.append(form.problem(one.problem.number, "", form.words(one.answer)))
            if show == "steps" and one.steps:
                parts.append(form.steps(one.steps))
            if show == "steps" and one.shown:
                parts.append(form.verbatim(one.shown))
    return form.whole(sheet.title, parts)


def _block(step: Step) -> str:
    return latex_block(step.left_writing.latex, step.right_writing.latex)


def _lead(points: str) -> str:
    return f" ({points})" if points else ""


_MARKDOWN = Form(
    words=lambda words: worded(words, "markdown"),
    heading=lambda title, level: f"{'#' * level} {title}",
    problem=lambda number, points, said: f"**{number}.**{_lead(points)} {said}",
    steps=lambda steps: "\n\n".join(
        f"{k}. {worded(caption(step), 'markdown')}\n\n{' ' * len(f'{k}. ')}$${_block(step)}$$" for k, step in enumerate(steps, 1)
    ),
    verbatim=lambda shown: f"```text\n{shown}\n```",
    whole=lambda title, parts: "\n\n".join(parts) + "\n",
)

# ------------------------------------------------------------ HTML

_STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; }
li { margin: .5rem 0; } .problem { margin: 1rem 0 .3rem; }
.role { color: #6e7781; font-size: .85rem; }
.block { display: block; overflow-x: auto; overflow-y: hidden; padding: .2rem 0; }
pre { white-space: pre-wrap; background: #8881; padding: .5rem; }
@media print { body { margin: 0; max-width: none; } li, .problem { break-inside: avoid; } }
"""


def _html_words(words: Words) -> str:
    return "".join([escape(part) if isinstance(part, str) else _html_formula(part.latex, part.unicode) for part in words])


def _html_formula(latex: str, plain: str, kind: str = "") -> str:
    return f'<span{kind} data-tex="{escape(latex)}">{escape(plain)}</span>'


def _html_steps(steps: Sequence[Step]) -> str:
    rows = [_html_words(caption(step)) + _html_formula(_block(step), step.text, ' class="block"') for step in steps]
    return "<ol>" + "".join(f"<li>{row}</li>" for row in rows) + "</ol>"


_HTML = Form(
    words=_html_words,
    heading=lambda title, level: f"<h{level}>{escape(title)}</h{level}>",
    problem=lambda number, points, said: f'<p class="problem"><b>{number}.</b>{escape(_lead(points))} {said}</p>',
    steps=_html_steps,
    verbatim=lambda shown: f"<pre>{escape(shown)}</pre>",
    whole=lambda title, parts: self_contained(title, _STYLE, parts) + "\n",
)

# ------------------------------------------------------------ LaTeX

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\begin{document}
"""


def _tex_words(words: Words) -> str:
    return "".join([_tex_text(worded((part,), "latex")) for part in words])


def _tex_text(source: str) -> str:
    """Characters that the fonts of LaTeX do not have, as they are spelled out."""
    return "".join([sign if ord(sign) < 0x250 or sign in "–—‘’“”" else ascii_text(sign) for sign in source])


def _tex_steps(steps: Sequence[Step]) -> str:
    rows = [rf"\item {_tex_words(caption(step))} \[{_block(step)}\]" for step in steps]
    return "\\begin{enumerate}\n" + "\n".join(rows) + "\n\\end{enumerate}"


_LATEX = Form(
    words=_tex_words,
    heading=lambda title, level: rf"\section*{{{_tex_words((title,))}}}" if level == 1 else rf"\subsection*{{{title}}}",
    problem=lambda number, points, said: rf"\textbf{{{number}.}}{_lead(points)} {said}",
    steps=_tex_steps,
    verbatim=lambda shown: "\\begin{verbatim}\n" + ascii_text(shown) + "\n\\end{verbatim}",
    whole=lambda title, parts: _PREAMBLE + "\n\n".join(parts) + "\n\\end{document}\n",
)

# ------------------------------------------------------------ Typst

_TYPST_SIGNS = re.compile(r"([\\#$*_`<>@\[\]~=/+-])")


def _typst_words(words: Words) -> str:
    return "".join([_TYPST_SIGNS.sub(r"\\\1", part) if isinstance(part, str) else f"${part.spelled('typst')}$" for part in words])


def _typst_steps(steps: Sequence[Step]) -> str:
    rows = []
    for step in steps:
        equation = f"{step.left_writing.spelled('typst')} = {step.right_writing.spelled('typst')}"
        rows.append(f"+ {_typst_words(caption(step))}\n  $ {equation} $")
    return "\n".join(rows)


_TYPST = Form(
    words=_typst_words,
    heading=lambda title, level: f"{'=' * level} {_typst_words((title,))}",
    problem=lambda number, points, said: f"*{number}.*{_lead(points)} {said}",
    steps=_typst_steps,
    verbatim=lambda shown: f"#raw(block: true, {json.dumps(shown, ensure_ascii=False)})",
    whole=lambda title, parts: "#set page(margin: 25mm)\n#set par(spacing: 1em)\n\n" + "\n\n".join(parts) + "\n",
)

# ------------------------------------------------------------ notebooks


def _notebook(title: str, parts: Sequence[str]) -> str:
    """A cell for every part, and behind every problem one to try it in."""
    cells: list[dict[str, Any]] = [_cell("code", "%load_ext matcalc")]
    solutions = False
    for part in parts:
        solutions = solutions or part == _MARKDOWN.heading("Solutions", 2)
        cells.append(_cell("markdown", part))
        if part.startswith("**") and not solutions:
            cells.append(_cell("code", "%%matcalc\n# your work, as at the prompt\n"))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, source: str) -> dict[str, Any]:
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {
        "cell_type": kind,
        "id": "",
        "metadata": {},
        "source": source.splitlines(keepends=True),
        **code,
    }


FORMS: Mapping[str, Form] = {
    "md": _MARKDOWN,
    "html": _HTML,
    "tex": _LATEX,
    "typ": _TYPST,
    "ipynb": replace(_MARKDOWN, whole=_notebook),
}

# ------------------------------------------------------------
# PDF.

_TEX = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "sheet.tex")
ENGINES: Mapping[str, tuple[str, ...]] = {
    "tectonic": ("tectonic", "sheet.tex"),
    "latexmk": ("latexmk", "-pdf", *_TEX),
    "pdflatex": ("pdflatex", *_TEX),
    "xelatex": ("xelatex", *_TEX),
    "typst": ("typst", "compile", "sheet.typ", "sheet.pdf"),
}
"""Programs that set a sheet, as they are called; the first that is installed is taken."""
_SECONDS = 120
_LOG = 12


def as_pdf(sources: Callable[[str], str], engine: str | None = None) -> bytes:
    """The sheet as a PDF; ``sources`` gives it as a file of a kind.

    Raises MatcalcError where no engine is installed, and for what the engine refuses.
    """
    names = list(ENGINES) if engine is None else [engine]
    found = next((name for name in names if shutil.which(ENGINES[name][0])), None)
    if found is None and engine in (None, "typst"):
        return _by_package(sources("typ"))
    if found is None:
        raise MatcalcError(f"{engine} is not installed", expected=", ".join(ENGINES), suggestion="-o sheet.html")
    kind = "typ" if found == "typst" else "tex"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"sheet.{kind}").write_text(sources(kind), encoding="utf-8")
        try:
            done = subprocess.run(ENGINES[found], cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MatcalcError(f"{found} did not end: {type(error).__name__}", suggestion="-o sheet.html") from None
        pdf = Path(folder) / "sheet.pdf"
        if done.returncode or not pdf.exists():
            said = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()[-_LOG:]
            raise MatcalcError(
                f"{found} could not set the sheet:\n" + "\n".join(said),
                suggestion="another --engine",
            )
        return pdf.read_bytes()


def _by_package(source: str) -> bytes:
    """The PDF by Typst as a Python package."""
    try:
        import typst
    except ModuleNotFoundError as error:
        missing = needs_extra("a PDF without a TeX engine", "worksheet", error)
        missing.expected = f"{', '.join(ENGINES)} on the PATH, or the package"
        raise missing from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.typ"
        path.write_text(source, encoding="utf-8")
        try:
            return bytes(typst.compile(str(path)))
        except RuntimeError as error:
            raise MatcalcError(f"Typst could not set the sheet: {error}", suggestion="-o sheet.html") from None
