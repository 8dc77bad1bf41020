"""A product taken apart: a number, scalar factors above and below, and the chain of vectors and matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from matcalc.budgets import spend
from matcalc.codegen.forms import is_thin, is_written_diagonal
from matcalc.expr.deduction import Factor
from matcalc.expr.nodes import Expr, Inverse, Negative, Number, Product, Quotient, Sum, Transpose, children, product_shape
from matcalc.sizes import Shape


@dataclass(slots=True)
class Factors:
    """``coefficient * above / below`` times the chain, each factor of which may be transposed."""

    coefficient: Fraction = Fraction(1)
    above: list[Expr] = field(default_factory=list)
    below: list[Expr] = field(default_factory=list)
    chain: list[Factor] = field(default_factory=list)

    def scale(self, expression: Expr, uses: Mapping[Expr, int], *, under: bool = False) -> None:
        """Takes a scalar factor in; products, quotients and signs of scalars are opened, but no products that are used elsewhere too."""
        stack = [(expression, under)]
        while stack:
            node, below = stack.pop()
            spend()
            match node:
                case Number(value=value) if value or not below:
                    self.coefficient = self.coefficient / value if below else self.coefficient * value
                case Negative(operand=operand):
                    self.coefficient = -self.coefficient
                    stack.append((operand, below))
                case Quotient(numerator=numerator, denominator=denominator):
                    stack += [(denominator, not below), (numerator, below)]
                case Product(factors=factors) if all(factor.is_scalar for factor in factors) and (
                    node is expression or uses.get(node, 0) <= 1
                ):
                    stack.extend((factor, below) for factor in reversed(factors))
                case Transpose(operand=operand):
                    stack.append((operand, below))
                case _:
                    (self.below if below else self.above).append(node)


def taken_apart(node: Expr, uses: Mapping[Expr, int]) -> Factors:
    """The factors of ``node``. Nested products are opened unless they are used elsewhere too: then they are computed once."""
    result = Factors()
    stack: list[tuple[Expr, bool, bool]] = [(node, False, False)]
    while stack:
        factor, turned, shared = stack.pop()
        spend()
        if factor.is_scalar and not (factor is node and isinstance(factor, Product)):
            result.scale(factor, uses)
            continue
        shared = factor is not node and (shared or uses.get(factor, 0) > 1)
        match factor:
            case Transpose(operand=operand):
                stack.append((operand, not turned, shared))
            case Negative(operand=operand):
                result.coefficient = -result.coefficient
                stack.append((operand, turned, shared))
            case Quotient(numerator=above, denominator=below) if below.is_scalar and not above.is_scalar:
                result.scale(below, uses, under=True)
                stack.append((above, turned, shared))
            case Product(factors=factors) if not shared:
                scalars, run = segments(factors)
                if factor is node and len(scalars) == 1 and not run and scalars[0] is node:
                    run = list(factors)  # a chain that ends as a scalar, such as x'Ax
                else:
                    for scalar in scalars:
                        result.scale(scalar, uses)
                # A scalar met inside x'(cA)x stays a factor: scalars commute with everything.
                parts = [(inner, turned, False) for inner in run]
                stack.extend(parts if turned else reversed(parts))
            case _:
                result.chain.append((factor, turned))
    return result


def segments(factors: tuple[Expr, ...]) -> tuple[list[Expr], list[Expr]]:
    """The scalar parts of a product read from the left (a run such as ``x'Ax`` is one), and the run that remains."""
    scalars: list[Expr] = []
    run: list[Expr] = []
    shape: Shape = ()
    for factor in factors:
        if factor.is_scalar:
            (run or scalars).append(factor)
            continue
        run.append(factor)
        shape = product_shape(shape, factor.shape)
        if not shape:
            scalars.append(Product(tuple(run)))
            run = []
    inner = [factor for factor in run if factor.is_scalar]
    return scalars + inner, [factor for factor in run if not factor.is_scalar]


def explicit_inverses(order: Sequence[Expr], roots: tuple[Expr, ...]) -> set[Expr]:
    """Inverses that are needed as matrices somewhere, not only applied to something."""
    found: set[Expr] = set()
    for root in roots:
        _note(root, found)
    for node in order:
        if isinstance(node, Transpose | Negative) or (isinstance(node, Quotient) and node.denominator.is_scalar):
            continue  # whoever uses these decides
        if isinstance(node, Product):
            arrays = [factor for factor in node.factors if not factor.is_scalar]
            # In S⁻¹ (I - u v') S⁻¹ the inverse meets the identity once the product is taken apart.
            alone = all(_is_inverse(factor) or _is_identity_plus(factor) for factor in arrays)
            applied = len(arrays) > 1 and not (alone and any(_is_identity_plus(factor) for factor in arrays))
        else:
            applied = False
        if not applied:
            for child in children(node):
                _note(child, found)
    return found


def _is_inverse(factor: Expr) -> bool:
    return isinstance(factor.operand if isinstance(factor, Transpose) else factor, Inverse)


def _is_identity_plus(factor: Expr) -> bool:
    factor = factor.operand if isinstance(factor, Transpose) else factor
    return (
        isinstance(factor, Sum) and all(is_thin(term) for term in factor.terms) and any(is_written_diagonal(term) for term in factor.terms)
    )


def _note(node: Expr, found: set[Expr]) -> None:
    while True:
        match node:
            case Transpose(operand=operand) | Negative(operand=operand) | Quotient(numerator=operand):
                node = operand
            case Product(factors=factors) if sum(not factor.is_scalar for factor in factors) == 1:
                node = next(factor for factor in factors if not factor.is_scalar)
            case Inverse():
                found.add(node)
                return
            case _:
                return
