"""A terminal of the grammar in a text, with its place."""

from __future__ import annotations

from matcalc.errors import Span
from matcalc.records import record


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
