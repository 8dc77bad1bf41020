"""What a session answers: names and declarations kept between lines, verification, settings, refusals."""

from __future__ import annotations

import random

import pytest

from matcalc.base.records import replace as record_replace
from matcalc.interface.results import Derivation, ParsedExpression
from matcalc.repl.answers import COMMANDS, Answer
from matcalc.repl.request_lines import Claim, Declare, Define, Derive, Formula, request, statements, unfinished
from matcalc.repl.session import Session


def said(*lines: str) -> list[Answer]:
    session = Session()
    return [answer for line in lines for answer in session.run(line)]


def last(*lines: str) -> Answer:
    return said(*lines)[-1]


FORMULA = "f = ||X - UV||²"


@pytest.mark.parametrize(
    "asked",
    ["derive f by V", "f wrt V", "f by V", "d(f)/dV", "d/dV f", "∂(f)/∂V", "df/dV", "∂f/∂V", "∇_V f", "grad(f, V)", "gradient f wrt V",
     "differentiate f with respect to V", r"\frac{\partial f}{\partial V}", r"f wrt \mathbf{V}"],
)  # fmt: skip
def test_a_name_is_kept_and_every_way_to_ask_gives_the_same(asked: str) -> None:
    assert last(FORMULA, asked).output == "2 Uᵀ (U V − X)"


@pytest.mark.parametrize(
    "asked",
    ["f wrt x", "grad f", "gradient f", "derive f", "derive f(x)", "∇f(x)", "∇f", "f'(x)", "f'", "df/dx", "d/dx f(x)", "∂f(x)/∂x", "∇_x f",
     r"\nabla f(x)", r"\frac{df}{dx}", "derive d/dx f(x)", "derive f(x) by x"],
)  # fmt: skip
@pytest.mark.parametrize("function", ["f(x) = x'A*x", "f(x) := x'*A*x", r"f(x) = x^\top A x"])
def test_a_function_is_kept_and_every_way_to_ask_gives_the_same(function: str, asked: str) -> None:
    assert last(function, asked).output == "(A + Aᵀ) x"


def test_functions_call_each_other_and_are_listed() -> None:
    answers = said(
        "f(x) = x'A*x", "g(y) = f(y)^2", "∇g(z)", "hessian f", "H = ∇²f(x)", "f(2x)", ":verify ∇f(x) = (A + A')x", ":list"
    )
    shown = [answer.output.splitlines()[0] for answer in answers]
    assert shown[2:7] == ["2 (A + Aᵀ) z zᵀ A z", "A + Aᵀ", "H = A + Aᵀ", "(2 x)ᵀ A · 2 x", "proved: ∇f(x) = (A + A')x"]
    assert answers[-1].output.splitlines() == ["f(x) = x'A*x", "g(y) = f(y)^2", "H = ∇²f(x)"]
    assert "f would be defined by itself" in last("f(x) = x'x", "g(y) = f(y)", "f(x) = g(x)").error
    assert "has the value" in last("x = A*b", "f(x) = x'x").error


def test_what_an_answer_rests_on() -> None:
    answer = last("X: 5×3", "f = ||X - UV||²", "f wrt V")
    assert answer.remarks == (
        "where:    X: 5×3; U: 5×n; V: n×3",
        "shape:    n×3, denominator layout",
        "note:     assumed U, V: matrices",
    )


def test_a_definition_shows_how_it_was_read() -> None:
    answer = last(FORMULA)
    assert answer.output == "f = ‖X − U V‖²"
    assert answer.remarks[0] == "kind:     scalar"


def test_values_may_use_each_other_in_any_order_within_a_line() -> None:
    assert last("L = norm2(V*h - y)^2; h = tanh(z); z = W*x + b", "L wrt y").output == "2 (y − V tanh(W x + b))"
    answer = last("z = W*x + b", "h = tanh(z)", "L = norm2(V*h - y)^2", "L wrt W, b")
    assert answer.output == "δ_h = 2 Vᵀ (V h − y)\nδ_z = δ_h ⊙ (𝟏 − h.^2)\n∂L/∂W = δ_z xᵀ\n∂L/∂b = δ_z"


def test_by_a_named_result() -> None:
    assert last("z = W*x", "L = z'*z", "d(L)/dz").output == "2 z"


def test_a_name_can_be_given_another_value() -> None:
    assert last("f = a'*x", "g = f^2", "f = b'*x", "g wrt x").output == "2 b bᵀ x"


def test_several_statements_in_a_line_and_over_lines() -> None:
    assert [answer.output for answer in said("z = W*x; sum(z) wrt x")] == ["z = W x", "Wᵀ 𝟏"]
    assert last("norm2(X*w -\n y)^2 wrt w").output == "2 Xᵀ (X w − y)"


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("d(x'Ax)/dx = (A + A')x", "proved"),
        ("d(x'Ax)/dx = 2Ax", "conditional"),
        ("AB = BA", "refuted"),
        ("tr(AB) = tr(BA)", "proved"),
        (":verify f = f", "proved"),
        (r"\frac{\partial}{\partial x} x^\top A x = (A + A^\top) x", "proved"),
    ],
)
def test_an_equation_is_verified(claim: str, status: str) -> None:
    answer = last(claim)
    assert answer.status == (status != "proved")
    assert answer.output.startswith(f"{status}: " + claim.removeprefix(":verify "))


def test_an_equation_may_use_names_in_plain_notation_and_in_latex() -> None:
    right = r"\frac{\partial f}{\partial V} = 2U^\top(UV-X)"
    assert last(FORMULA, right).output.startswith(f"proved: {right}")
    assert last(r"f = \|X-UV\|_F^2", "d(f)/dV = 2U'(UV-X)").status == 0
    assert last(r"f = \|X-UV\|_F^2", "d(f)/dV = 2U'(X-UV)").status == 1


@pytest.mark.parametrize("lines", [["x'*A*x wrt x"], ["hessian x'*A*x by x"], ["z = A*x; ||z - b||² wrt A, b"], ["A*X*B wrt X"]])
def test_the_last_derivative_is_verified(lines: list[str]) -> None:
    answer = last(*lines, ":verify")
    assert answer.status == 0
    assert answer.output.startswith("proved: ")


def test_verification_of_the_last_derivative_would_see_an_error() -> None:
    session, other = Session(), Session()
    list(session.run("x'*A*x wrt x"))
    list(other.run("2*A*x"))
    assert isinstance(session.last, Derivation)
    assert isinstance(other.last, ParsedExpression)
    session.last = record_replace(session.last, outcome=record_replace(session.last.outcome, expression=other.last.node))
    (answer,) = session.run(":verify")
    assert answer.status == 1


def test_settings() -> None:
    assert last("d(A*x)/dx").output == "Aᵀ"
    assert last(":layout numerator", "d(A*x)/dx").output == "A"
    assert last(":order 2", "x'*A*x wrt x").output == "A + Aᵀ"
    assert last("A: n×n symmetric; X: n×n symmetric", "tr(A*X*X) wrt X").output == "A X + X A"
    assert last("X: n×n symmetric", ":symmetric independent", "a'*X*b wrt X").output == "a bᵀ"
    assert last(":letters ascii", "x'*A*x wrt x").output == "(A + A')*x"
    assert last(":names keep", "z = W*x; z'*z wrt W").output.startswith("2 z xᵀ")
    assert last(":layout").output == "layout: denominator"


@pytest.mark.parametrize(
    ("command", "beginning"),
    [
        (":latex", r"(A + A^{\top}) x"), (":ascii", "(A + A')*x"), (":unicode", "(A + Aᵀ) x"), (":markdown", "$"),
        (":index", "A"), (":numpy", '"""Generated by matcalc for numpy.'), (":code jax", '"""Generated by matcalc for jax.'),
        (":json", "{"), (":sympy", "from sympy import"), (":differential", "df = xᵀ (A + Aᵀ) dx"),
        (":latex y'*B*y wrt y", r"(B + B^{\top}) y"),
    ],
)  # fmt: skip
def test_the_last_result_in_another_form(command: str, beginning: str) -> None:
    assert last("x'*A*x wrt x", command).output.startswith(beginning)


def test_steps_of_the_last_derivative_and_of_a_formula() -> None:
    steps = last("x'*A*x wrt x", ":steps")
    assert "(A + Aᵀ) x" in steps.output.splitlines()[-1]
    assert last(":steps x'*A*x wrt x").output == steps.output
    assert last("x'*A*x wrt x", ":steps latex").output.splitlines()[1] == r"\begin{align*}"
    assert "no single derivative" in last("A*x", ":steps").error


def test_forms_of_other_results() -> None:
    assert last("A*X", ":latex").output == "A X"
    assert last("z = A*x; z'*z wrt A, x", ":latex").output.startswith(r"\begin{aligned}")
    assert last("differential A*X*B by X", ":latex").output.startswith(r"\mathrm{d}Y")
    assert "no form" in last("tr(AB) = tr(BA)", ":latex").error
    assert "no result yet" in last(":latex").error


def test_what_is_known_is_listed_and_forgotten() -> None:
    lines = ["X: n×m; a: scalar", FORMULA.replace("UV", "U V"), ":layout tensor"]
    assert last(*lines, ":list").output == "X: n×m\na: scalar\nf = ||X - U V||²\n:layout tensor"
    assert last(*lines, ":forget f X", ":list").output == "a: scalar\n:layout tensor"
    assert last(*lines, ":forget all", ":declare").output == ":layout tensor"
    assert "neither" in last(":forget X").error
    assert last("g = f'f; f = A x", ":forget f", "g wrt f").output == "2 f"
    assert "could not be read as before" in last("UV = x'x; g = UV^2", ":forget UV").error


def test_entries_and_values_of_the_last_result() -> None:
    assert last("x'Ax wrt x", ":entries n=2").output == "[2 a11 x1 + (a12 + a21) x2; (a12 + a21) x1 + 2 a22 x2]"
    assert last("x'Ax wrt x", ":at x=[1,2], A=[1 2; 3 4]").output == "[12, 21]"
    assert last("A*x", ":entries n=1, m=2").output == "[a11 x1 + a12 x2]"
    assert "the size n has no number" in last("x'Ax wrt x", ":entries").error
    assert "no values are given" in last("x'Ax wrt x", ":at").error
    assert "has no entries" in last("x = x", ":entries n=2").error


def test_the_only_variable_need_not_be_named() -> None:
    assert last("f = c*w'w", "grad f").output == "2 c w"
    assert last("hessian of w'w").output == "2 eye(n)"
    assert last("derivative of sin(t)", "t: scalar", "derive sin(t)").output == "cos(t)"
    asked = last("f = x'Ax", "grad f").error
    assert "by which symbol?" in asked and "gradient f by x" in asked and "gradient f by A" in asked


@pytest.mark.parametrize(
    "line",
    ["hvp x'Ax wrt x along v", "hvp x'Ax along v by x", "the hessian of x'Ax by x in the direction v", "second derivative of x'Ax by x along v"],
)  # fmt: skip
def test_a_direction_is_said_in_words(line: str) -> None:
    assert last(line).output == "(A + Aᵀ) v"
    assert last("x: n", "v: n", line).output == "(A + Aᵀ) v"


def test_directions_are_those_of_products() -> None:
    assert last("f = A X B", "derivative of f along D by X").output == last("jvp A X B by X along D").output == "∂/∂X [D] = A D B"
    assert last(":order 2", "x'Ax along v wrt x").output == "(A + Aᵀ) v"
    assert last("along: n", "along'along by along").output == "2 along"
    assert "hvp x'Ax by A along v" in last("hvp x'Ax along v").error
    assert "2 directions" in last("hvp x'x along u, v").error
    assert "vjp has no direction" in last("vjp A*x by x along v").error


def test_every_command_has_help_and_an_answer() -> None:
    page = last(":help").output
    for name, entry in COMMANDS.items():
        assert entry.usage in page
        assert entry.purpose in last(f":help {name}").output
        answer = last("x'*A*x wrt x", f":{name}")
        assert answer.leave == (name == "quit")
        assert answer.output or answer.leave or name in ("forget", "entries", "at"), name
    assert last("quit").leave
    assert last("exit").leave


def test_declared_equations_are_kept() -> None:
    assert last(":declare A: n×n; A' = -A, x: n", ":list").output == "A: n×n, A' = -A\nx: n"
    assert last(":declare A: n×n; A' = -A", "x'*A*x wrt x").output == "zeros(n)"
    assert last(":declare a > 0", "abs(a) = a").output.startswith("proved")


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["x'*A*(x"], "'(' is never closed\n  x'*A*(x\n       ^"),
        (["A: m×n; B: m×m; x: n", "f = A*x + B"], "could be meant for every row"),
        ([":laytex"], "try: :latex"),
        ([":layout nominator"], "expected: denominator, numerator, tensor"),
        (["f = f + 1"], "not equal"),
        (["f = x'x", "f = f + 1"], "f would be defined by itself"),
        (["f = g", "g = h", "h = f"], "h would be defined by itself through"),
        (["X: n×m", "X = A"], ":forget X first"),
        (["f = A", "f: n×m"], ":forget f first"),
        (["log = 3"], "log is a function"),
        (["f ="], "the value of f is missing"),
        (["x'Ax wrt"], "expected: one of x (vector of size n); A"),
        (["x'Ax wrt y"], "y does not occur"),
        (["x'Ax wrt x + 1"], "not the name of a symbol"),
        (["X: n×"], "not understood as a size"),
        (["jacobian A*x by A, x"], "by one name"),
        ([":verify"], "no result yet"),
        (["f = a'x", ":verify"], "no derivative to verify"),
        ([":forget"], "missing"),
        ([":help laytex"], "try: latex"),
        ([":help frobnicate"], "nothing called frobnicate"),
    ],
)
def test_refusals_say_what_is_wrong(lines: list[str], message: str) -> None:
    answer = last(*lines)
    assert message in answer.error + answer.output + "\n".join(answer.remarks)


def test_a_refused_line_changes_nothing() -> None:
    assert last("f = a'x", "f = (", "f").output == "aᵀ x"
    assert last("X: n×m", "X: n×", ":list").output == "X: n×m"
    assert last("f = a'x; g = (", ":list").output == "nothing is declared, defined or set"
    assert [answer.status for answer in said("f = a'x; foo(x); f wrt x")] == [0, 2]


def test_what_a_change_does_to_other_values_is_said() -> None:
    assert "does not fit any more" in last("A: n×m; x: m; b: n; f = ||A x - b||²", "b: k×l").remarks[-1]
    assert "now uses the value of x" in "\n".join(last("f = ||A x||²", "x = B y").remarks)
    assert "would be read in another way" in last("f = AB x", "AB = C").error
    assert "d is a name now" in last("d = x'x").remarks[-1]


LEXICON = ["f", "X", "=", ":", "derive", "by", "wrt", "d(", ")/dx", "(", "||", "²", ":latex", ":forget", ";", "\\frac", "{", "}", "#",
           "'", "n×m", "tr(", "\\hat", "verify", ":", "+", ",", "🙂", "\x00", "all", ":layout", ":=", "==", "β"]  # fmt: skip


def test_arbitrary_text_gets_an_answer_and_never_an_exception() -> None:
    generator = random.Random(7)
    session = Session()
    for _ in range(400):
        for answer in session.run(" ".join(generator.choices(LEXICON, k=generator.randint(1, 7)))):
            assert answer.status in (0, 1, 2, 3)
            assert bool(answer.error) == (answer.status == 2)


def test_long_and_deep_input() -> None:
    assert last("f = " + "*".join(["A"] * 1000) + "*x").output
    assert last("(" * 2000 + "x" + ")" * 2000).output == "x"
    assert last("; ".join(f"x_{k + 1} = A*x_{k}" for k in range(150))).remarks[0].startswith("kind:")


# ---------------------------------------------------------------- reading lines


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("f = AB", Define), ("AB = BA", Claim), ("A = A'", Claim), ("h = tanh(z)", Define), ("f := f", Define), ("W_1 = A", Define),
        ("x, y: n", Declare), ("tr(A) = 3", Claim), ("x'Ax", Formula), ("d(f)/dx", Formula), ("f wrt x", Derive), ("derive f", Derive),
        (r"\hat{y} = W x", Define), (r"\frac{\partial f}{\partial x} = A", Claim), ("A by", Formula),
    ],
)  # fmt: skip
def test_what_a_line_asks_for(text: str, kind: type) -> None:
    assert isinstance(request(text, ()), kind)


def test_lines_that_go_on() -> None:
    for text in ("norm2(X", "x'*A*", "z =", r"x^\top \cdot", "a - # why\n"):
        assert unfinished(text), text
    for text in ("x'", "A)", "z = x;", ":latex (", "# (", "||x||²"):
        assert not unfinished(text), text


def test_statements_end_at_semicolons_outside_brackets() -> None:
    assert statements(r"a = b; c[1;2] \; d;; # e; f") == ["a = b", r"c[1;2] \; d"]


def test_an_analysis_is_asked_for_in_words_and_by_names_of_the_session() -> None:
    quadratic = last("f = x'*A*x", "the quadratic model of f with respect to x along v")
    assert quadratic.output == "xᵀ A x + xᵀ (A + Aᵀ) v + vᵀ A v"
    assert "D² f[v, v]" in last("taylor x'*A*x by x along v", ":steps").output
    assert last("third-order Taylor polynomial of exp(t)").output == "1 + t + 0.5 t² + t³/6"
    assert last("Taylor polynomial of order 1 of logdet(X) along D", ":ascii").output == "logdet(X) + tr(inv(X)*D)"
    assert "holds if: X invertible" in last("linearization of logdet(X)").remarks
    assert last("expand (x + y)'*(x + y)").output == "xᵀ x + 2 xᵀ y + yᵀ y"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Taylor series of exp(t) around 0", "'around 0' is not understood"),
        ("taylor x'x of order k", "the order is k"),
        ("taylor x'x order 2 order 3", "two values of order"),
        ("taylor x'*A*x", "by which symbol?"),
        ("taylor x'*x along 3", "not the name"),
    ],
)
def test_words_of_an_analysis_that_are_not_understood_are_refused(text: str, words: str) -> None:
    assert words in last(text).error


@pytest.mark.parametrize("text", ["model: n×m", "taylor = x'x", "expansion = x'x; expansion *2"])
def test_names_that_are_words_of_analyses_are_names(text: str) -> None:
    assert not last(text).error
