"""Explicit sums over indices: the form of a tensor that has no matrix form, and the view of any
tensor as sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, assert_never, cast

from matcalc.base.functions import function_called
from matcalc.base.records import grouped
from matcalc.base.sizes import ONE, Size
from matcalc.base.traversal import postordered
from matcalc.calculus.simplification import alternatives
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import MINUS, YES, add, terms_of
from matcalc.einstein.substitution import apply, renewed
from matcalc.expr.nodes import Entry, Expr, Index, IndexArray, IndexSum, Negative, Symbol, Transpose
from matcalc.expr.rewriting import replaced, resolved, symbols_in
from matcalc.folding.build import cost
from matcalc.folding.fold import Folder, shortest
from matcalc.folding.matrix_terms import ReadingOrder, Term, expression_of, leaf
from matcalc.folding.sums import combined

# ------------------------------------------------------------
# Slices of tensors: the entries at one value of an index, of which the symbols stand for members
# of families.
#
# A slice goes through sums, products and functions down to the symbols, so the slice of
# ``inv(X_kij)`` along k is the inverse of a matrix.

Part: TypeAlias = tuple[ix.Tensor, tuple[int, ...]]
"""A tensor, and those of its axes that have the value of the index."""


class Slices:
    """Slices along one index after the other; a symbol that a slice brings in stands for a member,
    which ``members`` has by its name."""

    def __init__(self, form: Callable[[ix.Tensor], Expr | None]) -> None:
        """``form`` gives the matrix form of a tensor that no slice goes into, a vector of a
        function's values."""
        self._form = form
        self.members: dict[str, Entry] = {}
        self._names: dict[Entry, str] = {}

    def slice(self, tensor: ix.Tensor, axes: tuple[int, ...], index: Index) -> ix.Tensor | None:
        """The tensor without ``axes``, of which each has the value of the index; None where it
        cannot be written so."""
        found: dict[Part, ix.Tensor | None] = {}
        for part in postordered([(tensor, axes)], _below):
            found[part] = self._made(cast("ix.Node", part[0]), part[1], found, index)
        return found[tensor, axes]

    def term(self, term: ix.Contraction, label: int, index: Index) -> ix.Tensor | None:
        """What the contraction sums over a label, at one value of it."""
        whole = contract(term.operands, term.indices, (label, *term.output), dict(enumerate(term.sizes)))
        return self.slice(whole, (0,), index)

    def _made(
        self, node: ix.Node, axes: tuple[int, ...], done: Mapping[Part, ix.Tensor | None], index: Index
    ) -> ix.Tensor | None:
        below = _below((node, axes))
        kept = tuple(filter(None, [done[part] for part in below]))
        if len(kept) < len(below):
            return None
        shape = _without(node.shape, axes)
        match node:
            case ix.Sum():
                return add([(coefficient, term) for (coefficient, _), term in zip(node.terms, kept)], shape)
            case ix.Power() | ix.Map():
                return renewed(node, dict(zip(node.below, kept)))
            case ix.Contraction():
                return self._contraction(node, axes, done)
            case ix.Apply():
                return apply(node.function, kept, shape) if kept else self._member(self._form(node), axes, index)
            case ix.Symbol() | ix.Unit():
                return self._member(self._family(node), axes, index)
            case ix.Constant() | ix.SizeValue() | ix.Pairing():
                return None
            case _:
                assert_never(node)

    def _family(self, node: ix.Symbol | ix.Unit) -> Expr:
        known = self.members.get(node.name) if isinstance(node, ix.Symbol) else None
        return known or leaf(node)

    def _contraction(
        self, node: ix.Contraction, axes: tuple[int, ...], done: Mapping[Part, ix.Tensor | None]
    ) -> ix.Tensor | None:
        left = _without(node.output, axes)
        if any(node.output[axis] in left for axis in axes):
            return None
        operands, indices = list[ix.Tensor](), []
        for operand, labels, at in zip(node.operands, node.indices, _sliced_axes(node, axes)):
            part = done[operand, at] if at else operand
            assert part is not None
            operands.append(part)
            indices.append(_without(labels, at))
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


def _below(part: Part) -> list[Part]:
    tensor, axes = part
    match tensor := cast("ix.Node", tensor):
        case ix.Sum() | ix.Power() | ix.Map():
            return [(operand, axes) for operand in ix.children(tensor)]
        case ix.Contraction(operands=operands):
            return [(operand, at) for operand, at in zip(operands, _sliced_axes(tensor, axes)) if at]
        case ix.Apply(function=function, arguments=arguments):
            batch = arguments[0].order - function_called(function).argument_order
            return [(argument, axes) for argument in arguments] if max(axes) < batch else []
        case ix.Symbol() | ix.Unit() | ix.Constant() | ix.SizeValue() | ix.Pairing():
            return []
        case unreachable:
            assert_never(unreachable)


def _sliced_axes(node: ix.Contraction, axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Of each operand the axes that have the value of the index."""
    at = {node.output[axis] for axis in axes}
    return [tuple([place for place, label in enumerate(labels) if label in at]) for labels in node.indices]


def _without(values: tuple[Any, ...], places: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple([value for place, value in enumerate(values) if place not in places])


# ------------------------------------------------------------
# Explicit sums: the form of a tensor that has no matrix form, and the view of any tensor as sums
# over the members of families.
#
# A sum over a bound label becomes an ``IndexSum`` whose body is the matrix form of a slice. What
# does not depend on the index stands outside.

_LETTERS = "ijklpqrstuvwabcdfgh"
_MOST_NESTED = 4


def explicit(tensor: ix.Tensor, split: int, reading_order: Mapping[str, int], written: Sequence[Index] = ()) -> Expr | None:
    """The form of a tensor with explicit sums where it has no matrix form, or entry by entry; None
    for one of more than two axes.

    ``written`` are the indices of the input, whose names are used where they fit.
    """
    if tensor.order > 2 or (tensor.order == 2 and split != 1):
        return None
    folder = _Explicit(tensor, reading_order, written)
    form = shortest(folder, tensor, min(tensor.order, 1)) or folder.entries(tensor)
    if form is None:
        return None
    form = folder.finished(form)
    return Transpose(form) if tensor.order == 1 and not split else form


def over_members(
    tensor: ix.Tensor, split: int, reading_order: Mapping[str, int], written: Sequence[Index], families: Sequence[str]
) -> Expr | None:
    """The tensor as sums over the members of the named families; None where there is no such
    form."""
    if tensor.order > 2 or (tensor.order == 2 and split != 1):
        return None
    folder = _Explicit(tensor, reading_order, written)
    term = folder.over(tensor, families)
    if term is None:
        return None
    form = folder.finished(expression_of(term, folder.order))
    return Transpose(form) if tensor.order == 1 and not split else form


class _Explicit(Folder):
    """Folds, with explicit sums over bound labels where there is no matrix form."""

    def __init__(self, tensor: ix.Tensor, names: Mapping[str, int], written: Sequence[Index]) -> None:
        self._names = dict(names)
        super().__init__(ReadingOrder(self._names))
        self._written = written
        self._taken = {node.name for node in ix.postorder(tensor) if isinstance(node, (ix.Symbol, ix.Constant))}
        self._slices = Slices(self.folded)

    def finished(self, form: Expr) -> Expr:
        """The form with the members that symbols stand for; a family may have members of others in
        it."""
        return replaced(form, resolved(self._slices.members))

    def entries(self, tensor: ix.Tensor) -> Expr | None:
        """The array of its entries, each with a form."""
        indices: list[Index] = []
        entry: ix.Tensor | None = tensor
        for size in tensor.shape:
            index = self._index(size, [index.name for index in indices])
            if index is None or entry is None:
                return None
            indices.append(index)
            entry = self._slice(entry, index)
        form = None if entry is None or not indices else self.folded(entry)
        return None if form is None else IndexArray(tuple(indices), form)

    def over(self, tensor: ix.Tensor, families: Sequence[str], nested: int = 0) -> Term | None:
        """The sum of terms over the members of families, and of the terms that are no such sums."""
        terms = terms_of(tensor)
        found = [self._member_sum(term, families) if nested < _MOST_NESTED else None for _, term in terms]
        pairs = [(coefficient, sliced) for (coefficient, _), sliced in zip(terms, found) if sliced is not None]
        groups = grouped((index, (coefficient, sliced)) for coefficient, (index, sliced) in pairs)
        if not groups and not nested:
            return None
        rest = [term for term, sliced in zip(terms, found) if sliced is None]
        parts = [self._best(add(rest, tensor.shape))] if rest else []
        for index, group in groups.items():
            inner = self.over(add(group, tensor.shape), families, nested + 1)
            parts.append(None if inner is None else self._summed_term(inner, index))
        kept = list(filter(None, parts))
        return combined(kept, tensor.shape, self.order) if len(kept) == len(parts) else None

    def _member_sum(self, term: ix.Tensor, families: Sequence[str]) -> tuple[Index, ix.Tensor] | None:
        """A bound label that counts the members of a family, as an index, and the slice of the
        term."""
        if not isinstance(term, ix.Contraction):
            return None
        for label in _bound(term):
            index = self._index(term.sizes[label], self._used(term))
            sliced = None if index is None else self._cut(self._slices.term(term, label, index))
            if index is not None and sliced is not None and self._has_member(sliced, index, families):
                return index, sliced
        return None

    def _has_member(self, sliced: ix.Tensor, index: Index, families: Sequence[str]) -> bool:
        members = [self._slices.members[name] for name in _symbol_names(sliced) if name in self._slices.members]
        found = [member.operand for member in members if member.positions[:1] == (index,)]
        return any(isinstance(family, Symbol) and family.name in families for family in found)

    def _term(self, node: ix.Node) -> Term | None:
        if node.order > 2:  # it is sliced in the product that it stands in
            return None
        found = super()._term(node)
        if found is not None or not isinstance(node, ix.Contraction):
            return found
        for label in _bound(node):
            index = self._index(node.sizes[label], self._used(node))
            sliced = None if index is None else self._cut(self._slices.term(node, label, index))
            if index is not None and sliced is not None and self.folded(sliced) is not None:
                inner = self.terms[sliced]
                assert inner is not None
                return self._summed_term(inner, index)
        return None

    def _best(self, tensor: ix.Tensor) -> Term | None:
        """The term of the form that is shortest to read."""
        found = [
            term for other in alternatives(tensor) if self.folded(other) is not None and (term := self.terms[other]) is not None
        ]
        return min(found, key=lambda term: cost(expression_of(term, self.order))) if found else None

    def _summed_term(self, body: Term, index: Index) -> Term:
        """The sum of a term over an index, with what does not depend on it outside."""
        inside = {base: exponent for base, exponent in body.scalars.items() if self._depends(base, index)}
        outside = {base: exponent for base, exponent in body.scalars.items() if base not in inside}
        varying = [place for place, factor in enumerate(body.chain) if self._depends(factor, index)]
        first, last = (varying[0], varying[-1] + 1) if varying else (len(body.chain), len(body.chain))
        coefficient = body.coefficient
        summand = expression_of(Term(YES if coefficient > 0 else MINUS, inside, body.chain[first:last]), self.order)
        if isinstance(summand, Negative):
            summand = summand.operand
        else:
            coefficient = abs(coefficient)
        total = IndexSum(index, summand)
        if not total.shape:
            return Term(coefficient, {**outside, total: YES}, (*body.chain[:first], *body.chain[last:]))
        return Term(coefficient, outside, (*body.chain[:first], total, *body.chain[last:]))

    def _depends(self, expression: Expr, index: Index) -> bool:
        members = self._slices.members
        return any(name in members and index in members[name].positions for name in symbols_in(expression))

    def _index(self, size: Size, used: Sequence[str]) -> Index | None:
        """An index over ``size``, the one that was written where there is one; None when all
        letters are in use."""
        names = [index.name for index in self._written if index.size is size]
        others = {*self._taken, *size.names, *[index.name for index in self._written]}
        names += [letter for letter in _LETTERS if letter not in others]
        return next((Index(name, size) for name in names if name not in used), None)

    def _slice(self, tensor: ix.Tensor, index: Index) -> ix.Tensor | None:
        return self._cut(self._slices.slice(tensor, (0,), index))

    def _cut(self, sliced: ix.Tensor | None) -> ix.Tensor | None:
        """A slice, whose members take the place of their families in reading order."""
        for name, member in self._slices.members.items():
            self._names.setdefault(
                name, min([self._names.get(other, len(self._names)) for other in symbols_in(member)], default=0)
            )
        return sliced

    def _used(self, tensor: ix.Tensor) -> list[str]:
        members = self._slices.members
        positions = [position for name in _symbol_names(tensor) if name in members for position in members[name].positions]
        return [position.name for position in positions if isinstance(position, Index)]


def _bound(node: ix.Contraction) -> list[int]:
    """The labels that are summed, those of operands with most axes first."""
    deepest = {
        label: max([len(index) for index in node.indices if label in index], default=0) for label in range(len(node.sizes))
    }
    return sorted([label for label in deepest if label not in node.output], key=lambda label: -deepest[label])


def _symbol_names(tensor: ix.Tensor) -> list[str]:
    return [node.name for node in ix.postorder(tensor) if isinstance(node, ix.Symbol)]
