"""The calls of the Python interface: derive and its named special cases, and parse."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast, overload

from matcalc.base.budgets import explained
from matcalc.base.errors import ComplexError, MatcalcError, ShapeError
from matcalc.base.layouts import Layout, Symmetric
from matcalc.base.lazy import later
from matcalc.base.records import record, replace
from matcalc.base.shapes import shape_text
from matcalc.derivation.pipeline import derivative_of, part_of
from matcalc.expr.nodes import Expr, Symbol
from matcalc.facts.table import essential, tie_of, varying
from matcalc.interface.results import Derivation, ParsedExpression, PartDerivation
from matcalc.language import Elaborated
from matcalc.language.decisions import ReadingOptions, reading_options
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.language.elaboration import about_unused
from matcalc.objects.inputs import (
    Expression,
    Name,
    Names,
    is_single,
    listed,
    named_in,
    part_named,
    read,
    read_program,
    require_choices,
    with_parts,
)

if TYPE_CHECKING:
    from matcalc.interface import complex_call
    from matcalc.interface.named_results import Gradients
    from matcalc.interface.product_calls import Several
else:
    complex_call = later("matcalc.interface.complex_call")


def parse(
    expression: Expression, declare: Declare = None, *, strict: bool = False, dialect: str | None = None
) -> ParsedExpression:
    """The typed expression that a text or a SymPy expression stands for.

    ``strict`` refuses a text of which the reading is doubtful; ``dialect`` says what it is written
    in: ``"math"``, ``"matlab"``, ``"numpy"``, ``"latex"`` or ``"julia"``.

    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, each with the place in the
    text.

    >>> parse("||X - UV||²").declarations["U"]
    'n×p'
    """
    with explained(expression):
        elaborated = read(expression, declare, options=replace(reading_options(strict, dialect), complex=True))
        return _parsed(elaborated.with_more(about_unused(declare, tuple(elaborated.declarations))))


def derive(
    expression: Expression,
    wrt: Names | None = None,
    *,
    declare: Declare = None,
    order: int = 1,
    direction: Name | None = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    names: str = "substitute",
    cost: str = "shortest",
    on: str | None = None,
    metric: str | None = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation:
    """The derivative of ``expression`` by the symbol ``wrt``.

    ``expression`` is a text, an expression built from ``symbols``, or a SymPy expression. ``wrt``
    is a name (or such a symbol itself), or a pair of them for a mixed second derivative;
    ``order=2`` differentiates twice by one name. It may be the name of an intermediate result,
    which then is a free variable. A scalar of a pair adds no axes: the result is laid out as the
    derivative by the other name. ``wrt`` is left out where the text says it: ``d/dx x'Ax``,
    ``∇²f(x)`` with f defined before, or ``f(x) = x'Ax``. ``layout`` is ``"denominator"`` (the
    result has the shape of ``wrt``; entry (i,j) of a Jacobian is ∂y_j/∂x_i), ``"numerator"`` (the
    transposes) or ``"tensor"`` (axes of the value, then axes of ``wrt``). ``symmetric`` chooses the
    convention for a variable declared symmetric: ``"projected"``, ``"independent"`` or
    ``"cookbook"``.

    With a ``direction``, the name of a change of ``wrt``, the Hessian along it: ``hvp``.
    ``names="keep"`` answers in terms of a program's names, with named adjoints. ``cost`` chooses the
    form that is shown: the ``"shortest"``, the ``"cheapest"`` to compute, or the ``"familiar"`` one.
    ``on`` is the manifold on which ``wrt`` lies, such as ``"stiefel"``: then the result is the
    Riemannian gradient of a scalar in the ``metric``, and with ``order=2`` the Hessian along a tangent
    vector ``direction``.
    ``strict`` and ``dialect`` are as for ``parse``: how the text is read.

    Raises MatcalcError (ParseError, ShapeError, UnknownFunctionError, NotDifferentiableError,
    LimitError).

    >>> str(derive("||X - UV||²", "V"))
    '2 Uᵀ (U V − X)'
    >>> str(derive("d/dx x'Ax")), str(derive("f(x) = x'Ax; ∇²f(x)"))
    ('(A + Aᵀ) x', 'A + Aᵀ')
    """
    with explained(expression):
        options = reading_options(strict, dialect)
        require_choices(layout, symmetric, names)
        _require_order(order)
        if on is not None or metric is not None:
            _require_plain(on, layout, names)
            return _on_manifold(expression, wrt, on, metric, declare, options, order, direction)
        if direction is not None:
            if wrt is None or names == "keep" or order + (not is_single(wrt)) != 2:
                raise MatcalcError("a direction is for a second derivative by a name", expected='"X", order=2, direction="V"')
            found = _product_calls().hvp(
                expression, wrt, direction, declare=declare, layout=layout, symmetric=symmetric, strict=strict, dialect=dialect
            )
            return cast("Derivation", found)
        if names == "keep":
            if wrt is None or not is_single(wrt) or order != 1:
                raise MatcalcError("a second derivative is not given in terms of names", suggestion='names="substitute"')
            return cast("Derivation", _product_calls().named_derivation(expression, wrt, declare, options, layout, symmetric))
        asked = _read_if_real(expression, wrt, declare, options, order)
        if asked is None:
            return _complex(expression, wrt, declare, options, order, layout, symmetric).with_cost(cost)
        return _derivation(asked, layout, symmetric).with_cost(cost)


@overload
def gradient(
    expression: Expression,
    wrt: Several,
    *,
    declare: Declare = ...,
    layout: Layout = ...,
    symmetric: Symmetric = ...,
    names: str | None = ...,
    on: str | None = ...,
    metric: str | None = ...,
    strict: bool = ...,
    dialect: str | None = ...,
) -> Gradients: ...
@overload
def gradient(
    expression: Expression,
    wrt: Name | None = ...,
    *,
    declare: Declare = ...,
    layout: Layout = ...,
    symmetric: Symmetric = ...,
    names: str | None = ...,
    on: str | None = ...,
    metric: str | None = ...,
    strict: bool = ...,
    dialect: str | None = ...,
) -> Derivation: ...
def gradient(
    expression: Expression,
    wrt: Name | Several | None = None,
    *,
    declare: Declare = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    names: str | None = None,
    on: str | None = None,
    metric: str | None = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation | Gradients:
    """The derivative of a scalar-valued expression; like ``derive``, but a ShapeError when the
    value is not a scalar.

    With a list of names all derivatives come from one reverse sweep, as a mapping from names; they
    are in terms of a program's names and of adjoints that they share, unless
    ``names="substitute"``. ``on`` is the manifold on which the variable lies, as for ``derive``.

    >>> print(gradient("z = W*x + b; h = f(z); u'*h", ["W", "b"], declare="f: function"))
    δ = u ⊙ f'(z)
    ∂s/∂W = δ xᵀ
    ∂s/∂b = δ
    """
    with explained(expression):
        options = reading_options(strict, dialect)
        require_choices(layout, symmetric, names or "keep")
        if on is not None or metric is not None:
            _require_plain(on, layout, names)
            return _on_manifold(expression, wrt, on, metric, declare, options, 1, None)
        if wrt is not None and not is_single(wrt):
            return cast(
                "Gradients", _product_calls().gradients(expression, listed(wrt), declare, options, layout, symmetric, names)
            )
        if names == "keep" and wrt is not None:
            return cast(
                "Derivation", _product_calls().named_derivation(expression, wrt, declare, options, layout, symmetric, scalar=True)
            )
        asked = _read(expression, wrt, declare, options, 1)
        _require_scalar(asked.elaborated, "a gradient", "jacobian(...), or derive(...) for any shape")
        return _derivation(asked, layout, symmetric)


def jacobian(
    expression: Expression,
    wrt: Name | None = None,
    *,
    declare: Declare = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation:
    """The derivative of a vector- or matrix-valued expression; a ShapeError when the value is a
    scalar."""
    with explained(expression):
        asked = _read(expression, wrt, declare, reading_options(strict, dialect), 1)
        if asked.elaborated.expression.is_scalar:
            raise ShapeError("a Jacobian needs a vector or a matrix, but the expression is a scalar", suggestion="gradient(...)")
        return _derivation(asked, layout, symmetric)


def hessian(
    expression: Expression,
    wrt: Names | None = None,
    *,
    declare: Declare = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    on: str | None = None,
    metric: str | None = None,
    direction: Name | None = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation:
    """The second derivative of a scalar-valued expression, by one name or a pair; a ShapeError when
    the value is not a scalar. With a ``direction`` the Hessian along it, and ``on`` a manifold the
    Riemannian one, as for ``derive``."""
    if direction is not None or on is not None or metric is not None:
        return derive(
            expression,
            wrt,
            declare=declare,
            order=2 if wrt is None or is_single(wrt) else 1,
            direction=direction,
            layout=layout,
            symmetric=symmetric,
            on=on,
            metric=metric,
            strict=strict,
            dialect=dialect,
        )
    with explained(expression):
        asked = _read(expression, wrt, declare, reading_options(strict, dialect), 2)
        _require_scalar(asked.elaborated, "a Hessian", "derive(..., order=2)")
        return _derivation(asked, layout, symmetric)


@record
class _Asked:
    """An expression, the variables that its derivative is by, and the parts of these that are
    meant, None for a whole one."""

    elaborated: Elaborated
    symbols: tuple[Symbol, ...]
    parts: tuple[Expr | None, ...]
    shown: tuple[Symbol, ...]
    """What stands for the parts as for variables."""


def _require_order(order: object) -> None:
    if not isinstance(order, int) or order not in (1, 2):
        better = "taylor(...), for a derivative along a direction" if isinstance(order, int) and order > 2 else None
        raise MatcalcError(f"derivatives of order {order!r} are not available", expected="order 1 or 2", suggestion=better)


def _read(
    expression: Expression, wrt: Names | None, declare: Declare, options: ReadingOptions, order: int, told: bool = True
) -> _Asked:
    """``told``: the order is that of the call, which a text cannot ask for another one beside."""
    asked = named_in(expression, declare, options) if wrt is None else listed(wrt)
    if len(asked) == 1:
        asked = asked * order
    elif len(asked) != 2:
        raise MatcalcError(
            f"cannot differentiate by {len(asked)} names", expected="one name, or a pair for a mixed second derivative"
        )
    names, places = zip(*with_parts(expression, asked, declare, options))
    elaborated, outline, symbols = read_program(expression, names, declare, options, question=True)
    if told and len(symbols) > order:
        raise MatcalcError("the text asks for a second derivative, and a first one is asked for", suggestion="the formula alone")
    places *= len(symbols) // len(places)
    results = [name for name in dict.fromkeys(symbol.name for symbol in symbols) if name in outline.steps]
    if results:  # free variables of the expression, whatever their values are
        declarations = {name: declaration_text(outline.names[name].shape, ()) for name in results}
        opened = outline.opened(*results)
        elaborated = replace(elaborated, expression=opened, declarations={**elaborated.declarations, **declarations})
    parts = [part_named(symbol, place) if place else None for symbol, place in zip(symbols, places, strict=True)]
    shown = [
        symbol if part is None else Symbol(f"{symbol.name}[{place.replace(' ', '')}]", part.shape)
        for symbol, part, place in zip(symbols, parts, places, strict=True)
    ]
    return _Asked(elaborated, symbols, tuple(parts), tuple(shown))


def _derivation(asked: _Asked, layout: Layout, symmetric: Symmetric) -> Derivation:
    require_choices(layout, symmetric)
    elaborated, wrt = asked.elaborated, asked.symbols
    if elaborated.question is not None and elaborated.question.turned and layout == "denominator":
        layout = "numerator"
    outcome = derivative_of(elaborated.expression, wrt, layout, symmetric)
    mixed = [f"mixed second derivative, by {wrt[0].name} and {wrt[1].name}"] if len(set(wrt)) > 1 else []
    source, notes = _parsed(elaborated), (*elaborated.notes, *mixed, *outcome.notes, *_of_free_entries(wrt))
    whole = Derivation(source, wrt, outcome, layout, symmetric, notes)
    if not any(asked.parts):
        return whole
    found = part_of(elaborated.expression, wrt, asked.parts, asked.shown, layout, outcome)
    said = [f"{one.name}: that part of the derivative by {by.name}" for one, by in zip(asked.shown, wrt) if one is not by]
    return PartDerivation(source, asked.shown, found, layout, symmetric, (*notes, *dict.fromkeys(said)), whole, asked.parts)


def _of_free_entries(wrt: Sequence[Symbol]) -> list[str]:
    """What is to be said of variables with facts that hold at the point, and not for its changes."""
    bound = [(symbol, [fact for fact in essential(symbol.properties) if not tie_of([fact])]) for symbol in dict.fromkeys(wrt)]
    found = [(symbol, [fact for fact in names if fact not in varying(symbol.properties)]) for symbol, names in bound]
    if not any(names for _, names in found):
        return []
    notes: list[str] = import_module("matcalc.analysis.manifolds").notes_on_free_entries(found)
    return notes


def _parsed(said: Elaborated) -> ParsedExpression:
    return ParsedExpression(said.expression, said.declarations, said.notes, said.origin, said)


def _require_scalar(elaborated: Elaborated, what: str, instead: str) -> None:
    if not elaborated.expression.is_scalar:
        found = shape_text(elaborated.expression.shape)
        raise ShapeError(f"{what} needs a scalar, but the expression is {found}", suggestion=instead)


def _require_plain(on: str | None, layout: Layout, names: str | None) -> None:
    """Raises MatcalcError for what a derivative on a manifold does not take."""
    if on is None:
        raise MatcalcError("a metric is one of a manifold", suggestion='on="stiefel"')
    if layout != "denominator" or names == "keep":
        raise MatcalcError(
            "a derivative on a manifold has the shape of the variable", suggestion="the call without layout and names"
        )


def _on_manifold(
    expression: Expression,
    wrt: Names | Several | None,
    on: str | None,
    metric: str | None,
    declare: Declare,
    options: ReadingOptions,
    order: int,
    direction: Name | None,
) -> Derivation:
    """A Riemannian gradient or Hessian; what makes it is loaded when it is first asked for."""
    if direction is not None and order != 2:
        raise MatcalcError("a direction is for a Hessian", suggestion="order=2")
    made = import_module("matcalc.interface.manifold_call").on_manifold
    return cast(
        "Derivation", made(expression, wrt, on, metric, declare=declare, order=order, direction=direction, options=options)
    )


def _read_if_real(
    expression: Expression, wrt: Names | None, declare: Declare, options: ReadingOptions, order: int
) -> _Asked | None:
    """What ``_read`` gives; None where symbols are complex, or may be since conjugates are
    named."""
    try:
        return _read(expression, wrt, declare, options, order, told=order > 1)
    except MatcalcError as error:
        if isinstance(error, ComplexError) or (isinstance(expression, str) and "conj" in expression):
            return None
        raise


def _complex(*arguments: Any) -> Derivation:
    """The derivative where symbols are complex, loaded when one is."""
    return complex_call.derived(*arguments)


def _product_calls() -> Any:
    """Reverse sweeps and answers in terms of names, loaded when they are first asked for."""
    return import_module("matcalc.interface.product_calls")
