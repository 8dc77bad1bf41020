"""Signs that can be read in several ways: bars, functions without brackets, divisors, ×, a small t
and ′."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.language.decisions import Decision
from matcalc.language.text.spelling import Vocabulary, canonical_name
from matcalc.language.text.terminals import (
    BARS,
    BRACKETS,
    ENDS_OPERAND,
    STARTS_OPERAND,
    TO_NAME,
    Fork,
    Rewritten,
    Token,
    by_depth,
    closing,
    opening,
    partners,
    rewritten,
    type_at,
    types_at,
)  # fmt: skip

_STOPS = frozenset(["COMMA", "EQUALS", "SEPARATOR"])
_MOST_RETRIES = 20_000

Open: TypeAlias = "tuple[str, Token, Open] | None"
"""What is open: sort, token, and what is open around it."""

Choice: TypeAlias = tuple[str, int]
"""A terminal and the number of tokens it takes."""


@record
class _Branch:
    """Where the reader of bars can go back to: what is open there, whether an operand ends, and the
    readings that are left."""

    position: int
    choices: list[Choice]
    written: int
    opened: Open
    ends: bool


class _Bars:
    """Reads the bars of a text from left to right, and goes back to the nearest decision where that
    fails."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.out: list[Token] = []
        self.position = 0
        self.ends = False
        self.opened: Open = None
        self._branches: list[_Branch] = []
        self._failed: Token | None = None
        self._retries = 0

    def read(self) -> list[Token]:
        while self.position < len(self.tokens) or self.opened is not None:
            bad, choices = self._next()
            if bad is not None:
                choices = self._back(bad)
            elif len(choices) > 1:
                self._branches.append(_Branch(self.position, choices[1:], len(self.out), self.opened, self.ends))
            self._write(*choices[0])
        return self.out

    def _next(self) -> tuple[Token | None, list[Choice]]:
        """What stands in the way, if anything, and the readings of the next token."""
        inner = None if self.opened is None or self.opened[0] not in ("NORM", "BAR") else self.opened[1]
        if self.position == len(self.tokens):
            return self.opened and self.opened[1], []
        token = self.tokens[self.position]
        if token.type in BARS:
            choices = _choices(self.tokens, self.position, self.opened, self.ends)
            return (None if choices else token), choices
        closes = token.type in ("RPAR", "RSQB")
        if closes and self.opened is not None:
            self.opened = self.opened[2]
        return (inner if closes or token.type in _STOPS else None), [("", 1)]

    def _back(self, bad: Token) -> list[Choice]:
        """Goes back to the last decision that could be another one, and gives that."""
        self._failed = self._failed or bad
        self._retries += 1
        if not self._branches or self._retries > _MOST_RETRIES:
            raise ParseError("the bars do not pair up", span=self._failed.span, suggestion="norm2(x), abs(x) or det(X)")
        branch = self._branches[-1]
        self.position, self.opened, self.ends = branch.position, branch.opened, branch.ends
        del self.out[branch.written :]
        choice = branch.choices.pop(0)
        if not branch.choices:
            self._branches.pop()
        return [choice]

    def _write(self, kind: str, width: int) -> None:
        token = self.tokens[self.position]
        if kind:
            token = Token(kind, token.value * width, token.start, self.tokens[self.position + width - 1].end)
        if kind.endswith("OPEN") or token.type in ("LPAR", "LSQB"):
            self.opened = (kind.partition("_")[0] or token.type, token, self.opened)
        elif kind and self.opened is not None:
            self.opened = self.opened[2]
        self.out.append(token)
        self.ends = token.type in ENDS_OPERAND
        self.position += width


def resolve_bars(tokens: list[Token]) -> list[Token]:
    """The tokens with every bar replaced by ``NORM_OPEN``, ``NORM_CLOSE``, ``BAR_OPEN`` or
    ``BAR_CLOSE``.

    Raises ParseError when the bars do not pair up.
    """
    _check_triples(tokens)
    return _Bars(tokens).read()


def _check_triples(tokens: list[Token]) -> None:
    """Raises ParseError for ``|||X|||``: three bars on both sides are a norm of their own, which
    books mean different things by."""
    runs: list[list[Token]] = []
    for token in [token for token in tokens if token.type == "BAR"]:
        if not runs or runs[-1][-1].end != token.start:
            runs.append([])
        runs[-1].append(token)
    if len(runs) > 1 and all(len(run) == 3 for run in runs):
        raise ParseError(
            "norms in three bars are not read",
            span=Span(runs[0][0].start, runs[0][-1].end),
            suggestion="norm(X, spectral), norm(X, nuclear), ||X||_F",
        )


def _choices(tokens: list[Token], position: int, opened: Open, ends: bool) -> list[Choice]:
    """The readings of the bar at ``position`` that are possible so far, likeliest first."""
    inner = opened[0] if opened is not None else ""
    sorts = _sorts(tokens, position)
    closes = [(f"{sort}_CLOSE", width) for sort, width in sorts if ends and inner == sort]
    after = {sort: type_at(tokens, position + width) for sort, width in sorts}
    opens = [(f"{sort}_OPEN", width) for sort, width in sorts if after[sort] in (_MAY_FOLLOW if ends else _MAY_FOLLOW | _SIGNS)]
    unlikely = [(f"{sort}_OPEN", width) for sort, width in sorts if ends and after[sort] in _SIGNS]
    if closes and opens and _hugs_right(tokens, position, opens[0][1]):
        return opens + closes + unlikely
    return closes + opens + unlikely


_SIGNS = frozenset(["MINUS", "PLUS"])
_MAY_FOLLOW = STARTS_OPERAND | BARS
"""What stands behind bars that open."""


def _sorts(tokens: list[Token], position: int) -> list[Choice]:
    """What a bar may be one of: those of a norm, which are two, or single ones."""
    token, following = tokens[position], tokens[min(position + 1, len(tokens) - 1)]
    if token.type == "NORM_BAR":
        return [("NORM", 1)]
    double = following.type == "BAR" and following.start == token.end
    return [("NORM", 2), ("BAR", 1)] if double else [("BAR", 1)]


def _hugs_right(tokens: list[Token], position: int, width: int) -> bool:
    """Whether blanks before and none after say that the bar belongs to what follows: ``||x ||y||
    ||``."""
    before, after = tokens[position - 1], tokens[position + width]
    return before.end < tokens[position].start and after.start == tokens[position + width - 1].end and after.type not in BARS


_OPENS = {"LPAR": "RPAR", "LSQB": "RSQB", "NORM_OPEN": "NORM_CLOSE", "BAR_OPEN": "BAR_CLOSE"}
_CLOSES = frozenset(_OPENS.values())
_WHOLE_PRODUCT = frozenset(["tr", "trace", "det", "logdet", "diag", "vec", "inv"])
_NUMBERS = frozenset(["tr", "trace", "det", "logdet", "inner"])
"""Factors that are no matrices: the operand ends before them."""
_ENDS_TERM = frozenset(["", "EQUALS", "COMMA", "SEPARATOR", *_CLOSES])
_PLAIN = frozenset(["NAME", "NUMBER"])
_ATOMS = frozenset(["NAME", "NUMBER", "CALL", "APPLY", "LPAR", "NORM_OPEN", "BAR_OPEN", "DERIVATIVE"])


def bracketed_operands(tokens: list[Token], latex: bool) -> list[Token]:
    """The tokens with brackets around the operands of ``APPLY`` and ``DERIVATIVE_BY``.

    In print a function name takes the letters and numbers that follow it, a trace or determinant
    the whole product, and a derivative sign everything up to the next plus or minus. In plain text
    the same holds of traces, determinants and derivative signs, and other functions take the next
    factor. The grammar binds all of them to the next factor, so brackets are put in here.
    """
    ends = {position: stop for position, stop in _Reach(tokens, latex).end.items() if stop > position + 1}
    closed = Counter(ends.values())
    out: list[Token] = []
    for position, token in enumerate(tokens):
        out += [*[closing(tokens[position - 1].end)] * closed[position], token]
        if position in ends:
            out.append(opening(tokens[position + 1].start))
    return out + [closing(tokens[-1].end)] * closed[len(tokens)]


class _Reach:
    """How far functions and derivative signs without brackets reach: ``end`` is the position after
    their operands."""

    def __init__(self, tokens: list[Token], latex: bool) -> None:
        self.tokens, self.latex, self.partner = tokens, latex, partners(tokens, _OPENS)
        self.end: dict[int, int] = {}
        for position in range(len(tokens) - 1, -1, -1):
            if tokens[position].type == "APPLY":
                self.end[position] = self._applied_end(position)
            elif tokens[position].type == "DERIVATIVE_BY":
                self.end[position] = self._term_end(position + 1)

    def _type(self, position: int) -> str:
        return type_at(self.tokens, position)

    def _applied_end(self, position: int) -> int:
        first = position + 1
        if self._type(first) == "SUM_OVER":
            return self._term_end(first)
        whole = self.tokens[position].value in _WHOLE_PRODUCT
        stop = self._factor_end(first)
        if not whole and not (self.latex and self._type(first) in _PLAIN):
            return stop
        while self._type(stop) in (_ATOMS if whole else _PLAIN):
            number = self._type(stop) in ("CALL", "APPLY") and self.tokens[stop].value in _NUMBERS
            after = stop if number else self._factor_end(stop)
            if after == stop:
                break
            stop = after
        return stop

    def _factor_end(self, position: int) -> int:
        """The position after one factor with its exponents; ``position`` itself when none begins
        there."""
        if position in self.end:
            return self.end[position]
        stop = self._base_end(position)
        while stop > position and (after := self._hanging_end(stop)) > stop:
            stop = after
        return stop

    def _base_end(self, position: int) -> int:
        kind, partner = self._type(position), self.partner
        if kind in ("LPAR", "NORM_OPEN", "BAR_OPEN"):
            return partner.get(position, position - 1) + 1
        if kind not in ("CALL", "DERIVATIVE") or position + 1 not in partner:
            return position + (kind in _PLAIN)
        stop = partner[position + 1] + 1
        stop += self._type(stop) == "BY"
        while self._type(stop) in ("AT", "ALONG") and stop + 1 in partner:
            stop = partner[stop + 1] + 1
        return stop

    def _hanging_end(self, position: int) -> int:
        """The position after an exponent or an index; ``position`` itself when none stands
        there."""
        kind = self._type(position)
        if kind in ("TRANSPOSE", "SUPERSCRIPT", "LSQB"):
            return self.partner.get(position, position - (kind == "LSQB")) + 1
        if kind not in ("POWER", "ELEMENT_POWER", "SUBSCRIPT"):
            return position
        after = position + 1 + (self._type(position + 1) == "MINUS")
        after += self._type(after) == "CALL" and after + 1 in self.partner
        return self.partner.get(after, after if self._type(after) in _PLAIN else position - 1) + 1

    def _term_end(self, first: int) -> int:
        """The position after the product that begins at ``first``."""
        position = first
        while (kind := self._type(position)) not in _ENDS_TERM:
            if kind in _SIGNS and (position == first or self._type(position - 1) in ENDS_OPERAND):
                break
            nested = self.end[position] if kind == "DERIVATIVE_BY" else 0
            position = nested or self.partner.get(position, position) + 1
        return position


_COUNTS = frozenset("nN")
_FACTORS = frozenset("kKmM")
"""Letters for masses and constants, too: ``1/2m v'v`` is half of m v'v."""
_HANGS_ON = frozenset(["SUBSCRIPT", "SUPERSCRIPT", "POWER"])


def with_whole_divisors(tokens: list[Token], decisions: list[Decision]) -> list[Token]:
    """The tokens with brackets around norms that stand side by side behind a slash, and around
    ``2n`` at once behind one."""
    partner = partners(tokens, {"NORM_OPEN": "NORM_CLOSE"})

    def divisor(position: int) -> Rewritten | None:
        token, first = tokens[position], position + 1
        if token.type != "DIVIDE":
            return None
        _doubt_exponent(tokens, position, decisions)
        stop = _norms_end(tokens, first, partner)
        if stop is not None:
            decisions.append(
                Decision(
                    "the norms behind the slash are read as one divisor",
                    "notation",
                    "doubtful",
                    token.span,
                    ("one divisor: u'*v/(||u||*||v||)", "a quotient and then a factor: (u'*v/||u||)*||v||"),
                )
            )
        stop = stop or _count_end(tokens, first, decisions)
        return (
            None
            if stop is None
            else ([token, opening(tokens[first].start), *tokens[first:stop], closing(tokens[stop - 1].end)], stop)
        )

    return rewritten(tokens, divisor)


def _norms_end(tokens: list[Token], position: int, partner: dict[int, int]) -> int | None:
    """Where two or more norms side by side end."""
    stop, count = _norm_end(tokens, position, partner), 1
    while stop is not None and type_at(tokens, stop) == "JUXT":
        stop, count = _norm_end(tokens, stop + 1, partner), count + 1
    return stop if count > 1 else None


def _norm_end(tokens: list[Token], position: int, partner: dict[int, int]) -> int | None:
    """The position after norm bars with what hangs on them."""
    if position not in partner:
        return None
    stop = partner[position] + 1
    while (kind := type_at(tokens, stop)) in _HANGS_ON:
        stop += 1 if kind == "SUPERSCRIPT" else 2
    return stop


def _count_end(tokens: list[Token], position: int, decisions: list[Decision]) -> int | None:
    """The position after ``2n`` in ``1/2n``, where it is one divisor; says that it may be read
    otherwise."""
    if types_at(tokens, position, 3) != ["NUMBER", "JUXT", "NAME"]:
        return None
    number, name = tokens[position], tokens[position + 2]
    if tokens[position - 1].end != number.start or number.end != name.start or name.value not in _COUNTS | _FACTORS:
        return None
    written, whole = f"1/{number.value}{name.value}", name.value in _COUNTS
    one, apart = f"1/({number.value}*{name.value})", f"(1/{number.value})*{name.value}"
    said = f"{written} is read as {one if whole else apart}"
    decisions.append(Decision(said, "notation", "doubtful", number.span, (f"one divisor: {one}", f"a factor: {apart}")))
    return position + 3 if whole else None


def _doubt_exponent(tokens: list[Token], slash: int, decisions: list[Decision]) -> None:
    """A doubt about ``X^1/2`` without a space: nobody raises to the power 1, or halves an
    inverse."""
    after, one = slash + 1, slash - 1
    if type_at(tokens, after) != "NUMBER" or tokens[one].value != "1":
        return
    power = one - (type_at(tokens, one - 1) == "MINUS") - 1
    run = tokens[max(power, 0) : after + 1]
    apart = any(left.end != right.start for left, right in pairwise(run))
    if apart or run[0].value not in ("^", ".^", "**"):
        return
    sign, number = "-" * (power < one - 1), tokens[after].value
    quotient, root = f"(X^{sign}1)/{number}", f"X^({sign}1/{number})"
    said = f"^{sign}1/{number} is read as {quotient}, not as {root}"
    ways = (f"a quotient: {quotient}", f"a root: {root}")
    decisions.append(Decision(said, "notation", "doubtful", tokens[slash].span, ways))


_CROSSES = frozenset(["×", "\\times"])


def crosses(text: str, tokens: list[Token], vocabulary: Vocabulary) -> list[Decision]:
    """A doubt about every × that does not stand beside a number or between names that are
    declared."""
    said = "× is read as a product; the cross product of vectors is cross(u, v)"
    ways = ("a product: *", "the cross product: cross(u, v)")
    found: list[Decision] = []
    for place, token in enumerate(tokens):
        if token.type == "TIMES" and text[token.start : token.end].strip() in _CROSSES:
            beside = [*tokens[max(0, place - 1) : place], *tokens[place + 1 : place + 2]]
            declared = all(vocabulary.declares(one.value) for one in beside)
            if not declared and all(one.type != "NUMBER" for one in beside):
                found.append(Decision(said, "notation", "doubtful", token.span, ways))
    return found


_FOLLOWS = frozenset(["RUN", "LPAR", "NORM_BAR", "ONES", "TIMES"])


def turned_by_small_t(tokens: list[Token], vocabulary: Vocabulary, decisions: list[Decision]) -> list[Token]:
    """The tokens with the exponent t of a letter as a transpose, where t is nothing else in the
    text and a factor follows at once; of a capital only where it follows once more, as in
    ``X^t A X``. Every exponent t is a doubt then.
    """
    places = [place for place in range(1, len(tokens)) if _is_raised(tokens, place)]
    if not places or vocabulary.declares("t") or _stands_elsewhere(tokens, places):
        return tokens
    out = list(tokens)
    for place in reversed(places):
        end = place + (tokens[place].type == "POWER")
        out[place : end + 1] = _transposed(tokens, place, end, decisions) or out[place : end + 1]
    return out


def _transposed(tokens: list[Token], place: int, end: int, decisions: list[Decision]) -> list[Token] | None:
    """A transpose in place of an exponent t, with the letters behind it; None where it is a
    power."""
    base, letter = tokens[place - 1], tokens[place - 1].value[-1:]
    word = len(base.value) > 1 and base.value.isascii() and base.value.islower()
    if base.type != "RUN" or word or letter == "e" or not letter.isalpha():
        return None
    rest, after = tokens[end].value[1:] if end > place else "", type_at(tokens, end + 1)
    if not rest and after not in _FOLLOWS:
        return None
    later = rest + "".join([token.value for token in tokens[end + 1 :] if token.type == "RUN"])
    turned = letter in later or (letter.islower() and (rest != "" or after != "TIMES"))
    said = f"{letter}^t is read as {'the transpose' if turned else 'a power'}"
    ways = (f"the transpose: {letter}^T", f"a power: {letter}^(t)")
    decisions.append(Decision(said, "notation", "doubtful", tokens[place].span, ways if turned else ways[::-1]))
    made = [Token("TRANSPOSE", "'", tokens[place].start, tokens[end].start + 1), tokens[end].split(1, "RUN")[1]]
    return made[: 1 + bool(rest)] if turned else None


def _is_raised(tokens: list[Token], place: int) -> bool:
    """Whether a sign of a power with t, or a run that begins with it, stands there."""
    if types_at(tokens, place, 2) != ["POWER", "RUN"]:
        return tokens[place].type == "SUPERSCRIPT" and tokens[place].value == "ᵗ"
    begin, rest = tokens[place + 1].value[0], tokens[place + 1].value[1:]
    return begin == "t" and (not rest or rest[0].isupper() or (len(rest) == 1 and rest.isalpha()))


def _stands_elsewhere(tokens: list[Token], places: list[int]) -> bool:
    """Whether t is a name in the text, or an index."""
    exponents = {place + 1 for place in places if tokens[place].type == "POWER"}
    others = [token.value for place, token in enumerate(tokens) if token.type == "RUN" and place not in exponents]
    return any(_HOLDS_T.fullmatch(run) is not None for run in others)


_HOLDS_T = pattern(r"d?t|t\d+|.*_t|.*ₜ.*")


def turned(
    tokens: list[Token], vocabulary: Vocabulary, flipped: frozenset[str], decisions: list[Decision]
) -> tuple[list[Token], tuple[Fork, ...]]:
    """The tokens with the primes of names that nobody declared as signs of transposition, and the
    names that they could be a part of.

    What is ``flipped`` is one name with its primes, which is said.
    """
    found: dict[str, Fork] = {}

    def transposed(position: int) -> Rewritten | None:
        token = tokens[position]
        name = token.value.rstrip("′")
        if token.type != "RUN" or name == token.value or vocabulary.declares(canonical_name(token.value)):
            return None
        if token.value in flipped and token.value not in found:
            decisions.append(
                Decision(
                    f"{token.value} is read as one name",
                    "names",
                    "doubtful",
                    token.span,
                    (f"one name: declare {token.value}", f"the transpose: {name}'"),
                )
            )
        found.setdefault(token.value, Fork(token.value, TO_NAME))
        letters, _ = token.split(len(name), "RUN")
        signs = [Token("TRANSPOSE", "'", place, place + 1) for place in range(letters.end, token.end)]
        return ([letters, *signs], position + 1) if token.value not in flipped else None

    return rewritten(tokens, transposed), tuple(found.values())


def without_indicators(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """``1[x > 0]``, ``I(x > 0)`` and ``1_(x > 0)`` without the sign before a comparison, which is a
    number alone."""
    gone: set[int] = set()
    out = list(tokens)
    closes = partners(tokens, BRACKETS)
    for opened, closed in closes.items():
        sign = opened - 1 - (type_at(tokens, opened - 1) == "UNDERSCORE")
        if sign < 0 or not is_indicator(tokens[sign], vocabulary) or type_at(tokens, sign - 1) == "NUMBER":
            continue
        if any(token.type == "RELATION" and depth == 0 for _, token, depth in by_depth(tokens, opened + 1, closed)):
            gone.update(range(sign, opened))
            out[opened], out[closed] = tokens[opened].as_a("LPAR", "("), tokens[closed].as_a("RPAR", ")")
    return [token for place, token in enumerate(out) if place not in gone]


def is_indicator(token: Token, vocabulary: Vocabulary) -> bool:
    """Whether a sign is that of an indicator function, where a comparison follows in brackets."""
    if token.type == "NUMBER":
        return token.value == "1"
    return token.type == "ONES" or (token.type == "RUN" and token.value in ("I", "eye") and not vocabulary.declares("I"))
