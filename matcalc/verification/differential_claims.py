"""Claims about differentials: ``d(X^-1) = -X^-1 dX X^-1``.

The differential in closed form is compared with the claim as one formula with another. That shares its rules with the derivation, so what
is found true is looked at once more along a line, X + t dX, where the derivative by t is taken numerically.
"""

from __future__ import annotations

from matcalc.errors import NotDifferentiableError
from matcalc.expr.nodes import Expr, IndexArray, Product, Sum, Symbol, Transpose
from matcalc.expr.rewriting import free_indices, replaced, symbols_in
from matcalc.language.build.construction import Derived
from matcalc.language.statements import DerivativeSide, DifferentialSide, Statement
from matcalc.products.differentials import Source, along, differential_of
from matcalc.records import replace
from matcalc.verification.claims import Claim, DerivativeForm, Formula


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
    (time,) = _times(1, lead.expression, claimed)
    moved: dict[str, Expr] = {symbol.name: Sum((symbol, Product((time, change)))) for symbol, change in lead.moves}
    function, formula = replaced(lead.expression, moved), replaced(claimed, moved)
    if function.is_row:
        function, formula = Transpose(function), Transpose(formula)
    return replace(statement, left=DerivativeSide(function, (time,) * lead.order), right=formula, turned=False)


def step_along(found: Derived) -> Claim | None:
    """That a derivative in directions, within an expression, is the one by t of the function along these; of one between entries whose
    indices stand outside, the array over these. None where this is no array, and for a direction that changes with the variable.
    """
    asked, form = found.question, found.form
    if asked.wrt[0].name in symbols_in(*asked.along):
        return None
    times = _times(len(asked.along), asked.function, form, *asked.along)
    steps = [Product((time, direction)) for time, direction in zip(times, asked.along, strict=True)]
    moved: dict[str, Expr] = {asked.wrt[0].name: Sum((asked.wrt[0], *steps))}
    function, form = replaced(asked.function, moved), replaced(form, moved)
    indices = tuple(dict.fromkeys([*free_indices(function), *free_indices(form)]))
    if indices and (function.shape or form.shape or len(indices) > _MOST_AXES):
        return None
    if indices:
        function, form = IndexArray(indices, function), IndexArray(indices, form)
    elif function.is_row:
        function, form = Transpose(function), Transpose(form)
    claim = Claim(DerivativeForm(function, times, "numerator", "projected"), Formula(form))
    return claim if claim.fits else None


_MOST_AXES = 2


def _times(count: int, *expressions: Expr) -> tuple[Symbol, ...]:
    """Numbers of names that nothing has yet."""
    taken = symbols_in(*expressions)
    free = [name for name in ("t", *(f"t_{k}" for k in range(len(taken) + count))) if name not in taken]
    return tuple([Symbol(name, ()) for name in free[:count]])
