"""What is written for functions that the language does not have has the values of those functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest

import matcalc
from matcalc.language.text.meanings import advice_for

X, Y = 0.37, 0.81
NORMAL = statistics.NormalDist()
ENTRYWISE: dict[str, Callable[[float], float]] = {
    "acot": lambda t: math.atan2(1, t), "acsc": lambda t: math.asin(1 / t), "arcsec": lambda t: math.acos(1 / t),
    "acosh": math.acosh, "arccosh": math.acosh, "arcosh": math.acosh, "asinh": math.asinh, "arcsinh": math.asinh, "arsinh": math.asinh,
    "atanh": math.atanh, "arctanh": math.atanh, "artanh": math.atanh, "cbrt": lambda t: t ** (1 / 3),
    "cot": lambda t: 1 / math.tan(t), "coth": lambda t: 1 / math.tanh(t), "csc": lambda t: 1 / math.sin(t),
    "csch": lambda t: 1 / math.sinh(t), "sec": lambda t: 1 / math.cos(t), "sech": lambda t: 1 / math.cosh(t),
    "erfc": math.erfc, "exp2": lambda t: 2**t, "exp10": lambda t: 10**t, "expm1": math.expm1, "log10": math.log10, "log1p": math.log1p,
    "log2": math.log2, "logit": lambda t: math.log(t / (1 - t)), "normcdf": NORMAL.cdf, "normpdf": NORMAL.pdf,
    "logsigmoid": lambda t: -math.log1p(math.exp(-t)), "silu": lambda t: t / (1 + math.exp(-t)), "swish": lambda t: t / (1 + math.exp(-t)),
    "mish": lambda t: t * math.tanh(math.log1p(math.exp(t))), "softsign": lambda t: t / (1 + abs(t)),
    "tanhshrink": lambda t: t - math.tanh(t),
    "sinc": lambda t: math.sin(math.pi * t) / (math.pi * t), "elu": lambda t: t if t > 0 else math.expm1(t),
    "celu": lambda t: t if t > 0 else math.expm1(t), "selu": lambda t: 1.0507 * (t if t > 0 else 1.67326 * math.expm1(t)),
    "relu6": lambda t: min(max(t, 0.0), 6.0), "hardtanh": lambda t: min(max(t, -1.0), 1.0),
    "hardsigmoid": lambda t: min(max(t / 6 + 0.5, 0.0), 1.0), "hardswish": lambda t: t * min(max(t / 6 + 0.5, 0.0), 1.0),
    "leakyrelu": lambda t: t if t > 0 else 0.01 * t, "softshrink": lambda t: math.copysign(max(abs(t) - 0.5, 0.0), t),
    "rsqrt": lambda t: t**-0.5,
    "hinge": lambda t: max(0.0, 1 - t),
}  # fmt: skip
OF_TWO: dict[str, Callable[[float, float], float]] = {
    "fmax": max, "fmin": min, "maximum": max, "minimum": min, "hypot": math.hypot, "atan2": math.atan2, "arctan2": math.atan2,
    "logaddexp": lambda a, b: math.log(math.exp(a) + math.exp(b)),
}  # fmt: skip


def value(formula: str, **values: float) -> float:
    found = matcalc.parse(formula, declare=dict.fromkeys(values, "scalar")).function()(**values)
    return float(found)


@pytest.mark.parametrize("name", sorted(ENTRYWISE))
def test_functions_of_one_number(name: str) -> None:
    tried = 0
    for t in (-7.3, -0.6, 0.37, 1.9, 8.2):
        try:
            right = ENTRYWISE[name](t)
        except ValueError:
            continue
        if isinstance(right, complex) or (t < 0 and name == "acot"):
            continue
        tried += 1
        assert value(advice_for(name, ["x"]), x=t) == pytest.approx(right, rel=1e-5, abs=1e-12)
    assert tried


@pytest.mark.parametrize("name", sorted(OF_TWO))
def test_functions_of_two_numbers(name: str) -> None:
    for x, y in ((X, Y), (Y, X)):
        assert value(advice_for(name, ["x", "y"]).partition(", for")[0], x=x, y=y) == pytest.approx(OF_TWO[name](x, y))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sinn", "sin"),
        ("nrom", "norm"),
        ("softmx", "softmax"),
        ("cos2", "cos(x)"),
        ("det_X", "det(x)"),
        ("sort", None),
        ("csc", "1 ./ sin(x)"),
    ],
)
def test_slips_and_names_with_something_added(name: str, advice: str | None) -> None:
    """A name that means something else is no slip."""
    found = advice_for(name)
    assert found == advice if advice else "sqrt" not in found
