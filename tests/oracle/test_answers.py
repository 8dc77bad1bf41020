"""The comparison itself: right answers pass, planted errors are caught, at prime and at equal sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from tests.oracle.answers import Disagreement, NoPoint, check_answer, laid_out, points

M, N = Size.of("m"), Size.of("n")
X = e.Symbol("X", (M, N))
A = e.Symbol("A", (N, N))
S = e.Symbol("S", (N, N), frozenset({"symmetric"}))
x = e.Symbol("x", (N,))
z = e.Symbol("z", (M,))
a = e.Symbol("a", ())

FORM = e.Product((e.Transpose(x), A, x))
MAP = e.Product((X, x))
BILINEAR = e.Product((e.Transpose(z), X, x))
LOGDET = e.Call("logdet", (e.Product((e.Transpose(X), X)),), None, ())
SYMMETRIC_FORM = e.Product((e.Transpose(x), S, e.Elementwise("exp", x)))

SCALED = e.Product((a, BILINEAR))
RIGHT: dict[str, tuple[e.Expr, tuple[e.Symbol, ...], str, Any]] = {
    "gradient": (FORM, (x,), "denominator", lambda x, A, **_: (A + A.T) @ x),
    "gradient by matrix": (BILINEAR, (X,), "denominator", lambda z, x, **_: np.outer(z, x)),
    "gradient by matrix, numerator": (BILINEAR, (X,), "numerator", lambda z, x, **_: np.outer(x, z)),
    "Jacobian": (MAP, (x,), "denominator", lambda X, **_: X.T),
    "Jacobian, numerator": (MAP, (x,), "numerator", lambda X, **_: X),
    "Jacobian, tensor": (MAP, (x,), "tensor", lambda X, **_: X),
    "Hessian": (FORM, (x, x), "denominator", lambda A, **_: A + A.T),
    "mixed": (BILINEAR, (z, x), "denominator", lambda X, **_: X),
    "logdet": (LOGDET, (X,), "denominator", lambda X, **_: 2 * X @ np.linalg.inv(X.T @ X)),
    "mixed, by matrix and scalar": (SCALED, (X, a), "denominator", lambda z, x, **_: np.outer(z, x)),
    "mixed, by scalar and matrix, numerator": (SCALED, (a, X), "numerator", lambda z, x, **_: np.outer(x, z)),
    "by scalar": (e.Product((a, a, X)), (a,), "denominator", lambda a, X, **_: 2 * a * X),
    "symmetric": (SYMMETRIC_FORM, (S,), "denominator", lambda x, **_: (np.outer(x, np.exp(x)) + np.outer(np.exp(x), x)) / 2),
}


def turned(found: Any) -> Any:
    return np.transpose(found) if np.ndim(found) > 1 else np.asarray(found)[::-1]


PLANTED = {
    "sign": lambda found: -found,
    "factor": lambda found: 2 * found,
    "half": lambda found: found / 2,
    "small factor": lambda found: found * (1 + 1e-5),
    "offset": lambda found: found + 1e-3,
    "one entry": lambda found: np.where(np.arange(np.size(found)).reshape(np.shape(found)) == 1, 1.001 * found + 1e-4, found),
    "transposition": turned,
    "nothing": lambda found: np.zeros_like(found),
    "not a number": lambda found: found * np.nan,
    "shape": lambda found: np.asarray(found)[None],
}
# Transposing these is no error.
UNCHANGED = {("Hessian", "transposition"), ("symmetric", "transposition")}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name: str) -> None:
    expression, wrt, layout, answer = RIGHT[name]
    found = list(points(expression, wrt, layout=layout))
    assert len(found) == 3
    assert all(len(set(checkpoint.point.sizes.values())) == len(checkpoint.point.sizes) for checkpoint in found[:2])
    assert len(set(found[2].point.sizes.values())) == 1
    check_answer(answer, found)


@pytest.mark.parametrize("sizes", ["prime", "equal"])
@pytest.mark.parametrize("error", PLANTED)
@pytest.mark.parametrize("name", RIGHT)
def test_planted_errors_are_caught(name: str, error: str, sizes: str) -> None:
    expression, wrt, layout, answer = RIGHT[name]
    *prime, equal = points(expression, wrt, layout=layout)
    chosen = prime if sizes == "prime" else [equal]

    def wrong(**values: Any) -> Any:
        return PLANTED[error](answer(**values))

    if (name, error) in UNCHANGED:
        check_answer(wrong, chosen)
        return
    with pytest.raises(Disagreement):
        check_answer(wrong, chosen)


def test_symmetric_only_formula_is_caught() -> None:
    with pytest.raises(Disagreement):
        check_answer(lambda x, A, **_: 2 * A @ x, list(points(FORM, (x,))))


def test_nothing_checked_is_no_success() -> None:
    with pytest.raises(NoPoint):
        check_answer(lambda **_: 0.0, [])
    nowhere = e.Elementwise("log", e.Negative(e.Norm(x, "2")))
    with pytest.raises(NoPoint):
        list(points(nowhere, (x,)))


def test_hessian_rows_belong_to_the_first_variable() -> None:
    tensor = np.arange(15.0).reshape(3, 5)
    assert np.array_equal(laid_out(tensor, (), (z, x), "denominator"), tensor)
    by_matrix = np.arange(225.0).reshape(3, 5, 3, 5)
    flat = laid_out(by_matrix, (), (X, X), "denominator")
    assert flat.shape == (15, 15)
    assert flat[1 + 3 * 2, 2 + 3 * 4] == by_matrix[1, 2, 2, 4]
