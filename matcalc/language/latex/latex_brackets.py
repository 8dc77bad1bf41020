r"""Brackets that stand for an operation: ``\langle A, B \rangle_F``, ``\norm{Ax - b}``, ``\underbrace{x}_{\text{label}}``."""

from __future__ import annotations

from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.language.latex.latex_reading import Items, Range, Reading
from matcalc.language.text.terminals import Token

INNER = frozenset(["inner", "ip", "innerproduct", "innerprod", "inprod", "iprod", "inp", "dotp", "dotprod", "dprod"])
"""Names that writers give to their command for the inner product."""
_FROBENIUS = frozenset(["F", "Fro", "fro", "HS", "2", "frob", "Frob"])


def inner_product(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\langle x, y \rangle``, perhaps with the mark F or a weight behind it, and the position after it."""
    close = r.partner[position]
    span = Span(r.lexemes[position].start, r.lexemes[close].end)
    cut = _separator(r, position + 1, close)
    if cut is None:
        advice = "\\langle x, y \\rangle, or \\operatorname{mean}(x) for a mean"
        raise ParseError("an inner product has two parts", span=span, suggestion=advice)
    weight, end = _weight(r, close, stop)
    return _inner(r, (position, close), (position + 1, cut), (cut + 1, close), weight), end


def named_inner_product(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\inner{x}{y}`` or ``\inner{x, y}``."""
    after = position + 1
    if after < stop and r.lexemes[after].kind in ("(", "{"):
        inside = after + 1, r.partner[after]
        cut = _separator(r, *inside)
        if cut is not None:
            return _inner(r, (position, inside[1]), (inside[0], cut), (cut + 1, inside[1]), None), inside[1] + 1
    if after >= stop or r.lexemes[after].kind != "{":
        name = r.lexemes[position].text
        raise UnknownFunctionError(f"\\{name} needs two arguments", span=r.lexemes[position].span, suggestion="\\langle x, y \\rangle")
    left, middle = r.argument(after, stop, position)
    right, end = r.argument(middle, stop, position)
    return _inner(r, (position, end - 1), left, right, None), end


def _separator(r: Reading, first: int, last: int) -> int | None:
    """Where the parts of a bracket meet: at the only comma, else at the only bar."""
    commas: list[int] = []
    bars: list[int] = []
    position = first
    while position < last:
        lexeme = r.lexemes[position]
        if lexeme.text == "," and lexeme.kind == "char":
            commas.append(position)
        elif lexeme.text in ("|", "mid", "\\middle", ";") and lexeme.kind not in ("(", "["):
            bars.append(position)
        position = r.partner.get(position, position) + 1
    found = commas or bars
    return found[0] if len(found) == 1 and first < found[0] < last - 1 else None


def _weight(r: Reading, close: int, stop: int) -> tuple[Range | None, int]:
    """The weight in the subscript behind an inner product; None where there is none or it is the mark of Frobenius."""
    after = close + 1
    if after >= stop or r.lexemes[after].text != "_" or r.lexemes[after].kind != "char":
        return None, after
    found, end = r.argument(after + 1, stop, after)
    word = r.word(*found)
    if found[0] == found[1] or (word in _FROBENIUS and not r.vocabulary.declares(word)):
        return None, end
    return found, end


def _inner(r: Reading, ends: Range, left: Range, right: Range, weight: Range | None) -> Items:
    first, last = r.lexemes[ends[0]], r.lexemes[ends[1]]
    opening, closing = Token("LPAR", "(", first.start, first.end), Token("RPAR", ")", last.start, last.end)
    comma = Token("COMMA", ",", last.start, last.start)
    if weight is None:
        return [Token("RUN", "inner", first.start, first.end), opening, left, comma, right, closing]
    times, transpose = Token("TIMES", "*", last.start, last.start), Token("TRANSPOSE", "'", last.start, last.start)
    factors: Items = [opening, left, closing, transpose, times, opening, weight, closing, times, opening, right, closing]
    return [opening, *factors, closing]


def norm_bars(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\norm{Ax - b}`` as the bars of a norm."""
    after = position + 1
    if after < stop and r.lexemes[after].kind == "[" and r.partner[after] + 1 < stop:
        after = r.partner[after] + 1  # a size: \norm[\big]{x}
    (first, last), end = r.argument(after, stop, position)
    lexeme, behind = r.lexemes[position], r.lexemes[end - 1]
    if first < last and r.lexemes[first].kind == "(" and r.partner[first] == last - 1:
        first, last = first + 1, last - 1
    return [Token("NORM_OPEN", "‖", lexeme.start, lexeme.end), (first, last), Token("NORM_CLOSE", "‖", behind.start, behind.end)], end


def labelled(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\underbrace{x}_{\text{label}}``: what stands above the label, in brackets."""
    found, end = r.argument(position + 1, stop, position)
    if end < stop and r.lexemes[end].kind == "char" and r.lexemes[end].text in "_^":
        end = r.argument(end + 1, stop, end)[1]
    opening, closing = r.bracket(position)
    return [opening, found, closing], end


def second_argument(r: Reading, position: int, stop: int) -> tuple[Items, int]:
    r"""``\textcolor{red}{x}``, ``\overset{!}{=}``: what is meant is the second argument."""
    _, middle = r.argument(position + 1, stop, position)
    found, end = r.argument(middle, stop, position)
    return [found], end
