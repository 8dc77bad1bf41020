"""Comparing numerical results, and the engine's own check that a derivative it calls zero is zero."""

from __future__ import annotations

from typing import Any

from matcalc.budgets import SpentError
from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation.differences import central_differences, extrapolated
from matcalc.evaluation.interpreter import program
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.ties import projected_array, tie_of

_DIRECTIONS = 3


def agrees(first: Any, second: Any, *, relative: float = 1e-6, absolute: float = 1e-9) -> bool:
    """Whether two arrays are equal up to rounding: no entry differs by more than ``absolute + relative * (largest entry)``.

    Never true for arrays of different shapes, for empty arrays, or when an entry is not finite.

    >>> agrees([1.0, 2.0], [1.0, 2.0 + 1e-9]), agrees([1.0], 1.0), agrees([], []), agrees([float("nan")], [float("nan")])
    (True, False, False, False)
    """
    import numpy as np

    left, right = np.asarray(first), np.asarray(second)
    if left.shape != right.shape or left.size == 0 or left.dtype == object or right.dtype == object:
        return False
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        return False
    largest = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))))
    return bool(np.max(np.abs(left - right)) <= absolute + relative * largest)


_SMALLEST_SLOPE = 1e-12
"""Below this a quotient is what cancelling terms of size one leave over, however regular it looks."""


def confirms_zero(expression: Expr, wrt: Symbol | tuple[Symbol, ...], *, order: int = 1, points: int = 3, seed: int = 0) -> bool | None:
    """Whether the derivative (of the second order for a pair of symbols or ``order=2``) is numerically zero.

    Directional derivatives along random directions are taken at ``points`` random points with distinct prime sizes. None when
    no point can be found at which the expression can be evaluated: zero is then neither confirmed nor contradicted.
    """
    import numpy as np

    variables = wrt if isinstance(wrt, tuple) else (wrt,) * order
    ready = program(expression)
    for number in range(points):
        try:
            point = find_point([expression], seed + number, extra=variables)
        except SpentError:
            raise
        except LimitError:  # declared too large to be tried
            return None
        if point is None:
            return None
        rng = np.random.default_rng([seed, number])
        moves = [_random_moves(rng, variable, point.values[variable.name]) for variable in variables]
        try:
            quotients = central_differences(ready, variables, moves, point.values, point.sizes)
            largest = float(np.max(np.abs(ready.run(point.values, point.sizes))))
        except MatcalcError:
            return None
        if not _vanishes(quotients, largest):
            return False
    return True


def _vanishes(quotients: Any, largest: float) -> bool:
    """Whether difference quotients (first axis: steps, from large to small) are rounding errors of a function of this size.

    Size alone cannot tell 1e-9 x from rounding. The quotients of a function that does depend on its variable agree with each other
    for small steps, those of rounding errors grow as the step shrinks and change sign.
    """
    import numpy as np

    last = quotients[-3:]
    if not np.all(np.isfinite(last)):
        return False
    value, error = extrapolated(quotients)  # facts may make the slope 0 at a point around which the function bends
    if np.any(np.abs(value) > 1e-6 * max(1.0, largest) + 10 * error):
        return False
    mean, spread = np.abs(last.mean(axis=0)), last.max(axis=0) - last.min(axis=0)
    settled = (mean > _SMALLEST_SLOPE) & (spread < 0.05 * mean)
    return not bool(np.mean(settled) > 0.3)


def _random_moves(rng: Any, variable: Symbol, value: Any) -> Any:
    import numpy as np

    own = 2 if len(variable.shape) < 2 or variable.is_row else len(variable.shape)
    array = np.asarray(value, dtype=float)
    if len(variable.shape) == 1:
        array = array.reshape(-1, 1)
    array = array.reshape((1,) * (own - array.ndim) + array.shape)
    moves = rng.uniform(-1.0, 1.0, (_DIRECTIONS, *array.shape))
    return projected_array(moves, tie_of(variable.properties))
