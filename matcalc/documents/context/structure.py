"""What an equation of a document differentiates, and by what: told from its syntax, before kinds and values are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcalc.documents.context.definitions import Definition
from matcalc.errors import MatcalcError
from matcalc.language import parse_syntax
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import ungrouped, walk
from matcalc.language.text.vocabulary import Vocabulary, known_functions


@dataclass(frozen=True, slots=True)
class Structure:
    """The names that an equation differentiates by, those that it differentiates as they stand, the functions that it calls, and all."""

    by: frozenset[str] = frozenset()
    differentiated: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    differential: bool = False


def structure_of(equation: str, definitions: Sequence[Definition], declared: Iterable[str]) -> Structure | None:
    """The structure of an equation in which these names have a meaning; None for one that is not in the language."""
    functions = {one.name: one.head.arguments for one in definitions if one.is_function}
    values = [one.name for one in definitions if not one.is_function]
    try:
        parsed = parse_syntax(equation, Vocabulary().defining(functions, values, declared))
    except MatcalcError:
        return None
    nodes = walk(parsed.program)
    derivatives = [node for node in nodes if isinstance(node, s.DerivativeOf)]
    bodies = [ungrouped(node.body) for node in nodes if isinstance(node, (s.DerivativeOf, s.DifferentialOf))]
    called = {node.function.rstrip("'") for node in nodes if isinstance(node, s.Applied)} - known_functions()
    return Structure(
        by=frozenset(name for node in derivatives for name in node.wrt),
        differentiated=frozenset(
            body.name if isinstance(body, s.Name) else body.function.rstrip("'")
            for body in bodies
            if isinstance(body, s.Name) or (isinstance(body, s.Applied) and body.function.rstrip("'") not in known_functions())
        ),
        called=frozenset(called),
        names=frozenset(node.name for node in nodes if isinstance(node, s.Name)),
        differential=any(isinstance(node, s.DifferentialOf) for node in nodes),
    )


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


def needed(structure: Structure, definitions: Sequence[Definition], names: Iterable[str]) -> tuple[Definition, ...]:
    """The definitions without which an equation says something else: of what it differentiates and calls, and of all that depends on what
    it differentiates by. What it differentiates by is itself a variable, and keeps no value, unless that depends on another one.

    ``names`` are those of the equation.
    """
    dependence = Dependence(definitions)
    known = {one.name: one for one in definitions}
    free = {name for name in structure.by if name in known and not dependence.of(name, structure.by - {name})}
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
