"""What is said of functions from some sets to another one: ``R^n × R^m -> R``."""

from __future__ import annotations

from itertools import pairwise

from matcalc.base.errors import ParseError, Span
from matcalc.base.shapes import kind_of
from matcalc.base.sizes import ONE
from matcalc.language.declare.scanning import SETS, SMOOTH, SizeReader, Token, Tokens, at
from matcalc.language.declare.value_reader import Said, ValueReader

_ARROW = "→"
_MOST_ARGUMENTS = 6


def said_of(tokens: Tokens, text: str, name: str, *, member: bool = False) -> Said:
    """What tokens say of a name, a function from some sets to another one among it. Raises
    ParseError."""
    arrow = next((k for k, token in enumerate(tokens) if token.text == _ARROW), None)
    if arrow is None:
        return ValueReader(tokens, text, name, member=member).read()
    parts = [*_arguments(tokens[:arrow]), _without_smooth(tokens[arrow + 1 :])]
    if not all(parts) or len(parts) > _MOST_ARGUMENTS + 1:
        said = "a function takes and gives something" if len(parts) <= _MOST_ARGUMENTS + 1 else "too many arguments"
        raise ParseError(said, span=tokens[arrow].span, suggestion=f"{name}: R^n -> R^m, or {name}: function")
    *takes, gives = [_one_of_function(part, text, name) for part in parts]
    return Said("function", takes=tuple(takes), gives=gives)


def _without_smooth(tokens: Tokens) -> Tokens:
    """What a function gives, without the words that say it has derivatives."""
    end = len(tokens)
    while end and (tokens[end - 1].text.lower() in SMOOTH or tokens[end - 1].text == ","):
        end -= 1
    rest = next((token for token in tokens[:end] if token.text == ","), None)
    if rest is not None:
        raise SizeReader(tokens, "", "f").not_understood(at(tokens, tokens.index(rest) + 1))
    return tokens[:end]


def _arguments(tokens: Tokens) -> list[Tokens]:
    """The arguments, between commas, or between crosses of sets: ``R^n × R^m``."""
    if len(tokens) > 1 and tokens[0].text == "(" and tokens[-1].text == ")" and any(map(_is_real, tokens)):
        tokens = tokens[1:-1]
    depth, cuts = 0, [-1]
    sets = bool(tokens) and _is_real(tokens[0])
    for place, token in enumerate(tokens):
        depth += (token.text in ("(", "{", "[")) - (token.text in (")", "}", "]"))
        following = at(tokens, place + 1)
        if not depth and (token.text == "," or (token.text == "×" and sets and _is_real(following))):
            cuts.append(place)
    return [tokens[first + 1 : last] for first, last in pairwise([*cuts, len(tokens)])]


def _is_real(token: Token) -> bool:
    return SETS.get(token.text) == "real"


def _one_of_function(tokens: Tokens, text: str, name: str) -> Said:
    """One argument of a function, or its value. Raises ParseError for what is no scalar, column or
    matrix of real numbers."""
    found = ValueReader(tokens, text, name, member=_is_real(tokens[0])).read()
    span = Span(tokens[0].start, tokens[-1].end)
    flat = found.row or (found.shape or ())[:1] == (ONE,)
    other = flat or (found.shape is not None and found.kind not in (None, kind_of(found.shape)))
    if other or found.properties or found.order > 2 or found.kind in ("function", "tensor"):
        written = text[span.start : span.end].strip()
        raise ParseError(
            f"{written} is nothing that a function is declared to take or give",
            span=span,
            expected="scalar, vector, matrix, or sizes",
            suggestion=f"{name}: n -> m, or {name}: n×m -> scalar, or {name}: function",
        )
    if found.kind is None and found.shape is None:
        raise ParseError("a size or a kind is missing", span=span, suggestion=f"{name}: n -> scalar")
    return found
