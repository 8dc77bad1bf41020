"""Gradients with one mistake each, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matcalc
from matcalc.coded.compared import CodeVerdict

LEAST = ("||X*w - y||^2", "w", "X, y, w")
RIDGE = ("||X*w - y||^2 + lam*w'*w", "w", "X, y, w, lam")
LOGISTIC = ("sum(log(1 + exp(-y.*(X*w))))", "w", "X, y, w")
QUADRATIC = ("x'*A*x + b'*x", "x", "A, x, b")
FACTORS = ("||X - U*V||^2", "U", "X, U, V")
CROSS = ("tr(A*X*B)", "X", "A, X, B")
LAYER = ("u'*tanh(W*x + b)", "W", "u, W, x, b")
SYMMETRIC = ("tr(A*X*B)", "X", "A, X, B", "X: n×n symmetric; A: n×n; B: n×n")
DETERMINANT = ("log(det(X))", "X", "X", "X: n×n")
MEAN = ("||X*w - y||^2/m", "w", "X, y, w", "X: m×n")
NORM = ("||X*w - y||", "w", "X, y, w")
JACOBIAN = ("A*x", "x", "A, x", "A: m×n")
HESSIAN = ("x'*A*x", "x", "A, x", "", 2)


@dataclass(frozen=True)
class Planted:
    """``body`` is what a function of the symbols returns, of NumPy's arrays."""

    question: tuple[Any, ...]
    body: str
    kind: str
    words: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str:
        lines = self.body.split("; ")
        lines[-1] = lines[-1] if lines[-1].startswith("return") else f"return {lines[-1]}"
        return "\n".join(["import numpy as np", f"def grad({self.question[2]}):", *(f"    {line}" for line in lines)])


PLANTED = (
    # factors and signs
    Planted(LEAST, "X.T @ (X @ w - y)", "factor", "the factor 2 is missing"),
    Planted(LEAST, "4 * X.T @ (X @ w - y)", "factor", "the result is 2 times too large"),
    Planted(LEAST, "2 * X.T @ (y - X @ w)", "sign", "the sign is wrong"),
    Planted(LEAST, "X.T @ (y - X @ w)", "sign", "the sign is wrong, and the factor 2 is missing"),
    Planted(LEAST, "2 * X.T @ (X @ w - y) / len(y)", "factor", "the result is divided by n"),
    Planted(MEAN, "2 * X.T @ (X @ w - y)", "factor", "the factor m is too much"),
    Planted(MEAN, "2 * X.T @ (X @ w - y) / len(w)", "factor", "the factor m/n is too much"),
    Planted(LEAST, "g = 2 * X.T @ (X @ w - y); g / np.linalg.norm(g)", "factor", "divided by its own norm"),
    Planted(LOGISTIC, "X.T @ (y / (1 + np.exp(y * (X @ w))))", "sign", "the sign is wrong"),
    # terms
    Planted(RIDGE, "2 * X.T @ (X @ w - y)", "term", "the term lam w is missing"),
    Planted(RIDGE, "2 * X.T @ (X @ w - y) + lam * w", "factor", "in the derivative of lam wᵀ w the factor 2 is missing"),
    Planted(RIDGE, "2 * X.T @ (X @ w - y) - 2 * lam * w", "sign", "the term lam w has the wrong sign"),
    Planted(RIDGE, "2 * X.T @ (X @ w - y) + 2 * w", "term", "the factor lam is missing in lam w"),
    Planted(RIDGE, "2 * X.T @ (X @ w - y) / len(y) + 2 * lam * w", "factor", "divided by n"),
    Planted(RIDGE, "2 * X.T @ X @ w + 2 * lam * w", "term", "y"),
    Planted(LEAST, "2 * X.T @ (X @ w + y)", "sign", "the term −y has the wrong sign"),
    Planted(QUADRATIC, "(A + A.T) @ x", "term", "the term b is missing"),
    Planted(QUADRATIC, "A @ x + b", "term", "the term Aᵀ is missing"),
    Planted(QUADRATIC, "(A - A.T) @ x + b", "sign", "Aᵀ"),
    Planted(LOGISTIC, "-X.T @ y", "term", "missing"),
    Planted(LAYER, "np.outer(u, x)", "term", "missing"),
    Planted(LAYER, "np.outer(u * (1 - np.tanh(W @ x) ** 2), x)", "term", "b"),
    Planted(LAYER, "np.outer(u * (1 - np.tanh(W @ x + b)), x)", "term", "should be"),
    Planted(NORM, "X.T @ (X @ w - y)", "term", "missing"),
    # transposes and orders
    Planted(QUADRATIC, "2 * A @ x + b", "transpose", "A should be Aᵀ"),
    Planted(CROSS, "B @ A", "transpose", "the result is transposed"),
    Planted(("tr(A*X*B)", "X", "A, X, B", "A: n×n; X: n×n; B: n×n"), "A.T @ B", "transpose", "B should be Bᵀ"),
    Planted(("tr(A*X*B)", "X", "A, X, B", "A: n×n; X: n×n; B: n×n"), "B.T @ A.T", "order", "Bᵀ Aᵀ should be Aᵀ Bᵀ"),
    Planted(DETERMINANT, "np.linalg.inv(X)", "transpose", "the result is transposed"),
    Planted(JACOBIAN, "A", "transpose", "the result is transposed"),
    Planted(JACOBIAN, "A.T.reshape(A.shape)", "shape", "the entries are right"),
    Planted(FACTORS, "2 * (U @ V - X) @ V.T.T.T.T.T", "", ""),
    Planted(FACTORS, "(2 * V @ (U @ V - X).T).T", "", ""),
    Planted(FACTORS, "2 * V @ (U @ V - X).T", "transpose", "the result is transposed"),
    Planted(HESSIAN, "A", "term", "Aᵀ is missing"),
    Planted(HESSIAN, "2 * A", "transpose", "A should be Aᵀ"),
    # symmetric variables
    Planted(SYMMETRIC, "A.T @ B.T", "projection", "the projection on symmetric matrices is missing"),
    Planted(SYMMETRIC, "G = A.T @ B.T; G + G.T - np.diag(np.diag(G))", "projection", "'cookbook'"),
    Planted(SYMMETRIC, "G = A.T @ B.T; G + G.T", "diagonal", "the diagonal is counted twice", (("symmetric", "cookbook"),)),
    Planted(SYMMETRIC, "G = A.T @ B.T; G = (G + G.T) / 2; np.tril(G)", "diagonal", "only the lower triangle"),
    # entries and shapes
    Planted(LEAST, "(2 * X.T @ (X @ w - y))[::-1]", "order", "reverse"),
    Planted(LEAST, "np.roll(2 * X.T @ (X @ w - y), 1)", "order", "shifted by one place"),
    Planted(LEAST, "g = 2 * X.T @ (X @ w - y); g[-1] = 0; g", "other", "only the last entry differs"),
    Planted(FACTORS, "g = 2 * (U @ V - X) @ V.T; g[:, 0] = 0; g", "other", "only the first column differs"),
    Planted(FACTORS, "2 * (U @ V - X) @ V.T * np.ones(len(X))[:, None, None]", "shape", ""),
    Planted(LEAST, "np.sum(2 * X.T @ (X @ w - y))", "shape", "the entries are added up along axis 0"),
    Planted(LEAST, "2 * X.T * (X @ w - y)", "shape", "a sum along axis 1 is missing"),
    Planted(LEAST, "(2 * X.T @ (X @ w - y))[:, None]", "shape", "the entries are right"),
    Planted(LEAST, "2 * X.T @ (X @ w - y)[:, None] + 0 * w", "shape", "column and a vector"),
    Planted(LEAST, "2 * X.T @ (((X @ w)[:, None] - y[None, :]).sum(1))", "broadcast", "is broadcast to n×n"),
    # other questions
    Planted(("||X*w - y||^2", "w", "X, y, w", "X: n×n"), "2 * (X @ w - y)", "term", "Xᵀ is missing"),
    Planted(("||X*w - y||^2", "w", "X, y, w", "X: n×n"), "-2 * (X @ w - y)", "question", "this is the derivative by y"),
    Planted(("exp(a*t)", "t", "a, t", "a: scalar; t: scalar"), "np.exp(a * t)", "factor", "the factor a is missing"),
    Planted(LEAST, "np.zeros_like(w)", "zero", "the result is 0"),
    # habits
    Planted(LEAST, "w -= 0; w *= 2; w /= 2; r = X @ w - y; w += 1e-3; 2 * X.T @ r", "changed", "changes its argument w in place"),
    Planted(LEAST, "2 * X.T @ (X @ w - y) + np.random.randn()", "random", "two calls"),
    Planted(LEAST, "g = 2 * X.T @ (X @ w - y); g[0] = np.nan; g", "nan", "nan"),
    Planted(LEAST, "2 * X @ (X @ w - y)", "transpose", "X should be Xᵀ; the function raises an error"),
    Planted(LEAST, "2 * X.T @ (X @ w - y) * (1 + 1e-9)", "", ""),
    Planted(LEAST, "2 * X.T @ (X @ w - y) * (1 + 1e-5)", "precision", "digits only"),
    Planted(LEAST, "2 * X.T.astype(np.float32) @ (X.astype(np.float32) @ w.astype(np.float32) - y.astype(np.float32))", "", ""),
)


def judged(one: Planted) -> CodeVerdict:
    """The verdict on a planted mistake."""
    space: dict[str, Any] = {}
    exec(one.source, space)
    formula, wrt, _, *rest = one.question
    order = rest[1] if len(rest) > 1 else 1
    declare = rest[0] if rest and rest[0] else None
    return matcalc.check(space["grad"], formula, wrt, declare=declare, order=order, **dict(one.options))
