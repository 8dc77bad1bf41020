"""Functions in pieces: cases, indicators of conditions, chained comparisons, and losses, against values reckoned by hand in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc import MatcalcError

Function = Callable[..., Any]
POINT = {
    "x": np.array([0.3, -0.7, 1.4, 2.5]),
    "r": np.array([0.2, -1.7, 0.9, 3.1]),
    "t": 0.4,
    "d": 0.8,
    "y": np.array([1.1, -0.4, 0.6, -2.0]),
    "X": np.array([[0.5, -1.2, 0.9, 2.2], [1.3, 0.1, -0.6, -2.5]]),
    "z": np.array([0.7, -0.3]),
}

CASES = [
    (
        r"\sum_i \begin{cases} x_i^2 & x_i > 0 \\ 0 & \text{otherwise} \end{cases}",
        "x",
        "x: 4",
        lambda x, **_: np.sum(np.where(x > 0, x**2, 0)),
    ),
    (
        r"\sum_i \begin{cases} \frac12 r_i^2, & \text{if } |r_i| \le d, \\ d|r_i| - \frac12 d^2, & \text{otherwise.} \end{cases}",
        "r",
        "r: 4; d: scalar",
        lambda r, d, **_: np.sum(np.where(abs(r) <= d, r**2 / 2, d * abs(r) - d**2 / 2)),
    ),
    (
        r"\sum_i \begin{cases} 0 & x_i < 0 \\ x_i^2 & 0 \le x_i < 1 \\ 2 x_i - 1 & x_i \ge 1\end{cases}",
        "x",
        "x: 4",
        lambda x, **_: np.sum(np.where(x < 0, 0, np.where(x < 1, x**2, 2 * x - 1))),
    ),
    (r"\begin{cases} \frac{\sin t}{t} & t \neq 0 \\ 1 & t = 0 \end{cases}", "t", "t: scalar", lambda t, **_: np.sin(t) / t),
    (r"\begin{cases} 1 & t = 0 \\ \frac{\sin t}{t} & \text{else} \end{cases}", "t", "t: scalar", lambda t, **_: np.sin(t) / t),
    (
        r"\sum_i \begin{cases} x_i y_i & x_i>0, y_i > 0 \\ x_i & \text{if } x_i > 0 \text{ and } y_i < 0 \\ 0 & \mathrm{otherwise}\end{cases}",
        "x",
        "x: 4; y: 4",
        lambda x, y, **_: np.sum(np.where((x > 0) & (y > 0), x * y, np.where((x > 0) & (y < 0), x, 0))),
    ),
    (r"\sum_i \mathbb{1}[x_i > 0] x_i^3", "x", "x: 4", lambda x, **_: np.sum((x > 0) * x**3)),
    (r"\sum_i \mathbf 1\{x_i > y_i\} x_i^3", "x", "x: 4; y: 4", lambda x, y, **_: np.sum((x > y) * x**3)),
    (r"\sum_i 1_{\{x_i > 0\}} x_i^3", "x", "x: 4", lambda x, **_: np.sum((x > 0) * x**3)),
    (r"\sum_i \mathbb{I}(x_i y_i < 1) (1 - x_i y_i)", "x", "x: 4; y: 4", lambda x, y, **_: np.sum((x * y < 1) * (1 - x * y))),
    ("sum(1[x > 0].*x.^3)", "x", "x: 4", lambda x, **_: np.sum((x > 0) * x**3)),
    ("sum(I(0 < x < 1).*x.^3)", "x", "x: 4", lambda x, **_: np.sum((x > 0) * (x < 1) * x**3)),
    ("sum(huber(r, d))", "r", "r: 4; d: scalar", lambda r, d, **_: np.sum(np.where(abs(r) <= d, r**2 / 2, d * (abs(r) - d / 2)))),
    ("sum(huber(r, d))", "d", "r: 4; d: scalar", lambda r, d, **_: np.sum(np.where(abs(r) <= d, r**2 / 2, d * (abs(r) - d / 2)))),
    ("sum(pinball(r, t))", "r", "r: 4; t: scalar", lambda r, t, **_: np.sum(np.where(r > 0, t * r, (t - 1) * r))),
    ("sum(eps_insensitive(r, d))", "r", "r: 4; d: scalar", lambda r, d, **_: np.sum(np.maximum(abs(r) - d, 0))),
    ("sum(hinge(x.*y))", "x", "x: 4; y: 4", lambda x, y, **_: np.sum(np.maximum(1 - x * y, 0))),
    ("sum(pseudo_huber(r, d))", "r", "r: 4; d: scalar", lambda r, d, **_: np.sum(d**2 * (np.sqrt(1 + (r / d) ** 2) - 1))),
    # a row or column beside a matrix is repeated
    ("sum(max(X, y').^2)", "X", "X: 2×4; y: 4", lambda X, y, **_: np.sum(np.maximum(X, y) ** 2)),
    ("sum(max(X, y').^2)", "y", "X: 2×4; y: 4", lambda X, y, **_: np.sum(np.maximum(X, y) ** 2)),
    ("sum(where(X > 0, z, y').*X)", "z", "X: 2×4; y: 4; z: 2", lambda X, y, z, **_: np.sum(np.where(X > 0, z[:, None], y) * X)),
    ("sum(atan2(z, X))", "X", "X: 2×4; z: 2", lambda X, z, **_: np.sum(np.arctan2(z[:, None], X))),
    ("sum(clip(X, z, 2*y'))", "X", "X: 2×4; y: 4; z: 2", lambda X, y, z, **_: np.sum(np.clip(X, z[:, None], 2 * y))),
    ("std(x, ddof=1)", "x", "x: 4", lambda x, **_: np.std(x, ddof=1)),
    ("np.concatenate([x, y]) @ np.concatenate([y, x**2])", "x", "x: 4; y: 4", lambda x, y, **_: x @ y + y @ x**2),
    ("norm(x(2:end) - x(1:3))^2", "x", "x: 4", lambda x, **_: np.sum(np.diff(x) ** 2)),
]


def slope(function: Function, wrt: str) -> Any:
    """Central differences by one of the symbols."""
    base = np.asarray(POINT[wrt], dtype=float)
    found = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        move = np.zeros(base.shape)
        move[place] = 1e-6
        found[place] = (function(**{**POINT, wrt: base + move}) - function(**{**POINT, wrt: base - move})) / 2e-6
    return found


@pytest.mark.parametrize(("text", "wrt", "declare", "function"), CASES, ids=lambda case: case if isinstance(case, str) else "")
def test_the_derivative_has_the_value_of_differences(text: str, wrt: str, declare: str, function: Function) -> None:
    found = matcalc.derive(text, wrt, declare=declare).function("numpy")(**POINT)
    np.testing.assert_allclose(found, slope(function, wrt), atol=1e-7)
    assert not np.allclose(found, slope(lambda **values: 1.001 * function(**values) + np.sum(values[wrt]), wrt))


@pytest.mark.parametrize(
    ("conditions", "doubtful"),
    [
        (r"x > 0 | x < -1", True),
        (r"x > d | x < -d", True),
        (r"x < 0 | 0 \le x < 1 | x \ge 2", True),
        (r"|x| > 2 | |x| \le 1", True),
        (r"x > 0 | y < 0", True),
        (r"x > 0, y > 0 | x \le 0", True),
        (r"x > 0 | x < 0", False),
        (r"x > y | y \ge x", False),
        (r"x < 0.5 | x > 0.25", False),
        (r"x \neq 0 | x = 0", False),
        (r"x < 0 | 0 \le x < 1 | x \ge 1", False),
        (r"x > d | x < -d | \lvert x\rvert \le d", False),
        (r"x \ge \frac12 | x < \frac{1}{2}", False),
        (r"\text{if } -d \le x \le d | x > d | \text{if } x < -d", False),
    ],
)
def test_conditions_that_leave_something_out_are_doubtful(conditions: str, doubtful: bool) -> None:
    cases = r" \\ ".join(f"{k} & {condition}" for k, condition in enumerate(conditions.split(" | ")))
    read = matcalc.parse(rf"\begin{{cases}} {cases} \end{{cases}}", declare="x: scalar; y: scalar; d: scalar")
    assert bool(read.warnings) == doubtful


def test_that_the_last_case_is_taken_for_all_else_is_said() -> None:
    given = matcalc.derive(r"\begin{cases} x^2 & x > 1 \\ -x & x < 0 \end{cases}", "x", declare="x: scalar")
    assert any("last of the cases" in str(note) for note in given.notes)
    otherwise = matcalc.derive(r"\begin{cases} x^2 & x > 1 \\ -x & \text{else} \end{cases}", "x", declare="x: scalar")
    assert not any("last of the cases" in str(note) for note in otherwise.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\begin{cases} x y  \\ x & \text{if } x > 0 \end{cases}", "cases are values"),
        (r"\begin{cases} x & x > 0 & y \\ x & \text{else} \end{cases}", "one value and one condition"),
        (r"\begin{cases} x & x \in S \\ 1 & \text{else} \end{cases}", "sets"),
        (r"\begin{cases} x & x = y = 0 \\ 1 & \text{else} \end{cases}", "condition"),
        (r"\begin{cases} & x > 0 \\ 1 & \text{else} \end{cases}", "one value and one condition"),
        (r"\begin{cases} x & x > 0 \end{cases}", "cases are values"),
        (r"\begin{cases} x & x > 0 \\ 1 \end{bmatrix}", "does not match"),
        ("np.block([[x], [y]])", "one block"),
        ("std(x, ddof=2)", "divides by n"),
        (r"\|x\|_{1,2}", "mixed norm"),
    ],
)
def test_what_is_refused_says_why(text: str, said: str) -> None:
    with pytest.raises(MatcalcError, match=said):
        matcalc.derive(text, "x")


@pytest.mark.parametrize("text", ["I*x", r"\mathbf{1}^\top x (1 + x^\top x)", "1*(x + x)", "I(x + x)"])
def test_no_comparison_no_indicator(text: str) -> None:
    derived = matcalc.derive(text, "x", declare="x: n")
    assert "step" not in derived.text("ascii")
