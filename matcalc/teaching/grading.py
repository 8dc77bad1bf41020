"""Answers of students, each compared with the right derivative by ``verify``: equal forms are right,
and what is wrong has a name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal, TypeAlias

from matcalc.base.budgets import budget
from matcalc.base.errors import MatcalcError, internal_error, on_one_line
from matcalc.base.layouts import SYMMETRIC
from matcalc.documents.reports.pages import self_contained
from matcalc.einstein import nodes as ix
from matcalc.einstein.lowering import lower
from matcalc.facts.table import tie_of
from matcalc.interface.api import parse
from matcalc.interface.presentation import as_json
from matcalc.interface.results import Derivation
from matcalc.language.declare.declared import SharedNames
from matcalc.teaching.problems import CREDIT, Answers, Problem, Sheet
from matcalc.teaching.sheets import Solved, derivation_of, points_text, solved
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict

Judged: TypeAlias = Literal["right", "partly right", "wrong", "missing", "unreadable", "undecided"]
REPORTS = ("text", "json", "csv", "html")
SECONDS = 10.0
"""How long one answer may take, where nobody says otherwise."""
LONGEST = 20_000
"""Answers with more characters are not read."""


@dataclass(frozen=True)
class Grade:
    """What is said of one answer. ``points`` is None where a teacher has to decide; ``doubts`` are
    what a teacher should look at, too."""

    number: int
    judged: Judged
    points: float | None
    most: float
    answer: str = ""
    place: str = ""
    kind: str = ""
    said: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def flagged(self) -> bool:
        """Whether a teacher should look at it."""
        return self.points is None or bool(self.doubts)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "problem": self.number, "judged": self.judged, "points": self.points, "most": self.most, "answer": self.answer,
            "place": self.place, "kind": self.kind, "said": self.said, "doubts": list(self.doubts),
        }  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """The grades of one student."""

    student: str
    grades: tuple[Grade, ...]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """The sum of the points that are decided."""
        return sum(grade.points or 0.0 for grade in self.grades)

    @property
    def most(self) -> float:
        return sum(grade.most for grade in self.grades)

    @property
    def open(self) -> int:
        """How many answers a teacher has to decide."""
        return sum(grade.points is None for grade in self.grades)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        grades = [grade.to_dict() for grade in self.grades]
        head = {
            "student": self.student,
            "points": self.points,
            "most": self.most,
            "open": self.open,
        }
        return {**head, "notes": list(self.notes), "grades": grades}


def graded(sheet: Sheet, given: Iterable[Answers], seconds: float = SECONDS) -> list[Marks]:
    """The marks of all students. Raises MatcalcError for a problem that cannot be solved; whatever
    is wrong with an answer is said in its grade."""
    solutions = [solved(problem) for problem in sheet.problems]
    return [_marks(sheet, solutions, answers, seconds) for answers in given]


def _marks(sheet: Sheet, solutions: Sequence[Solved], answers: Answers, seconds: float) -> Marks:
    grades = []
    for solution in solutions:
        number = solution.problem.number
        place = answers.places.get(number, "")
        grades.append(grade_of(solution, answers.answers.get(number, ""), place, sheet.credit, seconds))
    unknown = [number for number in answers.answers if number > len(solutions) or number < 1]
    notes = tuple([f"{answers.places[number]}: there is no problem {number}" for number in unknown])
    return Marks(answers.student, tuple(grades), notes)


def grade_of(
    solution: Solved,
    answer: str,
    place: str = "",
    credit: Mapping[str, float] = CREDIT,
    seconds: float = SECONDS,
) -> Grade:
    """The grade of one answer. Raises nothing for any text."""
    problem = solution.problem
    most = problem.points

    def grade(judged: Judged, points: float | None, **more: Any) -> Grade:
        return Grade(problem.number, judged, points, most, answer, place, **more)

    if not answer.strip():
        return grade("missing", 0.0, said="no answer")
    if len(answer) > LONGEST:
        return grade("unreadable", None, said="the answer is too long to be read")
    try:
        with budget(seconds):
            if solution.derivation is None:
                return _of_statement(solution, answer, grade)
            return _of_derivative(solution.derivation, problem, answer, credit, grade)
    except MatcalcError as error:
        return grade("unreadable", None, said=on_one_line(str(error)))
    except RecursionError:
        return grade("unreadable", None, said="the answer is nested too deeply")
    except Exception as error:
        return grade("unreadable", None, said=internal_error(error))


# ------------------------------------------------------------
# Derivatives.

_LEFT = re.compile(
    r"\s*(?:\\?frac\b|\\?partial|\\?nabla|∂|∇|grad|hess|jac|d\s*[\w(]|D\s*[\w(]|[fFgyYJH]\s*(?:'|′|\(|$)|answer|the\s)",
    re.IGNORECASE,
)
"""What stands left of an answer: the derivative that was asked for."""


def _formula(answer: str) -> str:
    """The answer without dollar signs and without the derivative on its left side. Raises
    MatcalcError for another equation."""
    text = answer.strip()
    for fence in ("$$", "$", "`"):
        if text.startswith(fence) and text.endswith(fence) and len(text) > 2 * len(fence):
            text = text.removeprefix(fence).removesuffix(fence).strip()
    sides = re.split(r"(?<![<>=!:\\])=(?!=)", text)
    if len(sides) == 1:
        return text
    if len(sides) == 2 and _LEFT.match(sides[0]):
        return sides[1].strip()
    raise MatcalcError("one formula is expected, and this is an equation", suggestion=sides[-1].strip())


def _of_derivative(
    derivation: Derivation,
    problem: Problem,
    answer: str,
    credit: Mapping[str, float],
    grade: Callable[..., Grade],
) -> Grade:
    formula = _formula(answer)
    read = parse(formula, SharedNames(derivation.declarations))
    strange = [name for name in read.declarations if name not in derivation.declarations]
    doubts = list(read.warnings)
    if strange:
        doubts.append(f"{', '.join(strange)} does not occur in the problem")
    verdict = verify(derivation, formula)
    doubts += [warning for warning in verdict.warnings if warning not in doubts]
    more = {"doubts": tuple(doubts)}
    if verdict.ok:
        return grade("right", problem.points, said=verdict.status, **more)
    if verdict.status == "undecided":
        return grade("undecided", None, said=verdict.reason, **more)
    other = _other_convention(derivation, problem, formula)
    if other:
        kind, said = "layout", f"right in the convention {other!r}, {derivation.symmetric!r} is asked for"
    else:
        kind, said = fault(verdict, derivation, read.node)
    points = problem.points * credit[kind]
    return grade("partly right" if points else "wrong", points, kind=kind, said=said, **more)


def _other_convention(derivation: Derivation, problem: Problem, formula: str) -> str:
    """The convention for variables with tied entries in which an answer is right; empty for none."""
    if not any(tie_of(symbol.properties) for symbol in derivation.wrt):
        return ""
    others = [name for name in SYMMETRIC if name != derivation.symmetric]
    return next((name for name in others if verify(derivation_of(replace(problem, symmetric=name)), formula, help=False).ok), "")


def _is_of_nothing(verdict: Verdict, derivation: Derivation) -> bool:
    """Whether the condition of an answer is one under which the derivative is zero, so that it says
    nothing for the answer."""
    return verify(derivation, "0").condition == verdict.condition


_WORDS: Mapping[str, str] = {
    "should be transposed": "transposed", "sign": "sign", "in the other order": "order", "factor": "factor",
    "too large": "factor", "ᵀ": "transposed", "should be": "factor",
}  # fmt: skip
"""What ``verify`` says of a fault, and its kind; the first that fits."""


def fault(verdict: Verdict, derivation: Derivation, answer: Any) -> tuple[str, str]:
    """The kind of a fault, which is a key of ``CREDIT``, and what is said of it."""
    if verdict.status == "conditional" and not _is_of_nothing(verdict, derivation):
        return "condition", f"right if {verdict.condition_text or verdict.condition}"
    if verdict.other_layout is not None:
        return (
            "layout",
            f"right in {verdict.other_layout} layout, {verdict.layout} layout is asked for",
        )
    reason = [part.strip() for part in verdict.reason.split(";")]
    named = [part for part in reason if "left side" not in part]
    for part in named:
        kind = next((kind for words, kind in _WORDS.items() if words in part), None)
        if kind is not None:
            return kind, part
    missing = _term(derivation, answer)
    if missing:
        rest = next(
            (part.partition(" = ")[2] for part in reason if part.startswith("left side − right side")),
            "",
        )
        return "term", missing + (f": {rest}" if rest and missing.endswith("missing") else "")
    return "other", "; ".join(reason).replace("left side − right side", "right answer − this answer") or "not equal"


def _term(derivation: Derivation, answer: Any) -> str:
    """Whether the answer is the right one without some terms, or with more."""
    try:
        given = lower(answer).tensor
    except MatcalcError:
        return ""
    right, found = _terms(derivation.outcome.tensor), _terms(given)
    if found and found < right:
        return "a term is missing"
    return "a term is too many" if right and right < found else ""


def _terms(tensor: ix.Tensor) -> set[tuple[Any, ix.Tensor]]:
    return set(tensor.terms) if isinstance(tensor, ix.Sum) else {(1, tensor)}


# ------------------------------------------------------------
# Statements.

_TRUE = r"true|proved|proven|holds|correct|right|yes|wahr|✓"
_FALSE = r"not\s+true|false|refuted|disproved|does\s+not\s+hold|incorrect|wrong|no(?=\s*(?:$|[^\w\s]))|✗"
_SAID = re.compile(rf"(?:it\s+is\s+)?(?:(?P<false>{_FALSE})|(?P<true>{_TRUE}))(?!\w)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_EITHER = re.compile(rf"\b(?:{_FALSE}|{_TRUE}|not?|never|if|iff|only|unless|when)(?!\w)", re.IGNORECASE)
"""Words by which the rest of an answer may take back or bound what it begins with."""
_AROUND = " \t\r\n*_`$"


def _of_statement(solution: Solved, answer: str, grade: Callable[..., Grade]) -> Grade:
    verdict = solution.verdict
    assert verdict is not None
    found = _SAID.fullmatch(answer.strip(_AROUND))
    if found is None:
        return grade("unreadable", None, said="the answer begins with neither true nor false")
    rest = found["rest"].strip(" \t\r\n.,:;!*_")
    right = (found["true"] is not None) is verdict.ok
    if "?" in rest or _EITHER.search(rest):
        return grade("undecided", None, said=f"the statement is {verdict.status}, and the answer says more than true or false")
    doubts = ("the reason given is for the teacher to read",) if rest else ()
    if not right:
        return grade("wrong", 0.0, kind="other", said=f"the statement is {verdict.status}", doubts=doubts)
    return grade("right", solution.problem.points, said=verdict.status, doubts=doubts)


# ------------------------------------------------------------
# Reports.


def report(marks: Sequence[Marks], form: str = "text") -> str:
    """All marks in one of ``REPORTS``."""
    match form:
        case "json":
            return as_json({"students": [one.to_dict() for one in marks]})
        case "csv":
            return _as_csv(marks)
        case "html":
            return self_contained("Marks", _STYLE, [line for one in marks for line in _as_html(one)])
        case _:
            return "\n\n".join(map(_as_text, marks))


def _score(points: float | None) -> str:
    return "?" if points is None else f"{points:g}"


def _as_text(one: Marks) -> str:
    rows = [f"{one.student}: {one.points:g} of {points_text(one.most)}" + (f", {one.open} to be decided" if one.open else "")]
    for grade in one.grades:
        rows.append(
            f"  {grade.number}. {_score(grade.points)}/{grade.most:g}  {grade.judged}" + (f": {grade.said}" if grade.said else "")
        )
        rows += [f"       {grade.answer}" + (f"   ({grade.place})" if grade.place else "")] if grade.answer else []
        rows += [f"       look at this: {doubt}" for doubt in grade.doubts]
    return "\n".join([*rows, *(f"  note: {note}" for note in one.notes)])


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula."""


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _as_csv(marks: Sequence[Marks]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "student",
            "problem",
            "points",
            "most",
            "judged",
            "kind",
            "said",
            "look",
            "answer",
            "place",
        ]
    )
    for one in marks:
        for grade in one.grades:
            texts = [
                grade.judged,
                grade.kind,
                grade.said,
                "; ".join(grade.doubts),
                grade.answer,
                grade.place,
            ]
            points = "" if grade.points is None else f"{grade.points:g}"
            writer.writerow([_cell(one.student), grade.number, points, f"{grade.most:g}", *map(_cell, texts)])
    return out.getvalue().rstrip("\n")


_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td { vertical-align: top; } .look { color: #9a6700; } code { white-space: pre-wrap; }
.role { color: #6e7781; }
"""


def _as_html(one: Marks) -> Iterable[str]:
    decided = f", {one.open} to be decided" if one.open else ""
    yield f"<h2>{escape(one.student)}: {one.points:g} of {points_text(one.most)}{decided}</h2>"
    yield "<table><tr><th>problem</th><th>points</th><th>answer</th><th>verdict</th></tr>"
    for grade in one.grades:
        look = "".join(f'<br><span class="look">look at this: {escape(doubt)}</span>' for doubt in grade.doubts)
        verdict = escape(grade.judged + (f": {grade.said}" if grade.said else "")) + look
        where = f'<br><span class="role">{escape(grade.place)}</span>' if grade.place else ""
        yield (
            f"<tr><td>{grade.number}</td><td>{_score(grade.points)}/{grade.most:g}</td>"
            f"<td><code>{escape(grade.answer)}</code>{where}</td><td>{verdict}</td></tr>"
        )
    yield "</table>"
    yield from (f"<p>note: {escape(note)}</p>" for note in one.notes)
