"""How the time and the size of a derivative grow with layers, terms and factors: matcalc, with SymPy and tensorgrad where they can.

Run as ``python -m benchmarks.scaling``. Times are medians of processor time; the exponent is the slope of the logarithm of the time
against the logarithm of the number, fitted to all sizes, and of the last step alone. The size of matcalc's result is its number of
distinct subexpressions and of characters. A contestant that fails or takes more than ``--limit`` seconds is not asked for more.
"""

from __future__ import annotations

from benchmarks.measuring import TooSlow, cpu_medians, shown, time_limit  # first: it sets the number of threads

# isort: split
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from benchmarks.tables import MARKDOWN, show
from benchmarks.tools.matcalc_tool import Matcalc
from matcalc.expr.nodes import postorder
from matcalc.interface.api import derive, gradient


@dataclass(frozen=True)
class Answer:
    """What a derivation gave: distinct subexpressions and characters, where they are counted."""

    nodes: int | None = None
    characters: int | None = None


Work = Callable[[int], Answer]


# ---------------------------------------------------------------- matcalc


def network(layers: int) -> tuple[str, str]:
    """The program ``h_k = tanh(W_k h_{k-1} + b_k)`` with a linear output, and declarations of equal widths."""
    steps = [f"h{k} = tanh(W{k}*h{k - 1} + b{k})" for k in range(1, layers + 1)]
    return "; ".join([*steps, f"u'*h{layers}"]), "; ".join(
        ["u: n; h0: n", *(f"W{k}: n×n; b{k}: n" for k in range(1, layers + 1))]
    )


def layers_in_names(count: int) -> Answer:
    """The gradient by the first weights in terms of the program's names, printed."""
    program, declare = network(count)
    return Answer(characters=len(str(gradient(program, ["W1"], declare=declare))))


def layers_substituted(count: int) -> Answer:
    """The gradient by the first weights as one expression. Its text repeats what is shared, so it is not printed."""
    program, declare = network(count)
    return Answer(nodes=_nodes(derive(program, "W1", declare=declare)))


def terms(count: int) -> Answer:
    """The gradient of a sum of squared residuals with matrices of their own."""
    found = derive(" + ".join(f"norm2(A{k}*x - b{k})^2" for k in range(1, count + 1)), "x")
    return Answer(_nodes(found), len(found.text()))


def factors(count: int) -> Answer:
    """The gradient of a bilinear form of a product by the factor in its middle."""
    found = derive("*".join(["a'", *(f"X{k}" for k in range(1, count + 1)), "b"]), f"X{(count + 1) // 2}")
    return Answer(_nodes(found), len(found.text()))


def _nodes(derivation: Any) -> int:
    expression = derivation.expression
    if expression is None:
        raise ValueError("no closed form")
    return sum(1 for _ in postorder(expression.node))


# ---------------------------------------------------------------- the others


def sympy_terms(count: int) -> Answer:
    import sympy

    n = sympy.Symbol("n")
    x = sympy.MatrixSymbol("x", n, 1)
    residuals = []
    for k in range(count):
        m = sympy.Symbol(f"m{k}")
        residuals.append(sympy.MatrixSymbol(f"A{k}", m, n) * x - sympy.MatrixSymbol(f"b{k}", m, 1))
    return Answer(characters=len(str(sympy.MatAdd(*(r.T * r for r in residuals)).diff(x))))


def sympy_factors(count: int) -> Answer:
    import sympy

    sizes = [sympy.Symbol(f"n{k}") for k in range(count + 1)]
    matrices = [sympy.MatrixSymbol(f"X{k}", sizes[k], sizes[k + 1]) for k in range(count)]
    a, b = sympy.MatrixSymbol("a", sizes[0], 1), sympy.MatrixSymbol("b", sizes[-1], 1)
    return Answer(characters=len(str(sympy.MatMul(a.T, *matrices, b).diff(matrices[(count - 1) // 2]))))


def tensorgrad_layers(count: int, compiled: bool) -> Answer:
    """The compiler's stage gives a program, ``full_simplify`` a formula."""
    import sympy
    import tensorgrad
    import tensorgrad.functions as functions
    from tensorgrad.compiler import compile_to_callable

    n = sympy.Symbol("n")
    h = tensorgrad.Variable("h0", i0=n)
    weights = [tensorgrad.Variable(f"W{k}", **{f"i{k}": n, f"i{k - 1}": n}) for k in range(1, count + 1)]
    for k, weight in enumerate(weights, 1):
        h = functions.tanh(weight @ h + tensorgrad.Variable(f"b{k}", **{f"i{k}": n}))
    loss = tensorgrad.Variable("u", **{f"i{count}": n}) @ h
    if compiled:
        compile_to_callable(loss.grad(weights[0]))
        return Answer()
    return Answer(characters=len(str(tensorgrad.Derivative(loss, weights[0]).full_simplify())))


def tensorgrad_terms(count: int) -> Answer:
    import sympy
    import tensorgrad

    n = sympy.Symbol("n")
    x = tensorgrad.Variable("x", i=n)
    total = []
    for k in range(count):
        m = sympy.Symbol(f"m{k}")
        residual = tensorgrad.Variable(f"A{k}", j=m, i=n) @ x - tensorgrad.Variable(f"b{k}", j=m)
        total.append(residual @ residual)
    return Answer(characters=len(str(tensorgrad.Derivative(tensorgrad.Sum(total), x).full_simplify())))


def tensorgrad_factors(count: int) -> Answer:
    import sympy
    import tensorgrad

    sizes = [sympy.Symbol(f"n{k}") for k in range(count + 1)]
    matrices = [tensorgrad.Variable(f"X{k}", **{f"i{k}": sizes[k], f"i{k + 1}": sizes[k + 1]}) for k in range(count)]
    ends = [tensorgrad.Variable("a", i0=sizes[0]), tensorgrad.Variable("b", **{f"i{count}": sizes[count]})]
    derivative = tensorgrad.Derivative(tensorgrad.Product([ends[0], *matrices, ends[1]]), matrices[(count - 1) // 2])
    return Answer(characters=len(str(derivative.full_simplify())))


FAMILIES: dict[str, dict[str, Work]] = {
    "layers, in names": {"matcalc": layers_in_names},
    "layers, one expression": {
        "matcalc": layers_substituted,
        "tensorgrad's compiler": partial(tensorgrad_layers, compiled=True),
        "tensorgrad full_simplify": partial(tensorgrad_layers, compiled=False),
    },
    "terms": {"matcalc": terms, "SymPy": sympy_terms, "tensorgrad full_simplify": tensorgrad_terms},
    "factors": {"matcalc": factors, "SymPy": sympy_factors, "tensorgrad full_simplify": tensorgrad_factors},
}


# ---------------------------------------------------------------- measuring


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The exponent p of y = c x^p, fitted by least squares in logarithms."""
    if len(points) < 2:
        return math.nan
    logs = [(math.log(x), math.log(y)) for x, y in points]
    return statistics.linear_regression(*zip(*logs, strict=True)).slope


def measured(work: Work, count: int, rounds: int, limit: float) -> tuple[float, Answer]:
    """Seconds of processor time, and the answer; what is slow runs once. Raises what the work raises, and TooSlow."""
    matcalc = Matcalc()
    with time_limit(limit):
        matcalc.forget()
        start = time.process_time()
        answer = work(count)
        once = time.process_time() - start
    if once > limit / rounds:
        return once, answer
    return cpu_medians({"work": partial(work, count)}, rounds, matcalc.forget)["work"], answer


def rows_of(family: str, works: dict[str, Work], counts: Sequence[int], rounds: int, limit: float) -> list[list[str]]:
    """One row for each contestant and number."""
    rows = []
    for name, work in works.items():
        times: list[tuple[float, float]] = []
        for count in counts:
            try:
                seconds, answer = measured(work, count, rounds, limit)
            except ImportError:
                break
            except (Exception, TooSlow) as error:  # whatever another tool raises
                if name == "matcalc":
                    raise
                reason = f"> {limit:g} s" if isinstance(error, TooSlow) else type(error).__name__
                rows.append([family, name, str(count), reason, "-", "-", "-", "-", "-"])
                break
            times.append((float(count), seconds))
            several = len(times) > 1
            rows.append(
                [family, name, str(count), shown(seconds), shown(seconds / count)]
                + [f"{slope(times):.2f}" if several else "-", f"{slope(times[-2:]):.2f}" if several else "-"]
                + ["-" if figure is None else f"{figure:,}" for figure in (answer.nodes, answer.characters)]
            )
    return rows


@click.command()
@click.option(
    "--counts", default=(10, 100, 1000), multiple=True, show_default=True, help="Layers, terms and factors; once or more."
)
@click.option("--rounds", default=3, show_default=True, help="Rounds a figure is the median of.")
@click.option("--limit", default=30.0, show_default=True, help="Seconds after which a contestant is stopped.")
@click.option("--only", default="", help="Families or contestants whose names contain this.")
@MARKDOWN
def main(counts: tuple[int, ...], rounds: int, limit: float, only: str, markdown: bool) -> None:
    """Print the table."""
    sys.setrecursionlimit(20_000)  # for the others: with Python's own limit tensorgrad ends before 20 layers
    derive("x'*x", "x").text()  # grammar tables and rules are read once a process
    rows = []
    for family, works in FAMILIES.items():
        chosen = {name: work for name, work in works.items() if only in f"{family} {name}"}
        rows += rows_of(family, chosen, counts, rounds, limit)
    heads = ["family", "tool", "number", "time", "each", "exponent", "last step", "nodes", "characters"]
    show("growth of the time and of the result", heads, rows, markdown, texts=2)


if __name__ == "__main__":
    main()
