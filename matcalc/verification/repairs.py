"""What is wrong in a refuted claim: a missing factor, a sign, a transpose, the order of two factors."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import isfinite

from matcalc.evaluation import agrees
from matcalc.expr.nodes import Expr, Number, Product, Transpose
from matcalc.verification.claims import Claim, DerivativeForm, Formula
from matcalc.verification.mutations import mutants
from matcalc.verification.witness import Comparison, holds, side_value

_LARGEST_DENOMINATOR = 12


def repair(claim: Claim, comparison: Comparison | None) -> tuple[str, Expr | None] | None:
    """What to change in the right side, in words, and the right side changed where that is known; confirmed at further points."""
    if not isinstance(claim.right, Formula):
        return None
    right = claim.right.expression
    if not claim.fits:
        if len(right.shape) > 2:
            return None
        turned = Transpose(right)
        if turned.shape == claim.left.shape and holds(Claim(claim.left, Formula(turned)), quick=True):
            return "the right side should be transposed", turned
        return None
    if comparison is None:
        return None
    if _is_row_major(claim, comparison):
        return "this is the answer for vec by rows; here vec stacks columns", None
    ratio = _ratio(comparison)
    if ratio is not None:
        scaled = Product((Number(ratio), right))
        if holds(Claim(claim.left, Formula(scaled)), quick=True):
            return _missing(ratio), scaled
    for mutant in mutants(right):
        changed = Claim(claim.left, Formula(mutant.expression))
        if changed.fits and holds(changed, quick=True):
            return mutant.description, mutant.expression
    return None


def _ratio(comparison: Comparison) -> Fraction | None:
    """The number that the left side is of the right side, where it is a simple fraction."""
    import numpy as np

    left, right = np.ravel(comparison.left), np.ravel(comparison.right)
    size = float(right @ right)
    if left.shape != right.shape or size == 0.0:
        return None
    factor = float(left @ right) / size
    if not isfinite(factor):  # sides that only the exact comparison can tell apart
        return None
    found = Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
    if not found or abs(float(found) - factor) > 1e-5 * abs(factor):
        return None
    return found if np.allclose(left, float(found) * right, rtol=1e-5, atol=1e-8) else None


def _is_row_major(claim: Claim, comparison: Comparison) -> bool:
    """Whether the right side is the derivative of the rows of the function, one after another, by the rows of the variable."""
    import numpy as np

    left = claim.left
    if not isinstance(left, DerivativeForm) or len(left.wrt) != 1 or not (left.function.is_matrix and left.wrt[0].is_matrix):
        return False
    tensor = side_value(replace(left, layout="tensor"), comparison.point)
    count = tensor.shape[0] * tensor.shape[1]
    rows = tensor.reshape(count, -1)
    return agrees(rows if left.layout == "numerator" else np.transpose(rows), comparison.right)


def _missing(ratio: Fraction) -> str:
    if ratio == -1:
        return "the sign is wrong"
    if ratio > 0 and ratio.numerator == 1:
        return f"the right side is {ratio.denominator} times too large"
    return f"the factor {ratio} is missing"
