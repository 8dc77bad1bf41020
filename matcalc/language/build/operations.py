"""One operation of the language applied to typed expressions, as operators in Python need it: the kinds, sizes, broadcasting, notes and
errors are those of the same operation in a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc.base.errors import MatcalcError, Span
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.language.build.construction import Construction
from matcalc.language.decisions import notes_of
from matcalc.language.declare.declared import Declaration
from matcalc.language.elaboration import Reader
from matcalc.language.syntax import trees as s

Make = Callable[[Sequence[s.Syntax], Span], s.Syntax]
"""Makes the syntax of an operation from that of its operands and the place of the whole."""


@record
class Operated:
    """The value of an operation, and what is to be told about it."""

    expression: e.Expr
    notes: tuple[str, ...]


def operate(pieces: Sequence[str | e.Expr], make: Make, shown: Callable[[e.Expr], str]) -> Operated:
    """The value of one operation.

    ``pieces`` are the operands with the signs around them, as in ``(A, " + ", B)``; ``shown`` gives the text of an operand, which is
    asked for only when a message needs it. Raises ShapeError or ParseError with that text and the place in it.
    """
    try:
        found = _operated(pieces, make, lambda _: "?")
    except MatcalcError:
        found = None
    return found if found is not None and not found.notes else _operated(pieces, make, shown)


def _operated(pieces: Sequence[str | e.Expr], make: Make, shown: Callable[[e.Expr], str]) -> Operated:
    text = ""
    values: dict[str, e.Expr] = {}
    names: list[s.Syntax] = []
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        name = f"operand {len(names) + 1}"  # no name of the language, so it hides none
        start, text = len(text), text + shown(piece)
        values[name] = piece
        names.append(s.Name(Span(start, len(text)), name))
    reader = _Operation(text, values)
    try:
        return reader.value(make(names, Span(0, len(text))))
    except MatcalcError as error:
        raise error.with_text(text) from None


class _Operation(Reader):
    """A reader of which the parts are typed expressions already."""

    def __init__(self, text: str, values: dict[str, e.Expr]) -> None:
        super().__init__(text, None)
        self._values = values
        self.declarations = {name: Declaration(name, None, value.shape) for name, value in values.items()}
        self.scope.declarations = self.declarations

    def value(self, syntax: s.Syntax) -> Operated:
        root = self.builder.build(syntax)
        self.solve([root])
        construction = Construction(self._values, self.text)
        built = construction.build(root)
        return Operated(built, notes_of((*self.decisions, *construction.decisions, *self.builder.answers())))


def size_syntax(size: Size, place: Span) -> s.Syntax:
    """A size as it is written as an argument: ``n``, ``3``, ``2*m*n``."""
    parts: list[s.Syntax] = [s.Name(place, name) for name in size.names]
    if size.factor != 1 or not parts:
        parts.insert(0, s.NumberLiteral(place, Fraction(size.factor)))
    whole = parts[0]
    for part in parts[1:]:
        whole = s.Binary(place, "*", whole, part, place)
    return whole
