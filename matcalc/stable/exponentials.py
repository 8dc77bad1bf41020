"""Sums, products, quotients and logarithms of exponentials, without overflow and without loss of
digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from fractions import Fraction
from typing import cast

from matcalc.expr.deduction import is_nonnegative
from matcalc.expr.nodes import (
    Call,
    DiagonalMatrix,
    Elementwise,
    Expr,
    Hadamard,
    Indexed,
    Kronecker,
    Leaf,
    Linear,
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
    Transpose,
    Vec,
)
from matcalc.expr.rewriting import product_of

# ------------------------------------------------------------
# Small forms that the stable ones are made of.

UNIT = Number(Fraction(1))


def negated(expression: Expr) -> Expr:
    """The negative, without two signs."""
    return expression.operand if isinstance(expression, Negative) else Negative(expression)


def is_one(expression: Expr) -> bool:
    """Whether every entry is written 1."""
    return expression is UNIT or isinstance(expression, Ones)


def scaled(factor: Fraction, expression: Expr) -> Expr:
    """A number times an expression."""
    if isinstance(expression, Negative):
        factor, expression = -factor, expression.operand
    if abs(factor) == 1:
        return expression if factor > 0 else Negative(expression)
    return Product((Number(factor), expression))


def like(expression: Expr, scalar: Expr) -> Expr:
    """A scalar in every entry of the shape of an expression."""
    return scalar if expression.is_scalar else Product((scalar, Ones(expression.shape)))


def unit_and_other(terms: Sequence[Expr]) -> Expr | None:
    """The other one of two terms, when one is 1."""
    if len(terms) != 2 or not any(is_one(term) for term in terms):
        return None
    return terms[1] if is_one(terms[0]) else terms[0]


def exponent_of(expression: Expr) -> Expr | None:
    """``t`` when the expression is ``exp(t)``, entry by entry."""
    return expression.argument if isinstance(expression, Elementwise) and expression.function == "exp" else None


def whole_power(expression: Expr) -> tuple[Expr, int]:
    """``x`` and k when the expression is ``x^k`` for a whole number k from 1 on; else the
    expression itself and 1."""
    if not isinstance(expression, Power) or not isinstance(expression.exponent, Number):
        return expression, 1
    value = expression.exponent.value
    return (expression.base, int(value)) if value.denominator == 1 and value > 0 else (expression, 1)


# ------------------------------------------------------------
# Sums, products and quotients of exponentials: softmax, sigmoid, tanh, differences that cancel.

_TWO = Fraction(2)


def difference(one: Expr, other: Expr, shared: Container[Expr]) -> Expr | None:
    """Two terms that may cancel: ``exp(t) - 1``, ``1 - sigmoid(t)``, ``1 + tanh(t)``; else None.

    ``shared`` are values that are needed besides: from such a sigmoid the difference costs less
    than another exponential.
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
    """A product with the scalar exponentials in it as one, or with row or column sums of
    exponentials divided out: softmax; else None."""
    factors = node.factors
    found = [(factor, exponent_of(factor) if factor.is_scalar else None) for factor in factors]
    exponents = [exponent for _, exponent in found if exponent is not None]
    if len(exponents) > 1:
        rest = [factor for factor, exponent in found if exponent is None]
        return product_of((Elementwise("exp", Sum(tuple(exponents))), *rest))
    for place, (one, other) in enumerate(zip(factors, factors[1:])):
        lines = _normalised_lines(one, other)
        if lines is not None:
            return product_of((*factors[:place], lines, *factors[place + 2 :]))
    return None


def _normalised_lines(one: Expr, other: Expr) -> Expr | None:
    """``diag(1 ./ sum(exp(X), rows))*exp(X)`` and ``exp(X)*diag(1 ./ sum(exp(X), cols))``."""
    for axis, sums, matrix in (("rows", one, other), ("cols", other, one)):
        t = exponent_of(matrix)
        weights = sums.operand if isinstance(sums, DiagonalMatrix) else None
        if t is None or not isinstance(weights, Quotient) or not is_one(weights.numerator):
            continue
        if _sums_of(weights.denominator, matrix) == axis:
            return Call("softmax", (t,), axis, t.shape)
    return None


def _sums_of(sums: Expr, matrix: Expr) -> str | None:
    """The axis along which these are the sums of a matrix; None when they are not."""
    if isinstance(sums, Total):
        return sums.axis if sums.operand is matrix else None
    if not isinstance(sums, Product) or len(sums.factors) != 2:
        return None
    factor, ones = sums.factors
    if not isinstance(ones, Ones) or not ones.is_column:
        return None
    return "rows" if factor is matrix else "cols" if isinstance(factor, Transpose) and factor.operand is matrix else None


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
        axis, lines = "rows", product_of(before)
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
    return product_of(replaced)


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
    if isinstance(factor, Transpose | DiagonalMatrix) and factor.operand is exponential:
        return type(factor)(softmax)
    if isinstance(factor, Hadamard) and Counter(factor.factors)[exponential] == 1:
        return Hadamard(tuple([softmax if inner is exponential else inner for inner in factor.factors]))
    return None


# ------------------------------------------------------------
# Logarithms of exponentials, probabilities, determinants, powers and products: of the exponents,
# where the values are out of range.

_DEEPEST = 8
"""How far powers and products in each other are looked into."""


def logarithm(argument: Expr, depth: int = _DEEPEST) -> Expr:
    """``log(argument)``, the operands of which are in stable form."""
    known = _known(argument, depth) if depth else None
    return Elementwise("log", argument) if known is None else known


def _known(argument: Expr, depth: int) -> Expr | None:
    """Another form of the logarithm; None when the plain one is as good."""
    match argument := cast("Node", argument):
        case Elementwise():
            return _of_function(argument)
        case Total(operand=Elementwise(function="exp", argument=t), axis=axis):
            if axis is None and t.is_matrix:
                return Call("logsumexp", (Vec(t),), None, ())
            return Call("logsumexp", (t,), axis, argument.shape)
        case Product(factors=(Elementwise(function="exp", argument=t), Ones() as ones)) if ones.is_column and t.is_matrix:
            return Call("logsumexp", (t,), "rows", argument.shape)
        case Call(function="softmax", arguments=(t,), axis=axis) if not t.is_scalar:
            return _of_softmax(t, axis)
        case Call(function="det", arguments=(matrix,)):
            return Call("log_det", (matrix,), None, ())
        case Sum(terms=(one, other)):
            return _of_sum(one, other)
        case Power(base=base, exponent=exponent):
            return _of_power(base, exponent, depth)
        case Product() | Hadamard() | Quotient():
            return _of_product(argument, depth)
        case Leaf() | Linear() | Sum() | Kronecker() | Nonlinear() | Indexed():
            return None


def _of_function(argument: Elementwise) -> Expr | None:
    t = argument.argument
    match argument.function:
        case "exp":
            return t
        case "abs":
            return Call("logdet", t.arguments, None, ()) if isinstance(t, Call) and t.function == "det" else None
        case "sigmoid":
            return Negative(Elementwise("softplus", negated(t)))
        case "cosh":  # log((exp(t) + exp(-t))/2)
            return Sum((Elementwise("softplus", scaled(Fraction(2), t)), negated(t), Negative(like(t, _LOG_2))))
        case "expm1":
            return Sum((t, Elementwise("log", Negative(Elementwise("expm1", negated(t))))))
        case _:
            return None


def _of_softmax(t: Expr, axis: str | None) -> Expr:
    sums = Call("logsumexp", (t,), axis, () if axis is None else t.shape[:1] if axis == "rows" else t.shape[1:])
    if axis is None:
        return Sum((t, Negative(Product((sums, Ones(t.shape))))))
    lines = (sums, Transpose(Ones(t.shape[1:]))) if axis == "rows" else (Ones(t.shape[:1]), Transpose(sums))
    return Sum((t, Negative(Product(lines))))


def _of_sum(one: Expr, other: Expr) -> Expr | None:
    split = unit_and_other((one, other))
    if split is not None:
        exponent = exponent_of(split)
        if exponent is not None:
            return Elementwise("softplus", exponent)
        taken = split.operand if isinstance(split, Negative) else None
        if isinstance(taken, Elementwise) and taken.function == "sigmoid":
            return Negative(Elementwise("softplus", taken.argument))
        return Elementwise("log1p", split)
    t, u = exponent_of(one), exponent_of(other)
    if t is None or u is None or t.shape != u.shape:
        return None
    return Sum((t, Elementwise("softplus", Sum((u, Negative(t))))))


def _of_power(base: Expr, exponent: Expr, depth: int) -> Expr | None:
    """``log(b^k) = k log(b)``, for an even k of the absolute value; for other numbers both sides
    are undefined where b is negative."""
    if not isinstance(exponent, Number):
        return Product((exponent, logarithm(base, depth - 1))) if is_nonnegative(base) and exponent.is_scalar else None
    if exponent.value.denominator > 1 or exponent.value.numerator % 2 or is_nonnegative(base):
        return scaled(exponent.value, logarithm(base, depth - 1))
    if isinstance(base, Call) and base.function == "det":
        return scaled(exponent.value, Call("logdet", base.arguments, None, ()))
    return scaled(exponent.value, Elementwise("log", Elementwise("abs", base)))


def _of_product(argument: Product | Hadamard | Quotient, depth: int) -> Expr | None:
    """The sum of the logarithms, when one of them has a better form and no two factors can both be
    negative."""
    factors = _factors(argument)
    if factors is None or all(_known(factor, depth - 1) is None for factor, _ in factors):
        return None
    if sum(not _is_nonnegative(factor) for factor, _ in factors) > 1:
        return None
    terms = [logarithm(factor, depth - 1) if times > 0 else Negative(logarithm(factor, depth - 1)) for factor, times in factors]
    return Sum(tuple([term if term.shape == argument.shape else Product((term, Ones(argument.shape))) for term in terms]))


def _factors(argument: Expr) -> list[tuple[Expr, int]] | None:
    """Factors that are multiplied (1) or divided by (-1), entry by entry; None for a product of
    matrices."""
    found: list[tuple[Expr, int]] = []
    stack = [(argument, 1)]
    while stack:
        node, times = stack.pop()
        if isinstance(node, Quotient) and (node.denominator.is_scalar or node.denominator.shape == node.numerator.shape):
            stack += [(node.denominator, -times), (node.numerator, times)]
        elif isinstance(node, Product) and sum(not factor.is_scalar for factor in node.factors) > 1:
            return None
        elif isinstance(node, Product | Hadamard):
            stack += [(factor, times) for factor in reversed(node.factors)]
        else:
            found.append((node, times))
    return found


def _is_nonnegative(factor: Expr) -> bool:
    """Whether a factor is not negative where its logarithm, or the whole product, has a value."""
    exponent = factor.exponent if isinstance(factor, Power) else None
    return is_nonnegative(factor) or (isinstance(exponent, Number) and exponent.value.denominator % 2 == 0)


_LOG_2 = Elementwise("log", Number(Fraction(2)))
