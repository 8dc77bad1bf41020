r"""Derivatives in LaTeX: ``\frac{\partial f}{\partial x}``, ``\frac{d}{dx}``, ``\partial f/\partial x``."""

from __future__ import annotations

from matcalc.base.budgets import spend
from matcalc.base.errors import ParseError, Span
from matcalc.language.latex.latex_commands import TRANSPOSES, WORDS
from matcalc.language.latex.latex_reading import Items, Range, Reading
from matcalc.language.text.terminals import Token


def quotient_of_differentials(r: Reading, owner: int, top: Range, bottom: Range) -> Items | None:
    """The tokens of a fraction that is a derivative; None when it is a quotient.

    Raises ParseError for a denominator that begins as one of a derivative and goes on otherwise.
    """
    above, below = _differential(r, *top), _differential(r, *bottom)
    if above is None or below is None or below == bottom[1]:
        return None
    partial = r.lexemes[owner]
    sign = Token("PARTIAL", "∂", partial.start, partial.end)
    items: Items = [sign]
    above, order = _second(r, above, top[1])
    square: Items = [Token("POWER", "^", sign.start, sign.end), Token("NUMBER", "2", sign.start, sign.end)]
    if order == 2:
        items += square
    if above < top[1]:
        opening, closing = r.bracket(owner)
        items += [opening, (above, top[1]), closing]
    items.append(Token("DIVIDE", "/", sign.start, sign.end))
    return items + _names(r, bottom, order)


def _differential(r: Reading, first: int, last: int) -> int | None:
    r"""The position after ``\partial``, ``d`` or ``\mathrm{d}`` at the beginning of a range."""
    if first >= last:
        return None
    lexeme = r.lexemes[first]
    if lexeme.kind == "{":
        inner = _differential(r, first + 1, r.partner[first])
        return r.partner[first] + 1 if inner == r.partner[first] else None
    if lexeme.kind == "command" and lexeme.text == "partial":
        return first + 1
    if lexeme.kind == "letter" and lexeme.text == "d" and "d" not in r.vocabulary.symbols:
        return first + 1
    if lexeme.kind == "command" and lexeme.text in WORDS:
        end = r.element_end(first, last)
        return end if r.word(first, end) == "d" else None
    return None


def _second(r: Reading, position: int, stop: int) -> tuple[int, int]:
    """The position after an optional exponent 2, and the order."""
    if position >= stop or r.lexemes[position].text != "^":
        return position, 1
    exponent, after = r.argument(position + 1, stop, position)
    if r.word(*exponent) == "1":
        return after, 1
    if r.word(*exponent) != "2":
        raise ParseError("only first and second derivatives are read", span=r.lexemes[position].span, suggestion="\\partial^2")
    return after, 2


def _names(r: Reading, bottom: Range, order: int) -> Items:
    r"""``\partial x \partial x^\top`` or ``\partial x^2`` below the line."""
    position, stop = bottom
    items: Items = []
    while position < stop:
        lexeme = r.lexemes[position]
        start = _differential(r, position, stop)
        whole = Span(lexeme.start, r.lexemes[stop - 1].end)
        if start is None or start == stop:
            raise ParseError("differentiate by one name", span=whole, suggestion="\\frac{\\partial f}{\\partial x}")
        name, end = r.symbol(start, stop)
        if name is None and r.lexemes[start].kind != "command":
            raise ParseError("differentiate by one name", span=whole, suggestion="\\frac{\\partial f}{\\partial x}")
        first = start
        powers = 1
        marks: list[Token] = []
        # A subscript before or after the exponent.
        scripts: list[Range] = []
        while end < stop and r.lexemes[end].kind == "char" and r.lexemes[end].text in "_^'":
            mark = r.lexemes[end]
            if mark.text == "'":
                marks = [Token("TRANSPOSE", "'", mark.start, mark.end)]
                end += 1
                continue
            found, after = r.argument(end + 1, stop, end)
            if mark.text == "_":
                scripts.append((end, after))
            elif r.word(*found) == "T" or (found[1] - found[0] == 1 and r.lexemes[found[0]].text in TRANSPOSES):
                marks = [Token("TRANSPOSE", "'", mark.start, r.lexemes[after - 1].end)]
            elif r.word(*found) == "2" and order == 2:
                powers = 2
            else:
                raise ParseError("differentiate by one name", span=mark.span, suggestion="\\frac{\\partial^2 f}{\\partial x^2}")
            end = after
        items.append(Token("PARTIAL", "∂", lexeme.start, lexeme.end))
        items.append((first, r.element_end(first, stop)))
        items += scripts
        if powers == 2:
            items += [Token("POWER", "^", lexeme.start, lexeme.end), Token("NUMBER", "2", lexeme.start, lexeme.end)]
        items += marks
        position = end
    return items


def bracketed_numerators(tokens: list[Token]) -> list[Token]:
    r"""``\partial f/\partial x`` with brackets around what is differentiated."""
    if not any(token.type == "PARTIAL" for token in tokens):
        return tokens
    out: list[Token] = []
    closing: set[int] = set()
    for position, token in enumerate(tokens):
        if position in closing:
            out.append(Token("RPAR", ")", token.start, token.start))
        out.append(token)
        begins = token.type == "PARTIAL" and not (position and tokens[position - 1].type == "DIVIDE")
        squared = token.type == "NUMBER" and [other.type for other in tokens[max(0, position - 2) : position]] == ["PARTIAL", "POWER"]
        if not (begins or squared) or (begins and position + 1 < len(tokens) and tokens[position + 1].type == "POWER"):
            continue
        slash = _slash(tokens, position + 1)
        if slash is not None:
            closing.add(slash)
            out.append(Token("LPAR", "(", token.end, token.end))
    return out


def _slash(tokens: list[Token], first: int) -> int | None:
    """The slash of ``∂ ... / ∂`` when something without its own brackets stands before it."""
    depth = 0
    for position in range(first, len(tokens)):
        if not position & 63:
            spend()
        kind = tokens[position].type
        depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
        if depth < 0 or kind == "PARTIAL" or (not depth and kind in ("EQUALS", "PLUS", "COMMA", "SEPARATOR")):
            return None
        if depth == 0 and kind == "DIVIDE" and position + 1 < len(tokens) and tokens[position + 1].type == "PARTIAL":
            return position if position > first else None
    return None
