"""Compares an answer, a callable of the symbols, with the numerical derivative of an expression at random points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.sampling import Point, find_point, free_scalars
from matcalc.expr.nodes import Expr, Symbol, postorder
from tests.oracle.layouts import layout

Answer = Callable[..., Any]

# Different random points tried at one choice of sizes before giving up on a trustworthy numerical derivative.
_TRIES = 12
# Of these, how many look for a point with negative scalars.
_TURNED = 3


class Disagreement(AssertionError):
    """An answer differs from the numerical derivative."""


class NoPoint(AssertionError):
    """No point was found at which the answer could be checked: nothing has been verified."""


@dataclass(frozen=True)
class CheckPoint:
    """A point, and what the answer has to be there."""

    point: Point
    expected: np.ndarray


def laid_out(tensor: np.ndarray, value: Shape, wrt: Sequence[Symbol], name: str) -> np.ndarray:
    """A derivative with separate axes in a layout; the Hessian of a scalar has a row for each entry of the first variable.

    A scalar variable adds no axes: the layout is that of the derivative by the others.
    """
    axes = [symbol.shape for symbol in wrt if symbol.shape]
    if not value and len(axes) == 2:
        return layout(tensor, *axes, "tensor" if name == "tensor" else "numerator")
    if len(axes) == 2 and name != "tensor":  # the vec of the value by the vec of all entries of both variables
        above = len(value) - (len(value) == 2 and value[0] == ONE)
        flat = tensor.reshape((int(np.prod(tensor.shape[:above])), -1), order="F")
        return flat if name == "numerator" else flat.T
    if len(axes) == 2:
        return tensor
    return layout(tensor, value, axes[0] if axes else (), name)


def points(
    expression: Expr,
    wrt: Sequence[Symbol],
    *,
    layout: str = "denominator",
    symmetric: str = "projected",
    seeds: Sequence[int] = (0, 1),
    equal: bool = True,
) -> Iterator[CheckPoint]:
    """Random points at distinct prime sizes, one for each seed, and one where all sizes are equal.

    Raises NoPoint when there is none at which the numerical derivative can be trusted.
    """
    for seed, same in [*((seed, False) for seed in seeds), *([(seeds[0], True)] if equal else [])]:
        yield _point(expression, tuple(wrt), layout, symmetric, seed, same)


def _point(expression: Expr, wrt: tuple[Symbol, ...], layout: str, symmetric: str, seed: int, equal: bool) -> CheckPoint:
    for number in range(_TRIES):
        point = _with_negative_scalars(expression, wrt, seed + 1000 * number) if seed and not equal and number < _TURNED else None
        point = point or find_point([expression], seed + 1000 * number, equal=equal, extra=wrt)
        if point is None:
            break
        try:
            found = numerical_derivative(expression, wrt, point.values, point.sizes, symmetric=symmetric)
        except MatcalcError:
            continue
        if found.reliable:
            return CheckPoint(point, laid_out(found.value, expression.shape, wrt, layout))
    raise NoPoint(f"no point where the derivative can be checked ({'equal' if equal else 'prime'} sizes, seed {seed})")


def _with_negative_scalars(expression: Expr, wrt: tuple[Symbol, ...], seed: int) -> Point | None:
    """A point where scalars are negative, if the expression is defined at such points."""
    symbols = [node for node in postorder(expression) if isinstance(node, Symbol)]
    return find_point([expression], seed, extra=wrt, attempts=4, negative=0) if free_scalars([*symbols, *wrt]) else None


def check_answer(answer: Answer, checkpoints: Sequence[CheckPoint], *, what: str = "the answer", relative: float = 1e-6) -> None:
    """Raises Disagreement where ``answer(**values, **sizes)`` is not what the numerical derivative says."""
    if not checkpoints:
        raise NoPoint("no points were given")
    for checkpoint in checkpoints:
        point = checkpoint.point
        try:
            found = np.asarray(answer(**{**point.sizes, **point.values}))
        except MatcalcError as error:
            raise Disagreement(f"{what} cannot be evaluated at sizes {point.sizes}: {error}") from error
        if not agrees(found, checkpoint.expected, relative=relative, absolute=1e-8):
            raise Disagreement(
                f"{what} is wrong at sizes {point.sizes}\n"
                f"shape {found.shape}, expected shape {checkpoint.expected.shape}\n"
                f"found\n{found}\nexpected\n{checkpoint.expected}"
            )
