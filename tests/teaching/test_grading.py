"""Grades, compared with central differences in NumPy, which share nothing with what decides them."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcalc.base.errors import MatcalcError
from matcalc.teaching import grading
from matcalc.teaching.grading import Grade, grade_of, report
from matcalc.teaching.problems import Answers, Problem, Sheet
from matcalc.teaching.sheets import Solved, derivation_of, solved
from matcalc.verification.verdict import Verdict
from tests.cli.test_derive_command import run

Array = np.ndarray[Any, Any]
SIZES = {"n": 4, "m": 3, "p": 2}


def gradient(function: Callable[[Array], float], at: Array) -> Array:
    """Central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = 1e-5
        found[place] = (function(at + step) - function(at - step)) / 2e-5
    return found


class Task:
    """A problem with its value in NumPy, and parts that answers are made of, in several spellings and in NumPy."""

    def __init__(self, problem: Problem, shapes: dict[str, str], value: Callable[..., float], parts: dict[tuple[str, ...], Any]):
        self.solution = solved(problem)
        self.wrt = problem.wrt
        rng = np.random.default_rng(7)
        self.point = {name: rng.standard_normal([SIZES[size] for size in sizes]) for name, sizes in shapes.items()}
        others = {name: array for name, array in self.point.items() if name != problem.wrt}
        self.right = gradient(lambda at: value(**others, **{problem.wrt: at}), self.point[problem.wrt])
        self.parts = [(spellings, part(**self.point)) for spellings, part in parts.items()]

    def answers(self, rng: random.Random, count: int) -> Iterator[tuple[str, bool]]:
        """Sums of multiples of the parts, and whether they are right."""
        for number in range(count):
            numbers = [rng.choice((-2, -1, 0, 1, 1, 2)) for _ in self.parts]
            if number % 3 == 0:
                numbers = self._solving()
            text, value = "", np.zeros_like(self.right)
            spelling = rng.randrange(4)  # one answer is written in one language
            places = list(range(len(self.parts)))
            rng.shuffle(places)
            for k in places:
                split = rng.choice((0, 0, 1, 3))  # 2 a is also 3 a − a
                for factor in (numbers[k] + split, -split):
                    if factor:
                        text += f" {'+' if factor > 0 else '-'} {abs(factor)}*({self.parts[k][0][spelling]})"
                        value = value + factor * self.parts[k][1]
            if text:
                yield text.removeprefix(" + ").strip(), bool(np.allclose(value, self.right, rtol=1e-5, atol=1e-6))

    def _solving(self) -> list[int]:
        columns = np.array([np.ravel(part) for _, part in self.parts]).T
        found, *_ = np.linalg.lstsq(columns, np.ravel(self.right), rcond=None)
        return [round(number) for number in found]


def tasks() -> list[Task]:
    return [
        Task(
            Problem("x'*A*x + b'*x", "x", number=1),
            {"x": "n", "A": "nn", "b": "n"},
            lambda x, A, b: x @ A @ x + b @ x,
            {
                ("A*x", "A x", "A @ x", r"A \mathbf{x}"): lambda x, A, b: A @ x,
                ("A'*x", "Aᵀ x", "A.T @ x", r"A^\top x"): lambda x, A, b: A.T @ x,
                ("b", "b", "b", r"\mathbf{b}"): lambda x, A, b: b,
                ("x", "x", "x", "x"): lambda x, A, b: x,
            },
        ),
        Task(
            Problem(r"\|X - U V\|^2", "V", number=2),
            {"X": "nm", "U": "np", "V": "pm"},
            lambda X, U, V: float(np.sum((X - U @ V) ** 2)),
            {
                ("U'*X", "Uᵀ X", "U.T @ X", r"U^{\top} X"): lambda X, U, V: U.T @ X,
                ("U'*U*V", "UᵀU V", "(U.T @ U) @ V", r"U^T (U V)"): lambda X, U, V: U.T @ U @ V,
                ("V", "V", "V", "V"): lambda X, U, V: V,
            },
        ),
        Task(
            Problem("sum(exp(B*w))", "w", number=3),
            {"B": "nm", "w": "m"},
            lambda B, w: float(np.sum(np.exp(B @ w))),
            {
                ("B'*exp(B*w)", "Bᵀ exp(B w)", "B.T @ np.exp(B @ w)", r"B^\top \exp(Bw)"): lambda B, w: B.T @ np.exp(B @ w),
                ("B'*(B*w)", "Bᵀ B w", "B.T @ (B @ w)", r"B^\top B w"): lambda B, w: B.T @ B @ w,
            },
        ),
    ]


def check(solution: Solved, answer: str, right: bool) -> Grade:
    """Raises AssertionError for a wrong grade."""
    grade = grade_of(solution, answer)
    assert (grade.judged == "right") is right, (answer, grade)
    assert (grade.points == grade.most) is right, (answer, grade)
    assert grade.judged in ("right", "partly right", "wrong")
    return grade


def test_answers_are_right_where_numbers_say_so() -> None:
    rng = random.Random(17)
    seen = []
    for task in tasks():
        for answer, right in task.answers(rng, 12):
            check(task.solution, answer, right)
            seen.append(right)
    assert sum(seen) >= 9
    assert seen.count(False) >= 15


def test_a_planted_grade_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = solved(Problem("x'*A*x", "x", number=1))
    monkeypatch.setattr(grading, "verify", lambda *_, **__: Verdict("", "proved", "denominator"))
    with pytest.raises(AssertionError):
        check(solution, "2*A*x", right=False)
    monkeypatch.setattr(grading, "verify", lambda *_, **__: Verdict("", "refuted", "denominator"))
    with pytest.raises(AssertionError):
        check(solution, "(A + A')*x", right=True)


@pytest.mark.parametrize(
    ("formula", "wrt", "declare", "answer", "kind", "said"),
    [
        ("x'*A*x", "x", "", "2 A x", "condition", "right if A = Aᵀ"),
        ("A*x", "x", "", "A", "layout", "right in numerator layout"),
        ("tr(A*X*B)", "X", "", "B A", "layout", "numerator"),
        ("x'*A*x", "x", "A: n×n symmetric", "-2 A x", "sign", "the sign is wrong"),
        ("x'*A*x", "x", "A: n×n symmetric", "A x", "factor", "the factor 2 is missing"),
        ("x'*A*x", "x", "A: n×n symmetric", "4 A x", "factor", "2 times too large"),
        ("x'*A*x + b'*x", "x", "A: n×n symmetric", "2 A x", "term", "the term b is missing"),
        ("x'*A*x", "x", "A: n×n symmetric", "2 A x + x", "term", "the term x is too much"),
        ("x'*A*x + b'*x", "x", "A: n×n symmetric", "2 A x - b", "sign", "the term −b has the wrong sign"),
        ("tr(A'*X*X)", "X", "", "A X + X' A", "transposed", "should be"),
        ("x'*A*x", "x", "A: n×n symmetric", "exp(x)", "other", "right answer − this answer"),
        ("x'*A*x", "x", "", "0", "other", "right answer − this answer"),
        ("x'*A*x", "x", "", "k (A + A') x", "factor", "the factor k is too much"),
        ("tr(A*X)", "X", "X symmetric", "A + A' - diag(diag(A))", "layout", "in the convention 'cookbook', 'projected' is"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_name(formula: str, wrt: str, declare: str, answer: str, kind: str, said: str) -> None:
    solution = solved(Problem(formula, wrt, declare=declare, points=4, number=1))
    grade = grade_of(solution, answer)
    assert (grade.kind, said in grade.said) == (kind, True), grade
    assert grade.points == (0 if kind == "other" else 2)
    assert grade_of(solution, answer, credit={**grading.CREDIT, kind: 0.25}).points == 1


TERMS = {
    "2 A x": "A: n×n symmetric; λ: scalar", "λ c": "", "b": "", "3 exp(x)": "",
}  # fmt: skip
PLANTED = [
    ("2", "factor", "is 2 times too large"),
    ("-1", "sign", "has the wrong sign"),
    ("1/2", "factor", "the factor 2 is missing"),
]


@pytest.mark.parametrize("place", range(4))
def test_the_term_with_a_wrong_factor_is_named(place: int) -> None:
    solution = solved(Problem("x'*A*x + λ*c'*x + b'*x + 3*sum(exp(x))", "x", declare=TERMS["2 A x"], number=1))
    terms = [*TERMS]
    name = ["A x", "λ c", "b", "exp(x)"][place]
    for factor, kind, words in PLANTED:
        grade = grade_of(solution, " + ".join(f"({factor})*{term}" if k == place else term for k, term in enumerate(terms)))
        assert (grade.kind, name in grade.said, words in grade.said) == (kind, True, True), grade
    grade = grade_of(solution, " + ".join(term for k, term in enumerate(terms) if k != place))
    assert (grade.kind, f"{terms[place]} is missing" in grade.said) == ("term", True), grade
    assert grade_of(solution, " + ".join(terms)).judged == "right"


@pytest.mark.parametrize(
    ("formula", "wrt", "answer", "kind", "said"),
    [
        ("x'*A*y", "A", "y x'", "layout", "the answer is transposed"),
        ("x'*A*y", "A", "2 y x'", "transposed", "should be transposed, and it is 2 times too large"),
        ("tr(A*X) + x'*X*y", "X", "A' + y x'", "transposed", "the term y xᵀ should be transposed"),
        ("a'*x*x'*b", "x", "x'*(a b' + b a')", "layout", "the answer is transposed"),
        ("||X*w - y||^2 + t*w'*w", "w", "2X'(X w - y) + 2w", "factor", "in the term 2 w the factor t is missing"),
        ("||X*w - y||^2 + t*w'*w", "w", "X'(X w - y) + t w", "factor", "the factor 2 is missing"),
        ("||X*w - y||^2/m", "w", "2X'(X w - y)", "factor", "the factor m is too much"),
        ("x'*x + b'*x", "x", "2x + exp(b)", "other", "the term exp(b) should be b"),
    ],
)
def test_what_is_transposed_or_lacks_a_factor_is_named(formula: str, wrt: str, answer: str, kind: str, said: str) -> None:
    declare = "X: m×n; t: scalar" if "||" in formula else "X: n×n; A: n×n; x: n; y: n"
    grade = grade_of(solved(Problem(formula, wrt, shared=declare, number=1)), answer)
    assert (grade.kind, said in grade.said) == (kind, True), grade


NAMES = "log(det(Σ)) + (x - μ)'*inv(Σ)*(x - μ) + λ*μ'*μ"


@pytest.mark.parametrize(
    ("answer", "judged", "doubt"),
    [
        (r"2 \Sigma^{-1}(\mu - x) + 2\lambda\mu", "right", ""),
        ("2 inv(S)*(mu - x) + 2*lam*mu", "right", "S is read as Σ"),
        ("2 Sig^-1 (m - x) + 2 l m", "right", "m is read as μ"),
        ("2 inv(S)*(X - mu) + 2*lam*mu", "partly right", "lam is read as λ"),
        ("2 inv(B)*(μ - x) + 2 λ μ", "wrong", "B does not occur"),
        ("2 inv(Σ)*(m - μ) + 2 λ μ", "wrong", "m does not occur"),
    ],
)
def test_names_are_spelled_in_other_ways(answer: str, judged: str, doubt: str) -> None:
    grade = grade_of(solved(Problem(NAMES, "μ", declare="Σ: n×n symmetric; λ: scalar", number=1)), answer)
    assert (grade.judged, doubt in "; ".join(grade.doubts)) == (judged, True), grade
    assert bool(grade.doubts) is bool(doubt)


@pytest.mark.parametrize(
    ("answer", "judged", "doubt"),
    [
        ("2Ax.", "right", ""),
        ("so the answer is $2Ax$.", "right", ""),
        ("S = A + A'; S x", "right", ""),
        ("S = A + A'; ∇f = S x.", "right", ""),
        ("∇f = Ax + A'x = 2Ax", "right", ""),
        ("∇f = Ax + x = 2Ax", "right", "Ax + x is not the derivative"),
        ("2Ax = ∂f/∂x", "right", ""),
        ("df/dA = 2Ax", "right", "the derivative by A, and that by x is asked for"),
        (r"\frac{\partial f}{\partial A} = 2Ax", "right", "the derivative by A"),
        ("f'(y) = 2Ax", "right", "the derivative by y"),
        ("dA = 2Ax", "right", "a differential"),
        ("A'x = 2Ax", "unreadable", ""),
        ("A@x + A.T*x", "undecided", ""),
        ("A*x + 2*A@x", "wrong", "where * goes entry by entry"),
        ("2*A@x", "right", ""),
        ("2*np.dot(A, x)", "right", ""),
    ],
)
def test_what_stands_around_an_answer_is_read(answer: str, judged: str, doubt: str) -> None:
    grade = grade_of(solved(Problem("x'*A*x", "x", declare="A: n×n symmetric", number=1)), answer)
    assert (grade.judged, doubt in "; ".join(grade.doubts)) == (judged, True), grade
    assert bool(grade.doubts) is bool(doubt)


@pytest.mark.parametrize(
    ("formula", "wrt", "names"),
    [
        ("hessian of x'Ax wrt x", "", "xx"), ("gradient of x'Ax w.r.t. x", "x", "x"), ("d/dx x'Ax", "", "x"), ("x'Ax by A", "", "A"),
        ("f(x) = x'Ax", "", "x"), ("x'*A*y", "x y", "xy"), ("x'x", "", "x"),
    ],
)  # fmt: skip
def test_a_problem_says_itself_what_it_asks(formula: str, wrt: str, names: str) -> None:
    assert [symbol.name for symbol in derivation_of(Problem(formula, wrt, number=1)).wrt] == [*names]


def test_a_problem_that_asks_two_things_is_refused() -> None:
    with pytest.raises(MatcalcError, match="by x, and the one by A is asked for"):
        derivation_of(Problem("gradient of x'Ax w.r.t. x", "A", number=1))


@pytest.mark.parametrize(
    ("answer", "judged"),
    [
        ("", "missing"),
        ("2A(x", "unreadable"),
        ("= = =", "unreadable"),
        ("x = 2 A x", "unreadable"),
        ("2 A x = A x + A x", "unreadable"),
        ("(" * 3000 + "x", "unreadable"),
        ("x" * 30_000, "unreadable"),
        ("__import__('os').system('true')", "unreadable"),
        ("\x00", "unreadable"),
        ("\\frac{\\partial f}{\\partial x} = 2Ax", "right"),
        ("∇f(x) = 2Ax", "right"),
        ("df/dx = $2Ax$", "right"),
        ("$$2 A x$$", "right"),
    ],
)
def test_every_text_gets_a_grade(answer: str, judged: str) -> None:
    grade = grade_of(solved(Problem("x'*A*x", "x", declare="A: n×n symmetric", number=1)), answer)
    assert grade.judged == judged
    assert grade.points == {"missing": 0, "right": 1}.get(judged)
    assert grade.said
    assert grade.flagged is (judged == "unreadable")


def test_what_is_doubtful_is_for_the_teacher() -> None:
    grade = grade_of(solved(Problem("x'*A*x", "x", number=1)), "(A + B) x")
    assert (grade.judged, grade.doubts) == ("wrong", ("B does not occur in the problem",))


@pytest.mark.parametrize(
    ("answer", "judged", "points"),
    [
        ("true", "wrong", 0),
        ("False", "right", 1),
        ("refuted", "right", 1),
        ("not true", "right", 1),
        ("maybe", "unreadable", None),
        ("**False**, take x = e_1", "right", 1),
        ("true by the product rule", "wrong", 0),
        ("No idea", "unreadable", None),
        ("no counterexample, so it is true", "unreadable", None),
        ("true if and only if A is symmetric", "undecided", None),
        ("true/false", "undecided", None),
        ("Correct? No.", "undecided", None),
    ],
)
def test_statements_are_true_or_false(answer: str, judged: str, points: float | None) -> None:
    grade = grade_of(solved(Problem(statement="d(x'A x)/dx = 2A x", number=1)), answer)
    assert (grade.judged, grade.points) == (judged, points)


@pytest.mark.parametrize(
    ("declare", "answer", "judged", "points", "said"),
    [
        ("", "true", "undecided", None, "right if A and B are square, which the problem leaves open"),
        ("", "false", "right", 1, "conditional"),
        ("A, B: n×n", "true", "right", 1, "proved"),
        ("A, B: n×n", "false", "wrong", 0, "the statement is proved"),
        ("A: n×m; B: m×n", "true", "wrong", 0, "the statement is conditional: right if A and B are square"),
        ("A: n×m; B: m×n", "false", "right", 1, "conditional"),
        ("A: n×m", "true", "undecided", None, "right if A and B are square, which the problem leaves open"),
    ],
)
def test_a_statement_is_judged_by_what_the_problem_declares(
    declare: str, answer: str, judged: str, points: float | None, said: str
) -> None:
    solution = solved(Problem(statement="det(A*B) = det(B*A)", declare=declare, number=1))
    grade = grade_of(solution, answer)
    assert (grade.judged, grade.points, grade.said) == (judged, points, said)
    left_open = (declare, answer) == ("", "false")
    assert grade.doubts == (("the statement is true if A and B are square, which the problem leaves open",) if left_open else ())
    A, B = np.random.default_rng(0).normal(size=(2, 3, 3))
    assert np.isclose(np.linalg.det(A @ B), np.linalg.det(B @ A)) and not np.isclose(
        np.linalg.det(A[:, :2] @ B[:2]), np.linalg.det(B[:2] @ A[:, :2])
    )


def test_a_fact_that_is_not_declared_does_not_hold() -> None:
    for declare, judged, said in (
        ("", "wrong", "the statement is conditional: right if A = Aᵀ"),
        ("A: n×n symmetric", "right", "proved"),
    ):
        grade = grade_of(solved(Problem(statement="x'*A*y = y'*A*x", declare=declare, number=1)), "true")
        assert (grade.judged, grade.said) == (judged, said)


SHEET = "# S\n\n1. Differentiate $x^T A x$ by $x$, where $A$ is symmetric. (2 points)\n2. Prove or refute: $AB = BA$\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sheet.md").write_text(SHEET, encoding="utf-8")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "a.md").write_text("# Ada <b>\n1. $2Ax$\n2. false\n9. x\n", encoding="utf-8")
    (tmp_path / "answers" / "b.toml").write_text('student = "=Bo"\n[answers]\n1 = "A(x"\n', encoding="utf-8")
    return tmp_path


def test_a_folder_of_answers_is_graded_in_every_form(folder: Path) -> None:
    sheet, answers = str(folder / "sheet.md"), str(folder / "answers")
    status, text, err = run("worksheet", sheet, "--grade", answers)
    assert (status, err) == (3, "")
    assert "Ada <b>: 3 of 3 points" in text
    assert "=Bo: 0 of 3 points, 1 to be decided" in text
    assert "there is no problem 9" in text
    assert "1. ?/2  unreadable: '(' is never closed" in text
    assert f"(({folder / 'answers' / 'b.toml'}, line 3)"[1:] in text
    found = json.loads(run("worksheet", sheet, "--grade", answers, "--to", "json")[1])["students"]
    assert [(one["student"], one["points"], one["open"]) for one in found] == [("Ada <b>", 3, 0), ("=Bo", 0, 1)]
    rows = list(csv.DictReader(io.StringIO(run("worksheet", sheet, "--grade", answers, "--to", "csv")[1])))
    assert [(row["student"], row["problem"], row["points"]) for row in rows] == [
        ("Ada <b>", "1", "2"), ("Ada <b>", "2", "1"), ("'=Bo", "1", ""), ("'=Bo", "2", "0"),
    ]  # fmt: skip
    page = run("worksheet", sheet, "--grade", answers, "--to", "html")[1]
    assert "<b>" not in page.split("</title>")[1].split("<script>")[0]


def test_numbers_and_credit_follow_the_sheet(folder: Path) -> None:
    sheet, ada = str(folder / "sheet.md"), str(folder / "answers" / "a.md")
    orders = {seed: run("worksheet", sheet, "--shuffle", str(seed))[1].index("Differentiate") < 60 for seed in range(6)}
    seed = next(seed for seed, first in orders.items() if not first)
    assert "Ada <b>: 0 of 3 points" in run("worksheet", sheet, "--grade", ada, "--shuffle", str(seed))[1]
    (folder / "half.md").write_text("1. A x", encoding="utf-8")
    assert "half: 1 of 3" in run("worksheet", sheet, "--grade", str(folder / "half.md"))[1]
    assert "half: 0.5 of 3" in run("worksheet", sheet, "--grade", str(folder / "half.md"), "--credit", "factor=0.25")[1]
    assert "a budget of -1.0" in run("worksheet", sheet, "--grade", ada, "--budget", "-1")[2]
    assert "credit for luck" in run("worksheet", sheet, "--grade", ada, "--credit", "luck=1")[2]
    (folder / "twice.md").write_text("1. A x\n1. x", encoding="utf-8")
    assert "a second answer to problem 1" in run("worksheet", sheet, "--grade", str(folder / "twice.md"))[2]


def test_an_answer_has_a_budget() -> None:
    solution = solved(Problem("x'*A*x", "x", number=1))
    grade = grade_of(solution, "*".join(["(A + A')"] * 40) + "*x", seconds=0.02)
    assert grade.judged in ("undecided", "unreadable", "wrong")
    assert grade.judged == "wrong" or grade.points is None


def test_points_are_summed() -> None:
    sheet = Sheet("s", (Problem("x'*x", "x", number=1, points=1.5), Problem("a'*x", "x", number=2)))
    (marks,) = grading.graded(sheet, [Answers("s", {1: "2*x", 2: "2*a"}, {})])
    assert (marks.points, marks.most, marks.open) == (2, 2.5, 0)
    assert "s: 2 of 2.5 points" in report([replace(marks)])
