"""Tensors with what their axes are: rows, columns and free indices; axes of products split into
their factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import mul

from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size
from matcalc.einstein import algebra
from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import add, terms_of
from matcalc.einstein.nodes import Contraction, Pairing, Sum, Tensor


@record
class Lowered:
    """A tensor with one axis for each free index, then ``split`` axes that together are the rows,
    then those that are the columns."""

    tensor: Tensor
    split: int
    free: tuple[str, ...] = ()
    """The indices of sums and arrays around it that the value depends on, by name."""
    separate: bool = False
    """The value of a whole expression is a tensor of order 3 or 4; of others, axes beyond two are
    parts of rows or columns."""

    @property
    def order(self) -> int:
        """The number of axes that are no free indices."""
        return self.tensor.order - len(self.free)

    @property
    def shape(self) -> Shape:
        return self.tensor.shape[len(self.free) :]

    @property
    def batch(self) -> Shape:
        """The sizes of the free indices."""
        return self.tensor.shape[: len(self.free)]

    @property
    def rows(self) -> Shape:
        return self.shape[: self.split]

    @property
    def cols(self) -> Shape:
        return self.shape[self.split :]


def contracted(
    parts: Sequence[Lowered], indices: Sequence[tuple[int, ...]], rows: tuple[int, ...], cols: tuple[int, ...] = ()
) -> Lowered:
    """The contraction of values whose own axes have the labels ``indices`` (0, 1, ...); a free
    index of several is one axis."""
    names = free_indices(parts)
    outer = {name: place - len(names) for place, name in enumerate(names)}
    labels = [(*[outer[name] for name in part.free], *index) for part, index in zip(parts, indices)] if names else list(indices)
    sizes = {label: size for part, index in zip(parts, labels) for label, size in zip(index, part.tensor.shape)}
    tensor = contract([part.tensor for part in parts], labels, (*outer.values(), *rows, *cols), sizes)
    return Lowered(tensor, len(rows), names)


def entrywise(parts: Sequence[Lowered]) -> Lowered:
    """The product entry by entry of values with the same axes and of scalars."""
    shaped = max(parts, key=lambda part: part.order)
    labels = tuple(range(shaped.order))
    indices = [labels if part.order else () for part in parts]
    return contracted(parts, indices, labels[: shaped.split], labels[shaped.split :])


def free_indices(parts: Sequence[Lowered]) -> tuple[str, ...]:
    """The free indices that any of the values depends on."""
    return tuple(dict.fromkeys([name for part in parts for name in part.free]))


def spread(parts: Sequence[Lowered]) -> list[Lowered]:
    """The values with the free indices of all of them, copied along those that they do not depend
    on."""
    names = free_indices(parts)
    sizes = {name: size for part in parts for name, size in zip(part.free, part.batch)}
    return [part if part.free == names else _spread(part, {name: sizes[name] for name in names}) for part in parts]


def _spread(part: Lowered, sizes: Mapping[str, Size]) -> Lowered:
    names = tuple(sizes)
    own = tuple(range(len(names), len(names) + part.order))
    index = (*[names.index(name) for name in part.free], *own)
    output = (*range(len(names)), *own)
    return Lowered(contract([part.tensor], [index], output, dict(enumerate((*sizes.values(), *part.shape)))), part.split, names)


def permuted(value: Lowered, axes: Sequence[int], split: int) -> Lowered:
    """The value whose own axis ``k`` is own axis ``axes[k]``."""
    lead = len(value.free)
    order = (*range(lead), *[lead + axis for axis in axes]) if lead else axes
    return Lowered(algebra.permuted(value.tensor, order), split, value.free)


def transposed(value: Lowered) -> Lowered:
    """Rows and columns exchanged."""
    return permuted(value, (*range(value.split, value.order), *range(value.split)), value.order - value.split)


def aligned(parts: list[Lowered]) -> list[Lowered]:
    """The parts with the same axes, split and joined as they need."""
    first = parts[0]
    if all(part.split == first.split and part.shape == first.shape for part in parts):
        return parts
    rows = reduce(finer, [part.rows for part in parts])
    cols = reduce(finer, [part.cols for part in parts])
    return [with_cols(with_rows(part, rows), cols) for part in parts]


def finer(left: Shape, right: Shape) -> Shape:
    """The axes of which both are made, such as (m, n) for (m*n) and (m, n); where there are none,
    the one axis that both make."""
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
    """The value with ``rows`` as the axes of its rows: an axis that is too long is split, and where
    that does not do all are joined first.

    Identities and ones are split into identities and ones.
    """
    whole = value
    for place, size in enumerate(rows):
        if place < value.split and value.rows[place] == size:
            continue
        rest = value.rows[place].divided(size) if place < value.split else None
        if rest is None:
            return _regrouped(whole, rows)
        axis = len(value.free) + place
        uniform = _split(value, axis, (size, rest))
        value = uniform or replace(value, tensor=split(value.tensor, axis, size, rest), split=value.split + 1)
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
        tensor = joined(tensor, len(value.free))
    groups = [*((size,) for size in value.batch), rows, *((size,) for size in value.cols)]
    return replace(value, tensor=split_as(tensor, groups), split=len(rows))


def _split(value: Lowered, axis: int, sizes: Shape) -> Lowered | None:
    """``axis``, and every axis tied to it by an identity, as two of ``sizes``; None where an
    operand varies along one of them, or one is a free index."""
    tensor, lead = value.tensor, len(value.free)
    terms = terms_of(tensor)
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
    if min(axes) < lead:
        return None
    shape = tuple([size for place, whole in enumerate(tensor.shape) for size in (sizes if place in axes else (whole,))])
    parts = []
    for coefficient, term in terms:
        if not isinstance(term, Contraction):
            return None
        second = {
            label: len(term.sizes) + k for k, label in enumerate(dict.fromkeys(term.output[place] for place in sorted(axes)))
        }
        if any(label in second for index in term.indices for label in index):
            return None
        labels = dict(enumerate(term.sizes))
        for label, new in second.items():
            labels[label], labels[new] = sizes
        output = [part for label in term.output for part in ((label, second[label]) if label in second else (label,))]
        parts.append((coefficient, contract(term.operands, term.indices, output, labels)))
    return replace(value, tensor=add(parts, shape), split=value.split + sum(place < lead + value.split for place in axes))


def split(tensor: Tensor, axis: int, slow: Size, fast: Size) -> Tensor:
    """The tensor with an axis of size ``slow * fast`` as two."""
    if isinstance(tensor, Sum):
        parts = [(coefficient, split(term, axis, slow, fast)) for coefficient, term in tensor.terms]
        return add(parts, (*tensor.shape[:axis], slow, fast, *tensor.shape[axis + 1 :]))
    labels = tuple(range(tensor.order))
    first, second = tensor.order, tensor.order + 1
    sizes = dict(enumerate(tensor.shape)) | {first: slow, second: fast}
    output = (*labels[:axis], first, second, *labels[axis + 1 :])
    return contract([tensor, Pairing(slow, fast)], [labels, (first, second, axis)], output, sizes)


def joined(tensor: Tensor, axis: int) -> Tensor:
    """The tensor with ``axis`` and the one after it as one, the second running fastest."""
    slow, fast = tensor.shape[axis : axis + 2]
    if isinstance(tensor, Sum):
        parts = [(coefficient, joined(term, axis)) for coefficient, term in tensor.terms]
        return add(parts, (*tensor.shape[:axis], slow * fast, *tensor.shape[axis + 2 :]))
    labels = tuple(range(tensor.order))
    sizes = dict(enumerate(tensor.shape)) | {tensor.order: slow * fast}
    output = (*labels[:axis], tensor.order, *labels[axis + 2 :])
    return contract([tensor, Pairing(slow, fast)], [labels, (axis, axis + 1, tensor.order)], output, sizes)


def divided_between(tensor: Tensor, lead: int, first: Size, second: Size) -> tuple[Tensor, int]:
    """The same entries in row-major order, with some axes that together are of size ``first`` and
    then some of size ``second``, after ``lead`` axes that stay.

    Returns the tensor and how many axes the first group has.
    """
    left, axis = first, lead
    while left != ONE:
        size = tensor.shape[axis]
        if (rest := left.divided(size)) is not None:
            left = rest
        elif (rest := size.divided(left)) is not None:
            tensor, left = split(tensor, axis, left, rest), ONE
        else:
            while tensor.order > lead + 1:
                tensor = joined(tensor, lead)
            return split(tensor, lead, first, second), 1
        axis += 1
    return tensor, axis - lead


def split_as(tensor: Tensor, groups: Sequence[Shape]) -> Tensor:
    """The tensor with each of its axes split into the sizes of a group, of which they are the
    product."""
    axis = 0
    for group in groups:
        for k, size in enumerate(group[:-1]):
            tensor = split(tensor, axis, size, reduce(mul, group[k + 1 :]))
            axis += 1
        axis += 1
    return tensor
