"""The labels of a contraction under construction."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.einstein.nodes import Tensor
from matcalc.sizes import Size

Factor: TypeAlias = tuple[Tensor, tuple[int, ...]]
"""An operand and the labels of its axes."""


class Labels:
    """Union-find over the labels of a contraction under construction."""

    def __init__(self, sizes: dict[int, Size]) -> None:
        self.sizes = sizes
        self.parent = {label: label for label in sizes}
        self.retired: set[int] = set()
        self.joined = False

    def fresh(self, size: Size) -> int:
        label = len(self.parent)
        while label in self.parent:
            label += 1
        self.parent[label] = label
        self.sizes[label] = size
        return label

    def find(self, label: int) -> int:
        while self.parent[label] != label:
            self.parent[label] = self.parent[self.parent[label]]
            label = self.parent[label]
        return label

    def retire(self, label: int) -> None:
        """Forgets a label whose sum is done."""
        self.retired.add(self.find(label))

    def join(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self.parent[other] = one
            self.joined = True


def components(factors: list[Factor], output: set[int]) -> tuple[list[Factor], list[list[Factor]]]:
    """The factors that reach an output label or have no labels, and the connected groups of the others."""
    if not any(index and output.isdisjoint(index) for _, index in factors):
        return factors, []
    root: dict[int, int] = {}

    def find(label: int) -> int:
        root.setdefault(label, label)
        while root[label] != label:
            root[label] = root[root[label]]
            label = root[label]
        return label

    for _, index in factors:
        for label in index[1:]:
            root[find(label)] = find(index[0])
    reached = {find(label) for label in output}
    main: list[Factor] = []
    groups: dict[int, list[Factor]] = {}
    for operand, index in factors:
        if not index or find(index[0]) in reached:
            main.append((operand, index))
        else:
            groups.setdefault(find(index[0]), []).append((operand, index))
    return main, list(groups.values())
