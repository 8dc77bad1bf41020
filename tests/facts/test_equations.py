"""Facts stated as equations in declarations."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ParseError
from matcalc.facts.table import facts
from matcalc.language.declare.declared import parse_declarations

STATED = [
    ("X: n×p, X'*X = eye", "orthonormal"),
    ("X: n×p; X'*X = eye", "orthonormal"),
    ("X: n×p; eye(p) = X' X", "orthonormal"),
    (r"X: n×p, X^\top X = I_p", "orthonormal"),
    ("X'*X = eye", "orthonormal"),
    ("X: n×n, 2*X*X' = 2*eye", "orthogonal"),
    ("X: n×n, X^-1 = X'", "orthogonal"),
    ("X = X'", "symmetric"),
    ("X: n×n, X - X' = 0", "symmetric"),
    ("X: n×n, X' = -X", "antisymmetric"),
    ("X: n×n; X + X' = 0", "antisymmetric"),
    ("X: n×n, X^2 = X", "idempotent"),
    ("X: n×n, X = diag(diag(X))", "diagonal"),
    ("X: n×m, X.*X = X", "mask"),
    ("X: n×m, X.^2 = 1", "sign"),
    ("X: n, X'*X = 1", "unit"),
    ("X: n, ||X|| = 1", "unit"),
    ("X: n, norm(X)^2 = 1", "unit"),
    ("X: n, X > 0", "positive"),
    ("X: scalar, X >= 0", "nonnegative"),
    ("X: n×n, X ≻ 0", "positive_definite"),
    ("X: n×n, X ⪰ 0", "positive_semidefinite"),
    ("X: n, X >= 0, sum(X) = 1", "simplex"),
    ("X: n, 1'*X = 1, X ≥ 0", "simplex"),
    ("X: n×m nonnegative, X*1 = 1", "simplex"),
    ("X: n×n nonnegative, X*1 = 1, X'*1 = 1", "doubly_stochastic"),
    ("X: n×n, X*X = X, X' = X", "projection"),
]


@pytest.mark.parametrize(("declare", "fact"), STATED)
def test_an_equation_states_a_fact(declare: str, fact: str) -> None:
    found = parse_declarations(declare)
    assert list(found) == ["X"]
    assert fact in found["X"].facts


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        ("X: n×n, X^3 = X", "no fact that can be declared"),
        ("X: n×p, X'*X = 2*eye", "no fact that can be declared"),
        ("X: n×p, X*X' = eye", "no fact that can be declared"),
        ("A: n×n; B: n×n; A*B = B*A", "about A and B"),
        ("X: n, sum(X) = 1", "does not say that X is nonnegative"),
        ("X: n×n symmetric, X > 0", "entries of X or of its eigenvalues"),
        ("X: n×p, X'X =", "cannot be read as an equation"),
        ("X: n×n, X' = -X, X = X'", "antisymmetric and symmetric at once"),
        ("X: n×m, X = X'", "no fact that can be declared"),
        ("X: n; 1 = 2", "about no symbol"),
        ("X: n×n, " + "*".join(["(X + X')"] * 40) + " = eye", "too long"),
    ],
)
def test_another_equation_is_refused(declare: str, said: str) -> None:
    with pytest.raises(MatcalcError, match=said) as caught:
        parse_declarations(declare)
    assert caught.value.text == declare


def test_the_error_lists_what_can_be_said() -> None:
    with pytest.raises(ParseError) as caught:
        parse_declarations("X: n×n, X^3 = X")
    assert "X'*X = eye" in str(caught.value)
    assert "x >= 0" in str(caught.value)


def test_every_relation_of_the_table_states_its_fact() -> None:
    for fact in facts().values():
        for relation in fact.relations:
            name, shape = ("X", "n×n" if fact.shape != "tall" else "n×p") if "X" in relation else ("x", "n")
            given = " ".join(fact.given)
            found = parse_declarations({name: f"{shape} {given}, {relation}"})[name]
            assert fact.name in found.facts, relation


def test_mappings_and_symbols_take_equations() -> None:
    assert parse_declarations({"X": "n×p, X'*X = eye", "w": "p"})["X"].properties == ("orthonormal",)
    X, w = matcalc.symbols("X: n×p, X'*X = eye, w: p")
    assert "orthonormal" in X.node.properties
    assert w.shape == ("p",)


def test_points_have_the_stated_fact() -> None:
    assert matcalc.verify("X'*X*w = w", declare="X: n×p, X'*X = eye; w: p").ok
    assert not matcalc.verify("X*X'*y = y", declare="X: n×p, X'*X = eye; y: n").ok
