"""From the shell to a derivative: the bare interpreter, ``matcalc derive`` and SymPy doing the same, each in a fresh process.

Run as ``python -m benchmarks.cold_start``. Figures are medians over interleaved rounds, of the processor time (user and system) of the
process and of the time on the clock. What Python compiles and matcalc stores on its first run is there before the first round.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import click

from benchmarks.measuring import shown
from benchmarks.tables import MARKDOWN, show

SYMPY = """
from sympy import MatrixSymbol, Symbol
n = Symbol("n")
x, A = MatrixSymbol("x", n, 1), MatrixSymbol("A", n, n)
print((x.T*A*x).diff(x))
"""
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import matcalc": ["-c", "import matcalc"],
    "import click": ["-c", "import click"],
    "import lark": ["-c", "import lark"],
    "import numpy": ["-c", "import numpy"],
    "matcalc --version": ["-m", "matcalc", "--version"],
    'matcalc derive "x\'Ax" --wrt x': ["-m", "matcalc", "derive", "x'Ax", "--wrt", "x"],
    'matcalc derive "||X - UV||²" --wrt V': ["-m", "matcalc", "derive", "||X - UV||²", "--wrt", "V"],
    "SymPy: (x.T*A*x).diff(x)": ["-c", SYMPY],
}
EXPECTED = {
    'matcalc derive "x\'Ax" --wrt x': "(A + Aᵀ) x",
    'matcalc derive "||X - UV||²" --wrt V': "2 Uᵀ (U V − X)",
    "SymPy: (x.T*A*x).diff(x)": "A*x + A.T*x",
}
BARE, OURS, THEIRS = "python -c pass", 'matcalc derive "x\'Ax" --wrt x', "SymPy: (x.T*A*x).diff(x)"


def run_once(arguments: Sequence[str]) -> tuple[float, float, str]:
    """Seconds of processor time and on the clock of a fresh interpreter, and what it wrote. Raises ChildFailed."""
    command = [sys.executable, *arguments]
    start = time.perf_counter()
    # As for a user: compiled modules and what matcalc stores are kept from one run to the next.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        written = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    clock = time.perf_counter() - start
    if process.returncode:
        raise ChildFailed(f"{' '.join(command)} ended with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, clock, written.decode()


class ChildFailed(RuntimeError):
    """A command that is measured did not work."""


def checked(name: str) -> None:
    """Runs a command, and compares what it says with what it must say. Raises ChildFailed."""
    written = run_once(COMMANDS[name])[2].strip()
    if name in EXPECTED and written != EXPECTED[name]:
        raise ChildFailed(f"{name} printed {written!r}, not {EXPECTED[name]!r}")


def measured(rounds: int) -> dict[str, tuple[float, float]]:
    """Medians of processor time and clock time, by the name of the command."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for name in COMMANDS:
        checked(name)
    for number in range(rounds):
        order = list(COMMANDS.items())
        for name, arguments in order if number % 2 else reversed(order):
            times[name].append(run_once(arguments)[:2])
    return {
        name: (statistics.median(cpu for cpu, _ in found), statistics.median(clock for _, clock in found))
        for name, found in times.items()
    }


def rows_of(times: dict[str, tuple[float, float]]) -> list[list[str]]:
    """A row for each command, with how many times the bare interpreter's and SymPy's processor time it takes."""
    bare, theirs = times[BARE][0], times[THEIRS][0]
    return [[name, shown(cpu), shown(clock), f"{cpu / bare:.1f}", f"{cpu / theirs:.2f}"] for name, (cpu, clock) in times.items()]


@click.command()
@click.option("--rounds", default=15, show_default=True, help="Rounds a figure is the median of.")
@MARKDOWN
def main(rounds: int, markdown: bool) -> None:
    """Print the table."""
    heads = ["fresh process", "processor time", "clock", "/ bare", "/ SymPy"]
    show("from cold", heads, rows_of(measured(rounds)), markdown)


if __name__ == "__main__":
    main()
