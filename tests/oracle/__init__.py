"""Checks a derivation with the independent evaluator; the helpers that the other tests share."""

from tests.oracle.answers import Disagreement, NoPoint, check_answer, laid_out, points
from tests.oracle.derivations import check_derivation

__all__ = ["Disagreement", "NoPoint", "check_answer", "check_derivation", "laid_out", "points"]
