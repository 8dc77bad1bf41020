"""Views of one derivative: differential, slice, derivatives along directions, and what is made of
them within expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import cast

from matcalc.base.budgets import MOST_AXES_WITHIN
from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.layouts import Symmetric
from matcalc.base.shapes import axes_of, shape_text
from matcalc.base.sizes import Size
from matcalc.calculus.differentiation import cotangents
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import declared, differentiate, folded, freed, reading_order, released, structured, with_sums
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import ONE_TENSOR, YES, add
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import (
    Entry,
    Expr,
    Hadamard,
    Indexed,
    Kronecker,
    Leaf,
    Linear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Product,
    Quotient,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    Zeros,
    postorder,
)
from matcalc.expr.rewriting import factors_of, free_indices as free_indices_in, named_indices, over_all, replaced
from matcalc.facts.table import tying
from matcalc.folding.build import cost, product, row_symbols, total, transpose
from matcalc.language import Elaborated
from matcalc.language.decisions import Differentiated
from matcalc.language.text.spelling import canonical_name, is_name


def moving(symbol: Symbol, name: str, taken: frozenset[str]) -> Symbol:
    """The symbol for a change of ``symbol``, of its shape and with its ties between entries.

    Raises MatcalcError when the name is in use or is no name.
    """
    return Symbol(new_name(name, taken), symbol.shape, tying(symbol.properties))


def differential_form(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Expr | None:
    """The differential in the changes of symbols: of a scalar its gradients paired with them. None
    without a closed form."""
    if expression.is_scalar:
        return paired_sum(expression, moves)
    return closed_change(expression, pushed_along(expression, moves), tuple(moves.values()))


def pushed_along(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Lowered:
    """The derivative of ``expression`` when each symbol moves along the symbol given for it."""
    return pushed(expression, {symbol: declared(move) for symbol, move in moves.items()})


def closed_change(expression: Expr, change: Lowered, new: Sequence[Symbol]) -> Expr | None:
    """What a change makes of an expression, as a matrix formula in its symbols and the new ones;
    None when there is none."""
    names = reading_order(expression)
    for symbol in new:
        names.setdefault(symbol.name, len(names))
    rows = row_symbols(expression, *new)
    form = folded(change.tensor, change.split, names, rows)
    form = with_sums(form, change.tensor, change.split, names, rows, named_indices(postorder(expression))) or form
    return Zeros(expression.shape) if isinstance(form, Zeros) else form


def paired_sum(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Expr | None:
    """The gradients paired with the changes; None when a gradient has no closed form."""
    terms: list[Expr] = []
    for symbol, move in moves.items():
        gradient = differentiate(expression, (symbol,), symmetric="independent").shown
        if gradient is None:
            return None
        if not is_plain_zero(gradient):
            terms.append(inner(gradient, move))
    return total(terms) if terms else Number(Fraction(0))


def new_name(name: str, taken: frozenset[str]) -> str:
    """The name for a new symbol. Raises MatcalcError when it is in use or is no name."""
    if not is_name(name):
        raise MatcalcError(f"{name!r} is not a name", expected="one name, such as G or V")
    spelled = canonical_name(name)
    if spelled in taken:
        raise MatcalcError(f"{name} is already a name in the expression", suggestion="another name for the new symbol")
    return spelled


# ------------------------------------------------------------
# Derivatives along directions, and the views of a derivative that are such: differentials and
# slices.
#
# What is pulled back is linear in the upstream gradient. So a derivative along a direction is found
# by pulling back a helper, pairing the result with the direction, and differentiating that by the
# helper: one set of pullback rules serves both ways, and no array of order three or four appears.

_HELPER = "upstream of the value"  # no name in the language has spaces


def pushed(expression: Expr, moves: Mapping[Symbol, ix.Tensor]) -> Lowered:
    """The derivative of ``expression`` when each symbol moves along its tensor; axes and rows are
    those of the value.

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
    """The matrix (or vector) with a one at one place, as products of unit vectors, in the
    convention for a variable with tied entries.

    A position is a number counted from 1, or the name of a unit vector.
    """
    axes = axes_of(symbol.shape)
    units = [
        ix.Unit(Size.of(at), size) if isinstance(at, int) else ix.Symbol(at, (size,))
        for at, size in zip(positions, axes, strict=True)
    ]
    move = contract(units, [(k,) for k in range(len(axes))], tuple(range(len(axes))), dict(enumerate(axes)))
    return structured(move, 0, symbol, symmetric, notes)


# ------------------------------------------------------------
# A gradient and a differential written as one scalar: ``tr(G' dX)``, ``g' dx``.


def inner(gradient: Expr, move: Symbol) -> Expr:
    """The sum of products of the entries of a gradient and a differential of its shape, the
    differential last."""
    if isinstance(gradient, Negative):
        return Negative(inner(gradient.operand, move))
    if isinstance(gradient, Quotient) and gradient.denominator.is_scalar and not gradient.numerator.is_scalar:
        return Quotient(inner(gradient.numerator, move), gradient.denominator)
    if move.is_scalar:
        return product([gradient, move])
    if move.is_row:
        return product([gradient, Transpose(move)])
    together = product([turned(gradient), move])
    return Trace(together) if move.is_matrix else together


def entry(gradient: Expr, units: Sequence[Expr]) -> Expr:
    """The entry of a gradient that unit vectors pick: ``e_i' G e_j``, ``g' e_i``, or the gradient
    itself."""
    if isinstance(gradient, Negative):
        return Negative(entry(gradient.operand, units))
    if isinstance(gradient, Quotient) and gradient.denominator.is_scalar and not gradient.numerator.is_scalar:
        return Quotient(entry(gradient.numerator, units), gradient.denominator)
    if not units:
        return gradient
    if gradient.is_row:
        return product([gradient, units[0]])
    if len(units) == 1:
        return product([turned(gradient), units[0]])
    scalars, rest = _split(gradient)
    return product([*scalars, Transpose(units[0]), *rest, units[1]])


def _split(expression: Expr) -> tuple[list[Expr], list[Expr]]:
    """The scalar factors and the others."""
    factors = factors_of(expression)
    return [factor for factor in factors if factor.is_scalar], [factor for factor in factors if not factor.is_scalar]


def turned(expression: Expr) -> Expr:
    """The transpose with scalars kept in front, term by term in a sum where that is shorter."""
    if isinstance(expression, Sum):
        whole, parts = Transpose(expression), Sum(tuple([_turned_term(term) for term in expression.terms]))
        if set(parts.terms) == set(expression.terms):
            return expression
        return parts if cost(parts) < cost(whole) else whole
    return _turned_term(expression)


def _turned_term(expression: Expr) -> Expr:
    match expression := cast("Node", expression):
        case Negative():
            return Negative(_turned_term(expression.operand))
        case Zeros():
            return Zeros((expression.cols, expression.rows))
        case Quotient() if expression.denominator.is_scalar and not expression.numerator.is_scalar:
            return Quotient(_turned_term(expression.numerator), expression.denominator)
        case Product():
            scalars, rest = _split(expression)
            return product([*scalars, *map(turned, reversed(rest))])
        case Hadamard(factors=factors):
            parts = Hadamard(tuple([transpose(factor) for factor in factors]))
            whole = Transpose(expression)
            return parts if cost(parts) < cost(whole) else whole
        case Leaf() | Linear() | Sum() | Kronecker() | Nonlinear() | Indexed():
            return transpose(expression)


def is_plain_zero(expression: Expr) -> bool:
    return isinstance(expression, Zeros) or (isinstance(expression, Number) and not expression.value)


# ------------------------------------------------------------
# Derivatives within an expression: their closed forms, which stand in their place.


def closed_form(question: Differentiated) -> Expr | None:
    """The derivative as a matrix formula, None where it has none. Raises NotDifferentiableError or
    LimitError."""
    function, wrt = question.function, question.wrt
    axes = sum([size.degree for shaped in (function, *wrt) for size in shaped.shape])
    if axes > MOST_AXES_WITHIN:
        raise LimitError(
            f"a derivative within an expression would have {axes} axes", suggestion="derivatives of scalars inside each other"
        )
    if question.along:
        return _along(function, wrt[0], question.along)
    return differentiate(function, wrt, layout="numerator" if question.turned else "denominator").expression


def _along(function: Expr, variable: Symbol, directions: tuple[Expr, ...]) -> Expr | None:
    """The derivative in one direction after the other; of an entry whose indices stand outside,
    that of the array, there."""
    indices = free_indices_in(function)
    array = over_all(function, indices) if indices else function
    if array is None:
        return None
    steps = [Symbol(f"d{variable.name}°{'°' * order}", variable.shape) for order in range(len(directions))]
    free = released(variable)
    form: Expr | None = replaced(array, {variable.name: free})
    for step in steps:
        form = None if form is None else _directional(form, free, step)
    if form is None:
        return None
    moves: dict[str, Expr] = dict(zip([step.name for step in steps], directions, strict=True))
    found = replaced(form, {**moves, variable.name: variable})
    return Entry(found, indices) if indices else found


def _directional(function: Expr, variable: Symbol, step: Symbol) -> Expr | None:
    """What a step of the variable makes of the function, to first order."""
    if function.is_scalar:
        gradient = differentiate(function, (variable,), symmetric="independent").expression
        return None if gradient is None else inner(gradient, step)
    value = pushed(function, {variable: declared(step)})
    names = reading_order(function)
    return folded(value.tensor, value.split, {**names, step.name: len(names)}, row_symbols(function, step))


# ------------------------------------------------------------
# The upstream gradient of a product with a Jacobian's transpose: a symbol of the shape of the
# value, paired with the value.


def upstream_symbol(name: str, elaborated: Elaborated, value: Expr) -> Symbol:
    """The symbol for the derivative of a scalar by ``value``; declared facts of that name are kept.

    Raises MatcalcError when the name is in use, ShapeError when it is declared with another shape.
    """
    if not is_name(name):
        raise MatcalcError(f"{name!r} is not a name", expected="one name for the upstream gradient, such as G")
    spelled = canonical_name(name)
    sizes = {part for symbol in elaborated.symbols.values() for size in symbol.shape for part in size.names}
    if spelled in elaborated.declarations or spelled in elaborated.steps or spelled in sizes:
        raise MatcalcError(
            f"{name} is already a name in the expression, so it cannot name the upstream gradient",
            suggestion="another name, as in upstream=" + ("'U'" if spelled == "G" else "'G'"),
        )
    declared = elaborated.symbols.get(spelled)
    if declared is None:
        return Symbol(spelled, value.shape)
    if declared.shape != value.shape:
        raise ShapeError(f"{name} is declared as {shape_text(declared.shape)}, but the expression is {shape_text(value.shape)}")
    return declared


def paired_with(value: Expr, upstream: Symbol) -> Expr:
    """The scalar whose derivatives are what the upstream gradient becomes: the sum of products of
    the entries."""
    return Product((upstream, value)) if value.is_scalar else Total(Hadamard((upstream, value)))
