"""The definitions that a claim rests on, as it means them: through other functions, told apart from values, with their facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from matcalc.base.errors import MatcalcError
from matcalc.documents.context.defined_names import Definition, names_used
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Dependence, Derived, Structure
from matcalc.documents.context.wording import Line
from matcalc.documents.context.written_names import CALLED, NameAt, is_called, names_at
from matcalc.documents.pieces import Doubt, Notation, joined_declarations
from matcalc.documents.shapes import Head
from matcalc.facts.table import implied
from matcalc.language.declare.declared import Declaration, SharedText
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import known_functions
from matcalc.verification.judgement import verify


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


_ACCENTS = {"hat": r"\hat{{{}}}", "tilde": r"\tilde{{{}}}", "bar": r"\bar{{{}}}"}


def told_apart(equation: str, definitions: Sequence[Definition], notation: Notation) -> tuple[str, tuple[Definition, ...]]:
    """The equation and its definitions with another name for each value that has that of the function it is computed with."""
    found = tuple(definitions)
    for one in definitions:
        if one.is_function or notation != "latex" or not is_called(one.value, one.name):
            continue
        used = frozenset(name for other in found for name in (other.name, *other.uses)) | names_used(equation, notation)
        accent = next((accent for accent in _ACCENTS if f"{one.name}_{accent}" not in used), None)
        if accent is not None:
            equation = _renamed(equation, one.name, accent)
            found = tuple([_with_name(other, one.name, accent) for other in found])
    return equation, found


def _with_name(definition: Definition, name: str, accent: str) -> Definition:
    head = Head(f"{name}_{accent}", definition.head.arguments) if definition.name == name else definition.head
    uses = frozenset(part.replace(name, f"{name}_{accent}", 1) if part.partition("_")[0] == name else part for part in definition.uses)
    value = _renamed(definition.value, name, accent)
    own = {f"{name}_{accent}"} if definition.name == name else set()
    return replace(definition, head=head, left=_renamed(definition.left, name, accent), value=value, uses=uses - own)


def _renamed(text: str, name: str, accent: str) -> str:
    """The text with another name where it is not called."""
    out, at = [], 0
    for found in names_at(text):
        if found.base != name or CALLED.match(text, found.end):
            continue
        stem = _stem(text, found)
        out += [text[at : found.start], _ACCENTS[accent].format(stem.rstrip()), text[found.start + len(stem) : found.end]]
        at = found.end
    return "".join([*out, text[at:]])


def _stem(text: str, found: NameAt) -> str:
    """The name as it is written, without what hangs on it."""
    written = text[found.start : found.end]
    return written.partition("_")[0].partition("^")[0]


def without_usual(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """The definitions without those that say no more than the language knows."""
    return tuple([one for one in definitions if not _is_usual(one)])


def _is_usual(one: Definition) -> bool:
    usual = USUAL.get(one.name)
    if usual is None or len(one.head.arguments) != 1 or usual.function not in known_functions():
        return False
    argument = one.left.partition("(")[2].rpartition(")")[0].removesuffix("\\right").strip()
    name = usual.function if one.notation == "plain" else rf"\operatorname{{{usual.function}}}"
    return _is_equal(f"{one.value} = {name}({argument})", one.head.arguments[0])


@lru_cache(maxsize=64)
def _is_equal(statement: str, argument: str) -> bool:
    try:
        return verify(statement, declare={argument: "scalar"}, help=False).ok
    except MatcalcError:
        return False


_TIES = {"symmetric": r"{0}^\top = {0}", "antisymmetric": r"{0}^\top = -{0}"}
_PLAIN_TIES = {"symmetric": "{0}' = {0}", "antisymmetric": "{0}' = -{0}"}


@dataclass(frozen=True, slots=True)
class Kept:
    """``more`` are facts of other names from which those of the defined ones follow; ``lost`` the names of which some are lost."""

    more: Mapping[str, str]
    lost: tuple[str, ...]


def kept_facts(definitions: Sequence[Definition], told: Mapping[str, Declaration], declare: str, declared: Iterable[str]) -> Kept:
    """What becomes of the facts that are ``told`` of defined names; ``declare`` are the declarations of the others."""
    more: dict[str, str] = {}
    lost: list[str] = []
    for place, one in enumerate(definitions):
        tie = _tie(told.get(one.name))
        if tie is None:
            continue
        before = "; ".join(other.text for other in definitions[: place + 1])
        form = _TIES if one.notation == "latex" else _PLAIN_TIES
        statement = f"{before}; {form[tie].format(one.written)}"
        parts = [name for name in sorted(one.uses) if name[:1].isupper() and "_" not in name[2:] and name not in declared]
        parts = [name for name in parts if f"{name}_" not in " ".join(one.uses)]
        if _holds(statement, declare):
            continue
        if parts and _holds(statement, joined_declarations(declare, *(f"{name}: {tie}" for name in parts))):
            more |= dict.fromkeys(parts, tie)
        else:
            lost.append(one.name)
    return Kept(more, tuple(lost))


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
