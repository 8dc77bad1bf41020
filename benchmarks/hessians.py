"""Generated Hessians against ``jax.jit(jax.hessian)``, ``torch.func.hessian`` and closed forms written by hand.

Run as ``python -m benchmarks.hessians``. A ratio says how many times faster the generated code is than the contestant it names.
"Compressed" is the operator form: what has to be computed before the Hessian can be multiplied by directions; "apply" is one such product.
Every Hessian is compared with JAX's before it is timed.
"""

from __future__ import annotations

from benchmarks.measuring import medians, shown  # first: it sets the number of threads

# isort: split
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click
import numpy as np

from benchmarks.problems import PROBLEMS, Arrays, Problem
from matcalc.codegen import compile_source
from matcalc.compiling import compile as compile_derivatives

# torch.func.hessian needs many times the memory of the result.
_LARGEST_FOR_TORCH = 600


def generated(problem: Problem, sizes: Mapping[str, int], target: str, **what: str) -> Callable[..., Any]:
    """The generated function for one form of the Hessian."""
    made = compile_derivatives(problem.expression, declare=problem.declare, value=False, target=target, sizes=sizes, **what)  # type: ignore[arg-type]
    return partial(compile_source(made.source), **sizes)  # sizes that the arrays which are used do not fix


def contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays) -> dict[str, Callable[[], Any]]:
    """Everything that computes this Hessian, by name."""
    by, count = problem.hessian_by, arrays[problem.hessian_by].size
    made = generated(problem, sizes, "numpy", hessian=by)
    operator = generated(problem, sizes, "numpy", hessian_operator=by)
    apply, direction = operator(**arrays), np.random.default_rng(1).normal(size=arrays[by].shape)
    found: dict[str, Callable[[], Any]] = {
        "dense": lambda: made(**arrays),
        "compressed": lambda: operator(**arrays),
        "apply": lambda: apply(direction),
    }
    if problem.hessian is not None:
        by_hand = problem.hessian
        found["by hand"] = lambda: by_hand(arrays)
    dense = found["dense"]()
    found |= jax_contestants(problem, sizes, arrays, dense)
    if count <= _LARGEST_FOR_TORCH:
        found |= torch_contestants(problem, arrays)
    _compare(problem, dense @ direction.reshape(-1, order="F"), found["apply"]().reshape(-1, order="F"))
    return found


def jax_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays, dense: Any) -> dict[str, Callable[[], Any]]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    by, count = problem.hessian_by, arrays[problem.hessian_by].size
    values = {name: jnp.asarray(array) for name, array in arrays.items()}
    rest = {name: value for name, value in values.items() if name != by}
    made = jax.jit(generated(problem, sizes, "jax", hessian=by))
    reference = jax.jit(jax.hessian(lambda wanted, others: problem.loss(jnp, {by: wanted, **others})))
    tensor = np.asarray(reference(values[by], rest))
    axes = tensor.ndim // 2
    turned = tensor.transpose([*reversed(range(axes)), *reversed(range(axes, 2 * axes))])
    _compare(problem, dense, turned.reshape(count, count))
    return {
        "jax dense": lambda: jax.block_until_ready(made(**values)),
        "jax.hessian": lambda: jax.block_until_ready(reference(values[by], rest)),
    }


def torch_contestants(problem: Problem, arrays: Arrays) -> dict[str, Callable[[], Any]]:
    try:
        import torch
    except ImportError:
        return {}
    torch.set_num_threads(1)
    by = problem.hessian_by
    values = {name: torch.tensor(array) for name, array in arrays.items()}
    rest = {name: value for name, value in values.items() if name != by}
    reference = torch.func.hessian(lambda wanted: problem.loss(torch, {by: wanted, **rest}))
    return {"torch.func": lambda: reference(values[by])}


def _compare(problem: Problem, found: Any, expected: Any) -> None:
    if found.shape != expected.shape or not np.max(np.abs(found - expected)) <= 1e-8 * max(1.0, float(np.max(np.abs(expected)))):
        raise click.ClickException(f"{problem.name}: the contestants disagree")


@click.command()
@click.option("--seconds", default=0.5, show_default=True, help="Time for each contestant on a line.")
@click.option("--only", default="", help="Problems whose names contain this.")
def main(seconds: float, only: str) -> None:
    """Print the table."""
    click.echo("Hessians, float64, one thread; ratios: jax.hessian or torch.func.hessian over generated; by hand: generated over by hand\n")
    heads = ["numpy", "/hand", "jax.hessian", "× dense", "× compr.", "× apply", "jit gen.", "× jax", "× torch"]
    click.echo(f"{'problem':<26}{'sizes':<18}" + "".join(f"{head:>12}" for head in heads))
    for problem in PROBLEMS:
        if only not in problem.name:
            continue
        for sizes in problem.hessian_sizes:
            arrays = problem.sample(np.random.default_rng(0), sizes)
            found = contestants(problem, sizes, arrays)
            # Side by side, the two NumPy forms find the same state of memory and caches.
            close = [name for name in ("dense", "by hand") if name in found]
            time = medians({name: work for name, work in found.items() if name not in close}, seconds, most=50)
            time |= medians({name: found[name] for name in close}, seconds)
            base = time["jax.hessian"]
            cells = [
                shown(time["dense"]),
                f"{time['dense'] / time['by hand']:.2f}" if "by hand" in time else "-",
                shown(base),
                f"{base / time['dense']:.1f}",
                f"{base / time['compressed']:.1f}",
                f"{base / time['apply']:.1f}",
                shown(time["jax dense"]),
                f"{base / time['jax dense']:.1f}",
                f"{time['torch.func'] / time['dense']:.1f}" if "torch.func" in time else "-",
            ]
            spelled = " ".join(f"{name}={size}" for name, size in sizes.items())
            click.echo(f"{problem.name:<26}{spelled:<18}" + "".join(f"{cell:>12}" for cell in cells))


if __name__ == "__main__":
    main()
