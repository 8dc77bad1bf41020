"""Axes split into two and two joined into one, by contraction with a pairing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul

from matcalc.einstein.algebra import contract
from matcalc.einstein.linear import add
from matcalc.einstein.nodes import Pairing, Sum, Tensor
from matcalc.sizes import ONE, Shape, Size


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
    """The same entries in row-major order, with some axes that together are of size ``first`` and then some of size ``second``, after
    ``lead`` axes that stay.

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
    """The tensor with each of its axes split into the sizes of a group, of which they are the product."""
    axis = 0
    for group in groups:
        for k, size in enumerate(group[:-1]):
            tensor = split(tensor, axis, size, reduce(mul, group[k + 1 :]))
            axis += 1
        axis += 1
    return tensor
