"""Generated code of the whole vocabulary in every target that runs here: NumPy, JAX, PyTorch and, in Octave, MATLAB.

Run as ``python -m benchmarks.vocabulary``: every function of the table, and the formulas of ``vocabulary.toml``. Values of NumPy code
are compared with the evaluator's, its derivatives with central differences of the value, and every other target with NumPy.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.in_octave import OCTAVE, PRIME, Case, call_of, differing, sines
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import Function, functions
from matcalc.base.sizes import names_in
from matcalc.codegen.generation import function, generated
from matcalc.codegen.requests import Output
from matcalc.derivation.pipeline import differentiate
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point, user_functions
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.interface.api import parse
from matcalc.objects.programs import derivative_output

LIBRARIES = {"jax": "jax.numpy", "torch": "torch"}


@dataclass(frozen=True)
class Trial:
    """One output at one point, and what it has to be: by the evaluator or by differences, None where these cannot tell."""

    case: Case
    right: Any
    loose: bool = False


def texts() -> Iterator[str]:
    """Formulas with their declarations: of each function of the table, and those of ``vocabulary.toml``."""
    for known in functions().values():
        yield from calls(known)
    yield from tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["formulas"]


def calls(known: Function) -> Iterator[str]:
    """A function of the table of arguments that its signature names; along rows and columns, and of other arrays, where it may be."""
    names, given = known.parameters, known.signature.partition("->")[0]
    call = f"{known.name}({', '.join(names)})"
    if known.of_sizes:
        yield f"{call} where Z: {names[0]}×{names[0]}"
    elif known.orders[0] is None:
        whole = {name for name, partial in zip(names, known.partials, strict=False) if not partial}  # an order, and no variable
        for sizes in (["scalar"] * 3, ["n"] * 3, ["n×m"] * 3, ["n", "scalar", "scalar"], ["scalar", "n", "n"]):
            kinds = ["scalar integer positive" if name in whole else size for name, size in zip(names, sizes, strict=False)]
            yield f"{call} where {'; '.join(map(': '.join, zip(names, kinds, strict=True)))}"
    else:
        symmetric = "symmetric" if known.name in {one.divided for one in functions().values()} else known.requires
        kinds = given.strip().replace(",", ";").replace("k: scalar", "k: scalar integer positive")
        if known.by_parameter:  # it has a logarithm
            kinds = kinds.replace("n×n", "n×n positive_definite")
        yield f"{call} where {kinds} {symmetric}".strip()
        if known.axis:
            yield from (f"{known.name}(X, {axis}) where X: m×n" for axis in ("rows", "cols"))


def points(node: Expr) -> Iterator[Point]:
    """One with sizes that are distinct primes, one with equal sizes, and where it can be one with all sizes 1."""
    ones = dict.fromkeys(names_in([size for symbol in symbols_in(node).values() for size in symbol.shape]), 1)
    for equal, sizes in ((False, {}), (True, {}), *([(False, ones)] if ones else [])):
        with suppress(*([MatcalcError, ArithmeticError, ValueError, IndexError] if sizes else [])):
            point = find_point([node], 0, equal=equal, sizes=sizes)
            if point is not None:
                yield point


def outputs(node: Expr) -> Iterator[tuple[str, Output, tuple[Symbol, ...], str]]:
    """The value, the derivative by each symbol and the second one by the first, in the layouts that have a form of their own."""
    yield "value", node, (), "tensor"
    symbols = list(symbols_in(node).values())
    for wrt in [*[(symbol,) for symbol in symbols], *([(symbols[0],) * 2] if symbols and node.is_scalar else [])]:
        for layout in ("denominator", "tensor"):
            try:
                outcome = differentiate(node, wrt, layout=layout)
            except MatcalcError:
                continue
            yield (
                f"{'by ' + ', '.join([one.name for one in wrt])}, {layout}",
                derivative_output(outcome, node, wrt, layout),
                wrt,
                layout,
            )


def trials(text: str) -> Iterator[Trial]:
    """The outputs of a formula at its points."""
    formula, _, declare = text.rpartition(" where ")
    node = parse(formula, declare).node
    for point in points(node):
        users = sines([name + PRIME * order for name in user_functions(postorder(node)) for order in range(4)], np)
        for name, output, wrt, layout in outputs(node):
            case = Case(f"{text}: {name} at {point.sizes}", output, point)
            right = None
            if not wrt:
                right = np.asarray(evaluate(node, {**point.values, **users}, point.sizes))
            elif layout == "tensor":
                found = numerical_derivative(node, wrt, {**point.values, **users}, point.sizes)
                right = found.value if found.reliable else None
            yield Trial(case, right, loose=bool(wrt))


def found_by(case: Case, target: str) -> Any:
    """The value that a library of Python gives. Raises MatcalcError where there is no code."""
    users = sines(generated({"value": case.output}, "numpy").parameters.functions, import_module(LIBRARIES[target]))
    given = {name: _array(value, target) for name, value in case.point.values.items() if not callable(value)}
    return np.asarray(function({"value": case.output}, target)(**{**case.point.sizes, **given, **users}))


def _array(value: Any, target: str) -> Any:
    array = np.asarray(value, dtype=float)
    return import_module(LIBRARIES[target]).asarray(array)


def comparable(text: str, array: Any) -> Any:
    """An array, of singular vectors and eigenvectors without signs: these are free there."""
    return np.abs(array) if text.partition("(")[0] in ("svd_u", "svd_v", "eigvecs") and ")*" not in text else array


def near(found: Any, expected: Any, *, tolerance: float) -> bool:
    """Whether two arrays are equal but for rounding, and have one shape."""
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    return np.shape(found) == np.shape(expected) and bool(
        np.allclose(found, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    )


def told(text: str, libraries: list[str]) -> Iterator[tuple[str, Trial | None, Any]]:
    """What is wrong in a formula in the targets of Python; and, with an empty text, the trials that NumPy passes."""
    for trial in trials(text):
        try:
            expected = trial.case.expected()
        except Exception as error:  # whatever it raises is a finding
            yield f"{trial.case.name}: numpy: {type(error).__name__}: {error}".split("\n")[0], None, None
            continue
        if trial.right is not None and not near(expected, trial.right, tolerance=2e-5 if trial.loose else 1e-9):
            yield f"{trial.case.name}: numpy: not as the evaluator or differences", None, None
            continue
        for library in libraries:
            try:
                wrong = (
                    ""
                    if near(comparable(text, found_by(trial.case, library)), comparable(text, expected), tolerance=1e-7)
                    else "another value"
                )
            except Exception as error:  # whatever the library raises is a finding
                wrong = f"{type(error).__name__}: {error}".split("\n")[0]
            if wrong:
                yield f"{trial.case.name}: {library}: {wrong}", None, None
        yield "", trial, expected


@click.command()
@click.option("--only", default="", help="Formulas with this text in them.")
@click.option("--target", "targets", multiple=True, help="jax, torch, matlab; all that are installed, when none is given.")
def main(only: str, targets: tuple[str, ...]) -> None:
    """Run everything, and say what differs."""
    libraries = [name for name in LIBRARIES if find_spec(name) and (not targets or name in targets)]
    if "jax" in libraries:
        import_module("jax").config.update("jax_enable_x64", True)
    octave = OCTAVE is not None and (not targets or "matlab" in targets)
    count = wrong = 0
    waiting = []
    for text in texts():
        if only not in text:
            continue
        try:
            for said, trial, expected in told(text, libraries):
                if said:
                    wrong += 1
                    click.echo(said)
                elif trial is not None:
                    count += 1
                    waiting.append((trial.case, expected))
        except MatcalcError as error:
            wrong += 1
            click.echo(f"{text}: {str(error).splitlines()[0]}")
    if octave:
        ready = []
        for case, expected in waiting:
            try:
                ready.append((case, call_of({"value": case.output}, case.point), expected))
            except MatcalcError as error:
                wrong += 1
                click.echo(f"{case.name}: matlab: {error}")
        for said in differing(ready, comparable):
            wrong += 1
            click.echo(f"matlab: {said}")
    click.echo(f"{count} outputs in numpy, {', '.join([*libraries, *(['matlab'] if octave else [])])}; {wrong} differences")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
