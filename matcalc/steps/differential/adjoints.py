"""The adjoint of what stands around a differential: ``⟨G, A dX B⟩ = ⟨Aᵀ G Bᵀ, dX⟩``, one operation
at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import cast

from matcalc.base.shapes import product_shape
from matcalc.base.sizes import ONE, Size
from matcalc.expr.nodes import (
    Diagonal,
    DiagonalMatrix,
    Entry,
    Expr,
    Hadamard,
    Identity,
    Index,
    Indexed,
    Kronecker,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Total,
    Trace,
    Transpose,
    UnitVector,
    children,
    postorder,
)
from matcalc.expr.rewriting import product_of
from matcalc.folding.build import UNIT, hadamard, product, scaled, total, transpose
from matcalc.steps.differential.marks import Change, Marks, Pairing

# ------------------------------------------------------------
# The left side of an inner product while a derivation moves factors to it: number, scalar factors,
# and the vector or matrix.


@dataclass(frozen=True)
class Weight:
    """``number · scalars / below · body``; ``body`` is None for a scalar."""

    number: Fraction = Fraction(1)
    scalars: tuple[Expr, ...] = ()
    below: tuple[Expr, ...] = ()
    body: Expr | None = None

    @property
    def unsigned(self) -> Expr:
        """The expression without its number."""
        over = joined([*_powers(self.scalars), *self._own])
        return Quotient(over, joined(_powers(self.below))) if self.below else over

    @property
    def expression(self) -> Expr:
        """The whole as an expression."""
        return scaled(self.number, self.unsigned)

    def times(self, scalar: Expr) -> Weight:
        """The product with a scalar."""
        return self.times_all(weight(scalar))

    def times_all(self, other: Weight) -> Weight:
        """The product with the number and the scalars of another weight."""
        return Weight(self.number * other.number, self.scalars + other.scalars, self.below + other.below, self.body)

    def with_body(self, body: Expr) -> Weight:
        """The same scalars before another vector or matrix (or scalar), whose own scalars are taken
        out."""
        other = weight(body)
        return replace(self.times_all(other), body=other.body)

    def left(self, factor: Expr) -> Weight:
        """``factorᵀ G``."""
        return self.with_body(joined([transposed(factor), *self._own]))

    def right(self, factor: Expr) -> Weight:
        """``G factorᵀ``."""
        return self.with_body(joined([*self._own, transposed(factor)]))

    def turned(self) -> Weight:
        """``Gᵀ``."""
        return self if self.body is None else self.with_body(transposed(self.body))

    def elementwise(self, factor: Expr) -> Weight:
        """``G ⊙ factor``."""
        if self.body is None:
            return self.times(factor)
        other = weight(factor)
        return self.times_all(other).with_body(_hadamard(self.body, other.body or UNIT))

    def over(self, factor: Expr) -> Weight:
        """``G ⊘ factor``."""
        return self.with_body(hadamard([self.body or UNIT, Quotient(UNIT, factor)]))

    def paired(self, other: Expr) -> Weight:
        """The scalar ``⟨G, other⟩``."""
        if self.body is None:
            return self.times(other)
        if other.is_column:
            return self.with_body(joined([transposed(self.body), other]))
        if other.is_row:
            return self.with_body(joined([self.body, transposed(other)]))
        return self.with_body(Trace(joined([transposed(self.body), other])))

    @property
    def _own(self) -> list[Expr]:
        return [] if self.body is None else [self.body]


def _powers(scalars: tuple[Expr, ...]) -> list[Expr]:
    """Equal factors as a power."""
    counts = Counter(scalars)
    return [scalar if count == 1 else Power(scalar, Number(Fraction(count))) for scalar, count in counts.items()]


def weight(expression: Expr) -> Weight:
    """The expression taken apart: sign, numbers and scalar factors in front, scalar denominators
    below."""
    held = Weight()
    while (found := _scalar_in_front(expression)) is not None:
        front, expression = found
        held = Weight(held.number * front.number, held.scalars + front.scalars, front.below + held.below)
    if isinstance(expression, Number):
        return replace(held, number=held.number * expression.value)
    return replace(held, scalars=(*held.scalars, expression)) if expression.is_scalar else replace(held, body=expression)


def _scalar_in_front(expression: Expr) -> tuple[Weight, Expr] | None:
    """The outermost sign or scalars, and what they stand before; None where there are none."""
    match expression := cast("Node", expression):
        case Negative():
            return Weight(Fraction(-1)), expression.operand
        case Quotient(numerator=top, denominator=bottom) if bottom.is_scalar:
            under = weight(bottom)
            return Weight(1 / (under.number or Fraction(1)), under.below, under.scalars), top
        case Quotient(numerator=top, denominator=bottom) if top.is_scalar and top is not UNIT:
            return weight(top), Quotient(UNIT, bottom)
        case Quotient(numerator=Ones(), denominator=bottom):
            return Weight(), Quotient(UNIT, bottom)
        case Product(factors=(first, *rest)) if first.is_scalar:
            return weight(first), joined(rest)
        case Product(factors=factors) if not expression.is_scalar and (count := _scalar_start(factors)):
            return Weight(scalars=(Product(factors[:count]),)), joined(list(factors[count:]))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _scalar_start(factors: tuple[Expr, ...]) -> int:
    """How many of the first factors make a scalar together, as ``xᵀ y`` in ``xᵀ y z``; 0 when none
    do."""
    shape = factors[0].shape
    for count, factor in enumerate(factors[1:], 2):
        shape = product_shape(shape, factor.shape)
        if not shape and count < len(factors):
            return count
    return 0


def joined(factors: list[Expr]) -> Expr:
    """The product without factors of one and without identity matrices that say nothing; numbers of
    one sign that stand in brackets are taken to the front."""
    shaped = [factor for factor in factors if not factor.is_scalar]
    telling = [factor for factor in shaped if not isinstance(factor, Identity)]
    if len(shaped) > 1:
        kept = [factor for factor in factors if not isinstance(factor, Identity)]
        factors, shaped = (kept, telling) if telling else ([*kept, shaped[0]], shaped[:1])
    if len(shaped) < 2:
        return product(factors)
    parts = [_sign_apart(factor) for factor in factors]
    return scaled(prod([number for number, _ in parts], start=Fraction(1)), product([factor for _, factor in parts]))


def _sign_apart(factor: Expr) -> tuple[Fraction, Expr]:
    part = Weight() if factor.is_scalar else weight(factor)
    apart = part.body is not None and part.number < 0 and not part.scalars and not part.below
    return (part.number, part.body) if part.body is not None and apart else (Fraction(1), factor)


def transposed(expression: Expr) -> Expr:
    """The transpose, with the outermost signs and scalars left in front."""
    match expression := cast("Node", expression):
        case Negative():
            return Negative(transposed(expression.operand))
        case Quotient() if expression.denominator.is_scalar:
            return Quotient(transposed(expression.numerator), expression.denominator)
        case Product() if expression.factors[0].is_scalar and not expression.is_scalar:
            return product([expression.factors[0], transposed(joined(list(expression.factors[1:])))])
        case Hadamard():
            return Hadamard(tuple([transposed(factor) for factor in expression.factors]))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return transpose(expression)


def _hadamard(first: Expr, second: Expr) -> Expr:
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Identity) and other.is_matrix:
            return DiagonalMatrix(Diagonal(other))
    return hadamard([first, second])


def added(weights: list[Weight]) -> Weight:
    """The sum; equal weights but for their numbers are counted together."""
    parts: dict[Expr, Fraction] = {}
    for part in weights:
        parts[part.unsigned] = parts.get(part.unsigned, Fraction(0)) + part.number
    terms = [scaled(number, unsigned) for unsigned, number in parts.items() if number]
    if not terms:
        return Weight(Fraction(0), body=weights[0].body)
    return weight(total(terms))


# ------------------------------------------------------------
# Adjoint moves: ``⟨G, A dX B⟩ = ⟨Aᵀ G Bᵀ, dX⟩``, one operation at a time from the outside in.

LAWS = {
    "left": "⟨A, B C⟩ = ⟨Bᵀ A, C⟩",
    "right": "⟨A, C B⟩ = ⟨A Bᵀ, C⟩",
    "transpose": "⟨A, Cᵀ⟩ = ⟨Aᵀ, C⟩",
    "elementwise": "⟨A, B ⊙ C⟩ = ⟨A ⊙ B, C⟩",
    "trace": "tr(A C) = ⟨Aᵀ, C⟩",
    "scalar": "⟨A, c B⟩ = ⟨A, B⟩ c",
    "sum": "sum(C) = ⟨𝟏, C⟩",
    "sums": "⟨a, C 𝟏⟩ = ⟨a 𝟏ᵀ, C⟩",
    "diagonal": "⟨a, diag(C)⟩ = ⟨diag(a), C⟩",
    "diagonal matrix": "⟨A, diag(c)⟩ = ⟨diag(A), c⟩",
    "inner": "g ⟨A, C⟩ = ⟨g A, C⟩",
    "quotient": "⟨A, C ⊘ B⟩ = ⟨A ⊘ B, C⟩",
    "entry": "C[i,j] = ⟨e_i e_jᵀ, C⟩",
}
"""The moves by name, as identities of inner products."""


def law_of(moves: Sequence[str], start: Weight, vectors: bool) -> str:
    """The identity that says best what several moves together do; ``vectors``: they lead to
    vectors."""
    known = set(moves)
    if not known:
        return ""
    both = {"left", "right"} <= known
    if "trace" in known:
        return "tr(A C B) = ⟨Aᵀ Bᵀ, C⟩" if both else LAWS["trace"]
    if start.body is None and known <= {"left", "right", "transpose"}:
        return "aᵀ C b = ⟨a bᵀ, C⟩" if both and not vectors else "aᵀ c = ⟨a, c⟩"
    if both:
        return "⟨G, A C B⟩ = ⟨Aᵀ G Bᵀ, C⟩"
    return "; ".join([LAWS[name] for name in moves if name in LAWS][:2])


@dataclass(frozen=True)
class Moved:
    """A term ``⟨weight, d(of)⟩``."""

    weight: Weight
    of: Expr


def moved(start: Weight, right: Expr, marks: Marks) -> tuple[list[Moved], list[str]] | None:
    """``⟨start, right⟩`` as inner products with plain differentials, and the names of the moves
    that lead there.

    None when ``right`` holds something through which no move leads.
    """
    known: dict[Expr, bool] = {}

    def holds(part: Expr) -> bool:
        for below in postorder(part, known=known):
            known[below] = marks.meant(below) is not None or any(known[child] for child in children(below))
        return known[part]

    found: list[Moved] = []
    moves: dict[str, None] = {}
    stack = [(start, right)]
    while stack:
        weight, node = stack.pop()
        mark = marks.meant(node)
        if isinstance(mark, Change):
            found.append(Moved(weight, mark.of))
            continue
        onward = _one(weight, node, holds) if mark is None else _paired(weight, mark, holds)
        if onward is None:
            return None
        name, parts = onward
        moves.setdefault(name)
        stack += reversed(parts)
    return found, [name for name in moves if name]


Parts = list[tuple[Weight, Expr]]


def _paired(weight: Weight, mark: Pairing, holds: Callable[[Expr], bool]) -> tuple[str, Parts] | None:
    """An inner product with a differential on its right side alone."""
    name = "inner" if weight.scalars or weight.below else ""
    return None if holds(mark.left) else (name, [(weight.with_body(mark.left), mark.right)])


def _one(weight: Weight, node: Expr, holds: Callable[[Expr], bool]) -> tuple[str, Parts] | None:
    """One move: its name, and what the inner product becomes."""
    match node := cast("Node", node):
        case Sum(terms=terms):
            return "", [(weight, term) for term in terms]
        case Product():
            return _product(weight, node, holds)
        case Hadamard(factors=factors):
            return _elementwise(weight, factors, holds)
        case Quotient(numerator=numerator, denominator=denominator) if not holds(denominator) and numerator.shape == node.shape:
            if denominator.is_scalar:
                return "", [(replace(weight, below=(*weight.below, denominator)), numerator)]
            return "quotient", [(weight.over(denominator), numerator)]
        case Entry(operand=operand, positions=positions):
            return _entry(weight, operand, positions)
        case Leaf() | Linear() | Kronecker() | Nonlinear() | Indexed():
            found = _through(weight, node)
            return None if found is None else (found[0], [(found[1], node.below[0])])


def _elementwise(weight: Weight, factors: tuple[Expr, ...], holds: Callable[[Expr], bool]) -> tuple[str, Parts] | None:
    inside = [factor for factor in factors if holds(factor)]
    for factor in factors:
        weight = weight if factor in inside else weight.elementwise(factor)
    return ("elementwise", [(weight, inside[0])]) if len(inside) == 1 else None


def _through(weight: Weight, node: Expr) -> tuple[str, Weight] | None:
    """The move to the operand of a linear function, and the weight there."""
    match node := cast("Node", node):
        case Negative():
            return "", replace(weight, number=-weight.number)
        case Transpose():
            return "transpose", weight.turned()
        case Trace(operand=operand):
            return "trace", weight.with_body(Identity(operand.shape[0]))
        case Total(operand=operand, axis=None):
            return "sum", weight if operand.is_scalar else weight.with_body(Ones(operand.shape))
        case Total(operand=operand, axis=axis) if operand.is_matrix and weight.body is not None and node.is_column:
            turned = (
                (weight.body, Ones((ONE, operand.cols))) if axis == "rows" else (Ones((operand.rows,)), Transpose(weight.body))
            )
            return "sums", weight.with_body(Product(turned))
        case Diagonal() if weight.body is not None:
            return "diagonal", weight.with_body(DiagonalMatrix(weight.body))
        case DiagonalMatrix(operand=operand) if weight.body is not None and operand.is_column:
            return "diagonal matrix", weight.with_body(Diagonal(weight.body))
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _entry(weight: Weight, operand: Expr, positions: tuple[Size | Index, ...]) -> tuple[str, Parts] | None:
    places = [position for position in positions if isinstance(position, Size)]
    if len(operand.shape) != len(positions) or len(places) != len(positions) or operand.is_row:
        return None
    units = [UnitVector(at, size) for at, size in zip(places, operand.shape, strict=True)]
    unit: Expr = units[0] if len(units) == 1 else Product((units[0], Transpose(units[1])))
    return "entry", [(weight.with_body(unit), operand)]


def _product(weight: Weight, node: Product, holds: Callable[[Expr], bool]) -> tuple[str, Parts] | None:
    """The last factor goes over, or all but the last."""
    *front, last = node.factors
    rest = product_of(front)
    if holds(last):
        if holds(rest):
            return None
        if rest.is_scalar:
            return "", [(weight.times(rest), last)]
        if last.is_scalar:
            return "scalar", [(weight.paired(rest), last)]
        return "left", [(weight.left(rest), last)]
    if last.is_scalar:
        return "", [(weight.times(last), rest)]
    if rest.is_scalar:
        return "scalar", [(weight.paired(last), rest)]
    return "right", [(weight.right(last), rest)]
