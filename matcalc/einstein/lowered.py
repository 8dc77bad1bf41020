"""Lowered values, and the splitting of their axes where forms of different make-up meet.

The rows of ``vec(X)`` are two axes, those of ``ones(m*n)`` are one of the product's size. A tensor that is uniform along an axis (ones,
zeros, identities and what is made of them) may be written with that axis split, so the two can be added and multiplied; any other
tensor is contracted with a pairing.
"""

from __future__ import annotations

from functools import reduce
from operator import mul

from matcalc.einstein.algebra import contract, permuted
from matcalc.einstein.linear import YES, add
from matcalc.einstein.nodes import Contraction, Sum, Tensor
from matcalc.einstein.splitting import joined, split, split_as
from matcalc.records import record, replace
from matcalc.sizes import Shape


@record
class Lowered:
    """A tensor whose first ``split`` axes together are the rows, and whose others together are the columns."""

    tensor: Tensor
    split: int
    free: tuple[str, ...] = ()
    """Inside an explicit sum: the names of the indices that a scalar depends on, one axis each."""
    separate: bool = False
    """The value of a whole expression is a tensor of order 3 or 4; of others, axes beyond two are parts of rows or columns."""

    @property
    def rows(self) -> Shape:
        return self.tensor.shape[: self.split]

    @property
    def cols(self) -> Shape:
        return self.tensor.shape[self.split :]


def transposed(value: Lowered) -> Lowered:
    """Rows and columns exchanged."""
    rows, cols = tuple(range(value.split)), tuple(range(value.split, value.tensor.order))
    return Lowered(permuted(value.tensor, cols + rows), len(cols))


def aligned(parts: list[Lowered]) -> list[Lowered]:
    """The parts with the same axes, split and joined as they need."""
    first = parts[0]
    if all(part.split == first.split and part.tensor.shape == first.tensor.shape for part in parts):
        return parts
    rows = reduce(finer, [part.rows for part in parts])
    cols = reduce(finer, [part.cols for part in parts])
    return [with_cols(with_rows(part, rows), cols) for part in parts]


def finer(left: Shape, right: Shape) -> Shape:
    """The axes of which both are made, such as (m, n) for (m*n) and (m, n); where there are none, the one axis that both make."""
    found = []
    one, other = list(left), list(right)
    while one and other:
        a, b = one.pop(0), other.pop(0)
        if a == b:
            found.append(a)
        elif (rest := a.divided(b)) is not None:
            found.append(b)
            one.insert(0, rest)
        elif (rest := b.divided(a)) is not None:
            found.append(a)
            other.insert(0, rest)
        else:
            return (reduce(mul, left),)
    return tuple(found)


def with_rows(value: Lowered, rows: Shape) -> Lowered:
    """The value with ``rows`` as the axes of its rows: an axis that is too long is split, and where that does not do all are joined first.

    Identities and ones are split into identities and ones.
    """
    whole = value
    for place, size in enumerate(rows):
        if place < value.split and value.rows[place] == size:
            continue
        rest = value.rows[place].divided(size) if place < value.split else None
        if rest is None:
            return _regrouped(whole, rows)
        uniform = _split(value, place, (size, rest))
        value = uniform or replace(value, tensor=split(value.tensor, place, size, rest), split=value.split + 1)
    return value


def with_cols(value: Lowered, cols: Shape) -> Lowered:
    """The value with ``cols`` as the axes of its columns."""
    if value.cols == cols:
        return value
    return transposed(with_rows(transposed(value), cols))


def plain(value: Lowered) -> Lowered:
    """The value with one axis for its rows and one for its columns."""
    rows, cols = [(reduce(mul, group),) if group else () for group in (value.rows, value.cols)]
    return with_cols(with_rows(value, rows), cols)


def _regrouped(value: Lowered, rows: Shape) -> Lowered:
    tensor = value.tensor
    for _ in range(value.split - 1):
        tensor = joined(tensor, 0)
    groups = [rows, *((size,) for size in value.cols)]
    return replace(value, tensor=split_as(tensor, groups), split=len(rows))


def _split(value: Lowered, axis: int, sizes: Shape) -> Lowered | None:
    """``axis``, and every axis tied to it by an identity, as two of ``sizes``; None where an operand varies along one of them."""
    tensor = value.tensor
    terms = tensor.terms if isinstance(tensor, Sum) else ((YES, tensor),)
    axes = {axis}
    while True:
        tied = {
            place
            for _, term in terms
            if isinstance(term, Contraction)
            for place, label in enumerate(term.output)
            if any(term.output[known] == label for known in axes)
        }
        if tied <= axes:
            break
        axes |= tied
    shape = tuple([size for place, whole in enumerate(tensor.shape) for size in (sizes if place in axes else (whole,))])
    parts = []
    for coefficient, term in terms:
        if not isinstance(term, Contraction):
            return None
        second = {label: len(term.sizes) + k for k, label in enumerate(dict.fromkeys(term.output[place] for place in sorted(axes)))}
        if any(label in second for index in term.indices for label in index):
            return None
        labels = dict(enumerate(term.sizes))
        for label, new in second.items():
            labels[label], labels[new] = sizes
        output = [part for label in term.output for part in ((label, second[label]) if label in second else (label,))]
        parts.append((coefficient, contract(term.operands, term.indices, output, labels)))
    return replace(value, tensor=add(parts, shape), split=value.split + sum(place < value.split for place in axes))
