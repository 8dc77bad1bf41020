"""Deriving, from the formula to printed text, against SymPy and tensorgrad, on the formulas that each of them gets right.

Run as ``python -m benchmarks.against_others``. Which answers are right is decided here, by central differences at a random point with
distinct prime sizes; a wrong answer, an error or more than ``--limit`` seconds counts as not right and is not timed. Every tool runs in
every round, with its caches emptied before each call; figures are medians of processor time in this one process. For matcalc the work
starts from the text, for the others from Python expressions, which they build within the time that counts.
"""

from __future__ import annotations

from benchmarks.measuring import TooSlow, cpu_medians, shown, time_limit  # first: it sets the number of threads

# isort: split
import gc
import statistics
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import click

from benchmarks.tables import show
from benchmarks.tasks import Task, tasks
from benchmarks.tools import Tool
from benchmarks.tools.matcalc_tool import Matcalc
from benchmarks.tools.sympy_tool import SymPy
from benchmarks.tools.tensorgrad_tool import Tensorgrad
from matcalc.evaluation.arrays import agrees

Times = dict[str, dict[str, float]]
"""Seconds of a task by the name of the tool, by the name of the task."""


def right_spelling(tool: Tool, task: Task, limit: float = 30.0) -> str | None:
    """The first spelling of the task from which the tool gets a right answer.

    Raises ValueError for a spelling that does not say what the formula says: that would be this benchmark's mistake.
    """
    for spelling in tool.spellings(task):
        try:
            with time_limit(limit):
                value = tool.value(task, spelling)
                answer = tool.solve(task, spelling)
                tool.text(answer)
                found = tool.derivative(task, answer)
        except (Exception, TooSlow):  # whatever another tool raises: it has no answer
            continue
        if not agrees(value, task.value):
            raise ValueError(f"{spelling} is not {task.text} for {tool.name}")
        if found.shape == task.derivative.shape and agrees(found, task.derivative):
            return spelling
    return None


def tools() -> list[Tool]:
    """matcalc, and the others that are installed."""
    found: list[Tool] = [Matcalc(), SymPy()]
    try:
        found += [Tensorgrad("full_simplify"), Tensorgrad("simplify")]
    except ImportError:
        click.echo("tensorgrad is not installed (pip install tensorgrad==0.3.*)", err=True)
    return found


def timed(contestants: Sequence[Tool], chosen: Sequence[Task], rounds: int, limit: float, keep_caches: bool = False) -> Times:
    """The times of all tools on all tasks that they get right."""
    result: Times = {}

    def forget() -> None:
        if not keep_caches:
            for tool in contestants:
                tool.forget()

    for task in chosen:
        works: dict[str, Callable[[], object]] = {}
        for tool in contestants:
            spelling = right_spelling(tool, task, limit)
            if spelling is not None:
                works[tool.name] = partial(_work, tool, task, spelling)
        gc.collect()
        gc.freeze()
        result[task.name] = cpu_medians(works, rounds, forget)
    return result


def _work(tool: Tool, task: Task, spelling: str) -> str:
    return tool.text(tool.solve(task, spelling))


def summary(times: Times, names: Sequence[str]) -> list[list[str]]:
    """A row for each tool: how many it gets right, medians over those, and how much slower than the first tool it is there."""
    first, *_ = names
    rows = []
    for name in names:
        both = [found for found in times.values() if name in found and first in found]
        right = sum(name in found for found in times.values())
        ratios = [found[name] / found[first] for found in both]
        row = [name, f"{right} of {len(times)}"]
        if both:
            own, ours = (statistics.median(found[tool] for found in both) for tool in (name, first))
            row += [shown(own), shown(ours), f"{own / ours:.1f}", f"{statistics.median(ratios):.1f}", f"{min(ratios):.1f}"]
        rows.append(row + ["-"] * (7 - len(row)))
    return rows


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Rounds a figure is the median of.")
@click.option("--limit", default=30.0, show_default=True, help="Seconds after which an answer counts as none.")
@click.option("--only", default="", help="Formulas that contain this.")
@click.option("--keep-caches", is_flag=True, help="Do not empty the tools' caches between calls.")
@click.option("--markdown", is_flag=True, help="Print the summary in Markdown.")
def main(rounds: int, limit: float, only: str, keep_caches: bool, markdown: bool) -> None:
    """Print the time of every tool on every formula, and the summary."""
    warnings.simplefilter("ignore")
    contestants = tools()
    chosen = [task for task in tasks() if only in task.name]
    times = timed(contestants, chosen, rounds, limit, keep_caches)
    names = [tool.name for tool in contestants]
    rows = []
    for task, found in times.items():
        ours = found.get(names[0])
        cells = [shown(ours) if ours else "wrong"]
        for name in names[1:]:
            cells += [shown(found[name]), f"{found[name] / ours:.1f}" if ours else "-"] if name in found else ["not right", "-"]
        rows.append([task, *cells])
    heads = ["formula", names[0], *(head for name in names[1:] for head in (name, "×"))]
    if not markdown:
        show("deriving, from the formula to printed text", heads, rows)
    heads = ["tool", "right", "median", "matcalc's there", "ratio", "median ratio", "smallest ratio"]
    show("summary", heads, summary(times, names), markdown)


if __name__ == "__main__":
    main()
