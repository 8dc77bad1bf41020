"""What a claim that does not fit the kinds of its names would have to mean: ``it would hold if A were a scalar``."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.inputs import derivative_within
from matcalc.language.declare.texts import Declare
from matcalc.language.options import AS_USUAL, ReadingOptions
from matcalc.language.statements import Statement, elaborate_statement
from matcalc.records import record
from matcalc.verification.stated_claims import claim_of
from matcalc.verification.witness import witness


@record
class Question:
    """A statement to be decided: its text, the conventions that it is read with, and whether help is wanted when it is false."""

    source: str
    layout: str
    symmetric: str
    help: bool
    declare: Declare = None
    options: ReadingOptions = AS_USUAL
    link: int = 0


def would_hold(question: Question, statement: Statement) -> str | None:
    """In words, which other kinds of its names would make the claim true; None when none are found."""
    try:
        bent = elaborate_statement(
            question.source,
            question.declare,
            layout=question.layout,
            bent=True,
            options=question.options,
            calculus=derivative_within,
            link=question.link,
        )
        claim = claim_of(bent, question.layout, question.symmetric)
        if claim is None or not claim.fits or not witness(claim).agrees:
            return None
    except MatcalcError:
        return None
    groups: dict[str, list[str]] = {}
    for name, kind in bent.declarations.items():
        before = statement.declarations.get(name)
        if before is not None and _kind(before) != _kind(kind):
            groups.setdefault(_kind(kind), []).append(name)
    parts = [_were(names, kind) for kind, names in groups.items()]
    return f"it would hold if {' and '.join(parts)}" if parts else None


def _kind(declaration: str) -> str:
    size = declaration.partition(" ")[0]
    if size in ("scalar", "function"):
        return size
    return "matrix" if "×" in size else "vector"


def _were(names: list[str], kind: str) -> str:
    plural = {"matrix": "matrices"}.get(kind, kind + "s")
    return f"{names[0]} were a {kind}" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} were {plural}"
