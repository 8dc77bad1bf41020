"""Answers of students, each compared with the right derivative by ``verify``: equal forms are
right, and what is wrong has a name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal, TypeAlias

from matcalc.base.budgets import budget, checked_budget
from matcalc.base.errors import MatcalcError, internal_error, on_one_line
from matcalc.base.layouts import SYMMETRIC
from matcalc.documents.reports.pages import self_contained
from matcalc.facts.table import tie_of
from matcalc.interface.presentation import as_json
from matcalc.interface.results import Derivation
from matcalc.language.declare.declared import parse_declarations
from matcalc.teaching.answer_text import answer_text, as_mathematics, read_answer
from matcalc.teaching.problems import CREDIT, Answers, Problem, Sheet
from matcalc.teaching.sheets import Solved, derivation_of, points_text, solved
from matcalc.verification.claims import GivenSide
from matcalc.verification.judgement import RESIDUAL, verify
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
    """The marks of all students. Raises MatcalcError for a problem that cannot be solved, and for
    ``seconds`` that are none; whatever is wrong with an answer is said in its grade."""
    checked_budget(seconds)
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


def _of_derivative(
    derivation: Derivation,
    problem: Problem,
    answer: str,
    credit: Mapping[str, float],
    grade: Callable[..., Grade],
) -> Grade:
    given = answer_text(answer, derivation)
    mixed = as_mathematics(given.formula, derivation)
    if mixed is not None and _is_right(mixed, derivation) and not _is_right(given.formula, derivation):
        return grade("undecided", None, said=f"right if * is the product of matrices; {_ENTRY_BY_ENTRY}")
    formula, doubts = read_answer(given, derivation)
    verdict = verify(derivation, formula)
    doubts += [warning for warning in verdict.warnings if warning not in doubts]
    doubts += [f"{one} is not the derivative" for one in given.before if not _is_right(one, derivation)]
    if verdict.ok:
        return grade("right", problem.points, said=verdict.status, doubts=tuple(doubts))
    doubts += [_ENTRY_BY_ENTRY] if mixed is not None else []
    if verdict.status == "undecided":
        return grade("undecided", None, said=verdict.reason, doubts=tuple(doubts))
    kind, said = _other_convention(derivation, problem, formula) or fault(verdict, derivation)
    points = problem.points * credit[kind]
    return grade("partly right" if points else "wrong", points, kind=kind, said=said, doubts=tuple(doubts))


_ENTRY_BY_ENTRY = "beside @ it is read as in NumPy, where * goes entry by entry"


def _is_right(formula: GivenSide, derivation: Derivation) -> bool:
    try:
        return verify(derivation, formula, help=False).ok
    except MatcalcError:
        return False


def _other_convention(derivation: Derivation, problem: Problem, formula: GivenSide) -> tuple[str, str] | None:
    """What is said of an answer that is right in another convention for variables with tied
    entries."""
    if not any(tie_of(symbol.properties) for symbol in derivation.wrt):
        return None
    for name in SYMMETRIC:
        if name != derivation.symmetric and _is_right(formula, derivation_of(replace(problem, symmetric=name))):
            return "layout", f"right in the convention {name!r}, {derivation.symmetric!r} is asked for"
    return None


def _is_of_nothing(verdict: Verdict, derivation: Derivation) -> bool:
    """Whether the condition of an answer is one under which the derivative is zero, so that it says
    nothing for the answer."""
    return verify(derivation, "0").condition == verdict.condition


_KINDS: Mapping[str, str] = {"transpose": "transposed", "row-major": "layout"}
"""What ``verify`` calls a mistake for which there is credit under another name."""


def fault(verdict: Verdict, derivation: Derivation) -> tuple[str, str]:
    """The kind of a fault, which is a key of ``CREDIT``, and what is said of it."""
    words, _, residual = verdict.reason.partition(RESIDUAL)
    words = words.rstrip("; ").replace("the right side", "the answer").replace("the left side", "the right answer")
    if verdict.status == "conditional" and not _is_of_nothing(verdict, derivation):
        condition = f"right if {_condition(verdict)}"
        return "condition", f"{condition}; {words}" if words else condition
    if verdict.other_layout is not None:
        asked = f"right in {verdict.other_layout} layout, {verdict.layout} layout is asked for"
        return "layout", asked if "tensor" in asked else f"{asked}: the answer is transposed"
    kind = _KINDS.get(verdict.kind, verdict.kind)
    if kind in CREDIT:
        return kind, words
    rest = f"right answer − this answer = {residual}" if residual else ""
    return "other", "; ".join(filter(None, [words, rest])) or "not equal"


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
    bound = _condition(verdict)
    open_ = verdict.status == "conditional" and not _is_declared(verdict, solution.problem)
    right = (found["true"] is not None) is verdict.ok
    if "?" in rest or _EITHER.search(rest):
        return grade("undecided", None, said=f"the statement is {verdict.status}, and the answer says more than true or false")
    doubts: tuple[str, ...] = ("the reason given is for the teacher to read",) if rest else ()
    left = f"{bound}, which the problem leaves open"
    if right:
        doubts += (f"the statement is true if {left}",) if open_ else ()
        return grade("right", solution.problem.points, said=verdict.status, doubts=doubts)
    if open_:
        return grade("undecided", None, kind="condition", said=f"right if {left}", doubts=doubts)
    said = f"the statement is {verdict.status}"
    return grade("wrong", 0.0, kind="other", said=f"{said}: right if {bound}" if bound else said, doubts=doubts)


_SQUARES = re.compile(r"(?P<one>\w+) = (?P<other>\w+) \((?P<names>[^()]+) square\)")


def _condition(verdict: Verdict) -> str:
    """The condition of a verdict in words; empty without one."""
    if verdict.status != "conditional":
        return ""
    said = verdict.condition_text or verdict.condition or ""
    squares = _SQUARES.fullmatch(said)
    if squares is None:
        return said
    names = squares["names"]
    return f"{names} {'are' if ' and ' in names or ',' in names else 'is'} square"


def _is_declared(verdict: Verdict, problem: Problem) -> bool:
    """Whether a problem says itself that what a statement needs does not hold: the sizes of
    matrices that would have to be square are declared, and differ. Facts that are not declared do
    not hold."""
    squares = _SQUARES.fullmatch(verdict.condition_text or "")
    if squares is None:
        return True
    declared = parse_declarations(problem.declared)
    names = [name.strip() for name in re.split(r",|\band\b", squares["names"]) if name.strip()]
    return all(name in declared and declared[name].shape is not None for name in names)


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
