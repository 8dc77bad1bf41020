r"""Functions of functions: ``f(u, v) = ...``, ``u(a, b) = ...``, ``v(a, b) = ...``, and then ``\partial f/\partial a``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from matcalc.documents.asking import Doubt
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.outline import Line
from matcalc.documents.context.structure import Dependence, Derived, Structure
from matcalc.documents.context.survey import Context


@dataclass(frozen=True, slots=True)
class Composition:
    """The functions that a claim differentiates with those that are arguments of them, and all that these rest on.

    ``doubts``: one of them is not what its name stood for last, as that does not depend on what the claim differentiates by.
    """

    definitions: tuple[Definition, ...]
    doubts: tuple[Doubt, ...]


def composition_of(structure: Structure, context: Context, line: Line) -> Composition | None:
    """The functions behind derivatives by what is no argument of the function itself; None where a claim has none."""
    chosen: dict[str, Definition] = {}
    earlier = False
    through = False
    for one in structure.derived:
        found = _meant(one, context, line)
        if found is None:
            continue
        definition, is_last = found
        earlier |= not is_last
        through |= _is_through(definition, one, context, line)
        chosen |= {layer.name: layer for layer in _layers(definition, context, line)} | {definition.name: definition}
    if not through:
        return None
    arguments = {argument for one in chosen.values() for argument in one.head.arguments}
    names = {name for one in chosen.values() for name in one.uses} - arguments
    behind = [one for one in context.behind(names, line) if one.name not in chosen]
    return Composition((*behind, *chosen.values()), (_EARLIER,) if earlier else ())


_EARLIER = Doubt("the function of this name that was defined last does not depend on this variable")


@dataclass(frozen=True, slots=True)
class Opened:
    """The definitions behind a claim, and why it may prove more than it refutes."""

    definitions: tuple[Definition, ...]
    doubts: tuple[Doubt, ...] = ()


def opened(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> Opened:
    """The definitions behind a claim with those of the arguments of functions that it differentiates by something else: ``L(p, y) = ...``
    and ``p = softmax(z)``, of which it has ``∂L/∂z``.

    A function whose formula reaches nothing that the claim differentiates by is left out of a chain rule, which holds for every function.
    Through several definitions rows may be written for columns.
    """
    derived = {one.name for one in structure.derived if one.by}
    found = list(_with_arguments(structure, whole, derived, context, line))
    dependence = Dependence(found)
    known = {one.name for one in found}
    through = [one.name for one in found if one.name in derived and structure.by.isdisjoint((*one.head.arguments, *one.uses))]
    chained = {name for name, count in Counter(one.name for one in structure.all_derived).items() if count > 1}
    unreached = [name for name in through if name in chained and not dependence.of(name, structure.by | derived - known)]
    doubts = [Doubt(f"what {name} stands for does not lead to this variable") for name in unreached]
    return Opened(tuple([one for one in found if one.name not in unreached]), (*doubts, *([_LAYERS] if through else [])))


_LAYERS = Doubt("vectors are columns as it was read, and may be rows where a derivative goes through several layers", "rows")


def _with_arguments(
    structure: Structure, whole: Sequence[Definition], derived: Collection[str], context: Context, line: Line
) -> Iterator[Definition]:
    """The definitions, those of the arguments of functions among them where these are not what a claim differentiates by."""
    changed = {
        one.name: replace(one, uses=one.uses | set(one.head.arguments))
        for one in whole
        if one.name in derived and one.is_function and structure.by.isdisjoint((*one.head.arguments, *one.uses))
    }
    known = {one.name for one in whole}
    more = {name for one in changed.values() for name in one.uses} - known
    yield from (one for one in context.behind(more, line) if one.name not in known)
    yield from (changed.get(one.name, one) for one in whole)


def moving_doubts(structure: Structure, context: Context, line: Line) -> tuple[Doubt, ...]:
    """That another argument of what is differentiated may depend on the variable, and that it may not be held fixed."""
    for one in structure.derived:
        definition = context.definitions.at(one.name, line.number)
        if definition is None or not definition.is_function:
            continue
        others = [layer for layer in _layers(definition, context, line) if layer is not definition]
        moving = [other.name for other in others if not set(one.by).isdisjoint(other.head.arguments)]
        if moving:
            return (Doubt(f"{moving[0]} depends on {one.by[0]}, too, and may not be held fixed"),)
    return ()


def _meant(derived: Derived, context: Context, line: Line) -> tuple[Definition, bool] | None:
    """The function that a derivative is of, and whether it is the one that was defined last under this name."""
    if len(set(derived.by)) != 1:
        return None
    last = context.definitions.at(derived.name, line.number)
    if last is None or not last.is_function:
        return None
    known = [last, *(one for one in context.definitions.others(last, line.number) if one.number < line.number and one.is_function)]
    for one in known:
        if one.notation == line.notation and _depends(one, derived.by[0], context, line):
            return one, one is last
    return None


def _depends(one: Definition, by: str, context: Context, line: Line) -> bool:
    return by in one.uses or any(by in layer.head.arguments for layer in _layers(one, context, line))


def _is_through(one: Definition, derived: Derived, context: Context, line: Line) -> bool:
    by = derived.by[0]
    return by not in one.head.arguments and by not in one.uses and _depends(one, by, context, line)


def _layers(one: Definition, context: Context, line: Line) -> Iterator[Definition]:
    """A function, and the functions that are arguments of it or of each other."""
    opened = {one.name}
    waiting = [one]
    while waiting:
        layer = waiting.pop()
        yield layer
        for argument in layer.head.arguments:
            below = context.definitions.at(argument, line.number) if argument not in opened else None
            opened.add(argument)
            if below is not None and below.is_function and below.notation == line.notation:
                waiting.append(below)
