"""Shorter forms: they are short, equal the expression at random points, and a false equation is seen."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import matcalc
from matcalc import MatcalcError, parse, simplify
from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.layouts import COSTS
from matcalc.base.records import replace
from matcalc.einstein.linear import scale
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Negative
from matcalc.folding import respelling
from matcalc.rules import rewrites
from matcalc.service import answer
from matcalc.simplifying import equation_schemas, form_search, shortest_forms, shown_forms
from tests.cli.test_derive_command import run
from tests.oracle import Disagreement, check_derivation

LINES = rule_lines("shortening.rules", read("rules", "shortening.rules"))
SQUARE = "A: n×n invertible; B: n×n invertible"
SHORTER = [
    ("inv(inv(A) + inv(B))", SQUARE, "A (A + B)⁻¹ B"),
    ("inv(A) - inv(A)*inv(inv(A) + inv(B))*inv(A)", SQUARE, "(A + B)⁻¹"),
    ("I - A*inv(I + A)", SQUARE, "(I + A)⁻¹"),
    ("X'*inv(X*X' + c*I) - inv(X'*X + c*I)*X'", "X: n×m; c: scalar positive", "zeros(m, n)"),
    ("det(A)*(1 + y'*inv(A)*x)", "A: n×n invertible", "det(A + x yᵀ)"),
    ("det([A, B; C, D])/det(A)", "A: n×n invertible; B: n×m; D: m×m", "det(D − C A⁻¹ B)"),
    ("inv(X'*X)*X'*y", "X: n×m", "pinv(X) y"),
    ("U*inv(I + V*U)", "U: n×k; V: k×n", "U (I + V U)⁻¹"),
    ("x'*x - 2*x'*y + y'*y", "x: n; y: n", "‖x − y‖²"),
    ("2*sigmoid(2*x) - 1", "x: n", "tanh(x)"),
    ("exp(x - logsumexp(x))", "x: n", "softmax(x)"),
    ("max(x, y) + min(x, y)", "x: n; y: n", "x + y"),
    ("p*norm(x)^(p - 1)*x/norm(x)", "x: n; p: scalar", "p ‖x‖^(p − 2) x"),
    ("X./(W*H).^2.*(W*H)", "X: n×m; W: n×k; H: k×m", "X ⊘ (W H)"),
    ("kron(A, B)*kron(C, D)", "A: n×m; B: p×k; C: m×n; D: k×p", "(A C) ⊗ (B D)"),
]
FORMS = [
    ("(A + B)*(A - B)", "A: n×n; B: n×n", "expanded", "A² − A B − B² + B A"),
    ("(x + y)'*S*(x + y)", "S: n×n symmetric", "expanded", "xᵀ S x + 2 xᵀ S y + yᵀ S y"),
    ("logdet(kron(A, B))", "A: n×n positive_definite; B: m×m positive_definite", "expanded", "m logdet(A) + n logdet(B)"),
    ("log(a*b^c)", "a: scalar positive; b: scalar positive; c: scalar", "expanded", "log(a) + c log(b)"),
    ("A*B*C + A*D*C", "A: n×m; B: m×p; D: m×p; C: p×q", "collected", "A (B + D) C"),
    ("A^2 + A*B + B*A + B^2", "A: n×n; B: n×n", "factored", "(A + B)²"),
]


def agree(text: str, declare: str, found: matcalc.Simplification) -> bool:
    """Whether the form equals the expression at random points; the interpreter knows no equations."""
    given = parse(text, declare).node
    for seed in range(3):
        point = find_point([given, found.node], seed)
        assert point is not None
        one, other = (evaluate(side, point.values, point.sizes) for side in (given, found.node))
        if not np.allclose(one, other, rtol=1e-8, atol=1e-8):
            return False
    return True


@pytest.mark.parametrize(("text", "declare", "short"), SHORTER, ids=[case[0] for case in SHORTER])
def test_the_shortest_form(text: str, declare: str, short: str) -> None:
    found = simplify(text, declare)
    assert found.text() == short
    assert agree(text, declare, found)
    assert parse(found.text("ascii"), dict(found.declarations)).node is found.node or found.text() == "zeros(m, n)"


@pytest.mark.parametrize(("text", "declare", "form", "expected"), FORMS, ids=[case[0] for case in FORMS])
def test_other_forms(text: str, declare: str, form: str, expected: str) -> None:
    found = simplify(text, declare, form=form)
    assert found.text() == expected
    assert agree(text, declare, found)


@pytest.mark.parametrize("text", ["x'*A*x", "A*B + C", "norm(x)", "(A + B)*x", "softmax(x)", "B'*A'", "y.*x"])
def test_what_is_short_stays_as_it_is_typed(text: str) -> None:
    found = simplify(text)
    assert found.node is parse(text).node
    assert found.steps == ()


@pytest.mark.parametrize("text", ["sign(t)^2", "sign(t^2)", "heaviside(t)^2", "relu(t)*sign(t)", "sqrt(t^2)", "t*sign(t)"])
def test_no_false_value_at_a_kink(text: str) -> None:
    """A variable of a rule may have the name of the user's own."""
    for t in (-2.0, 0.0, 3.0):
        assert float(simplify(text, "t: scalar").at(t=t)) == float(parse(text, "t: scalar").at(t=t))


def test_no_value_is_lost() -> None:
    """A form has a value wherever the expression has one."""
    assert float(simplify("abs(a)*sign(a)*b", "a: scalar; b: scalar").at(a=0, b=1)) == 0
    assert simplify("tr(inv(A))", "A: n×n").conditions == ()


@pytest.mark.parametrize(
    ("text", "declare", "form", "point"),
    [
        ("sqrt(s*t)*sqrt(s)", "s: nonnegative scalar; t: scalar", "shortest", {"s": 0, "t": -1}),
        ("sqrt(s*t)*sqrt(s)", "s: nonnegative scalar; t: scalar", "factored", {"s": 0, "t": -1}),
        ("sqrt(s*t)", "s: nonnegative scalar; t: scalar", "expanded", {"s": 0, "t": -1}),
        ("sqrt(s^2*t)*sqrt(s^2)", "s: scalar; t: scalar", "shortest", {"s": 0, "t": -1}),
        ("sum(sqrt(x.*y).*sqrt(x))", "x: n nonnegative; y: n", "shortest", {"x": [0, 1], "y": [-1, 2]}),
    ],
)
def test_a_root_of_a_product_keeps_its_zeros(text: str, declare: str, form: str, point: dict[str, Any]) -> None:
    found, given = simplify(text, declare, form=form).at(**point), parse(text, declare).at(**point)
    assert np.isfinite(given) and np.allclose(found, given)


def test_a_root_of_a_product_is_shortened_where_no_zero_is_lost() -> None:
    assert str(simplify("sqrt(s*t)*sqrt(s)", "s: positive scalar; t: scalar")) == "s sqrt(t)"
    assert str(simplify("sqrt(s*t)/sqrt(s)", "s: nonnegative scalar; t: scalar")) == "sqrt(t)"
    assert str(simplify("sqrt(s*t)*sqrt(s)", "s, t: nonnegative scalar")) == "s sqrt(t)"


def test_a_sign_has_a_value_everywhere() -> None:
    found = simplify("sign(s)*sign(t)")
    assert (str(found), found.conditions) == ("sign(s t)", ())
    for s, t in ((0, 1), (-2, 0), (-1, 3), (0, 0)):
        assert float(found.at(s=s, t=t)) == np.sign(s) * np.sign(t)
    assert simplify("inv(A)*inv(B)").conditions == ()


@pytest.mark.parametrize(
    ("text", "form"),
    [("x'*A*x + y'*A*y", "factored"), ("a*b + c*d", "factored"), ("A*x + B*x + A*y", "collected"), ("a^2 - b^2", "factored")],
)
def test_a_form_is_not_longer_than_what_was_typed(text: str, form: str) -> None:
    given, found = parse(text), simplify(text, form=form)
    assert shortest_forms.length(found.node) <= shortest_forms.length(given.node)


def test_an_expression_simplifies_itself() -> None:
    A, B = matcalc.symbols("A, B: n×n invertible")
    assert (matcalc.inv(A @ B) @ A).simplify() == simplify("inv(A*B)*A", "A, B: n×n invertible") and str(A.simplify()) == "A"
    assert str(parse("(x + y)'*(x + y)").simplify(form="expanded")) == "xᵀ x + 2 xᵀ y + yᵀ y"
    assert str(matcalc.derive("x'*A*inv(A)*x", "x").expression.simplify()) == "2 x"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["pinv(X)*X", "X*pinv(X)", "pinv(X)'*pinv(X)"])
def test_no_inverse_comes_in_where_none_was(text: str) -> None:
    """A pseudoinverse is that of full rank only where the Gram matrix is invertible."""
    X = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]])
    for matrix in (X, X.T):
        assert np.allclose(simplify(text, "X: n×m").at(X=matrix), parse(text, "X: n×m").at(X=matrix))


@pytest.mark.parametrize("line", LINES, ids=[line.name for line in LINES])
def test_every_equation_is_true(line: RuleLine) -> None:
    assert matcalc.verify(f"{line.left} = {line.right}", declare=line.variables).ok


def test_a_false_equation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    false = RuleLine("planted", "X: n×n invertible", "det(X)*inv(X)", "inv(X)", "nobody")
    assert not matcalc.verify(f"{false.left} = {false.right}", declare=false.variables).ok
    lines = ((false, (frozenset({"det", "inv"}),)),)
    monkeypatch.setattr(equation_schemas, "_lines", lambda: lines)
    with pytest.raises(MatcalcError, match="internal error"):
        simplify("det(A)*inv(A)", "A: n×n invertible")


def test_the_way_is_shown_line_by_line() -> None:
    text, declare = "det(A)*(1 + y'*inv(A)*x)", "A: n×n invertible; x: n; y: n"
    found = simplify(text, declare)
    assert "determinant lemma" in found.rules
    sides = [side for step in found.steps for side in (step.left, step.right)]
    point = find_point([parse(text, declare).node], 1)
    assert point is not None
    values = [float(side.value(point.values, point.sizes)) for side in sides]
    assert np.allclose(values, values[0])
    assert found.steps_text().splitlines()[0] == "A shorter form of det(A) (1 + yᵀ A⁻¹ x)."


def test_expressions_and_sympy_objects() -> None:
    A, B = matcalc.symbols("A: n×n invertible; B: n×n invertible")
    assert str(simplify((A @ B) ** 2 @ matcalc.inv(B) @ matcalc.inv(A))) == "A B"
    M = sympy.MatrixSymbol("M", 3, 3)
    assert str(simplify(M.I * M * M)) == "M"


def test_bad_requests() -> None:
    with pytest.raises(MatcalcError, match="there is no form 'tiny'"):
        simplify("A*B", form="tiny")
    with pytest.raises(MatcalcError, match="never closed"):
        simplify("tr(A")


def test_it_is_the_same_at_the_command_line_and_in_the_service() -> None:
    asked = "inv(A) - inv(A)*inv(inv(A) + inv(B))*inv(A)"
    printed = run("simplify", asked, "--to", "json")
    assert json.loads(printed[1])["unicode"] == "(A + B)⁻¹"
    steps = run("simplify", f"simplify {asked}", "--steps")
    assert "parallel sum collapsed" in steps[1]
    said = answer("simplify", {"text": "expand (A + B)*(A - B)"})["result"]
    assert (said["form"], said["unicode"]) == ("expanded", "A² − A B − B² + B A")
    assert answer("read", {"text": "expand (A + B)*(A - B)"})["result"]["operation"] == "simplify"


def test_the_search_ends() -> None:
    start = shortest_forms.Writer(parse("inv(A)*inv(B)*inv(A + B)").node).value.tensor
    assert len(list(form_search.reached(start, lambda _: (20, 1), 30))) == 30
    assert len(list(form_search.reached(start, lambda _: (1, 1), 30))) == 11  # what is short already is not looked into for long


# ------------------------------------------------------------ what is shown of derivatives

SHOWN = """
atan(x./y)                   | y | x: n; y: n positive               | 1 | -diag(x./(x.^2 + y.^2))
sum(sqrt(x.^2 + c^2))        | x | x: n; c: scalar positive          | 2 | c^2*diag((x.^2 + c^2).^(-3/2))
a'*B*exp(X)*C*b              | X | a: p; B: p×m; X: m×n; C: n×q; b: q | 1 | (B'*a*b'*C').*exp(X)
x.*sigmoid(x)                | x | x: n                              | 1 | diag(sigmoid(x).*(x.*sigmoid(-x) + 1))
norm2(x - y)^p               | x | x: n; y: n; p: scalar             | 1 | p*norm2(x - y)^(p - 2)*(x - y)
a'*x/norm2(x)                | x | a: n; x: n                        | 1 | (a - x*a'*x/(x'*x))/norm2(x)
x/norm2(x)^2                 | x | x: n                              | 1 | (eye - 2*x*x'/norm2(x)^2)/norm2(x)^2
(c + x'*x)^(-c)              | x | x: n; c: scalar positive          | 1 | -2*c*(c + x'*x)^(-c - 1)*x
(a'*x)*(b'*x)                | x | a: n; b: n; x: n                  | 1 | (b*a' + a*b')*x
det(A + t*B)                 | t | A: n×n; B: n×n; t: scalar         | 1 | tr(adj(A + t*B)*B)
det(X^j)                     | X | X: n×n invertible; j: scalar      | 1 | j*det(X^j)*inv(X)'
logdet(X*X')                 | X | X: n×m                            | 1 | 2*pinv(X)'
det(kron(X, X))              | X | X: n×n invertible                 | 1 | 2*n*det(kron(X, X))*inv(X)'
y'*inv(c*eye + x*y')*x       | x | x: n; y: n; c: scalar positive    | 1 | c*y/(y'*x + c)^2
tr(inv(X + A)*X)             | X | X: n×n; A: n×n                    | 1 | (inv(X + A)*A*inv(X + A))'
logdet(eye + V'*U)           | U | U: n×k; V: n×k                    | 1 | V*inv(eye + U'*V)
sum((x - mean(x)).^2)        | x | x: n                              | 1 | 2*(x - mean(x))
tr(inv(A + t*B)*B)           | t | A: n×n; B: n×n; t: scalar         | 2 | G = inv(A + t*B); 2*tr(G*B*G*B*G*B)
log(t + x'*A*x)              | x | x: n; A: n×n symmetric; t: scalar positive | 2 | q = t + x'*A*x; 2*A*(eye - 2*x*x'*A/q)/q
"""  # the last one's own t is not taken as a name


@pytest.mark.parametrize("line", SHOWN.strip().splitlines())
def test_what_is_shown_is_short_and_right(line: str) -> None:
    text, wrt, declare, order, expected = [part.strip() for part in line.split("|")]
    assert check_derivation(text, wrt, declare, order=int(order)).text("ascii") == expected


def test_a_wrong_identity_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rewrites.shown_rewrites

    def doubled(line: RuleLine) -> list[rewrites.Rewrite]:
        return [replace(rule, right=scale(Fraction(2), rule.right)) for rule in real(line)]

    monkeypatch.setattr(shown_forms.rewrites, "shown_rewrites", doubled)
    with pytest.raises(Disagreement):
        check_derivation("logdet(X'*X)", "X", "X: n×m")


def test_a_wrong_spelling_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = dict(respelling._SPELLINGS)
    careless = (lambda node: None if (found := respelling._in_line(node)) is None else Negative(found), real[respelling._in_line])
    monkeypatch.setattr(respelling, "_SPELLINGS", (careless,))
    with pytest.raises(Disagreement):
        check_derivation("(x'*A*x)*x'*x", "x", "x: n; A: n×n symmetric")


def test_the_form_that_is_shown_can_be_chosen() -> None:
    forms = {cost: matcalc.derive("sqrt(det(X'*X))", "X", declare="X: n×m", cost=cost) for cost in COSTS}
    shown = {cost: form.text("ascii") for cost, form in forms.items()}
    long = "sqrt(det(X'*X))*X*inv(X'*X)"
    assert shown == {"shortest": "sqrt(det(X'*X))*pinv(X)'", "cheapest": long, "familiar": long}
    assert len({form.code("numpy") for form in forms.values()}) == 1
    assert forms["shortest"].conditions == forms["familiar"].conditions
    assert run("derive", "det(X)", "--wrt", "X", "--cost", "familiar")[1].splitlines()[0] == "det(X) X⁻ᵀ"
    with pytest.raises(MatcalcError, match="no cost 'nicest'"):
        matcalc.derive("x'*x", "x", cost="nicest")


def test_names_are_set_behind_the_formula_in_latex() -> None:
    found = matcalc.derive("tr(inv(A + t*B)*B)", "t", declare="A: n×n; B: n×n; t: scalar", order=2)
    assert found.latex() == r"2 \operatorname{tr}(G B G B G B),\quad G = (A + t B)^{-1}"
    assert found.expression is not None and "G" not in found.expression.text()
