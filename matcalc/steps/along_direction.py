"""The way to a Taylor polynomial, as steps: one derivative along the direction after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import factorial
from typing import TYPE_CHECKING, Any

from matcalc.analysis.taylor_series import Expansion
from matcalc.evaluation.differences import derivative_along, numerical_derivative
from matcalc.expr.nodes import Expr, Number, Sum, Symbol
from matcalc.folding.build import product
from matcalc.printing import text
from matcalc.printing.notation import piece
from matcalc.printing.notations import notation_of
from matcalc.steps.step import ExpressionSide, Step, Steps, Writing

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AlongSide:
    """The derivative of an expression along a direction, found by finite differences; without one
    that by a scalar, at 0."""

    expression: Expr
    symbol: Symbol
    move: Symbol | None

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        """The array at a point."""
        if self.move is not None:
            return derivative_along(self.expression, self.symbol, self.move, values, sizes).value
        import numpy as np

        return numerical_derivative(self.expression, self.symbol, {**values, self.symbol.name: np.zeros(())}, sizes).value


def steps_of(expansion: Expansion) -> Steps:
    """Each derivative with that of the order before, and the polynomial of all."""
    symbol, move = expansion.symbol, expansion.move
    where = "at 0" if move is None else "along a direction"
    steps = []
    for order, after in enumerate(expansion.derivatives[1:], 1):
        left = Writing.of(partial(_left, order=order, move=move))
        right = Writing.of(partial(text, after))
        before = AlongSide(expansion.along[order - 1], symbol, move)
        steps.append(Step(f"derivative of order {order} {where}", left, right, before, ExpressionSide(after)))
    orders = range(len(expansion.derivatives))
    summed = Writing.of(lambda style: " + ".join([_term(style, k, symbol, move) for k in orders]))
    right = Writing.of(partial(text, expansion.polynomial))
    sides = ExpressionSide(_summed(expansion)), ExpressionSide(expansion.polynomial)
    steps.append(Step("Taylor polynomial", summed, right, *sides))
    return Steps.of(steps, ("The Taylor polynomial of ", Writing.of(partial(text, expansion.along[0])), "."))


def _left(style: str, *, order: int, move: Symbol | None) -> str:
    """D²f[h, h], or D²f(0)."""
    operator = _power("D", style, order)
    at = "(0)" if move is None else f"[{', '.join([text(move, style)] * order)}]" if order else ""
    return f"{operator} f{at}" if order else f"f{at}"


def _term(style: str, order: int, symbol: Symbol, move: Symbol | None) -> str:
    written = _left(style, order=order, move=move)
    power = "" if move is not None or not order else f"{_power(text(symbol, style), style, order)} "
    return f"{power}{written}" + (f"/{factorial(order)}" if order > 1 else "")


def _power(base: str, style: str, order: int) -> str:
    return str(notation_of(style).power(piece(base), Fraction(order), False)) if order > 1 else base


def _summed(expansion: Expansion) -> Expr:
    """The sum as the left side has it, nothing folded."""
    terms = []
    for order, one in enumerate(expansion.derivatives):
        powers = [expansion.symbol] * order if expansion.move is None else []
        factors: list[Expr] = [Number(Fraction(1, factorial(order))), *powers]
        terms.append(product([*factors, one]))
    return Sum(tuple(terms)) if len(terms) > 1 else terms[0]
