"""Claims that are false in general, tried where the equations that the text supposes hold: ``‖x + y‖² = ‖x‖² + ‖y‖²`` where ``xᵀy = 0``.

A counterexample that does not meet what is supposed shows nothing. Points that meet it are found from random ones by Newton's method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import MatcalcError
from matcalc.documents.asking import Asked
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate
from matcalc.language.decisions import reading_options
from matcalc.language.statements import Statement
from matcalc.objects.parsed import ParsedExpression
from matcalc.verification.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEEDS = 6
_STEPS = 40
_MOST_ENTRIES = 150
_MET, _EQUAL = 1e-9, 1e-6
_SHIFT = 1e-6


@dataclass(frozen=True, slots=True)
class _Claim:
    left: Expr
    right: Expr

    def holds(self, point: Point) -> bool:
        """Whether its sides are equal at a point, as far as numbers tell."""
        import numpy as np

        left, right = (evaluate(side, point.values, point.sizes) for side in (self.left, self.right))
        scale = 1.0 + float(np.max(np.abs(left), initial=0.0)) + float(np.max(np.abs(right), initial=0.0))
        return bool(np.max(np.abs(left - right), initial=0.0) <= _EQUAL * scale)


def where_supposed(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a false claim; undecided where it is not seen to be false at a point that meets what the text supposes.

    What is supposed in a way that is not read counts for nothing.
    """
    claim = _claimed(verdict)
    if claim is None or verdict.counterexample is None:
        return verdict
    read = [(one, zero) for left, right, one in asked.supposed if (zero := _zero(left, right, verdict, asked)) is not None]
    found = _tried(claim, [zero for _, zero in read]) if read else "false"
    if found == "false":
        return verdict
    said = ", ".join([one.text for one, _ in read])
    reason = f"it is said to hold under a supposition: {said}\nit is false without it, and {_FOUND[found]}"
    declarations, notes, reading = verdict.declarations, verdict.notes, verdict.reading
    return Verdict(verdict.statement, "undecided", verdict.layout, reason, declarations=declarations, notes=notes, reading=reading)


_FOUND = {
    "equal": "both sides are equal at every point tried that meets it",
    "no point": "no point that meets it was found",
}


def _claimed(verdict: Verdict) -> _Claim | None:
    """The sides of a claim as formulas, for a derivative the right answer; None where one of them is none."""
    source = None if verdict.reading is None else verdict.reading.source
    if not isinstance(source, Statement) or source.entries:
        return None
    lead, claimed = (source.right, source.left) if source.turned else (source.left, source.right)
    if not isinstance(lead, Expr) and isinstance(verdict.correction, ParsedExpression):
        lead = verdict.correction.node
    return _Claim(lead, claimed) if isinstance(lead, Expr) and isinstance(claimed, Expr) else None


def _zero(left: str, right: str, verdict: Verdict, asked: Asked) -> Expr | None:
    """What is supposed to be zero, as a formula in the symbols of the claim; None where that is not read."""
    declared = dict(verdict.declarations or {})
    try:
        return elaborate(f"({left}) - ({right})", declared, options=reading_options(False, asked.dialect)).expression
    except MatcalcError:
        return None


def _tried(claim: _Claim, zeros: Sequence[Expr]) -> str:
    """``false`` where the sides differ at a point that meets what is supposed; else what was found."""
    found = "no point"
    for seed in range(_SEEDS):
        try:
            point = find_point([claim.left, claim.right, *zeros], seed, equal=seed % 2 == 1)
            met = None if point is None else _met(point, zeros)
            if met is not None and not claim.holds(met):
                return "false"
        except (MatcalcError, ArithmeticError, ValueError):
            continue
        found = found if met is None else "equal"
    return found


def _met(point: Point, zeros: Sequence[Expr]) -> Point | None:
    """A point near another at which formulas are zero; None where none is found. Symbols with facts stay as they are."""
    import numpy as np

    free = sorted({name for name, symbol in symbols_in(*zeros).items() if not symbol.properties})
    if sum(np.size(point.values[name]) for name in free) > _MOST_ENTRIES:
        return None
    for _ in range(_STEPS):
        rest = _residual(point, zeros)
        if np.max(np.abs(rest), initial=0.0) < _MET:
            return point
        if not np.all(np.isfinite(rest)):
            return None
        slopes = np.stack([(_residual(moved, zeros) - rest) / _SHIFT for moved in _shifted(point, free)] or [np.zeros_like(rest)], axis=1)
        step = np.linalg.lstsq(slopes, -rest, rcond=1e-6)[0]
        point = _moved(point, free, step)
    return None


def _residual(point: Point, zeros: Sequence[Expr]) -> NDArray[Any]:
    import numpy as np

    return np.concatenate([np.asarray(evaluate(zero, point.values, point.sizes), dtype=float).ravel() for zero in zeros])


def _shifted(point: Point, free: Sequence[str]) -> list[Point]:
    """The point with each entry moved a little, one by one."""
    import numpy as np

    count = sum(np.size(point.values[name]) for name in free)
    return [_moved(point, free, _SHIFT * np.eye(count)[k]) for k in range(count)]


def _moved(point: Point, free: Sequence[str], step: NDArray[Any]) -> Point:
    """The point with all entries of some symbols moved."""
    import numpy as np

    values: dict[str, Any] = dict(point.values)
    start = 0
    for name in free:
        before = np.asarray(values[name], dtype=float)
        values[name] = before + step[start : start + before.size].reshape(before.shape)
        start += before.size
    return Point(values, point.sizes)
