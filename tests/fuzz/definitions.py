"""Functions of the language that stand for other operations, written out here once more, apart from ``rules/``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from matcalc.base.sizes import reduced_shape
from matcalc.expr import nodes as e
from tests.fuzz.rebuilding import with_children

ELEMENTWISE: dict[str, Callable[[e.Expr], e.Expr]] = {
    "sqrt": lambda t: e.Power(t, e.Number(Fraction(1, 2))),
    "square": lambda t: e.Power(t, e.Number(Fraction(2))),
    "reciprocal": lambda t: e.Quotient(e.Number(Fraction(1)), t),
}
STATISTICS = ("mean", "var")


@lru_cache(maxsize=256)
def spelled_out(expression: e.Expr) -> e.Expr:
    """The expression without ``mean``, ``var``, ``sqrt``, ``square`` and ``reciprocal``."""
    built: dict[e.Expr, e.Expr] = {}
    for node in e.postorder(expression):
        below = tuple(built[child] for child in e.children(node))
        match node:
            case e.Elementwise(function=name) if name in ELEMENTWISE:
                built[node] = ELEMENTWISE[name](below[0])
            case e.Call(function="mean", axis=axis):
                built[node] = _mean(below[0], axis)
            case e.Call(function="var", axis=axis):
                built[node] = _variance(below[0], axis)
            case _:
                built[node] = node if below == e.children(node) else with_children(node, below)
    return built[expression]


def _mean(operand: e.Expr, axis: str | None) -> e.Expr:
    """A column with one number for each row (``"rows"``) or each column; a scalar of a whole vector."""
    length = operand.cols if axis == "rows" or operand.is_row else operand.rows
    return e.Quotient(e.Total(operand, axis), e.SizeValue(length))


def _variance(operand: e.Expr, axis: str | None) -> e.Expr:
    """The mean square less the square of the mean."""
    two = e.Number(Fraction(2))
    square = _mean(e.Power(operand, two), axis)
    return e.Sum((square, e.Negative(e.Power(_mean(operand, axis), two))))


def averaged(function: str, operand: e.Expr, axis: str | None) -> e.Expr:
    """``mean`` or ``var`` of a vector, or along the rows or columns of a matrix."""
    return e.Call(function, (operand,), axis, reduced_shape(operand.shape, axis))
