"""Numerical derivatives against formulas from textbooks, and errors planted in those formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.sizes import ONE, Size
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import confirms_zero, numerical_derivative
from matcalc.evaluation.interpreter import Program
from matcalc.evaluation.sampling import equal_sizes, prime_sizes, sample
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import symbols_in
from tests.oracle.layouts import layout

M, N = Size.of("m"), Size.of("n")
X = e.Symbol("X", (M, N))
A = e.Symbol("A", (N, N))
S = e.Symbol("S", (N, N), frozenset({"symmetric"}))
x = e.Symbol("x", (N,))
y = e.Symbol("y", (N,))
z = e.Symbol("z", (M,))
r = e.Symbol("r", (ONE, N))
a = e.Symbol("a", ())
SIZES = prime_sizes("mn")


def t(node: e.Expr) -> e.Expr:
    return e.Transpose(node)


def product(*factors: e.Expr) -> e.Expr:
    return e.Product(factors)


def power(base: e.Expr, exponent: int) -> e.Expr:
    return e.Power(base, e.Number(Fraction(exponent)))


def delta(n: int) -> np.ndarray:
    return np.eye(n)


def softmax(array: np.ndarray) -> np.ndarray:
    return np.exp(array) / np.exp(array).sum()


CASES = {
    "quadratic form": (product(t(x), A, x), x, lambda v: (v["A"] + v["A"].T) @ v["x"]),
    "least squares": (
        power(e.Norm(e.Sum((product(X, x), e.Negative(z))), "2"), 2),
        x,
        lambda v: 2 * v["X"].T @ (v["X"] @ v["x"] - v["z"]),
    ),
    "bilinear by matrix": (product(t(z), X, x), X, lambda v: np.outer(v["z"], v["x"])),
    "inverse": (
        product(t(x), e.Inverse(A), y),
        A,
        lambda v: -np.linalg.inv(v["A"]).T @ np.outer(v["x"], v["y"]) @ np.linalg.inv(v["A"]).T,
    ),
    "determinant": (e.Call("det", (A,), None, ()), A, lambda v: np.linalg.det(v["A"]) * np.linalg.inv(v["A"]).T),
    "linear map": (product(X, x), x, lambda v: v["X"]),
    "row by column": (t(e.Elementwise("exp", x)), x, lambda v: np.diag(np.exp(v["x"]))),
    "column by row": (e.Elementwise("sin", t(r)), r, lambda v: np.diag(np.cos(v["r"]))),
    "matrix by scalar": (e.Elementwise("exp", product(a, X)), a, lambda v: v["X"] * np.exp(v["a"] * v["X"])),
    "matrix by vector": (
        product(x, t(x)),
        x,
        lambda v: np.einsum("ik,j->ijk", delta(5), v["x"]) + np.einsum("jk,i->ijk", delta(5), v["x"]),
    ),
    "vector by matrix": (product(X, x), X, lambda v: np.einsum("ik,l->ikl", delta(3), v["x"])),
    "matrix by matrix": (product(X, A), X, lambda v: np.einsum("ik,lj->ijkl", delta(3), v["A"])),
    "transpose by matrix": (t(X), X, lambda v: np.einsum("jk,il->ijkl", delta(3), delta(5))),
    "scalar by scalar": (power(a, 5), a, lambda v: 5 * v["a"] ** 4),
}


@pytest.mark.parametrize("name", CASES)
def test_first_derivatives(name: str) -> None:
    expression, wrt, expected = CASES[name]
    symbols = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    values = sample(symbols.values(), SIZES, 3)
    found = numerical_derivative(expression, wrt, values, SIZES)
    assert found.reliable
    right = np.asarray(expected(values))
    assert agrees(found.value, right, relative=1e-8)
    assert np.max(np.abs(found.value - right)) <= 1e-9 + 100 * np.max(found.error)


@pytest.mark.parametrize("sizes", [SIZES, equal_sizes("mn", 5)], ids=["primes", "equal"])
@pytest.mark.parametrize(
    "name", ["quadratic form", "least squares", "bilinear by matrix", "inverse", "determinant", "linear map"]
)
def test_planted_errors_are_seen(name: str, sizes: dict[str, int]) -> None:
    expression, wrt, expected = CASES[name]
    symbols = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    values = sample(symbols.values(), sizes, 3)
    found = numerical_derivative(expression, wrt, values, sizes).value
    right = np.asarray(expected(values))
    assert agrees(found, right)
    one_entry = right.copy()
    one_entry.flat[-1] += 1e-5 * np.max(np.abs(right))
    for wrong in (-right, 2 * right, right / 2, 1.00001 * right, one_entry, right[::-1]):
        assert not agrees(found, wrong)
    if right.ndim > 1:
        assert not agrees(found, right.T)


SECOND = {
    "quadratic form": (product(t(x), A, x), (x, x), lambda v: v["A"] + v["A"].T),
    "mixed": (product(t(z), X, x), (z, x), lambda v: v["X"]),
    "mixed, other order": (product(t(z), X, x), (x, z), lambda v: v["X"].T),
    "scalar": (power(a, 5), (a, a), lambda v: 20 * v["a"] ** 3),
    "log sum": (
        e.Elementwise("log", e.Total(e.Elementwise("exp", x))),
        (x, x),
        lambda v: np.diag(softmax(v["x"])) - np.outer(softmax(v["x"]), softmax(v["x"])),
    ),
    "matrix": (
        e.Trace(product(t(X), X, A)),
        (X, X),
        lambda v: np.einsum("ik,jl->ijkl", np.eye(3), v["A"] + v["A"].T),
    ),
    "vector by scalar and vector": (product(power(a, 2), x), (a, x), lambda v: 2 * v["a"] * np.eye(5)),
}


@pytest.mark.parametrize("name", SECOND)
def test_second_derivatives(name: str) -> None:
    expression, wrt, expected = SECOND[name]
    symbols = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    values = sample(symbols.values(), SIZES, 4)
    found = numerical_derivative(expression, wrt, values, SIZES, order=2)
    right = np.asarray(expected(values))
    assert agrees(found.value, right, relative=1e-7)
    assert not agrees(found.value, right / 2)
    assert not agrees(found.value, -right)
    assert not agrees(found.value, 1.0001 * right)


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        ("projected", lambda g: (g + g.T) / 2),
        ("cookbook", lambda g: g + g.T - np.diag(np.diag(g))),
        ("independent", lambda g: g),
    ],
)
def test_symmetric_variables(convention: str, expected) -> None:
    values = sample([S, x, y], SIZES, 5)
    gradient = np.outer(values["x"], values["y"])
    found = numerical_derivative(product(t(x), S, y), S, values, symmetric=convention)
    assert agrees(found.value, expected(gradient))
    others = {"projected", "cookbook", "independent"} - {convention}
    for other in others:
        assert not agrees(found.value, numerical_derivative(product(t(x), S, y), S, values, symmetric=other).value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("antisymmetric", lambda g: (g - g.T) / 2), ("diagonal", lambda g: np.diag(np.diag(g)))],
)
def test_other_tied_variables(kind: str, expected) -> None:
    tied = e.Symbol("T", (N, N), frozenset({kind}))
    values = sample([tied, x, y], SIZES, 5)
    gradient = np.outer(values["x"], values["y"])
    expression = product(t(x), tied, y)
    assert agrees(numerical_derivative(expression, tied, values).value, expected(gradient))
    assert agrees(numerical_derivative(expression, tied, values, symmetric="independent").value, gradient)


def test_a_kink_is_not_called_reliable() -> None:
    assert not numerical_derivative(e.Total(e.Elementwise("abs", x)), x, {"x": np.array([0.0007, 1.0])}).reliable
    assert numerical_derivative(e.Total(e.Elementwise("abs", x)), x, {"x": np.array([0.5, 1.0])}).reliable


def test_a_variable_that_does_not_occur_has_derivative_zero() -> None:
    found = numerical_derivative(product(X, x), y, sample([X, x, y], SIZES, 1))
    assert found.value.shape == (3, 5)
    assert not found.value.any()
    with pytest.raises(MatcalcError, match="no value"):
        numerical_derivative(product(X, x), y, sample([X, x], SIZES, 1))


def test_steps_that_leave_the_domain_are_not_used() -> None:
    found = numerical_derivative(e.Total(e.Elementwise("log", x)), x, {"x": np.array([0.03, 2.0])})
    assert agrees(found.value, [1 / 0.03, 0.5], relative=1e-6)


def vec(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1, order="F")


def test_layouts() -> None:
    rng = np.random.default_rng(0)
    # scalar by matrix
    g = rng.normal(size=(3, 5))
    assert np.array_equal(layout(g, (), (M, N)), g)
    assert np.array_equal(layout(g, (), (M, N), "numerator"), g.T)
    assert np.array_equal(layout(g, (), (M, N), "tensor"), g)
    # A x by x: the transpose of A in denominator layout, A in numerator layout
    assert np.array_equal(layout(g, (M,), (N,)), g.T)
    assert np.array_equal(layout(g, (M,), (ONE, N)), g.T)
    assert np.array_equal(layout(g, (M,), (N,), "numerator"), g)
    # vector and matrix by scalar
    assert np.array_equal(layout(g[0], (N,), ()), g[0])
    assert np.array_equal(layout(g, (M, N), (), "numerator"), g)
    # A X B by X: B kron A' and its transpose
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(5, 7))
    tensor = np.einsum("ik,lj->ijkl", a, b)
    shapes = (Size.of("p"), Size.of("q")), (M, N)
    assert agrees(layout(tensor, *shapes), np.kron(b, a.T))
    assert agrees(layout(tensor, *shapes, "numerator"), np.kron(b.T, a))
    assert layout(tensor, *shapes, "tensor") is tensor
    x = rng.normal(size=3)
    moved = layout(tensor, *shapes, "numerator") @ vec(np.outer(x, np.ones(5)))
    assert agrees(moved, vec(a @ np.outer(x, np.ones(5)) @ b))
    with pytest.raises(ShapeError):
        layout(g, (M, N), (M, N))
    with pytest.raises(ShapeError):
        layout(g, (M,), (N,), "other")


def test_agreement_is_strict() -> None:
    one = np.ones((2, 2))
    assert agrees(one, one + 1e-9)
    assert agrees(0.0, 0.0)
    assert agrees(np.zeros(2), np.zeros(2))
    for wrong in (one + 1e-4, one[0], np.full((2, 2), np.nan), np.full((2, 2), np.inf), np.ones((2, 2, 1)), None, "word"):
        assert not agrees(one, wrong)
    assert not agrees(np.full(2, np.nan), np.full(2, np.nan))
    assert not agrees(np.full(2, np.inf), np.full(2, np.inf))
    assert not agrees(np.ones((0, 2)), np.ones((0, 2)))
    assert not agrees(1e-3 * one, one)
    assert not agrees(one, np.array([[1.0, 1.0], [1.0, 1.0 + 1e-5]]))


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Of every evaluation how many arrays stand for A in one stack, and how many numbers come out."""
    seen: list[tuple[int, int]] = []
    true = Program.run_inside

    def counted(self: Program, arrays: Any, *given: Any, **how: Any) -> Any:
        found = true(self, arrays, *given, **how)
        seen.append((arrays["A"].shape[0] if arrays["A"].ndim > 2 else 1, found.size))
        return found

    monkeypatch.setattr(Program, "run_inside", counted)
    return seen


LARGE, LARGE_SIZES = "(A*sin(C))⊗(B*sin(D))", "A: 13×17; B: 19×23; C: 17×11; D: 23×29"


def test_differences_of_large_arrays_are_refused_before_they_are_made(evaluated: list[tuple[int, int]]) -> None:
    """All that the second differences of a Kronecker product need took 375 MB in one stack."""
    expression = matcalc.parse(LARGE, LARGE_SIZES).node
    assert confirms_zero(expression, symbols_in(expression)["A"], order=2) is None
    assert 0 < max(size for _, size in evaluated) < 1_000_000


def test_evaluations_made_together_are_fewer_where_arrays_inside_are_large(evaluated: list[tuple[int, int]]) -> None:
    expression = matcalc.parse(f"sum({LARGE})", LARGE_SIZES).node
    assert confirms_zero(expression, symbols_in(expression)["A"], order=2) is True
    assert 1 < max(together for together, _ in evaluated) * 247 * 319 <= 4_000_000
