"""The verdict on one statement of many, whatever goes wrong with it, in a form that can be sent to another process."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from matcalc.errors import INTERNAL, MatcalcError, internal_error
from matcalc.language import elaborate
from matcalc.language.declare.texts import BlockText, SharedText
from matcalc.results import ParsedExpression
from matcalc.verification.entry_answers import EntryAnswer
from matcalc.verification.items import Item
from matcalc.verification.judgement import verify
from matcalc.verification.verdict import Verdict

NOT_READ = "not read"


def verdict_on(item: Item) -> Verdict:
    """The verdict on one statement. Raises nothing: what goes wrong is said in the verdict, so that no other statement suffers."""
    try:
        verdict = _verdict(item)
    except MatcalcError as error:
        if item.dialect is not None and not error.message.startswith(INTERNAL):
            return verdict_on(replace(item, dialect=None))
        verdict = _without_decision(item, INTERNAL if error.message.startswith(INTERNAL) else NOT_READ, str(error))
    except Exception as error:
        verdict = _without_decision(item, INTERNAL, f"{internal_error(error)} with the statement")
    return replace(verdict, name=item.name, source=item.source, line=item.line, expected=item.expected)


def _verdict(item: Item) -> Verdict:
    return verify(item.statement, declare=_shared(item), layout=item.layout, symmetric=item.symmetric, dialect=item.dialect)


def _shared(item: Item) -> SharedText | None:
    """The declarations of a statement: a block has its own, those of a document are for all its statements."""
    if not item.declare:
        return None
    return BlockText(item.declare) if item.name else SharedText(item.declare)


def _without_decision(item: Item, problem: str, reason: str) -> Verdict:
    return Verdict(item.statement, "undecided", item.layout, reason, problem=problem)


Carried: TypeAlias = "str | tuple[str, ...] | None"
"""A right answer as text: an expression, or an entry in each style."""


def portable(verdict: Verdict) -> tuple[Verdict, Carried]:
    """A verdict that may go to another process, and its right answer as a text: interned expressions may not."""
    example = verdict.counterexample
    if example is not None:
        example = replace(example, values={name: value for name, value in example.values.items() if not callable(value)})
    right = verdict.correction
    correction = right.texts if isinstance(right, EntryAnswer) else None if right is None else right.text("ascii")
    reading = None if verdict.reading is None else verdict.reading.portable()
    return replace(verdict, correction=None, counterexample=example, reading=reading), correction


def restored(verdict: Verdict, correction: Carried) -> Verdict:
    """The verdict that ``portable`` sent, with its right answer as an expression again."""
    if correction is None:
        return verdict
    if not isinstance(correction, str):
        return replace(verdict, correction=EntryAnswer(*correction))
    try:
        found = elaborate(correction, verdict.declarations)
    except MatcalcError:  # a correction is help, no part of the verdict
        return verdict
    return replace(verdict, correction=ParsedExpression(found.expression, found.declarations, found.notes))
