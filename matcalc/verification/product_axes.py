"""Axes that are products, such as the rows of ``eye(m*n)``: split into the factors that the rest of
the formula has there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from typing import TypeAlias, cast

from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size, product_of
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.expr.nodes import (
    Call,
    Commutation,
    DiagonalMatrix,
    Expr,
    Hadamard,
    Identity,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    Negative,
    Node,
    Nonlinear,
    Ones,
    Product,
    Quotient,
    Sum,
    Transpose,
    Vec,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with, replaced, with_sizes
from matcalc.rules.laws import law

Split: TypeAlias = Shape | None
"""The factors of an axis, slowest first; ``()`` for a single row or column, None where any split
will do."""


def with_split_axes(expression: Expr, rows: Split = None, cols: Split = None) -> Expr:
    """``expression`` with identities and ones of product sizes written as Kronecker products that
    meet their neighbours.

    ``rows`` and ``cols`` are the splits wanted for the whole. What cannot be split stays as it is.
    """
    if not any(
        isinstance(node, (Kronecker, Vec, Commutation)) or _is_splittable(node) for node in postorder(expression)
    ) and _plain(rows, cols):
        return expression
    known: Mapping[Expr, tuple[Split, Split]] = bottom_up(postorder(expression), _known)
    wanted: dict[Expr, tuple[Split, Split]] = {expression: _first(known[expression], (rows, cols))}
    for node in reversed(postorder(expression)):
        for child, splits in _passed_down(node, wanted.get(node, (None, None)), known):
            wanted[child] = _first(wanted.get(child, (None, None)), splits)
    return bottom_up(
        postorder(expression), lambda node, built: _rebuilt(node, _first(known[node], wanted.get(node, (None, None))), built)
    )[expression]


def _plain(rows: Split, cols: Split) -> bool:
    return all(split is None or len(split) <= 1 for split in (rows, cols))


def _is_splittable(node: Expr) -> bool:
    return isinstance(node, (Identity, Ones)) and any(size.name is None and size.number is None for size in node.shape)


def _first(one: tuple[Split, Split], other: tuple[Split, Split]) -> tuple[Split, Split]:
    rows, cols = (a if a is not None else b for a, b in zip(one, other))
    return rows, cols


def _axis(size: Size) -> Shape:
    return () if size == ONE else (size,)


def _known(node: Expr, done: Mapping[Expr, tuple[Split, Split]]) -> tuple[Split, Split]:
    match node := cast("Node", node):
        case Identity() | Ones():
            return (None if node.rows != ONE else ()), (None if node.cols != ONE else ())
        case Commutation():
            return (node.m, node.n), (node.n, node.m)
        case Kronecker():
            return _joined([done[f][0] for f in node.factors]), _joined([done[f][1] for f in node.factors])
        case Vec():
            rows, cols = done[node.operand]
            return _joined([cols, rows]), ()
        case Transpose():
            rows, cols = done[node.operand]
            return cols, rows
        case DiagonalMatrix():
            rows, cols = done[node.operand]
            split = rows if node.operand.is_column else cols
            return split, split
        case Negative() | Sum() | Hadamard():
            return reduce(_first, [done[part] for part in node.below])
        case Quotient():
            return done[node.numerator if not node.numerator.is_scalar else node.denominator]
        case Product():
            shaped = [factor for factor in node.factors if not factor.is_scalar]
            if not shaped or node.is_scalar:
                return (), ()
            return done[shaped[0]][0], done[shaped[-1]][1]
        case Leaf() | Linear() | Nonlinear() | Indexed():
            return _axis(node.rows), _axis(node.cols)


def _joined(splits: list[Split]) -> Split:
    result: Shape = ()
    for split in splits:
        if split is None:
            return None
        result += split
    return result


def _passed_down(
    node: Expr, wanted: tuple[Split, Split], known: Mapping[Expr, tuple[Split, Split]]
) -> list[tuple[Expr, tuple[Split, Split]]]:
    rows, cols = _first(known[node], wanted)
    match node := cast("Node", node):
        case Transpose():
            return [(node.operand, (cols, rows))]
        case Negative() | Sum() | Hadamard():
            return [(part, (rows, cols)) for part in node.below]
        case Quotient():
            return [(part, (rows, cols)) for part in (node.numerator, node.denominator) if not part.is_scalar]
        case DiagonalMatrix():
            return [(node.operand, (rows, ()) if node.operand.is_column else ((), rows))]
        case Product():
            return _along(node, rows, cols, known)
        case Leaf() | Linear() | Kronecker() | Nonlinear() | Indexed():
            return []


def _along(
    node: Product, rows: Split, cols: Split, known: Mapping[Expr, tuple[Split, Split]]
) -> list[tuple[Expr, tuple[Split, Split]]]:
    """Neighbouring factors meet in one split; identities pass it on."""
    shaped = [factor for factor in node.factors if not factor.is_scalar]
    if not shaped:
        return []
    first, last = (known[shaped[0]][0], known[shaped[-1]][1]) if node.is_scalar else (rows, cols)
    between = [known[left][1] if known[left][1] is not None else known[right][0] for left, right in pairwise(shaped)]
    borders: list[Split] = [first, *between, last]
    for k in (*range(len(shaped)), *reversed(range(len(shaped)))):
        before, after = borders[k : k + 2]
        if isinstance(shaped[k], Identity) and (before is None or after is None):
            borders[k : k + 2] = [before if after is None else after] * 2
    return [(factor, (borders[k], borders[k + 1])) for k, factor in enumerate(shaped)]


def _rebuilt(node: Expr, splits: tuple[Split, Split], built: Mapping[Expr, Expr]) -> Expr:
    rows, cols = splits
    if isinstance(node, Identity):
        split = rows if rows is not None else cols
        return (
            Kronecker(tuple([Identity(part) for part in split]))
            if split and len(split) > 1 and product_of(split) == node.size
            else node
        )
    if isinstance(node, Ones):
        rows, cols = _axis(node.rows) if rows is None else rows, _axis(node.cols) if cols is None else cols
        if len(rows) <= 1 and len(cols) <= 1 or product_of(rows) != node.rows or product_of(cols) != node.cols:
            return node
        return Kronecker((*(Ones((part,)) for part in rows), *(Ones((ONE, part)) for part in cols)))
    return with_operands(node, built)


# ------------------------------------------------------------
# Functions of Kronecker products.


def without_functions_of_kronecker(expression: Expr) -> Expr:
    """``inv(A ⊗ B)`` as ``inv(A) ⊗ inv(B)``, ``det(A ⊗ B)`` as ``det(A)^m det(B)^n``, for square
    factors, factor by factor; all else as it is."""
    while (changed := rebuilt_with(expression, _of_factors)) is not expression:
        expression = changed
    return expression


_LAWS = {
    Transpose: "transpose of a Kronecker product",
    Inverse: "inverse of a Kronecker product",
    "det": "determinant of a Kronecker product",
    "logdet": "logarithm of a determinant of a Kronecker product",
    "pinv": "pseudoinverse of a Kronecker product",
}


def _of_factors(node: Expr) -> Expr:
    name = _LAWS.get(node.function if isinstance(node, Call) else type(node))
    if name is None or not isinstance(node.below[0], Kronecker):
        return node
    first, *others = node.below[0].factors
    second = others[0] if len(others) == 1 else Kronecker(tuple(others))
    found, values = law(name), {"X": first, "Y": second}
    sizes: dict[str, Size] = {}
    for variable in found.variables:
        for size, actual in zip(variable.shape, (values[variable.name].rows, values[variable.name].cols)):
            if sizes.setdefault(str(size), actual) != actual:
                return node
    return replaced(with_sizes(found.right, sizes), values)
