"""What is wrong in a refuted claim, and what would be right: small changes of its sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf, isfinite, prod
from typing import cast

from matcalc.base.errors import ShapeError
from matcalc.base.traversal import with_operand
from matcalc.evaluation.arrays import entries_of
from matcalc.expr.nodes import (
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Transpose,
    children,
)
from matcalc.printing import text
from matcalc.verification.claims import Claim, Formula
from matcalc.verification.witness.comparing import Comparison, side_value
from matcalc.verification.witness.searching import holds

_MOST = 200
_FACTORS = (Fraction(2), Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed expression; ``kind`` is ``transpose``, ``sign``, ``factor`` or ``order``. A ``part``
    of it was ``changed`` to another."""

    kind: str
    description: str
    expression: Expr
    part: Expr
    changed: Expr


def mutants(expression: Expr) -> Iterator[Mutant]:
    """Every expression that differs by one small change and still has the same shape; at most 200,
    in reading order."""
    count = 0
    for path, nodes in occurrences(expression):
        for kind, description, changed in _changes(path, nodes):
            try:
                whole = with_part(path, nodes, changed)
            except ShapeError:
                continue
            if whole.shape == expression.shape and whole is not expression:
                yield Mutant(kind, description, whole, nodes[-1], changed)
                count += 1
                if count >= _MOST:
                    return


def occurrences(expression: Expr) -> Iterator[tuple[tuple[int, ...], tuple[Expr, ...]]]:
    """The place of every occurrence of a part, from the root, and the nodes on the way to it."""
    stack: list[tuple[tuple[int, ...], tuple[Expr, ...]]] = [((), (expression,))]
    count = 0
    while stack and count < _MOST:
        path, nodes = stack.pop()
        yield path, nodes
        count += 1
        below = children(nodes[-1])
        stack.extend(((*path, k), (*nodes, child)) for k, child in reversed(list(enumerate(below))))


def with_part(path: tuple[int, ...], nodes: tuple[Expr, ...], new: Expr) -> Expr:
    """The whole with another last node."""
    for node, k in zip(nodes[-2::-1], reversed(path)):
        new = with_operand(node, k, new)
    return new


def _changes(path: tuple[int, ...], nodes: tuple[Expr, ...]) -> Iterator[tuple[str, str, Expr]]:
    name = text(nodes[-1], "unicode")
    match node := cast("Node", nodes[-1]):
        case Transpose(operand=inner) if node.rows == node.cols and not node.is_scalar:
            yield "transpose", f"{name} should be {text(inner, 'unicode')}", inner
        case Symbol() | Inverse() if node.is_matrix and node.rows == node.cols:
            yield "transpose", f"{name} should be {text(Transpose(node), 'unicode')}", Transpose(node)
        case Number(value=value) if value:
            number = f"the exponent {name}" if path[-1:] == (1,) and isinstance(nodes[-2], Power) else name
            for factor in _FACTORS:
                yield "factor", f"{number} should be {text(Number(value * factor), 'unicode')}", Number(value * factor)
        case Product(factors=factors):
            for k in range(len(factors) - 1):
                one, other = factors[k : k + 2]
                if one is not other and not one.is_scalar and not other.is_scalar:
                    try:
                        swapped = Product((*factors[:k], other, one, *factors[k + 2 :]))
                    except ShapeError:
                        continue
                    names = text(one, "unicode"), text(other, "unicode")
                    yield "order", f"the factors {names[0]} and {names[1]} should be in the other order", swapped
        case Sum(terms=terms):
            for k, term in enumerate(terms):
                flipped = term.operand if isinstance(term, Negative) else Negative(term)
                yield "sign", f"the term {text(term, 'unicode')} has the wrong sign", Sum((*terms[:k], flipped, *terms[k + 1 :]))
        case Negative(operand=inner):
            yield "sign", f"{name} has the wrong sign", inner
        case Leaf() | Linear() | Hadamard() | Kronecker() | Nonlinear() | Indexed():
            return
    if not path:
        if not isinstance(node, Negative):
            yield "sign", "the sign is wrong", Negative(node)
        for factor in _FACTORS:
            amount = f"a factor {factor} is missing" if factor > 1 else "the formula is twice too large"
            yield "factor", amount, Product((Number(factor), node))
        if node.is_matrix and node.rows == node.cols:
            yield "transpose", "the formula should be transposed", Transpose(node)


_LARGEST_DENOMINATOR = 12


def repair(claim: Claim, comparison: Comparison | None) -> tuple[str, Expr | None] | None:
    """What to change in the right side, in words, and the right side changed where that is known;
    confirmed at further points."""
    if claim.right.is_derivative:
        return None
    right = claim.right.expression
    if not claim.fits:
        turned = Transpose(right) if len(right.shape) <= 2 else right
        if turned.shape == claim.left.shape and holds(Claim(claim.left, Formula(turned)), quick=True):
            return "the right side should be transposed", turned
        return None
    if comparison is None:
        return None
    if _is_row_major(claim, comparison):
        return "this is the answer for vec by rows; here vec stacks columns", None
    ratio = _ratio(comparison)
    if ratio is not None:
        scaled = Product((Number(ratio), right))
        if holds(Claim(claim.left, Formula(scaled)), quick=True):
            return _missing(ratio), scaled
    for mutant in mutants(right):
        changed = Claim(claim.left, Formula(mutant.expression))
        if changed.fits and holds(changed, quick=True):
            return mutant.description, mutant.expression
    return None


def _ratio(comparison: Comparison) -> Fraction | None:
    """The number that the left side is of the right side, where it is a simple fraction."""
    left, right = entries_of(comparison.left), entries_of(comparison.right)
    size = sum(other * other for other in right)
    if len(left) != len(right) or size == 0.0:
        return None
    factor = sum(one * other for one, other in zip(left, right)) / size
    if not isfinite(factor):  # sides that only the exact comparison can tell apart
        return None
    found = Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
    if not found or abs(float(found) - factor) > 1e-5 * abs(factor):
        return None
    return found if _are_near([float(found) * other for other in right], left, 1e-5, 1e-8) else None


def _are_near(left: Sequence[float], right: Sequence[float], relative: float, absolute: float) -> bool:
    """Whether as many entries are equal, to a part of the largest; never where one is not finite."""
    largest = max(map(abs, (*left, *right)), default=0.0)
    return len(left) == len(right) and all(
        abs(one - other) <= absolute + relative * largest < inf for one, other in zip(left, right)
    )


def _is_row_major(claim: Claim, comparison: Comparison) -> bool:
    """Whether the right side is the derivative of the rows of the function, one after another, by
    the rows of the variable."""
    left = claim.left
    if not left.is_derivative or len(left.wrt) != 1 or not (left.function.is_matrix and left.wrt[0].is_matrix):
        return False
    tensor = entries_of(side_value(replace(left, layout="tensor"), comparison.point))
    sizes = [size.value(comparison.point.sizes) for size in left.wrt[0].shape]
    across = prod(sizes)
    rows = [tensor[start : start + across] for start in range(0, len(tensor), across)]
    lines = rows if left.layout == "numerator" else list(zip(*rows))
    return _are_near([entry for line in lines for entry in line], entries_of(comparison.right), 1e-6, 1e-9)


def _missing(ratio: Fraction) -> str:
    if ratio == -1:
        return "the sign is wrong"
    if ratio > 0 and ratio.numerator == 1:
        return f"the right side is {ratio.denominator} times too large"
    return f"the factor {ratio} is missing"
