"""Statements of which a side is given as an object: a derivation, an expression built with operators, a SymPy expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.errors import ShapeError
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import symbols_in
from matcalc.inputs import Expression, derivative_within, read
from matcalc.language import elaborate
from matcalc.language.declare.objects import texts_of
from matcalc.language.declare.texts import Declare, parse_declarations
from matcalc.language.statements import DerivativeSide, Statement
from matcalc.operators.combining import declarations_of, joint_declarations
from matcalc.printing import text
from matcalc.results import Derivation
from matcalc.sizes import Shape
from matcalc.verification.claims import DerivativeForm

Side: TypeAlias = Expr | DerivativeSide
GivenSide: TypeAlias = "Derivation | Expression"


def statement_of(left: GivenSide, right: GivenSide, declare: Declare, layout: str, symmetric: str) -> tuple[str, Statement]:
    """The statement that two sides are equal, and how it reads.

    A text is read with the symbols of the other side, and in its shape where that fits. Raises MatcalcError for a name that the sides
    declare differently.
    """
    first, second = _typed(left, declare), _typed(right, declare)
    if first is None:
        assert second is not None and isinstance(left, str)
        first = _read(left, declare, second, layout, symmetric)
    if second is None:
        assert isinstance(right, str)
        second = _read(right, declare, first, layout, symmetric)
    declarations = joint_declarations([_declarations(first), _declarations(second)])
    symbols = symbols_in(*_expressions(first), *_expressions(second))
    return f"{_shown(first)} = {_shown(second)}", Statement(first, second, symbols, declarations, (), {})


def _typed(side: GivenSide, declare: Declare) -> Side | None:
    if isinstance(side, str):
        return None
    return DerivativeSide(side.source.node, side.wrt) if isinstance(side, Derivation) else read(side, declare).expression


def _read(side: str, declare: Declare, other: Side, layout: str, symmetric: str) -> Expr:
    known: Mapping[str, str] = {**_declarations(other)}
    extra = parse_declarations(declare)
    known = {name: kind for name, kind in known.items() if name not in extra}
    joined = "; ".join([*(f"{name}: {kind}" for name, kind in known.items()), *texts_of(declare)])
    try:
        return elaborate(side, joined, shape=_shape(other, layout, symmetric), calculus=derivative_within).expression
    except ShapeError:
        return elaborate(side, joined, calculus=derivative_within).expression


def _shape(side: Side, layout: str, symmetric: str) -> Shape:
    return DerivativeForm(side.expression, side.wrt, layout, symmetric).shape if isinstance(side, DerivativeSide) else side.shape


def _expressions(side: Side) -> tuple[Expr, ...]:
    return (side.expression, *side.wrt) if isinstance(side, DerivativeSide) else (side,)


def _declarations(side: Side) -> dict[str, str]:
    return joint_declarations(declarations_of(expression) for expression in _expressions(side))


def _shown(side: Side) -> str:
    if not isinstance(side, DerivativeSide):
        return text(side)
    names = [symbol.name for symbol in side.wrt]
    inner = text(side.expression)
    if len(names) == 1:
        return f"d({inner})/d{names[0]}"
    return f"hessian({inner}, {names[0]})" if names[0] == names[1] else f"d(d({inner})/d{names[0]})/d{names[1]}"
