"""Plans of generated code: the type of results, orders chosen at call time, memory, and arrays with leading axes."""

from __future__ import annotations

import tomllib
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcalc import derive, parse
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.functions import computable
from matcalc.codegen.generation import _Function, compile_source, function
from matcalc.codegen.ordering import reachable
from matcalc.codegen.targets import target_named
from matcalc.codegen.targets.target import plain_call
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.objects.programs import Compiled, compile as compile_derivatives, derivative_output
from tests.cli.test_derive_command import run

# ------------------------------------------------------------ The type of results


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
        assert types_of(formula["text"], formula.get("declare"), "numpy", "float32", number % 8 == 0) == {"float32"}, formula


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


# ------------------------------------------------------------ Chains of matrices


rng = np.random.default_rng(0)
CHAINS = (
    ("A*B*C", "A: n×m; B: m×k; C: k×p", {"A": "nm", "B": "mk", "C": "kp"}, 2),
    ("A*B*C", "A: n×n; B: n×n; C: n×k", {"A": "nn", "B": "nn", "C": "nk"}, 2),
    ("2*X*X'*U - U", "X: m×n; U: m×k", {"X": "mn", "U": "mk"}, 2),
    ("U'*X*V'", "X: m×n; U: m×k; V: k×n", {"U": "mk", "X": "mn", "V": "kn"}, 2),
    ("A*B*C*D", "A: n×m; B: m×k; C: k×p; D: p×q", {"A": "nm", "B": "mk", "C": "kp", "D": "pq"}, 5),
)
FACTORS = {"2*X*X'*U - U": "X,X.T,U", "U'*X*V'": "U.T,X,V.T"}
"""Of chains with transposes."""


class Counted(np.ndarray):
    """Arrays that add up the multiplications of the products made of them."""

    work = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(one) for one in inputs]
        if ufunc is np.matmul:
            Counted.work += plain[0].shape[0] * plain[0].shape[1] * plain[1].shape[1]
        return np.asarray(getattr(ufunc, method)(*plain, **options)).view(Counted)


def counted(function: Any, arrays: dict[str, np.ndarray]) -> tuple[int, np.ndarray]:
    Counted.work = 0
    result = np.asarray(function(**{name: array.view(Counted) for name, array in arrays.items()}))
    return Counted.work, result


def least(shapes: list[tuple[int, int]]) -> int:
    """The multiplications of the best order, by trying all of them."""
    if len(shapes) == 1:
        return 0
    ways = []
    for cut in range(1, len(shapes)):
        left, right = shapes[:cut], shapes[cut:]
        ways.append(least(left) + least(right) + left[0][0] * right[0][0] * right[-1][1])
    return min(ways)


def points(letters: dict[str, str]) -> list[dict[str, np.ndarray]]:
    names = sorted(set("".join(letters.values())))
    tried = product((2, 9, 40), repeat=len(names)) if len(names) < 5 else rng.integers(2, 40, (60, len(names)))
    lengths = [dict(zip(names, map(int, numbers), strict=True)) for numbers in tried]
    return [{name: rng.normal(size=[one[axis] for axis in axes]) for name, axes in letters.items()} for one in lengths]


@pytest.mark.parametrize(("text", "declare", "letters", "orders"), CHAINS, ids=lambda value: str(value))
def test_the_cheapest_order_is_taken(text: str, declare: str, letters: dict[str, str], orders: int) -> None:
    source = parse(text, declare).code()
    assert ("multi_dot" in source) == (orders > 3)
    made = compile_source(source)
    for arrays in points(letters):
        factors = [eval(one, dict(arrays)) for one in FACTORS.get(text, ",".join(arrays)).split(",")]
        work, found = counted(made, arrays)
        expected = eval(text.replace("'", ".T").replace("*", "@").replace("2@", "2*"), dict(arrays))
        assert np.allclose(found, expected, rtol=1e-10, atol=1e-10)
        assert orders > 3 or work <= 1.25 * least([one.shape for one in factors]), work


def test_a_turned_condition_is_seen() -> None:
    text, declare, letters, _ = CHAINS[1]
    turned = compile_source(parse(text, declare).code().replace("k <= n", "k > n"))
    assert any(counted(turned, arrays)[0] > 1.25 * least([one.shape for one in arrays.values()]) for arrays in points(letters))


def test_what_sizes_do_not_decide_is_written_in_one_order() -> None:
    for text, declare in (
        ("A*B*x", "A: n×m; B: m×k; x: k"),
        ("x'*A*B*y", "A: n×m; B: m×k; x: n; y: k"),
        ("X'*A*X", "A: n×n; X: n×k"),
        ("A*B*C", "A: 3×4; B: 4×5; C: 5×6"),
    ):
        assert " if " not in parse(text, declare).code().partition("if __name__")[0], text
    given = {"n": 5, "m": 6, "k": 7, "p": 8}
    source = compile_derivatives("‖A*B*C‖²", declare="A: n×m; B: m×k; C: k×p", gradient="B", sizes=given).source
    assert " if " not in source.partition("if __name__")[0]


def test_products_that_are_shared_stay_shared() -> None:
    """No order is worth computing twice what another output needs too."""
    source = compile_derivatives("‖A*B*C − D‖²", gradient=["A", "C"], declare="A: n×m; B: m×k; C: k×p; D: n×p").source
    assert "t1 = A @ B\n" in source and "2*(t1.T @ t2)" in source


@pytest.mark.parametrize("target", ["jax"])
def test_jitted_code_chooses_too(target: str) -> None:
    import jax

    f = compile_source(parse("A*B*C", "A: n×n; B: n×n; C: n×k").code(target))
    for k in (2, 7):
        a, b, c = rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, k))
        assert np.allclose(jax.jit(f)(A=a, B=b, C=c), a @ b @ c)


# ------------------------------------------------------------ One plan for value, gradient and Hessian products in NumPy


SCALARS = [formula for formula in FORMULAS if parse(formula["text"], formula.get("declare")).node.is_scalar]
FREE = frozenset({"input", "literal", "size", "pi", "transpose", "row", "column", "full", "eye", "reshape", "neg"})
PARTS = {"softmax": 5, "logsumexp": 6}
"""Steps within a function that is written in single steps where several outputs share them."""
ATTENTION = "tr(G'*softmax(Q*K'/c, rows)*V)"


def together(formula: dict[str, Any], **asked: Any) -> Compiled:
    by = formula["by"]
    wanted = {key: [by] for key, value in asked.items() if value and key != "value"}
    return compile_derivatives(formula["text"], declare=formula.get("declare"), value=asked.get("value", False), **wanted)


def steps(made: Compiled) -> int:
    """How many operations a function has that cost anything."""
    _, outputs, target, *_ = (made._call._recipe.maker, *made._call._recipe.arguments)
    written = _Function(outputs, target_named(target), "compute", None, ())
    ops = [op for op in reachable(list(written.ops.values())) if op.kind not in FREE]
    return sum(PARTS.get(op.data[0], 1) if op.kind == "call" else 1 for op in ops)


def test_what_the_outputs_share_is_computed_once() -> None:
    shared = 0
    for formula in SCALARS[::8]:
        apart = [steps(together(formula, **{key: True})) for key in ("value", "gradient", "hvp")]
        joint = steps(together(formula, value=True, gradient=True, hvp=True))
        assert joint <= sum(apart), formula["text"]
        shared += joint < sum(apart)
    assert shared >= 0.7 * len(SCALARS[::8])


def test_arguments_are_left_as_they_are_and_values_are_right() -> None:
    for number, formula in enumerate(SCALARS):
        node = parse(formula["text"], formula.get("declare")).node
        point = find_point([node], 0)
        assert point is not None
        arrays = {name: np.array(value, dtype=float) for name, value in point.values.items()}
        arrays[f"d{formula['by']}"] = np.ones_like(arrays[formula["by"]])
        before = {name: array.copy() for name, array in arrays.items()}
        made = compile_source(together(formula, value=True, gradient=True, hvp=number % 8 == 0).source)
        first, again = made(**arrays, **point.sizes), made(**arrays, **point.sizes)
        assert is_untouched(arrays, before), formula["text"]
        assert agrees(np.asarray(first[0]), evaluate(node, point.values, point.sizes), relative=1e-9), formula["text"]
        assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(first, again, strict=True))
        assert not any(np.shares_memory(one, other) for one in first for other in arrays.values())


def is_untouched(arrays: dict[str, np.ndarray], before: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(array, before[name]) for name, array in arrays.items())


def test_a_function_written_into_an_argument_is_seen() -> None:
    source = parse("sum(tanh(X + Y))").code()
    assert "_into(np.tanh, X + Y)" in source
    planted = compile_source(source.replace("_into(np.tanh, X + Y)", "_into(np.tanh, X)"))
    arrays = {"X": np.ones((2, 2)), "Y": np.zeros((2, 2))}
    before = {name: array.copy() for name, array in arrays.items()}
    planted(**arrays)
    assert not is_untouched(arrays, before)


def test_views_and_arrays_that_are_used_again_are_not_written_to() -> None:
    for text in ("sum(tanh(X'))", "sum(tanh(X)) + sum(X)", "sum(tanh(X[1:2,:]))", "sum(exp(X*Y).*(X*Y))", "sum(sqrt(X))"):
        assert "_into" not in parse(text, "X: 3×3; Y: 3×3").code(), text
    whole = compile_source(parse("exp(X + Y)", "X: n×n; Y: n×n").code())
    assert agrees(whole(X=np.eye(2, dtype=int), Y=np.eye(2, dtype=int)), np.exp(2 * np.eye(2)))


def test_functions_that_take_an_array_for_the_result() -> None:
    """What is called with ``out`` has to know it."""
    called = {plain_call(name, known.code("numpy")) for name, known in computable().items() if len(known.parameters) == 1}
    named = [name.removeprefix("np.") for name in called if name.startswith("np.") and name.count(".") == 1]
    elementwise = [name for name in named if isinstance(getattr(np, name), np.ufunc)]
    assert {"tanh", "exp", "log", "sin"} <= set(elementwise)
    mapped = {
        plain_call(n, k.code("numpy")) for n, k in computable().items() if k.kind == "elementwise" and len(k.parameters) == 1
    }
    assert {name.removeprefix("np.") for name in mapped if name.startswith("np.")} <= set(elementwise)


def peak(function: Callable[..., Any], arrays: dict[str, np.ndarray]) -> int:
    function(**arrays)
    tracemalloc.start()
    function(**arrays)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_is_given_back() -> None:
    source = compile_derivatives(ATTENTION, declare="c: scalar", gradient=["Q", "K"], hvp="Q").source.partition("if __name__")[0]
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {name: rng.normal(size=(200, 20)) for name in ("G", "Q", "K", "V", "dQ")} | {"c": 4.0}
    kept = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith("del "))
    assert kept != source
    assert peak(compile_source(source), arrays) < 0.9 * peak(compile_source(kept), arrays)
    into = compile_source(parse("sum(tanh(X + Y))").code())
    plain = compile_source(parse("sum(tanh(X + Y))").code().replace("_into(np.tanh, X + Y)", "np.tanh(X + Y)"))
    pair = {"X": rng.normal(size=(200, 200)), "Y": rng.normal(size=(200, 200))}
    assert peak(into, pair) < 0.6 * peak(plain, pair)


# ------------------------------------------------------------ arrays with leading axes

REFUSED = "x'*P^(1/3)*x where P: n×n positive_definite"


def one_by_one(function: Callable[..., Any], arrays: dict[str, Any], batched: Sequence[str]) -> np.ndarray:
    places = range(len(arrays[batched[0]]))
    rows = [{name: array[k] if name in batched else array for name, array in arrays.items()} for k in places]
    return np.stack([np.asarray(function(**row)) for row in rows])


def many_of(text: str, declare: str | None, batched: str) -> tuple[Any, dict[str, Any], list[str]]:
    """The node, arrays of which some have a leading axis of 3, and the names of these."""
    node = parse(text, declare).node
    point = find_point([node], 0)
    assert point is not None
    names = sorted(symbols_in(node))
    chosen = {"first": names[:1], "last": names[-1:], "all": names}[batched]
    free = not any(symbol.properties for symbol in symbols_in(node).values())
    scales = (1.0, 1.1, 0.93) if free else (1.0, 1.0, 1.0)
    arrays = {name: np.asarray(value, dtype=float) for name, value in point.values.items()}
    many = {name: np.stack([array * s for s in scales]) if name in chosen else array for name, array in arrays.items()}
    return node, {**many, **point.sizes}, chosen


def batched_differs(text: str, declare: str | None, batched: str, target: str = "numpy") -> int:
    """How many outputs there are; raises AssertionError where one is not as for each place by itself."""
    node, arrays, chosen = many_of(text, declare, batched)
    others, count = tuple(symbols_in(node).values()), 0
    for _, output in outputs_of(text, declare, second=False):
        made = function({"value": output}, target, others=others, batched=chosen)
        expected = one_by_one(function({"value": output}, "numpy", others=others), arrays, chosen)
        assert agrees(np.asarray(made(**arrays)), expected, relative=1e-8, absolute=1e-9), (text, batched)
        count += 1
    return count


def test_leading_axes_in_formulas() -> None:
    for number, formula in enumerate(FORMULAS[::2]):
        batched = ("first", "all", "last")[number % 3]
        assert batched_differs(formula["text"], formula.get("declare"), batched)


@pytest.mark.parametrize("target", ["jax"])
def test_leading_axes_in_jax(target: str) -> None:
    for text, wrt in (("x'*A*x", "x"), ("sum(log(1 + exp(-y.*(X*w))))", "w")):
        for batched in ("first", "last", "all"):
            f = derive(text, wrt)
            _, arrays, chosen = many_of(text, None, batched)
            found = np.asarray(f.function(target, batched=chosen)(**arrays))
            assert agrees(found, one_by_one(f.function(), arrays, chosen), relative=1e-9)
            assert "jax.vmap" in f.code(target, batched=chosen)


def test_several_leading_axes_and_outputs() -> None:
    made = compile_derivatives("‖X w − y‖²", gradient="w", hvp="w", batched=["w", "dw"])
    w, dw, X, y = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4)), rng.normal(size=(5, 4)), rng.normal(size=5)
    value, gradient, product_ = made(w=w, dw=dw, X=X, y=y)
    rest = np.einsum("ij,abj->abi", X, w) - y
    assert agrees(value, (rest**2).sum(-1), relative=1e-12)
    assert agrees(gradient, 2 * np.einsum("ij,abi->abj", X, rest), relative=1e-12)
    assert agrees(product_, 2 * np.einsum("ij,ik,abk->abj", X, X, dw), relative=1e-12)
    raw = compile_source(made.source)(w=w[0], dw=dw[0], X=X, y=y)
    assert agrees(raw[1], gradient[0], relative=1e-12)


def test_one_product_for_all_places_and_no_loop() -> None:
    source = derive("sum(log(1 + exp(-y.*(X*w))))", "w").code(batched="w")
    assert "w @ X.T" in source and "for " not in source.partition("def gradient")[2] and "vectorize" not in source


def test_results_that_do_not_depend_on_the_axis_repeat_along_it() -> None:
    found = derive("a'*x", "x").function(batched="x")(x=np.zeros((3, 2)), a=np.array([1.0, 2.0]))
    assert agrees(found, np.array([[1.0, 2.0]] * 3))


def test_names_of_sizes_and_arrays_do_not_meet_those_of_the_code() -> None:
    x, A = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    for text, declare in (("x'*A*x", "x: batch; A: batch×batch"), ("x'*A*x", "x: leading; A: leading×leading")):
        assert agrees(derive(text, "x", declare=declare).function(batched="x")(x=x, A=A), x @ (A + A.T), relative=1e-12)
    made = parse("dtype*eye(n) + M", "dtype: scalar; M: n×n").function()
    assert made(dtype=0.5, M=A.astype(np.float32)).dtype == np.float32


def test_mistakes_with_leading_axes_are_told() -> None:
    f = derive("x'*A*x", "x").function(batched=("x", "A"))
    with pytest.raises(ShapeError, match="leading axes differ"):
        f(x=np.ones((3, 2)), A=np.ones((4, 2, 2)))
    with pytest.raises(ShapeError, match="x is batched"):
        f(x=np.ones(2), A=np.ones((4, 2, 2)))
    with pytest.raises(MatcalcError, match="q cannot be batched"):
        derive("x'*A*x", "x").code(batched="q")
    with pytest.raises(MatcalcError, match="does not take arrays with leading axes"):
        derive("x'*A*x", "x").code("julia", batched="x")
    with pytest.raises(MatcalcError, match="over leading axes"):
        parse(*REFUSED.split(" where ")).function(batched="P")
    with pytest.raises(MatcalcError, match="one function"):
        compile_derivatives("‖X w − y‖²", hessian_operator="w", batched="w")


def test_a_wrong_axis_is_seen() -> None:
    source = derive("x'*A*x", "x").code(batched="x")
    x, A = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    expected = x @ (A + A.T)
    assert agrees(compile_source(source)(x=x, A=A), expected, relative=1e-12)
    assert not agrees(compile_source(source.replace("A.T", "A"))(x=x, A=A), expected, relative=1e-6)


# ------------------------------------------------------------ sparse matrices

MASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("||M.*(X - U*V)||^2", {"gradient": ["U", "V"], "hvp": "U"}),
    ("||M.*(X - U*V)||^2 + c*||U||^2", {"gradient": ["U"], "declare": "M: m×n mask; c: scalar"}),
    ("sum(M.*(X - U*V - b*ones(n)').^2)", {"gradient": ["b", "X"]}),
    ("sum(M.*log(1 + exp(-X.*(U*V))))", {"gradient": ["U", "V"]}),
    ("||M'.*(X - U*V)'||^2", {"gradient": ["V"]}),
    ("sum((sum(M.*(U*V), rows) - b).^2)", {"gradient": ["U"]}),
    ("||M.*(X - U*V)||", {"gradient": ["U"]}),
)


def arrays_with_mask(rows: int, cols: int, share: float, rank: int = 3) -> dict[str, Any]:
    shapes = {"X": (rows, cols), "U": (rows, rank), "V": (rank, cols), "b": (rows,), "dU": (rows, rank)}
    made: dict[str, Any] = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return {**made, "c": 0.3, "M": (rng.random((rows, cols)) < share) * 1.0}


def dense(result: Any) -> np.ndarray:
    return np.asarray(result.todense() if hasattr(result, "todense") else result)


@pytest.mark.parametrize(("text", "asked"), MASKED, ids=lambda value: value if isinstance(value, str) else "")
def test_sparse_matrices_of_scipy(text: str, asked: dict[str, Any]) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    arrays = arrays_with_mask(7, 9, 0.4)
    if "X" in text:
        arrays["X"] = arrays["X"] * (rng.random((7, 9)) < 0.7)
    expected = compile_derivatives(text, **asked)(**arrays)
    names = ["M", "X"] if "X" in text and "X" not in asked["gradient"] else ["M"]
    made = compile_derivatives(text, sparse=names, **asked)
    for form in (sparse.csr_array, sparse.coo_array, sparse.csc_matrix, np.array):
        given = {**arrays, **{name: form(arrays[name]) for name in names}}
        before = given["M"].copy()
        found = made(**given)
        assert all(agrees(dense(one), other, relative=1e-10) for one, other in zip(found, expected, strict=True)), form
        assert np.array_equal(dense(before), dense(given["M"]))
        assert all(sparse.issparse(one) for one, key in zip(found, made.outputs, strict=True) if key == "gradient_X")


def test_entries_that_are_stored_twice_are_added_up() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    arrays = arrays_with_mask(2, 2, 1.0)
    twice = sparse.coo_array((np.array([1.0, 2.0, 1.0]), (np.array([0, 0, 1]), np.array([1, 1, 0]))), shape=(2, 2))
    made = compile_derivatives("||M.*(X - U*V)||^2", gradient="U", sparse="M")
    whole = compile_derivatives("||M.*(X - U*V)||^2", gradient="U")
    found, expected = made(**{**arrays, "M": twice}), whole(**{**arrays, "M": twice.toarray()})
    assert all(agrees(one, other, relative=1e-12) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("target", ["jax"])
def test_sparse_matrices_of_jax(target: str) -> None:
    import jax
    from jax.experimental.sparse import BCOO

    arrays = arrays_with_mask(7, 9, 0.4)
    for text, asked in MASKED[2:3]:
        expected = compile_derivatives(text, **asked)(**arrays)
        made = compile_source(compile_derivatives(text, sparse="M", target=target, **asked).source)
        found = jax.jit(lambda values, made=made: made(**values))({**arrays, "M": BCOO.fromdense(arrays["M"])})
        assert all(agrees(dense(one), other, relative=1e-10) for one, other in zip(found, expected, strict=True))


def test_the_memory_of_a_masked_factorisation_is_that_of_the_mask() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    text, asked = MASKED[0]
    arrays = arrays_with_mask(600, 500, 0.01)
    arrays["X"] = arrays["X"] * arrays["M"]
    given = {**arrays, "M": sparse.csr_array(arrays["M"]), "X": sparse.csr_array(arrays["X"])}
    made, whole = (compile_source(compile_derivatives(text, sparse=names, **asked).source) for names in (["M", "X"], []))
    assert peak(made, given) < 0.2 * peak(whole, arrays)


def test_what_would_make_all_entries_is_refused() -> None:
    for text in ("sum(exp(M).*X)", "||M + U*V||^2", "logdet(M*M')"):
        with pytest.raises(MatcalcError, match="all entries"):
            compile_derivatives(text, sparse="M")
    with pytest.raises(MatcalcError, match="only a matrix"):
        compile_derivatives("x'*M*x", sparse="x", gradient="x")
    with pytest.raises(MatcalcError, match="Q cannot be sparse"):
        compile_derivatives("x'*M*x", sparse="Q")
    with pytest.raises(MatcalcError, match="sparse"):
        compile_derivatives("x'*M*x", sparse="M", target="julia")


def test_a_place_that_is_turned_is_seen() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    arrays = arrays_with_mask(5, 5, 0.5)
    source = compile_derivatives("||M.*(X - U*V)||^2", gradient="U", sparse="M").source
    assert "_sampled(U, V, t2, t3)" in source
    given = {**arrays, "M": sparse.csr_array(arrays["M"])}
    right, planted = compile_source(source)(**given), compile_source(source.replace("V, t2, t3)", "V, t3, t2)"))(**given)
    assert not agrees(right[0], planted[0], relative=1e-6)


def test_options_of_the_command_line() -> None:
    code, out, _ = run("derive", "||M.*(X - U*V)||^2", "--wrt", "U", "--to", "numpy", "--sparse", "M, X")
    assert code == 0 and "_sampled(U, V, t2, t3)" in out
    code, out, _ = run("derive", "x'*A*x", "--wrt", "x", "--to", "jax", "--batched", "x,A")
    assert code == 0 and "jax.vmap(lambda A, x: _gradient(A, x))(A, x)" in out
    for option in ("--batched", "--sparse"):
        code, _, said = run("derive", "x'*A*x", "--wrt", "x", option, "A")
        assert code == 2 and f"{option} is of code" in said
