"""The functions of the table by their usual formulas: each has the value, and its derivative the slope, of the function of that name."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from mpmath import fp

import matcalc
from matcalc.base.functions import functions, spellings

NORMAL = statistics.NormalDist()
STEP = 1e-6


def numerical_slope(function: Callable[[float], float], at: float) -> float:
    return (function(at + STEP) - function(at - STEP)) / (2 * STEP)


def value(formula: str, **values: float) -> float:
    return float(matcalc.parse(formula, declare=dict.fromkeys(values, "scalar")).function()(**values))


def slope(formula: str, name: str, **values: float) -> float:
    return float(matcalc.derive(formula, name, declare=dict.fromkeys(values, "scalar")).function()(**values))


# ---------------------------------------------------------------- of one number

EVERYWHERE = (-7.3, -1.2, -0.37, 0.41, 2.6, 8.2)
POSITIVE = (0.05, 0.41, 1.7, 6.3)
INSIDE = (-0.93, -0.4, 0.37, 0.88)


def elu(t: float) -> float:
    return t if t > 0 else math.expm1(t)


def softplus(t: float) -> float:
    return math.log1p(math.exp(t))


OF_ONE: dict[str, tuple[Callable[[float], float], Sequence[float]]] = {
    "asinh": (math.asinh, EVERYWHERE), "arcsinh": (math.asinh, EVERYWHERE), "arsinh": (math.asinh, EVERYWHERE),
    "acosh": (math.acosh, (1.1, 2.5, 7.0)), "arccosh": (math.acosh, (1.1, 2.5)), "arcosh": (math.acosh, (1.1, 2.5)),
    "atanh": (math.atanh, INSIDE), "arctanh": (math.atanh, INSIDE), "artanh": (math.atanh, INSIDE),
    "erfc": (math.erfc, EVERYWHERE), "normcdf": (NORMAL.cdf, (-3.1, -0.4, 0.0, 1.7)), "ndtr": (NORMAL.cdf, (-0.4, 1.7)),
    "Phi": (NORMAL.cdf, (-0.4, 1.7)), "Φ": (NORMAL.cdf, (-0.4, 1.7)), "normpdf": (NORMAL.pdf, (-3.1, -0.4, 0.0, 1.7)),
    "lgamma": (math.lgamma, POSITIVE), "gammaln": (math.lgamma, POSITIVE), "loggamma": (math.lgamma, POSITIVE),
    "gamma": (math.gamma, POSITIVE), "Gamma": (math.gamma, POSITIVE), "Γ": (math.gamma, POSITIVE),
    "digamma": (fp.digamma, POSITIVE), "psi": (fp.digamma, POSITIVE), "ψ": (fp.digamma, POSITIVE),
    "trigamma": (lambda t: fp.psi(1, t), POSITIVE),
    "log1p": (math.log1p, (-0.9, -0.2, 0.3, 5.0)), "expm1": (math.expm1, (-7.3, -0.2, 0.3, 2.0)),
    "log2": (math.log2, POSITIVE), "log10": (math.log10, POSITIVE), "exp2": (lambda t: 2**t, EVERYWHERE), "exp10": (lambda t: 10**t, INSIDE),
    "cbrt": (np.cbrt, EVERYWHERE), "rsqrt": (lambda t: t**-0.5, POSITIVE),
    "sec": (lambda t: 1 / math.cos(t), EVERYWHERE), "csc": (lambda t: 1 / math.sin(t), EVERYWHERE), "cot": (lambda t: 1 / math.tan(t), EVERYWHERE),
    "sech": (lambda t: 1 / math.cosh(t), EVERYWHERE), "csch": (lambda t: 1 / math.sinh(t), EVERYWHERE),
    "coth": (lambda t: 1 / math.tanh(t), EVERYWHERE),
    "sinc": (np.sinc, EVERYWHERE), "logit": (lambda t: math.log(t / (1 - t)), (0.05, 0.41, 0.93)),
    "logsigmoid": (lambda t: -softplus(-t), EVERYWHERE), "log_sigmoid": (lambda t: -softplus(-t), EVERYWHERE),
    "silu": (lambda t: t / (1 + math.exp(-t)), EVERYWHERE), "swish": (lambda t: t / (1 + math.exp(-t)), EVERYWHERE),
    "mish": (lambda t: t * math.tanh(softplus(t)), EVERYWHERE), "softsign": (lambda t: t / (1 + abs(t)), EVERYWHERE),
    "tanhshrink": (lambda t: t - math.tanh(t), EVERYWHERE), "elu": (elu, EVERYWHERE), "celu": (elu, EVERYWHERE),
    "selu": (lambda t: 1.0507009873554805 * (t if t > 0 else 1.6732632423543772 * math.expm1(t)), EVERYWHERE),
    "leaky_relu": (lambda t: t if t > 0 else 0.01 * t, EVERYWHERE), "leakyrelu": (lambda t: t if t > 0 else 0.01 * t, EVERYWHERE),
    "hardtanh": (lambda t: min(max(t, -1.0), 1.0), EVERYWHERE), "relu6": (lambda t: min(max(t, 0.0), 6.0), EVERYWHERE),
    "hardsigmoid": (lambda t: min(max(t / 6 + 0.5, 0.0), 1.0), EVERYWHERE),
    "hardswish": (lambda t: t * min(max(t / 6 + 0.5, 0.0), 1.0), EVERYWHERE),
    "softshrink": (lambda t: math.copysign(max(abs(t) - 0.5, 0.0), t), EVERYWHERE),
    "pos": (lambda t: max(t, 0.0), EVERYWHERE), "positive_part": (lambda t: max(t, 0.0), EVERYWHERE),
    "nonnegative": (lambda t: float(t >= 0), EVERYWHERE), "heaviside": (lambda t: float(np.heaviside(t, 0.5)), EVERYWHERE),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_ONE)
def test_a_function_of_one_number(name: str) -> None:
    function, points = OF_ONE[name]
    for t in points:
        assert value(f"{name}(t)", t=t) == pytest.approx(float(function(t)), rel=1e-9, abs=1e-12), t
        assert slope(f"{name}(t)", "t", t=t) == pytest.approx(numerical_slope(function, t), rel=1e-5, abs=1e-7), t


def test_values_where_a_function_jumps() -> None:
    """The sign is the only thing that tells these three apart."""
    assert [value(f"{name}(t)", t=0.0) for name in ("step", "heaviside", "nonnegative")] == [0, 0.5, 1]
    for text, at_zero in (
        ("(t > 0)", 0),
        ("(t >= 0)", 1),
        ("(0 < t)", 0),
        ("(0 <= t)", 1),
        ("[t ≥ 0]", 1),
        ("(t < 0)", 0),
        ("(t <= 0)", 1),
    ):
        assert value(text, t=0.0) == at_zero
        assert value(text, t=3.0) == float(text[1] == "0" or ">" in text or "≥" in text)
        assert value(text, t=-3.0) == 1 - value(text, t=3.0)


# ---------------------------------------------------------------- of several numbers

OF_SEVERAL: dict[str, tuple[Callable[..., float], Sequence[tuple[float, ...]]]] = {
    "maximum(a, b)": (max, ((0.37, 0.81), (2.0, -1.0))), "max(a, b)": (max, ((0.37, 0.81), (2.0, -1.0))),
    "fmax(a, b)": (max, ((0.37, 0.81), (2.0, -1.0))), "max(a, b, c)": (max, ((1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (1.0, 3.0, 2.0))),
    "minimum(a, b)": (min, ((0.37, 0.81), (2.0, -1.0))), "min(a, b)": (min, ((0.37, 0.81), (2.0, -1.0))),
    "min(a, b, c)": (min, ((1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (2.0, 3.0, 1.0))), "fmin(a, b)": (min, ((0.37, 0.81), (2.0, -1.0))),
    "max(0, a - b)": (lambda a, b: max(0.0, a - b), ((0.37, 0.81), (2.0, -1.0))),
    "(a - b)_+": (lambda a, b: max(0.0, a - b), ((0.37, 0.81), (2.0, -1.0))),
    "where(a > b, a^2, b^3)": (lambda a, b: a**2 if a > b else b**3, ((0.37, 0.81), (2.0, -1.0))),
    "where(a, b, c)": (lambda a, b, c: b if a else c, ((1.0, 0.3, 0.7), (-2.0, 0.3, 0.7))),
    "atan2(a, b)": (math.atan2, ((0.37, 0.81), (2.0, -1.0), (-0.4, -0.8), (-0.4, 0.8))),
    "arctan2(a, b)": (math.atan2, ((0.37, -0.81), (-2.0, -1.0))),
    "hypot(a, b)": (math.hypot, ((0.37, -0.81), (2.0, 1.0))),
    "logaddexp(a, b)": (lambda a, b: math.log(math.exp(a) + math.exp(b)), ((0.37, -0.81), (2.0, 1.0))),
    "lbeta(a, b)": (lambda a, b: math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b), ((0.3, 0.7), (1.7, 2.2))),
    "beta_function(a, b)": (lambda a, b: math.gamma(a) * math.gamma(b) / math.gamma(a + b), ((0.3, 0.7), (1.7, 2.2))),
    "factorial(a)": (lambda a: math.gamma(a + 1), ((0.3,), (2.2,))),
    "elu(a, b)": (lambda a, b: a if a > 0 else b * (math.exp(a) - 1), ((0.3, 0.7), (-0.6, 1.7))),
    "elu_scaled(a, b)": (lambda a, b: a if a > 0 else b * (math.exp(a) - 1), ((0.3, 0.7), (-0.6, 1.7))),
    "celu_scaled(a, b)": (lambda a, b: a if a > 0 else b * (math.exp(a / b) - 1), ((0.3, 0.7), (-0.6, 1.7))),
    "leaky_relu_sloped(a, b)": (lambda a, b: a if a > 0 else a * b, ((0.3, 0.7), (-0.6, 0.2))),
    "softplus_scaled(a, b)": (lambda a, b: math.log(1 + math.exp(a * b)) / b, ((0.3, 0.7), (-0.6, 3.2))),
    "hinge(a)": (lambda a: max(1 - a, 0), ((0.3,), (1.7,))),
    "logcosh(a)": (lambda a: math.log(math.cosh(a)), ((0.3,), (-1.7,))),
    "huber(a, b)": (lambda a, b: a * a / 2 if abs(a) <= b else b * (abs(a) - b / 2), ((0.3, 0.7), (1.7, 0.7), (-1.7, 0.7))),
    "pinball(a, b)": (lambda a, b: b * a if a > 0 else (b - 1) * a, ((0.3, 0.7), (-1.7, 0.7))),
    "eps_insensitive(a, b)": (lambda a, b: max(abs(a) - b, 0), ((0.3, 0.7), (1.7, 0.7), (-1.7, 0.7))),
    "pseudo_huber(a, b)": (lambda a, b: b * b * (math.sqrt(1 + (a / b) ** 2) - 1), ((0.3, 0.7), (-1.7, 0.7))),
    "clip(a, b, c)": (lambda a, b, c: min(max(a, b), c), ((0.5, 0.0, 1.0), (-0.5, 0.0, 1.0), (1.5, 0.0, 1.0), (0.5, 1.0, 0.0))),
    "clamp(a, b, c)": (lambda a, b, c: min(max(a, b), c), ((0.5, 0.0, 1.0), (-0.5, 0.0, 1.0), (1.5, 0.0, 1.0), (0.5, 1.0, 0.0))),
}  # fmt: skip


@pytest.mark.parametrize("formula", OF_SEVERAL)
def test_a_function_of_several_numbers(formula: str) -> None:
    function, points = OF_SEVERAL[formula]
    for point in points:
        given = dict(zip("abc", point))
        assert value(formula, **given) == pytest.approx(function(*point)), point
        for place, name in enumerate(given):

            def along(t: float, place: int = place, point: tuple[float, ...] = point) -> float:
                return function(*point[:place], t, *point[place + 1 :])

            assert slope(formula, name, **given) == pytest.approx(numerical_slope(along, point[place]), rel=1e-5, abs=1e-7), (
                point,
                name,
            )


@pytest.mark.parametrize("order", [1, 2, 3])
def test_polygamma_of_a_whole_order(order: int) -> None:
    for t in POSITIVE:
        assert value(f"polygamma({order}, t)", t=t) == pytest.approx(fp.psi(order, t))
        assert value(f"psi({order}, t)", t=t) == pytest.approx(fp.psi(order, t))
        assert slope(f"polygamma({order}, t)", "t", t=t) == pytest.approx(fp.psi(order + 1, t))
    with pytest.raises(matcalc.MatcalcError, match="no derivative by its argument k"):
        matcalc.derive("polygamma(k, t)", "k", declare="k, t: scalar")


def test_at_a_kink_the_slope_is_the_mean_of_both_sides() -> None:
    assert slope("max(a, 0)", "a", a=0.0) == 0.5
    assert slope("min(a, 0)", "a", a=0.0) == 0.5
    assert slope("(a)_+", "a", a=0.0) == 0.5
    assert slope("maximum(a, b)", "b", a=2.0, b=2.0) == 0.5
    assert slope("relu(a)", "a", a=0.0) == 0.0


# ---------------------------------------------------------------- of vectors, and along matrices


def log_softmax(x: np.ndarray) -> np.ndarray:
    return np.asarray(x - np.log(np.exp(x).sum()))


OF_VECTORS: dict[str, Callable[[np.ndarray], np.ndarray | float]] = {
    "max(x)": np.max, "amax(x)": np.max, "largest(x)": np.max, "min(x)": np.min, "amin(x)": np.min, "smallest(x)": np.min,
    "prod(x)": np.prod, "std(x)": np.std, "stdev(x)": np.std, "sd(x)": np.std, "norm_inf(x)": lambda x: np.abs(x).max(),
    "log_softmax(x)": log_softmax, "logsoftmax(x)": log_softmax, "sum(x > 1/2)": lambda x: float((x > 0.5).sum()),
    "max(x)*min(x)": lambda x: x.max() * x.min(), "sum(max(x, x.^2))": lambda x: np.maximum(x, x**2).sum(),
}  # fmt: skip
X = np.array([0.31, -1.7, 2.2, 0.9])


@pytest.mark.parametrize("formula", OF_VECTORS)
def test_a_function_of_a_vector(formula: str) -> None:
    function = OF_VECTORS[formula]
    np.testing.assert_allclose(matcalc.parse(formula, declare="x: n").function()(x=X), function(X))
    steps = np.eye(len(X)) * STEP
    columns = [(np.asarray(function(X + step)) - np.asarray(function(X - step))) / (2 * STEP) for step in steps]
    found = matcalc.derive(formula, "x", declare="x: n").function()(x=X)
    expected = np.stack(columns, axis=-1)
    np.testing.assert_allclose(found, expected.T, rtol=1e-5, atol=1e-7)  # a column for each entry of the value


ALONG: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "max": lambda M, axis: M.max(axis), "min": lambda M, axis: M.min(axis), "prod": lambda M, axis: M.prod(axis), "std": lambda M, axis: M.std(axis),
    "log_softmax": lambda M, axis: M - np.log(np.exp(M).sum(axis, keepdims=True)),
}  # fmt: skip
MATRIX = np.array([[0.3, -1.2, 0.8], [1.4, 0.1, -0.6]])
WEIGHTS = np.array([[0.7, -0.2, 1.1], [0.4, 0.9, -0.5]])


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize(("axis", "word"), [(1, "rows"), (0, "cols")])
def test_a_function_along_the_rows_or_the_columns(name: str, axis: int, word: str) -> None:
    def weighted(matrix: np.ndarray) -> float:
        result = ALONG[name](matrix, axis)
        return float((result * (WEIGHTS if result.ndim == 2 else WEIGHTS.sum(axis))).sum())

    weights = "W" if name == "log_softmax" else f"sum(W, {word})"
    formula = f"sum({name}(M, {word}) .* {weights})"
    declare = "M, W: m×n"
    assert matcalc.parse(formula, declare=declare).function()(M=MATRIX, W=WEIGHTS) == pytest.approx(weighted(MATRIX))
    found = matcalc.derive(formula, "M", declare=declare).function()(M=MATRIX, W=WEIGHTS)
    for place in np.ndindex(MATRIX.shape):
        step = np.zeros_like(MATRIX)
        step[place] = STEP
        assert found[place] == pytest.approx((weighted(MATRIX + step) - weighted(MATRIX - step)) / (2 * STEP), rel=1e-5, abs=1e-7)


def test_the_sum_of_the_lengths_of_the_rows() -> None:
    found = matcalc.derive("norm21(M)", "M", declare="M: m×n").function()(M=MATRIX)
    np.testing.assert_allclose(found, MATRIX / np.linalg.norm(MATRIX, axis=1, keepdims=True))


# ---------------------------------------------------------------- what is a function, and what stays a letter


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\gamma (x'x + 1)", "gamma*(x'*x + 1)"), (r"\gamma(x + y)", "gamma*(x + y)"), ("γ(x'x + 1)", "gamma*(x'*x + 1)"),
        ("gamma (x'x + 1)", "gamma*(x'*x + 1)"), ("gamma*x", "gamma*x"), ("gamma x", "gamma*x"), ("Phi*x", "Phi*x"), ("ψ x", "psi*x"),
        ("Γ (A + B)", "Gamma*(A + B)"), (r"\Phi^\top \Phi w", "Phi'*Phi*w"), ("x'*Gamma*x", "x'*Gamma*x"),
        ("gamma(x'x + 1)", "gamma(x'*x + 1)"), (r"\Gamma(t + 1)", "gamma(t + 1)"), ("psi(t)", "digamma(t)"), (r"\psi(2, t)", "polygamma(2, t)"),
        (r"\phi(t) + \Phi(t)", "normpdf(t) + normcdf(t)"), ("gamma.(x .+ y)", "gamma(x + y)"), ("scipy.special.gamma(x)", "gamma(x)"),
        ("max.(x, y)", "max(x, y)"), ("min.(x, 0)", "min(x, 0)"), ("hypot.(x, y)", "sqrt(x.^2 + y.^2)"),
    ],
)  # fmt: skip
def test_letters_stay_letters(text: str, read: str) -> None:
    assert matcalc.parse(text).text("ascii") == read


def test_a_declared_letter_is_no_function() -> None:
    assert matcalc.parse("gamma(x'x + 1)", declare="gamma: scalar").text("ascii") == "gamma*(x'*x + 1)"
    assert matcalc.parse("Phi(x + y)", declare="Phi: m×n; x, y: n").text("ascii") == "Phi*(x + y)"


def test_the_usual_meaning_of_a_letter_is_said() -> None:
    for text, words in (
        ("psi(t)", "the digamma function"),
        ("Phi(t)", "the normal distribution"),
        ("gamma(t)", "the gamma function"),
    ):
        assert any(words in decision.words for decision in matcalc.parse(text).reading.decisions)


def test_deviations_are_divided_by_n_and_other_programs_are_named() -> None:
    for text, words in (
        ("std(x) + sum(abs2, x)", "Julia divides by n - 1"),
        ("std(A\\b)", "MATLAB divides by n - 1"),
        ("sd(x)", "R divides by n - 1"),
    ):
        assert any(words in decision.words for decision in matcalc.parse(text).reading.decisions)
    assert not any("n - 1" in decision.words for decision in matcalc.parse("np.std(x)").reading.decisions)


def test_every_function_of_numbers_is_tried() -> None:
    """A new function of the table has to be compared with its usual formula here, or by a test of the rules."""
    tried = {spellings().get(name, name) for name in OF_ONE if name in spellings()}
    tried |= {spellings()[formula.partition("(")[0]] for formula in OF_SEVERAL if formula[0] != "("}
    tried |= {functions()[name].more for name in tried} | {"polygamma"}
    old = {
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "abs",
        "sign",
        "relu",
        "step",
        "sigmoid",
        "softplus",
        "erf",
        "gelu",
        "sqrt",
        "square",
        "reciprocal",
    }
    of_numbers = {
        name
        for name, function in functions().items()
        if ":" not in function.signature and (function.kind == "elementwise" or function.definition)
    }
    assert of_numbers - tried - old == set()
