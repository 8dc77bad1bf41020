"""Positions of Python in those of the language, which are counted from 1 and from ``end``:
``x[1:]`` is ``x[2:end]``, ``X[:, -1]`` the last column."""

from __future__ import annotations

from matcalc.base.errors import ParseError, Span
from matcalc.language.decisions import Decision
from matcalc.language.text.terminals import BRACKETS, Token, partners, type_at

_COLONS = frozenset(["COLON", "RANGE", "WHOLE"])
_OPERAND_ENDS = frozenset(["RUN", "RPAR", "RSQB", "TRANSPOSE"])
_AXES = frozenset(["None", "newaxis"])
END = "end"


def has_slices(tokens: list[Token]) -> bool:
    """Whether positions are written that only Python has: counted from the end by a minus, or with
    a side of a colon left out."""
    return any(_is_of_python(tokens[start + 1 : stop]) for start, stop in _positions(tokens))


def _is_of_python(inner: list[Token]) -> bool:
    if any(token.value == END for token in inner):
        return False
    starts = [place for place, _ in enumerate(inner) if not place or inner[place - 1].type == "COMMA"]
    if any(type_at(inner, place) == "MINUS" and type_at(inner, place + 1) == "NUMBER" for place in starts):
        return True
    negative = any(token.type == "MINUS" and type_at(inner, place - 1) in _COLONS for place, token in enumerate(inner))
    return negative or any(token.type == "COLON" for token in inner)


def _positions(tokens: list[Token]) -> list[tuple[int, int]]:
    """The square brackets at once behind an operand, without others within them."""
    found = sorted(partners(tokens, BRACKETS).items())
    following = [start for start, _ in found[1:]] + [len(tokens)]
    return [
        (start, stop)
        for (start, stop), other in zip(found, following)
        if tokens[start].type == "LSQB"
        and start
        and tokens[start - 1].type in _OPERAND_ENDS
        and tokens[start - 1].end == tokens[start].start
        and stop < other
    ]


def in_positions(tokens: list[Token], decisions: list[Decision]) -> list[Token]:
    """The tokens with slices, and places counted from the end, as the language has them.

    Raises ParseError for slices with a step and for those without positions.
    """
    out = list(tokens)
    for start, stop in sorted(_positions(tokens), reverse=True):
        inner = tokens[start + 1 : stop]
        sliced = any(token.type in _COLONS or token.type == "MINUS" for token in inner)
        if not sliced or any(token.value in _AXES or token.value == END for token in inner):
            continue
        name, opening, closing = tokens[start - 1], tokens[start], tokens[stop]
        if "".join([token.value for token in inner]) == "::-1" and name.type == "RUN" and not name.value[:1].isupper():
            out[start - 1 : stop + 1] = [
                Token("RUN", "flip", opening.start, closing.end), opening.as_a("LPAR", "("), name, closing.as_a("RPAR", ")")
            ]  # fmt: skip
            continue
        made: list[Token] = []
        for part in _parts(inner):
            made += [*([Token("COMMA", ",", part[0].start, part[0].start)] if made else []), *_meant(part)]
        out[start + 1 : stop] = made
        if [token.value for token in made] != [token.value for token in inner]:
            decisions.append(_decision(inner, made, Span(tokens[start].start, tokens[stop].end)))
    return out


def _decision(inner: list[Token], made: list[Token], place: Span) -> Decision:
    written, meant = ["".join([token.value for token in part]) for part in (inner, made)]
    said = f"[{written}] is read as [{meant}]: NumPy counts from 0, and leaves out the last place of a slice"
    numbers = {token.value for token in inner if token.type == "NUMBER"} - {"0"}
    if _is_of_python(inner) or not numbers:
        return Decision(said, "dialect", span=place)
    return Decision(
        said, "dialect", "doubtful", place, (f"counted from 0: [{meant}]", f"counted from 1: [{written}] without signs of NumPy")
    )


def _parts(inner: list[Token]) -> list[list[Token]]:
    found: list[list[Token]] = [[]]
    for token in inner:
        if token.type == "COMMA":
            found.append([])
        else:
            found[-1].append(token)
    return [part for part in found if part]


def _meant(part: list[Token]) -> list[Token]:
    colons = [place for place, token in enumerate(part) if token.type in _COLONS]
    if not colons:
        return _from_the_end(part, 1) if _is_negative(part) else part
    if len(part) == 1:
        return [part[0].as_a("WHOLE", ":")]
    if len(colons) > 1:
        raise ParseError(
            "slices with a step are not read", span=Span(part[0].start, part[-1].end), suggestion="x[1:-1], all places of a range"
        )
    before, colon, after = part[: colons[0]], part[colons[0]], part[colons[0] + 1 :]
    return [*_first(before, colon), colon.as_a("RANGE", ":"), *_last(after, colon)]


def _is_negative(part: list[Token]) -> bool:
    return [token.type for token in part] == ["MINUS", "NUMBER"]


def _first(part: list[Token], colon: Token) -> list[Token]:
    if not part:
        return [Token("NUMBER", "1", colon.start, colon.start)]
    if _is_negative(part):
        return _from_the_end(part, 1)
    if len(part) == 1 and part[0].value.isdecimal():
        return [part[0].as_a("NUMBER", str(int(part[0].value) + 1))]
    end = part[-1].end
    return [*part, Token("PLUS", "+", end, end), Token("NUMBER", "1", end, end)]


def _last(part: list[Token], colon: Token) -> list[Token]:
    if not part:
        return [Token("NAME", END, colon.end, colon.end)]
    if _is_negative(part):
        return _from_the_end(part, 0)
    if len(part) == 1 and part[0].value == "0":
        raise ParseError("this slice has no positions", span=part[0].span, suggestion="x[:3], x[1:]")
    return part


def _from_the_end(part: list[Token], last: int) -> list[Token]:
    """A place counted from the end, where -1 is ``last`` before the one behind the end."""
    sign, number = part
    back = int(number.value) - last
    end = sign.as_a("NAME", END)
    return [end, sign, number.as_a("NUMBER", str(back))] if back > 0 else [end]
