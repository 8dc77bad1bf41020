"""Callables: several outputs, operators, sizes, names, dtypes, jit and vmap, errors."""

from __future__ import annotations

import math
import warnings
from functools import reduce
from typing import Any

import numpy as np
import pytest

from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size
from matcalc.codegen.generation import compile_source, function, generate
from matcalc.codegen.requests import LaidOut, Operator
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from matcalc.interface.api import derive, parse
from matcalc.objects.programs import compile as compile_derivatives
from tests.codegen.comparison import TARGETS, given
from tests.codegen.expressions import A, B, K, M, N, U, V, X, fn, minus, number, plus, product, t, v, x, y
from tests.oracle.answers import check_answer, points

rng = np.random.default_rng(0)


def numbers(result: Any) -> np.ndarray:
    return np.asarray(result, dtype=float)


# ---------------------------------------------------------------- several outputs


@pytest.mark.parametrize("target", TARGETS)
def test_outputs_together_are_what_they_are_alone(target: str) -> None:
    made = compile_derivatives(
        "sum(log(1+exp(-y.*(X*w))))", gradient=["w", "X"], hessian=["w", ("w", "y")], hessian_operator="w", hvp="w", target=target
    )
    values = {"X": rng.normal(size=(7, 3)), "w": rng.normal(size=3), "y": rng.normal(size=7), "dw": rng.normal(size=3)}
    result = made(**{name: given(target, value) for name, value in values.items()})
    assert result._fields == ("value", "gradient_w", "gradient_X", "hessian_w", "hessian_w_y", "hessian_operator_w", "hvp_w")
    text = "sum(log(1+exp(-y.*(X*w))))"
    for name, wrt in [("gradient_w", "w"), ("gradient_X", "X"), ("hessian_w", ("w", "w")), ("hessian_w_y", ("w", "y"))]:
        expected = derive(text, wrt).expression
        assert expected is not None
        assert agrees(numbers(getattr(result, name)), evaluate(expected.node, values), relative=1e-10)
    product_ = numbers(result.hessian_w) @ values["dw"]
    assert agrees(numbers(result.hvp_w), product_, relative=1e-10)
    assert agrees(numbers(result.hessian_operator_w(given(target, values["dw"]))), product_, relative=1e-10)


def test_an_operator_forms_nothing_larger_than_its_factors() -> None:
    made = compile_derivatives("||X - U*V||^2", value=False, hessian_operator="U", declare="U: n×k; V: k×m")
    n, k, m = 400, 3, 300
    values = {"X": np.zeros((n, m)), "U": rng.normal(size=(n, k)), "V": rng.normal(size=(k, m))}
    operator = made(**values)
    assert operator.args[0].shape == (k, k)
    direction = rng.normal(size=(n, k))
    assert agrees(operator(direction), 2 * direction @ (values["V"] @ values["V"].T), relative=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_an_operator_whose_code_needs_sizes(target: str) -> None:
    direction = e.Symbol("D", (N,))
    operator = Operator(product(plus(A, e.Ones((N, N))), direction), direction)
    a = rng.normal(size=(4, 4))
    d = rng.normal(size=4)
    apply = function({"operator": operator}, target)(A=given(target, a))
    assert agrees(numbers(apply(given(target, d))), (a + 1) @ d, relative=1e-12)


# ---------------------------------------------------------------- index notation


@pytest.mark.parametrize("layout", ["denominator", "numerator", "tensor"])
@pytest.mark.parametrize(
    ("expression", "wrt"),
    [
        (product(U, V), (V,)),
        (product(e.DiagonalMatrix(x), A), (x,)),
        (e.Hadamard((X, product(y, t(x)))), (X,)),
        (fn("sin", product(A, x)), (A,)),
        (e.Total(e.Hadamard((fn("exp", X), X))), (X, X)),
        (product(t(x), A, e.Power(x, number(2))), (x, A)),
        (e.Inverse(plus(A, product(number(9), e.Identity(N)))), (A,)),
        (e.Call("softmax", (x,), None, (N,)), (x,)),
        (product(e.Trace(A), A), (A,)),
    ],
)
def test_tensor_code_is_the_derivative(expression: e.Expr, wrt: tuple[e.Symbol, ...], layout: str) -> None:
    tensor = differentiate(expression, wrt).tensor
    laid_out = LaidOut(tensor, axes_of(expression.shape), tuple([len(axes_of(symbol.shape)) for symbol in wrt]), layout)
    check_answer(function({"result": laid_out}, "numpy", others=wrt), list(points(expression, wrt, layout=layout, seeds=(0,))))


@pytest.mark.parametrize("target", ["jax", "torch"])
def test_tensor_code_for_the_other_targets(target: str) -> None:
    expression = product(e.Trace(A), fn("sin", A))
    laid_out = LaidOut(differentiate(expression, (A,)).tensor, axes_of(A.shape), (2,), "denominator")
    a = rng.normal(size=(3, 3))
    expected = function({"result": laid_out}, "numpy")(A=a)
    assert expected.shape == (9, 9)
    assert agrees(numbers(function({"result": laid_out}, target)(A=given(target, a))), expected, relative=1e-12)


# ---------------------------------------------------------------- arguments


def test_sizes_that_no_array_fixes_are_keywords() -> None:
    ones = compile_source(generate({"value": e.Ones((M, N))}, "numpy"))
    assert ones(m=2, n=3).shape == (2, 3)
    assert ones(m=2, n=3, unused_keyword=1).shape == (2, 3)
    eye = function({"value": e.Identity(N)}, "numpy", others=[x])
    assert eye(n=4).shape == eye(x=np.zeros(4)).shape == (4, 4)
    with pytest.raises(ShapeError, match="no array fixes"):
        eye()


def test_sizes_that_are_products_are_solved() -> None:
    long = e.Symbol("z", (M * N,))
    f = function({"value": plus(long, e.Vec(e.Ones((M, N))), product(e.SizeValue(N), e.Ones((M * N,))))}, "numpy", others=[y])
    assert agrees(f(z=np.zeros(12), y=np.zeros(3)), np.full(12, 5.0))
    square = e.Symbol("z", (N * N,))
    source = generate({"value": product(e.SizeValue(N), square)}, "numpy")
    assert agrees(compile_source(source)(z=np.ones(16)), np.full(16, 4.0))


@pytest.mark.parametrize("name", ["lambda", "np", "x₀", "f1", "t1", "value", "Σ", "point", "W_1"])
def test_any_name_of_a_symbol_will_do(name: str) -> None:
    symbol = e.Symbol(name, (N,))
    f = function({"value": product(plus(symbol, x), t(plus(symbol, x)))}, "numpy")
    assert agrees(f(**{name: np.array([1.0, 2.0]), "x": np.zeros(2)}), np.array([[1.0, 2.0], [2.0, 4.0]]))


def test_vectors_may_come_as_rows_and_columns() -> None:
    f = function({"value": product(A, x)}, "numpy")
    a, vector = rng.normal(size=(3, 3)), rng.normal(size=3)
    for shaped in (vector, vector.reshape(3, 1), vector.reshape(1, 3), list(vector)):
        assert agrees(f(A=a, x=shaped), a @ vector)
    with pytest.raises(ShapeError, match="x is a vector"):
        f(A=a, x=np.zeros((3, 2)))


def test_mistakes_are_told() -> None:
    f = function({"value": product(e.Inverse(A), x)}, "numpy")
    with pytest.raises(MatcalcError, match="no value was given for x"):
        f(A=np.eye(2))
    with pytest.raises(ShapeError):
        f(A=np.eye(2), x=np.zeros(3))
    with pytest.raises(MatcalcError, match="[Ss]ingular"):
        f(A=np.zeros((2, 2)), x=np.zeros(2))
    with pytest.raises(MatcalcError, match="not a numeric"):
        f(A=np.eye(2), x=["a", "b"])
    with pytest.raises(MatcalcError, match="fortran"):
        generate({"value": x}, "fortran")  # type: ignore[arg-type]
    with pytest.raises(MatcalcError, match="no outputs"):
        generate({}, "numpy")
    with pytest.raises(ShapeError, match="scalar"):
        compile_derivatives("A*x", gradient="x")
    with pytest.raises(MatcalcError, match="z does not occur"):
        compile_derivatives("x'*x", gradient="z")


def test_integers_are_taken_as_numbers() -> None:
    f = function({"value": plus(product(x, t(x)), e.DiagonalMatrix(fn("exp", x)))}, "numpy")
    assert agrees(f(x=[0, 1]), np.array([[1.0, 0.0], [0.0, 1 + np.e]]))


# ---------------------------------------------------------------- JAX and PyTorch


@pytest.mark.parametrize("target", ["jax"])
def test_jitted_and_mapped(target: str) -> None:
    import jax
    import jax.numpy as jnp

    derivation = derive("sum(log(1+exp(-y.*(X*w))))", "w", order=2)
    f = derivation.function(target)
    compiled = compile_source(derivation.code(target))
    many = rng.normal(size=(5, 3))
    features, labels = rng.normal(size=(7, 3)), rng.normal(size=7)
    one_by_one = np.stack([numbers(f(X=features, y=labels, w=w)) for w in many])
    mapped = jax.jit(jax.vmap(lambda w: f(X=jnp.asarray(features), y=jnp.asarray(labels), w=w)))(jnp.asarray(many))
    assert agrees(numbers(mapped), one_by_one, relative=1e-12)
    jitted = jax.jit(compiled)
    assert agrees(numbers(jitted(X=features, y=labels, w=many[0])), one_by_one[0], relative=1e-12)


@pytest.mark.parametrize("target", ["jax"])
def test_an_operator_leaves_a_jitted_function(target: str) -> None:
    import jax

    made = compile_derivatives("||X - U*V||^2", value=False, hessian_operator="U", target=target)
    values = {"X": rng.normal(size=(4, 5)), "U": rng.normal(size=(4, 2)), "V": rng.normal(size=(2, 5))}
    operator = jax.jit(lambda: made(**values))()
    direction = rng.normal(size=(4, 2))
    assert agrees(numbers(operator(direction)), 2 * direction @ values["V"] @ values["V"].T, relative=1e-12)


@pytest.mark.parametrize("target", ["torch"])
def test_dtype_follows_the_inputs(target: str) -> None:
    import torch

    expressions = {
        "value": plus(product(A, B), e.Identity(N), e.Ones((N, N)), product(number("1/3"), e.DiagonalMatrix(fn("step", x)))),
        "root": e.Power(product(number(2), e.Constant("pi")), number("1/2")),
    }
    f = function(expressions, target)
    for dtype in (torch.float32, torch.float64):
        results = f(A=torch.ones(2, 2, dtype=dtype), B=torch.ones(2, 2, dtype=dtype), x=torch.ones(2, dtype=dtype))
        assert [result.dtype for result in results] == [dtype, dtype]


SHAPES: dict[str, tuple[int, ...]] = {"a": (), "t": (), "x": (4,), "y": (5,), "X": (3, 3)}


@pytest.mark.parametrize("target", ["torch"])
@pytest.mark.parametrize(
    ("text", "wrt"), [("tr(X)", "X"), ("a", "x"), ("x - mean(x)", "x"), ("3*t", "t"), ("y", "X"), ("5 + 0*sum(x)", "x")]
)
def test_constants_take_dtype_and_device_of_the_point(target: str, text: str, wrt: str) -> None:
    import torch

    derivation = derive(text, wrt, declare="a: scalar; t: scalar; x: n; X: m×m; y: p")
    shape = derivation.function("numpy")(**{name: np.ones(shape) for name, shape in SHAPES.items()}).shape
    for device, dtype in (("cpu", torch.float32), ("meta", torch.float64)):
        values = {name: torch.ones(shape, dtype=dtype, device=device) for name, shape in SHAPES.items()}
        for f in (derivation.function(target), compile_source(derivation.code(target))):
            result = f(**values, n=4, m=3, p=5)
            assert (tuple(result.shape), result.dtype, result.device.type) == (shape, dtype, device)


@pytest.mark.parametrize("target", ["torch"])
@pytest.mark.parametrize(
    "text", ["adj(X)", "logm(X)", "sqrtm(X)", "expm(X)", "inv(X'*X + eye)", "softmax(X, rows)", "(X - eye).^2"]
)
def test_arrays_are_made_where_the_inputs_are(target: str, text: str) -> None:
    """What is made without a device would be on the device that is the default here, which holds no numbers."""
    import torch

    derivation = derive(f"sum({text})", "X")
    point = torch.eye(3) + 0.1
    with torch.device("meta"):
        result = derivation.function(target)(X=point)
    assert agrees(result.numpy(), derivation.function("numpy")(X=point.numpy()), relative=1e-9)


@pytest.mark.parametrize("target", ["torch"])
def test_torch_code_can_be_differentiated(target: str) -> None:
    import torch

    f = function({"value": e.Power(e.Norm(minus(product(U, V), X), "2"), number(2))}, target)
    values = {name: torch.tensor(rng.normal(size=shape)) for name, shape in (("U", (3, 2)), ("V", (2, 4)), ("X", (3, 4)))}
    values["V"].requires_grad_(True)
    f(**values).backward()
    expected = derive("||X - U*V||^2", "V").function()(**{name: value.detach().numpy() for name, value in values.items()})
    assert agrees(values["V"].grad.numpy(), expected, relative=1e-10)


@pytest.mark.parametrize("target", TARGETS)
def test_scalars_may_be_plain_numbers(target: str) -> None:
    f = parse("a*exp(-a*b)*x + sin(b)", declare="a: scalar; b: scalar; x: n").function(target)
    vector = given(target, np.array([1.0, 2.0]))
    assert agrees(numbers(f(a=0.5, b=2.0, x=vector)), 0.5 * np.exp(-1.0) * np.array([1.0, 2.0]) + np.sin(2.0), relative=1e-12)


# ---------------------------------------------------------------- numbers


def test_stable_forms_do_not_overflow() -> None:
    values = {"x": np.array([1000.0, -1000.0, 0.0])}
    ones = e.Ones((N,))
    softplus = function({"value": fn("log", plus(ones, fn("exp", x)))}, "numpy")
    sigmoid = function({"value": e.Quotient(ones, plus(ones, fn("exp", e.Negative(x))))}, "numpy")
    softmax = function({"value": e.Quotient(fn("exp", x), e.Total(fn("exp", x)))}, "numpy")
    total = function({"value": fn("log", e.Total(fn("exp", x)))}, "numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert agrees(softplus(**values), [1000.0, 0.0, np.log(2.0)])
        assert agrees(sigmoid(**values), [1.0, 0.0, 0.5])
        assert agrees(softmax(**values), [1.0, 0.0, 0.0])
        assert agrees(total(**values), np.asarray(1000.0))
    small = {"x": np.array([1e-17, -1e-17])}
    assert agrees(function({"value": fn("log", plus(ones, x))}, "numpy")(**small), small["x"], absolute=0.0)
    assert agrees(function({"value": minus(fn("exp", x), ones)}, "numpy")(**small), small["x"], absolute=0.0)


def test_the_error_function_is_exact_to_the_last_digits() -> None:
    erf = function({"value": fn("erf", x)}, "numpy")
    where = np.concatenate([np.linspace(-7, 7, 2801), np.linspace(-2e-3, 2e-3, 801), 10.0 ** np.arange(-300, 300, 9.0)])
    expected = np.array([math.erf(one) for one in where])
    assert np.all(np.abs(erf(x=where) - expected) <= 8e-16 * np.abs(expected))
    assert np.array_equal(erf(x=[np.nan, np.inf, -np.inf]), [np.nan, 1.0, -1.0], equal_nan=True)
    gelu = function({"value": fn("gelu", x)}, "numpy")
    assert np.allclose(gelu(x=where[:2801]), where[:2801] * (1 + expected_at(where[:2801])) / 2, rtol=0, atol=2e-15)
    assert "vectorize" not in generate({"value": plus(fn("erf", x), fn("gelu", x))}, "numpy")


def expected_at(where: np.ndarray) -> np.ndarray:
    return np.array([math.erf(one / math.sqrt(2)) for one in where])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
def test_substitution_in_blocks(size: int) -> None:
    P = e.Symbol("P", (N, N), frozenset({"positive_definite"}))
    root = rng.normal(size=(size, size))
    p = root @ root.T + size * np.eye(size)
    b, vector = rng.normal(size=(size, 3)), rng.normal(size=size)
    right = e.Symbol("R", (N, K))
    assert agrees(function({"value": product(e.Inverse(P), right)}, "numpy")(P=p, R=b), np.linalg.solve(p, b), relative=1e-10)
    assert agrees(
        function({"value": product(e.Inverse(P), x)}, "numpy")(P=p, x=vector), np.linalg.solve(p, vector), relative=1e-10
    )
    assert agrees(function({"value": e.Inverse(P)}, "numpy")(P=p), np.linalg.inv(p), relative=1e-10)


# ---------------------------------------------------------------- large expressions


def test_a_product_of_thousands_of_factors() -> None:
    f = function({"value": product(*[A] * 5000, x)}, "numpy")
    rotation = np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]])
    expected = np.array([np.cos(500.0), np.sin(500.0)])
    assert agrees(f(A=rotation, x=np.array([1.0, 0.0])), expected, relative=1e-8)


def test_thousands_of_nested_operations() -> None:
    nested = reduce(lambda inner, _: fn("sin", plus(product(A, inner), x)), range(2000), x)
    value = np.array([0.3, -0.2])
    a = np.array([[0.1, 0.2], [-0.3, 0.1]])
    expected = value
    for _ in range(2000):
        expected = np.sin(a @ expected + value)
    assert agrees(function({"value": nested}, "numpy")(A=a, x=value), expected)


def test_too_many_indices_are_refused() -> None:
    chain = e.Kronecker(tuple(e.Symbol(f"A{k}", (Size.of(f"n{k}"), Size.of(f"m{k}"))) for k in range(30)))
    tensor = differentiate(product(e.Symbol("s", ()), chain), (e.Symbol("s", ()),)).tensor
    with pytest.raises(LimitError):
        generate({"value": LaidOut(tensor, tensor.shape, (0,), "tensor")}, "numpy")


def test_positive_weights_scale_by_their_roots() -> None:
    expression = product(t(X), e.DiagonalMatrix(v), X)
    values = {"X": rng.normal(size=(6, 3)), "v": rng.uniform(0.1, 2, size=6)}
    assert "np.sqrt(v)" in generate({"value": expression}, "numpy")
    assert agrees(
        function({"value": expression}, "numpy")(**values), values["X"].T @ np.diag(values["v"]) @ values["X"], relative=1e-12
    )


def test_constant_results_in_jax_have_the_dtype_of_the_arguments() -> None:
    jnp = pytest.importorskip("jax.numpy")
    derivation = derive("tr(X)", "X")
    for f in (derivation.function("jax"), compile_source(derivation.code("jax"))):
        assert f(X=jnp.ones((3, 3), dtype=jnp.float16)).dtype == jnp.float16


@pytest.mark.parametrize(
    "formula", ["tr(Q'*K)/sqrt(d)", "pi*sqrt(2)*tr(Q'*K)", "log(d)*erf(d)*norm2(Q - K)^2", "tr(K'*softmax(Q*K'/sqrt(d), rows)*K)"]
)
def test_numbers_made_of_sizes_leave_single_precision_single(formula: str) -> None:
    made = derive(formula, "Q", declare="Q: m×d; K: m×d").function("numpy")
    assert made(Q=np.ones((2, 3), dtype=np.float32), K=np.ones((2, 3), dtype=np.float32)).dtype == np.float32


@pytest.mark.parametrize("formula", ["x'*x/(n - 3)", "sqrt(n - 5)*(x'*x)", "exp(1000*n)*(x'*x)"])
def test_numbers_made_of_sizes_that_are_none_are_an_error(formula: str) -> None:
    made = derive(formula, "x", declare="x: n").function("numpy")
    with pytest.raises(MatcalcError, match="cannot be computed at this point"):
        made(x=np.ones(3))
