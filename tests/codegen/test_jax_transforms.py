"""Generated JAX code under ``vmap``, ``jit`` and with arrays spread over several devices."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from matcalc.objects.programs import compile as compile_derivatives

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")

# One function with a value, gradients and a Hessian each: a weighted Gram matrix, Cholesky factors, blocks on a diagonal.
CASES = {
    "logistic": ("sum(log(1+exp(-y.*(X*w))))", "X: m×n; w: n; y: m", "w", {"X": (8, 4), "w": (4,), "y": (8,)}),
    "cross entropy": (
        "sum(logsumexp(X*W, rows)) - tr(Y'*X*W)",
        "X: m×n; W: n×c; Y: m×c",
        "W",
        {"X": (8, 4), "W": (4, 3), "Y": (8, 3)},
    ),
    "Gaussian": ("logdet(S) + x'*inv(S)*x", "S: n×n positive_definite; x: n", "x", {"S": (4, 4), "x": (4,)}),
    "factorisation": ("||X - U*V||^2", "X: n×m; U: n×k; V: k×m", "U", {"X": (8, 6), "U": (8, 2), "V": (2, 6)}),
}
SPREAD = ("cross entropy", "factorisation")


def sample(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    made = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    if "S" in made:
        made["S"] = made["S"] @ made["S"].T + np.eye(len(made["S"]))
    return made


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("target", ["jax"])
def test_mapped_over_a_batch_of_everything(name: str, target: str) -> None:
    import jax

    expression, declare, by, shapes = CASES[name]
    function = compile_derivatives(expression, declare=declare, gradient=by, hessian=by, hvp=by, target=target)
    points = [sample({**shapes, f"d{by}": shapes[by]}, seed) for seed in range(3)]
    batch = {key: np.stack([point[key] for point in points]) for key in points[0]}
    mapped = jax.jit(jax.vmap(lambda values: function(**values)))(batch)
    for position, point in enumerate(points):
        for one, many in zip(function(**point), mapped, strict=True):
            assert np.allclose(np.asarray(many)[position], np.asarray(one), rtol=1e-10, atol=1e-12)


SHARDED = """
import sys
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

jax.config.update("jax_enable_x64", True)
assert jax.device_count() == 2, jax.devices()
sys.path[:0] = [{root!r}]
from tests.codegen.test_jax_transforms import CASES, SPREAD, compile_derivatives, sample

mesh = Mesh(np.array(jax.devices()), ("rows",))
for name in SPREAD:
    expression, declare, by, shapes = CASES[name]
    function = compile_derivatives(expression, declare=declare, gradient=by, hessian=by, target="jax")
    point = sample(shapes, 0)
    expected = function(**point)
    spread = {{
        key: jax.device_put(value, NamedSharding(mesh, PartitionSpec("rows") if len(value) % 2 == 0 else PartitionSpec()))
        for key, value in point.items()
    }}
    assert any(len(value.sharding.device_set) == 2 and not value.sharding.is_fully_replicated for value in spread.values())
    found = jax.jit(lambda values: function(**values))(spread)
    for one, other in zip(found, expected, strict=True):
        assert len(one.sharding.device_set) == 2, name
        assert np.allclose(np.asarray(one), np.asarray(other), rtol=1e-10, atol=1e-12), name
    print(name, "agrees")
"""


@needs_jax
def test_arrays_spread_over_two_devices() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", SHARDED.format(root=os.getcwd())],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [f"{name} agrees" for name in SPREAD]
