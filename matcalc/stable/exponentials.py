"""Sums, products and quotients of exponentials: softmax, sigmoid, tanh, differences that cancel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from fractions import Fraction

from matcalc.expr.nodes import (
    Call,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Hadamard,
    Negative,
    Ones,
    Product,
    Quotient,
    Sum,
    Total,
    Transpose,
)
from matcalc.stable.forms import exponent_of, is_one, negated, scaled, unit_and_other, whole_power

_TWO = Fraction(2)


def difference(one: Expr, other: Expr, shared: Container[Expr]) -> Expr | None:
    """Two terms that may cancel: ``exp(t) - 1``, ``1 - sigmoid(t)``, ``1 + tanh(t)``; else None.

    ``shared`` are values that are needed besides: from such a sigmoid the difference costs less than another exponential.
    """
    for sign, terms in ((1, (one, other)), (-1, (negated(one), negated(other)))):
        beside = unit_and_other(terms)
        found = None if beside is None else _one_plus(beside)
        if found is not None and not _has_shared_sigmoid(beside, shared):
            return found if sign > 0 else negated(found)
    return None


def _has_shared_sigmoid(term: Expr | None, shared: Container[Expr]) -> bool:
    value = term.operand if isinstance(term, Negative) else None
    return isinstance(value, Elementwise) and value.function == "sigmoid" and value in shared


def _one_plus(term: Expr) -> Expr | None:
    value = term.operand if isinstance(term, Negative) else term
    if not isinstance(value, Elementwise):
        return None
    t = value.argument
    match value.function, value is not term:
        case "exp", True:
            return Negative(Elementwise("expm1", t))
        case "sigmoid", True:
            return Elementwise("sigmoid", negated(t))
        case "tanh", turned:
            return scaled(_TWO, Elementwise("sigmoid", scaled(-_TWO if turned else _TWO, t)))
        case _:
            return None


def exponential_product(node: Product) -> Expr | None:
    """A product with the scalar exponentials in it as one, or with row or column sums of exponentials divided out: softmax; else None."""
    factors = node.factors
    found = [(factor, exponent_of(factor) if factor.is_scalar else None) for factor in factors]
    exponents = [exponent for _, exponent in found if exponent is not None]
    if len(exponents) > 1:
        rest = [factor for factor, exponent in found if exponent is None]
        joined = Elementwise("exp", Sum(tuple(exponents)))
        return Product((joined, *rest)) if rest else joined
    for place, (one, other) in enumerate(zip(factors, factors[1:])):
        lines = _normalised_lines(one, other)
        if lines is not None:
            kept = (*factors[:place], lines, *factors[place + 2 :])
            return kept[0] if len(kept) == 1 else Product(kept)
    return None


def _normalised_lines(one: Expr, other: Expr) -> Expr | None:
    """``diag(1 ./ sum(exp(X), rows))*exp(X)`` and ``exp(X)*diag(1 ./ sum(exp(X), cols))``."""
    for axis, sums, matrix in (("rows", one, other), ("cols", other, one)):
        t = exponent_of(matrix)
        weights = sums.operand if isinstance(sums, DiagonalMatrix) else None
        if t is not None and isinstance(weights, Quotient) and is_one(weights.numerator) and _sums_of(weights.denominator, matrix) == axis:
            return Call("softmax", (t,), axis, t.shape)
    return None


def _sums_of(sums: Expr, matrix: Expr) -> str | None:
    """The axis along which these are the sums of a matrix; None when they are not."""
    match sums:
        case Total(operand=operand, axis=axis) if operand is matrix and axis is not None:
            return axis
        case Product(factors=(factor, Ones() as ones)) if factor is matrix and ones.is_column:
            return "rows"
        case Product(factors=(Transpose(operand=operand), Ones() as ones)) if operand is matrix and ones.is_column:
            return "cols"
        case _:
            return None


def exponential_quotient(above: Expr, below: Expr) -> Expr | None:
    """A quotient of exponentials and of sums of them; None for any other."""
    return _of_two(above, below) or _sigmoid(above, below) or _of_lines(above, below) or _softmax(above, below)


def _of_two(above: Expr, below: Expr) -> Expr | None:
    if isinstance(above, Elementwise) and isinstance(below, Elementwise):
        t, u = above.argument, below.argument
        if above.function == below.function == "exp" and t.shape == u.shape:
            return Elementwise("exp", Sum((t, negated(u))))
        return Elementwise("tanh", t) if (above.function, below.function) == ("sinh", "cosh") and t is u else None
    return _of_two_sums(above, below) if isinstance(above, Sum) and isinstance(below, Sum) and len(above.terms) == 2 else None


def _of_two_sums(above: Sum, below: Sum) -> Expr | None:
    """``(exp(t) - exp(-t))/(exp(t) + exp(-t))``."""
    one, other = above.terms
    if set(below.terms) != {one, negated(other)} or not isinstance(other, Negative):
        return None
    rising, falling = exponent_of(one), exponent_of(other.operand)
    if rising is None or falling is None:
        return None
    return Elementwise("tanh", rising) if negated(rising) is falling or negated(falling) is rising else None


def _sigmoid(above: Expr, below: Expr) -> Expr | None:
    """``1/(1 + exp(-t))``, ``exp(t)/(1 + exp(t))`` and ``exp(t)/(exp(t) + exp(u))``."""
    if not isinstance(below, Sum) or len(below.terms) != 2:
        return None
    beside = unit_and_other(below.terms)
    if beside is None:
        one, other = below.terms if above is below.terms[0] else below.terms[::-1]
        t, u = exponent_of(one), exponent_of(other)
        return None if above is not one or t is None or u is None else Elementwise("sigmoid", Sum((t, negated(u))))
    t = exponent_of(beside)
    if t is None:
        return None
    if is_one(above):
        return Elementwise("sigmoid", negated(t))
    return Elementwise("sigmoid", t) if above is beside else None


def _of_lines(above: Expr, below: Expr) -> Expr | None:
    """``exp(X) ./ (sum(exp(X), rows)*1')`` and the same for columns."""
    t = exponent_of(above)
    if t is None or not t.is_matrix or not isinstance(below, Product):
        return None
    *before, last = below.factors
    if not isinstance(last, Transpose):
        return None
    if isinstance(last.operand, Ones):
        axis, lines = "rows", before[0] if len(before) == 1 else Product(tuple(before))
    elif len(before) == 1 and isinstance(before[0], Ones):
        axis, lines = "cols", last.operand
    else:
        return None
    return Call("softmax", (t,), axis, t.shape) if _sums_of(lines, above) == axis else None


def _softmax(above: Expr, below: Expr) -> Expr | None:
    """A product of exponentials of a vector over as many of their sums."""
    total = _total_of_exponentials(below)
    if total is None:
        return None
    exponential, count = total
    factors = above.factors if isinstance(above, Product) else (above,)
    replaced: list[Expr] = []
    left = count
    for factor in factors:
        new = _with_softmax(factor, exponential) if left else None
        left -= new is not None
        replaced.append(factor if new is None else new)
    if left:
        return None
    return replaced[0] if len(replaced) == 1 else Product(tuple(replaced))


def _total_of_exponentials(below: Expr) -> tuple[Elementwise, int] | None:
    """``exp(t)`` and p when ``below`` is ``sum(exp(t))^p`` for a vector t."""
    base, count = whole_power(below)
    if not isinstance(base, Total) or base.axis is not None:
        return None
    exponential = base.operand
    if not isinstance(exponential, Elementwise) or exponential.function != "exp":
        return None
    return None if exponential.is_matrix or exponential.is_scalar else (exponential, count)


def _with_softmax(factor: Expr, exponential: Elementwise) -> Expr | None:
    """The factor, one exponential in it made a softmax; None when there is none."""
    softmax = Call("softmax", (exponential.argument,), None, exponential.shape)
    if factor is exponential:
        return softmax
    if isinstance(factor, Transpose) and factor.operand is exponential:
        return Transpose(softmax)
    if isinstance(factor, DiagonalMatrix) and factor.operand is exponential:
        return DiagonalMatrix(softmax)
    if isinstance(factor, Hadamard) and Counter(factor.factors)[exponential] == 1:
        return Hadamard(tuple([softmax if inner is exponential else inner for inner in factor.factors]))
    return None
