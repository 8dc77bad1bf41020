"""Terms of a result: a number, scalar factors, a chain of matrix factors; and the forms that the
rules give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.records import record, replace
from matcalc.base.sizes import Shape, Size
from matcalc.base.traversal import with_operand
from matcalc.einstein.linear import YES
from matcalc.expr.nodes import (
    Diagonal,
    DiagonalMatrix,
    Expr,
    MatrixPower,
    Multilinear,
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
from matcalc.folding.build import (
    UNIT,
    cost,
    diagonal_matrix,
    digest,
    hadamard,
    merged_diagonals,
    product,
    raised,
    scaled,
    transpose,
    transposed_chain,
)
from matcalc.rules.lines import Template, fold_forms

# ------------------------------------------------------------
# A term of a result: a number, scalar factors with exponents, and a chain of matrix factors.


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
    """Where symbols stand in the user's input: commuting factors and terms are written in that
    order."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self._places: dict[Expr, Place] = {}
        self.sums: dict[object, Term] = {}
        """Sums already put together in this order, by their terms."""

    def rank(self, expression: Expr) -> Place:
        """Ranks of the symbols in reading order, at most a dozen, then length, exponents (the
        highest first) and structure.

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
    """A minus in front goes into a difference among the factors: ``-2 U'(X - UV)`` becomes
    ``2 U'(UV - X)``."""
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
    """Whether a factor has its like or its transpose beside it: r r' reads better with its minus
    than (a - b)(b - a)'."""
    own = factors[place]
    return any(other is own or transpose(other) is own for k, other in enumerate(factors) if k != place)


def flipped_difference(expression: Expr) -> Expr | None:
    """``b - a`` for ``a - b``; None when the expression is not a difference."""
    if isinstance(expression, Sum):
        return _flipped_sum(expression)
    places: Iterable[int] = ()
    if isinstance(expression, Transpose | DiagonalMatrix | Diagonal | Trace | Total | Quotient):
        places = (0,)
    elif isinstance(expression, Multilinear):
        factors = expression.factors
        places = (k for k in reversed(range(len(factors))) if not _stands_twice(factors, k))
    for k in places:
        flipped = flipped_difference(expression.below[k])
        if flipped is not None:
            return with_operand(expression, k, flipped)
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


# ------------------------------------------------------------
# The forms of ``rules/folds.rules``, filled with what stands at an index.

Chain: TypeAlias = tuple[Expr, ...]
"""The factors of a product."""


class Forms:
    """Fills forms, commuting factors in reading order."""

    def __init__(self, order: ReadingOrder) -> None:
        self.order = order
        self._forms = fold_forms()

    def chain(self, name: str, values: Mapping[str, Chain], sizes: Mapping[str, Size] | None = None) -> Chain:
        """The form of this name; of several the one that reads best."""
        first, *others = self._forms[name]
        chain = self._filled(first, values, sizes or {})
        for other in others:
            chain = min(chain, self._filled(other, values, sizes or {}), key=self.reading)
        return chain

    def expression(self, name: str, values: Mapping[str, Chain]) -> Expr:
        return product(self.chain(name, values))

    def reading(self, chain: Chain) -> tuple[int, Place]:
        """What decides between equal forms: the cost of reading, then the order of the symbols."""
        expression = product(chain)
        return cost(expression), self.order.rank(expression)

    def _filled(self, template: Template, values: Mapping[str, Chain], sizes: Mapping[str, Size]) -> Chain:
        operation, *parts = template
        if operation == "variable":
            return values[parts[0]]
        if operation == "Ones":
            return (Ones((sizes[parts[0]],)),)
        chains = [self._filled(part, values, sizes) for part in parts]
        match operation:
            case "Product":
                return tuple([factor for chain in chains for factor in chain])
            case "Transpose":
                return transposed_chain(chains[0])
            case "Hadamard":
                return (hadamard(sorted([product(chain) for chain in chains], key=self.order.rank)),)
            case "DiagonalMatrix":
                return (diagonal_matrix(product(chains[0])),)
            case "Diagonal":
                return (Diagonal(product(chains[0])),)
            case "Trace":
                return (Trace(product(chains[0])),)
            case "Total":
                return (Total(product(chains[0])),)
            case _:
                raise AssertionError(f"no such operation in a form: {operation}")


# ------------------------------------------------------------
# Traces and bilinear forms that share factors: ``tr(P B) + t tr(P C)`` is ``tr(P (B + t C))``,
# ``x'y + x'z`` is ``x'(y + z)``.

Key = tuple[str, object]
Combine = Callable[[Sequence[Term], Shape], Term]

_MOST_FACTORS = 6
"""Of longer products only what is left when one factor is taken out is looked at."""


def scalar_keys(term: Term) -> list[Key]:
    """What the term may share with others: a run of a trace's cycle, the first or the last factor
    of a bilinear form."""
    base = _form(term)
    if isinstance(base, Product):
        return [("row", base.factors[0]), ("column", base.factors[-1])]
    if not isinstance(base, Trace) or not isinstance(base.operand, Product):
        return []
    factors = base.operand.factors
    count = len(factors)
    lengths = range(1, count) if count <= _MOST_FACTORS else (count - 1,)
    return [("trace", (factors + factors)[start : start + length]) for length in lengths for start in range(count)]


def merged_forms(terms: Sequence[Term], key: Key, combine: Combine) -> Term | None:
    """One term for all; None when what they do not share has different shapes, or nothing is left
    of one."""
    kind, shared = key
    rest = []
    for term in terms:
        base = _form(term)
        assert base is not None
        others = {scalar: exponent for scalar, exponent in term.scalars.items() if scalar is not base}
        chain = _without(base, kind, shared)
        rest.append(Term(term.coefficient, others, transposed_chain(chain) if kind == "column" else chain))
    shape = product(rest[0].chain).shape
    if any(not term.chain or product(term.chain).shape != shape for term in rest):
        return None
    total = combine(rest, shape)
    if not total.coefficient:
        return None
    match kind:
        case "trace":
            assert isinstance(shared, tuple)
            whole: Expr = Trace(product((*total.chain, *shared)))
        case "row":
            assert isinstance(shared, Expr)
            whole = product((shared, *total.chain))
        case _:
            assert isinstance(shared, Expr)
            whole = product((*transposed_chain(total.chain), shared))
    return replace(total, scalars=merged_scalars(total.scalars, {whole: YES}), chain=())


def _form(term: Term) -> Expr | None:
    """The one trace or bilinear form among the scalar factors."""
    if term.chain:
        return None
    found = [base for base, exponent in term.scalars.items() if exponent == 1 and _is_form(base)]
    return found[0] if len(found) == 1 else None


def _is_form(base: Expr) -> bool:
    inner = base.operand if isinstance(base, Trace) else base
    return isinstance(inner, Product) and not any(factor.is_scalar for factor in inner.factors)


def _without(base: Expr, kind: str, shared: object) -> tuple[Expr, ...]:
    inner = base.operand if isinstance(base, Trace) else base
    assert isinstance(inner, Product)
    factors = inner.factors
    if kind == "row":
        return factors[1:]
    if kind == "column":
        return factors[:-1]
    assert isinstance(shared, tuple)
    twice = factors + factors
    start = next(k for k in range(len(factors)) if twice[k : k + len(shared)] == shared)
    return twice[start + len(shared) : start + len(factors)]
