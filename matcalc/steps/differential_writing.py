"""How differentials and inner products are written: ``2 ⟨X − U V, −U dV⟩``."""

from __future__ import annotations

from typing import cast

from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.printing.latex_notation import LatexNotation
from matcalc.printing.notation import Notation
from matcalc.printing.pieces import Piece, piece, render
from matcalc.printing.plain_notation import AsciiNotation, UnicodeNotation
from matcalc.printing.printer import printed
from matcalc.steps.differential_marks import Change, Marks
from matcalc.steps.step import Writing


def written(expression: Expr, marks: Marks) -> Writing:
    """The expression, its differentials and inner products in the three spellings."""
    names = _names(expression, marks)
    notations = (_Unicode(names, marks), _Ascii(names, marks), _Latex(names, marks))
    return Writing(*(render(printed(expression, notation)) for notation in notations))


def width(expression: Expr, marks: Marks) -> int:
    """The number of characters in Unicode."""
    return printed(expression, _Unicode(_names(expression, marks), marks)).length


def _names(expression: Expr, marks: Marks) -> list[str]:
    """The names of all ordinary symbols in sight."""
    found: dict[str, None] = {}
    stack, seen = [expression], set[str]()
    while stack:
        for name in symbols_in(stack.pop()):
            mark = marks.meaning.get(name)
            if mark is None:
                found[name] = None
            elif name not in seen:
                seen.add(name)
                stack += [mark.of] if isinstance(mark, Change) else [mark.left, mark.right]
    return list(found)


def _marked(name: str, marks: Marks, notation: Notation, spelling: _Marking) -> Piece | None:
    """The piece for a symbol that stands for a differential or an inner product, None for an ordinary one."""
    mark = marks.meaning.get(name)
    if mark is None:
        return None
    if not isinstance(mark, Change):
        left, right = printed(mark.left, notation, sized=True), printed(mark.right, notation)
        return piece(spelling.opening, left, spelling.separator, right, spelling.closing)
    body = printed(mark.of, notation)
    return piece(spelling.d, body if isinstance(mark.of, Symbol) else notation.bracketed(body))


class _Marking:
    """Stands before a notation: symbols that are marks are written as what they mean."""

    d: str
    opening: str
    separator: str
    closing: str

    def __init__(self, names: list[str], marks: Marks) -> None:
        super().__init__(names)  # type: ignore[call-arg]
        self._marks = marks
        self._known: dict[str, Piece | None] = {}

    def symbol(self, name: str, order: int = 0) -> Piece:
        if name not in self._known:
            self._known[name] = _marked(name, self._marks, cast("Notation", self), self)
        marked = self._known[name]
        if marked is not None:
            return marked
        plain: Piece = super().symbol(name, order)  # type: ignore[misc]
        return plain


class _Ascii(_Marking, AsciiNotation):
    d, opening, separator, closing = "d", "<", ", ", ">"


class _Unicode(_Marking, UnicodeNotation):
    d, opening, separator, closing = "d", "⟨", ", ", "⟩"


class _Latex(_Marking, LatexNotation):
    d, opening, separator, closing = r"\mathrm{d}", r"\left\langle ", r",\, ", r" \right\rangle"
