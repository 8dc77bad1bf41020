"""Claims that hold under a condition, where the text supposes just that: ``\\sum_k y_k = 1``, ``AB = BA``."""

from __future__ import annotations

from dataclasses import replace

from matcalc.base.errors import MatcalcError
from matcalc.documents.asking import Asked
from matcalc.documents.supposed_points import where_supposed
from matcalc.language import elaborate
from matcalc.language.decisions import reading_options
from matcalc.printing import text
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict


def supposed(verdict: Verdict, asked: Asked) -> tuple[Verdict, Asked]:
    """The verdict on a claim whose condition is among what the text supposes: that it is confirmed; else the one that is given, weighed
    at points that meet what is supposed."""
    if not verdict.is_false or not asked.supposed:
        return verdict, asked
    exact = verdict.status == "conditional" and verdict.condition is not None and verdict.condition_exact
    for left, right, said in asked.supposed:
        if exact and _is_condition(left, right, verdict, asked):
            found = replace(verdict, status="confirmed", reason="", counterexample=None, correction=None, condition=None, condition_text="")
            return replace(found, holds_if=(*found.holds_if, said.text)), asked
    return where_supposed(verdict, asked), asked


def _is_condition(left: str, right: str, verdict: Verdict, asked: Asked) -> bool:
    """Whether an equation says the same as the condition of a verdict."""
    wanted = (verdict.condition or "").split("=")
    if len(wanted) != len((left, right)):
        return False
    declared = dict(verdict.declarations or {})
    try:
        options = reading_options(False, asked.dialect)
        first, second = (text(elaborate(side, declared, options=options).expression, "ascii") for side in (left, right))
        return any(
            verify(f"({one}) - ({other}) = ({wanted[0]}) - ({wanted[1]})", declare=declared, help=False).ok
            for one, other in ((first, second), (second, first))
        )
    except MatcalcError:
        return False
