"""A text before and after the commands of its writer are replaced, and which of its places are which."""

from __future__ import annotations

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.records import record


@record
class Places:
    """A text and, for each of its characters, the range of the given text that it comes from."""

    text: str
    starts: list[int]
    ends: list[int]

    def place(self, span: Span, length: int) -> Span:
        """The span of the given text, which has ``length`` characters, behind a span of this one."""
        if span.start >= len(self.starts):
            return Span(length, length)
        start = self.starts[span.start]
        stop = max(self.ends[span.start : max(span.end, span.start + 1)])
        return Span(start, stop if span.end > span.start else start)


@record
class Source:
    """A text as it is to be read, with all commands of its writer replaced, and the text that was given."""

    text: str
    given: str
    places: Places | None = None
    fault: ParseError | None = None
    """A call that could not be replaced, or definitions without an end, with which nothing is replaced."""
    letters: tuple[str, ...] = ()
    """Commands that nobody defines and that were taken for letters."""

    def offset(self, position: int) -> int:
        """The place in the given text of a character of ``text``."""
        return position if self.places is None else self.places.place(Span(position, position), len(self.given)).start

    def located(self, error: MatcalcError) -> MatcalcError:
        """The error, pointing into the given text."""
        if error.text is None and error.span is not None and self.places is not None:
            error.span = self.places.place(error.span, len(self.given))
        return error.with_text(self.given)
