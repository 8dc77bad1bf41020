"""The engine's own check that a derivative it calls zero is zero.

A rational function is looked at in residues, where nothing is rounded: 100 inverses inside each other are no worse than one. Every other
function is looked at in floating point first, and at many digits where that speaks against zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from matcalc.budgets import SpentError
from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation.differences import central_differences, extrapolated
from matcalc.evaluation.interpreter import program
from matcalc.evaluation.precise import Arithmetic, Array, Decimals, NotRational, Residues, Undefined
from matcalc.evaluation.precise.evaluator import directions_of, slope, tied
from matcalc.evaluation.precise.points import ExactPoint, exact_point, numbers, residues
from matcalc.evaluation.sampling import Point, find_point, prime_sizes
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.ties import projected_array, tie_of

_DIRECTIONS = 3
_DIGITS = 130
"""Difference quotients are good to some 45 digits of these."""
_SHRUNK = Decimal(10) ** -(_DIGITS // 4)
"""How much smaller what rounding leaves is with twice the digits."""
_SMALLEST_SLOPE = 1e-12
"""Below this a quotient is what cancelling terms of size one leave over, however regular it looks."""


def confirms_zero(expression: Expr, wrt: Symbol | tuple[Symbol, ...], *, order: int = 1, points: int = 3, seed: int = 0) -> bool | None:
    """Whether the derivative (of the second order for a pair of symbols or ``order=2``) is zero at random points.

    Directional derivatives along random directions are taken at ``points`` random points with distinct prime sizes. None when
    no point can be found at which the expression can be evaluated: zero is then neither confirmed nor contradicted.
    """
    function = _Function(expression, wrt if isinstance(wrt, tuple) else (wrt,) * order)
    for number in range(points):
        zero = function.is_flat_in_residues(seed + number)
        if zero is None:
            zero = function.is_flat_in_floats(seed + number)
        if not zero:
            return zero
    return True


class _Function:
    """An expression and the variables that it may not depend on. What is asked of it is None where that cannot be told."""

    def __init__(self, expression: Expr, variables: Sequence[Symbol]) -> None:
        self.expression = expression
        self.variables = variables
        self.ready = program(expression)
        self.symbols = tuple(dict.fromkeys((*self.ready.symbols, *variables)))
        self.rational = True

    def is_flat_in_residues(self, seed: int) -> bool | None:
        """At a random point modulo a prime, and so for certain nearly everywhere or nowhere: None where the function is not rational."""
        if not self.rational:
            return None
        ar = Residues(len(self.variables))
        names = self.ready.size_names.union(*[size.names for symbol in self.variables for size in symbol.shape])
        try:
            sizes = prime_sizes(names, seed, symbols=self.symbols)
            found = self._slopes(ar, residues(self.symbols, sizes, f"zero {seed}", ar), sizes, seed)
        except NotRational:
            self.rational = False
            return None
        except SpentError:
            raise
        except MatcalcError:
            return None
        return not any(found)

    def is_flat_in_floats(self, seed: int) -> bool | None:
        """At a random point; what rounding cannot be told from is decided at many digits."""
        import numpy as np

        try:
            point = find_point([self.expression], seed, extra=self.variables)
        except SpentError:
            raise
        except LimitError:  # declared too large to be tried
            return None
        if point is None:
            return None
        rng = np.random.default_rng([seed])
        moves = [_random_moves(rng, variable, point.values[variable.name]) for variable in self.variables]
        try:
            quotients = central_differences(self.ready, self.variables, moves, point.values, point.sizes)
            largest = float(np.max(np.abs(self.ready.run(point.values, point.sizes))))
        except MatcalcError:
            return None
        return _vanishes(quotients, largest) or self._is_flat_at_many_digits(point, seed)

    def _is_flat_at_many_digits(self, point: Point, seed: int) -> bool:
        """Whether slopes shrink as digits are added, as rounding does. False where that cannot be told either."""
        exact = exact_point(point, self.symbols)
        if not exact.exact:
            return False
        try:
            few, many = (self._at_digits(exact, seed, digits) for digits in (_DIGITS, 2 * _DIGITS))
        except SpentError:
            raise
        except MatcalcError:
            return False
        return all(abs(again) <= abs(first) * _SHRUNK for first, again in zip(few, many, strict=True))

    def _at_digits(self, point: ExactPoint, seed: int, digits: int) -> list[Decimal]:
        """Slopes to so many digits. Raises Undefined where numbers left no trace beside others, or the point is near a kink."""
        ar = Decimals(digits, differencing=True)
        with ar.computing():
            found = self._slopes(ar, numbers(point, ar), point.sizes, seed)
        if ar.absorbed or ar.lost:
            raise Undefined("digits were lost")
        return found

    def _slopes(self, ar: Arithmetic, values: Mapping[str, Array], sizes: Mapping[str, int], seed: int) -> list[Any]:
        weights = directions_of(ar, self.variables, values, seed)
        moves = [(symbol, tied(ar, symbol, array, "projected")) for symbol, array in weights]
        return slope(ar, self.expression, moves, values, sizes).data


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
