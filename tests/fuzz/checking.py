"""One fuzz case: the derivative along the whole way from text, against an independent derivative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

import matcalc
from matcalc.errors import MatcalcError
from matcalc.evaluation import Point, agrees, find_point, numerical_derivative
from matcalc.expr import nodes as e
from matcalc.printing import text
from tests.fuzz.expressions import Case, declarations
from tests.oracle.answers import laid_out

Status = Literal["agreed", "disagreed", "refused", "unchecked"]


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
    found = numerical_derivative(case.expression, case.wrt, point.values, point.sizes)
    return found.value if found.reliable else None


def derived(case: Case) -> Callable[..., Any]:
    """The engine's answer, from the ASCII text of the expression, as a callable.

    Raises MatcalcError when the engine refuses.
    """
    return matcalc.derive(
        text(case.expression, "ascii"),
        case.wrt[0].name,
        order=len(case.wrt),
        declare=declarations(case.expression),
    ).function("numpy")


def check(
    case: Case,
    oracle: Oracle,
    *,
    answer: Callable[[Case], Callable[..., Any]] = derived,
    seed: int = 0,
    relative: float = 1e-6,
) -> Result:
    """Compares ``answer`` with the oracle at distinct prime sizes and at equal sizes."""
    found = []
    for equal in (False, True):
        checked = _expected(case, oracle, seed, equal)
        if checked is not None:
            found.append(checked)
    if not found:
        return Result("unchecked", "no point where the oracle can be trusted")
    try:
        function = answer(case)
    except MatcalcError as error:
        return Result("refused", f"{type(error).__name__}: {error.message}")
    except Exception as error:  # a crash is reported like a wrong answer
        return Result("disagreed", f"crash: {type(error).__name__}: {error}")
    for point, expected in found:
        try:
            value = function(**{**point.sizes, **point.values})
        except Exception as error:
            return Result("disagreed", f"the answer cannot be evaluated at sizes {point.sizes}: {error}")
        if not agrees(value, expected, relative=relative, absolute=1e-8):
            return Result("disagreed", f"at sizes {point.sizes}: found\n{value}\nexpected\n{expected}")
    return Result("agreed")


def _expected(case: Case, oracle: Oracle, seed: int, equal: bool) -> tuple[Point, np.ndarray] | None:
    for number in range(4):
        point = find_point([case.expression], seed % 2 + 6 * number, equal=equal, attempts=12, extra=case.wrt)
        if point is None:
            continue
        try:
            tensor = oracle(case, point)
        except MatcalcError:
            continue
        if tensor is not None and np.all(np.isfinite(tensor)) and np.max(np.abs(tensor)) < 1e10:
            return point, laid_out(tensor, case.expression.shape, case.wrt, "denominator")
    return None


def described(case: Case) -> str:
    """The case as a user would type it."""
    by = " ".join(node.name for node in case.wrt)
    sizes = "; ".join(f"{name}: {kind}" for name, kind in declarations(case.expression).items())
    return f"{text(case.expression, 'ascii')}  by  {by}  where  {sizes}"


def operators(expression: e.Expr) -> set[str]:
    """Names of the operations in an expression, functions by their own names."""
    return {node.function if isinstance(node, (e.Elementwise, e.Call)) else type(node).__name__ for node in e.postorder(expression)}
