"""Products of arrays with labelled axes: two at a time in the cheapest order, as matrix products
where they are ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from math import prod
from typing import TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size, product_of
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.ordering import Extents, Tree

Labels: TypeAlias = tuple[int, ...]
Labelled: TypeAlias = tuple[Op, Labels]
"""An array and the labels of its axes."""

# All orders are compared for this many arrays; with more of them the best pair is taken again and
# again, among the first of them.
_COMPARED = 8
_SEARCHED = 24


class Made:
    """The products that are there already."""

    def __init__(self) -> None:
        self.pairs: set[object] = set()
        """Of two arrays."""
        self.groups: dict[object, tuple[Op, Labels]] = {}
        """Of arrays that summed labels tie together; labels are numbered in their order."""


class Contraction:
    """Products of arrays, summed over the labels that are not ``kept``.

    Axes that are kept stand in the order of ``rank`` where they can.
    """

    def __init__(
        self,
        b: Builder,
        sizes: Mapping[int, Size],
        extents: Extents,
        kept: Iterable[int],
        rank: Mapping[int, int],
        made: Made | None = None,
    ) -> None:
        self.b = b
        self.sizes = sizes
        self._lengths = {label: extents.of(size) for label, size in sizes.items()}
        self.kept = frozenset(kept)
        self.rank = rank
        self.made = Made() if made is None else made

    def components(self, items: list[Labelled]) -> list[Labelled]:
        """Arrays that share summed labels multiplied; arrays that share none are left as they
        are."""
        spend(len(items))
        holders = Counter([label for _, labels in items for label in set(labels)])
        shared = self.kept.union([label for label, count in holders.items() if count > 1])
        return [self._once(group) for group in self._groups([self._lone(item, shared) for item in items])]

    def _once(self, items: list[Labelled]) -> Labelled:
        """The product, or the one that was made of the same arrays tied in the same way: long
        chains share most of their parts."""
        if len(items) == 1:
            return items[0]
        labels = sorted({label for _, own in items for label in own})
        number = {label: k for k, label in enumerate(labels)}

        def numbered(own: Iterable[int]) -> Labels:
            return tuple([number[label] for label in own])

        ranks = sorted([(self.rank.get(label, label), label) for label in labels if label in self.kept])
        key = tuple([(op.serial, numbered(own)) for op, own in items]), numbered([label for _, label in ranks])
        if key not in self.made.groups:
            op, own = self._multiplied(items)
            self.made.groups[key] = op, numbered(own)
        op, own = self.made.groups[key]
        return op, tuple([labels[k] for k in own])

    def _groups(self, items: list[Labelled]) -> list[list[Labelled]]:
        """The arrays, those together that summed labels tie together; in the order of the first of
        each."""
        first: dict[int, int] = {}
        ties = [
            (first.setdefault(label, place), place)
            for place, (_, labels) in enumerate(items)
            for label in labels
            if label not in self.kept
        ]
        group_of = merged(range(len(items)), ties)
        return [[item for item, group in zip(items, group_of) if group == wanted] for wanted in dict.fromkeys(group_of)]

    def _multiplied(self, items: list[Labelled]) -> Labelled:
        if len(items) > _COMPARED:
            return self._greedily(items)
        done: list[tuple[Labelled, set[int]]] = []
        stack: list[tuple[Tree, bool]] = [(self._cheapest(items), False)]
        while stack:
            part, ready = stack.pop()
            if isinstance(part, int):
                done.append((items[part], {part}))
            elif not ready:
                stack += [(part, True), (part[1], False), (part[0], False)]
            else:
                (right, behind), (left, ahead) = done.pop(), done.pop()
                both = behind | ahead
                done.append((self._pair(left, right, self._outside(items, both)), both))
        return done[0][0]

    def _cheapest(self, items: list[Labelled]) -> Tree:
        """The order of multiplying that costs least, by dynamic programming over the sets of
        arrays."""
        count = len(items)
        spend(1 << count)
        remaining: dict[int, frozenset[int]] = {}
        for chosen in range(1, 1 << count):
            places = [k for k in range(count) if chosen >> k & 1]
            remaining[chosen] = self._outside(items, places).intersection(*[[label for k in places for label in items[k][1]]])
        best: dict[int, tuple[float, Tree]] = {1 << k: (0.0, k) for k in range(count)}
        for chosen in range(1, 1 << count):
            lowest = chosen & -chosen
            part = (chosen - 1) & chosen
            while part:
                rest = chosen ^ part
                if part & lowest and part in best and rest in best and (remaining[part] & remaining[rest]) - self.kept:
                    (cost, one), (more, other) = best[part], best[rest]
                    step = self._cost(remaining[part], remaining[rest], remaining[chosen])
                    total = 0.0 if self._is_made(items, one, other, remaining[chosen]) else cost + more + step
                    if chosen not in best or total < best[chosen][0] * (1 - 1e-9):
                        best[chosen] = (total, (one, other))
                part = (part - 1) & chosen
        return best[(1 << count) - 1][1]

    def _is_made(self, items: list[Labelled], one: Tree, other: Tree, needed: frozenset[int]) -> bool:
        """Whether the product of two of the arrays is there already."""
        if not isinstance(one, int) or not isinstance(other, int):
            return False
        return self._key(items[one], items[other], needed) in self.made.pairs

    def _cost(self, left: frozenset[int], right: frozenset[int], result: frozenset[int]) -> float:
        """Time in units of one entry read or written: libraries multiply matrices many times faster
        than arrays entry by entry."""
        around = self.entries(left | right)
        shared = left & right
        batched = shared & result
        if shared == batched:
            faster = 1.0
        elif left <= shared or right <= shared:
            faster = 0.5
        else:
            faster = 0.2 if batched else 0.1
        passes = 3 if shared != batched and self._interleaved(left - shared, right - shared) else 2
        return around * faster + passes * self.entries(result)

    def _interleaved(self, left: frozenset[int], right: frozenset[int]) -> bool:
        """Whether rows and columns of a matrix product have to be taken apart to be put in
        order."""
        mine = [self.rank[label] for label in left if label in self.rank]
        yours = [self.rank[label] for label in right if label in self.rank]
        return bool(mine and yours) and max(mine) > min(yours) and max(yours) > min(mine)

    def _greedily(self, items: list[Labelled]) -> Labelled:
        while len(items) > 1:
            span = range(min(len(items), _SEARCHED))
            summed = [{label for label in labels if label not in self.kept} for _, labels in items]
            pairs = [(i, j) for i, j in combinations(span, 2) if summed[i] & summed[j]]
            if not pairs:
                pairs = [(i, j) for j in range(len(items)) for i in range(j) if summed[i] & summed[j]][:1]
            spend(len(pairs))
            i, j = min(pairs, key=lambda pair: self._growth(items, pair))
            made = self._pair(items[i], items[j], self._outside(items, (i, j)))
            items = [item for k, item in enumerate(items) if k not in (i, j)]
            items.insert(i, made)
        return items[0]

    def _outside(self, items: list[Labelled], chosen: Collection[int]) -> frozenset[int]:
        """The labels that are needed besides some of the arrays."""
        return self.kept.union(*[labels for k, (_, labels) in enumerate(items) if k not in chosen])

    def _growth(self, items: list[Labelled], pair: tuple[int, int]) -> tuple[float, float]:
        first, second = (set(items[k][1]) for k in pair)
        around = first | second
        made = self.entries(around & self._outside(items, pair))
        return made - self.entries(first) - self.entries(second), self.entries(around)

    def entries(self, labels: Iterable[int]) -> float:
        """How many entries an array with these labels has."""
        return prod([self._lengths[label] for label in sorted(set(labels))], start=1.0)

    # ------------------------------------------------------------ two arrays

    def _key(self, first: Labelled, second: Labelled, needed: frozenset[int]) -> object:
        """What equal products of two arrays have in common."""
        if first[0].serial > second[0].serial:
            first, second = second, first
        names: dict[int, int] = {}
        places = [names.setdefault(label, len(names)) for label in (*first[1], *second[1])]
        return (first[0].serial, second[0].serial, tuple(places), tuple([label in needed for label in names]))

    def _pair(self, first: Labelled, second: Labelled, needed: frozenset[int]) -> Labelled:
        """The product of two arrays, summed over the labels that they share and nothing else
        needs."""
        self.made.pairs.add(self._key(first, second, needed))
        (left, mine), (_, yours) = first, second
        shared = [label for label in mine if label in yours]
        summed = [label for label in shared if label not in needed]
        batch = [label for label in shared if label in needed]
        if not summed:
            return self._entrywise(first, second)
        if not batch:
            return self._matrix_product(first, second, summed)
        if len(shared) not in (len(mine), len(yours)):
            return self._batched_product(first, second, batch, summed)
        if len(mine) == len(yours) == 2:
            return self.b.sum(self.b.mul([left, self.arranged(second, mine)]), mine.index(summed[0])), (batch[0],)
        output = tuple([label for label in dict.fromkeys((*mine, *yours)) if label not in summed])
        return self._einsum([first, second], output), output

    def _entrywise(self, first: Labelled, second: Labelled) -> Labelled:
        """Multiplied entry by entry; labels still to be summed come first, so that the arrays can
        be read as matrices later."""
        both = tuple(sorted({*first[1], *second[1]}, key=lambda label: (label in self.kept, self.rank.get(label, label))))
        return multiplied(self.b, [self._put(first, both), self._put(second, both)], both), both

    def _put(self, item: Labelled, order: Labels) -> Labelled:
        """The array with its axes in the order in which their labels are in ``order``."""
        own = tuple([label for label in order if label in item[1]])
        return self.arranged(item, own), own

    def _matrix_product(self, first: Labelled, second: Labelled, summed: list[int]) -> Labelled:
        b = self.b
        (left, mine), (right, yours) = first, second
        if len(mine) == len(yours) == len(summed):
            right = self.arranged(second, mine)
            if left.order > 2:
                count = (self._size(mine),)
                left, right = b.reshape(left, count), b.reshape(right, count)
            return b.frobenius(left, right), ()
        if self._ranks(yours, summed) < self._ranks(mine, summed):
            first, second = second, first
        order = tuple([label for label in (mine if len(mine) >= len(yours) else yours) if label in summed])
        left, rows = self._as_matrix(first, order)
        right, cols = self._as_matrix(second, order)
        op = b.matmul(left, b.transpose(right))
        return b.reshape(op, self._shape(rows + cols)), rows + cols

    def _ranks(self, labels: Labels, summed: list[int]) -> list[tuple[bool, int]]:
        """Where the axes that are left belong: those that the result keeps in their order, then
        those that are summed later."""
        return sorted([(label not in self.kept, self.rank.get(label, label)) for label in labels if label not in summed])

    def _as_matrix(self, item: Labelled, summed: Labels) -> tuple[Op, Labels]:
        """The array with the summed labels as columns and the others, given too, as rows; with
        summed labels alone as a vector."""
        op, labels = item
        free = tuple([label for label in labels if label not in summed])
        if labels == free + summed:
            return self.b.reshape(op, self._joined(free, summed)), free
        if labels != summed + free:
            free = tuple(sorted(free, key=lambda label: self.rank.get(label, label)))
            op = self.arranged(item, summed + free)
        return self.b.transpose(self.b.reshape(op, self._joined(summed, free))), free

    def _batched_product(self, first: Labelled, second: Labelled, batch: list[int], summed: list[int]) -> Labelled:
        """One matrix product for every value of the labels that both arrays have and the result
        keeps."""
        b = self.b
        ahead, inner = tuple(batch), tuple(summed)
        rows = tuple([label for label in first[1] if label not in ahead + inner])
        cols = tuple([label for label in second[1] if label not in ahead + inner])
        left = b.reshape(self.arranged(first, ahead + rows + inner), self._joined(ahead, rows, inner))
        right = b.reshape(self.arranged(second, ahead + inner + cols), self._joined(ahead, inner, cols))
        op = b.make("matmul", (left, right), None, self._joined(ahead, rows, cols))
        return b.reshape(op, self._shape(ahead + rows + cols)), ahead + rows + cols

    def _size(self, labels: Labels) -> Size:
        return product_of(self._shape(labels))

    def _joined(self, *groups: Labels) -> Shape:
        return tuple([self._size(group) for group in groups if group])

    def _shape(self, labels: Labels) -> Shape:
        return tuple([self.sizes[label] for label in labels])

    # ------------------------------------------------------------ one array

    def _lone(self, item: Labelled, shared: frozenset[int]) -> Labelled:
        """Labels of one array alone summed over or, when repeated, its diagonal taken."""
        wanted = tuple(dict.fromkeys(label for label in item[1] if label in shared))
        return self.arranged(item, wanted), wanted

    def arranged(self, item: Labelled, output: Labels) -> Op:
        """One array with these labels as axes; labels left out are summed."""
        b = self.b
        op, labels = item
        if labels == output:
            return op
        if len(set(labels)) == len(labels):
            if set(labels) == set(output):
                return b.permute(op, tuple([labels.index(label) for label in output]))
            if op.order <= 2:
                gone = [axis for axis, label in enumerate(labels) if label not in output]
                return b.sum(op, gone[0] if len(gone) < op.order else None)
        elif op.order == 2:
            return b.make("diagonal", (op,), None, op.shape[:1]) if output else b.make("trace", (op,))
        return self._einsum([item], output)

    def _einsum(self, items: list[Labelled], output: Labels) -> Op:
        names: dict[int, int] = {}
        indices = tuple([tuple([names.setdefault(label, len(names)) for label in labels]) for _, labels in items])
        result = tuple([names[label] for label in output])
        return self.b.make("einsum", [op for op, _ in items], (indices, result), self._shape(output))


def merged(names: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[int]:
    """The names, where those of pairs are one: the least of all that are tied together."""
    found = list(names)
    for pair in pairs:
        one, other = sorted([found[place] for place in pair])
        if one != other:
            found = [one if name == other else name for name in found]
    return found


def multiplied(b: Builder, items: list[Labelled], output: Labels) -> Op:
    """Arrays multiplied entry by entry, the labels of each in the order of ``output``; axes that
    none has hold one entry."""
    if len(items) == len(output) == 2 and [labels for _, labels in items] == [output[:1], output[1:]]:
        return b.outer(items[0][0], items[1][0])
    return b.mul([spread(b, op, labels, output) for op, labels in items])


def spread(b: Builder, op: Op, own: Labels, labels: Labels) -> Op:
    """The array with axes of one entry for the labels that it does not have; both are in one
    order."""
    if own == labels:
        return op
    if len(labels) == 2 and op.order == 1:
        return b.column(op) if own == labels[:1] else b.row(op)
    sizes = dict(zip(own, op.shape, strict=True))
    places = tuple([k for k, label in enumerate(labels) if label not in own])
    return b.make("expand", (op,), places, tuple([sizes.get(label, ONE) for label in labels]))
