"""Slices of tensors: the entries at one value of an index, of which the symbols stand for members of families.

A slice goes through sums, products and functions down to the symbols, so the slice of ``inv(X_kij)`` along k is the inverse of a matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, assert_never, cast

from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import apply_map, contract, power, symbolic_power
from matcalc.einstein.application import apply
from matcalc.einstein.linear import add
from matcalc.expr.nodes import Entry, Expr, Index, Symbol, Transpose, UnitVector
from matcalc.functions import computable
from matcalc.sizes import ONE
from matcalc.traversal import postordered

Part: TypeAlias = tuple[ix.Tensor, tuple[int, ...]]
"""A tensor, and those of its axes that have the value of the index."""


class Slices:
    """Slices along one index after the other; a symbol that a slice brings in stands for a member, which ``members`` has by its name."""

    def __init__(self, form: Callable[[ix.Tensor], Expr | None]) -> None:
        """``form`` gives the matrix form of a tensor that no slice goes into, a vector of a function's values."""
        self._form = form
        self.members: dict[str, Entry] = {}
        self._names: dict[Entry, str] = {}

    def slice(self, tensor: ix.Tensor, axes: tuple[int, ...], index: Index) -> ix.Tensor | None:
        """The tensor without ``axes``, of which each has the value of the index; None where it cannot be written so."""
        found: dict[Part, ix.Tensor | None] = {}
        for part in postordered([(tensor, axes)], _below):
            found[part] = self._made(cast("ix.Node", part[0]), part[1], found, index)
        return found[tensor, axes]

    def term(self, term: ix.Contraction, label: int, index: Index) -> ix.Tensor | None:
        """What the contraction sums over a label, at one value of it."""
        whole = contract(term.operands, term.indices, (label, *term.output), dict(enumerate(term.sizes)))
        return self.slice(whole, (0,), index)

    def _made(self, node: ix.Node, axes: tuple[int, ...], done: Mapping[Part, ix.Tensor | None], index: Index) -> ix.Tensor | None:
        parts = [done[part] for part in _below((node, axes))]
        kept = tuple([part for part in parts if part is not None])
        if len(kept) < len(parts):
            return None
        shape = _without(node.shape, axes)
        match node:
            case ix.Sum():
                return add([(coefficient, term) for (coefficient, _), term in zip(node.terms, kept)], shape)
            case ix.Power():
                return power(kept[0], node.exponent)
            case ix.Map(function="pow"):
                return symbolic_power(*kept)
            case ix.Map():
                return apply_map(node.function, kept[0])
            case ix.Contraction():
                return self._contraction(node, axes, done)
            case ix.Apply():
                return apply(node.function, kept, shape) if kept else self._member(self._form(node), axes, index)
            case ix.Symbol() | ix.Unit():
                return self._member(self._leaf(node), axes, index)
            case ix.Constant() | ix.SizeValue() | ix.Pairing():
                return None
            case _:
                assert_never(node)

    def _contraction(self, node: ix.Contraction, axes: tuple[int, ...], done: Mapping[Part, ix.Tensor | None]) -> ix.Tensor | None:
        at = {node.output[axis] for axis in axes}
        left = _without(node.output, axes)
        if at & set(left):
            return None
        operands, indices = [], []
        for operand, labels in zip(node.operands, node.indices):
            places = tuple([place for place, label in enumerate(labels) if label in at])
            part = done[operand, places] if places else operand
            assert part is not None
            operands.append(part)
            indices.append(_without(labels, places))
        return contract(operands, indices, left, dict(enumerate(node.sizes)))

    def _member(self, family: Expr | None, axes: tuple[int, ...], index: Index) -> ix.Tensor | None:
        """A symbol for the member of a family at one value of an index."""
        if family is None:
            return None
        if family.is_matrix and axes == (1,):
            family, axes = (family.operand if isinstance(family, Transpose) else Transpose(family)), (0,)
        if axes != tuple(range(len(axes))):
            return None
        new = (index,) * len(axes)
        member = Entry(family.operand, (*family.positions, *new)) if isinstance(family, Entry) else Entry(family, new)
        if ONE in member.shape:
            return None
        name = self._names.setdefault(member, f"{len(self._names)}\0")
        self.members[name] = member
        return ix.Symbol(name, member.shape, frozenset())

    def _leaf(self, node: ix.Symbol | ix.Unit) -> Expr:
        if isinstance(node, ix.Unit):
            return UnitVector(node.position, node.size)
        return self.members.get(node.name) or Symbol(node.name, node.sizes, node.properties)


def _below(part: Part) -> list[Part]:
    tensor, axes = part
    match cast("ix.Node", tensor):
        case ix.Sum() | ix.Power() | ix.Map():
            return [(operand, axes) for operand in ix.children(tensor)]
        case ix.Contraction(operands=operands, indices=indices, output=output):
            at = {output[axis] for axis in axes}
            places = [tuple([place for place, label in enumerate(labels) if label in at]) for labels in indices]
            return [(operand, found) for operand, found in zip(operands, places) if found]
        case ix.Apply(function=function, arguments=arguments):
            batch = arguments[0].order - computable()[function].argument_order
            return [(argument, axes) for argument in arguments] if max(axes) < batch else []
        case ix.Symbol() | ix.Unit() | ix.Constant() | ix.SizeValue() | ix.Pairing():
            return []
        case unreachable:
            assert_never(unreachable)


def _without(values: tuple[Any, ...], places: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple([value for place, value in enumerate(values) if place not in places])
