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
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Total,
    Transpose,
)
from matcalc.stable.forms import is_one, negated, scaled, unit_and_other

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
    match term:
        case Negative(operand=Elementwise(function="sigmoid") as value):
            return value in shared
        case _:
            return False


def _one_plus(term: Expr) -> Expr | None:
    match term:
        case Negative(operand=Elementwise(function="exp", argument=t)):
            return Negative(Elementwise("expm1", t))
        case Negative(operand=Elementwise(function="sigmoid", argument=t)):
            return Elementwise("sigmoid", negated(t))
        case Elementwise(function="tanh", argument=t):
            return scaled(_TWO, Elementwise("sigmoid", scaled(_TWO, t)))
        case Negative(operand=Elementwise(function="tanh", argument=t)):
            return scaled(_TWO, Elementwise("sigmoid", scaled(-_TWO, t)))
        case _:
            return None


def exponential_product(node: Product) -> Expr | None:
    """A product with the scalar exponentials in it as one, or with row or column sums of exponentials divided out: softmax; else None."""
    factors = node.factors
    exponents = [factor.argument for factor in factors if isinstance(factor, Elementwise) and factor.function == "exp" and factor.is_scalar]
    if len(exponents) > 1:
        rest = [factor for factor in factors if not (isinstance(factor, Elementwise) and factor.function == "exp" and factor.is_scalar)]
        joined = Elementwise("exp", Sum(tuple(exponents)))
        return Product((joined, *rest)) if rest else joined
    for place, (one, other) in enumerate(zip(factors, factors[1:])):
        found = _normalised_lines(one, other)
        if found is not None:
            kept = (*factors[:place], found, *factors[place + 2 :])
            return kept[0] if len(kept) == 1 else Product(kept)
    return None


def _normalised_lines(one: Expr, other: Expr) -> Expr | None:
    """``diag(1 ./ sum(exp(X), rows))*exp(X)`` and ``exp(X)*diag(1 ./ sum(exp(X), cols))``."""
    for axis, sums, matrix in (("rows", one, other), ("cols", other, one)):
        match sums, matrix:
            case DiagonalMatrix(operand=Quotient(numerator=above, denominator=below)), Elementwise(function="exp", argument=t):
                if is_one(above) and _sums_of(below, matrix) == axis:
                    return Call("softmax", (t,), axis, t.shape)
            case _:
                pass
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
    match above, below:
        case Elementwise(function="exp", argument=t), Elementwise(function="exp", argument=u) if t.shape == u.shape:
            return Elementwise("exp", Sum((t, negated(u))))
        case Elementwise(function="sinh", argument=t), Elementwise(function="cosh", argument=u) if t is u:
            return Elementwise("tanh", t)
        case Sum(terms=(one, other)), Sum(terms=terms) if set(terms) == {one, negated(other)}:
            match one, other:
                case Elementwise(function="exp", argument=t), Negative(operand=Elementwise(function="exp", argument=u)):
                    return Elementwise("tanh", t) if negated(t) is u or negated(u) is t else None
                case _:
                    return None
        case _:
            return None


def _sigmoid(above: Expr, below: Expr) -> Expr | None:
    """``1/(1 + exp(-t))``, ``exp(t)/(1 + exp(t))`` and ``exp(t)/(exp(t) + exp(u))``."""
    if not isinstance(below, Sum) or len(below.terms) != 2:
        return None
    beside = unit_and_other(below.terms)
    if beside is None:
        one, other = below.terms if above is below.terms[0] else below.terms[::-1]
        if above is not one or not (_is_exponential(one) and _is_exponential(other)):
            return None
        assert isinstance(one, Elementwise) and isinstance(other, Elementwise)
        return Elementwise("sigmoid", Sum((one.argument, negated(other.argument))))
    if not isinstance(beside, Elementwise) or beside.function != "exp":
        return None
    if is_one(above):
        return Elementwise("sigmoid", negated(beside.argument))
    return Elementwise("sigmoid", beside.argument) if above is beside else None


def _is_exponential(node: Expr) -> bool:
    return isinstance(node, Elementwise) and node.function == "exp"


def _of_lines(above: Expr, below: Expr) -> Expr | None:
    """``exp(X) ./ (sum(exp(X), rows)*1')`` and the same for columns."""
    match above, below:
        case Elementwise(function="exp", argument=t), Product(factors=(*sums, Transpose(operand=Ones()))) if t.is_matrix:
            lines = sums[0] if len(sums) == 1 else Product(tuple(sums))
            return Call("softmax", (t,), "rows", t.shape) if _sums_of(lines, above) == "rows" else None
        case Elementwise(function="exp", argument=t), Product(factors=(Ones(), Transpose(operand=lines))) if t.is_matrix:
            return Call("softmax", (t,), "cols", t.shape) if _sums_of(lines, above) == "cols" else None
        case _:
            return None


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
    count = Fraction(1)
    if isinstance(below, Power) and isinstance(below.exponent, Number):
        count, below = below.exponent.value, below.base
    match below:
        case Total(operand=Elementwise(function="exp") as exponential, axis=None) if count.denominator == 1 and count > 0:
            return (exponential, int(count)) if not exponential.is_matrix and not exponential.is_scalar else None
        case _:
            return None


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
