"""Functions that a text differentiates and does not define: in ``z = W*a + b; d(L)/da = W'*d(L)/dz`` L is any function of z.

Such a name depends on what it is differentiated by: on some of these names directly, on the others through them.
"""

from __future__ import annotations

from collections import Counter

from matcalc.base.errors import Span, UnknownFunctionError
from matcalc.language.build.scope import NONE, Undefined
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.open_indices import members_given
from matcalc.language.syntax.survey import number_in, sum_indices, ungrouped, walk


def undefined_functions(program: s.Program, known: frozenset[str], labelled: frozenset[str] = frozenset()) -> Undefined:
    """The names that are differentiated in a program and have no value in it; ``known`` are names that no text defines, ``labelled`` those
    in which no letter is an index.

    A derivative of a name that is said to be 0 says that the name is constant. Raises UnknownFunctionError for names that depend on each
    other, and for one that is differentiated by entries.
    """
    assigned = {name.name for name, _ in program.assignments} | {base for base, _ in map(members_given, program.assignments) if base}
    defined = assigned | {definition.function for definition in program.definitions} | known
    nodes = [] if _is_constancy(program.value, defined) else walk(program)
    bound = sum_indices(nodes)
    by: dict[str, dict[str, Span]] = {}
    for node in nodes:
        body = ungrouped(node.body) if isinstance(node, s.DerivativeOf) else None
        if isinstance(node, s.DerivativeOf) and isinstance(body, s.Name) and defined.isdisjoint((body.name, body.name.rpartition("_")[0])):
            others = [name for name in node.wrt if name != body.name and (name in labelled or not _are_entries(name, body.name))]
            for name in others:
                if "_" in name and bound.issuperset(name.rpartition("_")[2]):
                    raise not_defined(body.name, name, node.span)
                by.setdefault(body.name, {}).setdefault(name, node.span)
    if not by:
        return NONE
    needs = _needs(program, by)
    for name, below in by.items():
        if name in _reached(name, needs):
            other = next(iter(below))
            said = f"{name} and {other} each depend on the other"
            raise UnknownFunctionError(said, span=below[other], suggestion=f"{name} = ...; with its formula")
    arguments = {name: tuple([one for one in below if not any(one in _reached(o, needs) for o in below)]) for name, below in by.items()}
    behind = sorted(arguments, key=lambda name: (len(_reached(name, needs) & set(arguments)), list(arguments).index(name)))
    certain = all(len(one) == 1 for one in arguments.values())
    return Undefined({name: arguments[name] for name in behind}, certain, _standing(nodes))


def _standing(nodes: list[s.Syntax]) -> frozenset[str]:
    """The names that occur in other ways than differentiated as they stand."""
    names = Counter(node.name for node in nodes if isinstance(node, s.Name))
    bodies = Counter(body.name for node in nodes if isinstance(node, s.DerivativeOf) and isinstance(body := ungrouped(node.body), s.Name))
    return frozenset(name for name, count in names.items() if count > bodies[name])


def not_defined(name: str, by: str, place: Span) -> UnknownFunctionError:
    """The error for a derivative that needs the formula of its function."""
    said = f"{name} is not defined, so that its derivative by {by} is not known"
    return UnknownFunctionError(said, span=place, suggestion=f"{name} = ...; with its formula before the claim")


def _is_constancy(value: s.Syntax, defined: set[str]) -> bool:
    """``∂b/∂x = 0`` of a name without a value."""
    side = ungrouped(value.left) if isinstance(value, s.Equation) else None
    body = ungrouped(side.body) if isinstance(side, s.DerivativeOf) else None
    known = isinstance(body, s.Name) and not defined.isdisjoint((body.name, body.name.rpartition("_")[0]))
    return isinstance(value, s.Equation) and isinstance(body, s.Name) and not known and _is_zero(ungrouped(value.right))


def _is_zero(node: s.Syntax) -> bool:
    """``0``, ``zeros(n)``, ``vector(0)``, ``matrix(0)``."""
    if isinstance(node, s.Applied) and node.function in ("vector", "matrix"):
        return bool(node.arguments) and number_in(node.arguments[0]) == 0
    made = isinstance(node, s.Applied) and node.function == "zeros" or isinstance(node, s.Name) and node.name == "zeros"
    return made or number_in(node) == 0


def _are_entries(name: str, other: str) -> bool:
    """``∂x_i/∂x_j``."""
    return "_" in name and name.rpartition("_")[0] == other.rpartition("_")[0]


def _needs(program: s.Program, by: dict[str, dict[str, Span]]) -> dict[str, set[str]]:
    """The names that each name depends on at once."""
    needs: dict[str, set[str]] = {name: set(below) for name, below in by.items()}
    for name, value in program.assignments:
        for given in {name.name, members_given((name, value))[0] or name.name}:
            needs.setdefault(given, set()).update(_names_in(value))
    for definition in program.definitions:
        needs.setdefault(definition.function, set()).update(_names_in(definition.body))
    return needs


def _names_in(value: s.Syntax) -> set[str]:
    """The names in a value, and those of what its entries are of."""
    names = {node.name for node in walk(value) if isinstance(node, s.Name)}
    return names | {base for name in names if (base := name.rpartition("_")[0])}


def _reached(name: str, needs: dict[str, set[str]]) -> set[str]:
    """The names that a name depends on."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = needs.get(waiting.pop(), set()) - found
        found |= new
        waiting += sorted(new)
    return found
