r"""How far a function or a derivative sign reaches without brackets: ``\sin Ax``, ``\operatorname{tr} A B``, ``\nabla_x x^\top A x``.

In print a function name takes the letters and numbers that follow it, a trace or determinant the whole product, and a derivative sign
everything up to the next plus or minus. In plain text the same holds of traces, determinants and derivative signs, and other functions take
the next factor. The grammar binds all of them to the next factor, so brackets are put in here.
"""

from __future__ import annotations

from matcalc.language.text.brackets import partners
from matcalc.language.text.terminals import ENDS_OPERAND, Token

_OPENS = {"LPAR": "RPAR", "LSQB": "RSQB", "NORM_OPEN": "NORM_CLOSE", "BAR_OPEN": "BAR_CLOSE"}
_CLOSES = frozenset(_OPENS.values())
_WHOLE_PRODUCT = frozenset(["tr", "trace", "det", "logdet", "diag", "vec", "inv"])
_NUMBERS = frozenset(["tr", "trace", "det", "logdet", "inner"])
"""Factors that are no matrices: the operand ends before them."""
_ENDS_TERM = frozenset(["EQUALS", "COMMA", "SEPARATOR", *_CLOSES])
_PREFIXES = frozenset(["APPLY", "DERIVATIVE_BY"])
_PLAIN = frozenset(["NAME", "NUMBER"])
_ATOMS = frozenset(["NAME", "NUMBER", "CALL", "LPAR", "NORM_OPEN", "BAR_OPEN", "DERIVATIVE"])


def bracketed_operands(tokens: list[Token], latex: bool) -> list[Token]:
    """The tokens with brackets around the operands of ``APPLY`` and ``DERIVATIVE_BY``."""
    partner = partners(tokens, _OPENS)
    end: dict[int, int] = {}
    for position in range(len(tokens) - 1, -1, -1):
        if tokens[position].type == "APPLY":
            end[position] = _applied_end(tokens, position, partner, end, latex)
        elif tokens[position].type == "DERIVATIVE_BY":
            end[position] = _term_end(tokens, position + 1, partner, end)
    closing: dict[int, int] = {}
    for position, stop in end.items():
        if stop > position + 1:
            closing[stop] = closing.get(stop, 0) + 1
    out: list[Token] = []
    for position in range(len(tokens) + 1):
        if position in closing:
            place = tokens[position - 1].end
            out += [Token("RPAR", ")", place, place)] * closing[position]
        if position == len(tokens):
            break
        token = tokens[position]
        out.append(token)
        if end.get(position, position + 1) > position + 1:
            out.append(Token("LPAR", "(", tokens[position + 1].start, tokens[position + 1].start))
    return out


def _applied_end(tokens: list[Token], position: int, partner: dict[int, int], end: dict[int, int], latex: bool) -> int:
    whole = tokens[position].value in _WHOLE_PRODUCT
    first = position + 1
    if first < len(tokens) and tokens[first].type == "SUM_OVER":
        return _term_end(tokens, first, partner, end)
    stop = _factor_end(tokens, first, partner, end)
    if not whole and not latex:
        return stop
    if not whole and first < len(tokens) and tokens[first].type not in _PLAIN:
        return stop
    while stop < len(tokens) and (tokens[stop].type in _PLAIN or (whole and (tokens[stop].type in _ATOMS or tokens[stop].type == "APPLY"))):
        if tokens[stop].type in ("CALL", "APPLY") and tokens[stop].value in _NUMBERS:
            break
        after = _factor_end(tokens, stop, partner, end)
        if after == stop:
            break
        stop = after
    return stop


def _factor_end(tokens: list[Token], position: int, partner: dict[int, int], end: dict[int, int]) -> int:
    """The position after one factor with its exponents; ``position`` itself when none begins there."""
    if position >= len(tokens):
        return position
    token = tokens[position]
    if token.type in _PREFIXES and position in end:
        return end[position]
    if token.type in ("CALL", "DERIVATIVE") and position + 1 in partner:
        stop = partner[position + 1] + 1
        stop += stop < len(tokens) and tokens[stop].type == "BY"
        while stop + 1 in partner and tokens[stop].type in ("AT", "ALONG"):
            stop = partner[stop + 1] + 1
    elif token.type in ("LPAR", "NORM_OPEN", "BAR_OPEN") and position in partner:
        stop = partner[position] + 1
    elif token.type in _PLAIN:
        stop = position + 1
    else:
        return position
    while stop < len(tokens):
        kind = tokens[stop].type
        if kind in ("TRANSPOSE", "SUPERSCRIPT"):
            stop += 1
        elif kind == "LSQB" and stop in partner:
            stop = partner[stop] + 1
        elif kind in ("POWER", "ELEMENT_POWER", "SUBSCRIPT"):
            after = stop + 1 + (stop + 1 < len(tokens) and tokens[stop + 1].type == "MINUS")
            if after < len(tokens) and after in partner:
                stop = partner[after] + 1
            elif after + 1 in partner and tokens[after].type == "CALL":
                stop = partner[after + 1] + 1
            elif after < len(tokens) and tokens[after].type in _PLAIN:
                stop = after + 1
            else:
                return stop
        else:
            return stop
    return stop


def _term_end(tokens: list[Token], position: int, partner: dict[int, int], end: dict[int, int]) -> int:
    """The position after the product that begins at ``position``."""
    first = position
    while position < len(tokens):
        kind = tokens[position].type
        if kind in _ENDS_TERM or (kind in ("PLUS", "MINUS") and (position == first or tokens[position - 1].type in ENDS_OPERAND)):
            return position
        position = end[position] if kind == "DERIVATIVE_BY" and end[position] > position else partner.get(position, position) + 1
    return position
