"""Riemannian gradients and Hessians, against functions written in NumPy: difference quotients along curves that retractions of their own give."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from matcalc import MatcalcError, derive, verify
from matcalc.analysis import charts, manifolds
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.nodes import Expr, Number
from matcalc.folding.build import product
from matcalc.interface import manifold_call
from matcalc.interface.manifold_call import RiemannianDerivation

RNG = np.random.default_rng(11)
N, P, M = 5, 2, 4


def sym(A: Any) -> Any:
    return (A + A.T) / 2


def spectral(function: Callable[[Any], Any], A: Any) -> Any:
    values, vectors = np.linalg.eigh(A)
    return vectors * function(values) @ vectors.T


def exponential(A: Any) -> Any:
    total, term = np.eye(len(A)), np.eye(len(A))
    for k in range(1, 30):
        term = term @ A / k
        total = total + term
    return total


A, B, S = sym(RNG.normal(size=(N, N))), RNG.normal(size=(N, P)), RNG.normal(size=(P, P))
D = S @ S.T + np.eye(P)
C = RNG.normal(size=(N, N)) @ np.diag(np.arange(1.0, N + 1))
K = C @ C.T + np.eye(N)
a = RNG.normal(size=N)
Q, R = np.linalg.qr(RNG.normal(size=(N, P)))[0], np.linalg.qr(RNG.normal(size=(M, P)))[0]
E = RNG.normal(size=(N, M))
DATA: dict[str, Any] = {"A": A, "B": B, "K": K, "a": a, "E": E, "D": D, "C": C}
SIZES = {"n": N, "p": P, "m": M, "k": P}


def qr(X: Any) -> Any:
    q, r = np.linalg.qr(X)
    return q * np.sign(np.diag(r))


def along_spd(X: Any, Z: Any) -> Any:
    root = spectral(np.sqrt, X)
    back = np.linalg.inv(root)
    return root @ exponential(sym(back @ Z @ back)) @ root


def along_simplex(x: Any, z: Any) -> Any:
    """The geodesic of Fisher and Rao: a great circle of the roots."""
    root = 2 * np.sqrt(x)
    speed = z / np.sqrt(x)
    length = np.linalg.norm(speed) / 2
    return ((root * np.cos(length) + speed * np.sinc(length / np.pi)) / 2) ** 2


def truncated(X: Any) -> Any:
    u, s, v = np.linalg.svd(X, full_matrices=False)
    return u[:, :P] * s[:P] @ v[:P]


Curve = Callable[[Any, Any], Any]
# point, curve through it, projection of the space around onto tangent vectors, inner product; curves are geodesics or retractions of the
# second order: along both f has the second derivative <Hess f[Z], Z>
PLACES: dict[str, tuple[Any, Curve, Callable[[Any, Any], Any], Callable[[Any, Any, Any], Any]]] = {
    "sphere": (a / np.linalg.norm(a), lambda x, z: (x + z) / np.linalg.norm(x + z), lambda x, v: v - x * (x @ v), lambda x, v, w: np.sum(v * w)),
    "stiefel": (Q, lambda X, Z: (lambda u, s, v: u @ v)(*np.linalg.svd(X + Z, full_matrices=False)), lambda X, V: V - X @ sym(X.T @ V), lambda X, V, W: np.sum(V * W)),
    "stiefel canonical": (
        Q,
        lambda X, Z: exponential(Z @ X.T - X @ Z.T - X @ X.T @ Z @ X.T) @ X,
        lambda X, V: V - X @ sym(X.T @ V),
        lambda X, V, W: np.trace(V.T @ (np.eye(N) - X @ X.T / 2) @ W),
    ),
    "grassmann": (Q, lambda X, Z: (lambda u, s, v: u @ v)(*np.linalg.svd(X + Z, full_matrices=False)), lambda X, V: V - X @ X.T @ V, lambda X, V, W: np.sum(V * W)),
    "spd affine invariant": (K, along_spd, lambda X, V: sym(V), lambda X, V, W: np.trace(np.linalg.solve(X, V) @ np.linalg.solve(X, W))),
    "spd euclidean": (K, lambda X, Z: X + Z, lambda X, V: sym(V), lambda X, V, W: np.sum(V * W)),
    "so": (qr(C), lambda X, Z: X @ exponential(X.T @ Z), lambda X, V: (V - X @ V.T @ X) / 2, lambda X, V, W: np.sum(V * W)),
    "oblique": (B / np.linalg.norm(B, axis=0), lambda X, Z: (X + Z) / np.linalg.norm(X + Z, axis=0), lambda X, V: V - X * np.sum(X * V, 0), lambda X, V, W: np.sum(V * W)),
    "fixed rank": (Q @ D @ R.T, lambda X, Z: truncated(X + Z), lambda X, V: Q @ Q.T @ V + V @ R @ R.T - Q @ Q.T @ V @ R @ R.T, lambda X, V, W: np.sum(V * W)),
    "simplex Fisher-Rao": (np.exp(a) / np.sum(np.exp(a)), along_simplex, lambda x, v: v - np.mean(v), lambda x, v, w: np.sum(v * w / x)),
    "simplex euclidean": (np.exp(a) / np.sum(np.exp(a)), lambda x, z: x + z, lambda x, v: v - np.mean(v), lambda x, v, w: np.sum(v * w)),
    "positive": (np.exp(a), lambda x, z: x * np.exp(z / x), lambda x, v: v, lambda x, v, w: np.sum(v * w / x**2)),
}  # fmt: skip

CASES: list[tuple[str, str, str, str, Callable[[Any], Any]]] = [
    ("sphere", "x'*A*x + a'*x", "x", "A: n×n symmetric", lambda x: x @ A @ x + a @ x),
    ("stiefel", "sum(X.^3) + tr(B'*X)", "X", "X: n×p", lambda X: np.sum(X**3) + np.sum(B * X)),
    ("stiefel canonical", "tr(X'*A*X) + tr(B'*X)", "X", "A: n×n symmetric; X: n×p", lambda X: np.trace(X.T @ A @ X) + np.sum(B * X)),
    ("grassmann", "tr(X'*A*X)^2", "X", "A: n×n symmetric; X: n×p", lambda X: np.trace(X.T @ A @ X) ** 2),
    ("spd affine invariant", "tr(X*A) + tr(inv(X)*K)", "X", "A: n×n symmetric; K: n×n symmetric", lambda X: np.trace(X @ A) + np.trace(np.linalg.solve(X, K))),
    ("spd euclidean", "tr(X*A*X*K)", "X", "A: n×n symmetric; K: n×n symmetric", lambda X: np.trace(X @ A @ X @ K)),
    ("so", "tr(X*A*X'*K) + tr(C'*X)", "X", "A: n×n symmetric; K: n×n symmetric", lambda X: np.trace(X @ A @ X.T @ K) + np.sum(C * X)),
    ("oblique", "sum(X.^4) + tr(B'*X)", "X", "X: n×p", lambda X: np.sum(X**4) + np.sum(B * X)),
    ("fixed rank", "norm2(X - E)^2", "X", "X: n×m", lambda X: np.sum((X - E) ** 2)),
    ("simplex Fisher-Rao", "x'*A*x - sum(x.*log(x))", "x", "A: n×n symmetric", lambda x: x @ A @ x - np.sum(x * np.log(x))),
    ("simplex euclidean", "x'*A*x", "x", "A: n×n symmetric", lambda x: x @ A @ x),
    ("positive", "sum(x.^2) + a'*log(x)", "x", "a: n", lambda x: np.sum(x**2) + a @ np.log(x)),
]  # fmt: skip


def scaled(expression: Expr, factor: Fraction = Fraction(1001, 1000)) -> Expr:
    return product([Number(factor), expression])


@pytest.mark.parametrize(("name", "text", "wrt", "declare", "function"), CASES)
def test_gradients_and_hessians(name: str, text: str, wrt: str, declare: str, function: Callable[[Any], Any]) -> None:
    """Both are what differences say, and what is off by a thousandth, or not tangent, is seen to be wrong."""
    point, curve, project, inner = PLACES[name]
    on = next(one for one in manifolds.manifolds() if name.startswith(one))
    metric = name.removeprefix(on).strip() or None
    hessian = derive(text, wrt, on=on, metric=metric, declare=declare, order=2, direction="Z")
    assert isinstance(hessian, RiemannianDerivation)
    found = hessian.found
    values = {**DATA, wrt: point, "U": Q, "S": D, "V": R}
    gradient = evaluate(found.gradient, values, SIZES)
    assert np.allclose(gradient, project(point, gradient), atol=1e-9)
    for _ in range(3):
        z = project(point, RNG.normal(size=np.shape(point)))
        z = z / np.sqrt(inner(point, z, z)) * 0.3
        f = [function(curve(point, h * z)) for h in (-0.02, -0.01, 0, 0.01, 0.02)]
        slope = (8 * (f[3] - f[1]) - (f[4] - f[0])) / 0.12
        bend = (16 * (f[1] + f[3]) - (f[0] + f[4]) - 30 * f[2]) / (12 * 1e-4)
        assert np.isclose(inner(point, gradient, z), slope, rtol=1e-6, atol=1e-6)
        value = hessian.function("numpy")(**{**values, "Z": z})
        assert np.allclose(value, project(point, value), atol=1e-8)
        assert np.isclose(inner(point, value, z), bend, rtol=1e-4, atol=1e-4)
    wrong = [(scaled(found.gradient), None), (found.gradient, scaled(found.result))]
    wrong += [(found.euclidean, None)] if not np.allclose(evaluate(found.euclidean, values, SIZES), gradient) else []
    for one, other in wrong:
        with pytest.raises(MatcalcError, match="internal error: the (gradient|Hessian)"):
            charts.confirm(found.function, one, other, found.place)
    for step in hessian.steps:
        assert np.allclose(step.left.value({**values, "Z": z}, SIZES), step.right.value({**values, "Z": z}, SIZES), atol=1e-6), (
            step
        )


def test_a_wrong_formula_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = manifolds.metric_named(manifolds.manifold_named("stiefel"))
    fields = {name: getattr(right, name) for name in type(right).__match_args__}
    wrong = type(right)(**{**fields, "gradient": "G - X*X'*G"})
    monkeypatch.setattr(manifold_call, "manifolds", SimpleNamespace(**{**vars(manifolds), "metric_named": lambda *_: wrong}))
    with pytest.raises(MatcalcError, match="internal error: the gradient"):
        derive("tr(A'*X)", "X", on="stiefel")


def test_every_formula_is_tested_and_readable() -> None:
    tested = {name for name, *_ in CASES}
    for one in manifolds.manifolds().values():
        for metric in one.metrics:
            assert tested & {one.name, f"{one.name} {metric.name}"} or not metric.hessian, metric.name
    bures = derive("tr(A*X) - logdet(X)", "X", on="spd", metric="Bures-Wasserstein", declare="A: n×n symmetric")
    wanted = 2 * (K @ (A - np.linalg.inv(K)) + (A - np.linalg.inv(K)) @ K)
    assert np.allclose(bures.function()(A=A, X=K), wanted)
    with pytest.raises(MatcalcError, match="the Hessian by the Bures-Wasserstein metric"):
        derive("logdet(X)", "X", on="spd", metric="bures", order=2, direction="Z")


SHOWN = [
    ("tr(X'*A*X)", "X", "A: n×n symmetric", "stiefel", "2*(eye - X*X')*A*X", "Xᵀ X = I; euclidean metric, the default"),
    ("x'*A*x/(x'*x)", "x", "A: n×n symmetric", "Sphere", "2*(A*x - (x'*A*x)*x)", "‖x‖ = 1; euclidean metric"),
    ("d/dX tr(A'*X)", None, "", "the Stiefel manifold", "A - 0.5*X*(X'*A + A'*X)", "Stiefel"),
    (r"\operatorname{tr}(X^{-1} S)", "X", "S: n×n symmetric", "SPD", "-S", "affine invariant metric, the default"),
    ("logdet(X)", "X", "X: n×n symmetric", "positive-definite", "X", "affine invariant"),
    ("sum(x.*log(x))", "x", "", "simplex", "x.*log(x) - (x'*log(x))*x", "Fisher-Rao metric, the default"),
]


@pytest.mark.parametrize(("text", "wrt", "declare", "on", "shown", "note"), SHOWN)
def test_what_is_shown(text: str, wrt: str | None, declare: str, on: str, shown: str, note: str) -> None:
    found = derive(text, wrt, on=on, declare=declare)
    assert found.text("ascii") == shown
    assert note in found.notes[-1]
    assert found.to_dict()["on"] == found.on and found.latex(equation=True).startswith(r"\operatorname{grad}")


REFUSED = [
    ("tr(A'*X)", "X", "", {"on": "steifel"}, "there is no manifold 'steifel'.*on=\"stiefel\""),
    ("tr(A'*X)", "X", "", {"on": "stiefel", "metric": "canonnical"}, "no metric 'canonnical'.*metric=\"canonical\""),
    ("tr(A'*X)", "X", "", {"metric": "euclidean"}, "a metric is one of a manifold"),
    ("tr(A'*X)", "X", "X: n×n symmetric", {"on": "stiefel"}, "X is declared symmetric"),
    ("c'*x", "x", "x: n unit", {"on": "simplex"}, "x is declared unit"),
    ("tr(A'*X)", "X", "X: 2×3", {"on": "stiefel"}, "no more columns than rows"),
    ("tr(A'*X)", "X", "X: n×m", {"on": "so"}, "X is a n×m matrix"),
    ("tr(A'*X)", "X", "X: n×p", {"on": "grassmann"}, 'this is no function on the Grassmann manifold.*on="stiefel"'),
    ("A*x", "x", "", {"on": "sphere"}, "needs a scalar"),
    ("x'*A*x", "x", "", {"on": "sphere", "order": 2}, "along a tangent vector"),
    ("x'*A*x", "x", "", {"on": "sphere", "direction": "z"}, "a direction is for a Hessian"),
    ("x'*A*x", "x", "", {"on": "sphere", "order": 2, "direction": "A"}, "already a name"),
    ("x'*A*x", ("x", "A"), "", {"on": "sphere"}, "by one name"),
    ("x'*A*x", "x", "", {"on": "sphere", "layout": "numerator"}, "has the shape of the variable"),
    ("tr(U'*X)", "X", "U: n×m", {"on": "fixed rank"}, "U stands in the expression"),
    ("tr(A'*X)", "X", "U: m×k orthonormal; X: n×m", {"on": "fixed rank"}, "U is"),
]


@pytest.mark.parametrize(("text", "wrt", "declare", "more", "said"), REFUSED)
def test_what_is_refused(text: str, wrt: Any, declare: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(MatcalcError, match=f"(?s){said}"):
        derive(text, wrt, declare=declare, **more)


def test_a_free_derivative_says_so() -> None:
    for declare, said in [
        ("X: n×p orthonormal", 'X is declared orthonormal, and its entries vary freely; on="stiefel" or "grassmann" keeps it so'),
        ("X: n×n orthogonal", 'X is declared orthogonal, and its entries vary freely; on="so" keeps it so'),
        ("X: n×p simplex", "X is declared simplex, and its entries vary freely"),
    ]:
        assert derive("tr(A'*X)", "X", declare=declare).notes[-1] == said
    for declare in ("X: n×n positive_definite", "X: n×n symmetric", "X: n×n positive", "X: n×n invertible"):
        assert not any("freely" in note for note in derive("tr(A'*X)", "X", declare=declare).notes)


class _Pymanopt(SimpleNamespace):
    """As much of pymanopt as its programs use; what they give it is what comes out."""

    def __init__(self) -> None:
        plain = SimpleNamespace(numpy=lambda _: lambda function: function)
        super().__init__(function=plain, manifolds=SimpleNamespace(Stiefel=lambda *sizes: ("Stiefel", *sizes), SpecialOrthogonalGroup=lambda n: ("SO", n)))  # fmt: skip

    def Problem(self, manifold: Any, cost: Any, **functions: Any) -> Any:
        return SimpleNamespace(manifold=manifold, cost=cost, **functions)


def test_programs_for_pymanopt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymanopt", _Pymanopt())
    found = derive("tr(X'*A*X*D)", "X", on="stiefel", order=2, direction="Z", declare="A: n×n symmetric; D: p×p symmetric")
    scope: dict[str, Any] = {}
    exec(found.code("pymanopt"), scope)
    problem = scope["problem"](N, P, A=A, D=D)
    z = PLACES["stiefel"][2](Q, B)
    assert problem.manifold == ("Stiefel", N, P) and np.isclose(problem.cost(Q), np.trace(Q.T @ A @ Q @ D))
    assert np.allclose(problem.riemannian_gradient(Q), PLACES["stiefel"][2](Q, 2 * A @ Q @ D))
    assert np.allclose(problem.riemannian_hessian(Q, z), found.function()(X=Q, Z=z, A=A, D=D))
    turned = derive("tr(C'*X)", "X", on="so", order=2, direction="Z")
    exec(turned.code("pymanopt"), scope)
    X, skew = PLACES["so"][0], A @ K - K @ A
    problem = scope["problem"](N, C=C)
    assert np.allclose(problem.riemannian_gradient(X), (X.T @ C - C.T @ X) / 2)
    assert np.allclose(problem.riemannian_hessian(X, skew), X.T @ turned.function()(X=X, Z=X @ skew, C=C))
    for on, metric in (("simplex", None), ("stiefel", "canonical")):
        with pytest.raises(MatcalcError, match="pymanopt"):
            derive("norm2(K*X)^2", "X", on=on, metric=metric, declare="X: n" if on == "simplex" else "X: n×p").code("pymanopt")


CLAIMS = [
    ("d/dX tr(X'*A*X) = 2*(eye - X*X')*A*X", "A: n×n symmetric", "stiefel", None, "proved"),
    ("d/dX tr(X'*A*X) = 2*A*X", "A: n×n symmetric", "stiefel", None, "refuted"),
    ("d/dX tr(A'*X) = A - X*A'*X", "", "stiefel", "canonical", "proved"),
    ("d/dX tr(A'*X) = A - X*A'*X", "", "stiefel", None, "refuted"),
    ("2*(A*x - (x'*A*x)*x) = d/dx x'*A*x", "A: n×n symmetric", "sphere", None, "proved"),
    ("d/dX tr(A'*X) = A - X*diag(diag(X'*A))", "", "oblique", None, "proved"),
    ("d/dX tr(A'*X) = U*U'*A + A*V*V' - U*U'*A*V*V'", "", "fixed rank", None, "proved"),
    (r"\nabla_X \operatorname{tr}(X^{-1} S) = -S", "S: n×n symmetric", "spd", None, "proved"),
    ("d/dX tr(A'*X) = A*x", "x: p", "stiefel", None, "refuted"),
]


@pytest.mark.parametrize(("claim", "declare", "on", "metric", "status"), CLAIMS)
def test_claims_about_gradients(claim: str, declare: str, on: str, metric: str | None, status: str) -> None:
    found = verify(claim, declare=declare, on=on, metric=metric)
    assert found.status == status and (found.ok or found.correction is not None)


def test_claims_about_derivations() -> None:
    found = derive("a'*x", "x", on="sphere", order=2, direction="z")
    assert [verify(found, text).status for text in ("-(a'*x)*z", "-(a'*x)*z - (x'*z)*a", "(a'*x)*z")] == [
        "proved",
        "proved",
        "refuted",
    ]
    example = verify("(a'*x)*z + 0*a", found).counterexample
    assert example is not None and abs(np.dot(example.values["x"], example.values["z"])) < 1e-12
    for claim in ("tr(A*B) = tr(B*A)", "hessian(x'*A*x, x) = 2*A"):
        with pytest.raises(MatcalcError, match="about the gradient of a scalar"):
            verify(claim, on="sphere")


def test_a_manifold_is_an_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {
        "words": "the vectors with fourth powers that add up to one",
        "points": ["n"],
        "says": "sum({X}.^4) = 1",
        "constraint": ["sum(X.^4) = 1"],
        "equations": ["sum(X.^4) = 1"],
        "source": "none",
        "metrics": {"euclidean": {"inner": "sum(A.*B)", "gradient": "G - (sum(X.^3.*G)/sum(X.^6))*X.^3"}},
    }
    made = {**manifolds.manifolds(), "quartic": manifolds._manifold("quartic", entry)}
    monkeypatch.setattr(manifolds, "manifolds", lambda: made)
    found = derive("a'*x + sum(x.^4)^2", "x", on="quartic")
    assert found.notes[-1] == "x on the vectors with fourth powers that add up to one, sum(x.^4) = 1; euclidean metric"
    x = np.abs(a) / np.sum(a**4) ** 0.25
    wanted = a - (x**3 @ a) / np.sum(x**6) * x**3
    assert np.allclose(found.function()(x=x, a=a), wanted)
