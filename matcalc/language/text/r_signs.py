"""The signs of R that the language has not: ``A %*% B``, the product, beside which ``*`` and ``^`` go entry by entry as in NumPy."""

from __future__ import annotations

from matcalc.base.errors import ParseError
from matcalc.language.text.terminals import Token

PRODUCT, KRONECKER, OUTER = "%*%", "%x%", "%o%"
_IN_PYTHON = {PRODUCT: "@", "^": "**"}


def in_arrays(tokens: list[Token]) -> list[Token]:
    """The tokens with the products and the powers of R as those of NumPy, with which the rest of R agrees.

    Raises ParseError for the outer product, which has an axis for each of both.
    """
    out: list[Token] = []
    for token in tokens:
        if token.value == OUTER:
            raise ParseError("outer products of arrays are not read", span=token.span, suggestion="u %*% t(v) for two vectors")
        kind = "KRONECKER" if token.value == KRONECKER else token.type
        value = _IN_PYTHON.get(token.value, token.value)
        out.append(Token(kind, value, token.start, token.end))
    return out
