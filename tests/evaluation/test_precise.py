"""The exact evaluator: against the float evaluator, against itself in other numbers, and against definitions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.precise import node_values, scalar_functions, small_arrays as exact_arrays, whole_functions
from matcalc.evaluation.precise.evaluator import contracted, derivative, layout_of, plan, slope
from matcalc.evaluation.precise.number_systems import PRIME, Decimals, NotRational, Residues, Undefined
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate
from matcalc.language.text.spelling import canonical_name
from tests.cases.reading import Case, read_cases

CASES = [case for path in sorted((Path(__file__).parents[1] / "cases").glob("*.cases")) for case in read_cases(path)][::4]


def inside(symbol: Symbol, value: Any, ar: Decimals | Residues) -> Array:
    array = np.asarray(value, dtype=float)
    shape = (1, 1) if not symbol.shape else (-1, 1) if len(symbol.shape) == 1 else (1, -1) if symbol.is_row else array.shape
    array = array.reshape(shape)
    return Array(array.shape, [ar.number(Fraction(entry)) for entry in array.ravel().tolist()])


def floats(ar: Decimals, expression: Expr, values: Mapping[str, Any], sizes: Mapping[str, int]) -> list[float]:
    with ar.computing():
        ready = plan(expression)
        found = ready.value(
            ar, {symbol.name: inside(symbol, values[symbol.name], ar) for symbol in symbols_in(expression).values()}, sizes
        )
    return [float(entry) for entry in found.data]


def differs(case: Case) -> bool | None:
    """Whether the two evaluators disagree about a case; None where there is no point, or a function of the user's own."""
    expression = elaborate(case.expression, case.declare or None).expression
    point = find_point([expression], 1)
    if point is None or any(callable(value) for value in point.values.values()):
        return None
    want = np.ravel(evaluate(expression, point.values, point.sizes))
    return not np.allclose(floats(Decimals(40), expression, point.values, point.sizes), want, rtol=1e-8, atol=1e-10)


def test_the_float_evaluator_gives_the_same() -> None:
    outcomes = [differs(case) for case in CASES]
    assert outcomes.count(False) > 100
    assert True not in outcomes


def test_a_product_with_a_transposed_factor_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = exact_arrays.multiplied

    def wrong(ar: Any, one: Array, other: Array) -> Array:
        return right(ar, exact_arrays.transposed(one) if one.rows == one.cols else one, other)

    monkeypatch.setattr(node_values.a, "multiplied", wrong)
    assert sum(differs(case) is True for case in CASES) > 5


def test_every_function_of_the_table_has_a_value() -> None:
    known = {
        *scalar_functions.names(),
        *whole_functions.names(),
        "maximum",
        "minimum",
        "where",
        "huber",
    }  # by their texts, tried below
    assert {function.name for function in functions().values() if function.kind in ("elementwise", "matrix")} <= known


POINTS = ("-3", "-0.7", "-0.01", "0.003", "0.25", "0.6", "3", "40")


@pytest.mark.parametrize(
    "name", [name for name, function in functions().items() if function.kind == "elementwise" and not function.partials]
)
def test_functions_against_their_texts_in_double_precision(name: str) -> None:
    expression = elaborate(f"{name}(t)", "t: scalar").expression
    met = 0
    for point in POINTS:
        want = float(evaluate(expression, {"t": float(point)}))
        try:
            found = floats(Decimals(40), expression, {"t": float(point)}, {})[0]
        except Undefined:
            assert not np.isfinite(want)
            continue
        assert found == pytest.approx(want, rel=1e-10, abs=1e-15)
        met += 1
    assert met >= 2


PAIRS = (("-3", "0.25"), ("0.6", "-0.7"), ("0.25", "0.25"), ("2", "3"), ("40", "-3"), ("1", "40"))


@pytest.mark.parametrize(
    "text",
    [
        "maximum(s, t)",
        "huber(s, t^2)",
        "minimum(s, t)",
        "atan2(s, t)",
        "where(s - 1, s, t)",
        "where(s > t, s, t)",
        "polygamma(2, t) + s",
    ],
)
def test_functions_of_several_numbers_against_their_texts_in_double_precision(text: str) -> None:
    expression = elaborate(text, "s, t: scalar").expression
    for one, other in PAIRS:
        values = {"s": float(one), "t": float(other)}
        want = float(evaluate(expression, values))
        if not np.isfinite(want):
            with pytest.raises(Undefined):
                floats(Decimals(40), expression, values, {})
            continue
        assert floats(Decimals(40), expression, values, {})[0] == pytest.approx(want, rel=1e-10, abs=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "max(x)",
        "max(x)*indmax(x)",
        "prod(x)",
        "max(X, rows)",
        "indmax(X, cols)",
        "prod(X, cols)",
        "min(x)",
        "maximum(X, 1)",
        "maximum(x, y)",
    ],
)
def test_extremes_and_products_against_the_float_evaluator(text: str) -> None:
    expression = elaborate(text, {"x": "n", "y": "n", "X": "m×n"}).expression
    values = {"x": [0.5, -2.0, 3.0], "y": [1.0, 0.25, -1.0], "X": [[0.5, -2.0, 3.0], [7.0, 0.25, -1.0]]}
    names = set(symbols_in(expression))
    values = {name: np.array(value) for name, value in values.items() if name in names}
    want = np.ravel(evaluate(expression, values, {"m": 2, "n": 3}))
    assert floats(Decimals(40), expression, values, {"m": 2, "n": 3}) == pytest.approx(want.tolist())


@pytest.mark.parametrize(
    "text",
    [
        "sylvester(A, B, C)",
        "lyap(A, A*A')",
        "sinm(A)",
        "cosm(A)",
        "chol(A*A' + eye(n))",
        "eigvals(A + A')",
        "tril_from(C, 1)",
        "triu_from(C, 1)",
        "tril_from(C, -1)",
        "band(C, 1)",
        "conv(C*B*ones(m), C'*ones(n))",
        "xcorr(B*ones(m), A*ones(n))",
        "toeplitz(B*ones(m), A*ones(n))",
        "hankel(A*ones(n), B*ones(m))",
        "circulant(B*ones(m))",
        "diagsums(C)",
        "antidiagsums(C')",
        "lowantidiagsums(C)",
        "circsums(B)",
    ],
)
def test_functions_of_matrices_against_the_float_evaluator(text: str) -> None:
    expression = elaborate(text, {"A": "n×n", "B": "m×m", "C": "n×m"}).expression
    A, B, C = (
        [[0.5, -2.0], [0.25, 1.5]],
        [[2.0, 1.0, 0.5], [-1.0, 1.0, 0.0], [0.3, -0.2, 1.0]],
        [[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]],
    )
    names = set(symbols_in(expression))
    values = {name: np.array(value) for name, value in {"A": A, "B": B, "C": C}.items() if name in names}
    want = np.ravel(evaluate(expression, values, {"m": 3, "n": 2}))
    assert floats(Decimals(40), expression, values, {"m": 3, "n": 2}) == pytest.approx(want.tolist(), rel=1e-9, abs=1e-12)


def test_matrix_equations_are_exact() -> None:
    ar = Residues()
    expression = elaborate("A*sylvester(A, B, C) + sylvester(A, B, C)*B - C", {"A": "n×n", "B": "m×m", "C": "n×m"}).expression
    given = {"A": (2, 2), "B": (3, 3), "C": (2, 3)}
    values = {name: as_array(ar, random_matrix(*dims, seed)) for seed, (name, dims) in enumerate(given.items(), 11)}
    assert plan(expression).value(ar, values, {"n": 2, "m": 3}).data == [ar.zero] * 6


def test_products_are_exact_and_extremes_have_no_residues() -> None:
    ar = Residues()
    product, largest = [plan(elaborate(f"{name}(x)", "x: n").expression) for name in ("prod", "max")]
    entries = [Fraction(2, 3), Fraction(-5, 7), Fraction(3)]
    x = {"x": Array((3, 1), [ar.number(entry) for entry in entries])}
    assert product.value(ar, x, {"n": 3}).data == [ar.number(Fraction(-10, 7))]
    with pytest.raises(NotRational):
        largest.value(ar, x, {"n": 3})


@pytest.mark.parametrize("text", ["max(x)", "sum(maximum(x, y))", "cbrt(x[1])"])
def test_no_differences_are_taken_at_a_kink(text: str) -> None:
    expression = elaborate(text, "x, y: n").expression
    near = Fraction(1, 10**45)
    ar = Decimals(40, differencing=True)
    values = {"x": Array((2, 1), [near, near * 2]), "y": Array((2, 1), [near * 3, Fraction(1)])}
    with ar.computing(), pytest.raises(Undefined):
        ready = plan(expression)
        ready.value(
            ar,
            {name: Array(v.dims, [ar.number(e) for e in v.data]) for name, v in values.items() if name in symbols_in(expression)},
            {"n": 2},
        )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("asinh(1e-40)", "1e-40"),
        ("atanh(1e-40)", "1e-40"),
        ("normcdf(-30)", "erfc(30/sqrt(2))/2"),
        ("digamma(1/4) + pi/2 + 3*log(2)", "digamma(1)"),
        ("lgamma(1/2)", "log(pi)/2"),
        ("gamma(1/2)^2", "pi"),
        ("polygamma(1, 1)", "pi^2/6"),
        ("atan2(1, 1)*4", "pi"),
        ("cbrt(-27)", "-3"),
        ("sigmoid(-1000)", "exp(-1000)"),
        ("softplus(-1000)", "exp(-1000)"),
        ("tanh(1e-40)", "1e-40"),
        ("sinh(1e-40)", "1e-40"),
        ("erf(1e-30)*sqrt(pi)", "2e-30"),
    ],
)
def test_small_values_are_good_to_their_own_size(text: str, value: str) -> None:
    ar = Decimals(50)
    with ar.computing():
        found, want = [plan(elaborate(one).expression).value(ar, {}, {}).data[0] for one in (text, value)]
        assert abs(found / want - 1) < Decimal("1e-30")


def random_matrix(rows: int, columns: int, seed: int) -> list[list[Fraction]]:
    rng = random.Random(seed)
    return [[Fraction(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(columns)] for _ in range(rows)]


def as_array(ar: Any, lines: list[list[Fraction]]) -> Array:
    return Array((len(lines), len(lines[0])), [ar.number(entry) for line in lines for entry in line])


def largest_gap(ar: Decimals, one: Array, other: Array) -> Decimal:
    return max(abs(a - b) for a, b in zip(one.data, other.data, strict=True))


def times(ar: Decimals, *factors: Array) -> Array:
    result = factors[0]
    for factor in factors[1:]:
        result = exact_arrays.multiplied(ar, result, factor)
    return result


def call(ar: Decimals, name: str, *arguments: Array) -> Array:
    found = whole_functions.called(ar, name, arguments)
    assert found is not None
    return found


def check_pinv(ar: Decimals) -> Decimal:
    wide = as_array(ar, random_matrix(2, 4, 1))
    deficient = times(ar, as_array(ar, random_matrix(4, 2, 2)), wide)
    inverse = call(ar, "pinv", deficient)
    product = times(ar, deficient, inverse)
    return max(
        largest_gap(ar, times(ar, product, deficient), deficient),
        largest_gap(ar, times(ar, inverse, product), inverse),
        largest_gap(ar, exact_arrays.transposed(product), product),
    )


def check_expm(ar: Decimals) -> Decimal:
    matrix = as_array(ar, random_matrix(3, 3, 3))
    back = call(ar, "expm", exact_arrays.mapped(matrix, ar.negative))
    return largest_gap(ar, times(ar, call(ar, "expm", matrix), back), exact_arrays.identity(ar, 3)) / Decimal(10) ** 6


def check_logm(ar: Decimals) -> Decimal:
    matrix = exact_arrays.scaled(ar, ar.one / 20, as_array(ar, random_matrix(3, 3, 4)))
    return largest_gap(ar, call(ar, "logm", call(ar, "expm", matrix)), matrix)


def check_sqrtm(ar: Decimals) -> Decimal:
    matrix = exact_arrays.plus(ar, as_array(ar, random_matrix(3, 3, 5)), exact_arrays.diagonal_matrix(ar, [Decimal(40)] * 3))
    root = call(ar, "sqrtm", matrix)
    return largest_gap(ar, times(ar, root, root), matrix)


def check_eigmax(ar: Decimals) -> Decimal:
    matrix = as_array(ar, random_matrix(4, 4, 6))
    symmetric = exact_arrays.plus(ar, matrix, exact_arrays.transposed(matrix))
    vector, value = call(ar, "eigvecmax", symmetric), call(ar, "eigmax", symmetric).data[0]
    assert value == max(spectrum(ar, symmetric))
    return largest_gap(ar, times(ar, symmetric, vector), exact_arrays.scaled(ar, value, vector))


def spectrum(ar: Decimals, matrix: Array) -> list[Decimal]:
    from matcalc.evaluation.precise.small_arrays import eigen

    return eigen(ar, matrix).values


def check_singular_values(ar: Decimals) -> Decimal:
    matrix = as_array(ar, random_matrix(3, 5, 7))
    gram = spectrum(ar, times(ar, matrix, exact_arrays.transposed(matrix)))
    nuclear = sum((value.sqrt() for value in gram), Decimal(0))
    left, right = call(ar, "leftsv", matrix), call(ar, "rightsv", matrix)
    top = call(ar, "spectral_norm", matrix).data[0]
    return max(
        abs(call(ar, "nuclear_norm", matrix).data[0] - nuclear),
        abs(top - gram[-1].sqrt()),
        largest_gap(ar, times(ar, matrix, right), exact_arrays.scaled(ar, top, left)),
    )


def check_polar(ar: Decimals) -> Decimal:
    matrix = as_array(ar, random_matrix(4, 3, 8))
    factor = call(ar, "polar", matrix)
    turned = exact_arrays.transposed(factor)
    stretch = times(ar, turned, matrix)
    return max(
        largest_gap(ar, times(ar, turned, factor), exact_arrays.identity(ar, 3)),
        largest_gap(ar, stretch, exact_arrays.transposed(stretch)),
        largest_gap(ar, times(ar, factor, stretch), matrix),
    )


def check_adjugate(ar: Decimals) -> Decimal:
    matrix = as_array(ar, random_matrix(4, 4, 9))
    value = call(ar, "det", matrix).data[0]
    return largest_gap(ar, times(ar, matrix, call(ar, "adj", matrix)), exact_arrays.diagonal_matrix(ar, [value] * 4))


CHECKS: list[Callable[[Decimals], Decimal]] = [
    check_pinv,
    check_expm,
    check_logm,
    check_sqrtm,
    check_eigmax,
    check_singular_values,
    check_polar,
    check_adjugate,
]


@pytest.mark.parametrize("digits", [40, 90])
@pytest.mark.parametrize("check", CHECKS)
def test_matrix_functions_are_what_they_are_defined_as(check: Callable[[Decimals], Decimal], digits: int) -> None:
    ar = Decimals(digits)
    with ar.computing():
        assert check(ar) < Decimal(10) ** (8 - digits)


def test_residues_are_the_rational_values() -> None:
    ar = Residues()
    lines = random_matrix(5, 5, 10)
    matrix = as_array(ar, lines)
    unit = exact_arrays.multiplied(ar, matrix, exact_arrays.inverse(ar, matrix))
    assert unit.data == exact_arrays.identity(ar, 5).data
    assert exact_arrays.determinant(ar, as_array(ar, [[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]])) == PRIME - 2
    singular = as_array(ar, [[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])
    assert exact_arrays.determinant(ar, singular) == 0
    with pytest.raises(Undefined):
        exact_arrays.inverse(ar, singular)


@pytest.mark.parametrize("text", ["exp(t)", "norm2(x)", "sqrt(t)", "relu(t)", "pinv(x*x')", "t^t", "pi*t"])
def test_what_is_not_rational_says_so(text: str) -> None:
    ar = Residues()
    expression = elaborate(text, "t: scalar; x: n").expression
    values = {"t": Array((1, 1), [4]), "x": Array((2, 1), [3, 5])}
    with pytest.raises(NotRational):
        plan(expression).value(ar, values, {"n": 2})


SLOPES = [case for case in CASES if len(case.wrt) == 1][::3]


def test_slopes_are_those_of_central_differences() -> None:
    """In residues, in decimals and along directions, entry by entry."""
    met = 0
    for case in SLOPES:
        found = elaborate(case.expression, case.declare or None)
        expression, variable = found.expression, found.symbols[canonical_name(case.wrt[0])]
        point = find_point([expression], 2, extra=[variable], sizes=dict.fromkeys(("m", "n", "p", "k"), 2))
        if point is None or any(callable(value) for value in point.values.values()):
            continue
        want = numerical_derivative(expression, variable, point.values, point.sizes)
        if not want.reliable:
            continue
        ar = Decimals(120, differencing=True)
        symbols = symbols_in(expression) | {variable.name: variable}
        value = np.asarray(want.value)
        top = value.shape[: value.ndim - np.asarray(point.values[variable.name]).ndim]
        places = layout_of("tensor", top, [np.asarray(point.values[variable.name]).shape] if variable.shape else [])
        with ar.computing():
            values = {name: inside(symbol, point.values[name], ar) for name, symbol in symbols.items()}
            try:
                entries = derivative(ar, expression, [variable], values, point.sizes, "projected", places)
            except MatcalcError:
                continue
        assert np.allclose([float(entry) for entry in entries], np.ravel(value), rtol=1e-6, atol=1e-7), case.expression
        met += 1
    assert met > 15


def test_slopes_in_residues_are_exact() -> None:
    expression = elaborate("tr(A*X*inv(X)*X*X)", "A: n×n; X: n×n").expression
    gradient = elaborate("(A*X)' + (X*A)'", "A: n×n; X: n×n").expression
    ar, rng = Residues(1), random.Random(1)
    values = {name: Array((3, 3), [rng.randrange(PRIME) for _ in range(9)]) for name in "AX"}
    weights = Array((3, 3), [rng.randrange(PRIME) for _ in range(9)])
    variable = symbols_in(expression)["X"]
    found = slope(ar, expression, [(variable, weights)], values, {"n": 3}).data[0]
    entries = plan(gradient).value(ar, values, {"n": 3}).data
    assert found == contracted(ar, entries, layout_of("denominator", (), [(3, 3)]), [weights.data])[0] % PRIME


def test_a_kink_has_no_slope() -> None:
    ar = Decimals(100, differencing=True)
    expression = elaborate("abs(t)", "t: scalar").expression
    variable = next(iter(symbols_in(expression).values()))
    with ar.computing():
        one = Array((1, 1), [ar.one])
        assert slope(ar, expression, [(variable, one)], {"t": Array((1, 1), [Decimal(-2)])}, {}).data[0] == -1
        with pytest.raises(Undefined):
            slope(ar, expression, [(variable, one)], {"t": Array((1, 1), [ar.zero])}, {})


def test_work_is_counted() -> None:
    with pytest.raises(MatcalcError, match="too much work"):
        exact_arrays.multiplied(Residues(work=20), *[Array((3, 3), [1] * 9)] * 2)
