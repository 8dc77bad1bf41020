"""Upstream gradients pulled back: closed forms, checked numerically."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.einstein import linear
from matcalc.products import sweeping
from tests.oracle import Disagreement, check_derivation
from tests.products.checking import check_named, check_vjp

CASES = [
    ("X*W", "W", None, "X'*G"),
    ("X*W", "X", None, "G*W'"),
    ("X*W + 1*b'", "W", None, "X'*G"),
    ("X*W + 1*b'", "b", None, "G'*vector(1)"),
    ("A*X*B", "X", None, "A'*G*B'"),
    ("inv(X)", "X", None, "-inv(X)'*G*inv(X)'"),
    ("x*y'", "x", None, "G*y"),
    ("x'*A*x", "x", None, "G*(A + A')*x"),
    ("tanh(W*x + b)", "W", None, "((1 - tanh(W*x + b).^2).*G)*x'"),
    ("a*X", "a", "a: scalar; X: n×m", "tr(G'*X)"),
    ("x'*A", "x", "x: n; A: n×m", "A*G'"),
    ("f(X*w)", "w", "f: function", "X'*(G.*f'(X*w))"),
    ("softmax(x)", "x", None, "softmax(x).*(G - (G'*softmax(x))*vector(1))"),
    ("softmax(X, rows)", "X", None, "softmax(X,rows).*G - diag(diag(softmax(X,rows)*G'))*softmax(X,rows)"),
    ("softmax(X, cols)", "X", None, "softmax(X,cols).*G - softmax(X,cols)*diag(diag(softmax(X,cols)'*G))"),
]


@pytest.mark.parametrize(("expression", "wrt", "declare", "expected"), CASES)
def test_closed_forms(expression: str, wrt: str, declare: str | None, expected: str) -> None:
    check_vjp(expression, wrt, declare, expected)


STACKED = [
    ("vec(A*X*B)", "X", "A'*reshape(G, n, q)*B'"),
    ("vec(X)'", "X", "reshape(G, m, n)"),
    ("tanh(vec(A*X))", "X", "A'*(reshape(G, n, p).*(1 - tanh(A*X).^2))"),
    ("commutation(m, n)*vec(X)", "X", "reshape(G, n, m)'"),
    ("vec(X)*vec(X)'", "X", "reshape((G + G')*vec(X), m, n)"),
    ("diag(vec(X))", "X", "reshape(diag(G), m, n)"),
    ("kron(x, y)", "x", "reshape(G, m, n)'*y"),
    ("kron(x', B)", "x", "reshape(G, m*p, n)'*vec(B)"),
    ("kron(x', B)", "B", "G*kron(x, eye)"),
    ("kron(B, x')", "x", None),
    ("kron(A, B)*vec(X)", "A", "reshape(G, q, n)'*B*X"),
    ("kron(A, X)", "X", "kron(vec(A)', eye(p))*kron(eye(n), G)*kron(vec(eye(n)), eye(q))"),
    ("kron(A, X)", "A", None),
    ("kron(X, X)", "X", None),
    ("kron(eye(q), X)", "X", None),
    ("kron(A*X*B, C)", "X", None),
    ("reshape(A*x, p, q)", "x", "A'*vec(G)"),
]
SIZES = {
    "vec(A*X*B)": "A: n×m; X: m×p; B: p×q",
    "vec(X)'": "X: m×n",
    "tanh(vec(A*X))": "A: n×m; X: m×p",
    "kron(x, y)": "x: n; y: m",
    "kron(x', B)": "x: n; B: m×p",
    "kron(B, x')": "x: n; B: m×p",
    "kron(A, B)*vec(X)": "A: n×m; B: q×p; X: p×m",
    "kron(A, X)": "A: m×n; X: p×q",
    "kron(A*X*B, C)": "A: 2×n; X: n×m; B: m×3; C: p×q",
    "reshape(A*x, p, q)": "x: n; A: p*q×n",
}


@pytest.mark.parametrize(("expression", "wrt", "expected"), STACKED)
def test_vec_and_kronecker_forms(expression: str, wrt: str, expected: str | None) -> None:
    check_vjp(expression, wrt, SIZES.get(expression, "X: m×n"), expected)


ATTENTION = "softmax(Q*K'/c, rows)*V"
WEIGHTS = "softmax(Q*K'/c, rows)"
SCORES = f"({WEIGHTS}.*(G*V' - diag({WEIGHTS}*V*G')*ones(p)'))"


@pytest.mark.parametrize(
    ("wrt", "expected"), [("Q", f"{SCORES}*K/c"), ("K", f"{SCORES}'*Q/c"), ("V", f"{WEIGHTS}'*G"), ("c", None)]
)
def test_attention(wrt: str, expected: str | None) -> None:
    check_vjp(ATTENTION, wrt, "Q: n×m; K: p×m; V: p×q; c: scalar", expected)


NORMALIZED = [
    ("g.*(x - mean(x))/sqrt(var(x) + a) + b", "x: n; g: n; b: n; a: positive scalar", ("x", "g", "b", "a")),
    ("x/sqrt(mean(x.^2) + a)", "x: n; a: positive scalar", ("x", "a")),
    ("(X - mean(X, rows)*1')./(sqrt(var(X, rows) + a)*1')", "X: n×m; a: positive scalar", ("X",)),
    (
        "((X - 1*mean(X, cols)')./(1*sqrt(var(X, cols) + a)'))*diag(g) + 1*b'",
        "X: n×m; g: m; b: m; a: positive scalar",
        ("X", "g", "b"),
    ),
]


@pytest.mark.parametrize(("expression", "declare", "wrt"), [(e, d, w) for e, d, all_of in NORMALIZED for w in all_of])
def test_layer_and_batch_normalization(expression: str, declare: str, wrt: str) -> None:
    check_vjp(expression, wrt, declare)


# With c the centred x or X and s its deviation, the gradient is (G - mean(G) - c mean(G.*c)/s^2)/s: three terms, c twice and s three times.
TEXTBOOK = [
    (
        "(x - mean(x))/sqrt(var(x))", "x: n",
        "u = x − mean(x) 𝟏; sqrt(n) (G − mean(G) 𝟏 − u Gᵀ u/‖u‖²)/‖u‖",
    ),
    ("x/sqrt(mean(x.^2) + a)", "x: n; a: positive scalar", "(G − x Gᵀ x/(n (xᵀ x/n + a)))/sqrt(xᵀ x/n + a)"),
    ("softmax(x)", "x: n", "(G − (Gᵀ softmax(x)) 𝟏) ⊙ softmax(x)"),
    ("softmax(x, rows)", "x: n×m", "V = softmax(x, rows); G ⊙ V − diag(diag(G Vᵀ)) V"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "declare", "expected"), TEXTBOOK)
def test_the_textbook_forms(expression: str, declare: str, expected: str) -> None:
    assert str(matcalc.vjp(expression, "x", declare=declare)) == expected


@pytest.mark.parametrize(("expression", "declare", "_"), NORMALIZED)
def test_normalization_has_three_terms(expression: str, declare: str, _: tuple[str, ...]) -> None:
    """The centred variable, whose sum vanishes, is not in the mean that is taken away."""
    variable = declare[0]
    found = matcalc.vjp(expression, variable, declare=declare)
    texts = [str(found), str(matcalc.vjp(expression, variable, declare=declare, names="keep"))]
    assert all(text.count("G") <= 3 and text.count("sqrt") <= 4 for text in texts), texts


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
def test_layouts_are_those_of_a_gradient(layout: str) -> None:
    found = matcalc.vjp("X*W", "W", layout=layout)  # type: ignore[arg-type]
    assert str(found) == ("Gᵀ X" if layout == "numerator" else "Xᵀ G")


@pytest.mark.parametrize("symmetric", ["projected", "independent", "cookbook"])
def test_symmetric_conventions(symmetric: str) -> None:
    def derive(text: str, by: str, *, declare: Any, order: int, layout: Any, symmetric: Any) -> Any:
        return matcalc.vjp(text, by, declare=declare, layout=layout, symmetric=symmetric)

    check_derivation("S*B", "S", "S: n×n symmetric; B: n×m", symmetric=symmetric, derive=derive, closed=True)


def test_several_from_one_sweep() -> None:
    found = matcalc.vjp("X*W + 1*b'", ["W", "b", "X"])
    assert {name: str(value) for name, value in found.items()} == {"W": "Xᵀ G", "b": "Gᵀ 𝟏", "X": "G Wᵀ"}
    assert found.text("ascii").splitlines()[0] == "dL/dW = X'*G"


def test_the_result_says_what_it_rests_on() -> None:
    found = matcalc.vjp("X*W", "W")
    assert found.declarations == {"X": "n×m", "W": "m×p", "G": "n×p"}
    assert found.latex(equation=True) == r"\frac{\partial L}{\partial W} = X^{\top} G"
    assert found.to_dict()["upstream"] == "G"
    assert found.to_dict()["expression"] == "X W"
    assert str(matcalc.vjp("X*W", "W", "D")) == "Xᵀ D"
    assert str(matcalc.vjp("X*W", "W", "δ")) == "Xᵀ δ"


@pytest.mark.parametrize(
    ("expression", "upstream", "declare", "error", "words"),
    [
        ("G*W", "G", None, MatcalcError, "already a name"),
        ("z = X*W; z", "z", None, MatcalcError, "already a name"),
        ("X*W", "n", "X: n×m", MatcalcError, "already a name"),
        ("X*W", "a b", None, MatcalcError, "not a name"),
        ("X*W", "G", "G: n×m; X: n×m; W: m×p", ShapeError, "declared as"),
    ],
)
def test_what_is_refused(expression: str, upstream: str, declare: str | None, error: type[MatcalcError], words: str) -> None:
    with pytest.raises(error, match=words):
        matcalc.vjp(expression, "W", upstream, declare=declare)


def test_a_zero_that_cannot_be_confirmed_says_so() -> None:
    nowhere = "z = log(-norm2(x)^2 - 1)*(x - x); sum(z)"
    for found in (
        matcalc.vjp(nowhere, "x"),
        *(matcalc.gradient(nowhere, ["x"], names=names)["x"] for names in ("keep", "substitute")),
    ):
        assert any("no point was found" in note for note in found.notes)
    assert not any("no point was found" in note for note in matcalc.vjp("x - x", "x").notes)


def test_a_wrong_sweep_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sweeping.cotangents

    def wrong(*arguments: Any) -> Any:
        return {variable: linear.scale(Fraction(2), found) for variable, found in right(*arguments).items()}

    monkeypatch.setattr(sweeping, "cotangents", wrong)
    with pytest.raises(Disagreement):
        check_vjp("X*W", "W")


def test_a_forgotten_part_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = sweeping.add
    monkeypatch.setattr(sweeping, "add", lambda terms, shape: right(list(terms)[:1], shape))
    text = "h = tanh(X*W); k = h.*h; h*A + k*A"
    with pytest.raises(Disagreement):
        check_named(matcalc.vjp(text, "W", names="keep", declare="A: p×p; X: n×m; W: m×p"))
    monkeypatch.undo()
    check_named(matcalc.vjp(text, "W", names="keep", declare="A: p×p; X: n×m; W: m×p"))


HESSIANS = [
    ("sum(log(1 + exp(X*W)))", "W", "X: 3×2; W: 2×2", "X'*(sigmoid(X*W).*(1 - sigmoid(X*W)).*(X*D))"),
    ("norm2(M.*(X - U*V'))^2", "U", "M: n×m; X: n×m; U: n×p; V: m×p", "2*(M.^2 .* (D*V'))*V"),
    ("norm2(X - U*V')^2", ("U", "V"), "X: n×m; U: n×p; V: m×p", "2*((U*V' - X)*D + U*D'*V)"),
    ("logdet(S)", "S", "S: n×n positive_definite", "-inv(S)*D*inv(S)"),
    ("a'*x", "x", "x: n; a: n", "zeros(n)"),
    ("t^3", "t", "t: scalar", "6*D*t"),
]


@pytest.mark.parametrize(("expression", "wrt", "declare", "expected"), HESSIANS)
def test_hessians_along_a_direction(expression: str, wrt: Any, declare: str, expected: str) -> None:
    """Their entries are those of the Hessian times the direction, which is found in another way."""
    found = matcalc.hvp(expression, wrt, "D", declare=declare)
    assert matcalc.verify(
        f"{found.text('ascii')} = {expected}", declare="; ".join(f"{k}: {v}" for k, v in found.declarations.items())
    )
    assert found == matcalc.derive(expression, wrt, order=2 if isinstance(wrt, str) else 1, direction="D", declare=declare)
    sizes = {"n": 3, "m": 2, "p": 2}
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {}
    for name, spec in found.declarations.items():
        dims = [sizes[part] if part in sizes else int(part) for part in spec.split()[0].split("×") if part != "scalar"]
        values[name] = rng.uniform(0.5, 1.5, dims) if dims else 1.5
        if "definite" in spec or "symmetric" in spec:
            values[name] = values[name] + values[name].T + (4 * np.eye(3) if "definite" in spec else 0)
    names = (wrt, wrt) if isinstance(wrt, str) else wrt
    hessian = matcalc.hessian(expression, names if names[0] != names[1] else names[0], declare=declare)
    flat = np.asarray(values["D"]).reshape(-1, order="F")
    expected_entries = np.asarray(hessian.function()(**values, n=3)).reshape(-1, flat.size) @ flat
    assert np.allclose(np.asarray(found.function()(**values, n=3)).reshape(-1, order="F"), expected_entries)


def test_what_has_no_hessian_along_a_direction() -> None:
    for refused in (
        lambda: matcalc.hvp("A*x", "x"),
        lambda: matcalc.hvp("x'*V*x", "x"),
        lambda: matcalc.derive("x'*x", "x", direction="v"),
        lambda: matcalc.hvp("x'*x", "x", "v", declare="x: n; v: m×n"),
    ):
        with pytest.raises(MatcalcError):
            refused()


@pytest.mark.parametrize(("text", "wrt", "declare"), [("tr(X'*X*X'*X)", "X", "X: n×p orthonormal"), ("(x'*x)^2", "x", "x: n unit"), ("sum(x)^3", "x", "x: n simplex")])  # fmt: skip
def test_a_second_derivative_does_not_rest_on_facts_that_do_not_move(text: str, wrt: str, declare: str) -> None:
    point = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 2)))[0] if wrt == "X" else np.array([0.5, 0.5, 0.5, 0.5])
    point = point / np.sum(point) if "simplex" in declare else point
    move = np.random.default_rng(2).normal(size=point.shape)
    free = matcalc.hvp(text, wrt, "D", declare=declare.split(" orth")[0].split(" unit")[0].split(" simplex")[0])
    wanted = free.function()(**{wrt: point, "D": move})
    assert np.allclose(matcalc.hvp(text, wrt, "D", declare=declare).function()(**{wrt: point, "D": move}, n=4), wanted)
    made = matcalc.compile(text, hvp=wrt, declare=declare)(**{wrt: point, f"d{wrt}": move})
    assert np.allclose(made[1], wanted)
