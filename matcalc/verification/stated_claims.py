"""The claim that a statement makes: its sides as forms with values."""

from __future__ import annotations

from matcalc.language.statements import DerivativeSide, DifferentialSide, Side, Statement
from matcalc.verification.claims import Claim, DerivativeForm, Formula, SideForm
from matcalc.verification.differential_claims import closed_differential


def claim_of(statement: Statement, layout: str, symmetric: str) -> Claim | None:
    """The claim that a statement makes in a layout and a convention for symmetric variables; None when one of its sides has no shape."""
    if statement.left is None or statement.right is None:
        return None
    layout = "tensor" if statement.by_axes else layout
    return Claim(side_of(statement.left, layout, symmetric), side_of(statement.right, layout, symmetric))


def side_of(side: Side, layout: str, symmetric: str) -> SideForm:
    """A side of a statement, as a form with values."""
    match side:
        case DerivativeSide():
            return DerivativeForm(side.expression, side.wrt, layout, symmetric)
        case DifferentialSide():
            return Formula(closed_differential(side))
        case _:
            return Formula(side)
