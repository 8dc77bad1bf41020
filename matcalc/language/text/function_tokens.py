"""Finds the statements of a text among raw tokens: functions defined in it, ``f(x) = x'Ax``, names with a value, what follows ``where``.

``||r||^2 where r = Xw - y`` and ``||r||^2, r = Xw - y`` are programs as ``r = Xw - y; ||r||^2`` is.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import ONE_NAME, SPELLED_GREEK, canonical_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import CONNECTIVES, Vocabulary

_WHERE = frozenset(CONNECTIVES)
_JOINT = "and"
_ENDING = _WHERE | {_JOINT}
_ASKING = frozenset(["find", "compute", "calculate", "then", "hence", "thus", "so"])
_FUNCTION = pattern(rf"{ONE_NAME}|[a-z]+|[A-Z][a-z]+|[A-Z]{{2,}}")
"""What may be the name of a function that is defined: one letter, a word, or an abbreviation."""
_PARAMETER = pattern(rf"{ONE_NAME}|[a-z]+(?:_[^\W_]+)*[0-9]*|[A-Z](?:_[^\W_]+)+")


def resolve_statements(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DEFINES`` for the left side of a definition and ``WHERE`` before what explains names; the words with these names.

    The value of ``DEFINES`` is the name of the function, then those of its arguments, with commas between.
    """
    out: list[Token] = []
    names: list[str] = []
    functions: dict[str, tuple[str, ...]] = {}
    depth, position, begins, several, named = 0, 0, True, False, False
    while position < len(tokens):
        token = tokens[position]
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        if begins and token.type == "RUN":
            if _introduces(tokens, position, vocabulary):
                position += 1
                continue
            head = _defined(tokens, position, vocabulary)
            if head is not None and head[0] not in functions and not _derived(token.value, functions):
                function, parameters, position = head
                functions[function] = parameters
                out.append(Token("DEFINES", ",".join((function, *parameters)), token.start, tokens[position - 1].end))
                begins, named = False, True
                continue
            first_side = position + 1 < len(tokens) and tokens[position + 1].type == "EQUALS"
            if first_side and not _is_known_product(token.value, tokens, names, vocabulary):
                names.append(token.value)
                named = token.value[0] != "d" or len(token.value) == 1
        if token.type == "IMPLIES" and named and not depth:  # f(x) = x'x ⇒ ∇f(x) = 2x
            token = Token("SEPARATOR", ";", token.start, token.end)
        sign = _sign(token, tokens, position, vocabulary) if not depth else None
        begins = sign is not None
        named &= not begins
        several |= begins
        if sign is not None and out and out[-1].type in ("COMMA", "SEPARATOR", "WHERE"):
            out.pop()
        out.append(sign or token)
        position += 1
    parameters = tuple([name for found in functions.values() for name in found])
    given = [canonical_name(name) for name in names if not _derived(name, functions)] if several else []
    return out, vocabulary.defining(functions, given, parameters)


_LETTER = pattern(ONE_NAME)


def _is_known_product(run: str, tokens: list[Token], names: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a run of letters is the product of names with a meaning, one of them given before: ``Hv = -v`` after ``H = ...``."""
    pieces = [canonical_name(piece[0]) for piece in _LETTER.finditer(run)]
    given = {canonical_name(name) for name in names}
    if len(pieces) < 2 or given.isdisjoint(pieces) or vocabulary.declares(canonical_name(run)):
        return False
    alone = {canonical_name(token.value) for token in tokens if token.type == "RUN" and _LETTER.fullmatch(token.value)}
    return all(piece in given or piece in alone or vocabulary.declares(piece) for piece in pieces)


_DERIVED = pattern(r"[dDJH]_?(?P<function>.+)")


def _derived(name: str, functions: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a name is that of a derivative of a function: ``J_f``, ``Df``."""
    found = _DERIVED.fullmatch(name)
    return found is not None and canonical_name(found["function"]) in functions


def _introduces(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """``let`` before a name that is given a value, ``find`` and ``then`` before what is asked or claimed."""
    word = tokens[position].value.lower()
    if word == "let":
        return _gives_a_name(tokens, position + 1, vocabulary)
    following = tokens[position + 1].type if position + 1 < len(tokens) else ""
    return word in _ASKING and bool(position) and following in ("NABLA", "RUN", "PARTIAL") and not vocabulary.declares(word)


def _sign(token: Token, tokens: list[Token], position: int, vocabulary: Vocabulary) -> Token | None:
    """What ends a statement, outside brackets: a semicolon, a comma, ``where``, or ``and`` before another name that is given a value."""
    if token.type in ("SEPARATOR", "COMMA"):
        return token
    if token.type != "RUN" or not position or vocabulary.declares(token.value):
        return None
    if token.value in _WHERE and _gives_a_name(tokens, position + 1, vocabulary):
        return Token("WHERE", token.value, token.start, token.end)
    if token.value == _JOINT and _gives_a_name(tokens, position + 1, vocabulary):
        return Token("SEPARATOR", ";", token.start, token.end)
    return None


def _gives_a_name(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """Whether an assignment or a definition begins here."""
    if position + 1 >= len(tokens) or tokens[position].type != "RUN":
        return False
    return tokens[position + 1].type == "EQUALS" or _defined(tokens, position, vocabulary) is not None


def _arguments(tokens: list[Token], position: int) -> tuple[tuple[str, ...], int] | None:
    """The names in brackets before an equals sign, and the position of that."""
    if position + 1 >= len(tokens) or tokens[position + 1].type != "LPAR" or tokens[position + 1].start != tokens[position].end:
        return None
    names: list[str] = []
    place = position + 2
    while place + 1 < len(tokens) and tokens[place].type == "RUN" and _is_parameter(tokens[place].value):
        names.append(canonical_name(tokens[place].value))
        if tokens[place + 1].type == "RPAR":
            ends = place + 2 < len(tokens) and tokens[place + 2].type == "EQUALS"
            return (tuple(names), place + 2) if ends else None
        if tokens[place + 1].type not in ("COMMA", "SEPARATOR", "BAR"):
            return None
        place += 2
    return None


def _is_parameter(name: str) -> bool:
    """Whether a name can be that of an argument: one letter, also one that is spelled out, or a word; ``Xw`` is a product."""
    return _PARAMETER.fullmatch(name) is not None or canonical_name(name) in SPELLED_GREEK


def _defined(tokens: list[Token], position: int, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...], int] | None:
    """The name of a function that is defined here, its arguments and the position of the equals sign.

    A letter that stands in its own value is a factor: ``A(x) = A x`` is an equation.
    """
    token = tokens[position]
    if token.type != "RUN" or not _FUNCTION.fullmatch(token.value):
        return None
    name = canonical_name(token.value)
    if name == "d" or vocabulary.declares(name) or vocabulary.function(token.value, called=True) is not None:
        return None
    found = _arguments(tokens, position)
    if found is None or _stands_in_own_value(tokens, found[1], name, vocabulary):
        return None
    return name, found[0], found[1]


def _stands_in_own_value(tokens: list[Token], position: int, name: str, vocabulary: Vocabulary) -> bool:
    """Whether the name stands in the statement after ``position``: a function is not defined by itself, so it is a factor there."""
    depth = 0
    for token in tokens[position + 1 :]:
        depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        ends = token.type in ("SEPARATOR", "IMPLIES") or token.value in _ENDING or (token.type == "COMMA" and not depth)
        if ends:
            return False
        if token.type == "RUN" and name in token.value and vocabulary.function(token.value, called=True) is None:
            return True
    return False
