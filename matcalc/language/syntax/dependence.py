"""What the names of a program depend on: the order of its statements, functions of functions, and functions without a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.base.records import replace
from matcalc.language.build.scope import NONE, Undefined
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.open_indices import members_given
from matcalc.language.syntax.trees import mapped, number_in, sum_indices, ungrouped, walk
from matcalc.language.text.spelling import INDEX_LETTERS
from matcalc.language.text.terminals import PARTIALS

_NOTHING: Mapping[str, Collection[str]] = MappingProxyType({})


def ordered(program: s.Program, *, claim: bool = False, depends: Mapping[str, Collection[str]] = _NOTHING) -> s.Program:
    """The program with its assignments sorted, in the order written where that is free.

    When the last statement is an assignment too, the value of the program is the one result that no other statement uses. Names that
    need each other stay as they were written, for the reader to refuse. With ``claim`` the last equation is a statement, not an assignment.
    ``depends`` are names without a value that stand for functions of others.
    Raises ParseError when several results are left unused.
    """
    assignments = list(program.assignments)
    value = program.value
    if not assignments:
        return program
    uses = _Uses(assignments, program.definitions, depends)
    if isinstance(value, s.Equation) and isinstance(value.left, s.Name) and not claim:
        assignments.append((value.left, value.right))
        uses = _Uses(assignments, program.definitions, depends)
        value = _result(assignments, value.left, uses)
    return s.Program(program.span, tuple(_sorted(assignments, uses)), value, program.definitions)


class _Uses:
    """The assigned names that a value uses, by itself or in the functions that it calls."""

    def __init__(
        self,
        assignments: list[tuple[s.Name, s.Syntax]],
        definitions: tuple[s.Definition, ...],
        depends: Mapping[str, Collection[str]],
    ) -> None:
        self._names = {name.name for name, _ in assignments}
        self._depends = depends
        self._bodies = {definition.function: definition for definition in definitions}
        self.of_each = [self._used(value) for _, value in assignments]

    def _used(self, value: s.Syntax) -> list[str]:
        found: dict[str, None] = {}
        opened: set[str] = set()
        waiting = [value]
        while waiting:
            for node in walk(waiting.pop()):
                name = node.name if isinstance(node, s.Name) else node.function.rstrip("'") if isinstance(node, s.Applied) else ""
                by = node.wrt if isinstance(node, s.DerivativeOf) else ()
                all_names = (name, *by, *self._depends.get(name, ()))
                found |= dict.fromkeys([one if one in self._names else _array(one) for one in all_names])
                if name in self._bodies and name not in opened:
                    opened.add(name)
                    waiting.append(self._bodies[name].body)
        return [name for name in found if name in self._names]


def _array(name: str) -> str:
    """What a name is an entry of; empty for one without an index."""
    base, _, index = name.rpartition("_")
    return base if INDEX_LETTERS.issuperset(index) else ""


def _result(assignments: list[tuple[s.Name, s.Syntax]], last: s.Name, uses: _Uses) -> s.Syntax:
    used = {name for (own, _), names in zip(assignments, uses.of_each) for name in names if name != own.name}
    unused = [name for name, _ in assignments if name.name not in used]
    shown = ", ".join(dict.fromkeys(name.name for name in unused))
    if "," in shown:
        message = f"the program has no single value: nothing uses {shown}"
        raise ParseError(message, span=last.span, suggestion="end with the expression meant")
    return unused[0] if unused else last


def _sorted(assignments: list[tuple[s.Name, s.Syntax]], uses: _Uses) -> list[tuple[s.Name, s.Syntax]]:
    """Depth first with an explicit stack; the order written when it is right already, or when names need each other."""
    names = [name.name for name, _ in assignments]
    if len(set(names)) < len(names):
        return assignments
    place = {name: k for k, name in enumerate(names)}
    needs = [[place[name] for name in used] for used in uses.of_each]
    if all(other < k for k, others in enumerate(needs) for other in others):
        return assignments
    order: list[int] = []
    state = [0] * len(names)  # 0 not seen, 1 waiting for what it needs, 2 done
    for start in range(len(names)):
        stack = [start]
        while stack:
            k = stack[-1]
            if state[k] == 2:
                stack.pop()
                continue
            waiting = [other for other in needs[k] if state[other] != 2]
            if not waiting:
                state[k] = 2
                order.append(k)
                stack.pop()
            elif state[k] == 1 and any(state[other] == 1 for other in waiting):
                return assignments
            else:
                state[k] = 1
                stack.extend(other for other in reversed(waiting) if state[other] == 0)
                if all(state[other] == 1 for other in waiting):
                    return assignments
    return [assignments[k] for k in order]


def composed(program: s.Program) -> s.Program:
    """The program with functions of functions as values of each other, where it differentiates what lies behind arguments or by it.

    Where nothing behind them is asked about, arguments stand for themselves. Raises ParseError where it is not said what a derivative
    holds fixed.
    """
    functions = {definition.function: definition for definition in program.definitions}
    asked = [found for node in walk(program.value) for found in _derived(node, functions)]
    behind = [one for name, _, _ in asked for one in _behind(name, functions)]
    inner = {parameter for one in behind for parameter in one.parameters if parameter in functions}
    if not inner:
        return program
    for name, by, place in asked:
        _check_fixed(name, by, place, functions)
    nodes = walk(program.value)
    used = {name for name, _, _ in asked} | {node.function for node in nodes if isinstance(node, s.Applied)}
    if inner.isdisjoint(used) and not any(_lies_behind(name, by, functions) for name, by, _ in asked):
        return replace(program, definitions=tuple([one for one in program.definitions if one.function not in inner]))
    layers = [one for one in program.definitions if one.function in inner or not inner.isdisjoint(one.parameters)]
    values = tuple([(s.Name(one.span, one.function), one.body) for one in layers])
    by_name = {one.function: one for one in layers}
    return replace(program, assignments=(*program.assignments, *values), value=mapped(program.value, lambda node: _named(node, by_name)))


def _derived(node: s.Syntax, functions: Mapping[str, s.Definition]) -> list[tuple[str, str, Span]]:
    """The function that is differentiated as it is defined and what by, where a node is the first derivative of one, or all of them."""
    if isinstance(node, s.Applied) and node.function in PARTIALS:
        whole = _named(node.arguments[0], functions)
        found = functions.get(whole.name) if isinstance(whole, s.Name) else None
        return [] if found is None else [(found.function, name, node.span) for name in found.parameters]
    if not isinstance(node, s.DerivativeOf) or not node.plain or len(set(node.wrt)) != 1:
        return []
    body = _named(ungrouped(node.body), functions)
    return [(body.name, node.wrt[0], node.span)] if isinstance(body, s.Name) and body.name in functions else []


def _named(node: s.Syntax, functions: Mapping[str, s.Definition]) -> s.Syntax:
    """A function at its own arguments as its name: u for ``u(a, b)``."""
    if not isinstance(node, s.Applied) or node.function not in functions:
        return node
    names = tuple([argument.name if isinstance(argument, s.Name) else "" for argument in node.arguments])
    return s.Name(node.span, node.function) if names == functions[node.function].parameters else node


def _behind(name: str, functions: Mapping[str, s.Definition]) -> Iterator[s.Definition]:
    """A function and those that are arguments of it, or of each other."""
    opened = {name}
    waiting = [name]
    while waiting:
        one = functions[waiting.pop()]
        yield one
        new = [parameter for parameter in one.parameters if parameter in functions and parameter not in opened]
        opened.update(new)
        waiting += new


def _depends(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    return name in functions and any(by in one.parameters for one in _behind(name, functions))


def _lies_behind(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    """Whether a function depends on a name that is no argument of its own."""
    return by not in functions[name].parameters and _depends(name, by, functions)


def _check_fixed(name: str, by: str, place: Span, functions: Mapping[str, s.Definition]) -> None:
    for one in _behind(name, functions):
        moving = [other for other in one.parameters if other != by and _depends(other, by, functions)]
        if by in one.parameters and moving:
            said = f"{one.function} depends on {by} and on {moving[0]}, which depends on {by} itself: it is not said what is held fixed"
            raise ParseError(said, span=place, suggestion=f"another name for the {by} in {moving[0]}")


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
