"""Derivatives by differences, and whether a derivative that came out as zero is zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import prod
from typing import Any

from matcalc.base.budgets import SpentError, valued
from matcalc.base.errors import LimitError, MatcalcError, NotHereError
from matcalc.base.lazy import NDArray, np
from matcalc.base.records import record
from matcalc.base.sizes import names_in
from matcalc.evaluation.arrays import as_array, check_given, from_inside
from matcalc.evaluation.interpreter import Program, program
from matcalc.evaluation.precise.evaluator import directions_of, slope, tied
from matcalc.evaluation.precise.number_systems import Arithmetic, Decimals, NotRational, Residues, Undefined
from matcalc.evaluation.precise.rational_points import ExactPoint, drawn_point, exact_point, numbers, residues
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.sampling import Point, find_point, prime_sizes
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.matrices import STYLES
from matcalc.facts.table import Tie, mirrored, tie_of

# Steps are halved LEVELS - 1 times. A second difference divides by the square of the step, so it
# starts with larger ones.
_FIRST_STEP = {1: 0.04, 2: 0.08}
_LEVELS = 6
_EVALUATIONS_AT_ONCE = 512
_MOST_ENTRIES = 5_000_000
_ENTRIES_AT_ONCE = 4_000_000
"""Of the largest array, in all evaluations that are made together."""


@record
class NumericalDerivative:
    """``value`` has the axes of the expression, then those of each variable; ``error`` estimates
    its error, entry by entry."""

    value: NDArray[Any]
    error: NDArray[Any]

    @property
    def reliable(self) -> bool:
        """Whether every entry is finite and good to seven digits of the largest."""
        if not (np.all(np.isfinite(self.value)) and np.all(np.isfinite(self.error))):
            return False
        return bool(np.max(self.error, initial=0.0) <= 1e-7 * max(1.0, float(np.max(np.abs(self.value), initial=0.0))))


def numerical_derivative(
    expression: Expr,
    wrt: Symbol | tuple[Symbol, ...],
    values: Mapping[str, Any],
    sizes: Mapping[str, int] | None = None,
    *,
    order: int = 1,
    symmetric: str = "projected",
) -> NumericalDerivative:
    """The derivative of this order (1 or 2) at a point.

    Its axes are those of the expression's value, then those of the variable; for order 2 of the
    first, then of the second variable (``wrt`` may be a pair). A row or column has one axis, a
    scalar none. A variable that is declared symmetric, antisymmetric or diagonal moves along such
    matrices only, in the convention ``symmetric`` (``"projected"`` or, for symmetric ones,
    ``"cookbook"``), unless that is ``"independent"``.

    Raises what ``evaluate`` raises, and LimitError when the derivative has too many entries.
    """
    variables = wrt if isinstance(wrt, tuple) else (wrt,) * order
    inside = [inside_array(variable, values) for variable in variables]
    moves = [entry_moves(variable, array, symmetric) for variable, array in zip(variables, inside, strict=True)]
    value, error = extrapolated(central_differences(program(expression), variables, moves, values, sizes))
    axes = tuple(length for v, array in zip(variables, inside, strict=True) for length in from_inside(array, v.shape).shape)
    value, error = np.moveaxis(value, 0, -1), np.moveaxis(error, 0, -1)
    return NumericalDerivative(value.reshape(value.shape[:-1] + axes), error.reshape(error.shape[:-1] + axes))


def derivative_along(
    expression: Expr, symbol: Symbol, move: Symbol, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None
) -> NumericalDerivative:
    """What a change of one symbol in the direction that another one has there does to the value, to
    first order; its axes are those of the value.

    Raises what ``evaluate`` raises.
    """
    direction = inside_array(move, values)
    length = float(np.linalg.norm(direction)) or 1.0
    value, error = extrapolated(central_differences(program(expression), (symbol,), [direction[None] / length], values, sizes))
    return NumericalDerivative(length * value[0], length * error[0])


def central_differences(
    ready: Program,
    variables: Sequence[Symbol],
    moves: Sequence[NDArray[Any]],
    values: Mapping[str, Any],
    sizes: Mapping[str, int] | None = None,
) -> NDArray[Any]:
    """Difference quotients along directions, one for each step: axes (step from large to small,
    direction, axes of the value...).

    ``moves[k]`` holds directions for ``variables[k]`` along its first axis. With two variables
    every pair of directions is taken, the second running fastest. Raises LimitError when that is
    too much work.
    """
    here, numbers = ready.inputs(values, sizes)
    here |= {variable.name: inside_array(variable, values) for variable in variables}
    callables = {name: value for name, value in values.items() if callable(value)}
    pairs = np.stack(np.meshgrid(*(np.arange(len(move)) for move in moves), indexing="ij"), axis=-1).reshape(-1, len(moves))
    signs = np.array([[1.0], [-1.0]]) if len(variables) == 1 else np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    steps = _FIRST_STEP[len(variables)] * 0.5 ** np.arange(_LEVELS)
    scales = [_scales(here[variable.name], move) for variable, move in zip(variables, moves, strict=True)]
    per_pair = _LEVELS * len(signs)
    if prod(size.value(numbers) for size in ready.root.shape) * per_pair * len(pairs) > _MOST_ENTRIES:
        raise LimitError("the derivative has too many entries for finite differences")
    at_once = min(_EVALUATIONS_AT_ONCE, _ENTRIES_AT_ONCE // max(1, ready.entries(numbers)))
    chunk = max(1, at_once // per_pair)
    results = []
    for start in range(0, len(pairs), chunk):
        some = pairs[start : start + chunk]
        moved: dict[str, NDArray[Any]] = {}
        spans = np.ones((len(some), 1, 1))
        for k, variable in enumerate(variables):
            scale = scales[k][some[:, k]].reshape(-1, 1, 1)
            spans = spans * scale
            lengths = (scale * steps[:, None] * signs[:, k]).reshape(-1)
            move = np.repeat(moves[k][some[:, k]], per_pair, axis=0)
            base = moved.get(variable.name, here[variable.name])
            moved[variable.name] = base + lengths.reshape(-1, *(1,) * (move.ndim - 1)) * move
        raw = ready.run_inside({**here, **moved}, numbers, callables, lead=1)
        found = from_inside(np.broadcast_to(raw, (len(some) * per_pair, *raw.shape[1:])), ready.root.shape)
        found = found.reshape(len(some), _LEVELS, len(signs), *found.shape[1:])
        weights = np.prod(signs, axis=1) / len(signs)
        difference = np.tensordot(weights, found, axes=(0, 2))  # axes: pair, step, value...
        divisor = (steps[:, None] ** len(variables)) * spans
        results.append(difference / divisor.reshape(len(some), _LEVELS, *(1,) * (difference.ndim - 2)))
    return np.moveaxis(np.concatenate(results), 1, 0)


def extrapolated(quotients: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Limit of difference quotients (first axis: steps, each half the one before) for step zero,
    and an estimate of its error.

    Romberg's table, whose most trustworthy entry is taken for each entry of the derivative on its
    own (Ridders 1982).
    """
    best = np.full(quotients.shape[1:], np.nan)
    error = np.full(quotients.shape[1:], np.inf)
    with np.errstate(all="ignore"):
        before: list[NDArray[Any]] = []
        for quotient in quotients:
            row = [quotient]
            for k, earlier in enumerate(before):
                weight = 4.0 ** (k + 1)
                row.append((weight * row[k] - earlier) / (weight - 1.0))
                estimate = np.maximum(np.abs(row[k + 1] - row[k]), np.abs(row[k + 1] - earlier))
                better = estimate < error
                best = np.where(better, row[k + 1], best)
                error = np.where(better, estimate, error)
            before = row
    return best, error


def inside_array(variable: Symbol, values: Mapping[str, Any]) -> NDArray[Any]:
    check_given([variable.name], values)
    return as_array(variable.name, values[variable.name], variable.shape)


def entry_moves(variable: Symbol, inside: NDArray[Any], symmetric: str) -> NDArray[Any]:
    """One direction for each entry of the variable; where entries are tied to each other, the
    direction keeps the tie."""
    single = np.eye(inside.size).reshape(inside.size, *inside.shape)
    tie = tie_of(variable.properties)
    if not tie or symmetric == "independent" or len(variable.shape) != 2:
        return single
    if tie == "symmetric" and symmetric == "cookbook":  # both entries of a pair move; a diagonal entry only once
        return np.asarray(np.maximum(single, np.swapaxes(single, -1, -2)))
    return np.asarray(projected_array(single, tie))


def _scales(inside: NDArray[Any], moves: NDArray[Any]) -> NDArray[Any]:
    """For each direction the size of the largest entry that it moves, at least one."""
    moved = np.where(moves != 0.0, np.abs(inside), 0.0).reshape(len(moves), -1)
    return np.asarray(np.maximum(1.0, moved.max(axis=1, initial=0.0)))


_DIRECTIONS = 3
_DIGITS = 130
"""Difference quotients are good to some 45 digits of these."""
_SHRUNK = Decimal(10) ** -(_DIGITS // 4)
"""How much smaller what rounding leaves is with twice the digits."""
_SMALLEST_SLOPE = 1e-12
"""Below this a quotient is what cancelling terms of size one leave over, however regular it
looks."""


def confirms_zero(
    expression: Expr, wrt: Symbol | tuple[Symbol, ...], *, order: int = 1, points: int = 3, seed: int = 0
) -> bool | None:
    """Whether the derivative (of the second order for a pair of symbols or ``order=2``) is zero at
    random points.

    Directional derivatives along random directions are taken at ``points`` random points with
    distinct prime sizes. None when no point can be found at which the expression can be evaluated:
    zero is then neither confirmed nor contradicted.
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
    """An expression and the variables that it may not depend on. What is asked of it is None where
    that cannot be told."""

    def __init__(self, expression: Expr, variables: Sequence[Symbol]) -> None:
        self.expression = expression
        self.variables = variables
        self.ready = program(expression)
        self.symbols = tuple(dict.fromkeys((*self.ready.symbols, *variables)))
        self.rational = True

    def is_flat_in_residues(self, seed: int) -> bool | None:
        """At a random point modulo a prime, and so for certain nearly everywhere or nowhere: None
        where the function is not rational."""
        if not self.rational:
            return None
        ar = Residues(len(self.variables))
        mentioned = self.ready.sizes.union(*[symbol.shape for symbol in self.variables])
        try:
            sizes = prime_sizes(names_in(mentioned), seed, symbols=self.symbols, sizes=mentioned)
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
        try:
            point = find_point([self.expression], seed, extra=self.variables)
        except SpentError:
            raise
        except NotHereError:
            return self._is_flat_at_digits_alone(seed)
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

    def _is_flat_at_digits_alone(self, seed: int) -> bool | None:
        """At a random point, where there is no NumPy to look for a good one; never False."""
        mentioned = self.ready.sizes.union(*[symbol.shape for symbol in self.variables])
        try:
            sizes = prime_sizes(names_in(mentioned), seed, symbols=self.symbols, sizes=mentioned)
            point = drawn_point(self.symbols, dict(sizes), f"zero {seed}", STYLES["positive"])
        except MatcalcError:
            return None
        return self._is_flat_at_many_digits(point, seed) or None

    def _is_flat_at_many_digits(self, point: Point | ExactPoint, seed: int) -> bool:
        """Whether slopes shrink as digits are added, as rounding does. False where that cannot be
        told either."""
        exact = exact_point(point, self.symbols)
        if not exact.exact:
            return False
        found = valued(lambda: [self._at_digits(exact, seed, digits) for digits in (_DIGITS, 2 * _DIGITS)])
        return found is not None and all(abs(again) <= abs(first) * _SHRUNK for first, again in zip(*found, strict=True))

    def _at_digits(self, point: ExactPoint, seed: int, digits: int) -> list[Decimal]:
        """Slopes to so many digits. Raises Undefined where numbers left no trace beside others, or
        the point is near a kink."""
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
    """Whether difference quotients (first axis: steps, from large to small) are rounding errors of
    a function of this size.

    Size alone cannot tell 1e-9 x from rounding. The quotients of a function that does depend on its
    variable agree with each other for small steps, those of rounding errors grow as the step
    shrinks and change sign.
    """
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
    own = 2 if len(variable.shape) < 2 or variable.is_row else len(variable.shape)
    array = np.asarray(value, dtype=float)
    if len(variable.shape) == 1:
        array = array.reshape(-1, 1)
    array = array.reshape((1,) * (own - array.ndim) + array.shape)
    moves = rng.uniform(-1.0, 1.0, (_DIRECTIONS, *array.shape))
    return projected_array(moves, tie_of(variable.properties))


def projected_array(array: Any, tie: Tie) -> Any:
    """The nearest array that keeps the tie; its last two axes are those of the matrix."""
    sign = mirrored(tie)
    if sign:
        return 0.5 * (array + sign * np.swapaxes(array, -1, -2))
    match tie:
        case "diagonal":
            return array * np.eye(array.shape[-1])
        case "lower":
            return np.tril(array)
        case "upper":
            return np.triu(array)
        case _:
            return array
