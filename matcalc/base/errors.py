"""Errors a user can meet; each one can point at the place in the input."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of character offsets in the text that was given."""

    start: int
    end: int


class MatcalcError(Exception):
    """Base of every error that user input can cause.

    ``message`` says what is wrong, ``expected`` what was expected and ``suggestion`` what to write
    instead. When ``text`` and ``span`` are known, ``str(error)`` shows the line of the input with
    the place marked by carets.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str | None = None,
        span: Span | None = None,
        expected: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.span = span
        self.expected = expected
        self.suggestion = suggestion

    def with_text(self, text: str) -> MatcalcError:
        """The same error, now knowing the text that its span points into."""
        if self.text is None:
            self.text = text
        return self

    def _render_traceback_(self) -> list[str]:
        """What IPython and notebooks show in place of a traceback: it is about the input, not about
        a line of this package."""
        return f"{type(self).__name__}: {self}".split("\n")

    def __str__(self) -> str:
        lines = [self.message]
        if self.text is not None and self.span is not None and not self.text.isspace() and self.text:
            lines += _marked(self.text, self.span)
        if self.expected:
            lines.append(f"expected: {self.expected}")
        if self.suggestion:
            lines.append(f"try: {self.suggestion}")
        return "\n".join(lines)


_WINDOW = 72


def _marked(text: str, span: Span) -> list[str]:
    """The line of ``text`` that holds ``span`` (cut to a window when long) and carets under the
    place."""
    start = min(max(span.start, 0), len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    column = start - line_start
    width = max(1, min(span.end, line_start + len(line)) - start)
    if len(line) > _WINDOW:
        left = max(0, min(column - _WINDOW // 2, len(line) - _WINDOW))
        shown = ("…" if left else "") + line[left : left + _WINDOW] + ("…" if left + _WINDOW < len(line) else "")
        column = column - left + (1 if left else 0)
        width = min(width, max(1, _WINDOW - column))
    else:
        shown = line
    # An accent that stands behind its letter takes no room.
    column = sum(not unicodedata.combining(character) for character in shown[:column])
    return ["  " + shown.replace("\t", " "), "  " + " " * column + "^" * width]


def on_one_line(said: str) -> str:
    """A message with its line of carets as one line, in which the marked part is quoted.

    >>> on_one_line(str(ParseError("')' closes nothing", text="a) + b", span=Span(1, 2), suggestion="remove it")))
    "')' closes nothing; try: remove it"
    >>> on_one_line(str(ParseError("a number is missing", text="a + * b", span=Span(4, 5))))
    'a number is missing: *'
    """
    lines = said.splitlines()
    parts = lines[:1] or [""]
    for line, following in zip(lines[1:], [*lines[2:], ""], strict=False):
        column, width = len(following) - len(following.lstrip()), following.count("^")
        if following.strip(" ^") == "" and width:
            marked = line[column : column + width].strip()
            parts[0] += f": {marked}" if marked and marked not in parts[0] else ""
        elif line.strip(" ^"):
            parts.append(line.strip())
    return "; ".join([" ".join(part.split()) for part in parts])


class ParseError(MatcalcError):
    """The text is not in the input language."""


class ShapeError(MatcalcError):
    """Kinds or sizes do not fit together."""


class UnknownFunctionError(MatcalcError):
    """A function that is not in ``rules/`` and was not declared."""


class NotDifferentiableError(MatcalcError):
    """The derivative asked for does not exist or no rule for it is known."""


class LimitError(MatcalcError):
    """The input or an intermediate result is larger than the engine accepts."""


class ComplexError(MatcalcError):
    """A formula with complex symbols, for a call that is for real ones."""


class NotHereError(LimitError, ModuleNotFoundError):
    """What needs a package that is not there, as NumPy is not in a browser."""


INTERNAL = "internal error"
"""What messages begin with that tell of a fault of matcalc's own."""


def internal_error(error: Exception) -> str:
    """What is said of an error that no input should cause: its class and the place in the code,
    with no text of its own, which a reader could take for a remark on what was written."""
    place, trace = "", error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        place = f" in {module}, line {trace.tb_lineno}" if module.partition(".")[0] == "matcalc" else place
        trace = trace.tb_next
    return f"{INTERNAL} ({type(error).__name__}{place}); please report it"


for _public in (MatcalcError, ParseError, ShapeError, UnknownFunctionError, NotDifferentiableError, LimitError):
    _public.__module__ = "matcalc"  # by this name users import it, and tracebacks show it
