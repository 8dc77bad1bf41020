"""Evaluation of typed expressions in any arithmetic, step by step.

The value of a node is one array for each assignment of the named indices that are free in it: of most nodes just one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import cast

from matcalc.errors import LimitError, MatcalcError
from matcalc.evaluation.precise.node_values import Inputs, computed, squared_norm
from matcalc.evaluation.precise.number_systems import Arithmetic
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.expr.nodes import Entry, Expr, Index, IndexArray, IndexSum, Node, Symbol, children, postorder

_MOST_ASSIGNMENTS = 5_000


@dataclass(frozen=True)
class _Step:
    node: Expr
    operands: tuple[int, ...]
    """Numbers of earlier steps."""
    free: tuple[Index, ...]
    last: tuple[int, ...]
    """Steps whose values are not needed after this one."""


class Plan:
    """An expression made ready to be evaluated at many points."""

    def __init__(self, expression: Expr) -> None:
        self.root = expression
        order = _needed(expression)
        places = {node: k for k, node in enumerate(order)}
        below = {node: tuple([places[operand] for operand in operands_of(node)]) for node in order}
        users: dict[int, int] = {}
        for k, node in enumerate(order):
            users.update(dict.fromkeys(below[node], k))
        free: dict[Expr, tuple[Index, ...]] = {}
        for node in order:
            free[node] = _free(node, [free[operand] for operand in operands_of(node)])
        if free[expression]:
            raise MatcalcError(f"the index {free[expression][0].name} has no value: no sum binds it")
        self._steps = tuple(
            [_Step(node, below[node], free[node], tuple(sorted({j for j in below[node] if users[j] == k}))) for k, node in enumerate(order)]
        )
        self.symbols = tuple([node for node in order if isinstance(node, Symbol)])

    def value(self, ar: Arithmetic, values: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
        """The value at a point. Raises Undefined, NotRational, LimitError or UnknownFunctionError."""
        inputs = Inputs(ar, sizes, values)
        ar.spend(len(self._steps))
        held: dict[int, list[Array]] = {}
        for number, step in enumerate(self._steps):
            below = [held[k] for k in step.operands]
            if not step.free and all(len(arrays) == 1 for arrays in below) and not isinstance(step.node, (IndexSum, IndexArray, Entry)):
                held[number] = [computed(inputs, step.node, [arrays[0] for arrays in below])]
            else:
                held[number] = self._spread(inputs, step, below)
            for k in step.last:
                del held[k]
        return held[len(self._steps) - 1][0]

    def _spread(self, inputs: Inputs, step: _Step, below: list[list[Array]]) -> list[Array]:
        """One value for each assignment of the free indices."""
        frees = [self._steps[k].free for k in step.operands]
        node = cast("Node", step.node)
        match node:
            case IndexSum(index=index):
                return [_summed(inputs.ar, arrays) for arrays in _gathered(inputs, step.free, frees[0], (index,), below[0])]
            case IndexArray(indices=indices):
                lengths = tuple([index.size.value(inputs.sizes) for index in indices])
                dims = (*lengths, 1)[: max(2, len(lengths))]
                groups = _gathered(inputs, step.free, frees[0], indices, below[0])
                return [Array(dims, [array.data[0] for array in arrays]) for arrays in groups]
            case _:
                found = []
                for here in _assignments(step.free, inputs):
                    operands = [arrays[_place(here, free, inputs)] for arrays, free in zip(below, frees, strict=True)]
                    found.append(computed(inputs, step.node, operands, here))
                return found


def operands_of(node: Expr) -> tuple[Expr, ...]:
    """The operands that are evaluated: of an even power of a Euclidean norm those of the norm, which needs no root then."""
    norm = squared_norm(node)
    return children(node) if norm is None else children(norm)


def _needed(expression: Expr) -> list[Expr]:
    """Every node that is evaluated, operands before their users. Exponents without symbols are worked out by themselves."""
    needed = {expression}
    for node in reversed(postorder(expression)):
        if node in needed:
            needed.update(operands_of(node))
    return [node for node in postorder(expression) if node in needed]


def _free(node: Expr, below: list[tuple[Index, ...]]) -> tuple[Index, ...]:
    found = dict.fromkeys(index for indices in below for index in indices)
    match node:
        case Entry(positions=positions):
            found.update((position, None) for position in positions if isinstance(position, Index))
        case Index():
            found[node] = None
        case IndexSum(index=index):
            found.pop(index, None)
        case IndexArray(indices=indices):
            for index in indices:
                found.pop(index, None)
    return tuple(found)


def _assignments(free: tuple[Index, ...], inputs: Inputs) -> list[dict[Index, int]]:
    """All values (from 0) of the indices, the last one running fastest. Raises LimitError when there are too many."""
    lengths = [index.size.value(inputs.sizes) for index in free]
    if prod(lengths) > _MOST_ASSIGNMENTS:
        raise LimitError("the explicit sums are too large for an exact evaluation")
    return [dict(zip(free, places)) for places in product(*map(range, lengths))]


def _place(here: Mapping[Index, int], free: tuple[Index, ...], inputs: Inputs) -> int:
    """Where the value for an assignment stands in a list over the assignments of some of its indices."""
    place = 0
    for index in free:
        place = place * index.size.value(inputs.sizes) + here[index]
    return place


def _gathered(
    inputs: Inputs, outer: tuple[Index, ...], inner: tuple[Index, ...], bound: tuple[Index, ...], arrays: list[Array]
) -> list[list[Array]]:
    """For each assignment of the outer indices the values for all assignments of the bound ones."""
    rest = _assignments(bound, inputs)
    return [[arrays[_place(here | there, inner, inputs)] for there in rest] for here in _assignments(outer, inputs)]


def _summed(ar: Arithmetic, arrays: list[Array]) -> Array:
    return Array(arrays[0].dims, [ar.total(list(entries)) for entries in zip(*[array.data for array in arrays], strict=True)])


@lru_cache(maxsize=128)
def plan(expression: Expr) -> Plan:
    """The plan of an expression, kept for the next call."""
    return Plan(expression)
