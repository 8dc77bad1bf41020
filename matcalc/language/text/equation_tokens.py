"""Finds statements and differentials among raw tokens.

``||r||^2 where r = Xw - y`` and ``||r||^2, r = Xw - y`` are programs as ``r = Xw - y; ||r||^2`` is.
A side of an equation that begins with ``d`` or ``d²`` and is no derivative is the differential of
what follows, as ``df`` is of a name f that has a value, and ``dX`` elsewhere is the change of X:
one name. Before brackets or a function an upright d is the sign of a differential anywhere: ``dX
X^-1 + X d(X^-1) = 0``. In ``df = tr(A dX) ⇒ ∇f = A'`` f is a function that its differential
defines.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.base.errors import ParseError
from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import A_LETTER, ACCENTS, CONNECTIVES, ONE_NAME, SPELLED_GREEK, Vocabulary, canonical_name
from matcalc.language.text.terminals import (
    Rewritten,
    Token,
    by_depth,
    closing,
    end_of_term,
    exponent_width,
    listed,
    opening,
    partners,
    rewritten,
    type_at,
    types_at,
)  # fmt: skip

_WHERE = frozenset(CONNECTIVES)
_JOINT = "and"
_ENDING = _WHERE | {_JOINT}
_ASKING = frozenset(["find", "compute", "calculate", "then", "hence", "thus", "so"])
_GREEK = rf"(?:{'|'.join(sorted(SPELLED_GREEK))})"
_ACCENTED = rf"(?:[^\W\d_]|{_GREEK})_(?:{'|'.join(sorted(set(ACCENTS.values())))})"
_FUNCTION = pattern(rf"{ONE_NAME}|[a-z]+|[A-Z][a-z]+|[A-Z]{{2,}}|(?:{_ACCENTED}|{_GREEK})(?:_[^\W_]+)?")
"""What may be the name of a function that is defined: one letter, a word, an abbreviation, or a
letter with a mark above it, each letter perhaps with an index."""
_PARAMETER = pattern(rf"{ONE_NAME}|[a-z]+(?:_[^\W_]+)*[0-9]*|[A-Z](?:_[^\W_]+)+")


def resolve_statements(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DEFINES`` for the left side of a definition and ``WHERE`` before what
    explains names; the words with these names.

    The value of ``DEFINES`` is the name of the function, then those of its arguments, with commas
    between.
    """
    return _Statements(tokens, vocabulary).read()


class _Statements:
    """Reads the statements of a text from left to right."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self.tokens, self.vocabulary = tokens, vocabulary
        self.out: list[Token] = []
        self.names: list[str] = []
        self.functions: dict[str, tuple[str, ...]] = {}
        self.begins, self.named, self.several = True, False, False
        """Whether a statement begins here; whether it gives a name; whether there are several."""

    def read(self) -> tuple[list[Token], Vocabulary]:
        done = 0
        for position, token, depth in by_depth(self.tokens):
            if position >= done:
                done = self._take(position, token, depth)
        parameters = tuple([name for found in self.functions.values() for name in found])
        given = [canonical_name(name) for name in self.names if not _derived(name, self.functions)] if self.several else []
        return self.out, self.vocabulary.defining(self.functions, given, parameters)

    def _take(self, position: int, token: Token, depth: int) -> int:
        """Writes what stands at a position; gives the one after it."""
        if self.begins and token.type == "RUN" and (done := self._begin(position, token)):
            return done
        if token.type == "IMPLIES" and self.named and not depth:  # f(x) = x'x ⇒ ∇f(x) = 2x
            token = token.as_a("SEPARATOR", ";")
        sign = _sign(token, self.tokens, position, self.vocabulary) if not depth else None
        self.begins = sign is not None
        self.named &= not self.begins
        self.several |= self.begins
        if self.begins and type_at(self.out, len(self.out) - 1) in ("COMMA", "SEPARATOR", "WHERE"):
            self.out.pop()
        self.out.append(sign or token)
        return position + 1

    def _begin(self, position: int, token: Token) -> int:
        """The position behind a word that introduces a statement, or the head of a definition; 0
        where neither begins."""
        if _introduces(self.tokens, position, self.vocabulary):
            return position + 1
        head = _defined(self.tokens, position, self.vocabulary)
        if head is not None and head[0] not in self.functions and not _derived(token.value, self.functions):
            return self._define(token, *head)
        first_side = type_at(self.tokens, position + 1) == "EQUALS"
        if first_side and not _is_known_product(token.value, self.tokens, self.names, self.vocabulary):
            self.names.append(token.value)
            self.named = token.value[0] != "d" or len(token.value) == 1
        return 0

    def _define(self, token: Token, function: str, parameters: tuple[str, ...], position: int) -> int:
        self.functions[function] = parameters
        self.out.append(Token("DEFINES", ",".join((function, *parameters)), token.start, self.tokens[position - 1].end))
        self.begins, self.named = False, True
        return position


def _pieces(run: str) -> list[str]:
    """The letters of a run, each with its index."""
    return [canonical_name(piece[0]) for piece in A_LETTER.finditer(run)]


def _is_known_product(run: str, tokens: list[Token], names: list[str], vocabulary: Vocabulary) -> bool:
    """Whether a run of letters is the product of names with a meaning, one of them given before:
    ``Hv = -v`` after ``H = ...``."""
    pieces = _pieces(run)
    given = set(map(canonical_name, names)) if len(pieces) > 1 else set()
    if given.isdisjoint(pieces) or vocabulary.declares(canonical_name(run)):
        return False
    alone = {canonical_name(token.value) for token in tokens if token.type == "RUN" and A_LETTER.fullmatch(token.value)}
    return all(piece in given or piece in alone or vocabulary.declares(piece) for piece in pieces)


_DERIVED = pattern(r"[dDJH]_?(?P<function>.+)")


def _derived(name: str, functions: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a name is that of a derivative of a function: ``J_f``, ``Df``."""
    found = _DERIVED.fullmatch(name)
    return found is not None and canonical_name(found["function"]) in functions


def _introduces(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """``let`` before a name that is given a value, ``find`` and ``then`` before what is asked or
    claimed."""
    word = tokens[position].value.lower()
    if word == "let":
        return _gives_a_name(tokens, position + 1, vocabulary)
    following = type_at(tokens, position + 1)
    return word in _ASKING and bool(position) and following in ("NABLA", "RUN", "PARTIAL") and not vocabulary.declares(word)


def _sign(token: Token, tokens: list[Token], position: int, vocabulary: Vocabulary) -> Token | None:
    """What ends a statement, outside brackets: a semicolon, a comma, ``where``, or ``and`` before
    another name that is given a value."""
    if token.type in ("SEPARATOR", "COMMA"):
        return token
    if token.type != "RUN" or token.value not in _ENDING or not position or vocabulary.declares(token.value):
        return None
    sign = token.as_a("SEPARATOR", ";") if token.value == _JOINT else token.as_a("WHERE")
    return sign if _gives_a_name(tokens, position + 1, vocabulary) else None


def _gives_a_name(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """Whether an assignment or a definition begins here."""
    named = types_at(tokens, position, 2) == ["RUN", "EQUALS"]
    return named or (position < len(tokens) and _defined(tokens, position, vocabulary) is not None)


def _arguments(tokens: list[Token], position: int) -> tuple[tuple[str, ...], int] | None:
    """The names in brackets before an equals sign, and the position of that."""
    if type_at(tokens, position + 1) != "LPAR" or tokens[position + 1].start != tokens[position].end:
        return None
    found = listed(tokens, position + 1, ("COMMA", "SEPARATOR", "BAR"))
    stop = position + 2 + 2 * len(found)
    if not found or type_at(tokens, stop) != "EQUALS" or not all(_is_parameter(token.value) for token in found):
        return None
    return tuple([canonical_name(token.value) for token in found]), stop


def _is_parameter(name: str) -> bool:
    """Whether a name can be that of an argument: one letter, also one that is spelled out, or a
    word; ``Xw`` is a product."""
    return _PARAMETER.fullmatch(name) is not None or canonical_name(name) in SPELLED_GREEK


def _defined(tokens: list[Token], position: int, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...], int] | None:
    """The name of a function that is defined here, its arguments and the position of the equals
    sign.

    A letter that stands in its own value is a factor: ``A(x) = A x`` is an equation.
    """
    token = tokens[position]
    if token.type != "RUN" or not _FUNCTION.fullmatch(token.value):
        return None
    name = canonical_name(token.value)
    if name == "d" or vocabulary.declares(name) or vocabulary.function(token.value, called=True) is not None:
        return None
    found = _arguments(tokens, position)
    return None if found is None or _stands_in_own_value(tokens, found[1], name, vocabulary) else (name, *found)


def _stands_in_own_value(tokens: list[Token], position: int, name: str, vocabulary: Vocabulary) -> bool:
    """Whether the name stands in the statement after ``position``: a function is not defined by
    itself, so it is a factor there."""
    for _, token, depth in by_depth(tokens, position + 1):
        if token.type in ("SEPARATOR", "IMPLIES") or token.value in _ENDING or (token.type == "COMMA" and not depth):
            return False
        if token.type == "RUN" and name in token.value and vocabulary.function(token.value, called=True) is None:
            return True
    return False


def resolve_differentials(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DIFFERENTIAL`` before brackets around what it is of, and the words of the
    text with names such as ``dX``."""
    if all(token.type != "EQUALS" for token in tokens):
        return tokens, vocabulary
    # ∂ that begins no derivative is the sign of a differential: ∂(XY) = (∂X)Y + X(∂Y)
    found = [token.as_a("DIFFERENTIAL_SIGN", "d") if token.type == "PARTIAL" else token for token in tokens]
    found = _signs(found, vocabulary)
    heads = _heads(found, vocabulary)
    if not (heads or _inner(found, heads, vocabulary)):
        return tokens, vocabulary
    tokens = _joined(found, frozenset([k for k in heads if not _is_of_a_name(found, k)]) or heads, vocabulary)
    heads = _heads(tokens, vocabulary)
    tokens = _marked(tokens, heads, _inner(tokens, heads, vocabulary))
    return tokens, vocabulary.knowing(_changes(tokens, vocabulary))


def _heads(tokens: list[Token], vocabulary: Vocabulary) -> frozenset[int]:
    """The signs of differentials at the beginning of a side."""
    found = [k for k, token in enumerate(tokens) if _is_sign(token, vocabulary) and _begins_side(tokens, k)]
    return frozenset([k for place, k in enumerate(found) if not (place and _is_change(tokens, found[:place], k, vocabulary))])


def _inner(tokens: list[Token], heads: frozenset[int], vocabulary: Vocabulary) -> frozenset[int]:
    """The signs of differentials within a side: before brackets around more than a name, or before
    a function."""
    letters = bool(heads) or any(token.type == "RUN" and _CHANGE.fullmatch(token.value) is not None for token in tokens)
    within = [position for position in range(len(tokens) - 1) if position not in heads]
    return frozenset([position for position in within if _is_inner(tokens, position, letters, vocabulary)])


def _is_inner(tokens: list[Token], position: int, letters: bool, vocabulary: Vocabulary) -> bool:
    token, following = tokens[position : position + 2]
    sign = token.type == "DIFFERENTIAL_SIGN" or (letters and _is_sign(token, vocabulary) and following.start == token.end)
    if not sign or token.value == "d2":
        return False
    if following.type == "RUN":
        return vocabulary.function(following.value, called=True) is not None
    return following.type == "LPAR" and not _is_of_a_name(tokens, position)


def _is_no_function(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """Whether a run of letters that is no function's name stands there."""
    return type_at(tokens, position) == "RUN" and vocabulary.function(tokens[position].value, called=True) is None


def _is_change(tokens: list[Token], before: list[int], position: int, vocabulary: Vocabulary) -> bool:
    """Whether the sign at the beginning of a later side is that of a change: in
    ``d(XY) = dX Y + X dY`` X changes, not X Y.

    After the differential of a name with a value one sign alone is again one of a differential:
    ``df = d x'Ax``.
    """
    apart = any(token.type in _ENDS_STATEMENT for token in tokens[before[-1] : position])
    if apart or tokens[position - 1].type != "EQUALS" or not _is_no_function(tokens, position + 1, vocabulary):
        return False
    stop = next((k for k in range(position, len(tokens)) if tokens[k].type in ("EQUALS", *_ENDS_STATEMENT)), len(tokens))
    more = any(_is_sign(token, vocabulary) or _CHANGE.fullmatch(token.value) is not None for token in tokens[position + 1 : stop])
    of = tokens[before[-1] + 1]
    return more or of.type != "RUN" or canonical_name(of.value) not in vocabulary.values.union(vocabulary.definitions)


def resolve_implication(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DIFFERENTIAL`` and brackets for ``df`` at the beginning of an implication;
    f is a function of what changes."""
    joined = _joined(tokens, frozenset(), vocabulary)
    arrow = next((k for k, token in enumerate(joined) if token.type == "IMPLIES"), 0)
    if not arrow:
        return tokens, vocabulary
    begin = max((k + 1 for k in range(arrow) if joined[k].type in ("SEPARATOR", "COMMA")), default=0)
    head, advice = joined[begin], "df = tr(A dX) ⇒ ∇f = A'"
    name = canonical_name(head.value[1:])
    changed = head.value[:1] == "d" and types_at(joined, begin, 2) == ["RUN", "EQUALS"]
    if not (changed and name) or vocabulary.declares(name):
        raise ParseError("what is implied is not read", span=joined[arrow].span, suggestion=advice)
    changes = [found for token in joined[begin + 2 : arrow] if token.type == "RUN" and (found := _CHANGE.fullmatch(token.value))]
    varied = tuple(dict.fromkeys(canonical_name(found["name"]) for found in changes))
    if not varied:
        raise ParseError("no change such as dX stands in the differential", span=head.span, suggestion=advice)
    sign, function = head.split(1, "DIFFERENTIAL")
    known = vocabulary.defining({name: varied}, vocabulary.values, [f"d{of}" for of in varied])
    return [*joined[:begin], sign, opening(sign.end), function, closing(head.end), *joined[begin + 1 :]], known


_CHANGE = pattern(rf"d(?P<name>{ONE_NAME})")


def _signs(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with one sign for ``d²`` and ``d^2``, and with ``df`` of a known f as a sign and
    its name, at the beginning of a side."""

    def sign(position: int) -> Rewritten | None:
        token = tokens[position]
        if type_at(tokens, position - 1) not in _BEFORE_SIDES:
            return None
        stop = _after_square(tokens, position + 1) if _is_sign(token, vocabulary) else 0
        if stop:
            return [Token("DIFFERENTIAL_SIGN", "d2", token.start, tokens[stop - 1].end)], stop
        of_a_value = _is_of_a_value(tokens, position, vocabulary)
        return ([*token.split(1, "DIFFERENTIAL_SIGN")], position + 1) if of_a_value else None

    return rewritten(tokens, sign)


def _is_of_a_value(tokens: list[Token], position: int, vocabulary: Vocabulary) -> bool:
    """``df`` of a name f that has a value, alone on its side, or ``df(x)`` of a function of the
    text."""
    run = tokens[position]
    if run.type != "RUN" or run.value[:1] != "d" or "d" in vocabulary.symbols:
        return False
    name, follows = canonical_name(run.value[1:]), type_at(tokens, position + 1)
    called = name in vocabulary.definitions and follows in ("", "EQUALS", "LPAR")
    return called or (name in vocabulary.values and follows in ("", "EQUALS"))


def _after_square(tokens: list[Token], position: int) -> int:
    """The position after an exponent 2 before something that a differential can be of; 0 without
    one."""
    stop = position + exponent_width(tokens, position)
    return stop if stop > position and tokens[stop - 1].value == "2" and type_at(tokens, stop) in _OPERANDS else 0


_ON_BRACKETS = frozenset(["TRANSPOSE", "POWER", "ELEMENT_POWER", "SUPERSCRIPT", "DIVIDE", "LSQB"])
"""What belongs to the brackets before it: ``d(x - y)^2``."""
_ENDS_STATEMENT = frozenset(["SEPARATOR", "WHERE"])
_BEFORE_SIDES = frozenset(["", "EQUALS", "SEPARATOR", "COMMA", "WHERE"])
_OPERANDS = frozenset(["LPAR", "RUN", "BAR", "NORM_BAR", "SUM_SIGN"])


def _is_sign(token: Token, vocabulary: Vocabulary) -> bool:
    return token.type == "DIFFERENTIAL_SIGN" or (token.type == "RUN" and token.value == "d" and "d" not in vocabulary.symbols)


def _begins_side(tokens: list[Token], position: int) -> bool:
    """Whether a side of an equation begins here, and goes on with something that a differential can
    be of."""
    return type_at(tokens, position - 1) in _BEFORE_SIDES and type_at(tokens, position + 1) in _OPERANDS


def _is_of_a_name(tokens: list[Token], position: int) -> bool:
    """``d(X)``, which beside another differential is the change of X."""
    named = types_at(tokens, position + 1, 3) == ["LPAR", "RUN", "RPAR"]
    return named and A_LETTER.fullmatch(tokens[position + 2].value) is not None


def _joined(tokens: list[Token], heads: frozenset[int], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with a sign and the name after it, or in brackets after it, as one run: ``d X``
    and ``d(X)`` as ``dX``."""

    def change(position: int) -> Rewritten | None:
        if position in heads or not _is_sign(tokens[position], vocabulary):
            return None
        name = position + 1
        if _is_no_function(tokens, name, vocabulary):
            last = name
        elif _is_of_a_name(tokens, position):
            name, last = position + 2, position + 3
        else:
            return None
        return [Token("RUN", "d" + tokens[name].value, tokens[position].start, tokens[last].end)], last + 1

    return rewritten(tokens, change)


def _marked(tokens: list[Token], heads: frozenset[int], inner: frozenset[int]) -> list[Token]:
    """Brackets around what the differentials are of: their own, or at the beginning of a side the
    whole term."""
    partner = partners(tokens)
    ends: set[int] = set()
    out: list[Token] = []
    for position, token in enumerate(tokens):
        if position in ends:
            out.append(closing(token.start))
        out.append(token.as_a("DIFFERENTIAL") if position in heads or position in inner else token)
        if position not in heads:
            continue
        stop = end_of_term(tokens, position + 1)
        own = partner.get(position + 1, stop)
        # d(X^-1) X, but not of the brackets around the parts of a fraction
        bracketed = own < stop - 1 and tokens[position + 1].value and tokens[own + 1].type not in _ON_BRACKETS
        if own != stop - 1 and not bracketed:
            out.append(opening(token.end))
            ends.add(stop)
    if len(tokens) in ends:
        out.append(closing(tokens[-1].end))
    return out


def _changes(tokens: list[Token], vocabulary: Vocabulary) -> set[str]:
    """The names ``dX`` of all names that stand in the text with a d before them."""
    runs = [token.value for token in tokens if token.type == "RUN"]
    names: set[str] = set()
    for run in runs:
        whole = canonical_name(run)
        names |= {whole} if (vocabulary.declares(whole) or vocabulary.is_greek(whole)) else set(_pieces(run))
    return {f"d{name}" for name in names & _after_signs(runs) if name != "d"}


def _after_signs(runs: list[str]) -> set[str]:
    """The names that stand at once after a d within a run: one letter with its index, or all that
    follows."""
    found: set[str] = set()
    for run in runs:
        for place, character in enumerate(run):
            piece = A_LETTER.match(run, place + 1) if character == "d" else None
            if piece is not None:
                found |= {canonical_name(piece[0]), canonical_name(run[place + 1 :])}
    return found
