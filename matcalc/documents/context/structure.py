"""What an equation of a document differentiates, and by what, told from its syntax."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from matcalc.documents.context.defined_names import Definition, Dependence, closed, program_of, vocabulary_of
from matcalc.documents.context.written_names import without_index
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import number_in, ungrouped, walk
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
    program = program_of(equation, vocabulary)
    sides = None if program is None else _sides(program.value)
    if program is None or sides is None:
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
    return called - {WRITTEN_OUT, *PARTIALS} - known_functions()


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
    names = {_of_entry(name, known) for name in _names(nodes) - {"I", "e", "pi", "eye"} - indices}
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
    program = program_of(definition.value, vocabulary)
    return [] if program is None else walk(program)


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
