"""What is wrong in a refuted claim: a missing factor, a sign, a transpose, the order of two factors."""

from __future__ import annotations

from fractions import Fraction

from matcalc.expr.nodes import Expr, Number, Product, Transpose
from matcalc.verification.claims import Claim, Formula
from matcalc.verification.mutations import mutants
from matcalc.verification.witness import Comparison, at_point, compared

_LARGEST_DENOMINATOR = 12


def repair(claim: Claim, comparison: Comparison | None) -> tuple[str, Expr] | None:
    """What to change in the right side, in words, and the right side changed; confirmed at further points."""
    if not isinstance(claim.right, Formula):
        return None
    right = claim.right.expression
    if not claim.fits:
        turned = Transpose(right)
        if turned.shape == claim.left.shape and _holds(Claim(claim.left, Formula(turned))):
            return "the right side should be transposed", turned
        return None
    if comparison is None:
        return None
    ratio = _ratio(comparison)
    if ratio is not None:
        scaled = Product((Number(ratio), right))
        if _holds(Claim(claim.left, Formula(scaled))):
            return _missing(ratio), scaled
    for mutant in mutants(right):
        changed = Claim(claim.left, Formula(mutant.expression))
        here = at_point(changed, comparison.point)
        if here is not None and here.outcome == "same" and _holds(changed):
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
    found = Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
    if not found or abs(float(found) - factor) > 1e-5 * abs(factor):
        return None
    return found if np.allclose(left, float(found) * right, rtol=1e-5, atol=1e-8) else None


def _missing(ratio: Fraction) -> str:
    if ratio == -1:
        return "the sign is wrong"
    if ratio > 0 and ratio.numerator == 1:
        return f"the right side is {ratio.denominator} times too large"
    return f"the factor {ratio} is missing"


def _holds(claim: Claim) -> bool:
    found = [compared(claim, seed) for seed in (11, 12)]
    return all(one is not None and one.outcome == "same" for one in found)
