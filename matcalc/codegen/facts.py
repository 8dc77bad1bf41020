"""What is known of an expression's value from its form and the declared facts: signs of entries, symmetry, definiteness."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from matcalc.expr.nodes import (
    Call,
    Constant,
    Diagonal,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Hadamard,
    Identity,
    Inverse,
    Kronecker,
    Negative,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Reshape,
    SizeValue,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    UnitVector,
    Vec,
    Zeros,
    children,
    postorder,
)

Factor: TypeAlias = tuple[Expr, bool]
"""A factor of a product, and whether its transpose is meant."""

_NEVER_NEGATIVE = frozenset({"exp", "abs", "relu", "step", "sigmoid", "softplus", "cosh"})
_AT_MOST_ONE = frozenset({"sigmoid", "tanh", "sin", "cos", "erf", "step"})


class Facts:
    """Answers for the expressions of one program; each is worked out once, operands first."""

    def __init__(self) -> None:
        self._nonnegative: dict[Expr, bool] = {}
        self._symmetric: dict[Expr, bool] = {}
        self._semidefinite: dict[Expr, bool] = {}

    def nonnegative(self, expression: Expr) -> bool:
        """Whether no entry can be negative."""
        self._learn(expression)
        return self._nonnegative[expression]

    def symmetric(self, expression: Expr) -> bool:
        """Whether the value equals its transpose."""
        self._learn(expression)
        return self._symmetric[expression]

    def semidefinite(self, expression: Expr) -> bool:
        """Whether the value is symmetric and positive semidefinite: definite where it is invertible."""
        self._learn(expression)
        return self._semidefinite[expression]

    def _learn(self, expression: Expr) -> None:
        if expression in self._semidefinite:
            return
        for node in postorder(expression):
            if node not in self._semidefinite:
                self._nonnegative[node] = self._has_no_negative(node)
                self._symmetric[node] = node.is_scalar or (node.rows == node.cols and self._is_symmetric(node))
                self._semidefinite[node] = self._is_semidefinite(node)

    def _has_no_negative(self, node: Expr) -> bool:
        known = self._nonnegative
        match node:
            case Symbol(properties=properties):
                return bool(properties & {"positive", "mask", "simplex"})
            case Number(value=value):
                return value >= 0
            case Constant() | SizeValue() | Ones() | Zeros() | Identity() | UnitVector():
                return True
            case Power(exponent=Number(value=value)) if value.denominator == 1 and value.numerator % 2 == 0:
                return True
            case Power(base=base):
                return known[base]
            case Norm():
                return True
            case Elementwise(function=name, argument=argument):
                return name in _NEVER_NEGATIVE or (name in ("sinh", "tanh", "sqrt") and known[argument])
            case Call(function=name):
                return name in ("softmax", "spectral_norm", "nuclear_norm")
            case Sum(terms=terms):
                return all(known[term] for term in terms) or _one_minus_at_most_one(terms)
            case Product(factors=factors):
                return all(known[factor] for factor in factors) or (node.is_scalar and self._is_quadratic(node))
            case Hadamard(factors=factors):
                counts = {factor: factors.count(factor) for factor in factors}
                return all(known[factor] or count % 2 == 0 for factor, count in counts.items())
            case Quotient() | Kronecker() | Transpose() | Total() | Trace() | Diagonal() | DiagonalMatrix() | Vec() | Reshape():
                below = children(node)
                return all(known[child] for child in below) or (isinstance(node, Trace | Diagonal) and self._semidefinite[below[0]])
            case _:
                return False

    def _is_symmetric(self, node: Expr) -> bool:
        known = self._symmetric
        match node:
            case Symbol(properties=properties):
                return bool(properties & {"symmetric", "positive_definite", "diagonal"})
            case Identity() | DiagonalMatrix() | Ones() | Zeros():
                return True
            case Sum(terms=terms):
                loose = [_signed(term) for term in terms if not known[term]]
                return all((_transposed(factor), sign) in loose for factor, sign in loose)
            case Negative(operand=operand) | Transpose(operand=operand) | Inverse(operand=operand) | Elementwise(argument=operand):
                return known[operand]
            case Hadamard(factors=factors) | Kronecker(factors=factors):
                return all(known[factor] for factor in factors)
            case Quotient(numerator=above, denominator=below):
                return known[above] and known[below]
            case Power(base=base, exponent=exponent):
                return known[base] and known[exponent]
            case Product(factors=factors):
                return self._is_palindrome([(factor, False) for factor in factors if not factor.is_scalar])
            case _:
                return False

    def _is_palindrome(self, chain: Sequence[Factor]) -> bool:
        opened = opened_chain(chain)
        turned = [(f, False) if self._symmetric.get(f, False) else (f, not t) for f, t in reversed(opened)]
        return [(f, False) if self._symmetric.get(f, False) else (f, t) for f, t in opened] == turned

    def _is_semidefinite(self, node: Expr) -> bool:
        known = self._semidefinite
        match node:
            case Symbol(properties=properties):
                return "positive_definite" in properties
            case Identity():
                return True
            case DiagonalMatrix(operand=operand):
                return self._nonnegative[operand]
            case Sum(terms=terms):
                return all(known[term] for term in terms)
            case Inverse(operand=operand) | Transpose(operand=operand):
                return known[operand]
            case Kronecker(factors=factors):
                return all(known[factor] for factor in factors)
            case Quotient(numerator=above, denominator=below):
                return below.is_scalar and known[above] and self._nonnegative[below]
            case Product():
                return not node.is_scalar and self._is_quadratic(node)
            case _:
                return node.is_scalar and self._nonnegative[node]

    def _is_quadratic(self, node: Product) -> bool:
        """Whether a product is ``c B' W B`` with c >= 0 and W positive semidefinite, or absent."""
        if any(factor.is_scalar and not self._nonnegative[factor] for factor in node.factors):
            return False
        chain = opened_chain([(factor, False) for factor in node.factors if not factor.is_scalar])
        while len(chain) >= 2:
            first, last = chain[0], chain[-1]
            if first[0] is not last[0] or (first[1] == last[1] and not self._symmetric.get(first[0], False)):
                return False
            chain = chain[1:-1]
        return not chain or self._semidefinite.get(chain[0][0], False)


def opened_chain(chain: Sequence[Factor]) -> list[Factor]:
    """Factors with transposes taken to the leaves and nested products opened."""
    opened: list[Factor] = []
    stack = list(reversed(chain))
    while stack:
        factor, turned = stack.pop()
        match factor:
            case Transpose(operand=operand):
                stack.append((operand, not turned))
            case Product(factors=factors) if not factor.is_scalar and not any(inner.is_scalar for inner in factors):
                parts = [(inner, turned) for inner in factors]
                stack.extend(parts if turned else reversed(parts))
            case _:
                opened.append((factor, turned))
    return opened


def _transposed(factor: Expr) -> Expr:
    return factor.operand if isinstance(factor, Transpose) else Transpose(factor)


def _signed(term: Expr) -> tuple[Expr, int]:
    return (term.operand, -1) if isinstance(term, Negative) else (term, 1)


def _one_minus_at_most_one(terms: tuple[Expr, ...]) -> bool:
    """``1 - sigmoid(t)``, ``1 - tanh(t)^2`` and the like."""
    if len(terms) != 2:
        return False
    ones = [term for term in terms if isinstance(term, Ones) or term is _UNIT]
    others = [term.operand for term in terms if isinstance(term, Negative)]
    if len(ones) != 1 or len(others) != 1:
        return False
    other = others[0]
    if isinstance(other, Power) and isinstance(other.exponent, Number):
        power = other.exponent.value
        other = other.base if power > 0 and power.denominator == 1 else other
    return isinstance(other, Elementwise) and other.function in _AT_MOST_ONE


_UNIT = Number(Fraction(1))
