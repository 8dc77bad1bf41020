"""What an equation of a document differentiates, and by what, told from its syntax; and the doubts
that leaves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import open_indices
from matcalc.documents.blocks import Doubt
from matcalc.documents.context.defined_names import Definition, Dependence, closed, vocabulary_of
from matcalc.documents.context.layers_and_steps import is_of_a_step
from matcalc.documents.context.overview import Context
from matcalc.documents.context.wording import Line
from matcalc.documents.context.written_derivatives import composed, quotients, without_subscripts
from matcalc.documents.context.written_names import UNNAMED, names_at, whole_name, without_index
from matcalc.documents.cues import cue_table
from matcalc.documents.sides import before_brackets, head_of, is_derivative
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import number_in, ungrouped, walk
from matcalc.language.text.meanings import USUAL
from matcalc.language.text.spelling import Vocabulary, known_functions
from matcalc.language.text.terminals import PARTIALS, WRITTEN_OUT


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivative of a name as it stands, ``∂L/∂z``, by each of ``by``; a differential has none of
    these."""

    name: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One side of an equation: the ``names`` in it, without indices and constants, what it calls,
    whether it holds a derivative or an array that is written out, and the ``number`` that it is."""

    names: frozenset[str]
    called: frozenset[str] = frozenset()
    derived: bool = False
    number: Fraction | None = None
    written_out: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """``by`` are the names that an equation differentiates by, ``derived`` the derivatives of names
    in it (``all_derived``: in its definitions, too), ``inside`` the names in what else it
    differentiates, ``called`` the functions that it calls, ``elsewhere`` those of which it has the
    gradient at other names than their own arguments, ``gradients`` those of which it has it as they
    stand."""

    by: frozenset[str]
    derived: tuple[Derived, ...]
    inside: frozenset[str]
    called: frozenset[str]
    all_derived: tuple[Derived, ...]
    differential: bool
    left: Part
    right: Part
    elsewhere: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()

    @property
    def every_by(self) -> frozenset[str]:
        """What the equation and the definitions behind it differentiate by, entries of arrays as
        these, too."""
        return self.by.union(name for one in self.all_derived for wrt in one.by for name in (wrt, without_index(wrt)))

    @property
    def differentiated(self) -> frozenset[str]:
        """The names that the equation differentiates as they stand."""
        return frozenset(one.name for one in self.derived)


def structure_of(
    equation: str, definitions: Sequence[Definition], declared: Iterable[str], called: Collection[str] = ()
) -> Structure | None:
    """The structure of an equation in which these names have a meaning, those ``called`` as
    functions without a formula; None for one that is not in the language."""
    vocabulary = vocabulary_of(definitions, declared, called)
    try:
        program = parse_syntax(equation, vocabulary).program
    except MatcalcError:
        return None
    sides = _sides(program.value)
    if sides is None:
        return None
    own = walk(program)
    nodes = [*own, *chain.from_iterable(_value(one, vocabulary) for one in definitions)]
    known = {one.name for one in definitions}
    return Structure(
        by=frozenset(_wrt(own)).union(without_index(name, known) for name in _wrt(own)),
        derived=tuple(_all_derived(own, known)),
        inside=frozenset(chain.from_iterable(_inside(node, known) for node in own)),
        called=_functions_called(own),
        all_derived=tuple(_all_derived(nodes, known)),
        differential=any(isinstance(node, s.DifferentialOf) for node in own),
        left=_part(sides[0], known),
        right=_part(sides[1], known),
        elsewhere=frozenset(_elsewhere(node, definitions) for node in own) - {""},
        gradients=frozenset(map(_gradient, own)) - {""},
    )


def _wrt(nodes: Iterable[s.Syntax]) -> Iterator[str]:
    """What nodes differentiate by, entries as they are written."""
    yield from (name for node in nodes if isinstance(node, s.DerivativeOf) for name in node.wrt)


def _all_derived(nodes: Iterable[s.Syntax], known: Collection[str]) -> Iterator[Derived]:
    """The derivatives of names among nodes."""
    yield from (found for node in nodes if (found := _derived(node, known)) is not None)


def _functions_called(nodes: Iterable[s.Syntax]) -> frozenset[str]:
    """The functions that nodes call, those of the language left out."""
    called = frozenset(_function(node) for node in nodes if isinstance(node, s.Applied))
    return called - _KNOWN_BY_SYNTAX - known_functions()


def _sides(value: s.Syntax) -> tuple[s.Syntax, s.Syntax] | None:
    match value:
        case s.Equation(left=left, right=right):
            return left, right
        case s.Chain(sides=sides):
            return sides[0], sides[-1]
        case s.Implication(conclusion=conclusion):
            return conclusion.left, conclusion.right
        case _:
            return None


def _part(side: s.Syntax, known: Collection[str]) -> Part:
    nodes = walk(side)
    indices = {index for node in nodes if isinstance(node, s.Summation) for index in node.indices}
    names = {_of_entry(name, known) for name in _names(nodes) - _CONSTANTS - indices}
    names |= {without_index(name, known) for name in _wrt(nodes)}
    derived = any(isinstance(node, (s.DerivativeOf, s.DifferentialOf)) or _of_all_partials(node) is not None for node in nodes)
    array = any(isinstance(node, s.Applied) and node.function == WRITTEN_OUT for node in nodes)
    return Part(frozenset(names) - {"I"}, _functions_called(nodes), derived, number_in(side), array)


def _names(nodes: Iterable[s.Syntax]) -> frozenset[str]:
    return frozenset(node.name for node in nodes if isinstance(node, s.Name))


_ENTRY = re.compile(r"([A-Z][a-z]*)_[a-z]{2}")


def _of_entry(name: str, known: Collection[str]) -> str:
    """The name of what an entry is of; that of the identity for a Kronecker delta."""
    entry = _ENTRY.fullmatch(name)
    if entry is not None and name not in known:
        return entry[1]
    return "I" if name.startswith("delta_") and len(name) == len("delta_ij") else without_index(name, known)


def names_behind(part: Part, definitions: Sequence[Definition]) -> frozenset[str]:
    """What a side is made of: the names in their values in the place of those that have one."""
    values = {one.name: one for one in definitions}
    vocabulary = Vocabulary().defining({}, list(values), ())
    found: set[str] = set()
    seen: set[tuple[str, bool]] = set()
    waiting = [(part.names, False), (part.called, True)]
    while waiting:
        names, called = waiting.pop()
        for name in names:
            if (name, called) in seen:
                continue
            seen.add((name, called))
            one = values.get(name)
            if one is None:
                found |= set() if called else {name}
                continue
            inner, arguments = _inner(one, vocabulary, values), set(one.head.arguments)
            found |= set() if called else arguments & inner.names
            waiting += [(inner.names - arguments, False), (inner.called, True)]
    return frozenset(found)


def _inner(one: Definition, vocabulary: Vocabulary, known: Collection[str]) -> Part:
    """The value of a definition as a side; where it is not in the language, its names alone."""
    nodes = _value(one, vocabulary)
    return _part(nodes[0], known) if nodes else Part(one.uses)


def _value(definition: Definition, vocabulary: Vocabulary) -> list[s.Syntax]:
    """The nodes of what a definition gives; none where it is not in the language."""
    try:
        return walk(parse_syntax(definition.value, vocabulary).program)
    except MatcalcError:
        return []


def _gradient(node: s.Syntax) -> str:
    """The function of which a node is the gradient as it stands; empty for another node."""
    body = _of_all_partials(node)
    return body.name if isinstance(body, s.Name) else ""


def _of_all_partials(node: s.Syntax) -> s.Syntax | None:
    """What a node is the gradient or the Hessian of."""
    return node.arguments[0] if isinstance(node, s.Applied) and node.function in PARTIALS else None


def _elsewhere(node: s.Syntax, definitions: Iterable[Definition]) -> str:
    """The function of which a node is the gradient at other names than its arguments; empty for
    another node."""
    body = _of_all_partials(node)
    if not isinstance(body, s.Applied):
        return ""
    names = tuple([argument.name for argument in body.arguments if isinstance(argument, s.Name)])
    known = any(one.name == body.function and one.head.arguments == names for one in definitions)
    return body.function if len(names) == len(body.arguments) and not known else ""


def _derived(node: s.Syntax, known: Collection[str]) -> Derived | None:
    if not isinstance(node, (s.DerivativeOf, s.DifferentialOf)):
        return None
    body = ungrouped(node.body)
    by = node.wrt if isinstance(node, s.DerivativeOf) else ()
    if isinstance(body, s.Name):
        return Derived(without_index(body.name, known), by)
    return Derived(_function(body), by) if isinstance(body, s.Applied) and _function(body) not in known_functions() else None


def _inside(node: s.Syntax, known: Collection[str]) -> Iterator[str]:
    """The names in what is differentiated, where that is more than a name."""
    if isinstance(node, (s.DerivativeOf, s.DifferentialOf)) and _derived(node, known) is None:
        yield from (without_index(inner.name, known) for inner in walk(node.body) if isinstance(inner, s.Name))


def _function(node: s.Applied) -> str:
    return node.function.rstrip("'")


_KNOWN_BY_SYNTAX = frozenset([WRITTEN_OUT, *PARTIALS])
_CONSTANTS = frozenset(["I", "e", "pi", "eye"])


def variables(structure: Structure, definitions: Sequence[Definition]) -> frozenset[str]:
    """The defined names that an equation takes for variables: it differentiates by them, and by
    nothing that they depend on."""
    dependence = Dependence(definitions)
    known = {one.name for one in definitions}
    return frozenset(name for name in structure.by & known if not dependence.of(name, structure.every_by - {name}))


def needed(structure: Structure, definitions: Sequence[Definition], names: Iterable[str]) -> tuple[Definition, ...]:
    """The definitions without which an equation says something else: of what it differentiates and
    calls, and of all that depends on what it differentiates by. Its variables keep no value.
    ``names`` are those of the equation.
    """
    dependence = Dependence(definitions)
    free = variables(structure, definitions)
    kept = [one for one in definitions if one.name not in free]
    roots = (structure.differentiated | structure.called | structure.gradients) - structure.by
    roots |= {name for name in names if dependence.of(name, structure.by)}
    counting = [one.name for one in kept if one.is_function or dependence.of(one.name, structure.every_by)]
    uses = {one.name: one.uses.intersection(counting) for one in kept}
    found = closed(roots & uses.keys(), uses)
    return tuple([one for one in definitions if one.name in found])


def doubts_of(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> tuple[Doubt, ...]:
    """Why a refutation of an equation is not to be believed; ``whole`` are all definitions behind
    it."""
    defined = {one.name for one in whole}
    every = _spoken_of(line) | {used for one in whole for used in one.uses if not is_of_a_step(one.name)}
    free = every - defined
    alone = next(_not_understood(structure, whole, free, context, line), None)
    if alone is not None:
        return (alone,)
    return (
        *_of_writing(line, context),
        *_of_usual(free, context, line),
        *_of_factors(every, context, line),
        *_of_others(structure, whole, context, line),
        *_of_constants(whole),
        *_of_places(line, frozenset(one.name for one in whole if one.is_function)),
        *_of_other_layers(whole),
        *_of_introduced(structure, context, line),
        *of_rows(context),
        *_of_conditions_said(context, line),
        *_of_derivatives(structure, defined),
        *_of_values(structure, whole, context.sizes, line),
    )


def _not_understood(
    structure: Structure, whole: Sequence[Definition], free: Collection[str], context: Context, line: Line
) -> Iterator[Doubt]:
    """What makes any other doubt needless: something in the equation is not understood at all."""
    obscure = [name for name in sorted(free) if _is_obscure(name, structure, context, line)]
    if obscure:
        yield Doubt(f"{obscure[0]} has a definition that is not read", "false", tuple(obscure))
    for one in whole if line.row.link else ():
        if one.link and one.number - one.link == line.number - line.row.link:
            yield Doubt(f"the first of what {one.name} is said to be is not read", "false")
    called = structure.left.called | structure.right.called
    bare = (structure.left.names | structure.right.names) - structure.differentiated
    yield from (Doubt(f"{name} is a function and a value") for name in sorted(called & bare))
    maps = [name for name in sorted(free) if _is_map_of_vectors(name, context, line)]
    yield from (Doubt(f"{name} is a function without a formula", "false") for name in maps)


def _of_other_layers(whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That what is said of another layer may be otherwise here."""
    for one in whole:
        if one.perhaps:
            yield Doubt(f"{one.name} is known from another layer, and may be another function here", "false")


def _of_introduced(structure: Structure, context: Context, line: Line) -> Iterator[Doubt]:
    """That the name before brackets may be that of a function which the equation defines."""
    name = before_brackets(line.row.first.text, line.notation)
    if name in structure.left.names - structure.right.names and context.told(name, line.number)[0] is None:
        yield Doubt(f"{name} may be a function that the equation introduces")


def _of_conditions_said(context: Context, line: Line) -> Iterator[Doubt]:
    if line.number in context.conditional:
        yield Doubt("it is said to hold under a condition that is not understood")


def _of_derivatives(structure: Structure, defined: Set[str]) -> Iterator[Doubt]:
    """What derivatives may mean otherwise: rows and columns, other arguments, values at a point."""
    sides = structure.left, structure.right
    if all(one.derived for one in sides) or structure.differentiated - defined - structure.by:
        yield Doubt("products of derivatives are written in more ways than one", "misfit")
    yield from (Doubt(f"{name} was defined with other arguments") for name in sorted(structure.elsewhere))
    if any(one.derived and one.names and _is_of_numbers(other) for one, other in (sides, sides[::-1])):
        yield Doubt("numbers: perhaps the values at a point")


def _of_values(structure: Structure, whole: Sequence[Definition], sizes: Collection[str], line: Line) -> Iterator[Doubt]:
    """That an equation without derivatives may be a condition on values, or one about estimates."""
    primed = any(is_derivative(side) for side in _sides_of(line))
    if not (structure.differential or structure.left.derived or structure.right.derived or primed):
        yield from _of_estimates(structure, whole)
        yield from _of_condition(structure, whole, sizes, line)


def _sides_of(line: Line) -> list[str]:
    """The first side of a row, and its right one."""
    return [side.text for side in (line.row.first, line.row.right) if side is not None]


def _is_map_of_vectors(name: str, context: Context, line: Line) -> bool:
    """Whether a name is a function of which the text says only from where to where it goes, which
    is read as a factor."""
    told = context.maps.at(name, line.number)
    return told is not None and "vector" in (told.domain, told.values) and context.told(name, line.number)[0] is None


def _of_factors(names: Collection[str], context: Context, line: Line) -> Iterator[Doubt]:
    """That letters which stand as the factors of an eigendecomposition do may be such, where the
    text says nothing of them."""
    told = sorted(name for name in context.factors & set(names) if context.told(name, line.number)[0] is None)
    if len(told) > 1:
        yield Doubt(f"{' and '.join(told)} may be factors of an eigendecomposition", "false")


def _of_constants(whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That what a text leaves out as constant may be so to one of several variables alone."""
    for one in whole:
        if UNNAMED in one.special and len(one.head.arguments) != 1:
            yield Doubt(f"what is left out of {one.name} as constant may depend on this variable", "false")


def of_rows(context: Context) -> tuple[Doubt, ...]:
    """That vectors may be rows, where the text has them so in other products."""
    return (Doubt("vectors are columns as it was read, and rows in other products of the text", "rows"),) if context.rows else ()


def _of_estimates(structure: Structure, whole: Sequence[Definition]) -> Iterator[Doubt]:
    """That a letter may stand for its estimate, on which the other side rests: ``y - X b`` where
    ``\\hat y = X \\hat b``."""
    own = structure.left.names | structure.right.names
    for one in whole:
        letter, _, accent = one.name.partition("_")
        if letter in own and one.name not in own and accent.partition("_")[0] in _ESTIMATES:
            yield Doubt(f"{letter} may stand for {one.name}")


_ESTIMATES = frozenset(["hat", "tilde", "star", "check"])
"""Marks of a letter that tell its estimate, or its best value."""


def _of_usual(names: Collection[str], context: Context, line: Line) -> Iterator[Doubt]:
    """That a function which the text names may be the usual one of its letter: sigma the
    sigmoid."""
    for name in sorted(USUAL.keys() & set(names)):
        declaration = context.told(name, line.number)[0]
        if declaration is not None and declaration.kind == "function":
            yield Doubt(f"it is false of some functions {name}, and may be true of the usual one", "false")


def _is_obscure(name: str, structure: Structure, context: Context, line: Line) -> bool:
    """Whether a name stands for something that is not read; to a derivative a second moment is a
    matrix like any other."""
    if structure.by and context.moments.at(name, line.number)[0] is not None:
        return False
    return context.definitions.is_obscure(name, line.number)


def _spoken_of(line: Line) -> frozenset[str]:
    """The names in a row, with and without their indices; without those of the letters that stand
    with a step."""
    found = names_at(line.row.text, line.notation)
    return frozenset(name for at in found for name in ((at.name,) if is_of_a_step(at.name) else (at.name, at.base)))


def _of_others(structure: Structure, whole: Sequence[Definition], context: Context, line: Line) -> Iterator[Doubt]:
    """That a name stands for another one with its letter, which was defined since: ``df/dx`` behind
    ``f_c(x) = c + x``."""
    for one in whole:
        if one.is_function and one.name in structure.differentiated:
            yield from (
                Doubt(f"{name} is defined nearer") for name in context.definitions.of_letter(one.name, one.number, line.number)
            )
    yield from (Doubt(f"the index of {one.head.name} does not stand in its formula") for one in whole if _is_labelled(one))
    related = {one.name for one in whole if _is_of_relatives(one)}
    apart = sorted(related & (structure.left.names ^ structure.right.names))
    yield from (Doubt(f"{name} stands on one side alone, and several are called so") for name in apart)


def _is_of_relatives(one: Definition) -> bool:
    """Whether a name has a value of others that are called as it is, but for an index."""
    called = {without_index(used, (one.name,)) for used in one.uses}
    return one.name in called and head_of(one.value, one.notation) is None


def _is_labelled(one: Definition) -> bool:
    """Whether a name with an index has a formula without it: the index is a label, or every entry
    is the same."""
    index = one.head.name.removeprefix(one.name).removeprefix("_")
    return not set(index) <= open_indices(one.value)


def _is_of_numbers(part: Part) -> bool:
    """Whether a side is an array of numbers."""
    return part.written_out and not (part.names or part.called or part.derived)


_PRIMED = pattern(r"(?:[A-Za-z]|\})'+(?!\s*\()")
_COMPOSED = pattern(r"\(\s*[A-Za-z]\s*(?:\\circ|∘)\s*[A-Za-z]\s*\)(?:\s|'|′|\^\s*\{?(?:\s*\\prime)+\s*\}?)*(?:\\left)?\(")
_TURNED = pattern(r"\^\s*\{?\s*(?:T\b|\\top|\\intercal|\\mathsf|\\mathrm|\\prime)")


def _of_writing(line: Line, context: Context) -> Iterator[Doubt]:
    """Doubts that the text of an equation itself gives."""
    sides = _sides_of(line)
    if line.notation == "latex":
        sides = [without_subscripts(side, lambda name: context.partly_derived(name, line)) for side in sides]
        if all(any(form.search(side) for side in sides) for form in (_PRIMED, _TURNED)):
            yield Doubt("what has a prime may be another matrix, as a transpose is written otherwise")
    if any(_COMPOSED.search(composed(side)) for side in sides):
        yield Doubt("the composition of functions is not read")
    if len({bool(open_indices(side)) for side in sides}) > 1:
        yield Doubt("indices stand on one side alone")


_GRADIENT_OF = pattern(
    r"(?:\\nabla|∇)(?:\s*(?:\^\s*\{?\s*2\s*\}?|²))?\s*(?P<outer>\\?[A-Za-z]+)\s*(?:\\left)?\((?P<inside>[^()]*)\("
)


def _of_places(line: Line, functions: Set[str]) -> Iterator[Doubt]:
    """That a gradient may be one of a composition, ``\\nabla g(f(x))``, and a bracket behind a
    derivative the point where it is taken."""
    for text in _sides_of(line):
        for found in _GRADIENT_OF.finditer(text):
            inner = [at.name for at in names_at(found["inside"], line.notation)][-1:]
            if inner and functions >= {found["outer"].strip("\\"), *inner}:
                yield Doubt(f"the gradient may be that of {found['outer']} alone, or of the composition", "false")
        for one in quotients(text):
            point = whole_name(one.point or "")
            if point not in (None, one.variable) and point.partition("_")[0] == one.variable.partition("_")[0]:
                yield Doubt(f"{one.point} may be the point where the derivative is taken", "false")


def _of_condition(structure: Structure, whole: Sequence[Definition], sizes: Collection[str], line: Line) -> tuple[Doubt, ...]:
    """That an equation without derivatives may be none that holds for all values of its symbols."""
    constant = {*sizes, *cue_table()["names"]["constants"]}
    left = names_behind(structure.left, whole) - constant
    right = names_behind(structure.right, whole) - constant
    apart = ", ".join(sorted(left ^ right)[:_MOST])
    some = (Doubt(f"{apart} stands on one side only: it may be a condition, no identity"),) if apart else ()
    own = structure.left.names | structure.right.names
    if len(own) == 1 and structure.left.names == structure.right.names:
        unknown = min(own)
        lone = head_of(line.row.first.text, line.notation) is not None and unknown.islower()  # x = x^4 is to be solved
        if lone or unknown not in {one.name for one in whole}:
            some = (*some, Doubt(f"it may be a fact about {unknown}", "false" if lone else "always"))
    return (*some, Doubt("it may be a condition on these numbers, no identity", "numbers"))


_MOST = 3
