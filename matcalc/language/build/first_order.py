"""Functions without a formula, to first order: what a step of the argument makes of the value, with the derivative as a symbol."""

from __future__ import annotations

from fractions import Fraction

from matcalc.base.errors import NotDifferentiableError, Span
from matcalc.base.sizes import ONE, Shape, Size
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import rebuilt_with
from matcalc.language.text.spelling import partial_name, parts_of_partial

_TIES = frozenset(["symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular"])
"""What is said of a matrix and so holds of its derivative by a number."""
_ZERO = e.Number(Fraction(0))


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


def _is_zero(node: e.Expr) -> bool:
    return isinstance(node, e.Zeros) or node is _ZERO


def _zero(shape: Shape) -> e.Expr:
    return e.Zeros(shape) if shape else _ZERO


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
