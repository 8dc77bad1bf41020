"""Formulas that are too long to be one: a delimiter is missing somewhere."""

from __future__ import annotations

from matcalc.base.budgets import LONGEST_FORMULA
from matcalc.documents.pieces import Fault, Formula

_SHOWN = 200


def bounded(formula: Formula) -> Formula | Fault:
    """The formula, or what is told in its place where it is too long."""
    text = formula.text
    if len(text.text) <= LONGEST_FORMULA:
        return formula
    reason = f"a formula of more than {LONGEST_FORMULA:,} characters is not read"
    return Fault(text.text[:_SHOWN], text.place(), reason, "the sign that ends it, or several formulas")
