r"""Where arrays that are written out begin and end in LaTeX source, and where their entries meet."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_lexeme import Lexeme

BEGINS, ENDS = "\\begin{array}", "\\end{array}"
"""What the lexemes of the beginning and the end of an array say, whatever its brackets."""
CELL = "cell"
"""The kind of the lexeme between two entries of a row."""
GAP = "gap"
"""That of a blank behind a backslash."""
_NAMES = r"(?:[bp]?small)?matrix|[bp]matrix|array"
_BEGIN = pattern(rf"\\begin\s*\{{(?:(?:{_NAMES})\*?\}}(?:\s*\[[lcr]\])?|array\}}(?:\s*\[[tbc]\])?)(?:(?<=array\}})\s*\{{[lcr|\s]*\}})?")
_END = pattern(rf"\\end\s*\{{(?:{_NAMES})\*?\}}")


def array_mark(text: str, position: int, stop: int) -> Lexeme | None:
    """The beginning or the end of an array at a position: a bracket that opens or closes."""
    found = _BEGIN.match(text, position, stop)
    if found is not None:
        return Lexeme("(", BEGINS, position, found.end())
    found = _END.match(text, position, stop)
    return None if found is None else Lexeme(")", ENDS, position, found.end())


def with_cells(lexemes: list[Lexeme], decisions: list[Decision]) -> list[Lexeme]:
    r"""The lexemes without the marks of columns that align equations, and without blanks with a backslash.

    Marks between the entries of arrays stay. In an array without ``\\\\`` such blanks are the ends of rows, if these have one length then.
    """
    if not any(lexeme.kind in (CELL, GAP) for lexeme in lexemes):
        return lexemes
    inside: list[list[Lexeme] | None] = []
    ends: set[Lexeme] = set()
    out: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind == "begin" or lexeme.text == BEGINS:
            inside.append([] if lexeme.text == BEGINS else None)
        elif (lexeme.kind == "end" or lexeme.text == ENDS) and inside:
            ends.update(_ends_of_rows(inside.pop() or []))
        own = inside[-1] if inside else None
        if own is not None and lexeme.kind in (CELL, GAP, "newline"):
            own.append(lexeme)
        if lexeme.kind != CELL or own is not None:
            out.append(lexeme)
    if ends:
        said = "a backslash before a blank is read as the end of a row"
        first = min(ends, key=lambda lexeme: lexeme.start)
        decisions.append(Decision(said, "notation", "doubtful", first.span, ("the end of a row: \\\\", "a blank: remove it")))
    return [Lexeme("newline", "\n", one.start, one.end) if one in ends else one for one in out if one.kind != GAP or one in ends]


def _ends_of_rows(marks: list[Lexeme]) -> list[Lexeme]:
    """The blanks that end rows, among the marks of one array."""
    gaps = [mark for mark in marks if mark.kind == GAP]
    if not gaps or any(mark.kind == "newline" for mark in marks):
        return []
    lengths = [0]
    for mark in marks:
        if mark.kind == GAP:
            lengths.append(0)
        else:
            lengths[-1] += 1
    return gaps if len(set(lengths)) == 1 else []
