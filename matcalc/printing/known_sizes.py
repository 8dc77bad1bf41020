"""Where the size of an identity or a tensor of ones follows from what stands around it, so that it
need not be written.

Two bits describe what is known: ``ROWS`` and ``COLS``. A symbol has both. Sizes flow up from the
operands (``settled``) and down from the surroundings (``passed_down``), in the way that unification
in the language package finds them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Protocol, assert_never, cast

from matcalc.base.shapes import Shape, product_shape
from matcalc.base.traversal import bottom_up
from matcalc.expr import nodes as e

ROWS, COLS, BOTH = 1, 2, 3
_SIZED = frozenset([e.Identity, e.Ones, e.UnitVector])


class Bare(Protocol):
    """What a notation writes without sizes beside identities: vectors of ones, unit vectors."""

    bare_ones: bool
    bare_units: bool


def settled(order: Iterable[e.Expr], notation: Bare) -> Mapping[e.Expr, int]:
    """What is known of every node's size from the node alone, when identities and what ``notation``
    says are written without sizes.

    ``order`` lists operands before their users.
    """
    nodes = list(order)
    if _SIZED.isdisjoint(map(type, nodes)):
        return dict.fromkeys(nodes, BOTH)
    return bottom_up(nodes, lambda node, known: BOTH if node.is_scalar else _settled(cast("e.Node", node), known, notation))


def _settled(node: e.Node, known: Mapping[e.Expr, int], notation: Bare) -> int:
    match node:
        case e.Identity():
            return 0
        case e.Ones():
            return BOTH if node.is_matrix or not notation.bare_ones else COLS if node.is_column else ROWS
        case e.UnitVector():
            return COLS if notation.bare_units else BOTH
        case (
            e.Symbol() | e.Number() | e.Constant() | e.SizeValue() | e.Zeros() | e.Commutation()
            | e.Reshape() | e.Trace() | e.Norm() | e.Index() | e.Entry() | e.IndexArray()
        ):  # fmt: skip
            return BOTH
        case e.Sum() | e.Hadamard() | e.Quotient() | e.Power():
            return reduce(or_, [known[child] for child in e.children(node) if child.shape == node.shape], 0)
        case e.Product():
            shaped = [factor for factor in node.factors if not factor.is_scalar]
            return (known[shaped[0]] & ROWS) | (known[shaped[-1]] & COLS)
        case e.Negative() | e.Elementwise() | e.IndexSum():
            return known[e.children(node)[0]]
        case e.MatrixPower(base=base) | e.Inverse(operand=base):
            return BOTH if known[base] else 0
        case e.Transpose():
            return _swapped(known[node.operand])
        case e.Diagonal():
            return BOTH if known[node.operand] else COLS
        case e.DiagonalMatrix():
            return BOTH if known[node.operand] == BOTH else 0
        case e.Vec():
            return BOTH if known[node.operand] == BOTH else COLS
        case e.Total(axis=axis):
            return BOTH if known[node.operand] & (ROWS if axis == "rows" else COLS) else COLS
        case e.Kronecker() | e.Call():
            return BOTH if all(known[child] == BOTH for child in e.children(node)) else 0
        case _:
            assert_never(node)


def passed_down(node: e.Expr, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    """What is known of each operand's size from its surroundings, when ``around`` is known of the
    node itself.

    Into the arguments of ``diag``, ``sum``, ``kron`` and the like nothing is passed: there the kind
    would be open too.
    """
    children = e.children(node)
    if all(known[child] == BOTH for child in children):
        return (BOTH,) * len(children)
    found = _passed_down(cast("e.Node", node), around | known[node], known)
    return tuple([BOTH if child.is_scalar else bits | known[child] for child, bits in zip(children, found, strict=True)])


def _passed_down(node: e.Node, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    children = e.children(node)
    match node:
        case e.Sum() | e.Hadamard() | e.Quotient() | e.Power():
            return tuple([around if child.shape == node.shape else 0 for child in children])
        case e.Product():
            return _along(node, around, known)
        case e.Negative() | e.Elementwise() | e.IndexSum():
            return (around,)
        case e.Transpose():
            return (_swapped(around),)
        case e.Inverse() | e.MatrixPower():
            return (BOTH if around else 0, BOTH)[: len(children)]
        case e.Leaf() | e.Linear() | e.Kronecker() | e.Norm() | e.Call() | e.Indexed():
            return (0,) * len(children)


def _along(product: e.Product, around: int, known: Mapping[e.Expr, int]) -> tuple[int, ...]:
    """Neighbours in a product share a size; the ends have the product's own."""
    bits = [0] * len(product.factors)
    left = around & ROWS
    shape: Shape = ()
    previous = -1
    for position, factor in enumerate(product.factors):
        if factor.is_scalar:
            continue
        if shape:
            bits[position] |= ROWS if known[product.factors[previous]] & COLS else 0
            bits[previous] |= COLS if known[factor] & ROWS else 0
        else:
            bits[position] |= left
        shape = product_shape(shape, factor.shape)
        previous = position
    if previous >= 0 and shape:
        bits[previous] |= around & COLS
    return tuple(bits)


def _swapped(bits: int) -> int:
    return (ROWS if bits & COLS else 0) | (COLS if bits & ROWS else 0)
