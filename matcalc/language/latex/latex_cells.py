r"""Where arrays that are written out begin and end in LaTeX source, and where their entries meet."""

from __future__ import annotations

from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.patterns import pattern

BEGINS, ENDS = "\\begin{array}", "\\end{array}"
"""What the lexemes of the beginning and the end of an array say, whatever its brackets."""
CELL = "cell"
"""The kind of the lexeme between two entries of a row."""
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


def with_cells(lexemes: list[Lexeme]) -> list[Lexeme]:
    """The lexemes without the marks of columns that align equations: those between the entries of arrays stay."""
    if not any(lexeme.kind == CELL for lexeme in lexemes):
        return lexemes
    inside: list[bool] = []
    out: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind == "begin" or lexeme.text == BEGINS:
            inside.append(lexeme.text == BEGINS)
        elif (lexeme.kind == "end" or lexeme.text == ENDS) and inside:
            inside.pop()
        if lexeme.kind != CELL or (inside and inside[-1]):
            out.append(lexeme)
    return out
