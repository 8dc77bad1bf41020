"""Why a refutation of a claim in a document may be a misreading of it.

A false alarm costs an author's trust: a claim is called false only where nothing in it shows that
it was meant otherwise. A formula that speaks of a symbol which the other side does not know rests
on something that was not read; one whose indices stand on one side alone is written in a convention
of its own; a number beside a formula is its value at a point.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.shapes import axes_of
from matcalc.documents.blocks import Asked, Doubt
from matcalc.documents.readings import adds_numbers, is_misfit, perhaps_numbers, statement_of
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr, Number, SizeValue, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.language import elaborate
from matcalc.language.decisions import reading_options
from matcalc.language.latex.latex_commands import ACCENTS
from matcalc.language.statements import DerivativeSide, DifferentialSide, Side, Statement
from matcalc.objects.parsed import ParsedExpression
from matcalc.verification.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MEMBER = re.compile(r"(?P<base>.+?)_\{?[a-z]{1,3}\}?")


def doubt(verdict: Verdict, asked: Asked) -> str:
    """Why the claim may be meant otherwise than it was read; empty where nothing shows it."""
    if said := next((one.reason for one in asked.doubts if _WHEN[one.when](verdict, one)), ""):
        return said
    unfit = _UNFIT.items() if verdict.counterexample is None else ()
    said = next((reason for words, reason in unfit if words in verdict.reason), "")
    if said:
        return said
    statement = statement_of(verdict)
    if statement is None:
        return ""
    whole = statement.left is not None and statement.right is not None
    reasons = (*_OF_CLAIMS, *_OF_SIDES) if whole else _OF_CLAIMS
    return next(filter(None, (reason(verdict, asked, statement) for reason in reasons)), "")


_Reason: TypeAlias = Callable[[Verdict, Asked, Statement], str]


def _if(applies: Callable[[Verdict, Asked, Statement], bool], said: str) -> _Reason:
    return lambda verdict, asked, statement: said if applies(verdict, asked, statement) else ""


def _of(names: Sequence[str], one: str, several: str) -> str:
    """What is said of names; empty for none."""
    return f"{', '.join(names)} {several if len(names) > 1 else one}" if names else ""


def _perhaps_numbers(verdict: Verdict, asked: Asked, _: Statement) -> str:
    names = perhaps_numbers(asked, verdict)
    kind = "are numbers" if " " in names else "is a number"
    return f"it holds if {names} {kind}, of which the text says nothing" if names else ""


def _with_too_many_indices(verdict: Verdict, _: Asked, statement: Statement) -> str:
    """What an equation between entries differentiates by, if that has fewer axes than are written:
    ``b_{ij}`` of a vector b."""
    if verdict.counterexample is not None:
        return ""
    sides = [side for side in (statement.left, statement.right) if isinstance(side, DerivativeSide)]
    name = next((side.wrt[0].name for side in sides if _axes(side.expression, side.wrt) < len(statement.entries)), "")
    return f"{name} is written with more indices than it has" if name else ""


_STRAY = "written with indices that were not understood"
_ALONE = "on one side alone, and the text does not say for what"
_OF_CLAIMS: tuple[_Reason, ...] = (
    _perhaps_numbers,
    lambda verdict, _, __: "; ".join([one for one in verdict.warnings if "product" in one]),
    lambda _, __, statement: _of(_stray_entries(statement), f"is {_STRAY}", f"are {_STRAY}"),
    _if(lambda _, asked, __: _one_sided(asked.statement), "indices stand on one side alone"),
)
_OF_SIDES: tuple[_Reason, ...] = (
    _if(
        lambda verdict, _, __: verdict.counterexample is None and adds_numbers(verdict),
        "a number is added to every entry of an array, which may be a number itself",
    ),
    _if(
        lambda verdict, _, statement: verdict.counterexample is None and _is_factor(statement),
        "the derivative has more axes than two; what is written may be the factor that a chain rule takes for it",
    ),
    _with_too_many_indices,
    _if(
        lambda _, asked, statement: ";" in asked.statement and _is_value(statement),
        "a number: perhaps the value at a point",
    ),
    _if(
        lambda _, asked, statement: ";" in asked.statement and _is_constant(statement),
        "what is differentiated does not depend on the variable, as the text was understood",
    ),
    lambda _, __, statement: _of(_strangers(statement), f"stands {_ALONE}", f"stand {_ALONE}"),
)


def _are_numbers(verdict: Verdict, _: Doubt) -> bool:
    """Whether everything is a number."""
    kinds = [kind.split()[:1] for kind in (verdict.declarations or {}).values()]
    return all(kind == ["scalar"] for kind in kinds) and (bool(kinds) or not _is_of_sizes(statement_of(verdict)))


_WHEN: Mapping[str, Callable[[Verdict, Doubt], bool]] = {
    "always": lambda verdict, _: verdict.status == "refuted",
    "false": lambda verdict, one: verdict.is_false and not _is_normalisation(verdict, one),
    "misfit": lambda verdict, _: is_misfit(verdict),
    "rows": lambda verdict, _: is_misfit(verdict) and _ROWS.search(verdict.reason) is not None,
    "numbers": _are_numbers,
}
"""Whether a doubt about a claim holds of a verdict."""


_UNFIT = {
    "could be meant": "a sum of arrays with different axes may be meant in two ways",
    "needs a scalar": "what has an index may be a vector itself, one of many",
}
"""Words of a misfit that show how a claim may be meant otherwise."""
_ROWS: re.Pattern[str] = re.compile(
    r"cannot multiply .* \(vector\) by .* \((?:vector or )?matrix\)|is a \S+ matrix, the right side a scalar"
    r"|is a scalar, the right side a \S+ matrix"
)
"""How a product of rows does not fit that would be read as one of columns: ``x^\\top y`` for the
matrix of all products."""
_SUM = re.compile(r"1ᵀ(?P<name>\w+) = 1")


def _is_normalisation(verdict: Verdict, one: Doubt) -> bool:
    """Whether a claim holds if the entries of something sum to one, whose definition alone is not
    read: that may well say so."""
    found = _SUM.fullmatch(verdict.condition or "") if verdict.condition_exact else None
    return found is not None and one.about == (found["name"],)


def doubted(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict; undecided where a refutation may be a misreading: not of what is true as it was
    read in another layout."""
    if verdict.status == "conditional" and verdict.other_layout is not None:
        return verdict
    if not verdict.is_false or not (reason := doubt(verdict, asked)):
        return verdict
    return _undecided(verdict, f"not equal as it was read, and perhaps not meant so: {reason}")


def _undecided(verdict: Verdict, reason: str) -> Verdict:
    """Nothing but how a claim was read, and why that decides nothing."""
    declarations, notes, reading = verdict.declarations, verdict.notes, verdict.reading
    return Verdict(
        verdict.statement, "undecided", verdict.layout, reason, declarations=declarations, notes=notes, reading=reading
    )


def _stray_entries(statement: Statement) -> tuple[str, ...]:
    """Names such as ``a_ij`` that were taken for symbols of their own: entries of something, in a
    convention that was not seen."""
    found = [name for name in statement.declarations if _MEMBER.fullmatch(name) and name not in (statement.given or {})]
    return tuple([name for name in found if name.rpartition("_")[2] not in ACCENTS.values()])


def _one_sided(text: str) -> bool:
    """Whether an index of a derivative or of an entry stands on one side of the last equation
    alone."""
    left, _, right = text.rpartition(";")[2].partition("=")
    return bool(_indices(left)) != bool(_indices(right))


def _axes(function: Expr, wrt: Sequence[Symbol]) -> int:
    """How many axes a derivative has."""
    return len(axes_of(function.shape)) + sum(len(axes_of(symbol.shape)) for symbol in wrt)


_INDEX_RUN = re.compile(r"_\{?([i-l][a-dp-s]|[p-s][i-lp-s]|[i-l]{1,4})\}?(?![a-z])")
_SUMMED = re.compile(r"\\(?:sum|prod)\s*(?:\\limits\s*)?_\{?([i-s](?:\s*,\s*[i-s])*)")


def _indices(side: str) -> frozenset[str]:
    """The indices in a side over which no sum is written."""
    summed = {letter for run in _SUMMED.findall(side) for letter in run if letter.isalpha()}
    return frozenset(letter for run in _INDEX_RUN.findall(side) for letter in run) - summed


def _is_factor(statement: Statement) -> bool:
    """Whether a derivative with more axes than two is said to be a formula with no more:
    ``∂(AB)/∂A = Bᵀ``."""
    lead, claimed = _lead_and_claimed(statement)
    return isinstance(claimed, Expr) and _has_many_axes(lead, statement) and all(size.degree <= 1 for size in claimed.shape)


def _lead_and_claimed(statement: Statement) -> tuple[Side | None, Side | None]:
    """The side that a claim is about, and what is claimed of it."""
    return (statement.right, statement.left) if statement.turned else (statement.left, statement.right)


def _has_many_axes(side: Side | None, statement: Statement) -> bool:
    """Whether a side is a derivative with more axes than two, or is made of one: ``∂(AB)/∂Aᵀ`` is
    read as a formula."""
    if isinstance(side, DerivativeSide):
        return _axes(side.expression, side.wrt) > 2
    return any(_axes(one.question.function, one.question.wrt) > 2 for one in statement.derived)


def _is_value(statement: Statement) -> bool:
    """Whether one side is a number and the other a formula. 0 and 1 are what formulas are often
    equal to."""
    sides = (statement.left, statement.right)
    numbers = [
        side for side in sides if isinstance(side, Expr) and not symbols_in(side) and not side.shape and not _has_size(side)
    ]
    return len(numbers) == 1 and not (isinstance(numbers[0], Number) and numbers[0].value in (0, 1))


def _is_of_sizes(statement: Statement | None) -> bool:
    """Whether a side of an equation is made of sizes that stand as numbers: ``tr(H) = n − 1``."""
    sides = () if statement is None else (statement.left, statement.right)
    return any(isinstance(side, Expr) and _has_size(side) for side in sides)


def _has_size(side: Expr) -> bool:
    """Whether a size stands in a formula as a number."""
    return any(isinstance(node, SizeValue) for node in postorder(side))


def _is_constant(statement: Statement) -> bool:
    """Whether a side is the derivative of something in which the variable does not occur."""
    sides = [side for side in (statement.left, statement.right) if isinstance(side, DerivativeSide)]
    return any(symbol.name not in symbols_in(side.expression) for side in sides for symbol in side.wrt)


def _strangers(statement: Statement) -> tuple[str, ...]:
    """The symbols of the claimed side that the other does not have."""
    lead, claimed = _lead_and_claimed(statement)
    known = set(_names(lead))
    return tuple([name for name in _names(claimed) if name not in known])


def _names(side: Side | None) -> Sequence[str]:
    match side:
        case None:
            return ()
        case DerivativeSide():
            return [symbol.name for symbol in symbols_in(side.expression).values()] + [symbol.name for symbol in side.wrt]
        case DifferentialSide():
            return [symbol.name for symbol in symbols_in(side.expression).values()] + [
                one.name for move in side.moves for one in move
            ]
        case _:
            return [symbol.name for symbol in symbols_in(side).values()]


# ---------------------------------------------------------------- what the text supposes

_SEEDS = 6
_STEPS = 40
_MOST_ENTRIES = 150
_MET, _EQUAL = 1e-9, 1e-6
_SHIFT = 1e-6


def where_supposed(verdict: Verdict, asked: Asked) -> Verdict:
    """The verdict on a false claim; undecided where it is not seen to be false at a point that
    meets what the text supposes.

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
    return _undecided(verdict, f"it is said to hold under a supposition: {said}\nit is false without it, and {_FOUND[found]}")


_FOUND = {
    "equal": "both sides are equal at every point tried that meets it",
    "no point": "no point that meets it was found",
}


def _claimed(verdict: Verdict) -> tuple[Expr, Expr] | None:
    """The sides of a claim as formulas, for a derivative the right answer; None where one of them
    is none."""
    source = statement_of(verdict)
    if source is None or source.entries:
        return None
    lead, claimed = _lead_and_claimed(source)
    if not isinstance(lead, Expr) and isinstance(verdict.correction, ParsedExpression):
        lead = verdict.correction.node
    return (lead, claimed) if isinstance(lead, Expr) and isinstance(claimed, Expr) else None


def _zero(left: str, right: str, verdict: Verdict, asked: Asked) -> Expr | None:
    """What is supposed to be zero, as a formula in the symbols of the claim; None where that is not
    read."""
    declared = dict(verdict.declarations or {})
    try:
        return elaborate(f"({left}) - ({right})", declared, options=reading_options(False, asked.dialect)).expression
    except MatcalcError:
        return None


def _tried(claim: tuple[Expr, Expr], zeros: Sequence[Expr]) -> str:
    """``false`` where the sides differ at a point that meets what is supposed; else what was
    found."""
    found = "no point"
    for seed in range(_SEEDS):
        try:
            point = find_point([*claim, *zeros], seed, equal=seed % 2 == 1)
            met = None if point is None else _met(point, zeros)
            if met is not None and not _are_equal(*claim, met):
                return "false"
        except (MatcalcError, ArithmeticError, ValueError):
            continue
        found = found if met is None else "equal"
    return found


def _are_equal(left: Expr, right: Expr, point: Point) -> bool:
    """Whether two formulas are equal at a point, as far as numbers tell."""
    import numpy as np

    one, other = (evaluate(side, point.values, point.sizes) for side in (left, right))
    scale = 1.0 + float(np.max(np.abs(one), initial=0.0)) + float(np.max(np.abs(other), initial=0.0))
    return bool(np.max(np.abs(one - other), initial=0.0) <= _EQUAL * scale)


def _met(point: Point, zeros: Sequence[Expr]) -> Point | None:
    """A point near another at which formulas are zero; None where none is found. Symbols with facts
    stay as they are."""
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
        slopes = [(_residual(moved, zeros) - rest) / _SHIFT for moved in _shifted(point, free)]
        step = np.linalg.lstsq(np.stack(slopes or [np.zeros_like(rest)], axis=1), -rest, rcond=1e-6)[0]
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
