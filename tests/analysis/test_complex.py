"""Derivatives by complex symbols, compared with formulas written in NumPy and differences along both axes; and that no call for real
symbols takes complex ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.analysis.conjugates import Formal
from matcalc.base.errors import ComplexError, MatcalcError
from matcalc.evaluation import complex_points
from matcalc.expr.nodes import Number, Product
from matcalc.expr.rewriting import symbols_in
from matcalc.interface import complex_call
from matcalc.repl.session import Session

DECLARED = (
    "z: n complex; b: n complex; A: n×n complex; Z: n×m complex; W: n×n complex; H: n×n hermitian; P: n×n hermitian positive_definite;"
    " U: n×n unitary; S: n×n complex symmetric; w: complex scalar; v: complex scalar; x: n; t: scalar"
)
SIZES = {"n": 4, "m": 3}


def drawn(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)

    def c(*shape: int) -> Any:
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    square = c(4, 4)
    return {
        "z": c(4), "b": c(4), "A": c(4, 4), "Z": c(4, 3), "W": c(4, 4), "H": square + square.conj().T, "P": square @ square.conj().T + np.eye(4),
        "U": np.linalg.qr(square)[0], "S": square + square.T, "w": c(), "v": c(), "x": rng.normal(size=4), "t": 0.7,
    }  # fmt: skip


def slope(f: Callable[..., Any], at: dict[str, Any], name: str, conjugate: bool) -> Any:
    """The derivative of a number by each entry, by differences along both axes."""
    here = np.asarray(at[name], complex)
    found = np.zeros(here.shape, complex)
    h = 1e-5
    for place in np.ndindex(here.shape):
        unit = np.zeros(here.shape, complex)
        unit[place] = h
        along = [(f(**{**at, name: here + move}) - f(**{**at, name: here - move})) / (2 * h) for move in (unit, 1j * unit)]
        found[place] = (along[0] + (1j if conjugate else -1j) * along[1]) / 2
    return found


def norm(a: Any) -> Any:
    return np.sqrt(np.sum(np.abs(a) ** 2))


CASES: list[tuple[str, str, Callable[..., Any]]] = [
    ("abs(w)^3*v", "w", lambda w, v, **_: abs(w) ** 3 * v),
    ("abs(w^2*v)/(1+abs(w))", "conj(w)", lambda w, v, **_: abs(w**2 * v) / (1 + abs(w))),
    ("im(w*v)*re(w)", "w", lambda w, v, **_: (w * v).imag * w.real),
    ("arg(w)", "w", lambda w, **_: np.angle(w)),
    ("exp(i1*w)*conj(w)", "conj(w)", lambda w, **_: np.exp(1j * w) * np.conj(w)),
    ("w^t", "w", lambda w, t, **_: w**t),
    ("log(abs(w) + abs(v))", "w", lambda w, v, **_: np.log(abs(w) + abs(v))),
    ("z^H*A*z", "z", lambda z, A, **_: z.conj() @ A @ z),
    ("re(z^H*A*z)", "conj(z)", lambda z, A, **_: (z.conj() @ A @ z).real),
    ("z'*S*z + z^H*H*z", "z", lambda z, S, H, **_: z @ S @ z + z.conj() @ H @ z),
    ("norm2(A*z - b)^2", "conj(z)", lambda z, A, b, **_: norm(A @ z - b) ** 2),
    ("norm2(A*z - b)", "z", lambda z, A, b, **_: norm(A @ z - b)),
    ("norm1(A*z)", "conj(z)", lambda z, A, **_: np.sum(np.abs(A @ z))),
    ("norm(z, 3)", "z", lambda z, **_: np.sum(np.abs(z) ** 3) ** (1 / 3)),
    ("norm(z, P)", "z", lambda z, P, **_: np.sqrt((z.conj() @ P @ z).real)),
    ("norm2(U*z)^2 + b^H*U^H*U*z", "z", lambda z, U, b, **_: norm(U @ z) ** 2 + b.conj() @ z),
    ("sum((abs(A*z).^2 - x).^2)", "conj(z)", lambda z, A, x, **_: np.sum((np.abs(A @ z) ** 2 - x) ** 2)),
    ("log(1 + z^H*P*z)/norm2(z)^2", "conj(z)", lambda z, P, **_: np.log(1 + (z.conj() @ P @ z).real) / norm(z) ** 2),
    ("sum(relu(re(z)))+max(abs(z))", "z", lambda z, **_: np.sum(np.maximum(z.real, 0)) + np.max(np.abs(z))),
    ("sum(i, abs(z_i)^2*x_i)", "conj(z)", lambda z, x, **_: np.sum(np.abs(z) ** 2 * x)),
    ("logdet(W)", "conj(W)", lambda W, **_: np.linalg.slogdet(W)[1]),
    ("log(det(W)) + conj(det(W))", "W", lambda W, **_: np.log(np.linalg.det(W)) + np.conj(np.linalg.det(W))),
    ("logdet(P + Z*Z^H)", "conj(Z)", lambda Z, P, **_: np.linalg.slogdet(P + Z @ Z.conj().T)[1]),
    ("abs(det(W))^2", "conj(W)", lambda W, **_: abs(np.linalg.det(W)) ** 2),
    ("tr(inv(W)*A*W^H)", "W", lambda W, A, **_: np.trace(np.linalg.inv(W) @ A @ W.conj().T)),
    ("norm(Z, nuclear)", "Z", lambda Z, **_: np.sum(np.linalg.svd(Z, compute_uv=False))),
    ("norm2(Z*Z^H - A)^2", "conj(Z)", lambda Z, A, **_: norm(Z @ Z.conj().T - A) ** 2),
    ("abs(tr(A*W))^2*norm2(W)", "conj(W)", lambda W, A, **_: abs(np.trace(A @ W)) ** 2 * norm(W)),
    ("b^H*inv(W)*z", "W", lambda W, b, z, **_: b.conj() @ np.linalg.inv(W) @ z),
]


@pytest.mark.parametrize(("formula", "wrt", "f"), CASES, ids=[f"{case[0]} by {case[1]}" for case in CASES])
def test_derivatives_are_those_of_differences(formula: str, wrt: str, f: Callable[..., Any]) -> None:
    found = matcalc.derive(formula, wrt, declare=declared_for(formula, wrt))
    call = found.function()
    name = wrt.removeprefix("conj(").removesuffix(")")
    for seed in (1, 2):
        at = drawn(seed)
        right = slope(f, at, name, wrt != name)
        assert np.allclose(call(**at, **SIZES), right, rtol=1e-5, atol=1e-6 * (1 + np.abs(right).max()))


def declared_for(*texts: str) -> str:
    """The declarations of the names that occur."""
    return "; ".join([one for one in DECLARED.split("; ") if any(one.partition(":")[0].strip() in text for text in texts)])


@pytest.mark.parametrize(
    ("formula", "wrt", "text"),
    [
        ("z^H*A*z", "conj(z)", "A*z"),
        ("z̄ᵀ A z", "z̄", "A*z"),
        (r"\bar{z}^\top A z", r"\bar{z}", "A*z"),
        ("z† A z", "z^*", "A*z"),
        ("z.conj().T @ A @ z", "np.conj(z)", "A*z"),
        ("np.conj(z) @ A @ z", "z.conj()", "A*z"),
        ("norm2(A*z - b)^2", "z", "A'*conj(A*z - b)"),
        ("z*z^H", "z", "kron(z^H, eye(n))"),
        ("z^H*H*z", "z", "conj(H*z)"),
        ("norm2(U*z - b)^2", "conj(z)", "z - U^H*b"),
        ("im(w)", "w", "-0.5*i1"),
        ("abs(w)", "conj(w)", "0.5*w/abs(w)"),
        ("re(w)^2", "w", "re(w)"),
    ],
)
def test_spellings_and_answers(formula: str, wrt: str, text: str) -> None:
    found = matcalc.derive(formula, wrt, declare=declared_for(formula, wrt))
    assert found.text("ascii") == text
    again = matcalc.parse(text, declared_for(text))
    assert again.text("ascii") == text


def test_second_derivatives_and_layouts() -> None:
    assert matcalc.derive("exp(z^H*H*z)", ["conj(z)", "z"], declare="z: n complex; H: n×n hermitian").text("ascii") == (
        "exp(z^H*H*z)*(H + H*z*z^H*H)"
    )
    assert matcalc.derive("z^H*H*z", "z", order=2, declare="z: n complex; H: n×n hermitian").text("ascii") == "zeros(n, n)"
    assert matcalc.derive("A*z", "z", layout="numerator", declare="z: n complex; A: m×n complex").text() == "A"


def test_the_convention_is_said_and_is_that_of_the_libraries() -> None:
    jax = pytest.importorskip("jax")
    found = matcalc.derive("norm2(A*z - b)^2", "conj(z)", declare="z: n complex; A: m×n complex; b: m complex")
    assert any("2 d/dconj(z)" in note and "jax.grad" in note for note in found.notes)
    at = drawn(3)
    gradient = 2 * found.function()(z=at["z"], A=at["A"], b=at["b"])

    def loss(z: Any) -> Any:
        return jax.numpy.sum(jax.numpy.abs(at["A"] @ z - at["b"]) ** 2)

    assert np.allclose(np.conj(jax.grad(loss)(at["z"])), gradient, rtol=1e-4)
    assert np.allclose(found.function("jax")(z=at["z"], A=at["A"], b=at["b"]), gradient / 2, rtol=1e-4)


def test_code_has_complex_arrays_in_mind() -> None:
    found = matcalc.derive("abs(tr(A*W))^2", "conj(W)", declare="W: n×n complex; A: n×n complex")
    assert "vdot" not in found.code()
    assert found.code("matlab").count("A'") == 1 or "conj(A)" in found.code("matlab")
    assert "transpose" in found.code("julia") or "conj" in found.code("julia")
    with pytest.raises(MatcalcError, match="no code for complex arrays"):
        matcalc.parse("sqrt(w^2)", "w: complex").code()
    assert np.isclose(matcalc.parse("sqrt(w^2)", "w: complex").function()(w=-1 + 1j), 1 - 1j)


@pytest.mark.parametrize(
    "call",
    [
        lambda d: matcalc.gradient("z'*z", "z", declare=d),
        lambda d: matcalc.jacobian("2*z", "z", declare=d),
        lambda d: matcalc.hessian("z'*z", "z", declare=d),
        lambda d: matcalc.taylor("z'*z", "z", 2, "h", declare=d),
        lambda d: matcalc.simplify("sqrt(z'*z)", declare=d),
        lambda d: matcalc.compile("z'*z", gradient=["z"], declare=d),
        lambda d: matcalc.hvp("z'*z", "z", "v", declare=d),
        lambda d: matcalc.jvp("2*z", "z", "v", declare=d),
        lambda d: matcalc.vjp("2*z", "z", declare=d),
        lambda d: matcalc.derive("z'*z", "z", declare=d, names="keep"),
        lambda d: matcalc.parse("z'*z", d).simplify(),
        lambda d: matcalc.parse("z'*z", d).sympy(),
        lambda d: matcalc.parse("z'*z", d).entries(n=2),
        lambda d: matcalc.gradient(matcalc.symbols(d).T @ matcalc.symbols(d), "z"),
    ],
)
def test_calls_for_real_symbols_refuse_complex_ones(call: Callable[[str], Any]) -> None:
    with pytest.raises(ComplexError, match="complex"):
        call("z: n complex")


@pytest.mark.parametrize(
    ("formula", "wrt"),
    [
        ("sign(w)", "w"), ("relu(w)", "w"), ("max(w, 1)", "w"), ("var(z)", "z"), ("cov(W)", "W"), ("softmax(z)", "z"), ("chol(P)*z", "z"),
        ("eigmax(P)*w", "w"), ("pinv(W)", "W"), ("erf(w)", "w"), ("dot(z, b)", "z"), ("norm(W, spectral)", "W"), ("tr(H*W)", "H"),
        ("tr(U*W)", "U"), ("x'*x", "conj(x)"), ("sqrt(w^2)", "w"), ("2 conj w", "w"),
    ],
)  # fmt: skip
def test_what_is_not_known_of_complex_numbers_is_refused(formula: str, wrt: str) -> None:
    with pytest.raises(MatcalcError):
        matcalc.derive(formula, wrt, declare=declared_for(formula, wrt))


def test_what_real_symbols_have_is_not_true_of_complex_ones() -> None:
    assert matcalc.derive("z'*z", "z", declare="z: n complex").text("ascii") == "2*z"
    assert matcalc.derive("norm2(z)^2", "z", declare="z: n complex").text("ascii") == "conj(z)"
    assert matcalc.derive("sqrt(z'*z)", "z", declare="z: n complex").text("ascii") == "z/sqrt(z'*z)"
    assert matcalc.derive("z^H*A*z", "conj(z)", declare="z: n complex; A: n×n hermitian").text("ascii") == "A*z"
    assert "not on" in matcalc.derive("log(w)", "w", declare="w: complex").conditions[0]


def test_a_planted_error_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    back = Formal.back
    monkeypatch.setattr(Formal, "back", lambda self, one: Product((Number(Fraction(1001, 1000)), back(self, one))))
    with pytest.raises(MatcalcError, match="do not confirm"):
        matcalc.derive("z^H*A*z", "conj(z)", declare="z: n complex; A: n×n complex")


def test_the_check_tells_z_from_its_conjugate() -> None:
    read = matcalc.parse("z^H*A*z", "z: n complex; A: n×n complex").node
    z, A = symbols_in(read)["z"], symbols_in(read)["A"]
    right = matcalc.parse("A*z", "z: n complex; A: n×n complex").node
    wrong = matcalc.parse("A*conj(z)", "z: n complex; A: n×n complex").node
    verdicts = [
        complex_points.confirmed(
            read,
            [complex_points.By(z, True)],
            [z, A],
            lambda point, form=form: complex_points.value_of(form, point),
            complex_call._arrangement([complex_points.By(z, True)], "denominator"),
        )
        for form in (right, wrong)
    ]
    assert verdicts == ["right", "wrong"]


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("d(z^H*A*z)/dconj(z) = A*z", "proved"),
        ("d(z^H*A*z)/dz = A*z", "refuted"),
        (r"\frac{\partial z^H A z}{\partial z} = A^T \bar{z}", "proved"),
        ("d(norm2(A*z)^2)/dz = 2*A^H*A*z", "refuted"),
        ("d(z'*z)/dconj(z) = 0", "proved"),
        ("d(z^H*z)/dz = z^H", "refuted"),
        ("(A*W)^H = W^H*A^H", "proved"),
        ("U^H*U = eye(n)", "proved"),
        ("U'*U = eye(n)", "refuted"),
        ("H' = H", "refuted"),
        ("norm2(z)^2 = z'*z", "refuted"),
        ("abs(w)^2 = w^2", "refuted"),
        ("sqrt(w^2) = w", "refuted"),
        ("log(w*v) = log(w) + log(v)", "refuted"),
        ("exp(w + v) = exp(w)*exp(v)", "confirmed"),
    ],
)
def test_claims(claim: str, status: str) -> None:
    found = matcalc.verify(claim, declare=declared_for(claim))
    assert found.status == status
    json.dumps(found.to_dict())
    if status == "refuted" and "/d" in claim:
        assert found.correction is not None


def test_the_prompt_and_texts_take_conjugates() -> None:
    lines = ["z: n complex; A: n×n complex", "f = z^H*A*z", "derive f by conj(z)", "d/dz̄ (z^H*A*z)", "d(z^H*z)/dz = z"]
    session = Session()
    said = [[answer.output for answer in session.run(line)][0] for line in lines]
    assert said[2].startswith("A z")
    assert said[3].startswith("A z")
    assert said[4].startswith("refuted")
    declared = "z: n complex; A: n×n complex"
    for asked in (
        "d/dconj(z) z^H*A*z",
        r"\frac{\partial}{\partial \mathbf{z}^*} \mathbf{z}^H A \mathbf{z}",
        "derivative of z^H*A*z with respect to conj(z)",
        "∂/∂z̄ (zᴴ A z)",
    ):
        assert str(matcalc.derive(asked, declare=declared)) == "A z"
    assert str(matcalc.derive("z^H A z, where z ∈ ℂ^n and A ∈ ℂ^{n×n}", "conj(z)")) == "A z"
    with pytest.raises(MatcalcError, match="gradient"):
        matcalc.derive("gradient of z^H*z by z", declare="z: n complex")


def test_nothing_that_holds_for_real_symbols_only_is_said_of_a_formula() -> None:
    assert matcalc.parse("sqrt(w)/abs(w) + log(w)", "w: complex").conditions == ()
