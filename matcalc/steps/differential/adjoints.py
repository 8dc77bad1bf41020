"""The adjoint of what stands around a differential: ``⟨G, A dX B⟩ = ⟨Aᵀ G Bᵀ, dX⟩``, one operation
at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

from matcalc.base.shapes import product_shape
from matcalc.base.sizes import ONE
from matcalc.expr import nodes as e
from matcalc.expr.nodes import (
    Diagonal,
    DiagonalMatrix,
    Expr,
    Hadamard,
    Identity,
    Negative,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Trace,
    children,
    postorder,
)
from matcalc.folding.build import UNIT, hadamard, product, scaled, transpose
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
        factors = [*_powers(self.scalars), *(() if self.body is None else (self.body,))]
        over = joined(factors)
        return Quotient(over, joined(_powers(self.below))) if self.below else over

    @property
    def expression(self) -> Expr:
        """The whole as an expression."""
        return scaled(self.number, self.unsigned)

    def times(self, scalar: Expr) -> Weight:
        """The product with a scalar."""
        other = weight(scalar)
        return replace(
            self, number=self.number * other.number, scalars=self.scalars + other.scalars, below=self.below + other.below
        )

    def with_body(self, body: Expr) -> Weight:
        """The same scalars before another vector or matrix (or scalar), whose own scalars are taken
        out."""
        other = weight(body)
        return Weight(self.number * other.number, self.scalars + other.scalars, self.below + other.below, other.body)

    def left(self, factor: Expr) -> Weight:
        """``factorᵀ G``."""
        return self.with_body(joined([transposed(factor), *self._own()]))

    def right(self, factor: Expr) -> Weight:
        """``G factorᵀ``."""
        return self.with_body(joined([*self._own(), transposed(factor)]))

    def turned(self) -> Weight:
        """``Gᵀ``."""
        return self if self.body is None else self.with_body(transposed(self.body))

    def elementwise(self, factor: Expr) -> Weight:
        """``G ⊙ factor``."""
        if self.body is None:
            return self.times(factor)
        other = weight(factor)
        return self.times_all(other).with_body(_hadamard(self.body, other.body or UNIT))

    def times_all(self, other: Weight) -> Weight:
        """The product with the scalars of another weight."""
        return replace(
            self, number=self.number * other.number, scalars=self.scalars + other.scalars, below=self.below + other.below
        )

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

    def _own(self) -> list[Expr]:
        return [] if self.body is None else [self.body]


def _powers(scalars: tuple[Expr, ...]) -> list[Expr]:
    """Equal factors as a power."""
    counts = Counter(scalars)
    return [scalar if count == 1 else Power(scalar, Number(Fraction(count))) for scalar, count in counts.items()]


def weight(expression: Expr) -> Weight:
    """The expression taken apart: sign, numbers and scalar factors in front, scalar denominators
    below."""
    number, scalars, below = Fraction(1), list[Expr](), list[Expr]()
    while True:
        match expression := cast("e.Node", expression):
            case Number():
                return Weight(number * expression.value, tuple(scalars), tuple(below))
            case Negative():
                number, expression = -number, expression.operand
            case Quotient() if expression.denominator.is_scalar:
                under = weight(expression.denominator)
                number /= under.number or Fraction(1)
                scalars += under.below
                below = [*under.scalars, *below]
                expression = expression.numerator
            case Quotient() if expression.numerator.is_scalar and expression.numerator is not UNIT:
                first = weight(expression.numerator)
                number, expression = number * first.number, Quotient(UNIT, expression.denominator)
                scalars += first.scalars
                below = [*first.below, *below]
            case Quotient() if isinstance(expression.numerator, Ones):
                expression = Quotient(UNIT, expression.denominator)
            case Product() if expression.factors[0].is_scalar:
                first = weight(expression.factors[0])
                number *= first.number
                scalars += first.scalars
                below = [*first.below, *below]
                expression = joined(list(expression.factors[1:]))
            case Product() if not expression.is_scalar and (count := _scalar_start(expression.factors)):
                scalars.append(Product(expression.factors[:count]))
                expression = joined(list(expression.factors[count:]))
            case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed() as rest:
                if rest.is_scalar:
                    return Weight(number, (*scalars, rest), tuple(below))
                return Weight(number, tuple(scalars), tuple(below), rest)


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
    """The product without factors of one and without identity matrices that say nothing."""
    shaped = [factor for factor in factors if not factor.is_scalar]
    if len(shaped) > 1:
        kept = [factor for factor in factors if not isinstance(factor, Identity)]
        factors = kept if any(not factor.is_scalar for factor in kept) else [*kept, shaped[0]]
    if sum(not factor.is_scalar for factor in factors) > 1:  # brackets of a sum with one sign, numbers inside: taken to the front
        signs = Fraction(1)
        flat = []
        for factor in factors:
            part = factor if factor.is_scalar else weight(factor)
            if isinstance(part, Weight) and part.number < 0 and not part.scalars and not part.below and part.body is not None:
                signs *= part.number
                flat.append(part.body)
            else:
                flat.append(factor)
        return scaled(signs, product(flat))
    return product(factors)


def transposed(expression: Expr) -> Expr:
    """The transpose, with the outermost signs and scalars left in front."""
    match expression := cast("e.Node", expression):
        case Negative():
            return Negative(transposed(expression.operand))
        case Quotient() if expression.denominator.is_scalar:
            return Quotient(transposed(expression.numerator), expression.denominator)
        case Product() if expression.factors[0].is_scalar and not expression.is_scalar:
            return product([expression.factors[0], transposed(joined(list(expression.factors[1:])))])
        case Hadamard():
            return Hadamard(tuple([transposed(factor) for factor in expression.factors]))
        case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
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
    positive = next((k for k, term in enumerate(terms) if not isinstance(term, Negative)), 0)
    terms.insert(0, terms.pop(positive))
    flat = [term for one in terms for term in (one.terms if isinstance(one, Sum) else (one,))]
    return weight(flat[0] if len(flat) == 1 else Sum(tuple(flat)))


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
        if isinstance(mark, Pairing):
            if holds(mark.left):
                return None
            moves.setdefault("inner" if weight.scalars or weight.below else "")
            stack.append((weight.with_body(mark.left), mark.right))
            continue
        onward = _one(weight, node, holds)
        if onward is None:
            return None
        name, parts = onward
        moves.setdefault(name)
        stack += reversed(parts)
    return found, [name for name in moves if name]


def _one(weight: Weight, node: Expr, holds: Callable[[Expr], bool]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    """One move: its name, and what the inner product becomes."""
    match node := cast("e.Node", node):
        case e.Sum(terms=terms):
            return "", [(weight, term) for term in terms]
        case e.Negative(operand=operand):
            return "", [(Weight(-weight.number, weight.scalars, weight.below, weight.body), operand)]
        case e.Product():
            return _product(weight, node, holds)
        case e.Hadamard(factors=factors):
            inside = [factor for factor in factors if holds(factor)]
            if len(inside) != 1:
                return None
            for factor in factors:
                if not holds(factor):
                    weight = weight.elementwise(factor)
            return "elementwise", [(weight, inside[0])]
        case e.Transpose(operand=operand):
            return "transpose", [(weight.turned(), operand)]
        case e.Quotient(numerator=numerator, denominator=denominator) if not holds(denominator) and numerator.shape == node.shape:
            if denominator.is_scalar:
                divided = Weight(weight.number, weight.scalars, (*weight.below, denominator), weight.body)
                return "", [(divided, numerator)]
            return "quotient", [(weight.over(denominator), numerator)]
        case e.Trace(operand=operand):
            return "trace", [(weight.with_body(e.Identity(operand.shape[0])), operand)]
        case e.Total(operand=operand, axis=None):
            return "sum", [(weight if operand.is_scalar else weight.with_body(e.Ones(operand.shape)), operand)]
        case e.Total(operand=operand, axis=axis) if operand.is_matrix and weight.body is not None and node.is_column:
            if axis == "rows":
                return "sums", [(weight.with_body(e.Product((weight.body, e.Ones((ONE, operand.cols))))), operand)]
            return "sums", [(weight.with_body(e.Product((e.Ones((operand.rows,)), e.Transpose(weight.body)))), operand)]
        case e.Diagonal(operand=operand) if weight.body is not None:
            return "diagonal", [(weight.with_body(e.DiagonalMatrix(weight.body)), operand)]
        case e.DiagonalMatrix(operand=operand) if weight.body is not None and operand.is_column:
            return "diagonal matrix", [(weight.with_body(e.Diagonal(weight.body)), operand)]
        case e.Entry(operand=operand, positions=positions):
            return _entry(weight, operand, positions)
        case e.Leaf() | e.Linear() | e.Kronecker() | e.Nonlinear() | e.Indexed():
            return None


def _entry(weight: Weight, operand: Expr, positions: tuple[int | e.Index, ...]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    if not all(isinstance(position, int) for position in positions) or len(operand.shape) != len(positions) or operand.is_row:
        return None
    units = [e.UnitVector(int(str(at)), size) for at, size in zip(positions, operand.shape, strict=True)]
    unit: Expr = units[0] if len(units) == 1 else e.Product((units[0], e.Transpose(units[1])))
    return "entry", [(weight.with_body(unit), operand)]


def _product(weight: Weight, node: e.Product, holds: Callable[[Expr], bool]) -> tuple[str, list[tuple[Weight, Expr]]] | None:
    """The last factor goes over, or all but the last."""
    *front, last = node.factors
    rest = front[0] if len(front) == 1 else e.Product(tuple(front))
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
