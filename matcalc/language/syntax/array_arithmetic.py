"""Sums, products, determinants and inverses of arrays whose entries are formulas; what is made of numbers alone is computed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import permutations
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import number_in, walk

Rows: TypeAlias = tuple[tuple[s.Syntax, ...], ...]

_LARGEST = 4
"""Rows of a matrix whose determinant is written out."""
_MOST_NODES = 20_000


def number(value: Fraction | int, place: Span) -> s.Syntax:
    """A number as it is written."""
    literal = s.NumberLiteral(place, abs(Fraction(value)))
    return literal if value >= 0 else s.Group(place, s.Minus(place, literal))


def identity(size: int, factor: s.Syntax, place: Span) -> Rows:
    """A number times the identity matrix."""
    return tuple([tuple([factor if i == j else number(0, place) for j in range(size)]) for i in range(size)])


def combined(operator: str, left: s.Syntax, right: s.Syntax, place: Span) -> s.Syntax:
    """The sum, difference, product or quotient of two entries."""
    one, other = number_in(left), number_in(right)
    if one is not None and other is not None and (operator != "/" or other):
        results = {"+": one + other, "-": one - other, "*": one * other, "/": one / other if other else one}
        return number(results[operator], place)
    if operator == "*" and 0 in (one, other):
        return number(0, place)
    if other is not None and (operator, other) in _NEUTRAL:
        return left
    if one is not None and (operator, one) in _NEUTRAL_BEFORE:
        return right
    return s.Group(place, s.Binary(place, operator, _grouped(left), _grouped(right), place))


_NEUTRAL = frozenset([("+", Fraction(0)), ("-", Fraction(0)), ("*", Fraction(1)), ("/", Fraction(1))])
_NEUTRAL_BEFORE = frozenset([("+", Fraction(0)), ("*", Fraction(1))])


def _grouped(entry: s.Syntax) -> s.Syntax:
    return entry if isinstance(entry, s.Group | s.Name | s.NumberLiteral) else s.Group(entry.span, entry)


def total(terms: Sequence[s.Syntax], place: Span) -> s.Syntax:
    """The sum of entries."""
    return reduce(lambda one, other: combined("+", one, other, place), terms)


def product(left: Rows, right: Rows, place: Span) -> Rows:
    """The product of two matrices that fit."""
    columns = list(zip(*right, strict=True))
    made = tuple(
        [
            tuple([total([combined("*", a, b, place) for a, b in zip(row, column, strict=True)], place) for column in columns])
            for row in left
        ]
    )
    check_length(made, place)
    return made


def check_length(rows: Rows, place: Span) -> None:
    """Raises ParseError for entries that are too long to be compared."""
    if sum(len(walk(entry)) for row in rows for entry in row) > _MOST_NODES:
        raise ParseError("the entries of this product are too long", span=place, suggestion="fewer factors, or numbers for the names")


def determinant(rows: Rows, place: Span) -> s.Syntax:
    """The determinant of a square matrix. Raises ParseError for a large one."""
    size = len(rows)
    if size > _LARGEST:
        raise ParseError(f"determinants and inverses are written out for {_LARGEST} rows at most", span=place)
    terms = []
    for order in permutations(range(size)):
        factors = [rows[i][order[i]] for i in range(size)]
        sign = (-1) ** sum(order[i] > order[j] for i in range(size) for j in range(i + 1, size))
        terms.append(reduce(lambda one, other: combined("*", one, other, place), factors, number(sign, place)))
    found = total(terms, place)
    check_length(((found,),), place)
    return found


def inverse(rows: Rows, place: Span) -> Rows:
    """The inverse of a square matrix, by cofactors. Raises ParseError where there is none, or for a large matrix."""
    size, whole = len(rows), determinant(rows, place)
    if number_in(whole) == 0:
        raise ParseError("this matrix has no inverse", span=place)
    if size == 1:
        return ((combined("/", number(1, place), whole, place),),)

    def cofactor(i: int, j: int) -> s.Syntax:
        rest = tuple([tuple([entry for column, entry in enumerate(row) if column != j]) for k, row in enumerate(rows) if k != i])
        return combined("*", number((-1) ** (i + j), place), determinant(rest, place), place)

    found = tuple([tuple([combined("/", cofactor(j, i), whole, place) for j in range(size)]) for i in range(size)])
    check_length(found, place)
    return found
