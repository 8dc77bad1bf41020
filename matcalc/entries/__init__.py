"""Results entry by entry at small sizes: every symbol an array of scalars, every entry a formula in
them."""

from matcalc.entries.given_points import point_of, shown, value_at
from matcalc.entries.written import (
    MOST_ALONG_AN_AXIS,
    Entries,
    checked_sizes,
    derivative_entries,
    derivative_scalars,
    expression_entries,
    size_names,
)

__all__ = [
    "MOST_ALONG_AN_AXIS",
    "Entries",
    "checked_sizes",
    "derivative_entries",
    "derivative_scalars",
    "expression_entries",
    "point_of",
    "shown",
    "size_names",
    "value_at",
]
