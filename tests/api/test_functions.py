"""The callables: arguments by keyword, vectors with one axis, the layout of the derivation."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc

GENERATOR = np.random.default_rng(7)
A = GENERATOR.normal(size=(3, 2))
X = GENERATOR.normal(size=(2, 5))
B = GENERATOR.normal(size=(5, 7))
x = GENERATOR.normal(size=2)


def test_a_parsed_expression_is_evaluated() -> None:
    value = matcalc.parse("A*x").function()(A=A, x=x)
    np.testing.assert_allclose(value, A @ x)
    assert value.shape == (3,)
    assert float(matcalc.parse("x'*x").function("numpy")(x=x)) == pytest.approx(x @ x)


def test_a_gradient_has_the_shape_of_the_variable() -> None:
    f = matcalc.derive("norm2(A*x)^2", "x").function()
    np.testing.assert_allclose(f(A=A, x=x), 2 * A.T @ A @ x)
    np.testing.assert_allclose(f(A=A, x=x[:, None]), 2 * A.T @ A @ x)


def test_a_jacobian_is_in_the_layout_asked_for() -> None:
    for layout, expected in [("denominator", A.T), ("numerator", A), ("tensor", A)]:
        np.testing.assert_allclose(matcalc.derive("A*x", "x", layout=layout).function()(A=A, x=x), expected)


def test_a_matrix_by_a_matrix_in_every_layout() -> None:
    tensor = np.einsum("ik,lj->ijkl", A, B)
    magnus_neudecker = np.kron(B.T, A)
    for layout, expected in [("denominator", magnus_neudecker.T), ("numerator", magnus_neudecker), ("tensor", tensor)]:
        value = matcalc.derive("A*X*B", "X", layout=layout).function()(A=A, X=X, B=B)
        np.testing.assert_allclose(value, expected)


def test_a_vector_by_a_matrix_in_every_layout() -> None:
    tensor = np.einsum("ik,l->ikl", np.eye(3), x)
    flat = tensor.reshape(3, 6, order="F")
    for layout, expected in [("denominator", flat.T), ("numerator", flat), ("tensor", tensor)]:
        value = matcalc.derive("W*x", "W", layout=layout).function()(W=A, x=x)
        np.testing.assert_allclose(value, expected)


def test_extra_keywords_are_ignored_and_sizes_may_be_given() -> None:
    assert matcalc.derive("sum(x)", "x", declare="x: n").function()(n=4).tolist() == [1.0, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(matcalc.derive("a'*x", "x").function()(a=x, x=x, unused="anything"), x)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(matcalc.MatcalcError, match="A"):
        matcalc.derive("A*x", "x").function()(x=x)


def test_an_argument_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(matcalc.MatcalcError):
        matcalc.derive("norm2(A*x)^2", "x").function()(A=A, x=np.ones(3))


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(matcalc.MatcalcError, match="fortran"):
        matcalc.derive("x'*x", "x").function("fortran")
    with pytest.raises(matcalc.MatcalcError, match="fortran"):
        matcalc.parse("x'*x").function("fortran")


def test_sizes_are_found_from_arrays_that_the_result_does_not_contain() -> None:
    np.testing.assert_array_equal(matcalc.derive("sum(x)", "x").function()(x=x), np.ones(2))
    np.testing.assert_array_equal(matcalc.hessian("x'*x", "x").function()(x=x), 2 * np.eye(2))


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
@pytest.mark.parametrize("expression", ["vec(X)", "vec(X')", "kron(A, X)", "kron(X, A)", "inv(X'*X)*X'"])
def test_every_order_of_derivative_against_differences(expression: str, layout: str) -> None:
    d = matcalc.derive(expression, "X", declare="X: m×n; A: p×q", layout=layout)
    value = matcalc.parse(expression, declare="X: m×n; A: p×q").function()
    tall = GENERATOR.normal(size=(5, 2))
    columns = []
    for column, row in np.ndindex(2, 5):  # column-major, as vec
        step = np.zeros((5, 2))
        step[row, column] = 1e-6
        columns.append((value(X=tall + step, A=A) - value(X=tall - step, A=A)) / 2e-6)
    axes = np.moveaxis(np.array(columns), 0, -1)
    flat = axes.reshape(-1, 10, order="F")
    expected = {"denominator": flat.T, "numerator": flat, "tensor": axes.reshape(*axes.shape[:-1], 5, 2, order="F")}[layout]
    np.testing.assert_allclose(d.function()(X=tall, A=A), expected, atol=1e-6)


def test_a_kronecker_product_by_a_scalar() -> None:
    d = matcalc.derive("kron(A + t*B, C + t*D)", "t", declare="A: m×n; B: m×n; C: p×q; D: p×q; t: scalar")
    a, b, c, e = (GENERATOR.normal(size=size) for size in ((2, 3), (2, 3), (5, 2), (5, 2)))
    np.testing.assert_allclose(d.function()(A=a, B=b, C=c, D=e, t=0.5), np.kron(a + 0.5 * b, e) + np.kron(b, c + 0.5 * e))


@pytest.mark.parametrize(
    ("text", "declare", "values"),
    [
        ("x[3]^2", None, {"x": [1.0, 2.0]}),
        ("1e48*x", "x: 100000", {"x": [1.0, 2.0]}),
        ("sum(f(x))", "f: function; x: n", {"x": [1.0, 2.0], "f": 3, "f'": 3, "f_prime": 3}),
    ],
)
def test_values_that_do_not_fit_are_no_other_error(text: str, declare: str | None, values: dict[str, object]) -> None:
    """Before anything is allocated by a declared size."""
    with pytest.raises(matcalc.MatcalcError):
        matcalc.derive(text, "x", declare=declare).function()(**values)
    with pytest.raises(matcalc.MatcalcError):
        matcalc.parse(text, declare=declare).function()(**values)
