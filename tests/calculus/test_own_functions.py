"""Functions of the user's own that are declared with shapes: their derivatives by the chain rule, against central
differences of concrete functions; what is read and written for them; verdicts about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.own_functions import OwnFunction
from matcalc.evaluation.own_values import own_family
from matcalc.evaluation.precise.evaluator import plan
from matcalc.evaluation.precise.number_systems import Residues
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.sampling import functions_at
from matcalc.expr.nodes import postorder
from matcalc.language import elaborate

RNG = np.random.default_rng(7)
A, B, Q = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))
C, M, N = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2)), RNG.normal(size=(2, 4))
S, X = RNG.normal(size=(3, 4)) / 3, RNG.normal(size=(5, 4)) / 3
x, y, a, b, u, w = (
    RNG.normal(size=4) / 2,
    RNG.normal(size=4),
    RNG.normal(size=4),
    RNG.normal(size=3),
    RNG.normal(size=5),
    RNG.normal(size=3),
)
W, V, P = RNG.normal(size=(4, 3)) / 2, RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4))

Functions = Mapping[str, Callable[..., Any]]
SUM_OF_EXPONENTIALS: Functions = {
    "f": lambda z: np.sum(np.exp(W @ z)),
    "grad_f": lambda z: W.T @ np.exp(W @ z),
    "hess_f": lambda z: W.T @ np.diag(np.exp(W @ z)) @ W,
}
LAYER: Functions = {"F": lambda z: np.tanh(V @ z), "J_F": lambda z: (1 - np.tanh(V @ z) ** 2)[:, None] * V}
OF_MATRIX: Functions = {"h": lambda Z: np.sum(C * np.sin(Z)), "grad_h": lambda Z: C * np.cos(Z)}
OF_TWO: Functions = {
    "g": lambda s, t: np.sin(s @ P @ t) + s @ s,
    "grad1_g": lambda s, t: np.cos(s @ P @ t) * (P @ t) + 2 * s,
    "grad2_g": lambda s, t: np.cos(s @ P @ t) * (P.T @ s),
    "hess11_g": lambda s, t: -np.sin(s @ P @ t) * np.outer(P @ t, P @ t) + 2 * np.eye(3),
    "hess12_g": lambda s, t: -np.sin(s @ P @ t) * np.outer(P @ t, P.T @ s) + np.cos(s @ P @ t) * P,
    "hess22_g": lambda s, t: -np.sin(s @ P @ t) * np.outer(P.T @ s, P.T @ s),
}
OF_NUMBERS: Functions = {
    "phi": lambda s, t: np.sin(s) * np.exp(t / 5),
    "d1_phi": lambda s, t: np.cos(s) * np.exp(t / 5),
    "d2_phi": lambda s, t: np.sin(s) * np.exp(t / 5) / 5,
    "d11_phi": lambda s, t: -np.sin(s) * np.exp(t / 5),
    "d12_phi": lambda s, t: np.cos(s) * np.exp(t / 5) / 5,
    "d22_phi": lambda s, t: np.sin(s) * np.exp(t / 5) / 25,
}
CURVE: Functions = {
    "c": lambda t: np.array([np.sin(t), t**2, np.exp(t)]),
    "c'": lambda t: np.array([np.cos(t), 2 * t, np.exp(t)]),
}
MIXED: Functions = {
    "k": lambda s, z: np.sum(np.sin(s * z)),
    "d1_k": lambda s, z: np.sum(z * np.cos(s * z)),
    "grad2_k": lambda s, z: s * np.cos(s * z),
}

CHAIN_RULES: list[tuple[str, str, str, int, str, Mapping[str, Any], Functions]] = [
    ("f(A*x + b)", "x", "f: R^n -> R", 1, "A'*grad_f(A*x + b)", {"A": A, "x": x, "b": b}, SUM_OF_EXPONENTIALS),
    ("f(A*x + b)", "x", r"f: \mathbb{R}^n \to \mathbb{R}", 2, "A'*hess_f(A*x + b)*A", {"A": A, "x": x, "b": b}, SUM_OF_EXPONENTIALS),
    ("f(A*x)^2", "A", "f: vector -> scalar", 1, "2*f(A*x)*grad_f(A*x)*x'", {"A": A, "x": x}, SUM_OF_EXPONENTIALS),
    ("F(A*x)", "x", "F: ℝⁿ → ℝᵐ", 1, "J_F(A*x)*A", {"A": A, "x": x}, LAYER),
    ("u'*F(A*x)", "x", "F: n -> m", 1, "A'*J_F(A*x)'*u", {"A": A, "x": x, "u": u}, LAYER),
    ("F(A*x)*u'", "x", "F: n -> m", 1, "", {"A": A, "x": x, "u": u}, LAYER),
    ("h(M*N)", "N", "h: R^{n×m} -> R", 1, "M'*grad_h(M*N)", {"M": M, "N": N}, OF_MATRIX),
    ("h(M*N)^2", "M", "h: matrix -> scalar", 1, "2*h(M*N)*grad_h(M*N)*N'", {"M": M, "N": N}, OF_MATRIX),
    ("g(A*x, Q*x)", "x", "g: R^n, R^m -> R", 1, "A'*grad1_g(A*x, Q*x) + Q'*grad2_g(A*x, Q*x)", {"A": A, "Q": Q, "x": x}, OF_TWO),
    ("g(A*x, Q*x)", "x", "g: R^n × R^m → R", 2, "", {"A": A, "Q": Q, "x": x}, OF_TWO),
    ("phi(x'*x, a'*x)", "x", "phi: R, R -> R", 1, "2*d1_phi(x'*x, x'*a)*x + d2_phi(x'*x, x'*a)*a", {"a": a, "x": x}, OF_NUMBERS),
    ("phi(x'*x, a'*x)", "x", "phi: function", 2, "", {"a": a, "x": x}, OF_NUMBERS),
    ("sum(phi(x, a'*x))", "x", "phi: R, R -> R; x: n", 1, "d1_phi(x, x'*a) + sum(d2_phi(x, x'*a))*a", {"a": a, "x": x}, OF_NUMBERS),
    ("phi(a.*x, y)", "x", "phi: function; a, x, y: n", 1, "diag(a.*d1_phi(a.*x, y))", {"a": a, "x": x, "y": y}, OF_NUMBERS),
    ("w'*c(a'*x)", "x", "c: R -> R^m", 1, "a*w'*c'(a'*x)", {"a": a, "x": x, "w": w}, CURVE),
    ("k(s, x)", "x", "k: R, R^n -> R; s: scalar", 1, "grad2_k(s, x)", {"s": 0.3, "x": x}, MIXED),
    ("k(s, x)", "s", "k: R, R^n -> R; s: scalar", 1, "d1_k(s, x)", {"s": 0.3, "x": x}, MIXED),
    ("sum(i, f(S*x_i)^2)", "S", "f: R^d -> R; X: n×p; S: d×p", 1, "", {"S": S, "X": X}, SUM_OF_EXPONENTIALS),
]  # fmt: skip


def differences(function: Callable[[Any], Any], at: Any, step: float) -> Any:
    """Central differences: axes of the value, then those of the argument."""
    at = np.asarray(at, dtype=float)
    quotients = []
    for place in np.ndindex(at.shape):
        move = np.zeros(at.shape)
        move[place] = step
        quotients.append((np.asarray(function(at + move)) - np.asarray(function(at - move))) / (2 * step))
    return np.stack(quotients, -1).reshape(np.shape(quotients[0]) + at.shape)


def error_of(case: tuple[str, str, str, int, str, Mapping[str, Any], Functions], functions: Functions) -> float:
    """How far the derivative is from differences of the value, relative to the larger of these and 1."""
    expression, wrt, declare, order, _, point, own = case
    value = matcalc.parse(expression, declare).function("numpy")
    step = 1e-6 if order == 1 else 1e-4

    def along(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda moved: differences(function, moved, step)

    of_value: Callable[[Any], Any] = lambda moved: value(**{**point, wrt: moved}, **own)  # noqa: E731
    expected = (along(of_value) if order == 1 else along(along(of_value)))(point[wrt])
    found = matcalc.derive(expression, wrt, declare=declare, order=order, layout="tensor").function("numpy")(**point, **functions)
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected)) / max(1.0, np.max(np.abs(expected))))


@pytest.mark.parametrize("case", CHAIN_RULES, ids=lambda case: f"{case[0]} {case[3]}")
def test_chain_rules(case: tuple[str, str, str, int, str, Mapping[str, Any], Functions]) -> None:
    expression, wrt, declare, order, answer, _, own = case
    tolerance = 1e-7 if order == 1 else 1e-5
    assert error_of(case, own) < tolerance
    derivation = matcalc.derive(expression, wrt, declare=declare, order=order, layout="tensor")
    if answer:
        assert derivation.closed
        declared = {**derivation.declarations}
        assert derivation.text("ascii") == answer
        for text in (answer, derivation.text("unicode"), derivation.latex()):
            assert matcalc.parse(text, declared) == derivation.expression
    for name in own:  # a planted error in any derivative that the answer has is seen
        if name in derivation.text("ascii").replace("(", " ").replace("*", " ").split():
            wrong = {**own, name: lambda *given, right=own[name]: 1.1 * right(*given)}
            assert error_of(case, wrong) > 10 * tolerance


CLAIMS = [
    ("d f(A*x)/dx = A'*∇f(A*x)", "f: R^n -> R", "proved"),
    ("d f(A*x)/dx = A'*∇f(x)", "f: R^n -> R; A: n×n; x: n", "refuted"),
    ("d f(A*x)/dx = A*∇f(A*x)", "f: R^n -> R; A: n×n; x: n", "conditional"),
    (r"\frac{\partial F(Ax)}{\partial x} = A^\top J_F(Ax)^\top", r"F: \R^n \to \R^m", "proved"),
    ("d F(A*x)/dx = A'*J_F(A*x)", "F: R^n -> R^n", "refuted"),
    ("d2 f(A*x)/dx2 = A'*∇²f(A*x)*A", "f: R^n -> R", "proved"),
    ("det(∇²f(x)) = 0", "f: R^n -> R", "refuted"),
    ("d h(X'*X)/dX = 2*X*∇h(X'*X)", "h: matrix -> R", "refuted"),
    ("d phi(x'x, a'x)/dx = ∂₁φ(x'x, a'x)*x + ∂₂φ(x'x, a'x)*a", "phi: R, R -> R; x: n", "refuted"),
    ("∇₁₂g(x, y) = ∇₁₂g(x, y)'", "g: R^n, R^n -> R", "refuted"),
    ("J_F(x) = J_F(x)'", "F: R^n -> R^n", "refuted"),
]


@pytest.mark.parametrize(("claim", "declare", "status"), CLAIMS)
def test_claims(claim: str, declare: str, status: str) -> None:
    assert matcalc.verify(claim, declare=declare).status == status


def test_the_functions_that_claims_are_tried_with_are_each_others_derivatives() -> None:
    """In floating point, and along the prime in residues."""
    declare = "g: R^n, R^m -> R; F: R^n -> R^m"
    nodes = postorder(elaborate("g(x, y)*sum(F(x))", declare).expression)
    family = functions_at(nodes, {"n": 3, "m": 2})
    s, t = RNG.normal(size=3), RNG.normal(size=2)
    g, F = OwnFunction("g", (1, 1), 0), OwnFunction("F", (1,), 1)
    for own, place, given in (
        (g, 0, (s, t)),
        (g, 1, (s, t)),
        (g.derivative(1), 0, (s, t)),
        (g.derivative(1), 1, (s, t)),
        (F, 0, (s,)),
    ):

        def moved(new: Any, own: OwnFunction = own, place: int = place, given: tuple[Any, ...] = given) -> Any:
            return family[own.name](*given[:place], new, *given[place + 1 :])

        quotients, slope = differences(moved, given[place], 1e-5), family[own.derivative(place).name](*given)
        more = own.axes_by(place)
        axes = [*range(more.start), *range(slope.ndim)[more.start + len(more) :], *more]
        assert np.allclose(slope.transpose(axes), quotients, rtol=1e-6, atol=1e-8)
    assert not np.allclose(family[g.derivative(0).name](s, t), 1.01 * differences(lambda new: family[g.name](new, t), s, 1e-5))


def test_residues_have_derivatives_too() -> None:
    value, slope = [plan(elaborate(text, "f: R^n -> R").expression) for text in ("f(x)", "∇f(x)'*v")]
    ar, at, along = Residues(1), [3, 5], [2, 7]
    moved = [entry + ar.step * change for entry, change in zip(at, along, strict=True)]
    first, second = [value.value(ar, {"x": Array((2, 1), entries)}, {"n": 2}).data[0] for entries in (at, moved)]
    found = slope.value(ar, {"x": Array((2, 1), at), "v": Array((2, 1), along)}, {"n": 2}).data[0]
    assert (second - first - ar.step * found) % ar.modulus == 0
    assert (second - first - ar.step * (found + 1)) % ar.modulus != 0


def test_what_is_read_and_said() -> None:
    derivation = matcalc.derive("F(A*x)", "x", declare="F: vector -> vector; A: k×n")
    assert str(derivation) == "Aᵀ J_F(A x)ᵀ"
    assert any(note.startswith("J_F: the Jacobian of F") for note in derivation.notes)
    assert derivation.declarations["F"] == "k → m"
    assert matcalc.derive("F(A*x)", "x", declare="F: R^n -> R^m", order=2).closed is False
    assert matcalc.derive("f(x)", "x", declare="f: R -> R").shape == ()
    assert "grad_f" in matcalc.derive("f(A*x)", "x", declare="f: R^n -> R").code("julia")
    with pytest.raises(matcalc.ShapeError):
        matcalc.parse("f(A)", "f: R^n -> R; A: m×n")
    f, z = matcalc.symbols("f: R^n -> R"), matcalc.symbols("z: n")
    assert str(matcalc.derive(f(z) ** 2, "z")) == "2 f(z) ∇f(z)"


def test_a_composed_size_leaves_a_function_what_it_takes_and_gives() -> None:
    derivation = matcalc.derive("f([x; y])", "x", declare="f: q -> scalar; x: n; y: m")
    assert derivation.declarations["f"] == "m+n → scalar"
    assert derivation.text("ascii") == "grad_f([x; y])[1:n]"
    gradient = derivation.function("numpy")(x=np.ones(2), y=2 * np.ones(3), f=np.sum, grad_f=lambda z: 3 * z)
    assert np.array_equal(gradient, [3, 3])
    assert not np.array_equal(gradient, [1, 1])


@pytest.mark.parametrize("style", ["index", "differential"])
def test_steps_lead_to_the_answer(style: str) -> None:
    for expression, wrt, declare in (("f(A*x)", "x", "f: R^n -> R"), ("u'*F(X*u)", "X", "F: R^n -> R^m; X: n×m")):
        derivation = matcalc.derive(expression, wrt, declare=declare)
        steps = derivation.derivation_steps(style)
        assert str(derivation) in steps[-1].text
        assert not any(":1>" in step.text + step.rule for step in steps)


def test_families_have_the_sizes_of_the_point() -> None:
    nodes = postorder(elaborate("F(x)", "F: R^n -> R^m").expression)
    family = own_family(nodes, {"n": 2, "m": 5}, lambda phase, order, t: np.sin(phase + t + order * np.pi / 2))
    assert family["F:1>1"](np.ones(2)).shape == (5,)
    assert family["F:1>1:1"](np.ones(2)).shape == (5, 2)
