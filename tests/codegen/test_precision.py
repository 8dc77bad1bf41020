"""The type of results: that of the inputs together, as NumPy combines them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.base.errors import MatcalcError
from matcalc.codegen.generation import compile_source, function
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.objects.programs import compile as compile_derivatives, derivative_output

FORMULAS = tomllib.loads(Path("benchmarks/formulas.toml").read_text(encoding="utf-8"))["formula"]
VOCABULARY = """elimination(n)*vec(X) where X: n×n|erf(x) where x: n|gelu(x)|erfc(x)|normcdf(x)|normpdf(x)|sum(lgamma(x)) where x: n positive
max(n, 4)*x where x: n|max(a, 0.1)*x where a: scalar; x: n|A*where(x > 0, 1, 2) where A: m×n; x: n|circshift(x, 1)|cumsum(x)|flip(x)
kron(eye(2), X)|kron(X, eye(2))|logm(P) where P: n×n positive_definite|sqrtm(P) where P: n×n positive_definite|expm(X)|sinm(X)
matrix_power(P, 1/3) where P: n×n positive_definite|[x; 1]|[1 2; 3 4]*x where x: 2|svdvals(X)|logsumexp(X, rows)|norm(X, nuclear)"""


def outputs_of(text: str, declare: str | None, second: bool) -> list[tuple[Expr, Any]]:
    node = parse(text, declare).node
    symbols: list[Symbol] = list(symbols_in(node).values())
    found: list[tuple[Expr, Any]] = [(node, node)]
    for wrt in [*[(symbol,) for symbol in symbols], *([(symbols[0],) * 2] if second and node.is_scalar else [])]:
        found.append((node, derivative_output(differentiate(node, wrt), node, wrt, "denominator")))
    return found


def types_of(text: str, declare: str | None, target: str, dtype: str, second: bool = False) -> set[str]:
    """The types of the value and derivatives at a point of arrays of one type, and of the value that they are right."""
    found = set()
    for node, output in outputs_of(text, declare, second):
        point = find_point([node], 0)
        assert point is not None
        arrays = {name: np.asarray(value) for name, value in point.values.items() if not callable(value)}
        if target == "jax":
            import jax.numpy as jnp

            given: dict[str, Any] = {name: jnp.asarray(array).astype(dtype) for name, array in arrays.items()}
        else:
            given = {name: array.astype(dtype) for name, array in arrays.items()}
        result = function({"value": output}, target, others=tuple(symbols_in(node).values()))(**point.sizes, **given)
        found.add(str(result.dtype))
        if output is node and dtype == "float32":
            assert agrees(np.asarray(result), evaluate(node, point.values, point.sizes), relative=2e-3, absolute=2e-3), text
    return found


def test_single_precision_stays_single_in_every_formula() -> None:
    for number, formula in enumerate(FORMULAS):
        assert types_of(formula["text"], formula.get("declare"), "numpy", "float32", number % 4 == 0) == {"float32"}, formula


def test_single_precision_stays_single_in_the_vocabulary() -> None:
    for line in VOCABULARY.replace("\n", "|").split("|"):
        text, _, declare = line.partition(" where ")
        assert types_of(text, declare or None, "numpy", "float32") == {"float32"}, text


@pytest.mark.parametrize("target", ["jax"])
def test_half_precision_stays_half(target: str) -> None:
    for formula in FORMULAS[:40:10]:
        if "inv" not in formula["text"] and "det" not in formula["text"]:
            assert types_of(formula["text"], formula.get("declare"), target, "bfloat16") == {"bfloat16"}, formula
    with pytest.raises(MatcalcError, match="cannot be computed"):
        parse("inv(X)").function(target)(X=np.eye(2).astype("float16"))


def test_constants_take_the_type_of_what_is_given() -> None:
    single = np.ones((3, 3), dtype=np.float32)
    assert derive("tr(X)", "X").function()(X=single).dtype == np.float32
    assert derive("tr(X)", "X").function()(n=3, m=3).dtype == np.float64
    assert derive("tr(X)", "X").function()(X=np.eye(3, dtype=int)).dtype == np.float64


def test_numbers_of_python_have_no_type_and_those_of_numpy_have() -> None:
    f = parse("a*x", declare="a: scalar; x: n").function()
    x = np.ones(2, dtype=np.float32)
    assert (f(a=0.1, x=x).dtype, f(a=2, x=x).dtype, f(a=np.float64(0.1), x=x).dtype) == (np.float32, np.float32, np.float64)
    assert f(a=0.1, x=[1, 2]).dtype == np.float64


def test_mixed_precision_is_that_of_the_wider_array() -> None:
    """Constants between arrays of two types are as exact as the wider of them."""
    text, x, w = "sum(x.*x) + (w + ones(n)/3)'*(w + ones(n)/3)", np.ones(3, dtype=np.float32), np.ones(3)
    source = compile_derivatives(text, declare="x: n; w: n", gradient=["w", "x"]).source
    found = compile_source(source)(x=x, w=w)
    assert [np.asarray(one).dtype for one in found] == [np.float64, np.float64, np.float32]
    assert agrees(found[1], 2 * (w + 1 / 3), relative=1e-15)
    filled = parse("[x; w; 1/3]", declare="x: n; w: n").function()(x=x, w=w)
    assert filled[-1] == 1 / 3


def test_whole_numbers_do_not_make_constants_whole() -> None:
    """The printed code may be given arrays of whole numbers as they are."""
    made = compile_source(parse("X + eye/2 + ones(n, n)/4", declare="X: n×n").code())
    assert agrees(made(X=np.zeros((2, 2), dtype=int)), np.eye(2) / 2 + 0.25)


def test_an_operator_and_several_outputs_keep_the_type() -> None:
    single = {name: np.ones(shape, dtype=np.float32) for name, shape in (("X", (4, 3)), ("U", (4, 2)), ("V", (2, 3)))}
    made = compile_derivatives("||X - U*V||^2 + tr(U'*U)", gradient=["U"], hessian="V", hessian_operator="U", hvp="V")
    value, gradient, hessian, operator, product = made(**single, dV=single["V"])
    assert {np.asarray(one).dtype for one in (value, gradient, hessian, operator(single["U"]), product)} == {np.dtype("float32")}


def test_the_check_sees_double_precision() -> None:
    planted = parse("A + eye", declare="A: n×n").code()
    assert "dtype=dtype" in planted
    assert compile_source(planted.replace(", dtype=dtype", ""))(A=np.ones((2, 2), dtype=np.float32)).dtype == np.float64
