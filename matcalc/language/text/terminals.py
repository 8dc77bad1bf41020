"""A terminal of the grammar in a text, with its place; what begins and ends operands."""

from __future__ import annotations

from matcalc.base.errors import Span
from matcalc.base.records import record

ENDS_OPERAND = frozenset(
    ["NUMBER", "NAME", "RPAR", "RSQB", "TRANSPOSE", "SUPERSCRIPT", "NORM_CLOSE", "BAR_CLOSE", "BY", "VEC", "ATTRIBUTE"]
)
STARTS_OPERAND = frozenset(
    ["NUMBER", "NAME", "CALL", "APPLY", "LPAR", "NORM_OPEN", "BAR_OPEN", "SUM_OVER", "DERIVATIVE", "DERIVATIVE_BY", "DIFFERENTIAL"]
)
WRITTEN_OUT = "written out"
"""The function of which the tokens of an array that is written out entry by entry are a call; no text can call it."""
GRADIENT, HESSIAN, JACOBIAN = "all partials", "all second partials", "jacobian by all"
PARTIALS = {GRADIENT: 1, HESSIAN: 2, JACOBIAN: 1}
"""Those for all partial derivatives of a function of several arguments, with their order."""
BARS = frozenset(["BAR", "NORM_BAR"])


@record
class Token:
    """``type`` is a terminal of the grammar, or one of the raw types ``RUN``, ``BAR``, ``NEWLINE`` that later stages resolve."""

    type: str
    value: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)
