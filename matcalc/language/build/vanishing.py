"""What vanishes in an expression: in sums over some of the positions, and in steps of functions without a formula.

In ``Σ_{i≠j}`` and ``Σ_{i<j}`` a factor 0 leaves out the other terms, which must be finite for that. Where i = j nothing may be divided by
zero: what vanishes there, such as ``x_i - x_j``, gets 1 added there where it is divided by, or its logarithm or root taken. The terms that
stay are the same. A function without a formula is taken to first order: what a step of the argument makes of the value, with the
derivative as a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

from matcalc.base.errors import NotDifferentiableError, Span
from matcalc.base.sizes import ONE, Shape, Size
from matcalc.base.traversal import bottom_up, with_operand, with_operands
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import rebuilt_with, with_fields
from matcalc.language.text.spelling import partial_name, parts_of_partial

_ZERO, _TWO, _HALF = (e.Number(Fraction(value)) for value in ("0", "2", "1/2"))
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


def _zero(shape: Shape) -> e.Expr:
    return e.Zeros(shape) if shape else _ZERO


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
            return node if left else _zero(node.shape)
        case e.Product(factors=factors) | e.Hadamard(factors=factors) if any(_is_zero(factor) for factor in factors):
            return _zero(node.shape)
        case e.Quotient(numerator=part) | e.Norm(operand=part) | e.Total(operand=part) | e.Trace(operand=part) if _is_zero(part):
            return _zero(node.shape)
        case e.Negative(operand=part) | e.Transpose(operand=part) | e.Entry(operand=part) | e.IndexSum(body=part) if _is_zero(part):
            return _zero(node.shape)
        case e.Power(base=base, exponent=e.Number(value=value)) if value > 0 and _is_zero(base):
            return _zero(node.shape)
        case e.Elementwise(function=function, argument=part) if function in _ODD and _is_zero(part):
            return _zero(node.shape)
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


_TIES = frozenset(["symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular"])
"""What is said of a matrix and so holds of its derivative by a number."""


def function_of(symbol: e.Symbol) -> str:
    """The function of which a symbol is a derivative; empty for any other symbol."""
    parts = parts_of_partial(symbol.name)
    return parts[0] if parts else ""


def settled(form: e.Expr, still: e.Symbol, variable: e.Symbol) -> e.Expr:
    """What was found around ``still``, at the variable itself, without the steps that are nothing there."""

    def change(node: e.Expr) -> e.Expr:
        if isinstance(node, e.Sum):
            return _without_opposites(node, node.terms)
        if isinstance(node, e.Linear | e.Multilinear) and any(map(_is_zero, node.below)):
            return _zero(node.shape)
        return variable if node is still else node

    return rebuilt_with(form, change)


def _without_opposites(node: e.Sum, terms: tuple[e.Expr, ...]) -> e.Expr:
    """The sum without the terms that take each other away."""
    left: list[tuple[bool, e.Expr]] = []
    for term in terms:
        negative, bare = _signed(term)
        opposite = (not negative, bare)
        if opposite in left:
            left.remove(opposite)
        elif not _is_zero(bare):
            left.append((negative, bare))
    if len(left) == len(terms):
        return node
    kept = tuple([e.Negative(bare) if negative else bare for negative, bare in left])
    if not kept:
        return _zero(node.shape)
    return e.Sum(kept) if len(kept) > 1 else kept[0]


def _signed(term: e.Expr) -> tuple[bool, e.Expr]:
    """Whether a term is subtracted, and the term without its sign."""
    if isinstance(term, e.Negative):
        negative, bare = _signed(term.operand)
        return not negative, bare
    first, *rest = term.factors if isinstance(term, e.Product) else (term,)
    if not rest or not isinstance(first, e.Number) or first.value >= 0:
        return False, term
    kept = tuple(rest) if first.value == -1 else (e.Number(-first.value), *rest)
    negative, bare = _signed(e.Product(kept) if len(kept) > 1 else kept[0])
    return not negative, bare


def first_order(value: e.Symbol, argument: str, step: e.Expr, turned: bool, place: Span) -> e.Expr:
    """The derivative of ``value`` by ``argument``, applied to a step of that. The derivative is a symbol of the shape that it has in
    denominator layout, or in numerator layout if ``turned``.

    Raises NotDifferentiableError for rows and tensors.
    """
    if value.is_row or step.is_row or len(value.shape) > 2 or len(step.shape) > 2:
        raise NotDifferentiableError(f"the derivative of {value.name} by {argument} is not read", span=place)
    ties = value.properties & _TIES if value.is_matrix and step.is_scalar else frozenset()

    def derivative(shape: Shape) -> e.Expr:
        return e.Symbol(partial_name(value.name, argument), shape, ties)

    def standing(rows: Size, cols: Size) -> e.Expr:
        """The matrix with a row for each entry of the value."""
        return derivative((rows, cols)) if turned else e.Transpose(derivative((cols, rows)))

    if step.is_scalar:
        column = value.is_column
        whole = derivative(value.shape) if turned or not column else e.Transpose(derivative((ONE, value.rows)))
        return e.Product((step, whole))
    if value.is_scalar and step.is_column:
        row = derivative((ONE, step.rows)) if turned else e.Transpose(derivative(step.shape))
        return e.Product((row, step))
    if value.is_scalar:
        turned_gradient = derivative((step.cols, step.rows)) if turned else e.Transpose(derivative(step.shape))
        return e.Trace(e.Product((turned_gradient, step)))
    flat = step if step.is_column else e.Vec(step)
    moved = e.Product((standing(_entries(value), _entries(step)), flat))
    return e.Reshape(moved, value.rows, value.cols) if value.is_matrix else moved


def _entries(node: e.Expr) -> Size:
    return node.rows * node.cols
