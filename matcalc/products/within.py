"""Derivatives within an expression: their closed forms, which stand in their place."""

from __future__ import annotations

from matcalc.derivation.pipeline import declared, differentiate, folded, reading_order
from matcalc.errors import LimitError
from matcalc.expr.free_indices import free_indices, over_all
from matcalc.expr.nodes import Entry, Expr, Symbol
from matcalc.expr.rewriting import replaced
from matcalc.folding.rows import row_symbols
from matcalc.language.build.construction import Differentiated
from matcalc.limits import MOST_AXES_WITHIN
from matcalc.products.pairing import inner
from matcalc.products.pushing import pushed


def closed_form(question: Differentiated) -> Expr | None:
    """The derivative as a matrix formula, None where it has none. Raises NotDifferentiableError or LimitError."""
    function, wrt = question.function, question.wrt
    axes = [name for size in (*function.shape, *(size for symbol in wrt for size in symbol.shape)) for name in size.names]
    if len(axes) > MOST_AXES_WITHIN:
        raise LimitError(
            f"a derivative within an expression would have {len(axes)} axes", suggestion="derivatives of scalars inside each other"
        )
    if question.along:
        return _along(function, wrt[0], question.along)
    return differentiate(function, wrt, layout="numerator" if question.turned else "denominator").expression


def _along(function: Expr, variable: Symbol, directions: tuple[Expr, ...]) -> Expr | None:
    """The derivative in one direction after the other; of an entry whose indices stand outside, that of the array, there."""
    indices = free_indices(function)
    array = over_all(function, indices) if indices else function
    if array is None:
        return None
    steps = [Symbol(f"d{variable.name}°{'°' * order}", variable.shape) for order in range(len(directions))]
    form: Expr | None = array
    for step in steps:
        form = None if form is None else _directional(form, variable, step)
    if form is None:
        return None
    found = replaced(form, dict(zip([step.name for step in steps], directions, strict=True)))
    return Entry(found, indices) if indices else found


def _directional(function: Expr, variable: Symbol, step: Symbol) -> Expr | None:
    """What a step of the variable makes of the function, to first order."""
    if function.is_scalar:
        gradient = differentiate(function, (variable,), symmetric="independent").expression
        return None if gradient is None else inner(gradient, step)
    value = pushed(function, {variable: declared(step)})
    names = reading_order(function)
    return folded(value.tensor, value.split, {**names, step.name: len(names)}, row_symbols(function, step))
