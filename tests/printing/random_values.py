"""Values for the symbols of random expressions, and which expressions float64 can be trusted with there."""

from __future__ import annotations

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from tests.printing.random_expressions import SIZES, SYMBOLS

_RANDOM = np.random.default_rng(7)
VALUES = {s.name: 0.5 + _RANDOM.random(tuple(size.value(SIZES) for size in s.shape)) for s in SYMBOLS}
COLUMNS = {name: np.reshape(value, (value.shape[0] if value.ndim else 1, -1)) for name, value in VALUES.items()}
_NEAR = {name: value * (1 + 1e-12 * _RANDOM.standard_normal(value.shape)) for name, value in VALUES.items()}


def value(expr: e.Expr, values: dict[str, np.ndarray] = VALUES) -> np.ndarray:
    """The oracle's value, always with two axes."""
    result = np.asarray(evaluate(expr, values, SIZES))
    return result.reshape(expr.rows.value(SIZES), expr.cols.value(SIZES))


def well_conditioned(expr: e.Expr) -> bool:
    """The value is moderate, and arguments that differ in their 12th digit do not move it: elsewhere rounding decides.

    Sums that are added in another order differ like such arguments, so that a test which compares two ways of computing the same
    value may only look at these.
    """
    with np.errstate(all="ignore"):
        try:
            here, near = value(expr), value(expr, _NEAR)
        except MatcalcError:
            return False
        return bool(np.isfinite(here).all() and np.abs(here).max() < 1e6 and np.allclose(near, here, rtol=1e-8, atol=1e-11))
