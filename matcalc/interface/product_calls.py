"""The calls for products of derivatives with vectors and matrices, for derivatives by several
names, and for those in terms of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, overload

from matcalc.base.budgets import explained
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.layouts import Layout, Symmetric
from matcalc.base.shapes import shape_text
from matcalc.derivation.pipeline import Outcome, at_symbols, declared, derivative_of, released, zero_notes
from matcalc.einstein.linear import is_zero
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.facts.table import essential
from matcalc.interface.equations import Equation, Source, along, differential_of
from matcalc.interface.named_results import Gradients, NamedDerivation, Pullback
from matcalc.interface.results import Derivation, HessianProduct, ParsedExpression
from matcalc.language import Elaborated
from matcalc.language.decisions import ReadingOptions, reading_options
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.objects.inputs import (
    Expression,
    Name,
    Names,
    Outline,
    is_single,
    listed,
    name_of,
    names_of,
    read_program,
    require_choices,
    with_symbols,
)
from matcalc.products.differentials import moving, paired_sum, paired_with, upstream_symbol
from matcalc.products.sweeping import Sweep, swept

Several: TypeAlias = "list[Name] | tuple[Name, ...] | list[str] | tuple[str, ...]"


@overload
def vjp(
    expression: Expression,
    wrt: Several,
    upstream: Name = ...,
    *,
    declare: Declare = ...,
    layout: Layout = ...,
    symmetric: Symmetric = ...,
    names: str = ...,
    strict: bool = ...,
    dialect: str | None = ...,
) -> Gradients: ...
@overload
def vjp(
    expression: Expression,
    wrt: Name,
    upstream: Name = ...,
    *,
    declare: Declare = ...,
    layout: Layout = ...,
    symmetric: Symmetric = ...,
    names: str = ...,
    strict: bool = ...,
    dialect: str | None = ...,
) -> Derivation: ...
def vjp(
    expression: Expression,
    wrt: Name | Several,
    upstream: Name = "G",
    *,
    declare: Declare = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    names: str = "substitute",
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation | Gradients:
    """∂L/∂wrt of a scalar L, given its derivative by the expression as the symbol ``upstream``; the
    Jacobian is never formed.

    ``upstream`` has the shape of the expression. ``wrt`` is a name (of a symbol or of a named
    result), or a list of names, for which the answers come from one reverse sweep. ``names="keep"``
    answers in terms of the program's names. Layouts are those of ``derive`` for a scalar: in
    ``"denominator"`` the result has the shape of ``wrt``.

    Raises MatcalcError when the name ``upstream`` is in use, and what ``derive`` raises.

    >>> str(vjp("X*W + 1*b'", "W")), str(vjp("X*W + 1*b'", "b"))
    ('Xᵀ G', 'Gᵀ 𝟏')
    """
    with explained(expression):
        require_choices(layout, symmetric, names)
        found = _swept(expression, wrt, declare, reading_options(strict, dialect), layout, symmetric, names == "keep", upstream)
    return found[next(iter(found))] if is_single(wrt) else found


def jvp(
    expression: Expression,
    wrt: Name | Several,
    direction: Name | Several = "V",
    *,
    declare: Declare = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Equation:
    """The derivative of the expression along a direction: what a change ``direction`` of ``wrt``
    does to it, to first order.

    The direction is a new symbol of the shape of ``wrt``, with its ties between entries (symmetric,
    diagonal...); several names take as many directions. The result has the shape of the expression.
    Raises MatcalcError when a direction's name is in use.

    >>> str(jvp("A*X*B", "X"))
    'A V B'
    """
    asked, moves = names_of(wrt), tuple([move if isinstance(move, str) else name_of(move) for move in listed(direction)])
    with explained(expression):
        if len(asked) != len(moves) or not asked:
            raise MatcalcError(f"{len(moves)} directions for {len(asked)} names", expected="a direction for each name")
        elaborated, source, symbols = source_of(
            expression, wrt, with_symbols(declare, direction), reading_options(strict, dialect), moves
        )
        named: dict[Symbol, Symbol] = {}
        for symbol, move in zip(symbols, moves, strict=True):
            taken = source.taken | {other.name for other in named.values()}
            named[symbol] = fitting(moving(symbol, move, taken), elaborated)
        return along(source, named)


def hvp(
    expression: Expression,
    wrt: Names,
    direction: Name = "V",
    *,
    declare: Declare = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    strict: bool = False,
    dialect: str | None = None,
) -> Derivation:
    """The Hessian of a scalar expression along a direction, of the shape of ``wrt``: the derivative
    of the scalar that pairs the gradient with ``direction``. The Hessian is never formed.

    The direction is a new symbol of the shape of ``wrt``, with its ties between entries. By a pair
    of names it is a change of the second, and the result has the shape of the first.

    Raises ShapeError when the expression is not a scalar, MatcalcError when the direction's name is
    in use or the gradient has no form, and what ``derive`` raises.

    >>> str(hvp("||X - U*V'||^2", "U", "D"))
    '2 D Vᵀ V'
    """
    with explained(expression):
        require_choices(layout, symmetric, "substitute")
        move = direction if isinstance(direction, str) else name_of(direction)
        wanted, declared = with_symbols(declare, direction), reading_options(strict, dialect)
        elaborated, source, symbols = source_of(expression, wrt, wanted, declared, (move,))
        if not elaborated.expression.is_scalar:
            message = f"a Hessian needs a scalar, but the expression is {shape_text(elaborated.expression.shape)}"
            raise ShapeError(message, suggestion="jvp(...) of the expression, or derive(..., order=2)")
        if len(symbols) not in (1, 2):
            raise MatcalcError("a Hessian is by one name or by two", expected='"x" or ("x", "y")')
        return _paired_derivation(
            source, symbols, fitting(moving(symbols[-1], move, source.taken), elaborated), layout, symmetric
        )


def _paired_derivation(
    source: Source, symbols: tuple[Symbol, ...], step: Symbol, layout: Layout, symmetric: Symmetric
) -> Derivation:
    """The derivative by the first symbol of the gradient by the last one, paired with a step."""
    free = {symbol.name: released(symbol) for symbol in symbols}
    paired = paired_sum(replaced(source.expression, free), {free[symbols[-1].name]: step})
    if paired is None:
        raise MatcalcError(
            f"the gradient by {symbols[-1].name} has no form as an expression",
            suggestion="derive(..., order=2), in index notation",
        )
    outcome = derivative_of(paired, (free[symbols[0].name],), layout, symmetric)
    if any(free[symbol.name] is not symbol for symbol in symbols):
        paired = replaced(paired, {symbol.name: symbol for symbol in symbols})
        known: dict[Tensor, Tensor] = {declared(free[symbol.name]): declared(symbol) for symbol in symbols}
        outcome = at_symbols(outcome, known, paired, symbols[:1], layout)
    declarations = {**source.declarations, step.name: declaration_text(step.shape, essential(step.properties))}
    asked, value = (ParsedExpression(one, declarations, source.notes, None, source.read) for one in (paired, source.expression))
    by = symbols if len(symbols) == 2 else symbols * 2
    notes = (*source.notes, *outcome.notes)
    return HessianProduct(asked, symbols[:1], outcome, layout, symmetric, notes, value, step, by)


def differential(
    expression: Expression, wrt: Name | Several, *, declare: Declare = None, strict: bool = False, dialect: str | None = None
) -> Equation:
    """The differential of the expression: ``tr(G' dX)`` of a scalar, ``A dX B + ...`` of a vector
    or matrix.

    ``dX`` stands for the change of X. With several names the differential is the sum over them.

    >>> print(differential("||X - U V||²", "V").equation())
    df = tr(2 (U V − X)ᵀ U dV)
    """
    asked = names_of(wrt)
    with explained(expression):
        _require_different(asked)
        _, source, symbols = source_of(expression, wrt, declare, reading_options(strict, dialect))
        return differential_of(source, symbols)


def named_derivation(
    expression: Expression,
    wrt: Name,
    declare: Declare,
    options: ReadingOptions,
    layout: Layout,
    symmetric: Symmetric,
    *,
    scalar: bool = False,
) -> Derivation:
    """``derive(..., names="keep")``. With ``scalar`` raises ShapeError for an expression that is
    none."""
    found = _swept(expression, wrt, declare, options, layout, symmetric, True, None, scalar=scalar)
    return found[next(iter(found))]


def gradients(
    expression: Expression,
    wrt: Sequence[Name],
    declare: Declare,
    options: ReadingOptions,
    layout: Layout,
    symmetric: Symmetric,
    names: str | None,
) -> Gradients:
    """``gradient`` by several names: in terms of the program's names unless told otherwise."""
    return _swept(expression, tuple(wrt), declare, options, layout, symmetric, names != "substitute", None, scalar=True)


def gradients_of_program(
    elaborated: Elaborated, outline: Outline, wrt: Sequence[Symbol], layout: Layout, symmetric: Symmetric
) -> Gradients:
    """The derivatives of what has been read, cut into steps as in ``outline``, by symbols and steps
    of it; in terms of the names of the steps."""
    return _Results(elaborated, outline, None, layout, symmetric).kept(wrt)


# ---------------------------------------------------------------- shared


def source_of(
    expression: Expression,
    wrt: Names,
    declare: Declare,
    options: ReadingOptions,
    others: Sequence[str] = (),
    *,
    question: bool = False,
) -> tuple[Elaborated, Source, tuple[Symbol, ...]]:
    """The expression with all names replaced but those differentiated by; with ``question`` the
    text may say itself that its derivative by them is meant."""
    elaborated, outline, symbols = read_program(expression, wrt, declare, options, others=others, question=question)
    names = names_of(wrt)
    opened = outline.opened(*[name for name in names if name in outline.steps])
    declarations = {**elaborated.declarations, **_step_declarations(outline, names)}
    taken = frozenset({*outline.steps, *elaborated.declarations})
    return elaborated, Source(opened, declarations, elaborated.notes, taken, elaborated), symbols


def fitting(move: Symbol, elaborated: Elaborated) -> Symbol:
    """A direction that the user declared keeps its facts. Raises ShapeError when its shape does not
    fit."""
    declared = elaborated.symbols.get(move.name)
    if declared is None:
        return move
    if declared.shape != move.shape:
        raise ShapeError(
            f"{move.name} is declared as {shape_text(declared.shape)}, but the direction is {shape_text(move.shape)}"
        )
    return declared


def _step_declarations(outline: Outline, wrt: Sequence[str]) -> dict[str, str]:
    return {name: declaration_text(outline.names[name].shape, ()) for name in wrt if name in outline.steps}


def _swept(
    expression: Expression,
    wrt: Names,
    declare: Declare,
    options: ReadingOptions,
    layout: Layout,
    symmetric: Symmetric,
    keep: bool,
    upstream: Name | None,
    *,
    scalar: bool = False,
) -> Gradients:
    _require_different(names_of(wrt))
    others = () if upstream is None else (upstream if isinstance(upstream, str) else name_of(upstream),)
    elaborated, outline, symbols = read_program(
        expression, wrt, declare if upstream is None else with_symbols(declare, upstream), options, others=others
    )
    if scalar and not elaborated.expression.is_scalar:
        message = f"a gradient needs a scalar, but the expression is {shape_text(elaborated.expression.shape)}"
        raise ShapeError(message, suggestion="jacobian(...), or derive(...) for any shape")
    above = next((upstream_symbol(name, elaborated, elaborated.expression) for name in others), None)
    reader = _Results(elaborated, outline, above, layout, symmetric)
    return reader.kept(symbols) if keep else reader.substituted(symbols)


def _require_different(names: Sequence[str]) -> None:
    if not names or len(set(names)) < len(names):
        raise MatcalcError(
            "the names to differentiate by are missing or given twice", expected="one name or a list of different names"
        )


class _Results:
    """Makes results of sweeps for one expression."""

    def __init__(
        self, elaborated: Elaborated, outline: Outline, upstream: Symbol | None, layout: Layout, symmetric: Symmetric
    ) -> None:
        self.elaborated = elaborated
        self.outline = outline
        self.upstream = upstream
        self.layout: Layout = layout
        self.symmetric: Symmetric = symmetric
        self.symbol = outline.value_name if upstream is None else "L"
        self.taken = frozenset({*elaborated.declarations, *elaborated.symbols})

    def kept(self, wrt: Sequence[Symbol]) -> Gradients:
        sweep = self._sweep(self.outline, wrt)
        source = self._parsed(self.elaborated.expression)
        made: dict[str, Derivation] = {}
        for symbol in wrt:
            outcome = sweep.derivatives[symbol.name]
            notes = (*self.elaborated.notes, *outcome.notes, *self._zero_notes(self.outline.expression, symbol, outcome))
            made[symbol.name] = NamedDerivation(
                source, (symbol,), outcome, self.layout, self.symmetric, notes, sweep, self.symbol
            )
        return Gradients(made, self.outline, sweep, self.symbol)

    def substituted(self, wrt: Sequence[Symbol]) -> Gradients:
        inputs = [symbol for symbol in wrt if symbol.name not in self.outline.steps]
        made = self._plain(self.elaborated.expression, inputs)
        for symbol in wrt:
            if symbol.name in self.outline.steps:  # a free variable there
                made |= self._plain(self.outline.opened(symbol.name), [symbol])
        return Gradients({symbol.name: made[symbol.name] for symbol in wrt}, self.outline, None, self.symbol)

    def _plain(self, expression: Expr, wrt: Sequence[Symbol]) -> dict[str, Derivation]:
        if not wrt:
            return {}
        sweep = self._sweep(Outline({}, expression, {}, expression), wrt)
        source = self._parsed(expression, tuple([symbol.name for symbol in wrt]))
        value = ParsedExpression(expression, source.declarations, source.notes, None, self.elaborated)
        made: dict[str, Derivation] = {}
        for symbol in wrt:
            outcome = sweep.derivatives[symbol.name]
            notes = (*self.elaborated.notes, *outcome.notes, *self._zero_notes(expression, symbol, outcome))
            if self.upstream is None:
                made[symbol.name] = Derivation(source, (symbol,), outcome, self.layout, self.symmetric, notes)
            else:
                name = self.upstream.name
                made[symbol.name] = Pullback(source, (symbol,), outcome, self.layout, self.symmetric, notes, value, name)
        return made

    def _parsed(self, expression: Expr, wrt: Sequence[str] = ()) -> ParsedExpression:
        """What is differentiated: the expression, or the scalar that pairs it with the upstream
        gradient."""
        declarations = {**self.elaborated.declarations, **_step_declarations(self.outline, wrt)}
        if self.upstream is None:
            return ParsedExpression(expression, declarations, self.elaborated.notes, None, self.elaborated)
        declarations[self.upstream.name] = declaration_text(self.upstream.shape, essential(self.upstream.properties))
        return ParsedExpression(
            paired_with(expression, self.upstream), declarations, self.elaborated.notes, None, self.elaborated
        )

    def _sweep(self, outline: Outline, wrt: Sequence[Symbol]) -> Sweep:
        return swept(outline, wrt, upstream=self.upstream, layout=self.layout, symmetric=self.symmetric, taken=self.taken)

    def _zero_notes(self, expression: Expr, symbol: Symbol, outcome: Outcome) -> list[str]:
        """What is to be said of a derivative that came out as 0, confirmed numerically where that
        is possible."""
        if not is_zero(outcome.tensor) or symbols_in(expression).get(symbol.name) is not symbol:
            return []
        return zero_notes(expression if self.upstream is None else paired_with(expression, self.upstream), (symbol,))
