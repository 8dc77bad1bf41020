"""Terms of a result: a number, scalar factors, a chain of matrix factors; and the forms that the
rules give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, assert_never

from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.base.traversal import with_operand
from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import YES
from matcalc.expr.nodes import (
    Commutation,
    Constant,
    Diagonal,
    DiagonalMatrix,
    Expr,
    MatrixPower,
    Multilinear,
    Negative,
    Number,
    Ones,
    Power,
    Quotient,
    SizeValue,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    UnitVector,
    Vec,
    children,
    postorder,
)
from matcalc.folding.build import (
    UNIT,
    cost,
    diagonal_matrix,
    digest,
    hadamard,
    kronecker,
    merged_diagonals,
    product,
    raised,
    scaled,
    transpose,
    transposed_chain,
)

if TYPE_CHECKING:
    from matcalc.rules.fold_forms import Template

# ------------------------------------------------------------
# A term of a result: a number, scalar factors with exponents, and a chain of matrix factors.


@record
class Term:
    """``coefficient * Π scalars^exponent * chain``; an empty chain is a scalar term."""

    coefficient: Fraction
    scalars: Mapping[Expr, Fraction]
    chain: tuple[Expr, ...]


def as_term(expression: Expr, number: Fraction = YES) -> Term:
    """A multiple of one expression."""
    return Term(number, {expression: YES}, ()) if expression.is_scalar else Term(number, {}, (expression,))


def leaf(node: ix.Symbol | ix.Constant | ix.SizeValue | ix.Unit) -> Expr:
    """What an array without operands is as an expression."""
    match node:
        case ix.Symbol():
            return Symbol(node.name, node.sizes, node.properties)
        case ix.Constant():
            return Constant(node.name)
        case ix.SizeValue():
            return SizeValue(node.size)
        case ix.Unit():
            return UnitVector(node.position, node.size)
        case _:
            assert_never(node)


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
    order; and ``cost``, by which one of several forms is chosen."""

    def __init__(self, names: Mapping[str, int], cost: Callable[[Expr], int] = cost) -> None:
        self._names = names
        self.cost = cost
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
    if coefficient is YES and not term.scalars:
        return product(merged_diagonals(term.chain))
    scalars = list(term.scalars.items())
    if len(scalars) > 1:
        scalars.sort(key=lambda item: (cost(item[0]) > 1, order.rank(item[0])))
    above = [raised(base, exponent) for base, exponent in scalars if exponent.numerator > 0]
    below = [raised(base, -exponent) for base, exponent in scalars if exponent.numerator < 0]
    chain = merged_diagonals(term.chain)
    if coefficient.numerator <= 0 and _turned_difference(chain, above, below):
        coefficient = -coefficient
    result = product([*above, *chain])
    return _over(coefficient, result, below) if below else scaled(coefficient, result)


def _over(coefficient: Fraction, above: Expr, below: list[Expr]) -> Expr:
    """A number times a quotient; a number that is long to write stands above and below."""
    if coefficient.denominator != 1 and cost(Number(coefficient)) > 1:
        below = [Number(Fraction(coefficient.denominator)), *below]
        coefficient = Fraction(coefficient.numerator)
    size = abs(coefficient)
    top = above if size == 1 else Number(size) if above is UNIT else scaled(size, above)
    quotient: Expr = Quotient(top, product(below))
    return quotient if coefficient > 0 else Negative(quotient)


def _turned_difference(*groups: list[Expr]) -> bool:
    """Puts a minus in front into a difference among the factors where there is one:
    ``-2 U'(X - UV)`` becomes ``2 U'(UV - X)``."""
    for group in groups:
        for place in reversed(range(len(group))):
            flipped = flipped_difference(group[place])
            if flipped is not None and not _stands_twice(group, place):
                group[place] = flipped
                return True
    return False


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
    if isinstance(expression, _LOOKED_INTO):
        places = (0,)
    elif isinstance(expression, Multilinear):
        places = reversed(range(len(expression.factors)))
    for k in places:
        flipped = flipped_difference(expression.below[k])
        if flipped is not None and not (isinstance(expression, Multilinear) and _stands_twice(expression.factors, k)):
            return with_operand(expression, k, flipped)
    return None


_LOOKED_INTO = (Transpose, DiagonalMatrix, Diagonal, Trace, Total, Quotient, Vec)


def _flipped_sum(expression: Sum) -> Expr | None:
    positive = [Negative(term) for term in expression.terms if not isinstance(term, Negative)]
    negative = [term.operand for term in expression.terms if isinstance(term, Negative)]
    return Sum((*negative, *positive)) if negative and positive else None


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
    """Fills ``forms``, several for a name, commuting factors in reading order."""

    def __init__(self, order: ReadingOrder, forms: Mapping[str, tuple[Template, ...]]) -> None:
        self.order = order
        self._forms = forms

    def chain(self, name: str, values: Mapping[str, Chain], sizes: Mapping[str, Size] = MappingProxyType({})) -> Chain:
        """The form of this name; of several the one that reads best."""
        forms = self._forms[name]
        if len(forms) == 1:
            return self._filled(forms[0], values, sizes)
        return min([self._filled(form, values, sizes) for form in forms], key=self.reading)

    def expression(self, name: str, values: Mapping[str, Chain]) -> Expr:
        return product(self.chain(name, values))

    def reading(self, chain: Chain) -> tuple[int, Place]:
        """What decides between equal forms: the cost of reading, then the order of the symbols."""
        expression = product(chain)
        return self.order.cost(expression), self.order.rank(expression)

    def _filled(self, template: Template, values: Mapping[str, Chain], sizes: Mapping[str, Size]) -> Chain:
        operation, *parts = template
        if operation == "variable":
            return values[parts[0]]
        if operation in _OF_SIZES:
            return (_OF_SIZES[operation](*[sizes[part] for part in parts]),)
        chains = [self._filled(part, values, sizes) for part in parts]
        if operation == "Product":
            return tuple([factor for chain in chains for factor in chain])
        if operation == "Transpose":
            return transposed_chain(chains[0])
        operands = [product(chain) for chain in chains]
        if operation == "Hadamard":
            return (hadamard(sorted(operands, key=self.order.rank)),)
        return (_OF_OPERANDS[operation](*operands),)


_OF_SIZES: Mapping[str, Callable[..., Expr]] = {"Ones": lambda size: Ones((size,)), "Commutation": Commutation}
_OF_OPERANDS: Mapping[str, Callable[..., Expr]] = {
    "Diagonal": Diagonal,
    "DiagonalMatrix": diagonal_matrix,
    "Kronecker": kronecker,
    "Total": Total,
    "Trace": Trace,
    "Vec": Vec,
}
