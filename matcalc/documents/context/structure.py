"""What an equation of a document differentiates, and by what: told from its syntax, before kinds and values are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.names import without_index
from matcalc.errors import MatcalcError
from matcalc.language import parse_syntax
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import ungrouped, walk
from matcalc.language.text.vocabulary import Vocabulary, known_functions


@dataclass(frozen=True, slots=True)
class Derived:
    """A derivative of a name as it stands, ``∂L/∂z``, by each of ``by``; a differential has none of these."""

    name: str
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """``by`` are the names that an equation differentiates by, ``derived`` the derivatives of names in it, ``called`` the functions that it
    calls. ``only_derived`` are the names that stand nowhere but as what is differentiated once, be it in a definition."""

    by: frozenset[str]
    derived: tuple[Derived, ...]
    called: frozenset[str]
    only_derived: frozenset[str]
    all_derived: tuple[Derived, ...]
    differential: bool

    @property
    def differentiated(self) -> frozenset[str]:
        """The names that the equation differentiates as they stand."""
        return frozenset(one.name for one in self.derived)


def structure_of(equation: str, definitions: Sequence[Definition], declared: Iterable[str]) -> Structure | None:
    """The structure of an equation in which these names have a meaning; None for one that is not in the language."""
    functions = {one.name: one.head.arguments for one in definitions if one.is_function}
    vocabulary = Vocabulary().defining(functions, [one.name for one in definitions if not one.is_function], declared)
    try:
        own = walk(parse_syntax(equation, vocabulary).program)
    except MatcalcError:
        return None
    nodes = [*own, *(node for one in definitions for node in _value(one, vocabulary))]
    known = {one.name for one in definitions}
    derived = [found for node in own if (found := _derived(node, known)) is not None]
    everywhere = [found for node in nodes if (found := _derived(node, known)) is not None]
    uses = Counter(node.name for node in nodes if isinstance(node, s.Name))
    bodies = Counter(one.name for one in everywhere if len(one.by) == 1)
    return Structure(
        by=frozenset(
            name for node in own if isinstance(node, s.DerivativeOf) for wrt in node.wrt for name in (wrt, without_index(wrt, known))
        ),
        derived=tuple(derived),
        called=frozenset(_function(node) for node in own if isinstance(node, s.Applied)) - known_functions(),
        only_derived=frozenset(name for name, count in bodies.items() if uses[name] == count),
        all_derived=tuple(everywhere),
        differential=any(isinstance(node, s.DifferentialOf) for node in own),
    )


def _value(definition: Definition, vocabulary: Vocabulary) -> list[s.Syntax]:
    """The nodes of what a definition gives; none where it is not in the language."""
    try:
        return walk(parse_syntax(definition.value, vocabulary).program)
    except MatcalcError:
        return []


def _derived(node: s.Syntax, known: Collection[str]) -> Derived | None:
    if not isinstance(node, (s.DerivativeOf, s.DifferentialOf)):
        return None
    body = ungrouped(node.body)
    by = node.wrt if isinstance(node, s.DerivativeOf) else ()
    if isinstance(body, s.Name):
        return Derived(without_index(body.name, known), by)
    return Derived(_function(body), by) if isinstance(body, s.Applied) and _function(body) not in known_functions() else None


def _function(node: s.Applied) -> str:
    return node.function.rstrip("'")


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
    return frozenset(name for name in structure.by & known if not dependence.of(name, structure.by - {name}))


def needed(structure: Structure, definitions: Sequence[Definition], names: Iterable[str]) -> tuple[Definition, ...]:
    """The definitions without which an equation says something else: of what it differentiates and calls, and of all that depends on what
    it differentiates by. Its variables keep no value. ``names`` are those of the equation.
    """
    dependence = Dependence(definitions)
    known = {one.name: one for one in definitions}
    free = variables(structure, definitions)
    roots = (structure.differentiated | structure.called) - structure.by
    found: set[str] = set()
    waiting = [name for name in known if name in roots or (name in names and dependence.of(name, structure.by))]
    while waiting:
        name = waiting.pop()
        if name in found or name in free:
            continue
        found.add(name)
        used = known[name].uses & known.keys()
        waiting += [other for other in used if known[other].is_function or dependence.of(other, structure.by)]
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
