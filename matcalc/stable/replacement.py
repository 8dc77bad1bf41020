"""Forms that lose no digits and do not overflow, put in where their patterns stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from matcalc.base.lazy import later
from matcalc.base.traversal import with_operand, with_operands
from matcalc.expr.nodes import (
    Call,
    Diagonal,
    Elementwise,
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Total,
    Trace,
    Transpose,
    Vec,
    children,
    postorder,
)
from matcalc.expr.rewriting import product_of
from matcalc.stable.exponentials import (
    difference,
    exponential_product,
    exponential_quotient,
    logarithm,
    whole_power,
)

if TYPE_CHECKING:
    from matcalc.stable import resolvents
else:
    resolvents = later("matcalc.stable.resolvents")

# ------------------------------------------------------------
# Square roots of sums of squares as norms, which are scaled when they are computed, and quotients
# by powers of norms.

_HALF = Fraction(1, 2)
_DEEPEST = 6


def root(base: Expr, exponent: Fraction) -> Expr | None:
    """An odd power of the square root of a square or a sum of squares: of an absolute value or a
    norm; None for other powers."""
    if exponent.denominator != 2:
        return None
    inner = _root_of_square(base)
    if inner is None:
        return None
    times = exponent / _HALF
    return inner if times == 1 else Power(inner, Number(times))


def _root_of_square(base: Expr) -> Expr | None:
    match base := cast("Node", base):
        case Power(base=inner, exponent=Number(value=exponent)) if exponent == 2:
            return Elementwise("abs", inner)
        case Total(operand=Power(base=inner, exponent=Number(value=exponent)), axis=None) if (
            exponent == 2 and len(inner.shape) <= 2
        ):
            return Norm(inner, "2", None)
        case Product(factors=(Transpose(operand=inner), other)) if inner is other and inner.is_column:
            return Norm(inner, "2", None)
        case Trace(operand=Product(factors=(Transpose(operand=inner), other))) if inner is other:
            return Norm(inner, "2", None)
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def normalised(above: Expr, below: Expr) -> Expr | None:
    """``x x'/‖x‖²`` as the product of x/‖x‖ and its transpose, which cannot overflow; None when no
    more than one norm is divided by.

    x/‖x‖ is a function of x: scalar factors would be taken out of a product.
    """
    factors = below.factors if isinstance(below, Product) else (below,)
    counts = [_power_of_norm(factor) for factor in factors]
    if sum(count for _, count in filter(None, counts)) < 2:
        return None
    kept: list[Expr] = []
    changed = False
    for factor, found in zip(factors, counts, strict=True):
        if found is None:
            kept.append(factor)
            continue
        norm, count = found
        above, used = _divided(above, norm, count)
        changed = changed or used > 0
        kept += _powers(norm, count - used)
    if not changed:
        return None
    return Quotient(above, product_of(kept)) if kept else above


def _powers(base: Expr, count: int) -> list[Expr]:
    """A power of a base from 0 on as factors."""
    return [] if not count else [base if count == 1 else Power(base, Number(Fraction(count)))]


def _power_of_norm(factor: Expr) -> tuple[Norm, int] | None:
    norm, count = whole_power(factor)
    return (norm, count) if isinstance(norm, Norm) and norm.kind == "2" and norm.operand.is_column else None


def _divided(expression: Expr, norm: Norm, most: int, depth: int = _DEEPEST) -> tuple[Expr, int]:
    """A product with up to ``most`` of the factors that the norm is of divided by it, and how many
    they were."""
    if not most or not depth:
        return expression, 0
    if expression is norm.operand:
        return Call("normalised", (expression,), None, expression.shape), 1
    if isinstance(expression, Transpose) and expression.operand is norm.operand:
        return Transpose(Call("normalised", (norm.operand,), None, norm.operand.shape)), 1
    used = 0
    if isinstance(expression, Negative | Product):
        for place, operand in enumerate(expression.below):
            inner, count = _divided(operand, norm, most - used, depth - 1)
            expression, used = with_operand(expression, place, inner) if count else expression, used + count
    return expression, used


# ------------------------------------------------------------
# ``det(X) inv(X)`` as the adjugate, which singular matrices have too: the derivative of a
# determinant.

_ADJUGATES_DEEPEST = 6


def with_adjugate(node: Product) -> Expr | None:
    """A product of a determinant and something with one inverse of its matrix, or of a factor of
    its matrix; None for any other."""
    for place, factor in enumerate(node.factors):
        matrix, power = _determinant(factor)
        if matrix is None:
            continue
        rest = node.factors[:place] + node.factors[place + 1 :]
        for part, others in _square_factors(matrix):
            taken = _absorbed(product_of(rest), part)
            if taken is None or any(isinstance(inner, Inverse) and inner.operand is part for inner in postorder(taken)):
                continue
            scalars = [_det(other) for other in others] + _powers(_det(matrix), power - 1)
            return Product((*scalars, taken)) if scalars else taken
    return None


def _det(matrix: Expr) -> Expr:
    return Call("det", (matrix,), None, ())


def _determinant(factor: Expr) -> tuple[Expr | None, int]:
    """The matrix and k of ``det(X)^k``, k a positive integer."""
    base, count = whole_power(factor)
    return (base.arguments[0], count) if isinstance(base, Call) and base.function == "det" else (None, 0)


def _square_factors(matrix: Expr) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """The matrix, and the factors of a product of square matrices, each with the other factors."""
    found: list[tuple[Expr, tuple[Expr, ...]]] = [(matrix, ())]
    if isinstance(matrix, Product) and all(factor.shape == matrix.shape for factor in matrix.factors):
        found += [(factor, matrix.factors[:k] + matrix.factors[k + 1 :]) for k, factor in enumerate(matrix.factors)]
    return found


def _absorbed(expression: Expr, matrix: Expr, depth: int = _ADJUGATES_DEEPEST) -> Expr | None:
    """``det(matrix)`` times the expression, taken into an inverse of the matrix that is a factor of
    it; None when there is none.

    Products and what is linear are looked into, no deeper than derivatives nest them.
    """
    if not depth:
        return None
    if isinstance(expression, Inverse):
        inner, turned = expression.operand, isinstance(expression.operand, Transpose)
        adjugate = Call("adj", (matrix,), None, expression.shape)
        if (inner.below[0] if turned else inner) is not matrix:
            return None
        return Transpose(adjugate) if turned else adjugate
    if isinstance(expression, Sum):
        found = [_absorbed(term, matrix, depth - 1) for term in expression.terms]
        pairs = zip(expression.terms, found, strict=True)
        parts = [Product((_det(matrix), old)) if new is None else new for old, new in pairs]
        return None if found.count(None) == len(found) else Sum(tuple(parts))
    one = isinstance(expression, Transpose | Negative | Quotient | Trace | Diagonal | Vec | Total)
    places = expression.below[:1] if one else expression.below if isinstance(expression, Product) else ()
    for place, operand in enumerate(places):
        taken = _absorbed(operand, matrix, depth - 1)
        if taken is not None:
            return with_operand(expression, place, taken)
    return None


# ------------------------------------------------------------
# Forms that lose no digits and do not overflow, put in where their patterns stand: softplus,
# logsumexp, softmax, norms, adjugates.
#
# Every rule replaces an expression by an equal one, and operands are rewritten before their users,
# so one pass ends.


def stable(*roots: Expr) -> list[Expr]:
    """The expressions in their stable forms; a pattern that they share stays shared."""
    nodes = postorder(*roots)
    uses = Counter(child for node in nodes for child in set(children(node)))
    done: dict[Expr, Expr] = {}
    shared: set[Expr] = set()
    for node in nodes:
        done[node] = _rewritten(with_operands(node, done), shared)
        if uses[node] > 1:
            shared.add(done[node])
    return [done[root] for root in roots]


def _rewritten(node: Expr, shared: Container[Expr]) -> Expr:
    match node := cast("Node", node):
        case Elementwise(function="log", argument=argument):
            return logarithm(argument)
        case Sum(terms=(one, other)):
            return difference(one, other, shared) or node
        case Quotient(numerator=above, denominator=below):
            return exponential_quotient(above, below) or normalised(above, below) or node
        case Product():
            return exponential_product(node) or with_adjugate(node) or node
        case Power(base=base, exponent=Number(value=exponent)):
            return root(base, exponent) or node
        case Call(function="pinv"):
            return resolvents.as_resolvent(node)
        case Leaf() | Linear() | Sum() | Hadamard() | Kronecker() | Nonlinear() | Indexed():
            return node
