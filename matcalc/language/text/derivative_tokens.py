"""Finds ``d(f)/dx``, ``∂²(f)/∂x²``, ``d f/dx``, ``df/dx``, ``d/dx f``, ``∇_x f`` and ``grad_x f`` among raw tokens."""

from __future__ import annotations

import re

from matcalc.errors import ParseError
from matcalc.language.text.brackets import end_of_term, partners
from matcalc.language.text.spelling import ONE_NAME, SUBSCRIPTS, canonical_name, is_name
from matcalc.language.text.terminals import Token
from matcalc.language.text.vocabulary import Vocabulary
from matcalc.patterns import pattern

_FIRST = frozenset("dghn")
"""With which derivative signs begin: d, grad, hessian, nabla."""


def resolve_derivatives(tokens: list[Token], vocabulary: Vocabulary) -> list[Token]:
    """The tokens with derivative signs as ``DERIVATIVE`` ... ``BY`` around brackets, or as ``DERIVATIVE_BY`` before an operand.

    The value of ``BY`` and ``DERIVATIVE_BY`` lists the names differentiated by, one for each order, with commas between.
    """
    if not any(token.type in ("PARTIAL", "NABLA") or token.value[:1] in _FIRST for token in tokens):
        return tokens
    partner = partners(tokens)
    closing: dict[int, tuple[int, str, int]] = {}
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if position in closing:
            start, names, stop = closing[position]
            out += [token, Token("BY", names, tokens[start].start, tokens[stop - 1].end)]
            position = stop
            continue
        if token.type == "NABLA":
            names, position = _nabla(tokens, position, vocabulary)
            last = tokens[position - 1]
            out.append(Token("DERIVATIVE_BY", names, token.start, last.end))
            if last.type == "RUN" and (rest := _left_over(last, names)) is not None:
                out.append(rest)
            continue
        head = _head(tokens, position, vocabulary)
        if head is not None:
            order, after = head
            if after in partner and partner[after] + 1 < len(tokens) and tokens[partner[after] + 1].type == "DIVIDE":
                slash = partner[after] + 1
                found = _denominator(tokens, slash + 1, order, vocabulary)
                if found is not None:
                    closing[partner[after]] = (slash, found[0], found[1])
                    out.append(Token("DERIVATIVE", "d", token.start, tokens[after - 1].end))
                    position = after
                    continue
            if after < len(tokens) and tokens[after].type == "DIVIDE":
                found = _denominator(tokens, after + 1, order, vocabulary)
                if found is not None:
                    out.append(Token("DERIVATIVE_BY", found[0], token.start, tokens[found[1] - 1].end))
                    position = found[1]
                    continue
            begins = position == 0 or tokens[position - 1].type in ("EQUALS", "SEPARATOR")
            whole = _unbracketed(tokens, after, order, vocabulary) if begins else None
            if whole is not None:
                slash, names, stop = whole
                opening = Token("LPAR", "(", tokens[after].start, tokens[after].start)
                out += [Token("DERIVATIVE", "d", token.start, tokens[after - 1].end), opening]
                out += tokens[after:slash]
                out.append(Token("RPAR", ")", tokens[slash].start, tokens[slash].start))
                out.append(Token("BY", names, tokens[slash].start, tokens[stop - 1].end))
                position = stop
                continue
        operator = _operator(token, vocabulary)
        if operator is not None:
            out.append(operator)
            position += 1
            continue
        named = _named(tokens, position, vocabulary)
        if named is not None:
            sign, name, names, stop = named
            out += [sign, Token("LPAR", "(", name.start, name.start), name, Token("RPAR", ")", name.end, name.end)]
            out.append(Token("BY", names, name.end, tokens[stop - 1].end))
            position = stop
            continue
        out.append(token)
        position += 1
    return out


def _unbracketed(tokens: list[Token], position: int, order: int, vocabulary: Vocabulary) -> tuple[int, str, int] | None:
    """Reads ``tr(AX)/dX`` and ``x'Ax/dx`` after the sign: where the slash stands, the names below it, the position after them."""
    stop = end_of_term(tokens, position)
    depth = 0
    for slash in range(position, stop):
        kind = tokens[slash].type
        depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
        if kind == "DIVIDE" and depth == 0 and slash > position:
            found = _denominator(tokens, slash + 1, order, vocabulary)
            if found is not None:
                return slash, found[0], found[1]
    return None


_OPERATOR = pattern(rf"(?P<first>grad|gradient|nabla)_(?P<name>{ONE_NAME})|(?P<second>hess|hessian)_(?P<other>{ONE_NAME})")


def _operator(token: Token, vocabulary: Vocabulary) -> Token | None:
    """``grad_x`` and ``hessian_x`` before what they are of."""
    found = _OPERATOR.fullmatch(token.value) if token.type == "RUN" and not vocabulary.declares(canonical_name(token.value)) else None
    if found is None:
        return None
    name = canonical_name(found["name"] or found["other"])
    return Token("DERIVATIVE_BY", name if found["first"] else f"{name},{name}", token.start, token.end)


def _named(tokens: list[Token], position: int, vocabulary: Vocabulary) -> tuple[Token, Token, str, int] | None:
    """Reads ``df/dx`` of a known name f, and ``∂f/∂x`` or ``∂²f/∂x²`` of any one name: sign, name, names below, the position after them."""
    token = tokens[position]
    if token.type == "PARTIAL":
        order, after = _squared(tokens, position + 1)
        sign, name = Token("DERIVATIVE", "d", token.start, token.end), tokens[after] if after < len(tokens) else token
        known = name.type == "RUN" and (re.fullmatch(ONE_NAME, name.value) or vocabulary.declares(canonical_name(name.value)))
    else:
        order, after = 1, position
        sign, name = Token("DERIVATIVE", "d", token.start, token.start + 1), Token("RUN", token.value[1:], token.start + 1, token.end)
        free = token.type == "RUN" and token.value[:1] == "d" and {"d", canonical_name(token.value)}.isdisjoint(vocabulary.symbols)
        known = free and canonical_name(name.value) in vocabulary.symbols
    if not known or after + 1 >= len(tokens) or tokens[after + 1].type != "DIVIDE":
        return None
    found = _denominator(tokens, after + 2, order, vocabulary)
    return None if found is None else (sign, name, found[0], found[1])


def _head(tokens: list[Token], position: int, vocabulary: Vocabulary) -> tuple[int, int] | None:
    """Order and the position after ``d``, ``∂``, ``d2``, ``d^2`` or ``d²``.

    A symbol called ``d`` is not a derivative sign, except where a side of an equation begins with ``d(``: nobody claims a formula for
    the product of a vector d and a bracket divided by ``dx``.
    """
    token = tokens[position]
    if token.type == "RUN" and token.value in vocabulary.symbols and not _begins_side(tokens, position):
        return None
    if token.type == "RUN" and token.value == "d2":
        return 2, position + 1
    if token.type != "PARTIAL" and not (token.type == "RUN" and token.value == "d"):
        return None
    return _squared(tokens, position + 1)


def _begins_side(tokens: list[Token], position: int) -> bool:
    """Whether the token is the first of a side of an equation and an opening bracket follows."""
    first = position == 0 or tokens[position - 1].type == "EQUALS"
    bracket = position + 1 < len(tokens) and tokens[position + 1].type == "LPAR"
    return first and bracket and any(token.type == "EQUALS" for token in tokens)


def _squared(tokens: list[Token], position: int) -> tuple[int, int]:
    """An optional exponent 2: the order and the position after it."""
    rest = tokens[position : position + 2]
    if rest and rest[0].type in ("SUPERSCRIPT", "NUMBER") and rest[0].value == "2":
        return 2, position + 1
    if len(rest) == 2 and rest[0].type == "POWER" and rest[1].type == "NUMBER" and rest[1].value == "2":
        return 2, position + 2
    return 1, position


def _denominator(tokens: list[Token], position: int, order: int, vocabulary: Vocabulary) -> tuple[str, int] | None:
    """Reads ``dx``, ``∂x``, ``dx2``, ``dx^2``, ``dx dy``, ``(dx dy)``: the names and the position after them."""
    if position < len(tokens) and tokens[position].type == "LPAR":
        inside = _denominator(tokens, position + 1, order, vocabulary)
        if inside is None or inside[1] >= len(tokens) or tokens[inside[1]].type != "RPAR":
            return None
        return inside[0], inside[1] + 1
    names: list[str] = []
    first = position
    while position < len(tokens) and len(names) < order:
        token = tokens[position]
        if token.type == "RUN" and token.value[0] == "d" and len(token.value) > 1:
            found = _names_after_d(token.value[1:], order - len(names), vocabulary)
            position += 1
        elif token.type == "PARTIAL" and position + 1 < len(tokens) and tokens[position + 1].type == "RUN":
            found = _names_after_d(tokens[position + 1].value, order - len(names), vocabulary)
            position += 2
        else:
            break
        power, position = _squared(tokens, position)
        if found is None or power * len(found) > order:
            raise ParseError("differentiate by one name", span=tokens[position - 1].span, suggestion="d(f)/dx")
        names += found * power
    if not names:
        return None
    if len(names) != order:
        span = tokens[first].span
        raise ParseError(f"a derivative of order {order} needs {order} names below", span=span, suggestion="d2(f)/dx2 or d2(f)/dx dy")
    return ",".join(names), position


def _names_after_d(text: str, wanted: int, vocabulary: Vocabulary) -> list[str] | None:
    name = canonical_name(text)
    if vocabulary.declares(name) or vocabulary.is_greek(name):
        return [name]
    if wanted == 2 and text.endswith("2") and re.fullmatch(ONE_NAME, text[:-1]):
        return [canonical_name(text[:-1])] * 2
    if wanted == 2 and (both := re.fullmatch(rf"({ONE_NAME})d({ONE_NAME})", text)):
        return [canonical_name(both[1]), canonical_name(both[2])]
    if re.fullmatch(ONE_NAME, text) and is_name(name):
        return [name]
    return None


def _nabla(tokens: list[Token], position: int, vocabulary: Vocabulary) -> tuple[str, int]:
    """Reads ``∇_x`` or ``∇²_x``: the names and the position after them."""
    sign = tokens[position]
    order, position = _squared(tokens, position + 1)
    rest = tokens[position : position + 2]
    if rest and rest[0].type == "SUBSCRIPT_RUN":
        name = "".join(SUBSCRIPTS[c] for c in rest[0].value)
        return ",".join([name] * order), position + 1
    if len(rest) == 2 and rest[0].type == "UNDERSCORE" and rest[1].type == "RUN":
        name = canonical_name(rest[1].value)
        if not (vocabulary.declares(name) or vocabulary.is_greek(name)):
            match = re.match(ONE_NAME, rest[1].value)
            name = canonical_name(match[0]) if match else name
        return ",".join([name] * order), position + 2
    raise ParseError("∇ needs the name to differentiate by", span=sign.span, suggestion="∇_x(f)")


def _left_over(run: Token, names: str) -> Token | None:
    """What follows the name in a run such as ``∇_xf``."""
    match = re.match(ONE_NAME, run.value)
    if match is None or canonical_name(run.value) == names.partition(",")[0] or match.end() == len(run.value):
        return None
    return Token("RUN", run.value[match.end() :], run.start + match.end(), run.end)
