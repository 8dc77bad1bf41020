"""One plan for value, gradient and Hessian products in NumPy: common work once, memory given back, arguments left alone."""

from __future__ import annotations

import tomllib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from matcalc import parse
from matcalc.base.functions import computable
from matcalc.codegen.emission import reachable
from matcalc.codegen.generation import _Function, compile_source
from matcalc.codegen.targets import target_named
from matcalc.codegen.targets.target import plain_call
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import find_point
from matcalc.objects.programs import Compiled, compile as compile_derivatives

FORMULAS = tomllib.loads(Path("benchmarks/formulas.toml").read_text(encoding="utf-8"))["formula"]
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
