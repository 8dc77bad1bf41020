"""Points at which a random expression can be differentiated: inside domains, and where eigenvalues are simple and ranks full."""

from __future__ import annotations

from typing import Any

import numpy as np

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions
from matcalc.evaluation.interpreter import evaluate, program
from matcalc.evaluation.sampling import Point, UnsuitablePoint, check_place, find_point
from matcalc.expr import nodes as e
from tests.fuzz.definitions import spelled_out
from tests.fuzz.forms import TEMPLATES
from tests.fuzz.vocabulary import Case

_GAP = 0.02
_CONDITION = 1e5
_LARGEST = 1e6


def point_for(case: Case, seed: int, sizes: dict[str, int]) -> Point | None:
    """A random point at these sizes, or None when none was found that is far enough from singular ones."""
    expression = spelled_out(case.expression)
    point = find_point([expression], seed, sizes=sizes, attempts=12, extra=case.wrt)
    if point is None or not _is_tame(expression, point, kinks=_has_own_kinks(case.expression)):
        return None
    return point if _is_regular(expression, point) else None


def _has_own_kinks(expression: e.Expr) -> bool:
    """Whether there are functions that others define: what they have for a slope at a kink is the affair of the definition."""
    names = {node.function for node in e.postorder(expression) if isinstance(node, e.Elementwise | e.Call)}
    return any(name in TEMPLATES or (name in functions() and functions()[name].kind == "defined") for name in names)


def _is_tame(expression: e.Expr, point: Point, *, kinks: bool) -> bool:
    """Whether nothing on the way is so large that rounding decides, as in sin(1e20), and with ``kinks`` nothing near a kink."""

    def watch(node: e.Expr, operands: tuple[Any, ...]) -> None:
        check_place(node, operands, kinks=kinks)
        if any(np.max(np.abs(operand), initial=0.0) > _LARGEST for operand in operands):
            raise UnsuitablePoint("a number is large")

    try:
        program(expression).run(point.values, point.sizes, observe=watch)
    except UnsuitablePoint:
        return False
    return True


def _is_regular(expression: e.Expr, point: Point) -> bool:
    for node in e.postorder(expression):
        match node:
            case e.Call(function="pinv", arguments=(matrix,)):
                if np.min(_singular_values(matrix, point)) < _GAP:
                    return False
            case e.Call(function="adj", arguments=(matrix,)):
                if not _is_invertible(_value(matrix, point)):
                    return False
            case e.Call(function="logm" | "sqrtm", arguments=(matrix,)) | e.MatrixPower(base=matrix):
                symbolic = not isinstance(node, e.MatrixPower) or not isinstance(node.exponent, e.Number)
                if symbolic and not _is_off_the_cut(_value(matrix, point)):
                    return False
            case e.Call(function="eigmax", arguments=(matrix,)):
                if not _has_gap(_eigenvalues(matrix, point)):
                    return False
            case e.Call(function="eigvals", arguments=(matrix,)):
                values = _eigenvalues(matrix, point)
                if not all(_has_gap(values[: end + 1]) for end in range(len(values))):
                    return False
            case e.Call(function="lyap" | "sylvester", arguments=(left, *others)):
                right = e.Transpose(left) if len(others) == 1 else others[0]
                if not _is_solvable(_value(left, point), _value(right, point)):
                    return False
            case e.Norm(kind="spectral" | "nuclear", operand=matrix):
                values = _singular_values(matrix, point)
                if values[-1] < _GAP or not _has_gap(values[::-1]):
                    return False
            case _:
                pass
    return True


def _value(node: e.Expr, point: Point) -> np.ndarray:
    try:
        return evaluate(node, point.values, point.sizes)
    except MatcalcError:
        return np.zeros((2, 2))


def _singular_values(node: e.Expr, point: Point) -> np.ndarray:
    return np.linalg.svd(np.atleast_2d(_value(node, point)), compute_uv=False)


def _eigenvalues(node: e.Expr, point: Point) -> np.ndarray:
    """Of the symmetric part, ascending."""
    matrix = _value(node, point)
    return np.linalg.eigvalsh((matrix + matrix.T) / 2)


def _is_solvable(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether left Y + Y right has every value."""
    return _is_invertible(np.kron(np.eye(len(right)), left) + np.kron(right.T, np.eye(len(left))))


def _is_invertible(matrix: np.ndarray) -> bool:
    return bool(np.linalg.cond(matrix) < _CONDITION)


def _is_off_the_cut(matrix: np.ndarray) -> bool:
    """Whether a logarithm exists: no eigenvalue is near the negative axis or zero."""
    values = np.linalg.eigvals(matrix)
    return _is_invertible(matrix) and bool(np.all((values.real > _GAP) | (np.abs(values.imag) > _GAP)))


def _has_gap(ascending: np.ndarray) -> bool:
    return len(ascending) < 2 or bool(ascending[-1] - ascending[-2] > _GAP * max(1.0, abs(ascending[-1])))
