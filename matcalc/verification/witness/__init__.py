"""The numerical judgement of a claim: both sides in exact arithmetic or at many digits, at points that tell false claims from true ones."""

from __future__ import annotations

from matcalc.evaluation.precise.points import ExactPoint
from matcalc.verification.witness.comparing import Comparison, at_point, side_value
from matcalc.verification.witness.searching import Witness, holds, points, witness

__all__ = ["Comparison", "ExactPoint", "Witness", "at_point", "holds", "points", "side_value", "witness"]
