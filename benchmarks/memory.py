"""Peak memory of the Hessian of matrix factorisation by U: generated operator and dense form against JAX and PyTorch.

Run as ``python -m benchmarks.memory``. Each contestant runs in a process of its own; the figure is how far the process's peak rises above
its level once inputs and compiled code are there. JAX and PyTorch hold libraries and caches besides the result; ratios are to the inputs.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import click
import numpy as np

import benchmarks.measuring  # first: it sets the number of threads
from benchmarks.problems import MATRIX_FACTORISATION
from benchmarks.tables import MARKDOWN, show
from matcalc.codegen.generation import compile_source
from matcalc.objects.programs import compile as compile_derivatives

RANK = 5
CONTESTANTS = ("operator", "dense", "jax.hessian", "torch.func.hessian")
# (n, contestants): the dense forms have (5 n)² entries.
CASES = ((100, CONTESTANTS), (300, CONTESTANTS), (2000, ("operator",)))


def arrays_of(size: int) -> dict[str, np.ndarray]:
    """The inputs: X n×n, U n×5, V 5×n."""
    return MATRIX_FACTORISATION.sample(np.random.default_rng(0), {"n": size, "m": size, "k": RANK})


def work_of(name: str, size: int) -> Callable[[], Any]:
    """One contestant, ready to be run; where it can be it has been run at a small size before."""
    if name in ("operator", "dense"):
        what: dict[str, Any] = {"hessian_operator": "U"} if name == "operator" else {"hessian": "U"}
        problem = MATRIX_FACTORISATION
        made = compile_source(compile_derivatives(problem.expression, declare=problem.declare, value=False, **what).source)
        made(**arrays_of(7), n=7, m=7, k=RANK)
        arrays = arrays_of(size)
        if name == "dense":
            return lambda: made(**arrays, n=size, m=size, k=RANK)
        return lambda: made(**arrays, n=size, m=size, k=RANK)(arrays["U"])
    arrays = arrays_of(size)
    if name == "jax.hessian":
        import jax
        import jax.numpy as jnp

        benchmarks.measuring.jax_on_one_thread()
        x, u, v = (jnp.asarray(arrays[key]) for key in "XUV")
        compiled = jax.jit(jax.hessian(lambda w, x, v: jnp.sum((x - w @ v) ** 2))).lower(u, x, v).compile()
        return lambda: jax.block_until_ready(compiled(u, x, v))
    import torch

    torch.set_num_threads(1)
    tx, tu, tv = (torch.tensor(arrays[key]) for key in "XUV")
    hessian = torch.func.hessian(lambda w: torch.sum((tx - w @ tv) ** 2))
    return lambda: hessian(tu)


def measured(name: str, size: int) -> tuple[float, float]:
    """Bytes by which the peak of this process rises, and bytes that Python and NumPy allocate at the peak."""
    work = work_of(name, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = work()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    del result
    tracemalloc.start()
    result = work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return 1024.0 * (after - before), float(peak)


@click.command()
@MARKDOWN
@click.option("--child", nargs=2, type=(str, int), default=None, hidden=True)
def main(markdown: bool, child: tuple[str, int] | None) -> None:
    """Print the table."""
    if child is not None:
        click.echo(" ".join(str(figure) for figure in measured(*child)))
        return
    heads = ["n", "contestant", "inputs", "result", "peak rise", "/ inputs"]
    show(
        "peak memory of the Hessian of ||X - U V||² by U, rank 5",
        heads,
        [row_of(n, name) for n, names in CASES for name in names],
        markdown,
        2,
    )


def row_of(size: int, name: str) -> list[str]:
    """One line, measured in a process of its own."""
    inputs = sum(array.nbytes for array in arrays_of(size).values())
    command = [sys.executable, "-m", "benchmarks.memory", "--child", name, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return [str(size), name, _mib(inputs), "-", "not available", "-"]
    peak = max(float(figure) for figure in done.stdout.split()[-2:])
    result = 8 * (RANK * size) ** 2 if name != "operator" else 8 * RANK * size
    return [str(size), name, _mib(inputs), _mib(result), _mib(peak), f"{peak / inputs:.2f}"]


def _mib(count: float) -> str:
    return f"{count / 2**20:.2f} MiB"


if __name__ == "__main__":
    main()
