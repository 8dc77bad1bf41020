"""Expressions in the form in which they are written: products, quotients, filled arrays; and what
vanishes in them.

Terms vanish in sums over some of the positions, and in steps of functions without a formula. In
``Σ_{i≠j}`` and ``Σ_{i<j}`` a factor 0 leaves out the other terms, which must be finite for that.
Where i = j nothing may be divided by zero: what vanishes there, such as ``x_i - x_j``, gets 1 added
there where it is divided by, or its logarithm or root taken. The terms that stay are the same. A
function without a formula is taken to first order: what a step of the argument makes of the value,
with the derivative as a symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import cast

from matcalc.base.errors import NotDifferentiableError, Span
from matcalc.base.fields import decimal_text
from matcalc.base.shapes import Shape, product_shape, shape_of
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.base.traversal import bottom_up, with_operand, with_operands
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import product_of, rebuilt_with, sum_of, with_fields
from matcalc.language.text.spelling import partial_name, parts_of_partial

_ZERO, _UNIT, _TWO, _HALF = (e.Number(Fraction(value)) for value in ("0", "1", "2", "1/2"))
LONGEST_OPENED = 64
"""Longer chains stay one operand of the next operation: opened again and again, 5,000 operators in
a row would take quadratic time."""
_ODD = frozenset(["abs", "sin", "tan", "sinh", "tanh", "asin", "atan", "sign", "erf", "sqrt", "relu"])
"""Functions that are zero at zero."""
_SINGULAR = frozenset(["log", "sqrt", "reciprocal"])
"""Functions without a value or without a derivative at zero; that of an absolute value is taken as
zero."""


def filled(value: Fraction, shape: Shape) -> e.Expr:
    """A vector or matrix with all entries ``value``."""
    if not shape:
        return e.Number(value)
    if value == 0:
        return e.Zeros(shape)
    return e.Ones(shape) if value == 1 else scaled_ones(e.Number(value), shape)


def scaled_ones(factor: e.Expr, shape: Shape) -> e.Expr:
    """A scalar in every entry of ``shape``."""
    if isinstance(factor, e.Number) and factor.value in (0, 1):
        return filled(factor.value, shape)
    if isinstance(factor, e.Negative) and isinstance(factor.operand, e.Number):
        return e.Negative(scaled_ones(factor.operand, shape))
    return product([factor, e.Ones(shape)])


def largest_sum(operand: e.Expr, axis: str) -> e.Expr:
    """The largest absolute value of a vector; of a matrix the largest sum of those in a row or
    column, which is the norm induced by that of order infinity or 1."""
    values: e.Expr = e.Elementwise("abs", operand)
    return e.Call("max", (e.Total(values, axis) if operand.is_matrix else values,), None, ())


def product(factors: list[e.Expr]) -> e.Expr:
    """A product with a leading minus sign in front, without factors of one; nested products are
    opened where that keeps the meaning."""
    first, last = factors[0], factors[-1]
    if isinstance(first, e.Negative):
        return e.Negative(product([first.operand, *factors[1:]]))
    if len(factors) == 2 and isinstance(first, e.Number) and isinstance(last, e.Quotient) and _is_of_arrays(last):
        # Without brackets the number belongs to the numerator.
        return quotient(product([first, last.numerator]), last.denominator)
    flat = _flat(factors)
    if not flat:
        return _UNIT
    sizes = [factor.size for factor in flat if isinstance(factor, e.SizeValue)]
    if len(sizes) == len(flat):
        return e.SizeValue(reduce(mul, sizes))
    return product_of(flat)


def _is_of_arrays(node: e.Quotient) -> bool:
    return bool(node.numerator.shape and node.denominator.shape)


def _flat(factors: list[e.Expr]) -> list[e.Expr]:
    """The factors without those of one, and with those of products in them."""
    scalars, leads = all(factor.is_scalar for factor in factors), True
    flat: list[e.Expr] = []
    for factor in factors:
        if factor is not _UNIT:
            flat.extend(factor.factors if isinstance(factor, e.Product) and _opens(factor, scalars, leads) else (factor,))
            leads = leads and factor.is_scalar
    return flat


def _opens(inner: e.Product, scalars: bool, leads: bool) -> bool:
    """Whether the factors may stand in the outer product: not where vectors among them meet to a
    scalar that scales the rest, unless it scales what follows in any case (``leads``)."""
    if len(inner.factors) > LONGEST_OPENED:
        return False
    if scalars or (leads and inner.shape):
        return True
    shape = inner.factors[0].shape
    seen = bool(shape)
    for factor in inner.factors[1:]:
        shape = product_shape(shape, factor.shape)
        seen = seen or bool(factor.shape)
        if seen and not shape:
            return False
    return bool(inner.shape) or not seen


def block_array(blocks: Mapping[tuple[int, int], e.Expr], rows: Sequence[Size], cols: Sequence[Size]) -> e.Expr:
    """The array of the blocks at these places, as a sum of each with zeros around it; the others
    are zero."""
    height, width = reduce(add, rows), reduce(add, cols)
    terms = []
    for (i, j), block in blocks.items():
        above, beside = reduce(add, rows[:i], ZERO), reduce(add, cols[:j], ZERO)
        below = [] if rows[i] == height else [_put_at(above, rows[i], height)]
        across = [] if cols[j] == width else [e.Transpose(_put_at(beside, cols[j], width))]
        terms.append(product([*below, block, *[_plain(one) for one in across]]))
    if not terms:
        return e.Zeros(shape_of(height, width))
    return sum_of(terms)


def _put_at(before: Size, size: Size, whole: Size) -> e.Expr:
    """Columns of an identity matrix: those that put so many rows behind so many others."""
    if size != ONE:
        start = e.Number(Fraction(before.number)) if before.number is not None else e.SizeValue(before)
        return e.Transpose(e.Call("selection", (e.Ones((size, whole)), start), None, (size, whole)))
    return e.UnitVector(before + ONE, whole)


_KEEPS_MAIN: Mapping[str, Callable[[Fraction], bool]] = {
    "tril_from": lambda k: k >= 0,
    "triu_from": lambda k: k <= 0,
    "band": lambda k: k == 0,
    "selection": lambda k: k == 0,
}
"""Whether a function that keeps some diagonals keeps the main one."""


def diagonals_of_one(function: str, arguments: Sequence[e.Expr], shape: Shape) -> e.Expr | None:
    """What a function that keeps some diagonals makes of one number, and the row that selects one
    position; None for other arrays."""
    number = arguments[1] if len(arguments) > 1 else None
    if not shape:
        if function not in _KEEPS_MAIN:
            return arguments[0]
        if isinstance(number, e.Number):
            return arguments[0] if _KEEPS_MAIN[function](number.value) else e.Number(Fraction(0))
    if function == "selection" and len(shape) == 2 and shape[0] == ONE:
        before = number.size if isinstance(number, e.SizeValue) else None
        if isinstance(number, e.Number):
            before = Size.of(int(number.value))
        return None if before is None else e.Transpose(_put_at(before, ONE, shape[1]))
    return None


def _plain(turned: e.Transpose) -> e.Expr:
    return turned.operand.operand if isinstance(turned.operand, e.Transpose) else turned


def hadamard(factors: list[e.Expr]) -> e.Expr:
    """An elementwise product with the sign and the number of its first factor in front."""
    first = factors[0]
    if len(factors) == 1:
        return first
    if isinstance(first, e.Negative):
        return e.Negative(hadamard([first.operand, *factors[1:]]))
    if isinstance(first, e.Product) and isinstance(first.factors[0], e.Number):
        rest = first.factors[1] if len(first.factors) == 2 else e.Product(first.factors[1:])
        return e.Product((first.factors[0], hadamard([rest, *factors[1:]])))
    return e.Hadamard(tuple(factors))


def merged(factors: list[e.Expr]) -> list[e.Expr]:
    """Elementwise factors as if they were written without brackets: ``x.*(y./z)`` is
    ``x.*y./z``."""
    found: list[e.Expr] = []
    for factor in factors:
        if found and isinstance(factor, e.Quotient) and _is_of_arrays(factor):
            above = factor.numerator.factors if isinstance(factor.numerator, e.Hadamard) else (factor.numerator,)
            found = [quotient(hadamard([*found, *above]), factor.denominator)]
        else:
            found.append(factor)
    return found


def quotient(above: e.Expr, below: e.Expr) -> e.Expr:
    """A quotient with the sign of the numerator in front.

    Numbers over numbers are one number. A third of x is a product with a number, which has no other
    text than ``x/3``.
    """
    if isinstance(above, e.Negative):
        return e.Negative(quotient(above.operand, below))
    if not isinstance(below, e.Number) or not below.value:
        return e.Quotient(above, below)
    if isinstance(above, e.Number):
        return e.Number(above.value / below.value)
    if decimal_text(1 / below.value) is not None:
        return e.Quotient(above, below)
    number, *rest = above.factors if isinstance(above, e.Product) else (_UNIT, above)
    if not isinstance(number, e.Number):
        number, rest = _UNIT, [above]
    return product([e.Number(number.value / below.value), *rest])


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
    singular = {
        node
        for node in nodes
        if _is_singular(node, vanishing) and (node in rough or node is body or not isinstance(node, e.Norm))
    }
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
    """Without terms that cancel, and zero where the node is seen to be: with a part that is
    zero."""
    match node := cast("e.Node", node):
        case e.Sum():
            return _without_opposites(node)
        case e.Linear() | e.Multilinear() | e.Indexed():
            zero = any(map(_is_zero, node.below))
        case e.Quotient(numerator=part) | e.Norm(operand=part):
            zero = _is_zero(part)
        case e.Power(base=base, exponent=e.Number(value=value)):
            zero = value > 0 and _is_zero(base)
        case e.Elementwise(function=function, argument=part):
            zero = function in _ODD and _is_zero(part)
        case e.Leaf() | e.Nonlinear():
            zero = False
    return _zero(node.shape) if zero else node


def _is_singular(node: e.Expr, vanishing: Set[e.Expr]) -> bool:
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


TIES = frozenset(["symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular"])
"""What is said of a matrix and so holds of its derivative by a number."""


def function_of(symbol: e.Symbol) -> str:
    """The function of which a symbol is a derivative; empty for any other symbol."""
    parts = parts_of_partial(symbol.name)
    return parts[0] if parts else ""


def settled(form: e.Expr, still: e.Symbol, variable: e.Symbol) -> e.Expr:
    """What was found around ``still``, at the variable itself, without the steps that are nothing
    there."""

    return rebuilt_with(form, lambda node: variable if node is still else _reduced(node))


def _without_opposites(node: e.Sum) -> e.Expr:
    """The sum without the terms that take each other away."""
    left: list[tuple[bool, e.Expr]] = []
    for term in node.terms:
        negative, bare = _signed(term)
        opposite = (not negative, bare)
        if opposite in left:
            left.remove(opposite)
        elif not _is_zero(bare):
            left.append((negative, bare))
    if len(left) == len(node.terms):
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
    """The derivative of ``value`` by ``argument``, applied to a step of that. The derivative is a
    symbol of the shape that it has in denominator layout, or in numerator layout if ``turned``.

    Raises NotDifferentiableError for rows and tensors.
    """
    if value.is_row or step.is_row or len(value.shape) > 2 or len(step.shape) > 2:
        raise NotDifferentiableError(f"the derivative of {value.name} by {argument} is not read", span=place)
    ties = value.properties & TIES if value.is_matrix and step.is_scalar else frozenset()

    def applied(shape: Shape, turned_shape: Shape) -> e.Expr:
        """The derivative in the layout of the numerator, from its shape in each layout."""
        name = partial_name(value.name, argument)
        return e.Symbol(name, turned_shape, ties) if turned else e.Transpose(e.Symbol(name, shape, ties))

    if step.is_scalar and not value.is_column:
        return e.Product((step, e.Symbol(partial_name(value.name, argument), value.shape, ties)))
    if step.is_scalar:
        return e.Product((step, applied((ONE, value.rows), value.shape)))
    if value.is_scalar and step.is_column:
        return e.Product((applied(step.shape, (ONE, step.rows)), step))
    if value.is_scalar:
        return e.Trace(e.Product((applied(step.shape, (step.cols, step.rows)), step)))
    flat = step if step.is_column else e.Vec(step)
    rows, cols = _entries(value), _entries(step)
    moved = e.Product((applied((cols, rows), (rows, cols)), flat))
    return e.Reshape(moved, value.rows, value.cols) if value.is_matrix else moved


def _entries(node: e.Expr) -> Size:
    return node.rows * node.cols


def array_product(sign: str, left: e.Expr, right: e.Expr) -> e.Expr:
    """``left @ right`` where a vector on the left of a vector or a matrix stands for its row;
    ``x·y`` and ``x*y`` of two vectors."""
    if not left.is_column or right.is_row or right.is_scalar:
        return product([left, right])
    if sign == "*":
        return hadamard([left, right])
    whole = product([e.Transpose(left), right])
    return whole if whole.is_scalar else e.Transpose(whole)
