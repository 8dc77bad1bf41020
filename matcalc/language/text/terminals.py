"""A terminal of the grammar in a text, with its place; what begins and ends operands, and brackets
that belong together."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import TypeAlias, TypeVar

from matcalc.base.errors import Span
from matcalc.base.records import record

ENDS_OPERAND = frozenset(
    [
        "NUMBER",
        "NAME",
        "RPAR",
        "RSQB",
        "TRANSPOSE",
        "SUPERSCRIPT",
        "NORM_CLOSE",
        "BAR_CLOSE",
        "BY",
        "VEC",
        "ATTRIBUTE",
        "POSITIVE_PART",
    ]
)
STARTS_OPERAND = frozenset(
    [
        "NUMBER",
        "NAME",
        "CALL",
        "APPLY",
        "LPAR",
        "NORM_OPEN",
        "BAR_OPEN",
        "SUM_OVER",
        "DERIVATIVE",
        "DERIVATIVE_BY",
        "DIFFERENTIAL",
    ]
)
WRITTEN_OUT = "written out"
"""The function of which the tokens of an array that is written out entry by entry are a call; no
text can call it."""
MASKED = "entries at "
"""What the function begins with that leaves the entries where the name behind it is 1, and makes
the others 0; no text can call it."""
GRADIENT, HESSIAN, JACOBIAN = "all partials", "all second partials", "jacobian by all"
PARTIALS = {GRADIENT: 1, HESSIAN: 2, JACOBIAN: 1}
"""Those for all partial derivatives of a function of several arguments, with their order."""
CONJUGATION = "conjugate by "
CONJUGATING = {sign: CONJUGATION + sign for sign in ("H", "*", "†", "H'")}
"""Signs behind an operand that transpose and conjugate, each with the function that does the
latter; no text can call it."""
BARS = frozenset(["BAR", "NORM_BAR"])


@record
class Token:
    """``type`` is a terminal of the grammar, or one of the raw types ``RUN``, ``BAR``, ``NEWLINE``
    that later stages resolve."""

    type: str
    value: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def as_a(self, kind: str, value: str | None = None) -> Token:
        """A token of another kind at its place, with its value or another."""
        return Token(kind, self.value if value is None else value, self.start, self.end)

    def split(self, width: int, kind: str, value: str | None = None) -> tuple[Token, Token]:
        """The first characters as a token of a kind, with their value or another, and the letters
        behind them."""
        first = Token(kind, self.value[:width] if value is None else value, self.start, self.start + width)
        return first, Token("RUN", self.value[width:], self.start + width, self.end)


@record
class Fork:
    """A run of letters that is one name and could be a product, or the other way round. ``cost`` is
    in the currency of kinds."""

    run: str
    cost: float


TO_PRODUCT = 4.0
"""A word as a product of letters that have no meaning of their own."""


TO_PRODUCT_TURNED = 2.0
"""Two letters with a sign of transposition behind them: ``uv'``."""


TO_FACTOR = 2.0
"""The sign of an operation before brackets as a factor."""


TO_NAME = 3.0
"""A product of letters with a meaning of their own as one name."""


ROUND = {"LPAR": "RPAR"}
BRACKETS = {"LPAR": "RPAR", "LSQB": "RSQB"}


def partners(tokens: list[Token], kinds: Mapping[str, str] = ROUND) -> dict[int, int]:
    """Opening bracket -> closing bracket, by position; ``kinds`` says which token closes which.
    What has no partner is left out."""
    closing = frozenset(kinds.values())
    partner: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(tokens):
        if token.type in kinds:
            opened.append(position)
        elif token.type in closing and opened and kinds[tokens[opened[-1]].type] == token.type:
            partner[opened.pop()] = position
    return partner


Rewritten: TypeAlias = tuple[list[Token], int]
"""What stands for tokens, and the position after these."""
Unit = TypeVar("Unit")
_DEPTH = {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}


def rewritten(
    tokens: list[Unit], entry: Callable[[int], tuple[list[Unit], int] | None], only: Container[int] | None = None
) -> list[Unit]:
    """The tokens with what ``entry`` says of a position in place of those that begin there; None
    leaves one as it is. It is asked of all positions, or ``only`` of some."""
    out: list[Unit] = []
    position, count = 0, len(tokens)
    while position < count:
        made = entry(position) if only is None or position in only else None
        if made is None:
            out.append(tokens[position])
            position += 1
        else:
            out += made[0]
            position = made[1]
    return out


def by_depth(tokens: list[Token], first: int = 0, stop: int | None = None) -> Iterator[tuple[int, Token, int]]:
    """Positions from the first on, the tokens there, and how many brackets are open behind them."""
    depth = 0
    for position in range(first, len(tokens) if stop is None else stop):
        depth += _DEPTH.get(tokens[position].type, 0)
        yield position, tokens[position], depth


def type_at(tokens: list[Token], position: int) -> str:
    return tokens[position].type if 0 <= position < len(tokens) else ""


def types_at(tokens: list[Token], first: int, count: int) -> list[str]:
    return [token.type for token in tokens[first : first + count]]


def listed(tokens: list[Token], start: int, between: Container[str] = ("COMMA",)) -> list[Token]:
    """The runs of letters between brackets that open at a position, with signs between them; none
    where they hold anything else."""
    stop = start + 1
    while type_at(tokens, stop) == "RUN" and type_at(tokens, stop + 1) in between:
        stop += 2
    return tokens[start + 1 : stop + 1 : 2] if types_at(tokens, stop, 2) == ["RUN", "RPAR"] else []


def exponent_width(tokens: list[Token], position: int) -> int:
    """The tokens of a plain exponent: a superscript, or a sign of power with a number; 0 without
    one."""
    return 2 if types_at(tokens, position, 2) == ["POWER", "NUMBER"] else int(type_at(tokens, position) == "SUPERSCRIPT")


def opening(place: int) -> Token:
    """A bracket that the text does not show."""
    return Token("LPAR", "(", place, place)


def closing(place: int) -> Token:
    return Token("RPAR", ")", place, place)


def with_parts(tokens: list[Token], is_function: Callable[[str], bool]) -> tuple[list[Token], list[Token]]:
    """The tokens with the colons of ``X[i,:]`` and ``X[:,k]`` as whole axes, where all that stands
    beside them are positions, and those of ``X[1:k,:]`` as signs of ranges; and the names of arrays
    with round brackets in place of these, ``X(:,k)``, behind which they become square."""
    found = list(tokens)
    of_matlab: list[Token] = []
    for start, stop in partners(tokens, BRACKETS).items():
        inner, round_ = tokens[start + 1 : stop], tokens[start].type == "LPAR"
        if (
            not any(token.type == "COLON" or token.value == "end" for token in inner)
            or not {token.type for token in inner} <= _IN_PARTS
        ):
            continue
        parts = _between_commas(inner)
        if all(map(_is_part, parts)) and (not round_ or _is_of_matlab(tokens, start, inner, is_function)):
            found[start + 1 : stop] = [_of_part(token, len(part)) for part in parts for token in part]
            if round_:
                found[start], found[stop] = tokens[start].as_a("LSQB", "["), tokens[stop].as_a("RSQB", "]")
                of_matlab.append(tokens[start - 1])
    return found, of_matlab


def _is_of_matlab(tokens: list[Token], start: int, inner: list[Token], is_function: Callable[[str], bool]) -> bool:
    """Whether round brackets behind a name hold positions, and nothing that a name is declared
    to be."""
    name = tokens[start - 1] if start else None
    if name is None or name.type != "RUN" or name.end != tokens[start].start or is_function(name.value):
        return False
    counted = any(token.type == "NUMBER" or token.value == "end" for token in inner)
    return (len(inner) > 1 or inner[0].value == "end") and (counted or any(token.type == "COMMA" for token in inner))


_IN_PARTS = frozenset(["COLON", "COMMA", "RUN", "NUMBER", "PLUS", "MINUS", "TIMES"])


def _between_commas(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each position, a comma with those after it."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == "COMMA":
            found.append([])
        found[-1].append(token)
    return found


def _is_part(tokens: list[Token]) -> bool:
    """Whether these are a position, a range of positions, or a colon alone."""
    types = [token.type for token in tokens if token.type != "COMMA"]
    return types.count("COLON") <= 1 and (types == ["COLON"] or (len(types) > 0 and "COLON" not in (types[0], types[-1])))


def _of_part(token: Token, length: int) -> Token:
    if token.type == "COLON":
        return token.as_a("WHOLE" if length <= _ALONE else "RANGE")
    return token.as_a("NAME") if token.value == "end" else token


_ALONE = 2
"""The most tokens of a position that is a colon, with the comma before it."""
_BEFORE_SIGNS = frozenset(["POWER", "ELEMENT_POWER", "TIMES", "DIVIDE"])
"""Behind what a plus or minus belongs to the number that follows."""


def end_of_term(tokens: list[Token], position: int) -> int:
    """The position after the product that begins at ``position``: of a plus or minus, an equals
    sign, or a bracket that closes."""
    seconds = _second_bars(tokens)
    bars = 0
    for place, token, depth in by_depth(tokens, position):
        bars += token.type in BARS and place not in seconds
        ends = token.type in ("EQUALS", "SEPARATOR")
        if token.type in ("PLUS", "MINUS", "COMMA"):
            signed = token.type != "COMMA" and tokens[place - 1].type in _BEFORE_SIGNS
            ends = not bars % 2 and place > position and not signed
        if depth < 0 or (depth == 0 and ends):
            return place
    return len(tokens)


def _second_bars(tokens: list[Token]) -> frozenset[int]:
    """The second bars of ``||``, where all bars of the text are written so; then two of them are
    one sign of a norm."""
    bars = [place for place, token in enumerate(tokens) if token.type == "BAR"]
    pairs = list(zip(bars[::2], bars[1::2], strict=False))
    together = all(second == first + 1 and tokens[first].end == tokens[second].start for first, second in pairs)
    return frozenset(bars[1::2]) if together and len(bars) % 2 == 0 else frozenset()
