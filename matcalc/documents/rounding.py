"""Numbers that are written with some digits: ``f(x_0) = 0.33`` for a third."""

from __future__ import annotations

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked
from matcalc.verification.verdict import Verdict

_DECIMAL = pattern(r"-?\d+\.(?P<digits>\d+)")
_HALF = 0.5 + 1e-9


def agrees_as_written(verdict: Verdict, asked: Asked) -> bool:
    """Whether each number on the right side of a claim that is not exact is the one on the left, rounded to the digits that it has."""
    right = asked.statement.rpartition("=")[2]
    units = {float(found[0]): 10.0 ** -len(found["digits"]) for found in _DECIMAL.finditer(right.replace(" ", ""))}
    wrong = [link for link in verdict.links if link.status != "proved"] or [verdict]
    return verdict.status == "refuted" and all(_is_rounded(one, units) for one in wrong)


def _is_rounded(verdict: Verdict, units: dict[float, float]) -> bool:
    import numpy as np

    example = verdict.counterexample
    if example is None or np.size(example.left) != 1 or np.size(example.right) != 1:
        return False
    left, right = float(np.ravel(example.left)[0]), float(np.ravel(example.right)[0])
    unit = next((unit for number, unit in units.items() if abs(number - right) < 1e-12), 0.0)
    return abs(left - right) <= _HALF * unit
