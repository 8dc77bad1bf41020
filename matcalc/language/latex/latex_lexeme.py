"""The units of LaTeX source."""

from __future__ import annotations

from matcalc.base.errors import Span
from matcalc.base.records import record


@record
class Lexeme:
    """One unit of the source.

    ``kind`` is ``letter``, ``digit``, ``command`` (``text`` without the backslash), ``newline``, one of the brackets ``{ } ( ) [ ] < >``,
    a bar (``NORM_OPEN``, ``BAR``...), or ``char``. The ``text`` of a bracket tells whether ``\\left`` stood before it.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)
