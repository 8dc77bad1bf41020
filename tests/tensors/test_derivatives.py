"""Derivatives with tensors of order 3 and 4: index forms, shapes in every layout, numbers against finite differences."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.language import elaborate
from tests.oracle import check_derivation

# expression | by | declarations | index form
TABLE = """
x.*y                                            | x | x: 4×1; y: 2×4×3                    | y_ijk δ_jl
x.*y                                            | y | x: 4×1; y: 2×4×3                    | x_j δ_il δ_jm δ_kn
T + S                                           | T | T,S: n×m×p                         | δ_il δ_jm δ_kn
2*T - T./S + 1                                  | S | T,S: n×m×p                         | T_ijk δ_il δ_jq δ_kr/S_ijk²
T + A + x'                                      | A | T: 2×n×m×p; A: m×p; x: p            | δ_km δ_ln
(T + A + x').^2                                 | x | T: 2×n×m×p; A: m×p; x: p            | 2 (T_ijkl + A_kl + x_l) δ_lq
T.*S                                            | S | T: n×m×p; S: n×1×p                  | T_ijk δ_il δ_kr
sum(exp(T).*S)                                  | T | T,S: n×m×p                          | S_ijk exp(T_ijk)
norm2(T)                                        | T | T: n×m×p                            | T_ijk/sqrt(Σ_lqr T_lqr²)
a*T                                             | a | T: n×m×p; a: scalar                 | T_ijk
T.^a                                            | a | T: n×m×p; a: scalar                 | T_ijk^a log(T_ijk)
f(T)                                            | T | T: n×m×p; f: function               | f'(T_ijk) δ_il δ_jq δ_kr
sum(i, sum(j, sum(k, T[i,j,k]*x[i]*y[j]*z[k]))) | T | T: n×m×p                            | x_i y_j z_k
tensor(i, k, sum(j, T[i,j,k]*x[j]))             | x | T: n×m×p; x: m                      | T_ikj
tensor(i, k, sum(j, T[i,j,k]*x[j]))             | T | T: n×m×p; x: m                      | x_l δ_ik δ_jn
tensor(k, j, i, T[i,j,k])                       | T | T: n×m×p                            | δ_kl δ_jm δ_in
tensor(i, sum(j, T[i,j,j]))                     | T | T: n×m×m                            | δ_ij δ_kl
tensor(i, j, k, x[i]*y[j]*z[k])                 | y |                                     | x_i z_k δ_jl
Q[1,2,1,2]*T                                    | Q | T: 2×1×3; Q: 2×2×3×2                | T_ijk δ_l1 δ_m2 δ_n1 δ_p2
sum(i, (x')[i]*y[i])                            | x | x: n                                | y_i
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("text", "by", "declare", "index"), CASES)
def test_the_index_form(text: str, by: str, declare: str, index: str) -> None:
    assert matcalc.derive(text, by, declare=declare).index_form == index


def laid_out(tensor: Any, value: tuple[int, ...], layout: str) -> Any:
    """The definition of the layouts, in NumPy."""
    if layout == "tensor":
        return tensor
    below = tensor.shape[len(value) :]
    if not value:
        return tensor.transpose() if layout == "numerator" else tensor
    if not below:
        return tensor
    flat = tensor.reshape(-1, int(np.prod(below)), order="F")
    return flat if layout == "numerator" else flat.T


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
@pytest.mark.parametrize(("text", "by", "declare", "index"), CASES)
def test_numbers_and_shapes(text: str, by: str, declare: str, index: str, layout: Any) -> None:
    check_numbers(text, by, declare, layout)


def check_numbers(text: str, by: str, declare: str, layout: Any) -> None:
    """The function, its shape, and the closed form read again, against finite differences."""
    read = elaborate(text, declare, wrt=(by,))
    point = find_point([read.expression], extra=read.symbols.values())
    assert point is not None
    found = numerical_derivative(read.expression, read.symbols[by], point.values, point.sizes)
    value = tuple([size.value(point.sizes) for size in read.expression.shape])
    expected = laid_out(found.value, value, layout)
    derivation = matcalc.derive(text, by, declare=declare, layout=layout)
    result = derivation.function("numpy")(**point.values, **point.sizes)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-7)
    vector = not value and found.value.ndim == 1  # as an array it has one axis in every layout
    if not vector:
        assert tuple([size.value(point.sizes) for size in derivation.outcome.shape]) == expected.shape
    if derivation.closed:
        form = elaborate(derivation.text("ascii"), derivation.declarations, shape=derivation.outcome.shape).expression
        np.testing.assert_allclose(evaluate(form, point.values, point.sizes), result, rtol=1e-9, atol=1e-9)


def test_the_jacobian_of_numpy_broadcasting() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(20), rng.standard_normal((10, 20, 30))
    derivation = matcalc.jacobian("x.*y", "x", declare="x: 20×1; y: 10×20×30", layout="tensor")
    assert derivation.shape == (10, 20, 30, 20)
    assert derivation.text() == "y_ijk δ_jl"
    assert derivation.text("ascii") == "y[i,j,k]*delta[j,l]"
    assert derivation.latex() == r"y_{ijk} \delta_{jl}"
    np.testing.assert_allclose(derivation.function("numpy")(x=x, y=y), np.einsum("ijk,jl->ijkl", y, np.eye(20)))


def test_a_gradient_has_the_shape_of_its_tensor() -> None:
    gradient = matcalc.gradient("norm2(T - S)^2", "T", declare="T,S: n×m×p×q")
    assert gradient.shape == ("n", "m", "p", "q")
    assert gradient.text() == "2 (T − S)"
    assert gradient.index_form == "2 T_ijkl − 2 S_ijkl"
    assert matcalc.gradient("sum(x)", "T", declare="T: n×m×p; x: n").expression.shape == ("n", "m", "p")  # type: ignore[union-attr]
    hessian = matcalc.hessian("sum(T.^3)", "T", declare="T: n×m×p")
    assert hessian.shape == ("m*n*p", "m*n*p")
    values = np.random.default_rng(1).standard_normal((2, 3, 4))
    np.testing.assert_allclose(hessian.function("numpy")(T=values), np.diag(6 * values.ravel(order="F")))


@pytest.mark.parametrize(
    ("text", "by", "shape"),
    [
        ("vec(X)", "X", ("m*n", "m", "n")),
        ("vec(X*B)'", "X", ("m*p", "m", "n")),
        ("kron(A, X)", "X", ("m*p", "n*q", "m", "n")),
        ("kron(x', B)", "x", ("n", "p*q", "q")),
        ("kron(A, B)*vec(X)", "X", ("n*p", "m", "n")),
    ],
)
def test_a_vector_of_vec_and_a_matrix_of_kron_have_one_axis_and_two(text: str, by: str, shape: tuple[str, ...]) -> None:
    sizes = "A: p×q; X: m×n; B: n×p; x: q"
    if text.startswith("kron(A, B)"):
        sizes = "A: p×n; B: n×m; X: m×n"
    for layout in ("tensor", "numerator", "denominator"):
        found = check_derivation(text, by, sizes, layout=layout)
        assert layout != "tensor" or found.shape == shape


@pytest.mark.parametrize(
    ("text", "by", "declare", "form"),
    [
        ("T", "T", "T: n×m×p", "eye(m*n*p)"),
        ("2*T - T./S + 1", "T", "T,S: n×m×p", "2 I − diag(vec(1 ⊘ S))"),
        ("exp(T)", "T", "T: 2×n×1×m", "diag(vec(exp(T)))"),
        ("sum(T.^3)", "T", "T: n×m×p", "3 T.^2"),
        ("a*exp(T).*S", "a", "T,S: n×m×p; a: scalar", "exp(T) ⊙ S"),
        ("vec(T)'*y", "T", "T: n×m×p", None),
        ("y'*vec(T.^2)", "y", "T: n×m×p", "vec(T.^2)"),
        ("tensor(i, l, k, sum(j, A[l,j]*T[i,j,k]))", "T", "T: n×m×p; A: q×m", "eye(p) ⊗ Aᵀ ⊗ eye(n)"),
        ("tensor(i, j, l, sum(k, A[l,k]*T[i,j,k]))", "A", "T: n×m×p; A: q×p", None),
        ("tensor(i, k, sum(j, T[i,j,k]*x[j]))", "x", "T: n×m×p; x: m", "reshape((eye(p) ⊗ commutation(n, m)) vec(T), m, n*p)"),
        ("tensor(j, k, sum(i, T[i,j,k]*x[i]))", "x", "T: n×m×p; x: n", "reshape(vec(T), n, m*p)"),
        ("tensor(i, j, sum(k, T[i,j,k]*x[k]))", "x", "T: n×m×p; x: p", "reshape(vec(T), m*n, p)ᵀ"),
        ("tensor(i, j, k, x[i]*y[j]*z[k])", "y", "x: n; y: m; z: p", None),
        ("x.*T", "x", "T: n×m×p; x: m", None),
    ],
)
def test_closed_forms(text: str, by: str, declare: str, form: str | None) -> None:
    """Elementwise functions are diagonal, products along one axis Kronecker products, a vector along one axis an unfolding."""
    found = matcalc.derive(text, by, declare=declare)
    if form is not None:
        assert str(found) == form
    for layout in ("denominator", "numerator", "tensor"):
        check_numbers(text, by, declare, layout)


def test_programs_with_tensors() -> None:
    derivation = matcalc.derive("z = x.*y; sum(exp(z))", "x", declare="x: 4; y: 2×4×3")
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal(4), rng.standard_normal((2, 4, 3))
    expected = (y * np.exp(y * x[:, None])).sum(axis=(0, 2))
    np.testing.assert_allclose(derivation.function("numpy")(x=x, y=y), expected)


@pytest.mark.parametrize("text", ["x.*y", "sum(exp(y).*x)", "tensor(i, k, sum(j, y[i,j,k]*x[j]))"])
def test_generated_code_checks_itself(text: str) -> None:
    code = matcalc.derive(text, "y", declare="x: 4; y: 2×4×3").code("numpy")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert "agrees with finite differences" in run.stdout


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("d(sum(exp(T).*S))/dT = exp(T).*S", "proved"),
        ("d(sum(exp(T).*S))/dT = exp(T).*T", "refuted"),
        ("d(sum(x.*T))/dx = tensor(j, sum(i, sum(k, T[i,j,k])))", "proved"),
        ("d(a*T)/da = T", "proved"),
        ("T.*S = S.*T", "proved"),
        ("T.*S = S.*S", "refuted"),
        ("sum(T.*S) = sum(i, sum(j, sum(k, T[i,j,k]*S[i,j,k])))", "proved"),
        ("d(x.*T)/dx = T", "refuted"),
    ],
)
def test_statements_about_tensors(statement: str, status: str) -> None:
    assert matcalc.verify(statement, declare="T,S: n×m×p; x: m; a: scalar").status == status
