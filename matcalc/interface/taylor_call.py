"""The call taylor, and what it gives: a polynomial, and the derivatives along a direction that it
is made of."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import as_call, explained
from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later
from matcalc.base.records import guarded
from matcalc.expr.nodes import Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import essential
from matcalc.interface.equations import Source
from matcalc.interface.product_calls import fitting, source_of
from matcalc.interface.with_steps import ExpressionWithSteps
from matcalc.language import Elaborated
from matcalc.language.decisions import reading_options, warned
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.objects.inputs import Expression, Name, name_of, names_of, with_symbols
from matcalc.objects.parsed import ParsedExpression
from matcalc.products.differentials import moving

if TYPE_CHECKING:
    from matcalc.analysis import taylor_series
    from matcalc.analysis.taylor_series import Expansion
    from matcalc.steps.step import Steps
else:
    taylor_series = later("matcalc.analysis.taylor_series")

_DIRECTIONS = ("h", "H")
"""Names of a direction that is a vector or a number, and of one that is a matrix."""


@guarded
class Taylor(ExpressionWithSteps):
    """The Taylor polynomial of ``given`` by ``wrt``, of degree ``order``; what can be done with
    expressions can be done with it. What it leaves out is not bounded.

    ``direction`` is the name of the change of ``wrt``; empty where it is a series in ``wrt`` at 0.
    """

    wrt: str = ""
    direction: str = ""
    order: int = 0
    derivatives: tuple[ParsedExpression, ...] = ()
    """D^k f[h, ..., h] for k = 0, 1, ..., ``order``, not divided by k!; of a series those at 0."""
    expansion: Expansion | None = None

    @property
    def derivative(self) -> ParsedExpression:
        """The last of the derivatives."""
        return self.derivatives[-1]

    @property
    def polynomial(self) -> ParsedExpression:
        """The polynomial as an expression."""
        return ParsedExpression(self.node, self.declarations, self.notes, self.origin, self.source)

    @cached_property
    def steps(self) -> Steps:
        """The derivatives of all orders, and the polynomial that they make."""
        made: Steps = import_module("matcalc.steps.along_direction").steps_of(self.expansion)
        return made

    @as_call
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "expression": "" if self.given is None else self.given.text(),
            "wrt": self.wrt,
            "direction": self.direction,
            "order": self.order,
            "unicode": self.text("unicode"),
            "ascii": self.text("ascii"),
            "latex": self.latex(),
            "derivatives": [_written(one) for one in self.derivatives],
            "declarations": dict(self.declarations),
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def __repr__(self) -> str:
        return f"<Taylor {self.text()}{warned(self.warnings)}>"


def _written(one: ParsedExpression) -> dict[str, str]:
    return {"unicode": one.text(), "ascii": one.text("ascii"), "latex": one.latex()}


def taylor(
    expression: Expression,
    wrt: Name,
    order: int = 2,
    direction: Name | None = None,
    *,
    declare: Declare = None,
    strict: bool = False,
    dialect: str | None = None,
) -> Taylor:
    """The Taylor polynomial of degree ``order``: f(x) + D f[h] + D²f[h, h]/2 + ..., where ``direction``
    names h, a change of ``wrt`` of its shape; for degree 2 the quadratic model of f.

    Without a direction the polynomial is in a scalar ``wrt`` at 0; a vector or matrix changes by
    ``h`` or ``H``. The result has the shape of the expression; its ``derivative`` is that of the
    highest order along the direction.

    Raises MatcalcError where a derivative has no closed form or does not exist at 0, and what
    ``derive`` raises. Source: Magnus & Neudecker (2019) ch. 6.

    >>> print(taylor("logdet(X)", "X", 2, "H"))
    logdet(X) + tr(X⁻¹ H) − 0.5 tr(X⁻¹ H X⁻¹ H)
    >>> print(taylor("inv(eye(n) - t*A)", "t", 3))
    I + t A + t² A² + t³ A³
    """
    with explained(expression):
        asked = names_of(wrt)
        if len(asked) != 1:
            raise MatcalcError("a Taylor polynomial is by one name", expected='"x", with the direction "h"')
        named = direction if direction is None or isinstance(direction, str) else name_of(direction)
        declared = declare if direction is None else with_symbols(declare, direction)
        options, others = reading_options(strict, dialect), _DIRECTIONS if named is None else (named,)
        read, source, (symbol,) = source_of(expression, asked[0], declared, options, others)
        if named is None and not symbol.shape:
            found = taylor_series.expanded_at_zero(source.expression, symbol, order)
        else:
            move = _direction(named, symbol, source.taken, read)
            found = taylor_series.expanded_along(source.expression, symbol, move, order)
        return _result(found, source, read)


def _result(found: Expansion, source: Source, read: Elaborated) -> Taylor:
    move, declarations = found.move, dict(source.declarations)
    if move is not None:
        declarations[move.name] = declaration_text(move.shape, essential(move.properties))
    rest = declarations, source.notes, read.origin, read
    given, *derivatives = [ParsedExpression(one, *rest) for one in (source.expression, *found.derivatives)]
    names = found.symbol.name, "" if move is None else move.name
    order = len(derivatives) - 1
    return Taylor(found.polynomial, *rest, None, given, *names, order, tuple(derivatives), found)


def _direction(named: str | None, symbol: Symbol, taken: frozenset[str], read: Elaborated) -> Symbol:
    """The symbol for the direction: the one that is named, or a usual one that is not in use."""
    if named is None:
        usual = _DIRECTIONS[len(symbol.shape) == 2]
        free = usual not in taken or (usual in read.declarations and usual not in symbols_in(read.expression))
        named = usual if free else f"d{symbol.name}"
    return fitting(moving(symbol, named, taken), read)
