r"""Arrays that are written out entry by entry: ``\begin{bmatrix} a & b \\ c & d \end{bmatrix}`` and the list ``[a, b]``.

Their tokens are those of a call of ``WRITTEN_OUT``, whose arguments are the entries of a column, or lists that are the rows.
"""

from __future__ import annotations

from itertools import pairwise

from matcalc.base.errors import ParseError
from matcalc.language.latex.latex_cells import CELL
from matcalc.language.latex.latex_reading import Items, Range, Reading
from matcalc.language.text.terminals import WRITTEN_OUT, Token


def written_array(r: Reading, position: int) -> tuple[Items, int]:
    """The tokens of the array that begins at a position, and the position after it. Raises ParseError for an entry that is missing."""
    close = r.partner[position]
    breaks = [position, *_at_top(r, position, "newline"), close]
    rows = [(first + 1, last) for first, last in pairwise(breaks) if last - first > 1]
    return _called(r, position, [_cells(r, row) for row in rows]), close + 1


def _cells(r: Reading, row: Range) -> list[Range]:
    first, last = row
    cuts = [first - 1, *_at_top(r, first - 1, CELL, last), last]
    return [(start + 1, stop) for start, stop in pairwise(cuts)]


def _at_top(r: Reading, position: int, kind: str, stop: int | None = None) -> list[int]:
    """The lexemes of a kind behind a position that stand in no bracket within, up to ``stop`` or to the end of the bracket there."""
    stop = r.partner[position] if stop is None else stop
    found: list[int] = []
    place = position + 1
    while place < stop:
        if r.lexemes[place].kind == kind:
            found.append(place)
        place = r.partner.get(place, place) + 1
    return found


def list_entries(r: Reading, position: int) -> list[Range] | None:
    """The entries of ``[a, b]``; None for brackets without a comma of their own."""
    close = r.partner[position]
    commas: list[int] = []
    place = position + 1
    while place < close:
        if r.lexemes[place].text == "," and r.lexemes[place].kind == "char":
            commas.append(place)
        place = r.partner.get(place, place) + 1
    return [(first + 1, last) for first, last in pairwise([position, *commas, close])] if commas else None


def written_list(r: Reading, position: int, entries: list[Range]) -> tuple[Items, int]:
    """The tokens of a list as a row, and the position after it."""
    return _called(r, position, [entries]), r.partner[position] + 1


def _called(r: Reading, position: int, rows: list[list[Range]]) -> Items:
    first, last = r.lexemes[position], r.lexemes[r.partner[position]]
    opening, closing = Token("LPAR", "(", first.start, first.end), Token("RPAR", ")", last.start, last.end)
    for entry in (entry for row in rows for entry in row):
        if entry[0] >= entry[1]:
            raise ParseError("an entry of this array is missing", span=first.span, suggestion="0")
    column = all(len(row) == 1 for row in rows)
    out: Items = [Token("CALL", WRITTEN_OUT, first.start, first.end), opening]
    for number, row in enumerate(rows):
        out += _comma(r, row[0], number)
        out += [] if column else [opening]
        for count, entry in enumerate(row):
            out += [*_comma(r, entry, count), opening, entry, closing]
        out += [] if column else [closing]
    return [*out, closing]


def _comma(r: Reading, entry: Range, count: int) -> Items:
    place = r.lexemes[entry[0]].start
    return [Token("COMMA", ",", place, place)] if count else []
