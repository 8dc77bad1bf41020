"""Generated value and gradient against closed forms written by hand, jitted ``jax.value_and_grad`` and ``torch.func.grad_and_value``.

Run as ``python -m benchmarks.generated_code``. Each line is one problem at one size, in one process, contestants interleaved; ratios
are of medians, above one where the generated code is slower. Every answer is compared with the one written by hand before it is timed.
"""

from __future__ import annotations

from benchmarks.measuring import jax_on_one_thread, medians, shown  # first: it sets the number of threads

# isort: split
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import click
import numpy as np

from benchmarks.problems import PROBLEMS, Arrays, Problem
from benchmarks.tables import MARKDOWN, show
from matcalc.codegen.generation import compile_source
from matcalc.objects.programs import compile as compile_derivatives


def numpy_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays) -> dict[str, Callable[[], object]]:
    made = compile_source(
        compile_derivatives(problem.expression, declare=problem.declare, gradient=problem.gradient, sizes=sizes).source
    )
    compare(problem, made(**arrays), problem.by_hand(arrays))
    return {"numpy": lambda: made(**arrays), "by hand": lambda: problem.by_hand(arrays)}


def jax_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays) -> dict[str, Callable[[], object]]:
    import jax
    import jax.numpy as jnp

    jax_on_one_thread()
    values = {name: jnp.asarray(array) for name, array in arrays.items()}
    source = compile_derivatives(
        problem.expression, declare=problem.declare, gradient=problem.gradient, target="jax", sizes=sizes
    ).source
    compiled = compile_source(source)
    made = jax.jit(lambda values: compiled(**values))  # arrays in a dictionary, like the other: names cost time at every call
    order = {name: values[name] for name in problem.gradient}
    rest = {name: value for name, value in values.items() if name not in order}
    reference = jax.jit(jax.value_and_grad(lambda wanted, others: problem.loss(jnp, {**wanted, **others})))
    value, gradients = reference(order, rest)
    compare(problem, made(values), (value, *(gradients[name] for name in problem.gradient)))
    return {"jax": lambda: jax.block_until_ready(made(values)), "jax.grad": lambda: jax.block_until_ready(reference(order, rest))}


def torch_contestants(problem: Problem, sizes: Mapping[str, int], arrays: Arrays) -> dict[str, Callable[[], object]]:
    import torch

    torch.set_num_threads(1)
    values = {name: torch.tensor(array) for name, array in arrays.items()}
    source = compile_derivatives(
        problem.expression, declare=problem.declare, gradient=problem.gradient, target="torch", sizes=sizes
    ).source
    made = compile_source(source)
    order = {name: values[name] for name in problem.gradient}
    rest = {name: value for name, value in values.items() if name not in order}
    library = _Torch(torch)
    reference = torch.func.grad_and_value(lambda wanted, others: problem.loss(library, {**wanted, **others}))
    gradients, value = reference(order, rest)
    compare(problem, made(**values), (value, *(gradients[name] for name in problem.gradient)))
    return {"torch": lambda: made(**values), "torch.func": lambda: reference(order, rest)}


class _Torch:
    """``torch``, with the few names that the losses use in NumPy's spelling."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._torch, name)


def compare(problem: Problem, found: Any, expected: Any) -> None:
    """Raises ClickException where values or gradients differ."""
    for one, other in zip(found, expected, strict=True):
        left, right = np.asarray(one), np.asarray(other)
        if left.shape != right.shape or not np.max(np.abs(left - right)) <= 1e-8 * max(1.0, float(np.max(np.abs(right)))):
            raise click.ClickException(f"{problem.name}: the contestants disagree")


HEADS = ["problem", "sizes", "NumPy", "/ hand", "JAX", "/ jax.grad", "PyTorch", "/ torch.func", "NumPy / jax.grad"]


def row_of(problem: Problem, sizes: Mapping[str, int], seconds: float) -> list[str]:
    """One line: the time of the generated code for each library, and its ratio to the contestant beside it."""
    arrays = problem.sample(np.random.default_rng(0), sizes)
    times: dict[str, float] = {}
    for contestants in (numpy_contestants, jax_contestants, torch_contestants):
        with suppress(ImportError):
            times |= medians(contestants(problem, sizes, arrays), seconds)

    def ratio(name: str, other: str) -> str:
        return f"{times[name] / times[other]:.2f}" if {name, other} <= times.keys() else "-"

    cells = []
    for name, other in (("numpy", "by hand"), ("jax", "jax.grad"), ("torch", "torch.func")):
        cells += [shown(times[name]) if name in times else "-", ratio(name, other)]
    return [problem.name, " ".join(f"{name}={size}" for name, size in sizes.items()), *cells, ratio("numpy", "jax.grad")]


@click.command()
@click.option("--seconds", default=0.4, show_default=True, help="Time for each contestant on a line.")
@click.option("--only", default="", help="Problems whose names contain this.")
@MARKDOWN
def main(seconds: float, only: str, markdown: bool) -> None:
    """Print the table."""
    rows = [row_of(problem, sizes, seconds) for problem in PROBLEMS if only in problem.name for sizes in problem.sizes]
    show("value and gradient, float64, one thread", HEADS, rows, markdown, texts=2)


if __name__ == "__main__":
    main()
