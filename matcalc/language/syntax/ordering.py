"""The statements of a program in an order in which every name has its value before it is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from matcalc.base.errors import ParseError
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import walk
from matcalc.language.text.spelling import INDEX_LETTERS

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
