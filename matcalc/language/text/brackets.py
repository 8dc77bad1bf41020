"""Brackets among tokens: which belong together, and how far a product reaches."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.language.text.terminals import Token

ROUND = {"LPAR": "RPAR"}


def partners(tokens: list[Token], kinds: Mapping[str, str] = ROUND) -> dict[int, int]:
    """Opening bracket -> closing bracket, by position; ``kinds`` says which token closes which. What has no partner is left out."""
    closing = frozenset(kinds.values())
    partner: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(tokens):
        if token.type in kinds:
            opened.append(position)
        elif token.type in closing and opened and kinds[tokens[opened[-1]].type] == token.type:
            partner[opened.pop()] = position
    return partner


def with_parts(tokens: list[Token]) -> list[Token]:
    """The tokens with the colons of ``X[i,:]`` and ``X[:,k]`` as whole axes, where all that stands beside them are letters."""
    if not any(token.type == "COLON" for token in tokens):
        return tokens
    found = list(tokens)
    for opening, closing in partners(tokens, {"LSQB": "RSQB"}).items():
        places, commas = tokens[opening + 1 : closing : 2], tokens[opening + 2 : closing : 2]
        if len(places) != len(commas) + 1 or any(comma.type != "COMMA" for comma in commas):
            continue
        letters = [token for token in places if token.type == "RUN" and len(token.value) == 1]
        colons = [place for place in range(opening + 1, closing, 2) if tokens[place].type == "COLON"]
        if letters and colons and len(letters) + len(colons) == len(places):
            for place in colons:
                found[place] = Token("WHOLE", ":", tokens[place].start, tokens[place].end)
    return found


def end_of_term(tokens: list[Token], position: int) -> int:
    """The position after the product that begins at ``position``: of a plus or minus, an equals sign, or a bracket that closes."""
    depth, bars = 0, 0
    seconds: frozenset[int] | None = None
    for place in range(position, len(tokens)):
        kind = tokens[place].type
        depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
        if kind in ("BAR", "NORM_BAR"):
            seconds = _second_bars(tokens) if seconds is None else seconds
            bars += place not in seconds
        ends = kind in ("EQUALS", "SEPARATOR") or (kind in ("PLUS", "MINUS", "COMMA") and not bars % 2 and place > position)
        if depth < 0 or (depth == 0 and ends and not _is_sign_of_exponent(tokens, place)):
            return place
    return len(tokens)


def _second_bars(tokens: list[Token]) -> frozenset[int]:
    """The second bars of ``||``, where all bars of the text are written so; then two of them are one sign of a norm."""
    bars = [place for place, token in enumerate(tokens) if token.type == "BAR"]
    firsts, seconds = bars[::2], bars[1::2]
    pairs = zip(firsts, seconds, strict=False)
    together = all(second == first + 1 and tokens[first].end == tokens[second].start for first, second in pairs)
    return frozenset(seconds) if together and len(firsts) == len(seconds) else frozenset()


def _is_sign_of_exponent(tokens: list[Token], place: int) -> bool:
    return tokens[place].type in ("PLUS", "MINUS") and tokens[place - 1].type in ("POWER", "ELEMENT_POWER", "TIMES", "DIVIDE")
