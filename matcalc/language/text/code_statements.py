"""Lines of Python that compute a value straight on, as statements of the language; and what is said of other lines."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.base.errors import ParseError, Span
from matcalc.language.text.terminals import Token

_DROPPED = frozenset(["import", "from"])
_BRANCHING = frozenset(["for", "while", "if", "with", "try", "class", "assert", "raise"])
_STRAIGHT_ONLY = "code is read when it goes straight on: assignments and a value"


def straight(tokens: list[Token]) -> list[Token]:
    """The statements of a text of Python: without imports, headers of functions, docstrings and ``return``.

    Raises ParseError for loops, branches and ``+=``.
    """
    if not any(token.type in ("NEWLINE", "SEPARATOR", "STRING", "EQUALS") or token.value in _HEADS for token in tokens):
        return tokens
    has_header = any(token.type == "COLON" for token in tokens)
    out: list[Token] = []
    begins, place, depth, assigns = True, 0, 0, False
    while place < len(tokens):
        token = tokens[place]
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        if begins and (taken := _beginning(tokens, place)):
            if out and token.value == "return":
                out[-1] = _ended(out[-1])
            place += taken
            continue
        if begins:
            assigns = [other.type for other in tokens[place : place + 2]] == ["RUN", "EQUALS"]
        if token.type == "RUN" and token.value == "lambda" and has_header:  # else it is λ
            place = _after_header(tokens, place)
            if _names_a_function(out):
                del out[-2:]
            continue
        _check_augmented(tokens, place, depth)
        out.append(_ended(token) if assigns and not depth else token)
        begins = token.type in ("NEWLINE", "SEPARATOR") and not depth
        place += 1
    return out


def _ended(token: Token) -> Token:
    """The end of a line as the end of a statement, whatever sign the next line begins with."""
    return Token("SEPARATOR", token.value, token.start, token.end) if token.type == "NEWLINE" else token


_HEADS = frozenset(["def", "lambda", "return", "import", "from"]) | _BRANCHING


def _beginning(tokens: list[Token], place: int) -> int:
    """The tokens at the beginning of a statement that have no meaning in a formula."""
    token = tokens[place]
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    if token.type == "STRING" and (following is None or following.type in ("NEWLINE", "SEPARATOR")):
        return 1
    if token.type != "RUN" or following is None or following.type not in ("RUN", "NUMBER", "LPAR", "MINUS", "NORM_BAR", "BAR", "LSQB"):
        return 0
    if token.value == "return":
        return 1
    if following.type != "RUN":
        return 0
    if token.value in _DROPPED:
        end = place
        while end < len(tokens) and tokens[end].type not in ("NEWLINE", "SEPARATOR"):
            end += 1
        return end - place
    if token.value == "def":
        return _after_header(tokens, place) - place
    if token.value in _BRANCHING:
        raise ParseError(f"{token.value!r} is not read: {_STRAIGHT_ONLY}", span=token.span, suggestion="r = X @ w - y; np.sum(r**2)")
    return 0


def _after_header(tokens: list[Token], place: int) -> int:
    """The position after the colon that ends the header of a function.

    Raises ParseError when there is none.
    """
    depth = 0
    for position in range(place, len(tokens)):
        kind = tokens[position].type
        depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
        if depth == 0 and kind == "COLON":
            return position + 1
    raise ParseError(f"the colon after {tokens[place].value!r} is missing", span=tokens[place].span)


def _names_a_function(out: Sequence[Token]) -> bool:
    """Whether ``f =`` stands before a lambda, and nothing before that."""
    return len(out) == 2 and out[0].type == "RUN" and out[1].type == "EQUALS"


def _check_augmented(tokens: list[Token], place: int, depth: int) -> None:
    token = tokens[place]
    if token.type != "EQUALS" or depth or not place or tokens[place - 1].end != token.start:
        return
    sign = tokens[place - 1]
    if sign.type in ("PLUS", "MINUS", "TIMES", "DIVIDE"):
        span = Span(sign.start, token.end)
        raise ParseError(f"'{sign.value}=' changes a value, and every name has one value", span=span, suggestion="a new name for the sum")


def without_handle(tokens: list[Token]) -> list[Token]:
    """The tokens without the head of an anonymous function of MATLAB, ``f = @(x)``."""
    start = 2 if [token.type for token in tokens[:2]] == ["RUN", "EQUALS"] else 0
    if len(tokens) < start + 2 or tokens[start].value != "@" or tokens[start + 1].type != "LPAR":
        return tokens
    for place in range(start + 2, len(tokens)):
        if tokens[place].type == "RPAR":
            return tokens[place + 1 :]
        if tokens[place].type not in ("RUN", "COMMA"):
            break
    return tokens


def check_loops(tokens: list[Token]) -> None:
    """Raises ParseError for ``for x in X`` within a formula."""
    for first, second, third in zip(tokens, tokens[1:], tokens[2:]):
        if first.value == "for" and second.type == "RUN" and third.value == "in":
            raise ParseError("loops are not read", span=Span(first.start, third.end), suggestion="sum(i, x[i]^2), or sum(x.^2)")


def in_one_line(colons: Sequence[Token]) -> str:
    """What is said of a part of an array."""
    return "slices are not read" if colons else "an axis of size 1 cannot be put in"
