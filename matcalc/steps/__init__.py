"""The derivation step by step: every step is an equality that names its rule and can be evaluated
on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from matcalc.base.errors import MatcalcError
from matcalc.printing.notations import STEP_STYLES
from matcalc.steps.differential.differential_style import differential_steps
from matcalc.steps.index.index_style import index_steps
from matcalc.steps.step import Question, Side, Step, Steps, Writing, presented

__all__ = ["STYLES", "Side", "Step", "Steps", "Writing", "narrated", "presented"]

STYLES: Mapping[str, Callable[[Question], Steps]] = MappingProxyType(
    dict(zip(STEP_STYLES, (index_steps, differential_steps), strict=True))
)
"""``"index"``: entry by entry, in index notation; ``"differential"``: by differentials, as Magnus
and Neudecker do."""


def narrated(question: Question, style: str = "index") -> Steps:
    """The derivation of the answer to ``question`` in steps. Raises MatcalcError for an unknown
    style."""
    if style not in STYLES:
        raise MatcalcError(f"there is no style of steps {style!r}", expected=" or ".join(STYLES))
    return STYLES[style](question)
