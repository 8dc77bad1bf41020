"""Random derivatives to be found, from any source of small numbers: Hypothesis, or a seeded generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import get_args

from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e
from tests.fuzz.functions import FunctionGrower
from tests.fuzz.growing import Choose, Grower
from tests.fuzz.table import TableGrower
from tests.fuzz.vocabulary import NAMES, Case, Layout, Symmetric, axes, symbol

_TRIES = 20
_LAYOUTS: tuple[Layout, ...] = get_args(Layout)
_CONVENTIONS: tuple[Symmetric, ...] = get_args(Symmetric)
_TIED = frozenset({"symmetric", "antisymmetric", "diagonal"})


def generate(choose: Choose, *, depth: int = 3, orders: Sequence[int] = (1,)) -> Case:
    """A random case of everyday operations, whose derivative has order at most two, in the denominator layout."""
    grower = Grower(choose, _sizes(choose))
    order = orders[choose(len(orders))]
    expression = _root(grower, choose, depth, 6)
    room = 2 - min(2, sum(size != ONE for size in expression.shape))
    fitting = _fitting(expression, order, room)
    if not fitting:
        expression = e.Product((symbol("a"), expression))
        fitting = _fitting(expression, order, room)
    return Case(expression, (fitting[choose(len(fitting))],) * order)


def generate_wide(
    choose: Choose,
    *,
    depth: int = 3,
    orders: Sequence[int] = (1,),
    results: tuple[int, int] = (0, 2),
    facts: bool = True,
    grower: type[FunctionGrower] = FunctionGrower,
) -> Case:
    """A random case of all operations and facts, in any layout and convention, that ``grower`` grows.

    ``results`` are the least and the largest order of the derivative (its number of axes).
    """
    order = orders[choose(len(orders))]
    for _ in range(_TRIES):
        grown = grower(choose, _sizes(choose), facts=facts)
        scalar = order == 2 and results[0] > 2 and choose(4) > 0
        expression = grown.scalar(depth) if scalar else _root(grown, choose, depth, 7, results)
        variables = _variables(expression, order, results)
        if variables:
            break
    else:
        expression, variables = _simplest(order, results[0] > 2)
    return _in_some_convention(choose, expression, variables[choose(len(variables))])


def _simplest(order: int, matrices: bool) -> tuple[e.Expr, list[tuple[e.Symbol, ...]]]:
    """A case that always has a derivative of the order."""
    n = Size.of("n")
    square, column = symbol("A", n, n), symbol("x", n)
    if not matrices:
        return e.Product((e.Transpose(column), column)), [(column,) * order]
    product = e.Product((square, square))
    return (product if order == 1 else e.Trace(product)), [(square,) * order]


def _sizes(choose: Choose) -> tuple[Size, ...]:
    return tuple([Size.of(name) for name in NAMES[: 2 + choose(2)]])


def _root(grower: Grower, choose: Choose, depth: int, kinds: int, results: tuple[int, int] = (0, 2)) -> e.Expr:
    """A scalar, column, row or matrix; where the result has to have three axes or more, no scalar."""
    if isinstance(grower, TableGrower) and choose(4) == 0:
        return grower.anything(depth)
    kind = choose(kinds) if results[0] < 3 else 3 + choose(4)
    if kind < 3:
        return grower.scalar(depth)
    if kind < 5:
        column = grower.column(grower.size(), depth)
        return e.Transpose(column) if choose(6) == 5 else column
    if kind == 6 and isinstance(grower, FunctionGrower) and choose(3) == 0:
        return grower.stacked(grower.size(), grower.size(), depth)
    return grower.matrix(grower.size(), grower.size(), depth)


def _fitting(expression: e.Expr, order: int, room: int) -> list[e.Symbol]:
    """Symbols by which the derivative has few enough axes; those with most axes first, they are most worth trying."""
    fitting = [node for node in _symbols(expression) if order * len(node.shape) <= room]
    return sorted(fitting, key=lambda node: (-len(node.shape), node.name))


def _variables(expression: e.Expr, order: int, results: tuple[int, int]) -> list[tuple[e.Symbol, ...]]:
    """Variables by which the derivative has a wanted number of axes; one variable twice before two different ones."""
    symbols = sorted(_symbols(expression), key=lambda node: (-len(node.shape), node.name))
    low, high = results
    own = axes(expression)
    found = [group for group in combinations_with_replacement(symbols, order) if low <= own + sum(map(axes, group)) <= high]
    return sorted(found, key=lambda group: len(set(group)))


def _symbols(expression: e.Expr) -> list[e.Symbol]:
    return [node for node in e.postorder(expression) if isinstance(node, e.Symbol)]


def _in_some_convention(choose: Choose, expression: e.Expr, wrt: tuple[e.Symbol, ...]) -> Case:
    """Values of several entries have second derivatives in the tensor layout only; those of vec and kron have one axis there."""
    several = len(wrt) == 2 and (not expression.is_scalar or sorted(map(axes, wrt)) == [0, 2])
    stacked = any(len(size.names) > 1 for size in expression.shape)
    layout: Layout = "tensor" if several else _LAYOUTS[max(0, choose(3 if stacked else 4) - 1)]
    tied = any(variable.properties & _TIED for variable in wrt)
    return Case(expression, wrt, layout, _CONVENTIONS[choose(3)] if tied else "projected")
