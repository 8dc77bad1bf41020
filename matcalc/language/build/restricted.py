"""Sums over some of the positions, ``Σ_{i≠j}`` and ``Σ_{i<j}``: a factor 0 leaves out the others, which must be finite for that.

Where i = j nothing may be divided by zero: what vanishes there, such as ``x_i - x_j``, gets 1 added there where it is divided by, or its
logarithm or root taken. The terms that stay are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from matcalc.base.traversal import bottom_up, with_operand, with_operands
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import with_fields

_ZERO, _ONE, _TWO, _HALF = (e.Number(Fraction(value)) for value in ("0", "1", "2", "1/2"))
_ODD = frozenset(["abs", "sin", "tan", "sinh", "tanh", "asin", "atan", "sign", "erf", "sqrt", "relu"])
"""Functions that are zero at zero."""
_SINGULAR = frozenset(["log", "sqrt", "reciprocal"])
"""Functions without a value or without a derivative at zero; that of an absolute value is taken as zero."""


def finite_where_equal(body: e.Expr, left: e.Index, right: e.Index) -> e.Expr:
    """The summand with values where both indices are equal, unchanged elsewhere."""
    nodes = list(e.postorder(body))
    equal: Mapping[e.Expr, e.Expr] = bottom_up(
        nodes,
        lambda node, equal: _reduced(
            with_fields(node, lambda value: left if value is right else equal[value] if isinstance(value, e.Expr) else value)
        ),
    )
    vanishing = {node for node in nodes if _is_zero(equal[node])}
    rough = {part for node in nodes if not _is_square(node) for part in e.children(node)}
    singular = {node for node in nodes if _is_singular(node, vanishing) and (node in rough or node is body or not isinstance(node, e.Norm))}
    if not singular:
        return body
    one = e.Entry(e.Identity(left.size), (left, right))

    def moved(node: e.Expr, built: Mapping[e.Expr, e.Expr]) -> e.Expr:
        again = with_operands(node, built)
        return _moved(again, one) if node in singular else again

    return bottom_up(nodes, moved)[body]


def _is_square(node: e.Expr) -> bool:
    """Whether the node is the square of a norm, which is smooth at zero."""
    return isinstance(node, e.Power) and isinstance(node.base, e.Norm) and node.exponent is _TWO


def _is_zero(node: e.Expr) -> bool:
    return isinstance(node, e.Zeros) or node is _ZERO


def _zero(node: e.Expr) -> e.Expr:
    return e.Zeros(node.shape) if node.shape else _ZERO


def _reduced(node: e.Expr) -> e.Expr:
    """Zero where the node is seen to be: of terms that cancel, with a factor that is zero."""
    match node := cast("e.Node", node):
        case e.Sum(terms=terms):
            left = [term for term in terms if not _is_zero(term)]
            for term in list(left):
                other = term.operand if isinstance(term, e.Negative) else e.Negative(term)
                if term in left and other in left:
                    left.remove(term)
                    left.remove(other)
            return node if left else _zero(node)
        case e.Product(factors=factors) | e.Hadamard(factors=factors) if any(_is_zero(factor) for factor in factors):
            return _zero(node)
        case e.Quotient(numerator=part) | e.Norm(operand=part) | e.Total(operand=part) | e.Trace(operand=part) if _is_zero(part):
            return _zero(node)
        case e.Negative(operand=part) | e.Transpose(operand=part) | e.Entry(operand=part) | e.IndexSum(body=part) if _is_zero(part):
            return _zero(node)
        case e.Power(base=base, exponent=e.Number(value=value)) if value > 0 and _is_zero(base):
            return _zero(node)
        case e.Elementwise(function=function, argument=part) if function in _ODD and _is_zero(part):
            return _zero(node)
        case e.Leaf() | e.Linear() | e.Multilinear() | e.Nonlinear() | e.Indexed():
            return node


def _is_singular(node: e.Expr, vanishing: set[e.Expr]) -> bool:
    """Whether a part that vanishes stands where zero has no value or no derivative."""
    if isinstance(node, e.Elementwise) and node.function not in _SINGULAR:
        return False
    if isinstance(node, e.Power) and isinstance(node.exponent, e.Number) and node.exponent.value >= 1:
        return node.base in vanishing and node.exponent.value.denominator != 1
    if isinstance(node, e.Quotient):
        return node.denominator in vanishing
    return isinstance(node, e.Elementwise | e.Norm | e.Power) and node.below[0] in vanishing


def _moved(again: e.Expr, one: e.Expr) -> e.Expr:
    """A node of what vanishes, with one added to that."""
    if isinstance(again, e.Norm) and again.kind == "2":
        return e.Power(e.Sum((e.Power(again, _TWO), one)), _HALF)
    place = 1 if isinstance(again, e.Quotient) else 0
    if isinstance(again, e.Elementwise | e.Quotient | e.Power) and not again.below[place].shape:
        return with_operand(again, place, e.Sum((again.below[place], one)))
    return again
