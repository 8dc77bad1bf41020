"""Generated Hessians against ``jax.jit(jax.hessian)``, ``torch.func.hessian`` and closed forms written by hand.

Run as ``python -m benchmarks.hessians``. "/ hand" is the time of the generated NumPy code over that of the closed form written by hand;
"× NumPy" says how many times faster the generated NumPy code is than the library, "× JAX" the generated JAX code under ``jit``.
"Compressed" is the operator form: what has to be computed before the Hessian can be multiplied by directions; "apply" is one such product.
Every Hessian is compared with all the others before it is timed.
"""

from __future__ import annotations

from benchmarks.measuring import jax_on_one_thread, medians, shown  # first: it sets the number of threads

# isort: split
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import click
import numpy as np

from benchmarks.problems import PROBLEMS, Arrays, Problem
from benchmarks.tables import MARKDOWN, show
from matcalc.codegen.generation import compile_source
from matcalc.objects.programs import compile as compile_derivatives

# torch.func.hessian needs many times the memory of the result.
_LARGEST_FOR_TORCH = 600


def generated(problem: Problem, sizes: Mapping[str, int], target: str, **what: str) -> Callable[..., Any]:
    """The generated function for one form of the Hessian."""
    made = compile_derivatives(problem.expression, declare=problem.declare, value=False, target=target, sizes=sizes, **what)  # type: ignore[arg-type]
    return partial(compile_source(made.source), **sizes)  # sizes that the arrays which are used do not fix


def contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays) -> dict[str, Callable[[], Any]]:
    """Everything that computes this Hessian, by name."""
    by = problem.hessian_by
    made = generated(problem, sizes, "numpy", hessian=by)
    operator = generated(problem, sizes, "numpy", hessian_operator=by)
    apply, direction = operator(**arrays), np.random.default_rng(1).normal(size=arrays[by].shape)
    if problem.hessian_loss is not None:  # a symmetric variable moves in symmetric directions
        direction += direction.T
    found: dict[str, Callable[[], Any]] = {
        "dense": lambda: made(**arrays),
        "compressed": lambda: operator(**arrays),
        "apply": lambda: apply(direction),
    }
    found["by hand"] = lambda: problem.hessian(arrays)
    dense = found["dense"]()
    compare(problem, dense, found["by hand"]())
    compare(problem, found["apply"]().reshape(-1, order="F"), dense @ direction.reshape(-1, order="F"))
    for library in (jax_contestants, torch_contestants):
        with suppress(ImportError):
            found |= library(problem, sizes, arrays, dense)
    return found


def jax_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays, dense: Any) -> dict[str, Callable[[], Any]]:
    import jax
    import jax.numpy as jnp

    jax_on_one_thread()
    by = problem.hessian_by
    values = {name: jnp.asarray(array) for name, array in arrays.items()}
    rest = {name: value for name, value in values.items() if name != by}
    compiled = generated(problem, sizes, "jax", hessian=by)
    made = jax.jit(lambda arrays: compiled(**arrays))  # arrays in a dictionary, like the other: names cost time at every call
    loss = problem.hessian_loss or problem.loss
    reference = jax.jit(jax.hessian(lambda wanted, others: loss(jnp, {by: wanted, **others})))
    compare(problem, dense, _flattened(np.asarray(reference(values[by], rest))))
    compare(problem, dense, np.asarray(made(values)))
    return {
        "jax dense": lambda: jax.block_until_ready(made(values)),
        "jax.hessian": lambda: jax.block_until_ready(reference(values[by], rest)),
    }


def torch_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays, dense: Any) -> dict[str, Callable[[], Any]]:
    import torch

    torch.set_num_threads(1)
    by, count = problem.hessian_by, arrays[problem.hessian_by].size
    if count > _LARGEST_FOR_TORCH:
        return {}
    values = {name: torch.tensor(array) for name, array in arrays.items()}
    rest = {name: value for name, value in values.items() if name != by}
    loss = problem.hessian_loss or problem.loss
    reference = torch.func.hessian(lambda wanted: loss(torch, {by: wanted, **rest}))
    compare(problem, dense, _flattened(reference(values[by]).numpy()))
    return {"torch.func": lambda: reference(values[by])}


def _flattened(tensor: Any) -> Any:
    """Axes of the variable twice, as the matrix of the column-major vec's."""
    axes = tensor.ndim // 2
    turned = tensor.transpose([*reversed(range(axes)), *reversed(range(axes, 2 * axes))])
    count = int(np.prod(turned.shape[:axes]))
    return turned.reshape(count, count)


def compare(problem: Problem, found: Any, expected: Any) -> None:
    """Raises ClickException where two answers differ."""
    if found.shape != expected.shape or not np.max(np.abs(found - expected)) <= 1e-8 * max(1.0, float(np.max(np.abs(expected)))):
        raise click.ClickException(f"{problem.name}: the contestants disagree")


@click.command()
@click.option("--seconds", default=0.5, show_default=True, help="Time for each contestant on a line.")
@click.option("--only", default="", help="Problems whose names contain this.")
@MARKDOWN
def main(seconds: float, only: str, markdown: bool) -> None:
    """Print the table."""
    rows = [row_of(problem, sizes, seconds) for problem in PROBLEMS if only in problem.name for sizes in problem.hessian_sizes]
    show("Hessians, float64, one thread", HEADS, rows, markdown, texts=2)


def row_of(problem: Problem, sizes: Mapping[str, int], seconds: float) -> list[str]:
    """One line: times, generated over by hand, and how many times faster the generated code is than the library named."""
    found = contestants(problem, sizes, problem.sample(np.random.default_rng(0), sizes))
    # Side by side, the two NumPy forms find the same state of memory and caches.
    close = ("dense", "by hand")
    time = medians({name: work for name, work in found.items() if name not in close}, seconds, most=50)
    time |= medians({name: found[name] for name in close}, seconds)

    def faster(library: str, *names: str) -> list[str]:
        return [f"{time[library] / time[name]:.1f}" if library in time else "-" for name in names]

    cells = [shown(time["dense"]), shown(time["by hand"]), f"{time['dense'] / time['by hand']:.2f}"]
    cells += [shown(time["jax.hessian"]) if "jax.hessian" in time else "-"]
    cells += faster("jax.hessian", "dense", "compressed", "apply", "jax dense") + faster("torch.func", "dense")
    return [problem.name, " ".join(f"{name}={size}" for name, size in sizes.items()), *cells]


HEADS = [
    "problem",
    "sizes",
    "NumPy",
    "by hand",
    "/ hand",
    "jax.hessian",
    "× NumPy",
    "× compressed",
    "× apply",
    "× JAX",
    "torch.func × NumPy",
]


if __name__ == "__main__":
    main()
