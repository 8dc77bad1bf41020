"""The entries of symbols as scalars with names of their own: ``a12`` of A, ``x1`` of x; what facts tie together is one scalar or zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product

from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import scale, zero
from matcalc.errors import LimitError, MatcalcError
from matcalc.facts.ties import may_vary, mirrored, tie_of
from matcalc.language.text.spelling import SPELLED_GREEK

MOST_ALONG_AN_AXIS = 9
"""Positions of one digit, so that ``a12`` is the entry in row 1 and column 2."""


def lengths_of(symbol: ix.Symbol, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of the axes. Raises LimitError for more than there are one-digit positions."""
    found = tuple([size.value(sizes) for size in symbol.shape])
    if any(length > MOST_ALONG_AN_AXIS for length in found):
        said = f"{symbol.name} would have {'×'.join(map(str, found))} entries to write out"
        raise LimitError(said, expected=f"sizes up to {MOST_ALONG_AN_AXIS}")
    return found


def letters_of(symbols: Iterable[ix.Symbol], taken: Iterable[str]) -> dict[ix.Symbol, str]:
    """What the names of the entries of each array begin with: the letter, a small one for a matrix where no other symbol has it.

    Names of several characters are followed by an underscore.
    """
    arrays = [symbol for symbol in dict.fromkeys(symbols) if symbol.shape]
    known = {*taken, *(symbol.name for symbol in arrays)}
    found: dict[ix.Symbol, str] = {}
    for symbol in arrays:
        name = symbol.name
        small = name.lower()
        single = len(name) == 1 or name in SPELLED_GREEK
        same_order = {other.name for other in arrays if len(other.shape) == len(symbol.shape)}
        if single and len(symbol.shape) > 1 and small not in same_order:
            name = small
        found[symbol] = name if single else f"{name}_"
    names = [letter + "1" * len(symbol.shape) for symbol, letter in found.items()]
    if len(set(names)) < len(names) or known & set(names):
        raise MatcalcError("the entries of two symbols would have one name", suggestion="other names for the symbols")
    return found


def entries_of(symbol: ix.Symbol, letter: str, lengths: tuple[int, ...]) -> list[ix.Tensor]:
    """The entries of a symbol, row by row."""
    tie = tie_of(symbol.properties) if len(lengths) == 2 else ""
    found: list[ix.Tensor] = []
    for place in product(*map(range, lengths)):
        if len(place) == 2 and not may_vary(tie, *place):
            found.append(zero(()))
            continue
        sign = mirrored(tie) if tie and place[0] > place[-1] else 0
        position = place[::-1] if sign else place
        entry = ix.Symbol(letter + "".join(str(k + 1) for k in position), ())
        found.append(scale(Fraction(sign), entry) if sign else entry)
    return found
