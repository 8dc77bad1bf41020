"""Runs of letters that could be read otherwise, with what that costs."""

from __future__ import annotations

from matcalc.base.records import record


@record
class Fork:
    """A run of letters that is one name and could be a product, or the other way round. ``cost`` is in the currency of kinds."""

    run: str
    cost: float


TO_PRODUCT = 4.0
"""A word as a product of letters that have no meaning of their own."""
TO_PRODUCT_TURNED = 2.0
"""Two letters with a sign of transposition behind them: ``uv'``."""
TO_NAME = 3.0
"""A product of letters with a meaning of their own as one name."""
