"""What a proof is of."""

from __future__ import annotations

from matcalc.base.records import record
from matcalc.expr.nodes import Expr, Symbol


@record
class Sides:
    """Two expressions that are said to be equal, or of those that are flagged the derivatives by
    ``wrt``, in a layout and under a convention for symmetric variables."""

    left: Expr
    right: Expr
    derivatives: tuple[bool, bool] = (False, False)
    wrt: tuple[Symbol, ...] = ()
    layout: str = "denominator"
    symmetric: str = "projected"
