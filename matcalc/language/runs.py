"""Runs of letters to names, calls and sums: ``xAx`` is x·A·x, ``sin`` a function, ``alpha`` one symbol."""

from __future__ import annotations

import re

from matcalc.errors import ParseError, UnknownFunctionError
from matcalc.language.bars import STARTS_OPERAND
from matcalc.language.python_spellings import instead_of
from matcalc.language.scanner import Token
from matcalc.language.spelling import ACCENTS, GREEK_NAMES, SPELLED_GREEK, SUBSCRIPTS, canonical_name
from matcalc.language.vocabulary import NAMES_TOO, WORDS, Vocabulary, known_functions, nearest_function
from matcalc.patterns import pattern

_SUB = "".join(SUBSCRIPTS)
_MARKS = "".join(ACCENTS)
_OVER = "|".join(sorted(set(ACCENTS.values())))
_PIECE = pattern(
    rf"[^\W\d_][{_MARKS}]?(?:_(?:{_OVER})(?=_[^\W_]))?[0-9]*(?:_(?:[0-9]+|[^\W\d_]+?(?=[^\W\d_]_)|[^\W\d_]+[0-9]*)|[{_SUB}]+)?′*"
)
_WORD = pattern(r"[a-z]{3,}(?:_?[0-9]+)?")
"""What is no product of letters when brackets follow at once, nor a few letters before the name of a function."""
_GREEK_INDEX = pattern(r"([A-Za-z]{2,})_?[0-9]+")
_OPERAND_TYPES = STARTS_OPERAND | {"RUN", "BAR", "NORM_BAR", "SUM_SIGN", "NABLA", "ONES", "PARTIAL"}


def resolve_runs(tokens: list[Token], vocabulary: Vocabulary, notes: list[str]) -> list[Token]:
    """The tokens with every run of letters replaced by ``NAME``, ``CALL``, ``APPLY``, ``WORD`` and ``SUM_OVER`` tokens.

    Raises UnknownFunctionError for a word before brackets that is neither a function nor plausibly a product of letters.
    """
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        match token.type:
            case "RUN":
                made = _run(tokens, position, vocabulary, notes)
                if made[-1].type == "NAME" and made[-1].value in vocabulary.functions:
                    position += _take_primes(tokens, position, made)
                out += made
            case "ONES":
                out.append(Token("NAME", token.value, token.start, token.end))
            case "SUM_SIGN":
                position += _sum_sign(tokens, position, out)
            case "NABLA" | "PARTIAL":
                advice = "d(f)/dx, ∂(f)/∂x, ∇_x(f) or grad(f, x)"
                raise ParseError(f"'{token.value}' does not begin a derivative here", span=token.span, suggestion=advice)
            case "UNDERSCORE" if following is not None and out and out[-1].type == "NAME":
                raise ParseError("a subscript is letters or digits", span=token.span, suggestion="x_1 or x[1]")
            case _:
                out.append(token)
        position += 1
    return out


def _run(tokens: list[Token], position: int, vocabulary: Vocabulary, notes: list[str]) -> list[Token]:
    token = tokens[position]
    run = token.value
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    called = following is not None and following.type == "LPAR"
    name = canonical_name(run)
    if _is_word(tokens, position, vocabulary):
        return [Token("WORD", run, token.start, token.end)]
    if vocabulary.declares(name):
        return [Token("NAME", name, token.start, token.end)]
    if vocabulary.is_function(run):
        if called:
            return [Token("CALL", run, token.start, token.end)]
        if run in NAMES_TOO or run in GREEK_NAMES:
            return [Token("NAME", name, token.start, token.end)]
        if following is None or following.type not in _OPERAND_TYPES:
            raise UnknownFunctionError(f"the function {run!r} needs an argument", span=token.span, suggestion=f"{run}(x)")
        return [Token("APPLY", run, token.start, token.end)]
    if vocabulary.is_greek(name) and not _is_sum(run, tokens, position):
        return [Token("NAME", name, token.start, token.end)]
    return _split(token, following, called, vocabulary, notes, tokens, position)


def _split(
    token: Token, following: Token | None, called: bool, vocabulary: Vocabulary, notes: list[str], tokens: list[Token], position: int
) -> list[Token]:
    run, tail = token.value, ""
    if called:
        tail = _function_suffix(run, vocabulary)
        if following is not None and following.start == token.end and _WORD.fullmatch(run, 0, len(run) - len(tail)):
            others = [name for name in vocabulary.functions if len(name) > 1]
            advice = instead_of(run) or nearest_function(run, others) or f"declare it ({run}: function), or put * between factors"
            raise UnknownFunctionError(f"there is no function {run!r}", span=token.span, suggestion=advice)
    out: list[Token] = []
    place, end = 0, len(run) - len(tail)
    while place < end:
        long_name = vocabulary.long_name_at(run, place, end) or _indexed_greek(run, place, end)
        if long_name is not None:
            stop = place + len(long_name)
            out.append(Token("NAME", long_name, token.start + place, token.start + stop))
        else:
            piece = _PIECE.match(run, place, end)
            if piece is None:
                raise ParseError(f"{run[place:]!r} is not understood", span=token.span, suggestion="a letter with an index, such as x_1")
            stop = piece.end()
            if not out and place == 0 and _is_sum(piece[0], tokens, position, rest=stop < len(run)):
                out.append(Token("SUM_OVER", _indices(piece[0]), token.start, token.start + stop))
            else:
                out.append(Token("NAME", canonical_name(piece[0]), token.start + place, token.start + stop))
        place = stop
    if tail:
        out.append(Token("CALL", tail, token.start + end, token.end))
    if len(run) > 2 and len(out) > 2 and re.fullmatch(r"[a-z]+", run):
        notes.append(f"{run} is read as the product {'·'.join(t.value for t in out)}; declare {run} if it is one name")
    return out


def _indexed_greek(run: str, place: int, end: int) -> str | None:
    """A spelled Greek letter with a number, of which it is clear where it ends: ``beta_1x``."""
    match = _GREEK_INDEX.match(run, place, end)
    return match[0] if match is not None and match[1] in SPELLED_GREEK else None


def _function_suffix(run: str, vocabulary: Vocabulary) -> str:
    """The function of at least three letters that the run ends with: ``xexp(...)``."""
    fitting = [name for name in known_functions() if len(name) > 2 and run.endswith(name) and vocabulary.is_function(name)]
    return max(fitting, key=len, default="")


def _is_word(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """``rows`` in ``sum(X, rows)``."""
    if tokens[position].value not in WORDS or vocabulary.declares(tokens[position].value):
        return False
    return 0 < position < len(tokens) - 1 and tokens[position - 1].type == "COMMA" and tokens[position + 1].type in ("RPAR", "COMMA")


def _take_primes(tokens: list[Token], position: int, made: list[Token]) -> int:
    """Turns a declared function with brackets, perhaps after primes, into a call; gives the number of primes taken."""
    place = position + 1
    while place < len(tokens) and tokens[place].type == "TRANSPOSE":
        place += 1
    if place == len(tokens) or tokens[place].type != "LPAR":
        return 0
    last = made.pop()
    made.append(Token("CALL", last.value + "'" * (place - position - 1), last.start, tokens[place - 1].end))
    return place - position - 1


# ---------------------------------------------------------------- sums over an index

_SUM_RUN = pattern(rf"(?:Σ|sum)(?:_([^\W\d_]+)|([{_SUB}]+))")


def _is_sum(run: str, tokens: list[Token], position: int, rest: bool = False) -> bool:
    """``Σ_i`` before something to sum."""
    match = _SUM_RUN.fullmatch(run)
    if match is None or not (match[1] or match[2]).translate({ord(c): p for c, p in SUBSCRIPTS.items()}).isalpha():
        return False
    return rest or (position + 1 < len(tokens) and tokens[position + 1].type in _OPERAND_TYPES)


def _indices(run: str) -> str:
    return canonical_name(run).partition("_")[2]


def _sum_sign(tokens: list[Token], position: int, out: list[Token]) -> int:
    """Reads ``∑_i``; gives the number of tokens taken after the sign."""
    sign = tokens[position]
    rest = tokens[position + 1 : position + 3]
    if rest and rest[0].type == "SUBSCRIPT_RUN" and all(SUBSCRIPTS[c].isalpha() for c in rest[0].value):
        out.append(Token("SUM_OVER", "".join(SUBSCRIPTS[c] for c in rest[0].value), sign.start, rest[0].end))
        return 1
    if len(rest) == 2 and rest[0].type == "UNDERSCORE" and rest[1].type == "RUN" and rest[1].value.isalpha():
        out.append(Token("SUM_OVER", rest[1].value, sign.start, rest[1].end))
        return 2
    raise ParseError("the sum needs an index", span=sign.span, suggestion="∑_i x_i, or sum(x) for the sum of all entries")
