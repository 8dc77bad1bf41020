"""What an equation of a document differentiates, and by what: told from its syntax, before kinds and values are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.base.errors import MatcalcError
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.names import without_index
from matcalc.language import parse_syntax
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import number_in, ungrouped, walk
from matcalc.language.text.terminals import PARTIALS, WRITTEN_OUT
from matcalc.language.text.vocabulary import Vocabulary, known_functions


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivative of a name as it stands, ``∂L/∂z``, by each of ``by``; a differential has none of these."""

    name: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One side of an equation: the ``names`` in it, without indices and constants, what it calls, whether it holds a derivative or an
    array that is written out, and the ``number`` that it is."""

    names: frozenset[str]
    called: frozenset[str] = frozenset()
    derived: bool = False
    number: Fraction | None = None
    written_out: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """``by`` are the names that an equation differentiates by, ``derived`` the derivatives of names in it (``all_derived``: in its
    definitions, too), ``inside`` the names in what else it differentiates, ``called`` the functions that it calls, ``elsewhere`` those of
    which it has the gradient at other names than their own arguments, ``gradients`` those of which it has it as they stand."""

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
        """What the equation and the definitions behind it differentiate by, entries of arrays as these, too."""
        return self.by.union(name for one in self.all_derived for wrt in one.by for name in (wrt, without_index(wrt)))

    @property
    def differentiated(self) -> frozenset[str]:
        """The names that the equation differentiates as they stand."""
        return frozenset(one.name for one in self.derived)


def structure_of(
    equation: str, definitions: Sequence[Definition], declared: Iterable[str], called: Collection[str] = ()
) -> Structure | None:
    """The structure of an equation in which these names have a meaning, those ``called`` as functions without a formula; None for one that
    is not in the language."""
    functions = {one.name: one.head.arguments for one in definitions if one.is_function}
    vocabulary = Vocabulary.of((), called).defining(functions, [one.name for one in definitions if not one.is_function], declared)
    try:
        program = parse_syntax(equation, vocabulary).program
    except MatcalcError:
        return None
    sides = _sides(program.value)
    if sides is None:
        return None
    own = walk(program)
    nodes = [*own, *(node for one in definitions for node in _value(one, vocabulary))]
    known = {one.name for one in definitions}
    derived = [found for node in own if (found := _derived(node, known)) is not None]
    everywhere = [found for node in nodes if (found := _derived(node, known)) is not None]
    return Structure(
        by=frozenset(
            name for node in own if isinstance(node, s.DerivativeOf) for wrt in node.wrt for name in (wrt, without_index(wrt, known))
        ),
        derived=tuple(derived),
        inside=frozenset(name for node in own for name in _inside(node, known)),
        called=frozenset(_function(node) for node in own if isinstance(node, s.Applied)) - _KNOWN_BY_SYNTAX - known_functions(),
        all_derived=tuple(everywhere),
        differential=any(isinstance(node, s.DifferentialOf) for node in own),
        left=_part(sides[0], known),
        right=_part(sides[1], known),
        elsewhere=frozenset(name for node in own if (name := _elsewhere(node, functions))),
        gradients=frozenset(name for node in own if (name := _gradient(node))),
    )


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
    names = {_of_entry(node.name, known) for node in nodes if isinstance(node, s.Name) and node.name not in _CONSTANTS | indices}
    names |= {without_index(name, known) for node in nodes if isinstance(node, s.DerivativeOf) for name in node.wrt}
    called = frozenset(_function(node) for node in nodes if isinstance(node, s.Applied)) - _KNOWN_BY_SYNTAX - known_functions()
    derived = any(isinstance(node, (s.DerivativeOf, s.DifferentialOf)) or _has_all_partials(node) for node in nodes)
    array = any(isinstance(node, s.Applied) and node.function == WRITTEN_OUT for node in nodes)
    return Part(frozenset(names) - {"I"}, called, derived, number_in(side), array)


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
    found: set[str] = set()
    seen: set[tuple[str, bool]] = set()
    waiting = [*((name, False) for name in part.names), *((name, True) for name in part.called)]
    while waiting:
        name, called = waiting.pop()
        if (name, called) in seen:
            continue
        seen.add((name, called))
        if name not in values:
            found |= set() if called else {name}
            continue
        one = values[name]
        nodes = _value(one, Vocabulary().defining({}, list(values), ()))
        inner = _part(nodes[0], values) if nodes else Part(one.uses)
        arguments = set(one.head.arguments)
        found |= set() if called else arguments & inner.names
        waiting += [*((other, False) for other in inner.names - arguments), *((other, True) for other in inner.called)]
    return frozenset(found)


def _value(definition: Definition, vocabulary: Vocabulary) -> list[s.Syntax]:
    """The nodes of what a definition gives; none where it is not in the language."""
    try:
        return walk(parse_syntax(definition.value, vocabulary).program)
    except MatcalcError:
        return []


def _has_all_partials(node: s.Syntax) -> bool:
    """Whether a node is the gradient or the Hessian of a function of several arguments."""
    return isinstance(node, s.Applied) and node.function in PARTIALS


def _gradient(node: s.Syntax) -> str:
    """The function of which a node is the gradient as it stands; empty for another node."""
    body = node.arguments[0] if isinstance(node, s.Applied) and _has_all_partials(node) else None
    return body.name if isinstance(body, s.Name) else ""


def _elsewhere(node: s.Syntax, functions: Mapping[str, tuple[str, ...]]) -> str:
    """The function of which a node is the gradient at other names than its arguments; empty for another node."""
    body = node.arguments[0] if isinstance(node, s.Applied) and _has_all_partials(node) else None
    if not isinstance(body, s.Applied) or any(not isinstance(argument, s.Name) for argument in body.arguments):
        return ""
    names = tuple([argument.name for argument in body.arguments if isinstance(argument, s.Name)])
    return "" if names == functions.get(body.function) else body.function


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


class Dependence:
    """Which of some definitions depend on which names, through each other."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._uses = {one.name: one.uses for one in definitions}

    def of(self, name: str, others: Iterable[str]) -> bool:
        """Whether the value of a name depends on one of the others; it does on itself only through others."""
        wanted = frozenset(others)
        seen: set[str] = set()
        waiting = list(self._uses.get(name, ()))
        while waiting:
            used = waiting.pop()
            if used in wanted:
                return True
            if used not in seen:
                seen.add(used)
                waiting += self._uses.get(used, ())
        return False


def variables(structure: Structure, definitions: Sequence[Definition]) -> frozenset[str]:
    """The defined names that an equation takes for variables: it differentiates by them, and by nothing that they depend on."""
    dependence = Dependence(definitions)
    known = {one.name for one in definitions}
    return frozenset(name for name in structure.by & known if not dependence.of(name, structure.every_by - {name}))


def needed(structure: Structure, definitions: Sequence[Definition], names: Iterable[str]) -> tuple[Definition, ...]:
    """The definitions without which an equation says something else: of what it differentiates and calls, and of all that depends on what
    it differentiates by. Its variables keep no value. ``names`` are those of the equation.
    """
    dependence = Dependence(definitions)
    known = {one.name: one for one in definitions}
    free = variables(structure, definitions)
    roots = (structure.differentiated | structure.called | structure.gradients) - structure.by
    found: set[str] = set()
    waiting = [name for name in known if name in roots or (name in names and dependence.of(name, structure.by))]
    while waiting:
        name = waiting.pop()
        if name in found or name in free:
            continue
        found.add(name)
        used = known[name].uses & known.keys()
        waiting += [other for other in used if known[other].is_function or dependence.of(other, structure.every_by)]
    return tuple([one for one in definitions if one.name in found])


def reached(names: Iterable[str], definitions: Sequence[Definition], stop: Collection[str]) -> tuple[Definition, ...]:
    """The definitions that names rest on, but for those of the names to ``stop`` at and what only these rest on."""
    known = {one.name: one for one in definitions}
    found: set[str] = set()
    waiting = [name for name in names if name in known]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in stop:
            found.add(name)
            waiting += known[name].uses & known.keys()
    return tuple([one for one in definitions if one.name in found])
