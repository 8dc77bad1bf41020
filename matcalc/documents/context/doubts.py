"""When a false equation of a document says nothing: it is no identity, but a condition, or not all of it is understood."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from matcalc.documents.asking import Doubt
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Structure, names_behind
from matcalc.documents.context.survey import Context


def doubts_of(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Doubt, ...]:
    """Why a refutation of an equation is not to be believed; ``whole`` are all definitions behind it."""
    defined = {one.name for one in whole}
    names = structure.left.names | structure.right.names | structure.called
    every = names | {used for one in whole for used in one.uses}
    obscure = [name for name in sorted(every - defined) if context.definitions.is_obscure(name, line.number)]
    if obscure:
        return (Doubt(f"{obscure[0]} has a definition that is not read"),)
    called = structure.left.called | structure.right.called
    bare = (structure.left.names | structure.right.names) - structure.differentiated
    if both := sorted(called & bare):
        return (Doubt(f"{both[0]} is a function and a value"),)
    if structure.left.derived and structure.right.derived:
        return (Doubt("products of derivatives are written in more ways than one", "misfit"),)
    derived = structure.left.derived or structure.right.derived
    return () if derived else _of_condition(structure, whole, context.sizes)


def _of_condition(structure: Structure, whole: Sequence[Definition], sizes: Collection[str]) -> tuple[Doubt, ...]:
    """That an equation without derivatives may be none that holds for all values of its symbols."""
    left = names_behind(structure.left, whole) - set(sizes)
    right = names_behind(structure.right, whole) - set(sizes)
    apart = ", ".join(sorted(left ^ right)[:_MOST])
    some = (Doubt(f"{apart} stands on one side only: it may be a condition, no identity"),) if apart else ()
    return (*some, Doubt("it may be a condition on these numbers, no identity", "numbers"))


_MOST = 3
