"""Derivatives along directions, and the views of a derivative that are such: differentials and slices.

What is pulled back is linear in the upstream gradient. So a derivative along a direction is found by pulling back a helper, pairing the
result with the direction, and differentiating that by the helper: one set of pullback rules serves both ways, and no array of order three
or four appears.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.calculus.differentiation import cotangents
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import Symmetric, declared, freed, structured
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import ONE_TENSOR, YES, add
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import Expr, Symbol
from matcalc.sizes import axes_of

_HELPER = "upstream of the value"  # no name in the language has spaces


def pushed(expression: Expr, moves: Mapping[Symbol, ix.Tensor]) -> Lowered:
    """The derivative of ``expression`` when each symbol moves along its tensor; axes and rows are those of the value.

    Raises NotDifferentiableError for a function without a derivative rule.
    """
    free = {symbol.name: freed(symbol) for symbol in moves}
    value = lower(expression, free)
    root = simplified(value.tensor)
    helper = ix.Symbol(_HELPER, root.shape)
    pulled = cotangents(root, helper, tuple(free.values()))
    slopes = [(YES, paired(simplified(pulled[free[symbol.name]]), move)) for symbol, move in moves.items()]
    along = cotangents(add(slopes, ()), ONE_TENSOR, (helper,))[helper]
    back: dict[ix.Tensor, ix.Tensor] = {free[symbol.name]: declared(symbol) for symbol in moves}
    return Lowered(simplified(substituted(along, back)), value.split)


def paired(left: ix.Tensor, right: ix.Tensor) -> ix.Tensor:
    """The sum of the products of the entries of two tensors of one shape."""
    labels = tuple(range(left.order))
    return contract([left, right], [labels, labels], (), dict(enumerate(left.shape)))


def unit_move(symbol: Symbol, positions: tuple[int | str, ...], symmetric: Symmetric, notes: list[str]) -> ix.Tensor:
    """The matrix (or vector) with a one at one place, as products of unit vectors, in the convention for a variable with tied entries.

    A position is a number counted from 1, or the name of a unit vector.
    """
    axes = axes_of(symbol.shape)
    units = [ix.Unit(at, size) if isinstance(at, int) else ix.Symbol(at, (size,)) for at, size in zip(positions, axes, strict=True)]
    move = contract(units, [(k,) for k in range(len(axes))], tuple(range(len(axes))), dict(enumerate(axes)))
    return structured(move, 0, symbol, symmetric, notes)
