"""The pipeline from a typed expression to its derivative."""

from matcalc.derivation.pipeline import Outcome, differentiate

__all__ = ["Outcome", "differentiate"]
