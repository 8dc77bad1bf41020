"""Why a refutation of a claim in a document may be a misreading of it.

A false alarm costs an author's trust: a claim is called false only where nothing in it shows that
it was meant otherwise. A formula that speaks of a symbol which the other side does not know rests
on something that was not read; one whose indices stand on one side alone is written in a convention
of its own; a number beside a formula is its value at a point.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from matcalc.base.sizes import axes_of
from matcalc.documents.blocks import Asked, Doubt
from matcalc.documents.readings import adds_numbers, is_misfit, perhaps_numbers
from matcalc.expr.nodes import Expr, Number, SizeValue, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.language.latex.latex_commands import ACCENTS
from matcalc.language.statements import DerivativeSide, DifferentialSide, Side, Statement
from matcalc.verification.verdict import Verdict

_MEMBER = re.compile(r"(?P<base>.+?)_\{?[a-z]{1,3}\}?")


def doubt(verdict: Verdict, asked: Asked) -> str:
    """Why the claim may be meant otherwise than it was read; empty where nothing shows it."""
    if said := next((one.reason for one in asked.doubts if _applies(one, verdict)), ""):
        return said
    if verdict.counterexample is None and _AMBIGUOUS in verdict.reason:
        return "a sum of arrays with different axes may be meant in two ways"
    statement = _statement(verdict)
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


def _applies(one: Doubt, verdict: Verdict) -> bool:
    """Whether a doubt about a claim holds of this verdict; those about what stands where concern
    refutations alone."""
    return _WHEN[one.when](verdict, one)


def _are_numbers(verdict: Verdict, _: Doubt) -> bool:
    """Whether everything is a number."""
    kinds = [kind.split()[:1] for kind in (verdict.declarations or {}).values()]
    return all(kind == ["scalar"] for kind in kinds) and (bool(kinds) or not _is_of_sizes(_statement(verdict)))


_WHEN: Mapping[str, Callable[[Verdict, Doubt], bool]] = {
    "always": lambda verdict, _: verdict.status == "refuted",
    "false": lambda verdict, one: verdict.is_false and not _is_normalisation(verdict, one),
    "misfit": lambda verdict, _: is_misfit(verdict),
    "rows": lambda verdict, _: is_misfit(verdict) and _ROWS.search(verdict.reason) is not None,
    "numbers": _are_numbers,
}


_AMBIGUOUS = "could be meant"
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
    """The verdict; undecided where a refutation may be a misreading."""
    if not verdict.is_false or not (reason := doubt(verdict, asked)):
        return verdict
    reading = verdict.reading
    declarations, notes = verdict.declarations, verdict.notes
    said = f"not equal as it was read, and perhaps not meant so: {reason}"
    return Verdict(verdict.statement, "undecided", verdict.layout, said, declarations=declarations, notes=notes, reading=reading)


def _statement(verdict: Verdict) -> Statement | None:
    source = None if verdict.reading is None else verdict.reading.source
    return source if isinstance(source, Statement) else None


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
    sides = (statement.right, statement.left) if statement.turned else (statement.left, statement.right)
    return isinstance(sides[1], Expr) and _has_many_axes(sides[0], statement) and all(size.degree <= 1 for size in sides[1].shape)


def _has_many_axes(side: Side | None, statement: Statement) -> bool:
    """Whether a side is a derivative with more axes than two, or is made of one: ``∂(AB)/∂Aᵀ`` is
    read as a formula."""
    if isinstance(side, DerivativeSide):
        return _axes(side.expression, side.wrt) > _TWO
    return any(_axes(one.question.function, one.question.wrt) > _TWO for one in statement.derived)


_TWO = 2


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
    lead, claimed = (statement.right, statement.left) if statement.turned else (statement.left, statement.right)
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
