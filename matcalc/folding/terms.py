"""A term of a result: a number, scalar factors with exponents, and a chain of matrix factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from matcalc.expr.nodes import (
    Diagonal,
    DiagonalMatrix,
    Expr,
    Hadamard,
    Kronecker,
    MatrixPower,
    Negative,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    children,
    postorder,
)
from matcalc.folding.build import UNIT, cost, digest, merged_diagonals, product, raised, scaled, transpose
from matcalc.records import record


@record
class Term:
    """``coefficient * Π scalars^exponent * chain``; an empty chain is a scalar term."""

    coefficient: Fraction
    scalars: Mapping[Expr, Fraction]
    chain: tuple[Expr, ...]


def merged_scalars(one: Mapping[Expr, Fraction], other: Mapping[Expr, Fraction]) -> dict[Expr, Fraction]:
    """The scalar factors of a product: exponents added, those that cancel left out."""
    merged = dict(one)
    for base, exponent in other.items():
        known = merged.get(base)
        merged[base] = exponent if known is None else known + exponent
    return {base: exponent for base, exponent in merged.items() if exponent}


Place = tuple[tuple[int, ...], int, tuple[Fraction | int, ...], int]
_LONGEST_PLACE = 12


class ReadingOrder:
    """Where symbols stand in the user's input: commuting factors and terms are written in that order."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self._places: dict[Expr, Place] = {}
        self.sums: dict[object, Term] = {}
        """Sums already put together in this order, by their terms."""

    def rank(self, expression: Expr) -> Place:
        """Ranks of the symbols in reading order, at most a dozen, then length, exponents (the highest first) and structure.

        No symbols come first.
        """
        known = self._places.get(expression)
        if known is None:
            for node in postorder(expression, known=self._places):
                if isinstance(node, Symbol):
                    found: tuple[int, ...] = (self._names.get(node.name, len(self._names)),)
                    powers: tuple[Fraction | int, ...] = (-1,)
                else:
                    found, powers = (), ()
                    for child in children(node):
                        if len(found) >= _LONGEST_PLACE:
                            break
                        found += self._places[child][0]
                        powers += self._places[child][2]
                    if isinstance(node, (MatrixPower, Power)) and isinstance(node.exponent, Number):
                        exponent = node.exponent.value
                        times = exponent.numerator if exponent.denominator == 1 else exponent
                        powers = tuple([power * times for power in powers])
                self._places[node] = (found[:_LONGEST_PLACE], cost(node), powers[:_LONGEST_PLACE], digest(node))
            known = self._places[expression]
        return known


def expression_of(term: Term, order: ReadingOrder) -> Expr:
    """The term as an expression: number, scalars, chain; negative exponents in the denominator."""
    coefficient = term.coefficient
    above: list[Expr] = []
    below: list[Expr] = []
    scalars = list(term.scalars.items())
    if len(scalars) > 1:
        scalars.sort(key=lambda item: (cost(item[0]) > 1, order.rank(item[0])))
    for base, exponent in scalars:
        if exponent.numerator > 0:
            above.append(raised(base, exponent))
        else:
            below.append(raised(base, -exponent))
    chain = merged_diagonals(term.chain)
    if coefficient.numerator <= 0:
        coefficient, above, below, chain = _signs(coefficient, above, below, chain)
    if below and coefficient.denominator != 1 and cost(Number(coefficient)) > 1:
        below.insert(0, Number(Fraction(coefficient.denominator)))
        coefficient = Fraction(coefficient.numerator)
    result = product([*above, *chain])
    if below:
        size = abs(coefficient)
        top = result if size == 1 else Number(size) if result is UNIT else scaled(size, result)
        quotient: Expr = Quotient(top, product(below))
        return quotient if coefficient > 0 else Negative(quotient)
    return scaled(coefficient, result)


def _signs(
    coefficient: Fraction, above: list[Expr], below: list[Expr], chain: list[Expr]
) -> tuple[Fraction, list[Expr], list[Expr], list[Expr]]:
    """A minus in front goes into a difference among the factors: ``-2 U'(X - UV)`` becomes ``2 U'(UV - X)``."""
    for group in (chain, above, below):
        for k in range(len(group) - 1, -1, -1):
            if _stands_twice(group, k):
                continue
            flipped = flipped_difference(group[k])
            if flipped is not None:
                changed = [*group[:k], flipped, *group[k + 1 :]]
                if group is chain:
                    return -coefficient, above, below, changed
                return -coefficient, changed if group is above else above, changed if group is below else below, chain
    return coefficient, above, below, chain


def _stands_twice(factors: Sequence[Expr], place: int) -> bool:
    """Whether a factor has its like or its transpose beside it: r r' reads better with its minus than (a - b)(b - a)'."""
    own = factors[place]
    return any(other is own or transpose(other) is own for k, other in enumerate(factors) if k != place)


def flipped_difference(expression: Expr) -> Expr | None:
    """``b - a`` for ``a - b``; None when the expression is not a difference."""
    if isinstance(expression, Transpose):
        flipped = flipped_difference(expression.operand)
        return None if flipped is None else Transpose(flipped)
    match expression:
        case DiagonalMatrix(operand=operand) | Diagonal(operand=operand) | Trace(operand=operand):
            flipped = flipped_difference(operand)
            return None if flipped is None else type(expression)(flipped)
        case Total(operand=operand, axis=axis):
            flipped = flipped_difference(operand)
            return None if flipped is None else Total(flipped, axis)
        case Quotient(numerator=numerator, denominator=denominator):
            flipped = flipped_difference(numerator)
            return None if flipped is None else Quotient(flipped, denominator)
        case Hadamard(factors=factors) | Kronecker(factors=factors) | Product(factors=factors):
            for k in range(len(factors) - 1, -1, -1):
                flipped = None if _stands_twice(factors, k) else flipped_difference(factors[k])
                if flipped is not None:
                    return type(expression)((*factors[:k], flipped, *factors[k + 1 :]))
            return None
        case Sum():
            return _flipped_sum(expression)
        case _:
            return None


def _flipped_sum(expression: Sum) -> Expr | None:
    positive = [term for term in expression.terms if not isinstance(term, Negative)]
    negative = [term.operand for term in expression.terms if isinstance(term, Negative)]
    if not negative or not positive:
        return None
    return Sum(tuple([*negative, *(Negative(term) for term in positive)]))


def joined(terms: list[tuple[Expr, bool]], order: ReadingOrder) -> Expr:
    """A sum of (expression, negative) in reading order, a positive one first when there is one."""
    if len(terms) == 1:
        expression, minus = terms[0]
        return Negative(expression) if minus else expression
    ordered = sorted(terms, key=lambda term: (isinstance(term[0], (Number, Ones)), order.rank(term[0])))
    first = next((k for k, (_, minus) in enumerate(ordered) if not minus), 0)
    ordered.insert(0, ordered.pop(first))
    return Sum(tuple([Negative(expression) if minus else expression for expression, minus in ordered]))
