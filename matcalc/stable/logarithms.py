"""Logarithms of exponentials, probabilities, determinants, powers and products: of the exponents, where the values are out of range."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expr.deduction import is_nonnegative
from matcalc.expr.nodes import (
    Call,
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
    Vec,
)
from matcalc.stable.forms import exponent_of, like, negated, scaled, unit_and_other

_DEEPEST = 8
"""How far powers and products in each other are looked into."""


def logarithm(argument: Expr, depth: int = _DEEPEST) -> Expr:
    """``log(argument)``, the operands of which are in stable form."""
    known = _known(argument, depth) if depth else None
    return Elementwise("log", argument) if known is None else known


def _known(argument: Expr, depth: int) -> Expr | None:
    """Another form of the logarithm; None when the plain one is as good."""
    match argument:
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
        case _:
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
    if axis is None:
        total: Expr = Product((Call("logsumexp", (t,), None, ()), Ones(t.shape)))
    elif axis == "rows":
        total = Product((Call("logsumexp", (t,), axis, t.shape[:1]), Transpose(Ones(t.shape[1:]))))
    else:
        total = Product((Ones(t.shape[:1]), Transpose(Call("logsumexp", (t,), axis, t.shape[1:]))))
    return Sum((t, Negative(total)))


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
    """``log(b^k) = k log(b)``, for an even k of the absolute value; for other numbers both sides are undefined where b is negative."""
    if not isinstance(exponent, Number):
        return Product((exponent, logarithm(base, depth - 1))) if is_nonnegative(base) and exponent.is_scalar else None
    if exponent.value.denominator > 1 or exponent.value.numerator % 2 or is_nonnegative(base):
        return scaled(exponent.value, logarithm(base, depth - 1))
    if isinstance(base, Call) and base.function == "det":
        return scaled(exponent.value, Call("logdet", base.arguments, None, ()))
    return scaled(exponent.value, Elementwise("log", Elementwise("abs", base)))


def _of_product(argument: Product | Hadamard | Quotient, depth: int) -> Expr | None:
    """The sum of the logarithms, when one of them has a better form and no two factors can both be negative."""
    factors = _factors(argument)
    if factors is None or all(_known(factor, depth - 1) is None for factor, _ in factors):
        return None
    if sum(not _is_nonnegative(factor) for factor, _ in factors) > 1:
        return None
    terms = [logarithm(factor, depth - 1) if times > 0 else Negative(logarithm(factor, depth - 1)) for factor, times in factors]
    return Sum(tuple([term if term.shape == argument.shape else Product((term, Ones(argument.shape))) for term in terms]))


def _factors(argument: Expr) -> list[tuple[Expr, int]] | None:
    """Factors that are multiplied (1) or divided by (-1), entry by entry; None for a product of matrices."""
    found: list[tuple[Expr, int]] = []
    stack = [(argument, 1)]
    while stack:
        node, times = stack.pop()
        match node:
            case Quotient(numerator=above, denominator=below) if below.is_scalar or below.shape == above.shape:
                stack += [(below, -times), (above, times)]
            case Product(factors=factors) if sum(not factor.is_scalar for factor in factors) <= 1:
                stack += [(factor, times) for factor in reversed(factors)]
            case Hadamard(factors=factors):
                stack += [(factor, times) for factor in reversed(factors)]
            case Product():
                return None
            case _:
                found.append((node, times))
    return found


def _is_nonnegative(factor: Expr) -> bool:
    """Whether a factor is not negative where its logarithm, or the whole product, has a value."""
    return is_nonnegative(factor) or (isinstance(factor, Power) and _has_root(factor.exponent))


def _has_root(exponent: Expr) -> bool:
    return isinstance(exponent, Number) and exponent.value.denominator % 2 == 0


_LOG_2 = Elementwise("log", Number(Fraction(2)))
