"""What a syntax tree tells before names are resolved: which names are used as sizes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import assert_never, cast

from matcalc.base.records import field_names, replace
from matcalc.language.syntax import trees as s

_SIZE_ARGUMENTS = {"eye": 0, "ones": 0, "zeros": 0, "commutation": 0, "vector": 1, "matrix": 1, "unit": 1, "reshape": 1}
"""Function -> position of its first argument that is a size."""


def size_names_in(nodes: list[s.Syntax]) -> set[str]:
    """Names that stand as sizes somewhere: ``n`` in ``eye(n)``. ``nodes`` are those of the tree."""
    found: set[str] = set()
    for node in nodes:
        if type(node) is s.Applied and node.function in _SIZE_ARGUMENTS:
            for argument in node.arguments[_SIZE_ARGUMENTS[node.function] :]:
                if isinstance(argument, s.Applied):
                    continue  # size(A, 1): a size of something
                found.update(part.name for part in walk(argument) if isinstance(part, s.Name))
    return found


def ungrouped(node: s.Syntax) -> s.Syntax:
    """The node without the brackets around it."""
    while isinstance(node, s.Group):
        node = node.operand
    return node


def number_in(node: s.Syntax) -> Fraction | None:
    """The number that is written, with its signs and brackets; None for anything else."""
    sign = 1
    while isinstance(node, s.Minus | s.Group):
        sign = -sign if isinstance(node, s.Minus) else sign
        node = node.operand
    return sign * node.value if isinstance(node, s.NumberLiteral) else None


def sum_indices(nodes: list[s.Syntax]) -> set[str]:
    """The indices of all sums, ``Σ_i`` and ``sum(i, ...)``."""
    found = {index for node in nodes if isinstance(node, s.Summation) for index in node.indices}
    for node in nodes:
        if isinstance(node, s.Applied) and node.function == "sum" and len(node.arguments) == 2 and isinstance(node.arguments[0], s.Name):
            found.add(node.arguments[0].name)
    return found


def limits_in(nodes: list[s.Syntax]) -> dict[str, bool]:
    """Names that are the last position of a sum, each with whether it has no other meaning as what stands before an index."""
    names = [limit for node in nodes if isinstance(node, s.Summation) for _, limit in node.limits if not limit.isdecimal()]
    if not names:
        return {}
    indexed = {node.operand.name for node in nodes if isinstance(node, s.Entries) and isinstance(node.operand, s.Name)}
    indexed |= {node.name.rpartition("_")[0] for node in nodes if isinstance(node, s.Name)}
    return {name: name not in indexed for name in names}


def walk(*roots: s.Syntax) -> list[s.Syntax]:
    """Every node of trees, a node before its parts; no recursion."""
    order: list[s.Syntax] = []
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        order.append(node)
        kind = type(node)
        if kind is s.Binary:
            stack += (node.right, node.left)  # type: ignore[attr-defined]
        elif kind not in _LEAVES:
            stack += parts(node)[::-1]
    return order


def mapped(root: s.Syntax, change: Callable[[s.Syntax], s.Syntax]) -> s.Syntax:
    """The tree with ``change`` of every node, a node after its parts; what does not change is shared. No recursion."""
    done: dict[s.Syntax, s.Syntax] = {}

    def moved(value: object) -> object:
        if isinstance(value, s.Syntax):
            return done[value]
        return tuple([moved(part) for part in value]) if isinstance(value, tuple) else value

    for node in reversed(walk(root)):
        fields = {name: getattr(node, name) for name in field_names(node)}
        changed = {name: new for name, value in fields.items() if (new := moved(value)) != value}
        done[node] = change(replace(node, **changed) if changed else node)
    return done[root]


_LEAVES = frozenset([s.Name, s.NumberLiteral, s.Word])


def parts(node: s.Syntax) -> tuple[s.Syntax, ...]:
    """The parts of a node, in reading order."""
    match cast("s.SyntaxNode", node):
        case s.Name() | s.NumberLiteral() | s.Word():
            return ()
        case s.Group(operand=operand) | s.Minus(operand=operand) | s.Transposed(operand=operand) | s.Bars(operand=operand):
            return (operand,)
        case s.Binary(left=left, right=right) | s.Equation(left=left, right=right):
            return (left, right)
        case s.Raised(base=base, exponent=exponent):
            return (base, exponent)
        case s.Entries(operand=operand, positions=positions):
            return (operand, *positions)
        case s.Applied(arguments=arguments):
            return arguments
        case s.Keyword(value=value):
            return (value,)
        case s.Listed(values=values):
            return values
        case s.NormBars(operand=operand, subscript=subscript):
            return (operand,) if subscript is None else (operand, subscript)
        case s.DerivativeOf(body=body, point=point, along=along):
            return (body, *([] if point is None else [point]), *along)
        case s.Chain(sides=sides):
            return sides
        case s.Implication(premise=premise, conclusion=conclusion):
            return (premise, conclusion)
        case s.Summation(body=body) | s.DifferentialOf(body=body) | s.Definition(body=body):
            return (body,)
        case s.Program(assignments=assignments, value=value, definitions=definitions):
            return (*definitions, *[part for name, assigned in assignments for part in (name, assigned)], value)
        case unreachable:
            assert_never(unreachable)
