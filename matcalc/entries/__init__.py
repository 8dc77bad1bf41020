"""Results entry by entry at small sizes: every symbol an array of scalars, every entry a formula in
them."""

from matcalc.entries.given_points import point_of, shown, value_at
from matcalc.entries.written import Entries, derivative_entries, expression_entries, size_names

__all__ = ["Entries", "derivative_entries", "expression_entries", "point_of", "shown", "size_names", "value_at"]
