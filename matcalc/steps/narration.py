"""The styles in which a derivation is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from matcalc.errors import MatcalcError
from matcalc.steps.differential_style import differential_steps
from matcalc.steps.index_style import index_steps
from matcalc.steps.question import Question
from matcalc.steps.step import Step

STYLES: Mapping[str, Callable[[Question], tuple[Step, ...]]] = MappingProxyType({"index": index_steps, "differential": differential_steps})
"""``"index"``: entry by entry, in index notation; ``"differential"``: by differentials, as Magnus and Neudecker do."""


def narrated(question: Question, style: str = "index") -> tuple[Step, ...]:
    """The derivation of the answer to ``question`` in steps. Raises MatcalcError for an unknown style."""
    if style not in STYLES:
        raise MatcalcError(f"there is no style of steps {style!r}", expected=" or ".join(STYLES))
    return STYLES[style](question)
