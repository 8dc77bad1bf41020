"""Parts of arrays, arrays of blocks, and functions of the table that are no formulas of others, against NumPy and differences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.base.errors import MatcalcError

Case = tuple[str, str, str, Callable[..., Any]]


def _skew(w: Any) -> Any:
    return np.array([[0, -w[2], w[1]], [w[2], 0, -w[0]], [-w[1], w[0], 0]])


def _sylvester(a: Any, b: Any, c: Any) -> Any:
    system = np.kron(np.eye(len(b)), a) + np.kron(b.T, np.eye(len(a)))
    return np.linalg.solve(system, c.flatten("F")).reshape(c.shape, order="F")


def _diagonals(c: Any, r: Any) -> Any:
    """toeplitz(c, r), entry by entry."""
    return np.array([[c[i - j] if i >= j else r[j - i] for j in range(len(r))] for i in range(len(c))])


def _antidiagonals(c: Any, r: Any) -> Any:
    """hankel(c, r), entry by entry."""
    return np.array([[c[i + j] if i + j < len(c) else r[i + j - len(c) + 1] for j in range(len(r))] for i in range(len(c))])


def _trigamma(t: float) -> float:
    """By its series, and what that leaves out as a series in 1/z."""
    z = t + 100
    return float(np.sum(1 / (t + np.arange(100)) ** 2) + 1 / z + 1 / (2 * z**2) + 1 / (6 * z**3))


SIZES = {"n": 4, "m": 3, "p": 2, "k": 2, "q": 5}
CASES: list[Case] = [
    ("sum(X[:,2])", "X", "X: n×m", lambda X: X[:, 1].sum()),
    ("X[2,:]*w", "X", "X: n×m; w: m", lambda X, w: X[1] @ w),
    ("norm2(X[1:k,:]*w)^2", "X", "X: n×m; w: m", lambda X, w: np.sum((X[:2] @ w) ** 2)),
    ("tr(X[2:3,1:2]*B)", "X", "X: n×m; B: 2×2", lambda X, B: np.trace(X[1:3, :2] @ B)),
    ("sum(exp(x[2:end]))", "x", "x: n", lambda x: np.exp(x[1:]).sum()),
    ("norm2(x[2:end] - x[1:end-1])^2", "x", "x: n", lambda x: np.sum(np.diff(x) ** 2)),
    ("norm2(diff(x))^2", "x", "x: n", lambda x: np.sum(np.diff(x) ** 2)),
    ("x[1:2]'*A*x[3:end]", "x", "x: 4; A: 2×2", lambda x, A: x[:2] @ A @ x[2:]),
    ("norm2([A B; C D]*z)^2", "B", "A: 4×3; B: 4×2; C: 3×3; D: 3×2; z: 5", lambda A, B, C, D, z: np.sum((np.block([[A, B], [C, D]]) @ z) ** 2)),
    ("logdet([A B; C D])", "C", "A: m×m; B: m×p; C: p×m; D: p×p", lambda A, B, C, D: np.linalg.slogdet(np.block([[A, B], [C, D]]))[1]),
    ("tr([A 0; 0 D]*M)", "D", "A: 3×3; D: 2×2; M: 5×5", lambda A, D, M: np.trace(np.block([[A, np.zeros((3, 2))], [np.zeros((2, 3)), D]]) @ M)),
    ("norm2([x; y] - c)^2", "y", "x: 3; y: 2; c: 5", lambda x, y, c: np.sum((np.concatenate([x, y]) - c) ** 2)),
    ("det([1 t; t^2 3])", "t", "t: scalar", lambda t: 3 - t**3),
    ("sum([cos(t) -sin(t); sin(t) cos(t)]*v)", "t", "t: scalar; v: 2", lambda t, v: (np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) @ v).sum()),
    ("tr([X Y]'*A*[X Y])", "X", "X: 4×3; Y: 4×2; A: 4×4", lambda X, Y, A: np.trace(X.T @ A @ X) + np.trace(Y.T @ A @ Y)),
    ("sum(exp([x; y][2:4]))", "x", "x: 3; y: 2", lambda x, y: np.exp(np.concatenate([x, y])[1:4]).sum()),
    ("x'*[1 2; 3 4]*x", "x", "x: 2", lambda x: x @ np.array([[1, 2], [3, 4]]) @ x),
    ("sum([A x]*v)", "x", "A: 4×3; x: 4; v: 4", lambda A, x, v: (np.column_stack([A, x]) @ v).sum()),
    ("v'*cross(a, b)", "a", "a: 3; b: 3; v: 3", lambda a, b, v: v @ np.cross(a, b)),
    ("norm2(cross(a, cross(a, b)))^2", "a", "a: 3; b: 3", lambda a, b: np.sum(np.cross(a, np.cross(a, b)) ** 2)),
    ("norm2(skew(a)*A)^2", "a", "a: 3; A: 3×n", lambda a, A: np.sum((_skew(a) @ A) ** 2)),
    ("sum(triu(X*X', 1))", "X", "X: n×m", lambda X: np.triu(X @ X.T, 1).sum()),
    ("norm2(tril(A, -1)*x)^2", "A", "A: n×n; x: n", lambda A, x: np.sum((np.tril(A, -1) @ x) ** 2)),
    ("norm2(cumsum(x) - y)^2", "x", "x: n; y: n", lambda x, y: np.sum((np.cumsum(x) - y) ** 2)),
    ("y'*circshift(x, 1)", "x", "x: n; y: n", lambda x, y: y @ np.roll(x, 1)),
    ("y'*circshift(x, -1)", "x", "x: n; y: n", lambda x, y: y @ np.roll(x, -1)),
    ("x'*circshift(exp(x), 7)", "x", "x: n", lambda x: x @ np.roll(np.exp(x), 7)),
    ("np.sum(np.std(X, axis=0, ddof=1))", "X", "X: n×m", lambda X: X.std(0, ddof=1).sum()),
    ("torch.sum(torch.var(X, dim=1))", "X", "X: n×m", lambda X: X.var(1, ddof=1).sum()),
    ("torch.norm(X, 2)", "X", "X: n×m", lambda X: np.sqrt(np.sum(X**2))),
    ("np.trace(np.cov(X))", "X", "X: n×m", lambda X: np.trace(np.cov(X))),
    ("w'*cov(X)*w", "X", "X: n×m; w: m", lambda X, w: w @ np.cov(X.T, bias=True) @ w),
    ("tr(cov(X, sample))", "X", "X: n×m", lambda X: np.trace(np.cov(X.T))),
    ("corr(x, y)", "x", "x: n; y: n", lambda x, y: np.corrcoef(x, y)[0, 1]),
    ("std(x, sample)", "x", "x: n", lambda x: x.std(ddof=1)),
    ("tr(B'*lyap(A, Q))", "A", "A: m×m; B: m×m; Q: m×m", lambda A, B, Q: np.trace(B.T @ _sylvester(A, A.T, -Q))),
    ("tr(B'*lyap(A, Q))", "Q", "A: m×m; B: m×m; Q: m×m", lambda A, B, Q: np.trace(B.T @ _sylvester(A, A.T, -Q))),
    ("tr(E'*sylvester(A, B, C))", "B", "A: m×m; B: p×p; C: m×p; E: m×p", lambda A, B, C, E: np.trace(E.T @ _sylvester(A, B, C))),
    ("norm2(khatrirao(A, B))^2", "A", "A: n×k; B: m×k", lambda A, B: sum(np.sum(np.kron(A[:, j], B[:, j]) ** 2) for j in range(2))),
    ("sum(i<j, (x_i - x_j)^2)", "x", "x: n", lambda x: sum((x[i] - x[j]) ** 2 for j in range(4) for i in range(j))),
    ("prod(i, 1 + x_i^2)", "x", "x: n", lambda x: np.prod(1 + x**2)),
    (r"\prod_{i=1}^n t^{x_i} (1-t)^{1-x_i}", "x", "t: scalar positive; x: n", lambda t, x: np.prod(t**x * (1 - t) ** (1 - x))),
    ("norm(A*x, inf)", "x", "A: n×m; x: m", lambda A, x: np.max(np.abs(A @ x))),
    ("norm(X, 1)", "X", "X: n×m", lambda X: np.linalg.norm(X, 1)),
    ("norm(X, inf)", "X", "X: n×m", lambda X: np.linalg.norm(X, np.inf)),
    ("sum(where(x > 0, x.^2, 3*x))", "x", "x: n", lambda x: np.where(x > 0, x**2, 3 * x).sum()),
    ("y'*(x >= 0)", "y", "x: n; y: n", lambda x, y: y @ (x >= 0)),
    ("sum((1 - y.*(X*w))_+)", "w", "X: n×m; w: m; y: n", lambda X, w, y: np.maximum(1 - y * (X @ w), 0).sum()),
    ("sum(polygamma(1, exp(x)))", "x", "x: n", lambda x: sum(map(_trigamma, np.exp(x)))),
    ("norm2(conv(a, x) - b)^2", "a", "a: m; x: n; b: m+n-1", lambda a, x, b: np.sum((np.convolve(a, x) - b) ** 2)),
    ("sum(exp(xcorr(w, a)))", "a", "w: n; a: m", lambda w, a: np.sum(np.exp(np.correlate(w, a)))),
    ("sum(i, norm2(conv(a, x_i) - y_i)^2)", "a", "a: m; X: k×n; Y: k×(m+n-1)", lambda a, X, Y: sum(np.sum((np.convolve(a, x) - y) ** 2) for x, y in zip(X, Y))),
    ("norm2(toeplitz(c, r)*x - y)^2", "c", "c: n; r: m; x: m; y: n", lambda c, r, x, y: np.sum((_diagonals(c, r) @ x - y) ** 2)),
    ("norm2(toeplitz(c, r)*x - y)^2", "r", "c: m; r: n; x: n; y: m", lambda c, r, x, y: np.sum((_diagonals(c, r) @ x - y) ** 2)),
    ("x'*toeplitz(c)*x", "c", "c: n; x: n", lambda c, x: x @ _diagonals(c, c) @ x),
    ("norm2(hankel(c, r)*x)^2", "c", "c: m; r: n; x: n", lambda c, r, x: np.sum((_antidiagonals(c, r) @ x) ** 2)),
    ("norm2(hankel(c, r)*x)^2", "r", "c: m; r: n; x: n", lambda c, r, x: np.sum((_antidiagonals(c, r) @ x) ** 2)),
    (r"\sum_{i=1}^{n-1} |x_{i+1} - x_i|", "x", "x: n", lambda x: np.abs(np.diff(x)).sum()),
    ("sum(i=1:n-1, x[i]*x[i+1])", "x", "x: n", lambda x: x[1:] @ x[:-1]),
    ("Σ_{i=2}^n x_i x_{i-1}", "x", "x: n", lambda x: x[1:] @ x[:-1]),
    ("sum(i=1:n-2, (x[i+2] - 2*x[i+1] + x[i])^2)*x[2]", "x", "x: n", lambda x: np.sum(np.diff(x, 2) ** 2) * x[1]),
    (r"\sum_{i=1}^{n-1}\sum_{j=1}^m (X_{i+1,j} - X_{i,j})^2", "X", "X: n×m", lambda X: np.sum(np.diff(X, axis=0) ** 2)),
    (r"\sum_{t=1}^{n-1} \|x_{t+1} - A x_t\|^2", "A", "X: n×m; A: m×m", lambda X, A: np.sum((X[1:] - X[:-1] @ A.T) ** 2)),
    ("prod(i=2:n, 1 + x[i]*x[i-1])", "x", "x: n", lambda x: np.prod(1 + x[1:] * x[:-1])),
    (r"\sum_{i=1}^{n-1} \sum_{j=i+1}^n x_i^2 x_j", "x", "x: n", lambda x: sum(x[i] ** 2 * x[j] for j in range(4) for i in range(j))),
    (r"\sum_{i=2}^n \sum_{j \ne i} x_i x_j^2", "x", "x: n", lambda x: sum(x[i] * x[j] ** 2 for j in range(4) for i in range(1, 4) if i != j)),
    ("sum(i<=j, x_i*x_j^2)", "x", "x: n", lambda x: sum(x[i] * x[j] ** 2 for j in range(4) for i in range(j + 1))),
    (r"\sum_{i=1}^2 x_i^3 + \sum_{i=3}^3 x_i", "x", "x: n", lambda x: np.sum(x[:2] ** 3) + x[2]),
    (r"\sum_{(i,j)\in\Omega} (X_{ij} - u_i^\top v_j)^2", "U", "X: n×m; U: n×k; V: m×k; Omega: n×m", lambda X, U, V, Omega: np.sum(Omega * (X - U @ V.T) ** 2)),
    ("sum(diff(x).^2)", "x", "x: 2", lambda x: (x[1] - x[0]) ** 2),
    ("x[1:end-1]'*x[2:end]", "x", "x: 2", lambda x: x[0] * x[1]),
    ("norm2(X[2:end,:]*w)^2", "X", "X: 2×m; w: m", lambda X, w: (X[1] @ w) ** 2),
    ("sum(X[1:end-1,2:end].^2)", "X", "X: 2×2", lambda X: X[0, 1] ** 2),
    (r"\sum_{i=1}^{n-1} (x_{i+1}-x_i)^2", "x", "x: 2", lambda x: (x[1] - x[0]) ** 2),
    ("sum(i<=j, x_i*x_j)", "x", "x: 1", lambda x: x[0] ** 2),
    (r"\max_i (a_i^\top x + b_i)^2", "x", "A: n×m; x: m; b: n", lambda A, x, b: np.max((A @ x + b) ** 2)),
    ("max_ij X_ij^2 - min_ij X_ij", "X", "X: n×m", lambda X: np.max(X**2) - np.min(X)),
    (r"\sum_i \max_{j=2}^m |X_{ij}|", "X", "X: n×m", lambda X: np.abs(X[:, 1:]).max(1).sum()),
    ("∏ᵢ₌₁ⁿ (1 + xᵢ²) + max_i x_i", "x", "x: n", lambda x: np.prod(1 + x**2) + x.max()),
    (r"\max_{i,j,k} u_i v_j w_k", "v", "u: n; v: m; w: k", lambda u, v, w: np.max(np.einsum("i,j,k->ijk", u, v, w))),
    (r"\|\mathcal{P}_\Omega (X - U V^\top)\|_F^2", "U", "X: n×m; U: n×k; V: m×k; Omega: n×m mask", lambda X, U, V, Omega: np.sum(Omega * (X - U @ V.T) ** 2)),
    ("norm2(P_Ω(X) - P_Ω(U*V'))^2", "X", "X: n×m; U: n×k; V: m×k; Omega: n×m mask", lambda X, U, V, Omega: np.sum(Omega * (X - U @ V.T) ** 2)),
    ("Σ_{|i−j|=1} X_ij²", "X", "X: n×n", lambda X: np.sum(np.diag(X, 1) ** 2) + np.sum(np.diag(X, -1) ** 2)),
    (r"\sum_{\lvert i-j\rvert \le k} X_{ij}^2", "X", "X: n×n", lambda X: np.sum(np.triu(np.tril(X, 2), -2) ** 2)),
    (r"\sum_{i<j,\, |i-j| > 1} x_i x_j^2", "x", "x: n", lambda x: sum(x[i] * x[j] ** 2 for j in range(4) for i in range(j - 1))),
    ("sum(j=i+1, X[i,j]*x_i*x_j)", "x", "X: n×n; x: n", lambda X, x: np.diag(X, 1) @ (x[:-1] * x[1:])),
    (r"\sum_{i=1}^n \sum_{j=1}^{i} X_{ij}^2", "X", "X: n×n", lambda X: np.sum(np.tril(X) ** 2)),
    (r"\sum_{i=1}^n \sum_{j=i-1}^{i+1} X_{ij}^2", "X", "X: n×n", lambda X: np.sum(np.triu(np.tril(X, 1), -1) ** 2)),
    (r"\sum_{i=k}^{n-1} x_i^2 x_{i+1}", "x", "x: n", lambda x: np.sum(x[1:-1] ** 2 * x[2:])),
    (r"\sum_{i=1}^{m} x_i x_{m+i} + \sum_{i=m+1}^{2m} x_i^2", "x", "x: 2*m", lambda x: x[:3] @ x[3:] + np.sum(x[3:] ** 2)),
    ("x[end]^2*x(end-1)", "x", "x: n", lambda x: x[-1] ** 2 * x[-2]),
    ("(X(end,:)*w)^2 + X[1,end]^3*X[end,1]", "X", "X: n×m; w: m", lambda X, w: (X[-1] @ w) ** 2 + X[0, -1] ** 3 * X[-1, 0]),
    ("(X[-1] @ w)**2 + X[0,-1]**3*X[-1,0] + X[1] @ w", "X", "X: n×m; w: m", lambda X, w: (X[-1] @ w) ** 2 + X[0, -1] ** 3 * X[-1, 0] + X[1] @ w),
    ("np.sum((X[1:, 0] - X[:-1, 1])**2) * (X[:, 2] @ y)", "X", "X: n×m; y: n", lambda X, y: np.sum((X[1:, 0] - X[:-1, 1]) ** 2) * (X[:, 2] @ y)),
    ("x[:-1] @ x[1:] + sum(x[k:]**3) - x[1:3] @ x[-2:]", "x", "x: n", lambda x: x[:-1] @ x[1:] + np.sum(x[2:] ** 3) - x[1:3] @ x[-2:]),
    (r"\sum_{i=1}^n x_{n+1-i}^2 y_i + \sum_{i=1}^{n-1} x_{n-i} x_i^2", "x", "x: n; y: n", lambda x, y: x[::-1] ** 2 @ y + x[-2::-1] @ x[:-1] ** 2),
    ("sum(i=1:m, X[i,m+1-i]^2)", "X", "X: m×m", lambda X: np.sum(np.diag(X[:, ::-1]) ** 2)),
    ("logdet(circulant(c))", "c", "c: n", lambda c: np.linalg.slogdet(np.array([np.roll(c, j) for j in range(4)]).T)[1]),
]  # fmt: skip


def _point(declare: str, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {}
    for part in declare.split(";"):
        name, _, kind = part.partition(":")
        words = kind.split()
        sizes = [] if words[0] == "scalar" else [_number(size) for size in words[0].split("×")]
        drawn = rng.random(sizes) < 0.6 if "mask" in words else rng.normal(size=sizes)
        values[name.strip()] = drawn.astype(float) if sizes else float(rng.uniform(0.1, 0.9))
    return values


def _number(size: str) -> int:
    """A size that is a name, a number, or a sum of these."""
    parts = re.findall(r"(-?)(?:(\d)\*)?(\w+)", size)
    return sum((-1 if sign else 1) * int(count or 1) * (SIZES.get(part) or int(part)) for sign, count, part in parts)


def _differences(function: Callable[..., Any], point: Mapping[str, Any], name: str) -> Any:
    step, at = 1e-5, np.asarray(point[name], dtype=float)
    found = np.zeros(at.shape)
    for place in np.ndindex(*at.shape):
        move = np.zeros(at.shape)
        move[place] = step
        found[place] = (function(**{**point, name: at + move}) - function(**{**point, name: at - move})) / (2 * step)
    return found


def agrees(derived: Any, case: Case, seed: int, factor: float = 1.0) -> bool:
    """Whether generated code of a derivative has the value of differences, ``factor`` times."""
    _, wrt, declare, function = case
    point = _point(declare, seed)
    found = derived.function("numpy")(**point, **SIZES)
    return np.allclose(found, factor * _differences(function, point, wrt), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} by {case[1]}")
def test_the_derivative_has_the_value_of_differences(case: Case) -> None:
    derived = matcalc.derive(case[0], case[1], declare=case[2])
    assert agrees(derived, case, 1)
    assert agrees(derived, case, 2)
    assert not agrees(derived, case, 1, factor=1.01)


@pytest.mark.parametrize(
    ("text", "wrt", "declare", "function"),
    [
        (r"\max_i x_i^2 + \prod_i (1 + x_i^2)", "x", "x: n", lambda x: np.max(x**2) + np.prod(1 + x**2)),
        (
            r"\|P_\Omega(X - u v^\top)\|^2",
            "u",
            "X: n×m; u: n; v: m; Omega: n×m mask",
            lambda X, u, v, Omega: np.sum(Omega * (X - np.outer(u, v)) ** 2),
        ),
        (
            "Σ_{|i-j|≤k} x_i² x_j",
            "x",
            "x: n",
            lambda x: sum(x[i] ** 2 * x[j] for i in range(4) for j in range(4) if abs(i - j) <= 2),
        ),
        (r"\sum_{i=k}^{n} x_i^2 x_{n+1-i}", "x", "x: n", lambda x: np.sum(x[1:] ** 2 * x[-2::-1])),
        ("np.sum((x[1:] - x[:-1])**3) + x[-1]**3 * x[0]", "x", "x: n", lambda x: np.sum(np.diff(x) ** 3) + x[-1] ** 3 * x[0]),
    ],
)
def test_the_second_derivative_has_the_value_of_differences(
    text: str, wrt: str, declare: str, function: Callable[..., Any]
) -> None:
    point, step = _point(declare, 4), 1e-4
    found = matcalc.derive(text, wrt, declare=declare, order=2).function("numpy")(**point, **SIZES)
    moves = step * np.eye(len(point[wrt]))
    expected = np.array(
        [
            _differences(function, {**point, wrt: point[wrt] + move}, wrt)
            - _differences(function, {**point, wrt: point[wrt] - move}, wrt)
            for move in moves
        ]
    ) / (2 * step)
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert not np.allclose(1.01 * found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES[:20], ids=lambda case: f"{case[0]} by {case[1]}")
@pytest.mark.parametrize("style", ["ascii", "unicode", "latex"])
def test_what_is_written_is_read_back_to_the_same_value(case: Case, style: Any) -> None:
    derived = matcalc.derive(case[0], case[1], declare=case[2])
    text, point = derived.latex() if style == "latex" else derived.text(style), _point(case[2], 3)
    parts = [part.strip() for part in case[2].split(";")]
    read = matcalc.parse(
        text,
        declare="; ".join(part for part in parts if re.search(rf"(?<![A-Za-z]){part.partition(':')[0]}(?![A-Za-z])", text)),
        dialect="latex" if style == "latex" else None,
    )
    assert np.allclose(read.function("numpy")(**point, **SIZES), derived.function("numpy")(**point, **SIZES))


@pytest.mark.parametrize(
    ("text", "wrt", "declare", "written"),
    [
        ("[A B; C D]*x", "x", "A: n×m; B: n×p; C: q×m; D: q×p", "[A, B; C, D]'"),
        ("norm2(X[1:k,:]*w)^2", "X", "X: n×m; w: m", "[2*X[1:k,:]*w*w'; zeros(n-k, m)]"),
        ("log(sum(exp(x[2:end])))", "x", "x: n", "[zeros(1); softmax(x[2:n])]"),
        ("a'*[x; y; z]", "a", "x: n; y: m; z: p", "[x; y; z]"),
        ("a'*[x; y; z]", "a", "x: 3; y: 7; z: 2", "[x; y; z]"),
        ("a'*[x; 2; y]", "a", "x: n; y: m", "[x; 2; y]"),
        ("[A B C]*x", "x", "A: n×m; B: n×p; C: n×q", "[A, B, C]'"),
        ("[A 0 B; 0 C 0]*x", "x", "A: n×m; B: n×p; C: q×r", "[A, 0, B; 0, C, 0]'"),
        ("[s t; u v]*x", "x", "s: n; t: n; u: m; v: m", "[s', u'; t', v']"),
        ("[cos(t) -sin(t) 0; sin(t) cos(t) 0; 0 0 1]*x", "x", "", "[cos(t), sin(t), 0; -sin(t), cos(t), 0; 0, 0, 1]"),
        ("[0 0; 0 0]*x", "x", "", "zeros(2, 2)"),
        ("[1 0; 0 0]*x", "x", "", "[1, 0; 0, 0]"),
        ("sum(x[1:n])", "x", "x: n", "ones(n)"),
        ("x[end]^2 + x[n-1]", "x", "x: n", "unit(n-1, n) + 2*x[n]*unit(n, n)"),
        ("(X[end,:]*w)^2*X[1,end]", "w", "X: n×m; w: m", "2*X[1,m]*(X*w)[n]*X'*unit(n, n)"),
        ("sum(i, X[i,end]^2)", "X", "X: n×m", "2*X*unit(m, m)*unit(m, m)'"),
        ("a'*[x; t; y]", "t", "x: n; t: scalar; y: m", "a[n+1]"),
        ("tr([X Y]'*A*[X Y])", "X", "X: n×m; Y: n×p; A: n×n", "(A + A')*X"),
        ("tr([A B; C D]^2)", "B", "A: n×n; B: n×m; C: m×n; D: m×m", "2*C'"),
        ("[x; y][1:n]'*z", "z", "x: n; y: m; z: n", "x"),
        ("norm2([A B]*[x; y] - c)^2", "x", "A: n×m; B: n×p; x: m; y: p; c: n", "2*A'*(A*x + B*y - c)"),
        ("sum(exp([x; y]))", "x", "x: n; y: m", "exp(x)"),
        ("norm2(x[1:3])^2 + norm2(x[4:5])^2", "x", "x: 5", "2*x"),
        ("sum(band(X, 1))", "X", "X: n×m", "band(ones(n, m), 1)"),
        ("x'*[1 2; 3 4]*x", "x", "", "[2, 5; 5, 8]*x"),
        ("norm2([1 2; 3 4; 5 6]*x - b)^2", "x", "", "2*[1, 3, 5; 2, 4, 6]*([1, 2; 3, 4; 5, 6]*x - b)"),
        ("[cos(t) -sin(t); sin(t) cos(t)]*x", "t", "t: scalar; x: 2", "-x'*[sin(t), -cos(t); cos(t), sin(t)]"),
        ("X[1,2]*X[2,1]*y[3]", "y", "X: n×m; y: p", "X[1,2]*X[2,1]*unit(3, p)"),
        ("logdet([A B; C D])", "B", "A: n×n; B: n×m; C: m×n; D: m×m", "(inv([A, B; C, D])')[1:n,n+1:m+n]"),
        ("cross(x, y)", "x", "x: 3; y: 3", "skew(y)"),
        ("sum(max(x, y))", "x", "x: n; y: n", "heaviside(x - y)"),
        ("norm2(max(X, 0))^2", "X", "X: n×m", "2*max(X, 0)"),
        ("a'*band(ones(m, k), 2)*x", "x", "a: m; x: k", "band(ones(m, k), 2)'*a"),
        ("a'*x[3:k]", "a", "x: n", "x[3:k]"),
        ("sum(sin(shift(x, -1)))", "x", "x: n", "band(ones(n, n), 1)'*cos(band(ones(n, n), 1)*x)"),
        ("norm2(conv(a, x) - b)^2", "x", "a: m; x: n; b: m+n-1", "2*xcorr(conv(a, x) - b, a)"),
        ("np.correlate(w, a) @ b", "w", "w: 5; a: 3; b: 3", "conv(b, a)"),
        ("conv(a, x)", "x", "a: m; x: n", "toeplitz([a; zeros(n-1)], zeros(n))'"),
        ("conv(2*a, x/3 - y)", "a", "a: m; x: n; y: n", "2*toeplitz([(x - 3*y); zeros(m-1)], zeros(m))'/3"),
        ("sum(i=1:n-1, (x[i+1]-x[i])^2)", "x", "x: n", "-2*diff([zeros(1); diff(x); zeros(1)])"),
        (r"\sum_{i=1}^{N-1} x_i x_{i+1}", "x", "", "[x[2:N]; zeros(1)] + [zeros(1); x[1:N-1]]"),
        (
            "norm2(x[3:end] - 2*x[2:end-1])^2",
            "x",
            "x: n",
            "2*([zeros(1); (2*(2*x[2:n-1] - x[3:n])); zeros(1)] - [zeros(2); (2*x[2:n-1] - x[3:n])])",
        ),
        ("y'*toeplitz(c, r)*x", "r", "c: n; r: m; x: m; y: n", "diagsums(tril_from(x*y', -1))"),
    ],
)
def test_how_it_is_written(text: str, wrt: str, declare: str, written: str) -> None:
    assert matcalc.derive(text, wrt, declare=declare).text("ascii") == written


def test_what_a_set_of_pairs_is_read_as_is_said() -> None:
    read = matcalc.parse(r"\sum_{(i,j)\in\mathcal{E}} w_{ij} (x_i - x_j)^2")
    assert read.declarations == {"w": "n×n", "x": "n", "E": "n×n"}
    assert "E is read as a matrix of 0 and 1" in read.notes


def test_the_projection_on_observed_entries_takes_no_product() -> None:
    read = matcalc.parse(r"\|P_\Omega(X - U V^\top)\|_F^2")
    assert read.declarations["Omega"] == "n×m mask"
    assert any("the observed entries of X, with Omega a matrix of 0 and 1" in note for note in read.notes)
    for text, declare in [
        ("P_Ω(X - M)", "P_Omega: n×n"),
        ("P_Ω(x - y)", "x: n"),
        ("P_Ω'*P_Ω(X - M)", None),
        ("P_Ω (X - M)", None),
    ]:
        assert "P_Omega" in matcalc.parse(text, declare=declare).declarations
    assert matcalc.parse("P_Ω(x - y)", declare="x: n").warnings
    with pytest.raises(MatcalcError, match="the sizes n and m differ"):
        matcalc.parse("P_Ω(X - M)", declare="Omega: n×n; X: n×m")


@pytest.mark.parametrize(
    ("text", "declare", "said"),
    [
        ("x[1:5]'*y", "x: 3; y: 5", "outside"),
        ("x[2:end+1]", "x: n", "outside"),
        ("x[1:n+2]", "x: n", "outside"),
        ("x[2:n]", "x: n-1", "outside"),
        ("x[3:2]", "x: n", "no positions"),
        ("[A B; C]*x", None, "different lengths"),
        ("[A B; C D]*x", "A: n×m; B: p×m; C: n×m; D: n×m", "n"),
        ("A > B", None, "only equations are decided"),
        ("eigvals(X)", "X: n×n", "symmetric"),
        ("cross(x, y)", "x: 2; y: 2", "3"),
        ("conv(X, x)", "X: n×m; x: k", "needs a vector, not X"),
        ("sum(i=1:n, x[i+1])", "x: n", r"position n\+1 is outside an axis of size n"),
        ("sum(i=1:n-1, x[i-1]*x[i])", "x: n", "position 0"),
        ("sum(i=3:2, x[i])", "x: n", "no positions"),
        ("sum(i=1:n-1, x[i+j])", "x: n", "a number or an index"),
        ("xcorr(x, y)", "x: 2; y: 5", "-2 for k = 2, m = 5"),
        ("xcorr(x, y)", "x: 5; y: 5", "a single number"),
        ("toeplitz(X)", "X: n×n", "needs a vector, not X"),
        ("conv(x, x, 'same')", "x: n", "cannot stand here"),
        ("x[end+1]", "x: n", "behind the end"),
        ("x[end-n]", "x: n", "position 0 is outside"),
        ("x[n+1]", "x: n", r"position n\+1 is outside a size of n"),
        ("unit(n+1, n)'*x", "x: n", r"position n\+1 is outside a size of n"),
        ("x[k]", "x: n", "the index k is not bound"),
        (r"\sum_{i=1}^n x_{n-i}", None, "position 0, .*\n.*\n.*\ntry: a sum to n-1"),
        ("x[::2] @ y", None, "slices with a step are not read"),
        ("x[:0] @ y", None, "this slice has no positions"),
        (r"\sum_{i=1}^{2n} x_i", "x: n", r"position 2\*n is outside an axis of size n"),
        (r"\sum_{i=k} x_i", None, "needs an upper limit"),
        (r"\sum_{k} x_k + \sum_{i=k}^n x_i", None, "the index k is not bound"),
        (r"\sum_{i=1}^n \sum_{j=2}^{i} x_i x_j", None, "the lower limit of the sum is not read"),
        (r"\min_x \|A x - b\|^2", None, "minima are not read"),
        ("max_w Σ_i w_i x_i", None, "maxima are not read"),
        (r"\max_{\|x\|=1} x^\top A x", None, "maxima are not read"),
        (r"\max_i a_i^\top x + b_i", None, "stands outside of the sum over i"),
    ],
)
def test_what_is_refused_says_why(text: str, declare: str | None, said: str) -> None:
    with pytest.raises(MatcalcError, match=said):
        matcalc.derive(text, "x" if "x" in text else "X" if "X" in text else "A", declare=declare)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("numpy", ["np.concatenate([x, y])", "np.block([[A, B], [C, D]])", "x[1:]", "np.array([[1.0, 2.0], [3.0, 4.0]]"]),
        ("jax", ["jnp.concatenate([x, y])", "jnp.block([[A, B], [C, D]])", "x[1:]"]),
        ("torch", ["torch.cat([x, y])", "torch.cat([torch.cat([A, B], dim=1), torch.cat([C, D], dim=1)])", "x[1:]"]),
        ("julia", ["[x; y]", "[A B; C D]", "x[2:n]", "[1.0 2.0; 3.0 4.0]"]),
        ("matlab", ["[x; y]", "[A, B; C, D]", "x(2:n)", "[1.0, 2.0; 3.0, 4.0]"]),
    ],
)
def test_code_slices_and_stacks(target: str, parts: list[str]) -> None:
    texts = ["[x; y]", "[A B; C D]", "exp(x[2:end])", "[1 2; 3 4]*x"]
    sizes = {"x": "n", "y": "m", "A": "n×n", "B": "n×m", "C": "m×n", "D": "m×m"}
    for text, part in zip(texts, parts, strict=False):
        declare = {name: size for name, size in sizes.items() if re.search(rf"\b{name}\b", text) and not text.startswith("[1")}
        code = matcalc.parse(text, declare=declare).code(target)
        assert part in code
        assert "tri" not in code.replace("atrix", "")


ENTRIES = [
    ("tr(X'*A*X)", "X[1,2]", np.s_[0, 1]),
    ("tr(X'*A*X)", "X_{12}", np.s_[0, 1]),
    ("tr(X'*A*X)", "X[1:k,:]", np.s_[:2]),
    ("tr(X'*A*X)", "X[:,2]", np.s_[:, 1]),
    ("tr(X'*A*X)", "X[2:3,1:2]", np.s_[1:3, :2]),
    ("norm2(A*x)^2", "x[3]", np.s_[2]),
    ("norm2(A*x)^2", "x_3", np.s_[2]),
    ("norm2(A*x)^2", "x[2:end]", np.s_[1:]),
]


@pytest.mark.parametrize(("text", "wrt", "place"), ENTRIES)
def test_the_derivative_by_a_part_is_that_part_of_the_derivative(text: str, wrt: str, place: Any) -> None:
    array = wrt[0]
    declare = {"A": "n×n", array: "n×m" if array == "X" else "n"}
    point = _point("; ".join(f"{name}: {size}" for name, size in declare.items()), 5)
    derived, whole = matcalc.derive(text, wrt, declare=declare), matcalc.derive(text, array, declare=declare)
    found, expected = derived.function()(**point, **SIZES), whole.function()(**point, **SIZES)[place]
    assert np.allclose(found, expected)
    assert not np.allclose(found, 1.01 * expected)
    assert len(np.shape(found)) == len(derived.shape)


def test_an_entry_of_a_jacobian_and_of_a_hessian() -> None:
    point = _point("A: 4×4; x: 4", 6)
    assert np.allclose(matcalc.derive("A*x", "x[3]").function()(**point), point["A"][:, 2])
    mixed = matcalc.hessian("x'*A*x", ("x[1]", "x[2]")).at(A=point["A"], x=point["x"])
    assert np.allclose(mixed, point["A"][0, 1] + point["A"][1, 0])
    symmetric = matcalc.derive("tr(A*X)", "X[1,2]", declare="X: n×n symmetric", symmetric="cookbook")
    assert symmetric.text("ascii") == "(A + A' - diag(diag(A)))[2,1]"
    assert any("symmetric" in note for note in symmetric.notes)
    with pytest.raises(MatcalcError, match="outside"):
        matcalc.derive("x'*x", "x[4]", declare="x: 3")


@pytest.mark.parametrize(
    ("text", "wrt", "declare", "value"),
    [
        (
            "logdet([A B; C D])",
            "C",
            "A: n×n; B: n×m; C: m×n; D: m×m",
            lambda A, B, C, D: np.linalg.slogdet(np.block([[A, B], [C, D]]))[1],
        ),
        (
            r"x^\top \begin{pmatrix} A & b \\ c^\top & d \end{pmatrix}^{-1} x",
            "b",
            "A: n×n; b: n; c: n; d: scalar; x: n+1",
            lambda A, b, c, d, x: x @ np.linalg.solve(np.block([[A, b[:, None]], [c[None], np.array([[d]])]]), x),
        ),
        (
            "||[A B; C D]*[x; y]||^2",
            "y",
            "A: n×m; B: n×k; C: q×m; D: q×k; x: m; y: k",
            lambda A, B, C, D, x, y: np.sum((np.block([[A, B], [C, D]]) @ np.concatenate([x, y])) ** 2),
        ),
    ],
)
def test_the_sizes_of_blocks_follow_from_what_they_stand_in(text: str, wrt: str, declare: str, value: Callable[..., Any]) -> None:
    derived = matcalc.derive(text, wrt)
    assert derived.declarations[wrt].count("×") == declare.partition(f"{wrt}: ")[2].partition(";")[0].count("×")
    assert agrees(derived, (text, wrt, declare, value), 3)
    assert not agrees(derived, (text, wrt, declare, value), 3, factor=1.01)
    if "d" not in derived.declarations:
        assert any("blocks are taken to fit one by one" in note for note in derived.notes)
    with pytest.raises(MatcalcError, match="needs a square matrix"):
        matcalc.parse("inv([A B; C D])", declare="A: n×m")


BLOCKS = "A: n×n invertible; B: n×m; C: m×n; D: m×m invertible"


@pytest.mark.parametrize(
    ("claim", "declare", "status"),
    [
        ("det([A B; C D]) = det(A)*det(D - C*inv(A)*B)", BLOCKS, "proved"),
        ("det([A B; C D]) = det(D)*det(A - B*inv(D)*C)", BLOCKS, "proved"),
        ("det([A B; C D]) = det(A)*det(D + C*inv(A)*B)", BLOCKS, "refuted"),
        ("inv([A B; C D])[1:n,1:n] = inv(A - B*inv(D)*C)", BLOCKS, "proved"),
        ("[A B; C D]' = [A' C'; B' D']", None, "proved"),
        ("[A B; C D]' = [A' B'; C' D']", "A: n×n; B: n×n; C: n×n; D: n×n", "refuted"),
        ("eye(n)[1:p,:]*eye(n)[1:p,:]' = eye(p)", None, "proved"),
        ("eye(n)[1:p,:]'*eye(n)[1:p,:] = eye(n)", None, "refuted"),
    ],
)
def test_claims_on_blocks(claim: str, declare: str | None, status: str) -> None:
    assert matcalc.verify(claim, declare=declare).status == status


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("second", ["exp(x[end])*x[1]", "(x[n] - x[1])^2*x[end] + x'*x", r"\sum_{i=1}^{n} x_i^2 x_{n+1-i}"])
def test_second_derivatives_of_the_last_entry(second: str, size: int) -> None:
    def value(x: Any) -> Any:
        whole = {"e": np.exp(x[-1]) * x[0], "(": (x[-1] - x[0]) ** 2 * x[-1] + x @ x, "\\": x**2 @ x[::-1]}
        return whole[second[0]]

    derived = matcalc.derive(second, ["x", "x"], declare="x: n")
    at = np.random.default_rng(size).normal(size=size)
    moves = 1e-3 * np.eye(size)
    expected = [[sum(s * t * value(at + s * a + t * b) for s in (1, -1) for t in (1, -1)) / 4e-6 for a in moves] for b in moves]
    found = derived.function("numpy")(x=at, n=size)
    assert np.allclose(found, expected, atol=1e-4)
    assert not np.allclose(1.01 * found, expected, atol=1e-4)


def test_an_entry_before_the_first_one_is_an_error() -> None:
    gradient = matcalc.derive("x[end-1]^2", "x", declare="x: n").function("numpy")
    assert np.allclose(gradient(x=np.array([2.0, 3.0])), [4, 0])
    with pytest.raises(MatcalcError, match="out of bounds"):
        gradient(x=np.array([2.0]))


def test_answers_with_the_last_entry_stand_in_claims() -> None:
    for factor, status in ((2, "proved"), (3, "refuted")):
        claim = f"d/dx x[end]^2*x[1] = {factor}*x[1]*x[n]*unit(n, n) + x[n]^2*unit(1, n)"
        assert matcalc.verify(claim, declare="x: n").status == status


def test_an_entry_with_the_number_of_a_size_refutes_nothing() -> None:
    """``x_n`` may be the last one; elsewhere n is an index like others."""
    for text in (r"\sum_{i=1}^{n-1} (x_{i+1} - x_i) = x_n - x_1", "sum(diff(x)) = x[n] - x[1]"):
        found = matcalc.verify(text, declare="x: n")
        assert found.status == "undecided"
        assert "last one" in found.reason
    assert matcalc.verify(r"\frac{\partial}{\partial x_n} \sum_{n=1}^N x_n^2 = 3 x_n").is_false


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sum(x[1:3])", "1:3 is read as counted from 1, 3 included"),
        ("||X||_1", "||.||_1 of a matrix is read as the sum of the absolute values of all entries"),
        ("cov(X)", "cov divides by n"),
    ],
)
def test_what_programs_mean_otherwise_is_said(text: str, said: str) -> None:
    assert any(note.startswith(said) for note in matcalc.parse(text).notes)


@pytest.mark.parametrize(
    ("text", "size", "value"),
    [
        ("logsumexp(x[2:n])", 2, lambda x: x[1]),
        ("logsumexp(x[2:n])", 3, lambda x: np.log(np.exp(x[1:]).sum())),
        ("norm2(x[2:n] - x[1:n-1])^2", 4, lambda x: (np.diff(x) ** 2).sum()),
        ("sum(x[2:end].^2)", 2, lambda x: x[1] ** 2),
    ],
)
def test_a_range_to_the_end_of_a_vector_of_so_many_entries(text: str, size: int, value: Callable[[Any], Any]) -> None:
    """``x[2:n]`` of a vector that is declared with a number says what n is, also where one entry is left."""
    x = np.random.default_rng(5).normal(size=size)
    read = matcalc.parse(text, declare=f"x: {size}")
    assert np.isclose(read.function("numpy")(x=x), value(x))
    assert any("n is" in note for note in read.notes) == ("end" not in text)
    found = matcalc.derive(text, "x", declare=f"x: {size}").function("numpy")(x=x)
    steps = 1e-6 * np.eye(size)
    np.testing.assert_allclose(found, [(value(x + step) - value(x - step)) / 2e-6 for step in steps], atol=1e-7)
