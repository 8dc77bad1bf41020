"""Claims about differentials: ``d(X^-1) = -X^-1 dX X^-1``.

The differential in closed form is compared with the claim as one formula with another. That shares its rules with the derivation, so what
is found true is looked at once more along a line, X + t dX, where the derivative by t is taken numerically.
"""

from __future__ import annotations

from matcalc.errors import NotDifferentiableError
from matcalc.expr.nodes import Expr, Product, Sum, Symbol, Transpose
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.language.statements import DerivativeSide, DifferentialSide, Statement
from matcalc.products.differentials import Source, along, differential_of
from matcalc.records import replace


def closed_differential(side: DifferentialSide) -> Expr:
    """The differential as a matrix formula in the symbols and their changes. Raises NotDifferentiableError when it has none."""
    if side.order == 1:
        found = differential_of(Source(side.expression, {}), tuple([symbol for symbol, _ in side.moves])).node
    else:
        moves = dict(side.moves)
        first = along(Source(side.expression, {}), moves).node
        found = None if first is None else along(Source(first, {}), moves).node
    if found is None:
        raise NotDifferentiableError("this differential has no closed matrix form", suggestion="the derivative: d(f)/dX = ...")
    return found


def along_a_line(statement: Statement) -> Statement | None:
    """The same claim with X + t dX for every X that moves and the derivative by t for the differential; None for other claims."""
    if statement.left is None or statement.right is None:
        return None
    lead, claimed = (statement.right, statement.left) if statement.turned else (statement.left, statement.right)
    if not isinstance(lead, DifferentialSide) or not isinstance(claimed, Expr):
        return None
    taken = symbols_in(lead.expression, claimed)
    time = Symbol(next(name for name in ("t", *(f"t_{k}" for k in range(len(taken) + 1))) if name not in taken), ())
    moved: dict[str, Expr] = {symbol.name: Sum((symbol, Product((time, change)))) for symbol, change in lead.moves}
    function, formula = replaced(lead.expression, moved), replaced(claimed, moved)
    if function.is_row:
        function, formula = Transpose(function), Transpose(formula)
    return replace(statement, left=DerivativeSide(function, (time,) * lead.order), right=formula, turned=False)
