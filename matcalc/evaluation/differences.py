"""Numerical derivatives of expressions by central differences with Richardson extrapolation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation.arrays import as_array, from_inside
from matcalc.evaluation.interpreter import Program, program
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.ties import projected_array, tie_of
from matcalc.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Steps are halved LEVELS - 1 times. A second difference divides by the square of the step, so it starts with larger ones.
_FIRST_STEP = {1: 0.04, 2: 0.08}
_LEVELS = 6
_EVALUATIONS_AT_ONCE = 512
_MOST_ENTRIES = 5_000_000
_ENTRIES_AT_ONCE = 4_000_000
"""Of the largest array, in all evaluations that are made together."""


@record
class NumericalDerivative:
    """``value`` has the axes of the expression, then those of each variable; ``error`` estimates its error, entry by entry."""

    value: NDArray[Any]
    error: NDArray[Any]

    @property
    def reliable(self) -> bool:
        """Whether every entry is finite and good to seven digits of the largest."""
        import numpy as np

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

    Its axes are those of the expression's value, then those of the variable; for order 2 of the first, then of the second variable
    (``wrt`` may be a pair). A row or column has one axis, a scalar none. A variable that is declared symmetric, antisymmetric or
    diagonal moves along such matrices only, in the convention ``symmetric`` (``"projected"`` or, for symmetric ones, ``"cookbook"``),
    unless that is ``"independent"``.

    Raises what ``evaluate`` raises, and LimitError when the derivative has too many entries.
    """
    import numpy as np

    variables = wrt if isinstance(wrt, tuple) else (wrt,) * order
    inside = [_inside(variable, values) for variable in variables]
    moves = [_entry_moves(variable, array, symmetric) for variable, array in zip(variables, inside, strict=True)]
    value, error = extrapolated(central_differences(program(expression), variables, moves, values, sizes))
    axes = tuple(length for v, array in zip(variables, inside, strict=True) for length in from_inside(array, v.shape).shape)
    value, error = np.moveaxis(value, 0, -1), np.moveaxis(error, 0, -1)
    return NumericalDerivative(value.reshape(value.shape[:-1] + axes), error.reshape(error.shape[:-1] + axes))


def central_differences(
    ready: Program,
    variables: Sequence[Symbol],
    moves: Sequence[NDArray[Any]],
    values: Mapping[str, Any],
    sizes: Mapping[str, int] | None = None,
) -> NDArray[Any]:
    """Difference quotients along directions, one for each step: axes (step from large to small, direction, axes of the value...).

    ``moves[k]`` holds directions for ``variables[k]`` along its first axis. With two variables every pair of directions is taken, the
    second running fastest. Raises LimitError when that is too much work.
    """
    import numpy as np

    here, numbers = ready.inputs(values, sizes)
    here |= {variable.name: _inside(variable, values) for variable in variables}
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
    """Limit of difference quotients (first axis: steps, each half the one before) for step zero, and an estimate of its error.

    Romberg's table, whose most trustworthy entry is taken for each entry of the derivative on its own (Ridders 1982).
    """
    import numpy as np

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


def _inside(variable: Symbol, values: Mapping[str, Any]) -> NDArray[Any]:
    if variable.name not in values:
        raise MatcalcError(f"no value was given for {variable.name}", suggestion=f"{variable.name}=...")
    return as_array(variable.name, values[variable.name], variable.shape)


def _entry_moves(variable: Symbol, inside: NDArray[Any], symmetric: str) -> NDArray[Any]:
    """One direction for each entry of the variable; where entries are tied to each other, the direction keeps the tie."""
    import numpy as np

    single = np.eye(inside.size).reshape(inside.size, *inside.shape)
    tie = tie_of(variable.properties)
    if not tie or symmetric == "independent" or len(variable.shape) != 2:
        return single
    if tie == "symmetric" and symmetric == "cookbook":  # both entries of a pair move; a diagonal entry only once
        return np.asarray(np.maximum(single, np.swapaxes(single, -1, -2)))
    return np.asarray(projected_array(single, tie))


def _scales(inside: NDArray[Any], moves: NDArray[Any]) -> NDArray[Any]:
    """For each direction the size of the largest entry that it moves, at least one."""
    import numpy as np

    moved = np.where(moves != 0.0, np.abs(inside), 0.0).reshape(len(moves), -1)
    return np.asarray(np.maximum(1.0, moved.max(axis=1, initial=0.0)))
