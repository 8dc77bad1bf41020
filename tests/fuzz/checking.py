"""One fuzz case: the derivative along the whole way from text, against an independent derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.evaluation.arrays import agrees
from matcalc.evaluation.differences import numerical_derivative
from matcalc.evaluation.interpreter import compile_function
from matcalc.evaluation.sampling import Point
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr import nodes as e
from matcalc.interface.results import Derivation
from matcalc.language import elaborate
from tests.fuzz.definitions import spelled_out
from tests.fuzz.forms import written
from tests.fuzz.points import point_for
from tests.fuzz.vocabulary import FIXED_SIZES, Case, declarations
from tests.oracle.answers import laid_out

Status = Literal["agreed", "disagreed", "refused", "unchecked"]
Answers: TypeAlias = Mapping[str, Callable[..., Any]]
"""Callables of symbols and sizes that give the derivative in the layout of the case, each with a name."""

_POINTS = 3


class Oracle(Protocol):
    """An independent derivative with separate axes, or None where it cannot be trusted."""

    def __call__(self, case: Case, point: Point) -> np.ndarray | None: ...


@dataclass(frozen=True)
class Result:
    """What became of a case; ``unchecked`` when no point was found at which the oracle can be trusted."""

    status: Status
    detail: str = ""


def differences(case: Case, point: Point) -> np.ndarray | None:
    """The oracle by central differences."""
    found = numerical_derivative(spelled_out(case.expression), case.wrt, point.values, point.sizes, symmetric=case.symmetric)
    return found.value if found.reliable else None


def derivation(case: Case) -> Derivation:
    """The engine's answer, from the ASCII text of the expression. Raises MatcalcError when the engine refuses."""
    names = tuple(variable.name for variable in case.wrt)
    return matcalc.derive(
        written(case.expression),
        names if len(set(names)) > 1 else names[0],
        order=len(names),
        declare=declarations(case.expression),
        layout=case.layout,
        symmetric=case.symmetric,
    )


def derived(case: Case, targets: Sequence[str] = ("numpy",)) -> Answers:
    """What the engine says in three ways: as code for the targets, the closed form as it is read again, and the index form.

    Raises MatcalcError when the engine refuses.
    """
    found = derivation(case)
    answers = {f"function for {target}": found.function(target) for target in targets}
    if found.closed:
        again = elaborate(found.text("ascii"), found.declarations, shape=found.outcome.shape).expression
        answers[f"text {found.text('ascii')}"] = compile_function(again)
    tensor = found.outcome.tensor

    def index_form(**values: Any) -> Any:
        sizes = {name: value for name, value in values.items() if isinstance(value, int)}
        array = evaluate_tensor(tensor, values, sizes)
        return arranged(_merged(array, case, sizes), case)

    answers[f"index form {found.index_form}"] = index_form
    return answers


def arranged(tensor: np.ndarray, case: Case) -> np.ndarray:
    """A derivative with separate axes in the layout of the case."""
    return tensor if case.layout == "tensor" else laid_out(tensor, case.expression.shape, case.wrt, case.layout)


def _merged(array: Any, case: Case, sizes: Mapping[str, int]) -> Any:
    """Rows and columns of the value may be groups of axes; in a result there is one axis for each."""
    shapes = [case.expression.shape, *(variable.shape for variable in case.wrt)]
    lengths = [
        size.value(sizes) for shape in shapes for size in (shape[1:] if len(shape) == 2 and str(shape[0]) == "1" else shape)
    ]
    return np.reshape(array, lengths)


def check(
    case: Case,
    oracle: Oracle,
    *,
    answer: Callable[[Case], Answers] = derived,
    seed: int = 0,
    relative: float = 1e-6,
) -> Result:
    """Compares the answers with the oracle at distinct sizes and at equal sizes."""
    try:
        tried = (_expected(case, oracle, seed, sizes) for sizes in (FIXED_SIZES[::-1] if seed % 3 == 2 else FIXED_SIZES))
        found = [checked for checked in tried if checked is not None][:1]
        if not found:
            return Result("unchecked", "no point where the oracle can be trusted")
        answers = answer(case)
    except MatcalcError as error:
        internal = "internal error" in error.message
        return Result("disagreed" if internal else "refused", f"{type(error).__name__}: {error.message}")
    except Exception as error:  # a crash is reported like a wrong answer
        return Result("disagreed", f"crash: {type(error).__name__}: {error}")
    faults = {name: fault for name, function in answers.items() if (fault := _first_fault(function, found, relative))}
    if not faults:
        return Result("agreed")
    right = [name.split()[0] for name in answers if name not in faults]
    lines = [f"the {name} {fault}" for name, fault in faults.items()]
    return Result("disagreed", "\n".join(lines + [f"right: {', '.join(right)}"] * bool(right)))


def _first_fault(function: Callable[..., Any], found: Sequence[tuple[Point, np.ndarray]], relative: float) -> str | None:
    for point, expected in found:
        fault = _fault(function, point, expected, relative)
        if fault:
            return f"at sizes {point.sizes}: {fault}"
    return None


def _fault(function: Callable[..., Any], point: Point, expected: np.ndarray, relative: float) -> str | None:
    try:
        value = function(**{**point.sizes, **point.values})
    except Exception as error:
        return f"cannot be evaluated: {type(error).__name__}: {error}"
    if agrees(value, expected, relative=relative, absolute=1e-8):
        return None
    return f"found shape {np.shape(value)}, expected {expected.shape}\n{value}\nexpected\n{expected}"


def _expected(case: Case, oracle: Oracle, seed: int, sizes: dict[str, int]) -> tuple[Point, np.ndarray] | None:
    for number in range(_POINTS):
        point = point_for(case, seed % 2 + 6 * number, sizes)
        if point is None:
            continue
        try:
            tensor = oracle(case, point)
        except MatcalcError:
            continue
        if tensor is not None and np.all(np.isfinite(tensor)) and np.max(np.abs(tensor), initial=0.0) < 1e10:
            return point, arranged(tensor, case)
    return None


def described(case: Case) -> str:
    """The case as a user would type it."""
    by = " ".join(node.name for node in case.wrt)
    sizes = "; ".join(f"{name}: {kind}" for name, kind in declarations(case.expression).items())
    ways = "".join(f", {way}" for way in (case.layout, case.symmetric) if way not in ("denominator", "projected"))
    return f"{written(case.expression)}  by  {by}{ways}  where  {sizes}"


def operators(expression: e.Expr) -> set[str]:
    """Names of the operations in an expression, functions by their own names, norms by their kinds."""
    found: set[str] = set()
    for node in e.postorder(expression):
        match node:
            case e.Elementwise(function=name) | e.Call(function=name):
                found.add(name)
            case e.Norm(kind=kind):
                found |= {"Norm", f"norm {kind}"}
            case _:
                found.add(type(node).__name__)
    return found


def facts(expression: e.Expr) -> set[str]:
    """Facts declared about the symbols of an expression."""
    return {fact for node in e.postorder(expression) if isinstance(node, e.Symbol) for fact in node.properties}
