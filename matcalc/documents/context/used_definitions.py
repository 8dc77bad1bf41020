"""The definitions that a claim rests on, as it means them: through other functions, apart from
values, of losses, with facts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import cycle, permutations
from typing import TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.base.records import grouped
from matcalc.documents.blocks import Doubt, Notation, Said, joined_declarations
from matcalc.documents.context.defined_names import Definition, Dependence, names_used
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Derived, Structure
from matcalc.documents.context.written_names import (
    CALLED,
    LOSSES,
    is_called,
    names_at,
    respelled,
    trimmed,
    weights_in,
    whole_name,
    without_index,
    without_script,
)
from matcalc.documents.sides import Head
from matcalc.facts.table import implied
from matcalc.language.declare.declared import Declaration, SharedText
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import known_functions
from matcalc.verification.judgement import verify

Composition: TypeAlias = tuple[tuple[Definition, ...], tuple[Doubt, ...]]
"""The functions that a claim differentiates with those that are arguments of them, and all that
these rest on; and why they may not be what is meant."""


def composition_of(structure: Structure, context: Context, line: Line) -> Composition | None:
    """The functions behind derivatives by what is no argument of the function itself; None where a
    claim has none.

    There is a doubt where one of them is not what its name stood for last, as that does not depend
    on what the claim differentiates by.
    """
    meant = [(one, found) for one in structure.derived if (found := _meant(one, context, line)) is not None]
    direct = [one.by[0] in found.head.arguments or one.by[0] in found.uses for one, (found, _) in meant]
    if all(direct):  # by all that is meant, each depends on what it is differentiated by
        return None
    chosen: dict[str, Definition] = {}
    for _, (definition, _) in meant:
        chosen |= {layer.name: layer for layer in _layers(definition, context, line)} | {definition.name: definition}
    arguments = {argument for one in chosen.values() for argument in one.head.arguments}
    names = {name for one in chosen.values() for name in one.uses} - arguments
    behind = [one for one in context.behind(names, line) if one.name not in chosen]
    doubt = Doubt("the function of this name that was defined last does not depend on this variable")
    return (*behind, *chosen.values()), (doubt,) * (not all(is_last for _, (_, is_last) in meant))


def opened(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> Composition:
    """The definitions behind a claim with those of the arguments of functions that it
    differentiates by something else: ``L(p, y) = ...`` and ``p = softmax(z)``, of which it has
    ``∂L/∂z``.

    A function whose formula reaches nothing that the claim differentiates by is left out of a chain
    rule, which holds for every function. Through several definitions rows may be written for
    columns.
    """
    derived = {one.name for one in structure.derived if one.by}
    found = list(_with_arguments(structure, whole, derived, context, line))
    through = [one.name for one in found if one.name in derived and _is_beside(one, structure)]
    unreached = [name for name in through if not _is_reached(name, structure, found, derived)]
    doubts = [*map(_of_unreached, unreached), *([_LAYERS] * bool(through))]
    return tuple([one for one in found if one.name not in unreached]), tuple(doubts)


def _of_unreached(name: str) -> Doubt:
    return Doubt(f"what {name} stands for does not lead to this variable")


def _is_beside(one: Definition, structure: Structure) -> bool:
    """Whether nothing that a claim differentiates by stands in a definition."""
    return structure.by.isdisjoint((*one.head.arguments, *one.uses))


def _is_reached(name: str, structure: Structure, found: Sequence[Definition], derived: Collection[str]) -> bool:
    """Whether a function leads to what a claim differentiates by, or is not differentiated more
    than once in it."""
    if sum(one.name == name for one in structure.all_derived) == 1:
        return True
    known = {one.name for one in found}
    return Dependence(found).of(name, structure.by | (set(derived) - known))


_LAYERS = Doubt("vectors are columns as it was read, and may be rows where a derivative goes through several layers", "rows")


def _with_arguments(
    structure: Structure, whole: Sequence[Definition], derived: Collection[str], context: Context, line: Line
) -> Iterator[Definition]:
    """The definitions, those of the arguments of functions among them where these are not what a
    claim differentiates by."""
    changed = {
        one.name: replace(one, uses=one.uses | set(one.head.arguments))
        for one in whole
        if one.name in derived and one.is_function and _is_beside(one, structure)
    }
    known = {one.name for one in whole}
    more = frozenset().union(*(one.uses for one in changed.values())) - known
    yield from (one for one in context.behind(more, line) if one.name not in known)
    yield from (changed.get(one.name, one) for one in whole)


def moving_doubts(structure: Structure, context: Context, line: Line) -> tuple[Doubt, ...]:
    """That another argument of what is differentiated may depend on the variable, and that it may
    not be held fixed."""
    for one in structure.derived:
        definition = context.definitions.at(one.name, line.number)
        if definition is not None and definition.is_function:
            others = [layer for layer in _layers(definition, context, line) if layer is not definition]
            moving = [other.name for other in others if not set(one.by).isdisjoint(other.head.arguments)]
            if moving:
                return (Doubt(f"{moving[0]} depends on {one.by[0]}, too, and may not be held fixed"),)
    return ()


def _meant(derived: Derived, context: Context, line: Line) -> tuple[Definition, bool] | None:
    """The function that a derivative is of, and whether it is the one that was defined last under
    this name."""
    if len(set(derived.by)) != 1:
        return None
    last = context.definitions.at(derived.name, line.number)
    if last is None or not last.is_function:
        return None
    others = context.definitions.others(last, line.number)
    known = (last, *(one for one in others if one.number < line.number and one.is_function))
    own = (one for one in known if one.notation == line.notation and _depends(one, derived.by[0], context, line))
    return next(((one, one is last) for one in own), None)


def _depends(one: Definition, by: str, context: Context, line: Line) -> bool:
    return by in one.uses or any(by in layer.head.arguments for layer in _layers(one, context, line))


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


_ACCENTS = {"hat": r"\hat{{{}}}", "tilde": r"\tilde{{{}}}", "bar": r"\bar{{{}}}"}


def told_apart(equation: str, definitions: Sequence[Definition], notation: Notation) -> tuple[str, tuple[Definition, ...]]:
    """The equation and its definitions with another name for each value that has that of the
    function it is computed with."""
    found = tuple(definitions)
    twofold = [one.name for one in definitions if not one.is_function and is_called(one.value, one.name)]
    for name in twofold if notation == "latex" else ():
        used = names_used(equation, notation).union(*({other.name, *other.uses} for other in found))
        accent = next((accent for accent in _ACCENTS if f"{name}_{accent}" not in used), None)  # a mark with which it is no other
        if accent is not None:
            equation = _renamed(equation, name, accent)
            found = tuple([_with_name(other, name, accent) for other in found])
    return equation, found


def _with_name(definition: Definition, name: str, accent: str) -> Definition:
    head = Head(f"{name}_{accent}", definition.head.arguments) if definition.name == name else definition.head
    uses = frozenset(
        part.replace(name, f"{name}_{accent}", 1) if part.partition("_")[0] == name else part for part in definition.uses
    )
    value = _renamed(definition.value, name, accent)
    own = {f"{name}_{accent}"} if definition.name == name else set()
    return replace(definition, head=head, left=_renamed(definition.left, name, accent), value=value, uses=uses - own)


def _renamed(text: str, name: str, accent: str) -> str:
    """The text with another name where it is not called."""

    def changes() -> Iterator[tuple[int, int, str]]:
        for found in names_at(text):
            if found.base == name and not CALLED.match(text, found.end):
                stem = re.split("[_^]", text[found.start : found.end], maxsplit=1)[0]
                yield found.start, found.start + len(stem), _ACCENTS[accent].format(stem.rstrip())

    return respelled(text, changes())


def without_usual(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions without those that say no more than the language knows."""
    return tuple([one for one in definitions if not _is_usual(one)])


def _is_usual(one: Definition) -> bool:
    usual = USUAL.get(one.name)
    if usual is None or len(one.head.arguments) != 1 or usual.function not in known_functions():
        return False
    argument = one.left.partition("(")[2].rpartition(")")[0].removesuffix("\\right").strip()
    name = usual.function if one.notation == "plain" else rf"\operatorname{{{usual.function}}}"
    return _holds(f"{one.value} = {name}({argument})", f"{one.head.arguments[0]}: scalar")


_TIES = {"symmetric": r"{0}^\top = {0}", "antisymmetric": r"{0}^\top = -{0}"}
_PLAIN_TIES = {"symmetric": "{0}' = {0}", "antisymmetric": "{0}' = -{0}"}


def kept_facts(
    definitions: Sequence[Definition], told: Mapping[str, Declaration], declare: str, declared: Collection[str]
) -> tuple[Mapping[str, str], bool]:
    """What becomes of the facts that are ``told`` of defined names: facts of other names from which
    they follow, and whether some are lost. ``declare`` are the declarations of the others."""
    more: dict[str, str] = {}
    lost = False
    for place, one in enumerate(definitions):
        tie = _tie(told.get(one.name))
        if tie is None:
            continue
        before = "; ".join(other.text for other in definitions[: place + 1])
        form = _TIES if one.notation == "latex" else _PLAIN_TIES
        statement = f"{before}; {form[tie].format(one.written)}"
        if not _holds(statement, declare):
            parts = _parts(one, declared)
            if parts and _holds(statement, joined_declarations(declare, *(f"{name}: {tie}" for name in parts))):
                more |= dict.fromkeys(parts, tie)
            else:
                lost = True
    return more, lost


def _parts(one: Definition, declared: Collection[str]) -> list[str]:
    """The matrices in the value of a definition of which nothing is declared."""
    uses = " ".join(one.uses)
    matrices = [name for name in sorted(one.uses) if name[:1].isupper() and "_" not in name[2:]]
    return [name for name in matrices if name not in declared and f"{name}_" not in uses]


def _tie(declaration: Declaration | None) -> str | None:
    """The tie between entries that follows from what is told of a name."""
    facts = implied(declaration.properties) if declaration is not None else frozenset()
    return next((tie for tie in _TIES if tie in facts), None)


@lru_cache(maxsize=256)
def _holds(statement: str, declare: str) -> bool:
    try:
        return verify(statement, declare=SharedText(declare) if declare else None, help=False).ok
    except MatcalcError:
        return False


_NESTED = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})"
_DERIVED = pattern(
    rf"\\[tdc]?frac\s*\{{\s*\\partial\s*(?P<of>{_NESTED}{{1,60}}?)\s*\}}\s*\{{\s*\\partial\s*(?P<by>{_NESTED}{{1,80}}?)\s*\}}"
)
_MOST_AXES, _SPARE = 2, "pqrsnm"


def with_losses(
    equation: str, structure: Structure, whole: Sequence[Definition], context: Context, line: Line
) -> tuple[tuple[Definition, ...], tuple[Doubt, ...]]:
    """The definitions behind an equation with those of the losses that it has derivatives of alone,
    and why it may prove more than it refutes then.

    What is said of the first derivatives of a loss at one point holds for any loss if it does for
    each linear one, as at a point these have all gradients that there are. So it is asked of one
    with letters for coefficients: of what it is differentiated by that rests on all the rest.
    """
    unreached = _unreached(structure, whole)
    whole = [one for one in whole if one.name not in unreached]
    text = "; ".join([*(one.text for one in whole), equation])
    by = _derived_by(text)
    known = {one.name for one in whole}
    made, several = tuple(whole), False
    for name in sorted(by.keys() - known):
        arguments = list(_arguments(dict.fromkeys(by[name]), whole))
        counts = name in unreached or _is_loss(name, context, line)
        linear = counts and _is_linear(name, text, len(by[name]), structure, whole)
        value = _value(name, arguments, text, whole) if linear and not _is_chained(by, arguments, known) else ""
        if value:
            made = _with(_definition(name, value, arguments, context, line), made)
            several |= len(arguments) > 1
    return made, (*map(_of_unreached, sorted(unreached)), *_of_fixed(equation, whole), *([_OF_SOME] * several))


def _derived_by(text: str) -> dict[str, list[str]]:
    """The names that are differentiated in a text, each with what it is differentiated by, as often
    as it is."""
    found = ((whole_name(one["of"]), one["by"]) for one in _DERIVED.finditer(text))
    return grouped((name, by) for name, by in found if name is not None)


def _is_chained(derived: Iterable[str], arguments: Iterable[str], known: Collection[str]) -> bool:
    """Whether what a loss is a function of is any function of something itself."""
    bases = {_base(one) for one in arguments}
    return any(_base(of) in bases and _base(of) not in known for of in derived)


def _of_fixed(equation: str, whole: Sequence[Definition]) -> Iterator[Doubt]:
    r"""That a loss is varied by something of which another variable in the same sum is made, and
    which may be held fixed there: ``\partial L/\partial c`` beside ``\partial L/\partial h`` with
    ``h = o \tanh c``."""
    dependence = Dependence(whole)
    found = _DERIVED.finditer(equation.partition("=")[2])
    by = grouped((whole_name(one["of"]), _base(one["by"])) for one in found)
    pairs = [pair for its in by.values() for pair in permutations(sorted(set(its)), 2)]
    held = next(((one, other) for one, other in pairs if dependence.of(other, {one})), None)
    if held is not None:
        yield Doubt(f"{held[1]} depends on {held[0]}, and may be held fixed where {held[0]} changes", "false")


def _unreached(structure: Structure, whole: Sequence[Definition]) -> frozenset[str]:
    """The losses whose formulas do not lead to anything that they are differentiated by, as they
    are of the last layer."""
    dependence = Dependence(whole)
    by = grouped((one.name, name) for one in structure.all_derived for name in one.by)
    found = [one.name for one in whole if not one.is_function and one.name in LOSSES and by.get(one.name)]
    below = {name: {*by[name], *map(without_index, by[name])} for name in found}
    derived = {one.name for one in structure.all_derived}
    return frozenset([name for name in found if not dependence.of(name, (derived - {name}) | below[name])])


def _with(loss: Definition, whole: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions with one more, behind what it rests on and before what rests on it."""
    dependence = Dependence(whole)
    resting = [one for one in whole if dependence.of(one.name, {loss.name})]
    return (*(one for one in whole if one not in resting), loss, *resting)


_OF_SOME = Doubt(
    "it is false of some of the functions that have no formula here, and may be true of those that are meant", "false"
)


def _is_loss(name: str, context: Context, line: Line) -> bool:
    """Whether a name is that of a number which the document says nothing else of."""
    told, _ = context.told(name, line.number)
    number = context.may_be_number(name, line) if told is not None else name in LOSSES
    return number and context.definitions.at(name, line.number) is None


def _is_linear(name: str, text: str, count: int, structure: Structure, whole: Sequence[Definition]) -> bool:
    """Whether an equation is about first derivatives of a loss alone: nothing that is
    differentiated rests on it."""
    dependence = Dependence(whole)

    def leads_to_it(names: Iterable[str]) -> bool:
        return any(dependence.of(one, {name}) for one in names)

    if not all(name in side.names or leads_to_it(side.names) for side in (structure.left, structure.right)):
        return False
    spoken = sum(1 for at in names_at(text) if at.base == name)
    others = structure.differentiated | structure.inside | {one.name for one in structure.all_derived}
    return spoken == count and name not in structure.inside and not leads_to_it(others - {name})


def _arguments(by: Collection[str], whole: Sequence[Definition]) -> Iterator[str]:
    """What a loss is a function of: what it is differentiated by, but for what reaches it through
    others of these."""
    dependence = Dependence(whole)
    bases = {base: one for one in by if (base := _base(one))}
    yield from (one for base, one in bases.items() if not any(dependence.of(other, {base}) for other in bases.keys() - {base}))


def _base(text: str) -> str:
    """The name that an entry is of."""
    at = next(iter(names_at(trimmed(text))), None)
    if at is None or text[at.end :].strip():
        return ""
    return at.base if at.indices else at.name


def _indices(text: str) -> str:
    return next((at.indices for at in names_at(trimmed(text))), "")


def _entries(text: str, whole: Sequence[Definition]) -> tuple[str, int]:
    """The array that a loss is a function of as it is written, and how many indices its entries
    have; none where nothing tells it."""
    letters = _indices(text)
    if letters:
        return without_script(trimmed(text)), len(letters)
    return trimmed(text), next((len(_indices(one.left)) for one in whole if one.name == _base(text)), 0)


def _value(name: str, arguments: Iterable[str], text: str, whole: Sequence[Definition]) -> str:
    """The sum of all entries, each with a coefficient; empty where one of these has none, or the
    letters are used up."""
    arrays = [_entries(one, whole) for one in arguments]
    used = {letter for at in names_at(text) for letter in at.name[len(at.base) + 1 :]}
    spare = [letter for letter in _SPARE if letter not in used]
    if not arrays or len(spare) < _MOST_AXES or any(not 0 < axes <= _MOST_AXES for _, axes in arrays):
        return ""
    letters = cycle("abcdef")
    return " + ".join(
        _sum_of(array, spare[:axes], f"by{name}{letter}") for (array, axes), letter in zip(arrays, letters, strict=False)
    )


def _sum_of(array: str, indices: Sequence[str], label: str) -> str:
    """The sum of the entries of an array, each with a coefficient."""
    sums, index = "".join([rf"\sum_{{{letter}}} " for letter in indices]), "".join(indices)
    return rf"{sums}c^{{({label})}}_{{{index}}} {array}_{{{index}}}"


def _definition(name: str, value: str, arguments: Sequence[str], context: Context, line: Line) -> Definition:
    text = rf"\{name}" if len(name) > 1 else name
    said = Said(f"{text}: any function of {', '.join(arguments)}, to first order", line.row.left.place())
    spot = context.spots[line.number]
    uses = names_used(value, line.notation) - {name}
    return Definition(
        Head(name),
        text,
        value,
        line.notation,
        uses,
        said,
        line.number,
        (line.number, line.number),
        spot,
        weights_in(value),
        bold=False,
    )
