"""From index notation to operations: products of two arrays at a time, as matrix products where they are ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, assert_never, cast

from matcalc.codegen.extents import Extents
from matcalc.codegen.operations import Builder, Op
from matcalc.einstein import nodes as ix
from matcalc.errors import LimitError, MatcalcError
from matcalc.functions import functions
from matcalc.sizes import Shape, Size

Labels: TypeAlias = tuple[int, ...]
Labelled: TypeAlias = tuple[Op, Labels]

# The best pair of operands is searched among all of them up to this many, then among neighbours.
_SEARCHED = 24
_LABELS = 52
_BATCHED = frozenset({"softmax", "logsumexp"})


def tensor_op(b: Builder, tensor: ix.Tensor, extents: Extents) -> Op:
    """The operation for a tensor, with one axis for each of its axes.

    Raises LimitError for products of more than 52 indices, MatcalcError where there is no code for a function.
    """
    done: dict[ix.Tensor, Op] = {}
    for node in ix.postorder(tensor):
        done[node] = _operation(b, cast("ix.Node", node), [done[child] for child in ix.children(node)], extents)
    return done[tensor]


def laid_out(b: Builder, op: Op, numerator: Shape, variables: Sequence[int], layout: str) -> Op:
    """A derivative with separate axes in a layout: ``numerator`` are the axes of the value, ``variables`` how many each variable has."""
    below = sum(variables)
    op = b.reshape(op, (*numerator, *op.shape[op.order - below :]))
    if layout == "tensor" or not op.order:
        return op
    if not numerator and len(variables) == 1:
        return b.transpose(op) if layout == "numerator" else op
    if not below:
        return op
    if not numerator:
        return _matrix(b, op, variables[0]) if all(variables) else op
    flat = _matrix(b, op, len(numerator))
    return flat if layout == "numerator" else b.transpose(flat)


def _matrix(b: Builder, op: Op, above: int) -> Op:
    """Rows are the column-major vec of the first axes, columns that of the others."""
    turned = b.permute(op, (*reversed(range(above)), *reversed(range(above, op.order))))
    return b.reshape(turned, (_product(op.shape[:above]), _product(op.shape[above:])))


def _product(sizes: Shape) -> Size:
    result = Size((), 1)
    for size in sizes:
        result = result * size
    return result


def _operation(b: Builder, node: ix.Node, operands: list[Op], extents: Extents) -> Op:
    match node:
        case ix.Symbol(name=name):
            op = b.make("input", (), name, node.shape)
            return b.mark_symmetric(op) if len(node.shape) == 2 and node.properties & {"symmetric", "positive_definite", "diagonal"} else op
        case ix.Constant():
            return b.make("pi")
        case ix.SizeValue(size=size):
            return b.size(size)
        case ix.Unit(position=position):
            return b.make("unit", (), position, node.shape)
        case ix.Sum(terms=terms, sizes=sizes):
            parts = [(1, b.mul([b.literal(coefficient), op])) for (coefficient, _), op in zip(terms, operands, strict=True)]
            return b.full_shape(b.add(parts), sizes)
        case ix.Contraction():
            return _contraction(b, node, operands, extents)
        case ix.Power(exponent=exponent):
            return b.power(operands[0], exponent)
        case ix.Map(function="pow"):
            return b.make("pow", operands, None, node.shape)
        case ix.Map(function="sqrt"):
            return b.make("sqrt", operands, None, node.shape)
        case ix.Map(function=name):
            return b.map(name, operands[0]) if name in functions() else b.make("user", operands, name, node.shape)
        case ix.Apply(function=name):
            return _applied(b, name, node.shape, operands)
        case _:
            assert_never(node)


def _applied(b: Builder, name: str, shape: Shape, operands: list[Op]) -> Op:
    argument = operands[0]
    if name == "inv" and argument.order == 2:
        return b.inverse(argument)
    known = functions().get(name)
    own = known.argument_order if known is not None else argument.order
    if argument.order == own:
        return b.make("call", operands, (name, None), shape)
    if argument.order == own + 1 == 2 and name in _BATCHED:
        return b.make("call", operands, (name, "rows"), shape)
    raise MatcalcError(f"there is no code for {name} of an array with {argument.order} axes")


def _contraction(b: Builder, node: ix.Contraction, operands: list[Op], extents: Extents) -> Op:
    sizes = dict(enumerate(node.sizes))
    items: list[Labelled] = list(zip(operands, node.indices, strict=True))
    present = {label for labels in node.indices for label in labels}
    factors = [b.size(sizes[label]) for label in sorted(sizes) if label not in present and label not in node.output]
    output: list[int] = []
    eyes: list[Labelled] = []
    for label in node.output:  # a label met again is a new one, tied to the first by an identity
        if label in output:
            fresh = len(sizes)
            sizes[fresh] = sizes[label]
            eyes.append((b.make("eye", (), None, (sizes[label], sizes[label])), (label, fresh)))
            output.append(fresh)
        else:
            output.append(label)
    covered = present | {label for _, labels in eyes for label in labels}
    kept = [label for label in output if label in covered]
    if len(sizes) > _LABELS:
        raise LimitError(f"a product in index notation with more than {_LABELS} indices has no code")
    core = _Product(b, sizes, extents, {*kept} | {label for _, labels in eyes for label in labels[:1]})
    op, labels = core.reduced(items)
    for eye in eyes:
        op, labels = core.pair((op, labels), eye)
    op = core.arranged((op, labels), tuple(kept))
    if factors:
        op = b.mul([*factors, op])
    if len(kept) == len(output):
        return op
    if op.order:
        places = tuple([k for k, label in enumerate(output) if label not in covered])
        shape = tuple([sizes[label] if label in covered else Size((), 1) for label in output])
        op = b.make("expand", (op,), places, shape)
    return b.full_shape(op, node.shape)


class _Product:
    """A product of labelled arrays; ``kept`` labels are never summed."""

    def __init__(self, b: Builder, sizes: dict[int, Size], extents: Extents, kept: set[int]) -> None:
        self.b = b
        self.sizes = sizes
        self.extents = extents
        self.kept = kept
        self.needed: set[int] = set(kept)

    def reduced(self, items: list[Labelled]) -> Labelled:
        """All items as one, two at a time, cheapest first."""
        if not items:
            return self.b.literal(1), ()
        items = list(items)
        while len(items) > 1:
            span = len(items) if len(items) <= _SEARCHED else _SEARCHED
            pairs = [(i, j) for i in range(span) for j in range(i + 1, span)]
            i, j = min(pairs, key=lambda pair: self._cost(items, pair))
            self.needed = self.kept | {label for k, (_, labels) in enumerate(items) if k not in (i, j) for label in labels}
            made = self.pair(items[i], items[j])
            items = [item for k, item in enumerate(items) if k not in (i, j)]
            items.insert(i, made)
        self.needed = set(self.kept)
        return items[0]

    def _cost(self, items: list[Labelled], pair: tuple[int, int]) -> tuple[float, float]:
        around = set(items[pair[0]][1]) | set(items[pair[1]][1])
        others = self.kept | {label for k, (_, labels) in enumerate(items) if k not in pair for label in labels}
        left = self._entries(around & others)
        before = self._entries(set(items[pair[0]][1])) + self._entries(set(items[pair[1]][1]))
        return (left - before, self._entries(around))

    def _entries(self, labels: set[int]) -> float:
        return self.extents.entries(tuple([self.sizes[label] for label in sorted(labels)]))

    def pair(self, first: Labelled, second: Labelled) -> Labelled:
        """The product of two arrays, summed over the labels that nothing else needs."""
        b = self.b
        first = self._lone(first, set(second[1]))
        second = self._lone(second, set(first[1]))
        (left, mine), (right, yours) = first, second
        if not mine or not yours:
            return b.mul([left, right]), mine + yours
        shared = [label for label in mine if label in yours]
        summed = [label for label in shared if label not in self.needed]
        batch = [label for label in shared if label in self.needed]
        if not batch and left.order <= 2 and right.order <= 2:
            if len(summed) == 1:
                return self._matrix_product(first, second, summed[0])
            if len(summed) == 2:
                return b.frobenius(left, right if mine == yours else b.transpose(right)), ()
            if not summed and left.order == right.order == 1:
                return b.outer(left, right), mine + yours
        if not summed and left.order <= 2 and right.order <= 2 and (set(mine) <= set(yours) or set(yours) <= set(mine)):
            return self._entrywise(first, second)
        output = tuple(dict.fromkeys(label for label in (*mine, *yours) if label not in summed))
        return self._einsum([first, second], output), output

    def _lone(self, item: Labelled, others: set[int]) -> Labelled:
        """Labels of one array alone summed over or, when repeated, its diagonal taken."""
        op, labels = item
        wanted = tuple(dict.fromkeys(label for label in labels if label in self.needed or label in others))
        return (self.arranged(item, wanted), wanted)

    def _matrix_product(self, first: Labelled, second: Labelled, summed: int) -> Labelled:
        b = self.b
        (left, mine), (right, yours) = first, second
        if left.order == 2 and mine[0] == summed:
            left, mine = b.transpose(left), mine[::-1]
        if right.order == 2 and yours[1] == summed:
            right, yours = b.transpose(right), yours[::-1]
        rest = tuple([label for label in (*mine, *yours) if label != summed])
        return b.matmul(left, right), rest

    def _entrywise(self, first: Labelled, second: Labelled) -> Labelled:
        b = self.b
        if len(first[1]) < len(second[1]):
            first, second = second, first
        (left, mine), (right, yours) = first, second
        if len(yours) < len(mine):
            right = b.column(right) if mine[0] == yours[0] else b.row(right)
        elif mine != yours:
            right = b.transpose(right)
        return b.mul([left, right]), mine

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
        for _, labels in items:
            for label in labels:
                names.setdefault(label, len(names))
        indices = tuple([tuple([names[label] for label in labels]) for _, labels in items])
        shape = tuple([self.sizes[label] for label in output])
        return self.b.make("einsum", [op for op, _ in items], (indices, tuple([names[label] for label in output])), shape)


