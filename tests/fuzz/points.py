"""Points at which a random expression can be differentiated: inside domains, and where eigenvalues are simple and ranks full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    point = find_point([expression], seed, sizes=sizes, attempts=8, extra=case.wrt)
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
            case e.Call(function=name, arguments=arguments) if name in _REGULAR:
                if not _REGULAR[name](*[np.atleast_2d(_value(argument, point)) for argument in arguments]):
                    return False
            case e.MatrixPower(base=matrix, exponent=exponent) if not isinstance(exponent, e.Number):
                if not _is_off_the_cut(_value(matrix, point)):
                    return False
            case e.Norm(kind="spectral" | "nuclear", operand=matrix):
                if not _has_largest(_value(matrix, point)):
                    return False
            case _:
                pass
    return True


def _value(node: e.Expr, point: Point) -> np.ndarray:
    try:
        return evaluate(node, point.values, point.sizes)
    except MatcalcError:
        return np.zeros((2, 2))


def _singular_values(matrix: np.ndarray) -> np.ndarray:
    """Ascending."""
    return np.linalg.svd(np.atleast_2d(matrix), compute_uv=False)[::-1]


def _eigenvalues(matrix: np.ndarray) -> np.ndarray:
    """Of the symmetric part, ascending."""
    return np.linalg.eigvalsh((matrix + matrix.T) / 2)


def _is_solvable(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether left Y + Y right has every value."""
    return _is_invertible(np.kron(np.eye(len(right)), left) + np.kron(right.T, np.eye(len(left))))


def _is_invertible(matrix: np.ndarray) -> bool:
    return bool(np.linalg.cond(matrix) < _CONDITION)


def _is_off_the_cut(matrix: np.ndarray, *_: Any) -> bool:
    """Whether a logarithm exists, and integrals for it are accurate: no eigenvalue is near the negative axis or zero."""
    values = np.linalg.eigvals(matrix)
    return _is_invertible(matrix) and bool(
        np.all((values.real > _GAP) | (np.abs(values.imag) > np.maximum(_GAP, np.abs(values.real))))
    )


def _has_gap(ascending: np.ndarray) -> bool:
    return len(ascending) < 2 or bool(ascending[-1] - ascending[-2] > _GAP * max(1.0, abs(ascending[-1])))


def _has_gaps(ascending: np.ndarray) -> bool:
    return all(_has_gap(ascending[: end + 1]) for end in range(len(ascending)))


def _has_largest(matrix: np.ndarray) -> bool:
    values = _singular_values(matrix)
    return bool(values[-1] >= _GAP) and _has_gap(values)


def _is_of_full_rank(matrix: np.ndarray) -> bool:
    return bool(np.min(_singular_values(matrix)) >= _GAP)


def _has_smallest(matrix: np.ndarray) -> bool:
    return _is_of_full_rank(matrix) and _has_gap(-_singular_values(matrix)[::-1])


def _has_distinct_singular_values(matrix: np.ndarray) -> bool:
    return _is_of_full_rank(matrix) and _has_gaps(_singular_values(matrix))


def _has_distinct_eigenvalues(matrix: np.ndarray) -> bool:
    return _has_gaps(_eigenvalues(matrix))


def _has_one_sign(vector: np.ndarray) -> bool:
    """Whether its largest entry, which decides the sign, is larger than the others."""
    return _has_gap(np.sort(np.abs(vector)))


def _is_signed(
    vectors: Callable[[np.ndarray], np.ndarray], regular: Callable[[np.ndarray], bool]
) -> Callable[[np.ndarray], bool]:
    return lambda matrix: regular(matrix) and _has_one_sign(vectors(matrix))


def _eigenvector(place: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda matrix: np.linalg.eigh((matrix + matrix.T) / 2)[1][:, place]


def _right(place: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda matrix: np.linalg.svd(matrix, full_matrices=False)[2][place]


_DERIVED = [
    f"{form}_{name}" for form in ("frechet", "frechet2", "kronfrechet", "kronfrechet2") for name in ("log", "sqrt", "power")
]
_REGULAR: Mapping[str, Callable[..., bool]] = {
    "pinv": _is_of_full_rank,
    "polar": _is_of_full_rank,
    "qr_r": lambda matrix: _is_of_full_rank(matrix) and len(matrix) >= len(matrix.T),
    "nuclear_norm": _is_of_full_rank,
    "adj": _is_invertible,
    "prod": lambda matrix: bool(np.all(np.abs(matrix) > _GAP)),  # the condition of its derivative
    "indmax": lambda matrix: len(np.unique(matrix)) == matrix.size,  # at a tie, JAX and NumPy differ
    **dict.fromkeys(["logm", "sqrtm", "matrix_power", *_DERIVED], _is_off_the_cut),
    **dict.fromkeys(
        ["divdiff_log", "divdiff_sqrt"], lambda matrix: _has_distinct_eigenvalues(matrix) and _eigenvalues(matrix)[0] > _GAP
    ),
    **dict.fromkeys(["eigvals", "eigvecs", "eig_gaps", "divdiff_exp", "divdiff_sin", "divdiff_cos"], _has_distinct_eigenvalues),
    **dict.fromkeys(["svdvals", "svd_u", "svd_v", "svd_gaps", "svd_sums"], _has_distinct_singular_values),
    "eigmax": lambda matrix: _has_gap(_eigenvalues(matrix)),
    "eigmin": lambda matrix: _has_gap(_eigenvalues(-matrix)),
    "eigvecmax": _is_signed(_eigenvector(-1), _has_distinct_eigenvalues),  # JAX's second derivative needs all of them
    "eigvecmin": _is_signed(_eigenvector(0), _has_distinct_eigenvalues),
    "spectral_norm": _has_largest,
    "sigma_min": _has_smallest,
    **dict.fromkeys(["leftsv", "rightsv"], _is_signed(_right(0), _has_largest)),
    **dict.fromkeys(["leftsvmin", "rightsvmin"], _is_signed(_right(-1), _has_smallest)),
    "lyap": lambda left, _: _is_solvable(left, left.T),
    "sylvester": lambda left, right, _: _is_solvable(left, right),
}
"""Of the arguments of a function: whether its derivative is far from where there is none."""
