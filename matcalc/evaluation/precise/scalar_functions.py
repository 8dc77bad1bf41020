"""The elementwise functions at many digits: those of the language, those of the table, those of the
user."""

from __future__ import annotations

import ast
import decimal
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import perm
from types import CodeType, MappingProxyType, SimpleNamespace

from matcalc.base.errors import UnknownFunctionError
from matcalc.base.functions import functions
from matcalc.base.own_functions import phase_of
from matcalc.evaluation.precise.number_systems import Arithmetic, Decimals, Number, Undefined

# ------------------------------------------------------------
# The elementwise functions of the language at many digits, good to their own size also where they
# saturate.

_LARGEST = Decimal(10) ** 15
_MOST_MORE_DIGITS = 1000
_GUARD = 8


def applied(ar: Decimals, name: str, value: Decimal) -> Decimal:
    """The value of a function of the table. Raises Undefined outside the domain."""
    function = _FUNCTIONS.get(name)
    return by_table(ar, name, value) if function is None else function(ar, value)


def smooth_function(ar: Decimals, name: str, value: Decimal) -> Decimal:
    """A smooth test function for each name, with primes for its derivatives: sin(t + a) + 2 exp(-a
    t/2)."""
    stem = name.rstrip("'")
    order = len(name) - len(stem)
    exact = phase_of(stem)
    phase = Decimal(exact.numerator) / exact.denominator
    rate = -phase / 2
    waves = (sine, cosine, lambda ar, t: -sine(ar, t), lambda ar, t: -cosine(ar, t))
    return waves[order % 4](ar, value + phase) + 2 * ar.power(rate, order) * exponential(ar, rate * value)


def _work(ar: Decimals) -> int:
    """How many multiplications an exponential is worth."""
    return 50 + ar.digits * ar.digits // 1600


def exponential(ar: Decimals, value: Decimal) -> Decimal:
    if abs(value) > _LARGEST:
        raise Undefined("the exponential of a huge number")
    ar.reached(value)
    ar.spend(_work(ar))
    return value.exp()


def logarithm(ar: Decimals, value: Decimal) -> Decimal:
    if value <= 0:
        raise Undefined("the logarithm of what is not positive")
    ar.away_from_zero(value)
    ar.spend(_work(ar))
    return value.ln()


def real_power(ar: Decimals, base: Decimal, exponent: Decimal) -> Decimal:
    """Raises Undefined for a power of a negative number that is not integral."""
    if exponent == exponent.to_integral_value() and abs(exponent) < _LARGEST:
        return ar.power(base, int(exponent))
    if base < 0:
        raise Undefined("a power of a negative number")
    ar.away_from_zero(base)
    if not base:
        if exponent < 0:
            raise Undefined("division by zero")
        return ar.zero
    if 2 * exponent == 1:
        return base.sqrt()
    return exponential(ar, exponent * base.ln())


@contextmanager
def _more_digits(ar: Decimals, value: Decimal) -> Iterator[None]:
    """Digits enough that 1 beside ``value`` leaves as many digits of it as are computed with."""
    more = min(max(-value.adjusted(), 0), _MOST_MORE_DIGITS) if value else 0
    with decimal.localcontext() as context:
        context.prec = ar.digits + more + _GUARD
        yield


def _log1p(ar: Decimals, value: Decimal) -> Decimal:
    if value and value.adjusted() < -_MOST_MORE_DIGITS:
        return value
    with _more_digits(ar, value):
        return (1 + value).ln()


def _expm1(ar: Decimals, value: Decimal) -> Decimal:
    if value and value.adjusted() < -_MOST_MORE_DIGITS:
        return value
    with _more_digits(ar, value):
        return exponential(ar, value) - 1


def _sinh(ar: Decimals, value: Decimal) -> Decimal:
    rest = _expm1(ar, abs(value))
    return (rest + rest / (1 + rest)).copy_sign(value) / 2


def _cosh(ar: Decimals, value: Decimal) -> Decimal:
    return (exponential(ar, value) + exponential(ar, -value)) / 2


def _tanh(ar: Decimals, value: Decimal) -> Decimal:
    _saturating(ar, 2 * abs(value))
    rest = _expm1(ar, 2 * abs(value))
    return (rest / (rest + 2)).copy_sign(value)


def _saturating(ar: Decimals, value: Decimal) -> None:
    """Notes that ``1 + exp(-value)`` is 1 to all digits."""
    if value > Decimal("2.302") * ar.kept:
        ar.reached(value)
        ar.absorbed = True


def _sigmoid(ar: Decimals, value: Decimal) -> Decimal:
    _saturating(ar, value)
    if value >= 0:
        return 1 / (1 + exponential(ar, -value))
    other = exponential(ar, value)
    return other / (1 + other)


def _softplus(ar: Decimals, value: Decimal) -> Decimal:
    _saturating(ar, value)
    if value <= 0:
        return _log1p(ar, exponential(ar, value))
    return value + _log1p(ar, exponential(ar, -value))


def _gelu(ar: Decimals, value: Decimal) -> Decimal:
    _saturating(ar, value * value / 2)
    return value * _erfc(ar, -value / Decimal(2).sqrt()) / 2


def _through_mpmath(name: str) -> Callable[[Decimals, Decimal], Decimal]:
    def function(ar: Decimals, value: Decimal) -> Decimal:
        from mpmath import libmp

        if abs(value) > _LARGEST:
            raise Undefined(f"{name} of a huge number")
        ar.spend(_work(ar))
        digits = ar.digits + _GUARD
        bits = int(digits * 3.33) + 16
        found = getattr(libmp, f"mpf_{name}")(libmp.from_str(str(value), bits, "n"), bits, "n")
        return Decimal(libmp.to_str(found, digits))

    return function


sine, cosine = _through_mpmath("sin"), _through_mpmath("cos")
_erf, _erfc_near, _atan = _through_mpmath("erf"), _through_mpmath("erfc"), _through_mpmath("atan")
_asin_inside, _acos_inside = _through_mpmath("asin"), _through_mpmath("acos")


def _erf_saturating(ar: Decimals, value: Decimal) -> Decimal:
    _saturating(ar, value * value)
    return _erf(ar, value)


_FAR_OUT = 1000


def _erfc(ar: Decimals, value: Decimal) -> Decimal:
    if abs(value) > _FAR_OUT:
        raise Undefined("erfc far out")
    return _erfc_near(ar, value)


def _tan(ar: Decimals, value: Decimal) -> Decimal:
    below = cosine(ar, value)
    if abs(below) < ar.tiny:
        raise Undefined("tan at a pole")
    return sine(ar, value) / below


def _within_one(function: Callable[[Decimals, Decimal], Decimal]) -> Callable[[Decimals, Decimal], Decimal]:
    def inside(ar: Decimals, value: Decimal) -> Decimal:
        if abs(value) > 1:
            raise Undefined("an argument beyond one")
        ar.away_from_zero(1 - abs(value))
        return function(ar, value)

    return inside


def absolute(ar: Decimals, value: Decimal) -> Decimal:
    ar.sign(value)
    return abs(value)


def _sign(ar: Decimals, value: Decimal) -> Decimal:
    return Decimal(ar.sign(value))


def _relu(ar: Decimals, value: Decimal) -> Decimal:
    return value if ar.sign(value) > 0 else ar.zero


def _step(ar: Decimals, value: Decimal) -> Decimal:
    return ar.one if ar.sign(value) > 0 else ar.zero


def _nonnegative(ar: Decimals, value: Decimal) -> Decimal:
    return ar.one if ar.sign(value) >= 0 else ar.zero


def _heaviside(ar: Decimals, value: Decimal) -> Decimal:
    return (1 + Decimal(ar.sign(value))) / 2


def _cbrt(ar: Decimals, value: Decimal) -> Decimal:
    ar.away_from_zero(value)
    return _by_mpmath(ar, "cbrt", (abs(value),)).copy_sign(value)


_FUNCTIONS: Mapping[str, Callable[[Decimals, Decimal], Decimal]] = MappingProxyType(
    {
        "exp": exponential,
        "log": logarithm,
        "sin": sine,
        "cos": cosine,
        "tan": _tan,
        "sinh": _sinh,
        "cosh": _cosh,
        "tanh": _tanh,
        "asin": _within_one(_asin_inside),
        "acos": _within_one(_acos_inside),
        "atan": _atan,
        "abs": absolute,
        "sign": _sign,
        "relu": _relu,
        "step": _step,
        "sigmoid": _sigmoid,
        "softplus": _softplus,
        "erf": _erf_saturating,
        "gelu": _gelu,
        "nonnegative": _nonnegative,
        "heaviside": _heaviside,
        "cbrt": _cbrt,
    }
)


def pi(digits: int) -> Decimal:
    """π to so many digits."""
    from mpmath import libmp

    return Decimal(libmp.to_str(libmp.mpf_pi(int(digits * 3.33) + 32), digits + _GUARD))


def names() -> tuple[str, ...]:
    """The functions that have a value here without their NumPy text."""
    return (*_FUNCTIONS, *(name for name in functions() if functions()[name].code("precise")))


# ------------------------------------------------------------
# Elementwise functions of the table that have no formula of their own here: what the table says in
# NumPy, read as decimal arithmetic.

_AS_IN_NUMPY: Mapping[str, str] = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "abs", "sign")


class _Exact(ast.NodeTransformer):
    """Numbers as they are written instead of floating-point ones."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, (int, float)):
            return node
        return ast.Call(ast.Name("number", ast.Load()), [ast.Constant(repr(node.value))], [])


def by_table(ar: Decimals, name: str, *values: Decimal) -> Decimal:
    """The value of a function of the table: by what mpmath calls it, or by its ``numpy`` text.

    Raises UnknownFunctionError where the text uses what has no decimal form.
    """
    function = functions()[name]
    if function.code("precise"):
        return _by_mpmath(ar, function.code("precise"), values)
    named = {"np": _numpy(ar), "number": Decimal, **dict(zip(function.parameters, values, strict=True))}
    try:
        found = eval(_compiled(name), {"__builtins__": {}}, named)
    except (AttributeError, NameError, TypeError, SyntaxError):
        raise UnknownFunctionError(f"the function {name} has no value at many digits") from None
    return Decimal(found)


def _by_mpmath(ar: Decimals, name: str, values: tuple[Decimal, ...]) -> Decimal:
    """A function of mpmath, at more digits than are computed with."""
    import mpmath

    if any(abs(value) > _LARGEST for value in values):
        raise Undefined(f"{name} of a huge number")
    ar.spend(20 * _work(ar))
    with mpmath.workdps(ar.digits + _GUARD):
        try:
            found = getattr(mpmath, name)(*[mpmath.mpf(str(value)) for value in values])
        except (ValueError, ZeroDivisionError):
            raise Undefined(f"{name} at a pole") from None
        if name == "loggamma":
            found = found.real  # the logarithm of the absolute value
        if not isinstance(found, mpmath.mpf) or not mpmath.isfinite(found):
            raise Undefined(f"{name} has no real value here")
        value = Decimal(mpmath.nstr(found, ar.digits + _GUARD))
    if value:
        ar.away_from_zero(value)
    return value


@cache
def _compiled(name: str) -> CodeType:
    """The text is part of the package's table, not of anybody's input."""
    tree = _Exact().visit(ast.parse(functions()[name].code("numpy"), mode="eval"))
    return compile(ast.fix_missing_locations(tree), f"<{name}>", "eval")


def _numpy(ar: Decimals) -> SimpleNamespace:
    def function(name: str) -> Callable[[Decimal], Decimal]:
        def call(value: Decimal) -> Decimal:
            return _FUNCTIONS[_AS_IN_NUMPY.get(name, name)](ar, value)

        return call

    def larger(one: Decimal, other: Decimal) -> Decimal:
        return one if ar.sign(one - other) > 0 else other

    def smaller(one: Decimal, other: Decimal) -> Decimal:
        return other if ar.sign(one - other) > 0 else one

    def chosen(condition: bool | Decimal, one: Decimal, other: Decimal) -> Decimal:
        if isinstance(condition, Decimal):
            return one if ar.sign(condition) else other
        ar.branches.append(int(condition))
        return one if condition else other

    more = {
        "maximum": larger,
        "minimum": smaller,
        "where": chosen,
        "nan": Decimal("NaN"),
        "pi": pi(ar.digits),
        "sqrt": ar.root,
        "square": lambda value: value * value,
        "power": lambda base, exponent: real_power(ar, base, exponent),
        "log1p": lambda value: function("log")(1 + value),
        "expm1": lambda value: function("exp")(value) - 1,
    }
    return SimpleNamespace(**{name: function(name) for name in _NAMES}, **more)


# ------------------------------------------------------------
# The user's own functions in exact arithmetic: polynomials, of which the derivatives are known.

_DEGREE = 11


def polynomial_function(ar: Arithmetic, name: str, value: Number) -> Number:
    """A polynomial for each name; ``f'`` is the derivative of that for ``f``. What holds for every
    smooth function holds for these."""
    stem = name.rstrip("'")
    order = len(name) - len(stem)
    result = ar.zero
    for power in range(_DEGREE, order - 1, -1):
        coefficient = zlib.crc32(f"{stem} {power}".encode()) * perm(power, order)
        result = ar.add(ar.multiply(result, value), ar.number(Fraction(coefficient)))
    return result
