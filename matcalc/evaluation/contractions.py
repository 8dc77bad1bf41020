"""Einstein sums of any number of operands and labels: repeated output labels are deltas, labels in no operand are ones.

Summed labels are eliminated one after the other, cheapest intermediate result first, so that no NumPy limit on operands or
letters is met and a chain of thousands of factors costs what its products cost.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from matcalc.errors import LimitError
from matcalc.evaluation.arrays import LARGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 12
_AXES = 28
# Below this many multiplications the search for a good order costs more than it saves.
_SMALL = 100_000


def contract(
    operands: Sequence[NDArray[Any]],
    indices: Sequence[tuple[int, ...]],
    output: tuple[int, ...],
    lengths: Sequence[int],
) -> NDArray[Any]:
    """Entry ``output`` is the sum, over every label not in ``output``, of the products of the entries at ``indices``.

    ``lengths[label]`` is the length of each label's axis. Raises LimitError when an intermediate array is too large.
    """
    import numpy as np

    present = {label for labels in indices for label in labels}
    scale = float(prod(length for label, length in enumerate(lengths) if label not in present and label not in output))
    work = _Work(operands, indices, set(output), lengths)
    work.eliminate()
    kept = tuple(dict.fromkeys(output))
    core = work.combined(tuple(label for label in kept if label in present))
    # A broadcast label is an axis of length one here; writing into the result repeats it.
    core = scale * core.reshape([lengths[label] if label in present else 1 for label in kept])
    shape = [lengths[label] for label in output]
    if prod(shape) > LARGEST:
        raise LimitError(f"an array of shape {tuple(shape)} is too large to evaluate")
    if len(kept) == len(output):
        return np.array(np.broadcast_to(core, shape))
    result = np.zeros(shape, dtype=core.dtype)
    places = {label: np.arange(lengths[label]).reshape([-1 if other == label else 1 for other in kept]) for label in kept}
    result[tuple(places[label] for label in output)] = core
    return result


class _Work:
    """The operands still to be multiplied; each has its labels, each label the operands that carry it."""

    def __init__(
        self,
        operands: Sequence[NDArray[Any]],
        indices: Sequence[tuple[int, ...]],
        output: set[int],
        lengths: Sequence[int],
    ) -> None:
        self.arrays: dict[int, tuple[NDArray[Any], tuple[int, ...]]] = {}
        self.carriers: dict[int, set[int]] = {}
        self.output = output
        self.lengths = lengths
        self.count = 0
        for operand, labels in zip(operands, indices, strict=True):
            self.add(operand, labels)

    def add(self, array: NDArray[Any], labels: tuple[int, ...]) -> None:
        for label in labels:
            self.carriers.setdefault(label, set()).add(self.count)
        self.arrays[self.count] = (array, labels)
        self.count += 1

    def take(self, numbers: Sequence[int]) -> list[tuple[NDArray[Any], tuple[int, ...]]]:
        taken = [self.arrays.pop(number) for number in numbers]
        for number, (_, labels) in zip(numbers, taken, strict=True):
            for label in labels:
                self.carriers[label].discard(number)
        return taken

    def remaining(self, label: int) -> tuple[int, ...]:
        """The labels of the result when ``label`` is summed over now."""
        around = sorted({other for number in self.carriers[label] for other in self.arrays[number][1]})
        group = self.carriers[label]
        return tuple(other for other in around if other in self.output or not self.carriers[other] <= group)

    def cost(self, label: int) -> int:
        return prod(self.lengths[other] for other in self.remaining(label))

    def eliminate(self) -> None:
        """Sums over every label that is not in the output."""
        queue = [(self.cost(label), label) for label in sorted(self.carriers) if label not in self.output]
        heapq.heapify(queue)
        while queue:
            cost, label = heapq.heappop(queue)
            if not self.carriers[label]:
                continue
            now = self.cost(label)
            if now > cost:  # a neighbour has grown since this entry was made
                heapq.heappush(queue, (now, label))
                continue
            labels = self.remaining(label)
            taken = self.take(sorted(self.carriers[label]))
            self.add(self.product(taken, labels), labels)
            for other in labels:
                if other not in self.output:
                    heapq.heappush(queue, (self.cost(other), other))

    def combined(self, labels: tuple[int, ...]) -> NDArray[Any]:
        """The product of everything that is left, with axes ``labels``."""
        return self.product(self.take(sorted(self.arrays)), labels)

    def product(self, operands: list[tuple[NDArray[Any], tuple[int, ...]]], labels: tuple[int, ...]) -> NDArray[Any]:
        """The operands multiplied, a few at a time, and summed over the labels that are not in ``labels``."""
        import numpy as np

        if not operands:
            return np.ones(())
        while len(operands) > _CHUNK:
            later = {label for _, names in operands[_CHUNK:] for label in names}
            some = {label for _, names in operands[:_CHUNK] for label in names}
            middle = tuple(sorted(label for label in some if label in later or label in labels))
            operands = [(self.einsum(operands[:_CHUNK], middle), middle), *operands[_CHUNK:]]
        return self.einsum(operands, labels)

    def einsum(self, operands: list[tuple[NDArray[Any], tuple[int, ...]]], labels: tuple[int, ...]) -> NDArray[Any]:
        import numpy as np

        local = {label: k for k, label in enumerate(sorted({label for _, names in operands for label in names}))}
        if len(labels) > _AXES or len(local) > 50 or prod(self.lengths[label] for label in labels) > LARGEST:
            raise LimitError("a product in index notation needs too large an intermediate array")
        arguments: list[Any] = []
        for array, names in operands:
            arguments += [array, [local[label] for label in names]]
        work = prod(self.lengths[label] for label in local)
        result = np.einsum(*arguments, [local[label] for label in labels], optimize=len(operands) > 1 and work > _SMALL)
        return np.asarray(result)
