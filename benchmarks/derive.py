"""How long a derivation takes: typical expressions, a chain of many layers, and the command line from cold.

Run as ``python -m benchmarks.derive``. Every figure is a median over the rounds, in milliseconds. Each round of the in-process
tables starts without the nodes of the round before: they are hash-consed weakly and go when their results go.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import click

import matcalc

EXPRESSIONS = [
    ("x'*A*x", "x"),
    ("||X - U*V||^2", "V"),
    ("norm2(X*w - y)^2", "w"),
    ("sum(log(1+exp(-y.*(X*w))))", "w"),
    ("(x'*A*x)/(x'*x)", "x"),
    ("logdet(X'*X)", "X"),
    ("tr(A*X*B*X*C)", "X"),
    ("a'*inv(X)*b", "X"),
    ("0.5*norm2(V*tanh(W*x + b) - y)^2", "W"),
]


def median(rounds: int, work: Callable[[], object]) -> float:
    """Median milliseconds of ``work``."""
    times = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def layered(layers: int) -> str:
    """A network ``h = tanh(W_k*h + b_k)`` with a linear output, as a program of the input language."""
    steps = [f"h{k} = tanh(W{k}*h{k - 1} + b{k})" for k in range(1, layers + 1)]
    return "; ".join([*steps, f"u'*h{layers}"])


def layered_declarations(layers: int) -> str:
    """Equal widths, so that sizes need no inference over the whole chain."""
    return "; ".join(["u: n", "h0: n", *[f"W{k}: n×n; b{k}: n" for k in range(1, layers + 1)]])


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds a figure is the median of.")
@click.option("--layers", default=(10, 100, 1000), multiple=True, show_default=True, help="Layers of the network; give it once or more.")
def main(rounds: int, layers: tuple[int, ...]) -> None:
    """Print the three tables."""
    matcalc.derive("x'*x", "x").text()  # grammar tables and rules are read once a process
    click.echo("derivation and its text                            ms")
    for expression, name in EXPRESSIONS:
        click.echo(f"{f'{expression} by {name}':<46}{median(rounds, lambda e=expression, n=name: matcalc.derive(e, n).text()):>8.2f}")

    click.echo("\nlayers, gradient by the first W        ms   ms a layer")
    for count in layers:
        program, declare = layered(count), layered_declarations(count)
        spent = median(rounds, lambda p=program, d=declare: matcalc.derive(p, "W1", declare=d))
        click.echo(f"{count:>31}{spent:>10.1f}{spent / count:>13.3f}")

    click.echo("\ncold process                                       ms")
    for label, arguments in [
        ("python -c pass", ["-c", "pass"]),
        ("import matcalc", ["-c", "import matcalc"]),
        ('matcalc derive "x\'Ax" --wrt x', ["-m", "matcalc", "derive", "x'Ax", "--wrt", "x"]),
    ]:
        command = [sys.executable, *arguments]
        click.echo(f"{label:<46}{median(rounds, lambda c=command: subprocess.run(c, check=True, capture_output=True)):>8.1f}")


if __name__ == "__main__":
    main()
