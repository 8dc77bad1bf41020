"""Finds differentials among raw tokens: ``d(X^-1) = -X^-1 dX X^-1``, ``d tr(AX) = tr(A dX)``.

A side of an equation that begins with ``d`` or ``d²`` and is no derivative is the differential of what follows, as ``df`` is of a name f
that has a value, and ``dX`` elsewhere is the change of X: one name. Before brackets or a function an upright d is the sign of a
differential anywhere: ``dX X^-1 + X d(X^-1) = 0``. In ``df = tr(A dX) ⇒ ∇f = A'`` f is a function that its differential defines.
"""

from __future__ import annotations

from matcalc.base.errors import ParseError
from matcalc.base.lazy import pattern
from matcalc.language.text.brackets import end_of_term, partners
from matcalc.language.text.spelling import ONE_NAME, canonical_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary

_PIECE = pattern(ONE_NAME)


def resolve_differentials(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DIFFERENTIAL`` before brackets around what it is of, and the words of the text with names such as ``dX``."""
    equation = any(token.type == "EQUALS" for token in tokens)
    found = _signs(_partial_signs(tokens) if equation else tokens, vocabulary)
    heads = _heads(found, vocabulary)
    if not equation or not (heads or _inner(found, vocabulary)):
        return tokens, vocabulary
    tokens = found
    others = frozenset([k for k in heads if not _is_of_a_name(tokens, k)])
    tokens = _joined(tokens, others or heads, vocabulary)
    tokens = _marked(tokens, _heads(tokens, vocabulary), _inner(tokens, vocabulary))
    return tokens, vocabulary.knowing(_changes(tokens, vocabulary))


def _partial_signs(tokens: list[Token]) -> list[Token]:
    """``∂`` that begins no derivative, as the sign of a differential: ``∂(XY) = (∂X)Y + X(∂Y)``."""
    return [Token("DIFFERENTIAL_SIGN", "d", token.start, token.end) if token.type == "PARTIAL" else token for token in tokens]


def _heads(tokens: list[Token], vocabulary: Vocabulary) -> frozenset[int]:
    """The signs of differentials at the beginning of a side."""
    found = [k for k, token in enumerate(tokens) if _is_sign(token, vocabulary) and _begins_side(tokens, k)]
    return frozenset([k for place, k in enumerate(found) if not (place and _is_change(tokens, found[:place], k, vocabulary))])


def _inner(tokens: list[Token], vocabulary: Vocabulary) -> frozenset[int]:
    """The signs of differentials within a side: before brackets around more than a name, or before a function."""
    found: set[int] = set()
    heads = _heads(tokens, vocabulary)
    letters = bool(heads) or any(_CHANGE.fullmatch(token.value) is not None for token in tokens if token.type == "RUN")
    for position, token in enumerate(tokens[:-1]):
        sign = token.type == "DIFFERENTIAL_SIGN" or (letters and _is_sign(token, vocabulary) and tokens[position + 1].start == token.end)
        if not sign or position in heads or token.value == "d2":
            continue
        following = tokens[position + 1]
        of_function = following.type == "RUN" and vocabulary.function(following.value, called=True) is not None
        if of_function or (following.type == "LPAR" and not _is_of_a_name(tokens, position)):
            found.add(position)
    return frozenset(found)


def _is_change(tokens: list[Token], before: list[int], position: int, vocabulary: Vocabulary) -> bool:
    """Whether the sign at the beginning of a later side is that of a change: in ``d(XY) = dX Y + X dY`` X changes, not X Y.

    After the differential of a name with a value one sign alone is again one of a differential: ``df = d x'Ax``.
    """
    if tokens[position - 1].type != "EQUALS" or any(token.type in _ENDS_STATEMENT for token in tokens[before[-1] : position]):
        return False
    name = tokens[position + 1]
    if name.type != "RUN" or vocabulary.function(name.value, called=True) is not None:
        return False
    stop = next((k for k in range(position, len(tokens)) if tokens[k].type in ("EQUALS", *_ENDS_STATEMENT)), len(tokens))
    more = any(_is_sign(token, vocabulary) or _CHANGE.fullmatch(token.value) is not None for token in tokens[position + 1 : stop])
    of = tokens[before[-1] + 1]
    return more or of.type != "RUN" or canonical_name(of.value) not in vocabulary.values.union(vocabulary.definitions)


def resolve_implication(tokens: list[Token], vocabulary: Vocabulary) -> tuple[list[Token], Vocabulary]:
    """The tokens with ``DIFFERENTIAL`` and brackets for ``df`` at the beginning of an implication; f is a function of what changes."""
    arrow = next((k for k, token in enumerate(tokens) if token.type == "IMPLIES"), 0)
    if not arrow:
        return tokens, vocabulary
    tokens = _joined(tokens, frozenset(), vocabulary)
    arrow = next(k for k, token in enumerate(tokens) if token.type == "IMPLIES")
    begin = max((k + 1 for k in range(arrow) if tokens[k].type in ("SEPARATOR", "COMMA")), default=0)
    head = tokens[begin]
    name = canonical_name(head.value[1:])
    if head.type != "RUN" or head.value[:1] != "d" or not name or tokens[begin + 1].type != "EQUALS" or vocabulary.declares(name):
        raise ParseError("what is implied is not read", span=tokens[arrow].span, suggestion="df = tr(A dX) ⇒ ∇f = A'")
    changes = [found for token in tokens[begin + 2 : arrow] if token.type == "RUN" and (found := _CHANGE.fullmatch(token.value))]
    varied = tuple(dict.fromkeys(canonical_name(found["name"]) for found in changes))
    if not varied:
        advice = "df = tr(A dX) ⇒ ∇f = A'"
        raise ParseError("no change such as dX stands in the differential", span=head.span, suggestion=advice)
    opening, closing = Token("LPAR", "(", head.start + 1, head.start + 1), Token("RPAR", ")", head.end, head.end)
    function = Token("RUN", head.value[1:], head.start + 1, head.end)
    made = [Token("DIFFERENTIAL", "d", head.start, head.start + 1), opening, function, closing]
    known = vocabulary.defining({name: varied}, vocabulary.values, [f"d{of}" for of in varied])
    return [*tokens[:begin], *made, *tokens[begin + 1 :]], known


_CHANGE = pattern(rf"d(?P<name>{ONE_NAME})")


def _signs(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with one sign for ``d²`` and ``d^2``, and with ``df`` of a known f as a sign and its name, at the beginning of a side."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        first = position == 0 or tokens[position - 1].type in _BEFORE_SIDES
        stop = _after_square(tokens, position + 1) if first and _is_sign(token, vocabulary) else 0
        if stop:
            out.append(Token("DIFFERENTIAL_SIGN", "d2", token.start, tokens[stop - 1].end))
            position = stop
            continue
        name = canonical_name(token.value[1:]) if first and token.type == "RUN" and token.value[:1] == "d" else ""
        follows = tokens[position + 1].type if position + 1 < len(tokens) else "EQUALS"
        defined = name in vocabulary.definitions
        ends = follows == "EQUALS" or (follows == "LPAR" and defined)
        if ends and (defined or name in vocabulary.values) and "d" not in vocabulary.symbols:
            out.append(Token("DIFFERENTIAL_SIGN", "d", token.start, token.start + 1))
            out.append(Token("RUN", token.value[1:], token.start + 1, token.end))
        else:
            out.append(token)
        position += 1
    return out


def _after_square(tokens: list[Token], position: int) -> int:
    """The position after an exponent 2 before something that a differential can be of; 0 without one."""
    kinds = [token.type for token in tokens[position : position + 3]]
    width = 1 if kinds[:1] == ["SUPERSCRIPT"] else 2 if kinds[:2] == ["POWER", "NUMBER"] else 0
    two = width and tokens[position + width - 1].value == "2"
    return position + width if two and kinds[width : width + 1] and kinds[width] in _OPERANDS else 0


_ON_BRACKETS = frozenset(["TRANSPOSE", "POWER", "ELEMENT_POWER", "SUPERSCRIPT", "DIVIDE", "LSQB"])
"""What belongs to the brackets before it: ``d(x - y)^2``."""
_ENDS_STATEMENT = frozenset(["SEPARATOR", "WHERE"])
_BEFORE_SIDES = frozenset(["EQUALS", "SEPARATOR", "COMMA", "WHERE"])
_OPERANDS = frozenset(["LPAR", "RUN", "BAR", "NORM_BAR", "SUM_SIGN"])


def _is_sign(token: Token, vocabulary: Vocabulary) -> bool:
    return token.type == "DIFFERENTIAL_SIGN" or (token.type == "RUN" and token.value == "d" and "d" not in vocabulary.symbols)


def _begins_side(tokens: list[Token], position: int) -> bool:
    """Whether a side of an equation begins here, and goes on with something that a differential can be of."""
    first = position == 0 or tokens[position - 1].type in _BEFORE_SIDES
    return first and position + 1 < len(tokens) and tokens[position + 1].type in _OPERANDS


def _is_of_a_name(tokens: list[Token], position: int) -> bool:
    """``d(X)``, which beside another differential is the change of X."""
    inside = tokens[position + 1 : position + 4]
    return [part.type for part in inside] == ["LPAR", "RUN", "RPAR"] and _PIECE.fullmatch(inside[1].value) is not None


def _joined(tokens: list[Token], heads: frozenset[int], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with a sign and the name after it, or in brackets after it, as one run: ``d X`` and ``d(X)`` as ``dX``."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token, rest = tokens[position], tokens[position + 1 : position + 4]
        if _is_sign(token, vocabulary) and position not in heads:
            if rest and rest[0].type == "RUN" and vocabulary.function(rest[0].value, called=True) is None:
                out.append(Token("RUN", "d" + rest[0].value, token.start, rest[0].end))
                position += 2
                continue
            if _is_of_a_name(tokens, position):
                out.append(Token("RUN", "d" + rest[1].value, token.start, rest[2].end))
                position += 4
                continue
        out.append(token)
        position += 1
    return out


def _marked(tokens: list[Token], heads: frozenset[int], inner: frozenset[int]) -> list[Token]:
    """Brackets around what the differentials are of: their own, or at the beginning of a side the whole term."""
    partner = partners(tokens)
    closing: set[int] = set()
    out: list[Token] = []
    for position, token in enumerate(tokens):
        if position in closing:
            out.append(Token("RPAR", ")", token.start, token.start))
        if position not in heads:
            out.append(Token("DIFFERENTIAL", token.value, token.start, token.end) if position in inner else token)
            continue
        out.append(Token("DIFFERENTIAL", token.value, token.start, token.end))
        stop = end_of_term(tokens, position + 1)
        own = partner.get(position + 1, stop)
        if own < stop - 1 and tokens[position + 1].value and tokens[own + 1].type not in _ON_BRACKETS:
            continue  # d(X^-1) X, but not of the brackets around the parts of a fraction
        if own != stop - 1:
            out.append(Token("LPAR", "(", token.end, token.end))
            closing.add(stop)
    if len(tokens) in closing:
        out.append(Token("RPAR", ")", tokens[-1].end, tokens[-1].end))
    return out


def _changes(tokens: list[Token], vocabulary: Vocabulary) -> set[str]:
    """The names ``dX`` of all names that stand in the text with a d before them."""
    runs = [token.value for token in tokens if token.type == "RUN"]
    names: set[str] = set()
    for run in runs:
        whole = canonical_name(run)
        known = vocabulary.declares(whole) or vocabulary.is_greek(whole)
        names |= {whole} if known else {canonical_name(piece[0]) for piece in _PIECE.finditer(run)}
    return {f"d{name}" for name in names & _after_signs(runs) if name != "d"}


def _after_signs(runs: list[str]) -> set[str]:
    """The names that stand at once after a d within a run: one letter with its index, or all that follows."""
    found: set[str] = set()
    for run in runs:
        for place, character in enumerate(run):
            piece = _PIECE.match(run, place + 1) if character == "d" else None
            if piece is not None:
                found |= {canonical_name(piece[0]), canonical_name(run[place + 1 :])}
    return found
