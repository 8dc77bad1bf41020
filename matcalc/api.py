"""The calls of the Python interface: derive and its named special cases, and parse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias, get_args

from matcalc.derivation import differentiate
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.errors import LimitError, MatcalcError, ShapeError
from matcalc.expr.nodes import Symbol, shape_text
from matcalc.language import Elaborated, elaborate
from matcalc.language.spelling import canonical_name, is_name
from matcalc.results import Derivation, ParsedExpression

Declare: TypeAlias = str | Mapping[str, str] | None
Wrt: TypeAlias = str | Sequence[str]

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
SYMMETRIC: tuple[Symmetric, ...] = get_args(Symmetric)


def parse(expression: str, declare: Declare = None) -> ParsedExpression:
    """The typed expression that a text stands for.

    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, each with the place in the text.

    >>> parse("||X - UV||²").declarations["U"]
    'n×p'
    """
    with _explained(expression):
        return _parsed(elaborate(expression, declare))


def derive(
    expression: str,
    wrt: Wrt,
    *,
    declare: Declare = None,
    order: int = 1,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
) -> Derivation:
    """The derivative of ``expression`` by the symbol ``wrt``.

    ``wrt`` is a name, or a pair of names for a mixed second derivative; ``order=2`` differentiates twice by one name.
    ``layout`` is ``"denominator"`` (the result has the shape of ``wrt``; entry (i,j) of a Jacobian is ∂y_j/∂x_i),
    ``"numerator"`` (the transposes) or ``"tensor"`` (axes of the value, then axes of ``wrt``).
    ``symmetric`` chooses the convention for a variable declared symmetric: ``"projected"``, ``"independent"`` or ``"cookbook"``.

    Raises MatcalcError (ParseError, ShapeError, UnknownFunctionError, NotDifferentiableError, LimitError).

    >>> str(derive("||X - UV||²", "V"))
    '2 Uᵀ (U V − X)'
    """
    with _explained(expression):
        elaborated, symbols = _read(expression, wrt, declare, order)
        return _derivation(elaborated, symbols, layout, symmetric)


def gradient(
    expression: str, wrt: str, *, declare: Declare = None, layout: Layout = "denominator", symmetric: Symmetric = "projected"
) -> Derivation:
    """The derivative of a scalar-valued expression; like ``derive``, but a ShapeError when the value is not a scalar."""
    with _explained(expression):
        elaborated, symbols = _read(expression, wrt, declare, 1)
        _require_scalar(elaborated, "a gradient", "jacobian(...), or derive(...) for any shape")
        return _derivation(elaborated, symbols, layout, symmetric)


def jacobian(
    expression: str, wrt: str, *, declare: Declare = None, layout: Layout = "denominator", symmetric: Symmetric = "projected"
) -> Derivation:
    """The derivative of a vector- or matrix-valued expression; a ShapeError when the value is a scalar."""
    with _explained(expression):
        elaborated, symbols = _read(expression, wrt, declare, 1)
        if elaborated.expression.is_scalar:
            raise ShapeError("a Jacobian needs a vector or a matrix, but the expression is a scalar", suggestion="gradient(...)")
        return _derivation(elaborated, symbols, layout, symmetric)


def hessian(
    expression: str, wrt: Wrt, *, declare: Declare = None, layout: Layout = "denominator", symmetric: Symmetric = "projected"
) -> Derivation:
    """The second derivative of a scalar-valued expression, by one name or a pair; a ShapeError when the value is not a scalar."""
    with _explained(expression):
        elaborated, symbols = _read(expression, wrt, declare, 2)
        _require_scalar(elaborated, "a Hessian", "derive(..., order=2)")
        return _derivation(elaborated, symbols, layout, symmetric)


def _read(expression: str, wrt: Wrt, declare: Declare, order: int) -> tuple[Elaborated, tuple[Symbol, ...]]:
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    if order not in (1, 2):
        raise MatcalcError(f"derivatives of order {order} are not available", expected="order 1 or 2")
    if len(names) == 1:
        names *= order
    elif len(names) != 2:
        raise MatcalcError(f"cannot differentiate by {len(names)} names", expected="one name, or a pair for a mixed second derivative")
    for name in names:
        if not is_name(name):
            raise MatcalcError(f"{name!r} is not the name of a symbol", expected="one name to differentiate by, such as x or W_1")
    names = tuple([canonical_name(name) for name in names])
    elaborated = elaborate(expression, declare, wrt=names)
    return elaborated, tuple([_symbol(name, elaborated) for name in names])


def _symbol(name: str, elaborated: Elaborated) -> Symbol:
    """The symbol of this name: one of the expression's, or a declared one."""
    if name in elaborated.symbols:
        return elaborated.symbols[name]
    there = ", ".join(elaborated.symbols)
    raise MatcalcError(
        f"{name} does not occur in the expression, and it is not declared",
        expected=f"one of its symbols: {there}" if there else None,
        suggestion=f'declare="{name}: n" to get a zero of its shape',
    )


def _derivation(elaborated: Elaborated, wrt: tuple[Symbol, ...], layout: Layout, symmetric: Symmetric) -> Derivation:
    _require_choice("layout", layout, LAYOUTS)
    _require_choice("symmetric", symmetric, SYMMETRIC)
    outcome = differentiate(elaborated.expression, wrt, layout=layout, symmetric=symmetric)
    return Derivation(_parsed(elaborated), wrt, outcome, layout, symmetric, (*elaborated.notes, *outcome.notes))


def _parsed(elaborated: Elaborated) -> ParsedExpression:
    return ParsedExpression(elaborated.expression, elaborated.declarations, elaborated.notes)


def _require_scalar(elaborated: Elaborated, what: str, instead: str) -> None:
    if not elaborated.expression.is_scalar:
        found = shape_text(elaborated.expression.shape)
        raise ShapeError(f"{what} needs a scalar, but the expression is {found}", suggestion=instead)


def _require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(choices))


@contextmanager
def _explained(text: str) -> Iterator[None]:
    """Errors know the text they are about, and no error but MatcalcError gets out."""
    try:
        yield
    except MatcalcError as error:
        error.with_text(text)
        raise
    except RecursionError:
        raise LimitError("the expression is nested too deeply", text=text) from None
