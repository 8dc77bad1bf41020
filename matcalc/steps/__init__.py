"""The derivation step by step: every step is an equality that names its rule and can be evaluated
on both sides."""

from matcalc.steps.narration import STYLES, narrated, presented
from matcalc.steps.step import Side, Step, Writing

__all__ = ["STYLES", "Side", "Step", "Writing", "narrated", "presented"]
