"""Generated MATLAB code run by Octave, and its values against those of the NumPy code.

Run as ``python -m benchmarks.in_octave``: both sides of the shipped identities, and the derivatives of ``formulas.toml`` in every
layout, at random points with sizes that are different primes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.tasks import tasks
from matcalc.base.errors import MatcalcError
from matcalc.base.layouts import LAYOUTS
from matcalc.codegen.generation import function, generated
from matcalc.codegen.requests import Output
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr
from matcalc.interface.api import parse
from matcalc.objects.programs import derivative_output

PRIME = "'"
OCTAVE = shutil.which("octave-cli") or shutil.which("octave")


@dataclass(frozen=True)
class Call:
    """A source file, and the arguments that its function is called with."""

    source: str
    arguments: tuple[str, ...]


def call_of(outputs: Mapping[str, Output], point: Point) -> Call:
    """The function of ``outputs`` in MATLAB at a point; functions of the user are sines, derivatives of them the sine's."""
    made = generated(outputs, "matlab", name="function")
    parameters = made.parameters
    arguments = [literal(point.values[symbol.name]) for symbol in parameters.symbols]
    arguments += [f"@(t) sin(t + {user.count(PRIME)}*pi/2)" for user in parameters.functions]
    given = made.source.partition("\n")[0].partition("(")[2].rstrip(")").split(", ")
    named = {parameters.names.of("size", name): number for name, number in point.sizes.items()}
    return Call(made.source, (*arguments, *(str(named[size]) for size in given[len(arguments) :] if size in named)))


def literal(array: Any) -> str:
    """An array as Octave reads it."""
    entries = ", ".join([f"{entry:.17g}" for entry in np.asarray(array, dtype=float).ravel(order="F")])
    return f"reshape([{entries}], [{', '.join(map(str, (*np.shape(array), 1, 1)[: max(2, np.ndim(array))]))}])"


def run(calls: Sequence[Call], outputs: int = 1) -> list[list[Any] | str]:
    """The results of every call, or what Octave says is wrong. Raises RuntimeError when there is no Octave."""
    if OCTAVE is None:
        raise RuntimeError("Octave is not installed")
    with tempfile.TemporaryDirectory() as folder:
        lines: list[str] = []
        for k, call in enumerate(calls):
            given = re.findall(r"^function .*?(matcalc_\w+)\(", call.source)[0]
            Path(folder, f"case_{k}.m").write_text(call.source.replace(given, f"case_{k}"), encoding="utf-8")
            results = ", ".join([f"r{place}" for place in range(outputs)])
            lines += ["try", f"[{results}] = case_{k}({', '.join(call.arguments)});", f"show({k}, {results});"]
            lines += ["catch err", f'printf("{k} error %s\\n", strrep(err.message, "\\n", " "));', "end"]
        Path(folder, "show.m").write_text(_SHOW, encoding="utf-8")
        Path(folder, "run_all.m").write_text("\n".join(lines), encoding="utf-8")
        command = [OCTAVE, "--norc", "--quiet", "--eval", "source('run_all.m')"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: list[list[Any]] = [[] for _ in calls]
    wrong: dict[int, str] = {}
    for line in done.stdout.splitlines():
        place, kind, rest = line.split(" ", 2)
        if kind == "error":
            wrong[int(place)] = rest
            continue
        shape, _, entries = rest.partition(" : ")
        array = np.array([float(entry) for entry in entries.split()])
        found[int(place)].append(array.reshape([int(length) for length in shape.split()], order="F"))
    return [wrong.get(k) or results or done.stderr[-500:] for k, results in enumerate(found)]


_SHOW = """
function show(k, varargin)
    for p = 1:numel(varargin)
        assert(isreal(varargin{p}), "a complex result");
        printf("%d value %s : %s\\n", k, sprintf("%d ", size(varargin{p})), sprintf("%.17g ", full(varargin{p})));
    end
end
"""


def same(found: Any, expected: Any, *, row: bool = False) -> bool:
    """Whether an array of Octave is one of NumPy: vectors are columns, or rows, and axes of one entry at the end are not there."""
    wanted = np.asarray(expected, dtype=float)
    shape = (*wanted.shape, 1, 1)[: max(2, wanted.ndim)]
    shape = shape[::-1] if row and wanted.ndim == 1 else shape
    padded = (*found.shape, *[1] * (len(shape) - found.ndim))
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    return padded == shape and bool(
        np.allclose(found.reshape(shape), wanted.reshape(shape), rtol=1e-8, atol=1e-9 * scale, equal_nan=True)
    )


@dataclass(frozen=True)
class Case:
    """An output, and a point for it."""

    name: str
    output: Output
    point: Point

    @property
    def is_row(self) -> bool:
        return isinstance(self.output, Expr) and self.output.is_row

    def expected(self) -> Any:
        """The value of the NumPy code. Raises MatcalcError where there is none."""
        made = generated({"value": self.output}, "numpy")
        users = sines(made.parameters.functions, np)
        return function({"value": self.output}, "numpy")(**{**self.point.sizes, **self.point.values, **users})


def sines(users: Iterable[str], library: Any) -> dict[str, Any]:
    """Sines of a library under the names of functions of the user's own, shifted for their derivatives."""
    return {user: partial(_sine, library, user.count(PRIME)) for user in users}


def _sine(library: Any, order: int, t: Any) -> Any:
    return library.sin(t + order * np.pi / 2)


def formulas() -> Iterator[Case]:
    """The derivatives of ``formulas.toml`` in every layout."""
    for task in tasks():
        wrt = (task.symbols[task.by],) * task.order
        for layout in LAYOUTS:
            outcome = differentiate(task.expression, wrt, layout=layout)
            yield Case(f"{task.name}, {layout}", derivative_output(outcome, task.expression, wrt, layout), task.point)


def identities() -> Iterator[Case]:
    """Both sides of every equation of the shipped identities."""
    for path in sorted(Path("rules/identities").glob("*.identities")):
        declare = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                declare = None
            elif line.startswith("declare "):
                declare = line.removeprefix("declare ")
            elif " = " in line and not line.startswith("#"):
                yield from _sides(line, declare)


def _sides(line: str, declare: str | None) -> Iterator[Case]:
    for side in line.split(" = "):
        with suppress(MatcalcError):
            node = parse(side, declare).node
            point = find_point([node], 0)
            if point is not None:
                yield Case(side, node, point)


def differing(
    chosen: Sequence[tuple[Case, Call, Any]], compared: Callable[[str, Any], Any] = lambda _, value: value
) -> Iterator[str]:
    """What is said of each case whose value in Octave is not the expected one; of both what is ``compared`` in a case of this name."""
    for (case, _, expected), found in zip(chosen, run([call for _, call, _ in chosen]), strict=True):
        if isinstance(found, str):
            yield f"{case.name}: {found}"
        elif not same(compared(case.name, found[0]), compared(case.name, expected), row=case.is_row):
            yield f"{case.name}: another value"


@click.command()
def main() -> None:
    """Run everything, and say what differs."""
    chosen: list[tuple[Case, Call, Any]] = []
    without = 0
    for case in (*formulas(), *identities()):
        try:
            chosen.append((case, call_of({"value": case.output}, case.point), case.expected()))
        except MatcalcError:
            without += 1
    wrong = [*differing(chosen)]
    for said in wrong:
        click.echo(said)
    click.echo(f"{len(chosen)} run, {len(wrong)} wrong; {without} have no code or no value")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
