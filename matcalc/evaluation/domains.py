"""Whether a point is a good one for numerical checks: inside the domains, away from kinks, poles and singular matrices."""

from __future__ import annotations

from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Call, Elementwise, Expr, Inverse, MatrixPower, Norm, Number, Power, Quotient

# Finite differences with steps up to 0.04 must not cross a kink.
_KINK = 0.05
_POLE = 1e-3
_CONDITION = 1e5

_KINKED = frozenset({"abs", "sign", "relu", "step"})
_AT_ZERO = frozenset({"log"})
_WITHIN_ONE = frozenset({"asin", "acos"})
_DETERMINANTS = frozenset({"det", "logdet"})


class UnsuitablePoint(MatcalcError):
    """This point is too near a kink, a pole or a singular matrix; another one may do."""


def check_place(node: Expr, operands: tuple[Any, ...], *, kinks: bool = True) -> None:
    """Raises UnsuitablePoint when ``node`` is evaluated where a finite difference would not be trustworthy.

    ``operands`` are the inside arrays of its operands (an ``Observer`` of the interpreter). Without ``kinks`` absolute values and the
    like may be taken of anything: of zeros that do not move, as off the diagonal in ``abs(diag(x))``, they do no harm.
    """
    import numpy as np

    match node:
        case Elementwise(function=name):
            size = np.abs(operands[0])
            if (kinks and name in _KINKED and np.any(size < _KINK)) or (name in _AT_ZERO and np.any(operands[0] < _KINK)):
                raise UnsuitablePoint(f"an argument of {name} is near zero")
            if name in _WITHIN_ONE and np.any(size > 0.9):
                raise UnsuitablePoint(f"an argument of {name} is near one")
            if name == "tan" and np.any(np.abs(np.cos(operands[0])) < 0.2):
                raise UnsuitablePoint("an argument of tan is near a pole")
        case Quotient():
            if np.any(np.abs(operands[1]) < _POLE):
                raise UnsuitablePoint("a denominator is near zero")
        case Power(exponent=exponent):
            natural = isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value >= 0
            integral = isinstance(exponent, Number) and exponent.value.denominator == 1
            base = operands[0] if not integral else np.abs(operands[0])
            if not natural and np.any(base < _KINK):
                raise UnsuitablePoint("the base of a power is near zero")
        case Norm(kind="1" | "p"):
            if kinks and np.any(np.abs(operands[0]) < _KINK):
                raise UnsuitablePoint("an entry in a norm is near zero")
        case Norm(kind="spectral" | "nuclear"):
            values = np.linalg.svd(operands[0], compute_uv=False)
            if values.shape[-1] > 1 and np.any(values[..., 0] - values[..., 1] < _KINK):
                raise UnsuitablePoint("the two largest singular values are near each other")
            if np.any(values[..., -1] < _KINK):
                raise UnsuitablePoint("a singular value is near zero")
        case Norm():
            if np.any((np.abs(operands[0]) ** 2).sum(axis=(-2, -1)) < _KINK**2):
                raise UnsuitablePoint("the argument of a norm is near zero")
        case Inverse():
            _check_condition(operands[0])
        case MatrixPower(exponent=exponent):
            if not isinstance(exponent, Number) or exponent.value < 0:
                _check_condition(operands[0])
        case Call(function=name) if name in _DETERMINANTS:
            _check_condition(operands[0])
            if name == "logdet" and np.any(np.linalg.det(operands[0]) < 0):
                raise UnsuitablePoint("a determinant under a logarithm is negative")
        case _:
            pass


def _check_condition(matrix: Any) -> None:
    import numpy as np

    try:
        condition = np.linalg.cond(matrix)
    except np.linalg.LinAlgError as error:
        raise UnsuitablePoint("a matrix is not finite") from error
    if not np.all(condition < _CONDITION):
        raise UnsuitablePoint("a matrix that is inverted is nearly singular")
