"""Calculus on index notation: what each node passes to its operands, and what makes a formula
shorter."""

from __future__ import annotations

import pytest

from matcalc.base.errors import NotDifferentiableError
from matcalc.calculus.cancellation import cancelled_fraction
from matcalc.calculus.differentiation import Fired, contributions, cotangents
from matcalc.calculus.simplification import alternatives, lightest, reflected, simplified
from matcalc.einstein.linear import delta, is_zero
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Symbol, Tensor, postorder
from matcalc.language import elaborate
from matcalc.printing import index_text


def tensor(text: str, declare: str = "") -> Tensor:
    return lower(elaborate(text, declare).expression).tensor


def symbol(root: Tensor, name: str) -> Symbol:
    return next(node for node in postorder(root) if isinstance(node, Symbol) and node.name == name)


def derivative(text: str, by: str, declare: str = "") -> str:
    """The derivative in index notation, the axes of the value before those of the variable."""
    root = tensor(text, declare)
    variable = symbol(root, by)
    return index_text(cotangents(root, delta(root.shape), [variable])[variable], "unicode")


@pytest.mark.parametrize(
    ("text", "by", "declare", "expected"),
    [
        ("a'*x", "x", "", "a_i"),
        ("x'*A*x", "x", "", "A_ji x_j + A_ij x_j"),  # the product rule: one term for each x
        ("A*x", "x", "", "A_ij"),
        ("tr(A*X*B)", "X", "", "A_ki B_jk"),
        ("x.^2", "x", "x: n", "2 x_i δ_ij"),  # the chain rule, entry by entry
        ("sum(exp(x))", "x", "x: n", "exp(x_i)"),
        ("log(det(X))", "X", "", "(X⁻¹)_ji"),  # an entrywise rule of rules/matrix_functions.rules
        ("tr(expm(X))", "X", "", "expm(X)_ji"),  # a primary matrix function in a trace
    ],
)
def test_derivatives_in_index_notation(text: str, by: str, declare: str, expected: str) -> None:
    assert derivative(text, by, declare) == expected


def test_every_occurrence_contributes_a_term() -> None:
    root = tensor("x'*A*x")
    x = symbol(root, "x")
    parts = contributions(root, delta(()), [x])[x]
    assert sorted(index_text(part, "unicode") for _, part in parts) == ["A_ij x_j", "A_ji x_j"]


def test_a_variable_that_does_not_occur_has_no_contributions() -> None:
    root = tensor("a'*a")
    assert contributions(root, delta(()), [Symbol("x", (), frozenset())]) == {Symbol("x", (), frozenset()): []}


@pytest.mark.parametrize(
    ("text", "by", "rules"),
    [
        ("a'*x", "x", ["linearity"]),
        ("x'*A*x", "x", ["product rule"]),
        ("sum(exp(A*x))", "x", ["linearity", "exp", "linearity"]),
        ("t/(t + 1)", "t", ["quotient rule", "power rule", "linearity"]),
        ("det(X)", "X", ["det"]),
    ],
)
def test_the_rules_used_are_recorded_from_the_outside_in(text: str, by: str, rules: list[str]) -> None:
    root = tensor(text, "t: scalar")
    fired: list[Fired] = []
    contributions(root, delta(()), [symbol(root, by)], fired)
    assert [rule for rule, _ in fired] == rules
    assert fired[0][1] is root


def test_no_rule_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(NotDifferentiableError, match="has no closed form here"):
        derivative("frechet2_exp(X, A, A)", "X")


def test_rewrites_are_recorded_with_the_node_they_were_used_on() -> None:
    root = tensor("sin(t)^2 + cos(t)^2", "t: scalar")
    fired: list[Fired] = []
    assert index_text(simplified(root, fired), "unicode") == "1"
    assert len(fired) == 1
    assert fired[0][1] in postorder(root)


def test_fractions_are_cancelled_where_that_is_shorter() -> None:
    found = cancelled_fraction(tensor("1 - t^2/(t^2 + 1)", "t: scalar"))
    assert found is not None
    assert index_text(found, "unicode") == "1/(t² + 1)"
    assert cancelled_fraction(tensor("t + 1", "t: scalar")) is None


def test_sums_over_what_cancels_are_nothing() -> None:
    assert is_zero(simplified(tensor("sum(x - mean(x))", "x: n")))


def test_functions_of_minus_t_are_written_by_those_of_t() -> None:
    found = reflected(tensor("sigmoid(-t)*sigmoid(t)", "t: scalar"))
    assert index_text(found, "unicode") == "−(σ(t) − 1) σ(t)"


def test_the_lightest_alternative_is_the_start_of_a_further_derivative() -> None:
    root = tensor("(A + A')*x")
    assert lightest(root) in alternatives(root)
    assert alternatives(root)[0] is root
