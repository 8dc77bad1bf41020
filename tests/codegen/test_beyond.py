"""Code for more than one device or memory: JAX arrays that eight devices share, and arrays of Dask in chunks."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcalc import MatcalcError, derive, parse
from matcalc.evaluation.sampling import find_point
from matcalc.objects.programs import compile as compile_derivatives

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
needs_dask = pytest.mark.skipif(importlib.util.find_spec("dask") is None, reason="Dask is not installed")

# ------------------------------------------------------------ several devices

EIGHT = r"""
import re
import jax
import numpy as np
from matcalc import MatcalcError
from matcalc.objects.programs import compile

jax.config.update("jax_enable_x64", True)
COLLECTIVES = ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter")
CASES = [
    ("||X*w - y||^2/n + w'*w", "w", "X: n×m; w: m; y: n", 1),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", "X: n×m; w: m; y: n", 1),
    ("sum(logsumexp(X*W, rows)) - tr(Y'*X*W)", "W", "X: n×m; W: m×c; Y: n×c", 1),
    ("n*logdet(S) + tr(inv(S)*X'*X)", "S", "S: m×m positive_definite; X: n×m", 1),
    ("||X - U*V||^2", "V", "X: n×m; U: n×c; V: c×m", 1),
    ("||X*X'*y||^2", "y", "X: n×m; y: n", 2),
    ("||X*w - y||", "w", "X: n×m; w: m; y: n", 2),
    ("sum(tanh(X*W + ones(n)*b')*v)", "b", "X: n×m; W: m×c; v: c; b: c", 1),
]


def ran(function, values):
    # What it gives, and how many collectives of each kind are in it.
    compiled = jax.jit(lambda given: function(**given)).lower(values).compile()
    text = compiled.as_text()
    return compiled(values), [len(re.findall(rf"= [^=]*\b{one}(?:-start)?\(", text)) for one in COLLECTIVES]


rng = np.random.default_rng(0)
assert jax.device_count() == 8
for formula, by, declare, expected in CASES:
    sharded = compile(formula, declare=declare, gradient=by, target="jax", shard="n")
    plain = compile(formula, declare=declare, gradient=by)
    values = {}
    for said in declare.split("; "):
        name, _, kind = said.partition(": ")
        values[name] = rng.normal(size=[dict(n=24, m=3, c=2)[size] for size in kind.split()[0].split("×")])
        if "definite" in kind:
            values[name] = values[name] @ values[name].T + np.eye(3)
    results, counts = ran(sharded, values)
    for found, wanted in zip(results, plain(**values), strict=True):
        assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12), formula
    assert counts == [expected, 0, 0, 0, 0], (formula, counts)

# Where the parts are: an array with such an axis stays split.
split = compile("||X - U*V||^2", declare="X: n×m; U: n×c; V: c×m", value=False, gradient="U", target="jax", shard="n")
values = {"X": rng.normal(size=(24, 3)), "U": rng.normal(size=(24, 2)), "V": rng.normal(size=(2, 3))}
assert {shard.data.shape for shard in split(**values).addressable_shards} == {(3, 2)}

# A second all-reduce, planted in the text, is seen; so is one that is left out.
from matcalc.codegen.generation import compile_source
squares = compile("||X*w - y||^2", value=False, gradient="w", declare="X: n×m; w: m; y: n", target="jax", shard="n")
values = {"X": rng.normal(size=(24, 3)), "w": rng.normal(size=3), "y": rng.normal(size=24)}
text = squares.source.partition("\nif __name__")[0]
wanted = 2 * values["X"].T @ (values["X"] @ values["w"] - values["y"])
assert ran(compile_source(text), values)[1][0] == 1
assert np.allclose(squares(**values), wanted) and np.allclose(squares(**values, devices=2), wanted)
planted = text.replace("return t1", 'return t1 + jax.lax.psum(X.T @ (X @ t1), "n")')
assert planted != text and ran(compile_source(planted), values)[1][0] == 2
left_out = text.replace("jax.lax.psum(", "(lambda sums, size: sums)(").replace("out_specs=results", "out_specs=results, check_vma=False")
assert not np.allclose(compile_source(left_out)(**values), wanted)

for given, message in ((25, "cannot share that equally"), (24, "there are 8 devices")):
    try:
        squares(X=np.ones((given, 3)), w=np.ones(3), y=np.ones(given), devices=8 if given == 25 else 9)
    except MatcalcError as error:
        assert message in str(error), error
    else:
        raise AssertionError(message)
print("eight devices agree")
"""


@needs_jax
def test_eight_devices_share_the_rows_and_add_up_once() -> None:
    flags = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run([sys.executable, "-c", EIGHT], capture_output=True, text=True, env=flags)
    assert ran.returncode == 0 and "eight devices agree" in ran.stdout, ran.stderr[-3000:]


@pytest.mark.parametrize(
    "formula, by, declare, said",
    [
        ("log(sum(exp(X*w)))", "w", "X: n×m; w: m", "softmax needs all of it at once"),
        ("tr(inv(A)*B)", "A", "A: n×n; B: n×n", "A of size n×n has two such axes"),
        ("max(X*w)", "w", "X: n×m; w: m", "needs all of it at once"),
        ("x[1]*x'*x", "x", "x: n", "needs all of it at once"),
        ("sum(cumsum(X*w).^2)", "w", "X: n×m; w: m", "two such axes"),
        ("vec(X)'*y", "X", "X: n×m; y: n*m", "length is made of it"),
        ("||A*x||^2", "x", "A: m×k; x: k", "no array of the result has an axis of size n"),
    ],
)
def test_what_is_not_split_says_so(formula: str, by: str, declare: str, said: str) -> None:
    with pytest.raises(MatcalcError, match=said):
        derive(formula, by, declare=declare).code("jax", shard="n")


def test_only_code_for_devices_is_split() -> None:
    with pytest.raises(MatcalcError, match="numpy code is not split over devices"):
        derive("x'*x", "x").function("numpy", shard="n")
    source = (
        compile_derivatives("||X*w - y||^2/n", declare="X: n×m; w: m; y: n", gradient="w", target="jax", shard="n").source
        if has_jax()
        else ""
    )
    assert source.count("jax.lax.psum(") == (1 if source else 0)


def has_jax() -> bool:
    return importlib.util.find_spec("jax") is not None


# ------------------------------------------------------------ arrays in chunks

FORMULAS = tomllib.loads(Path("benchmarks/formulas.toml").read_text(encoding="utf-8"))["formula"]
IN_TURN = [entry for entry in FORMULAS if entry.get("order", 1) == 1][::3] + [entry for entry in FORMULAS if "order" in entry][
    ::3
]


@needs_dask
@pytest.mark.parametrize("entry", IN_TURN, ids=lambda entry: entry["text"])
def test_chunks_give_what_numpy_does(entry: dict[str, Any]) -> None:
    import dask.array as da

    found = derive(entry["text"], entry["by"], declare=entry.get("declare"), order=entry.get("order", 1))
    point = find_point([found.source.node], 0)
    assert point is not None
    users = {name: np.sin for name, kind in found.declarations.items() if kind == "function"}
    chunked = {
        name: da.from_array(np.asarray(value), chunks=2) if np.ndim(value) else value for name, value in point.values.items()
    }
    lazy = found.function("dask")(**chunked, **users, **point.sizes)
    wanted = found.function("numpy")(**point.values, **users, **point.sizes)
    assert isinstance(lazy, da.Array) and lazy.shape == wanted.shape
    given = lazy.compute(scheduler="synchronous")
    assert np.allclose(given, wanted, rtol=1e-9, atol=1e-11)
    assert not np.allclose(given + 1e-3, wanted, rtol=1e-9, atol=1e-11)


@needs_dask
def test_nothing_is_computed_before_it_is_asked_for() -> None:
    import dask
    import dask.array as da

    made: list[int] = []

    def rows(block: np.ndarray, block_info: Any = None) -> np.ndarray:
        made.append(len(block))
        return np.ones_like(block)

    gradient = derive("sum(log(1 + exp(-y.*(X*w))))", "w").function("dask")
    X, y = da.map_blocks(rows, da.zeros((1000, 4), chunks=(10, 4)), dtype=float, meta=np.empty((0, 0))), da.ones(1000, chunks=10)
    lazy = gradient(X=X, y=y, w=np.zeros(4))
    assert not made
    with dask.config.set(scheduler="synchronous"):
        assert np.allclose(lazy.compute(), -500.0)
    assert made == [10] * 100  # each chunk once, though the formula has X twice


@needs_dask
def test_what_would_be_one_piece_says_so() -> None:
    import dask.array as da

    big = da.zeros((40_000, 40_000), chunks=1000)
    with pytest.raises(MatcalcError, match="11.9 GB would have to be in one piece"):
        derive("logdet(A)", "A").function("dask")(A=big)
    with pytest.raises(MatcalcError, match="lengths of x are not known"):
        derive("x'*x", "x").function("dask")(x=da.ones(10, chunks=5)[da.ones(10, chunks=5) > 0])
    gram = derive("tr(inv(X'*X))", "X").function("dask")  # of the small matrix alone, whatever the rows
    assert gram(X=da.zeros((100_000_000, 5), chunks=(1_000_000, 5))).shape == (100_000_000, 5)


@needs_dask
def test_norms_of_chunks_neither_overflow_nor_vanish() -> None:
    import dask.array as da

    norm = parse("norm(x)").function("dask")
    for scale in (1e-200, 1.0, 1e200, 0.0):
        x = scale * np.arange(1.0, 8.0)
        assert np.isclose(
            float(norm(x=da.from_array(x, chunks=3)).compute(scheduler="synchronous")), scale * np.sqrt(140), rtol=1e-14
        )
