"""From index notation to operations: products of two arrays at a time, as matrix products where they are ones."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias, assert_never, cast

from matcalc.codegen.extents import Extents
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.requests import LaidOut
from matcalc.codegen.stable import STABLE_FUNCTIONS
from matcalc.einstein import nodes as ix
from matcalc.errors import LimitError, MatcalcError
from matcalc.functions import functions
from matcalc.sizes import ONE, Shape, Size

Labels: TypeAlias = tuple[int, ...]
Labelled: TypeAlias = tuple[Op, Labels]

Pieces: TypeAlias = tuple[Labelled, ...]
"""A tensor as an outer product: arrays, each with the axes of the tensor that it covers. Along axes that none covers it is constant.

Sums of products with a common factor, such as the derivatives of a deep network, are so computed without the factor.
"""

# The best pair of operands is searched among all of them up to this many, then among neighbours.
_SEARCHED = 24
_LABELS = 52
_BATCHED = frozenset({"softmax", "logsumexp"})


def tensor_op(b: Builder, tensor: ix.Tensor, extents: Extents) -> Op:
    """The operation for a tensor, with one axis for each of its axes.

    Raises LimitError for products of more than 52 indices, MatcalcError where there is no code for a function.
    """
    return _whole(b, _in_pieces(b, tensor, extents), tensor.shape, extents)


def laid_out(b: Builder, output: LaidOut, extents: Extents) -> Op:
    """The operation for a derivative in its layout; axes are put in order before anything large is formed.

    Raises what ``tensor_op`` raises.
    """
    shape = output.tensor.shape
    order, result = _arrangement(shape, output)
    pieces = [(op, tuple([order.index(axis) for axis in axes])) for op, axes in _in_pieces(b, output.tensor, extents)]
    return b.reshape(_whole(b, tuple(pieces), tuple([shape[axis] for axis in order]), extents), result)


def _arrangement(shape: Shape, output: LaidOut) -> tuple[tuple[int, ...], Shape]:
    """The order of the tensor's axes whose row-major reshape to the shape that is given too is the layout."""
    numerator, variables, layout = output.numerator, output.variables, output.layout
    above = len(shape) - sum(variables)
    below = tuple(range(above, len(shape)))
    plain = tuple(range(len(shape)))
    separate = (*numerator, *shape[above:])
    if layout == "tensor" or not below or (not numerator and len(variables) == 1 and layout != "numerator"):
        return plain, separate
    if not numerator and len(variables) == 1:
        return plain[::-1], separate[::-1]
    if not numerator:
        first, second = below[: variables[0]], below[variables[0] :]
        return (*first[::-1], *second[::-1]), (_product(separate[: variables[0]]), _product(separate[variables[0] :]))
    # Column-major over the axes of the value; those that make up one of them together stay in their order.
    rows: tuple[int, ...] = ()
    axis = 0
    for size in numerator:
        start = axis
        while axis < above and _product(shape[start:axis]) != size:
            axis += 1
        rows = (*range(start, axis), *rows)
    cols = below[::-1]
    both = (_product(numerator), _product(shape[above:]))
    return ((*rows, *cols), both) if layout == "numerator" else ((*cols, *rows), both[::-1])


def _in_pieces(b: Builder, tensor: ix.Tensor, extents: Extents) -> Pieces:
    done: dict[ix.Tensor, Pieces] = {}
    for node in ix.postorder(tensor):
        done[node] = _pieces(b, cast("ix.Node", node), [done[child] for child in ix.children(node)], extents)
    return done[tensor]


def _product(sizes: Shape) -> Size:
    result = Size((), 1)
    for size in sizes:
        result = result * size
    return result


def _pieces(b: Builder, node: ix.Node, operands: list[Pieces], extents: Extents) -> Pieces:
    """The tensor as an outer product of arrays. Only products and sums are ever left in pieces."""
    match node:
        case ix.Contraction():
            return _contraction(b, node, operands, extents)
        case ix.Sum(terms=terms):
            return _sum(b, [coefficient for coefficient, _ in terms], operands, node.shape, extents)
    ops = [_whole(b, pieces, child.shape, extents) for pieces, child in zip(operands, ix.children(node), strict=True)]
    return ((_operation(b, node, ops), tuple(range(len(node.shape)))),)


def _operation(b: Builder, node: ix.Node, operands: list[Op]) -> Op:
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
        case ix.Pairing():
            whole = node.shape[2]
            return b.reshape(b.make("eye", (), None, (whole, whole)), node.shape)
        case ix.Power(exponent=exponent):
            return b.power(operands[0], exponent)
        case ix.Map(function="pow"):
            return b.make("pow", operands, None, node.shape)
        case ix.Map(function="sqrt"):
            return b.make("sqrt", operands, None, node.shape)
        case ix.Map(function=name):
            known = name in functions() or name in STABLE_FUNCTIONS
            return b.map(name, operands[0]) if known else b.make("user", operands, name, node.shape)
        case ix.Apply(function=name):
            return _applied(b, name, node.shape, operands)
        case ix.Contraction() | ix.Sum():
            raise AssertionError("products and sums are put together from pieces")
        case _:
            assert_never(node)


def _whole(b: Builder, pieces: Pieces, shape: Shape, extents: Extents) -> Op:
    """The pieces multiplied out, with all axes."""
    labels = tuple(range(len(shape)))
    product = _Product(b, dict(enumerate(shape)), extents, set(labels))
    parts = product.components(list(pieces))
    scalars = [op for op, covered in parts if not covered]
    arrays = sorted([part for part in parts if part[1]], key=lambda part: (product.entries(set(part[1])), part[1]))
    if not arrays:
        return b.full_shape(b.mul(scalars or [b.literal(1)]), shape)
    arrays[0] = (b.mul([*scalars, arrays[0][0]]), arrays[0][1])  # a scalar goes into the smallest array
    covered = tuple(sorted(label for _, own in arrays for label in own))
    if len(arrays) == 2 and len(covered) == 2:
        first, second = sorted(arrays, key=lambda part: part[1])
        op = b.outer(first[0], second[0])
    else:
        op = b.mul([_spread(b, product.arranged((op, own), tuple(sorted(own))), tuple(sorted(own)), covered) for op, own in arrays])
    if len(covered) < len(labels):
        op = _spread(b, op, covered, labels)
    return b.full_shape(op, shape)


def _spread(b: Builder, op: Op, own: Labels, labels: Labels) -> Op:
    """The array with axes of one entry for the labels that it does not have; both are in order."""
    if own == labels:
        return op
    sizes = dict(zip(own, op.shape, strict=True))
    places = tuple([k for k, label in enumerate(labels) if label not in own])
    return b.make("expand", (op,), places, tuple([sizes.get(label, ONE) for label in labels]))


def _sum(b: Builder, coefficients: list[Fraction], terms: list[Pieces], shape: Shape, extents: Extents) -> Pieces:
    """A linear combination; arrays that are factors of every term stay factors of the sum."""
    if not terms:
        return ((b.literal(0), ()),)
    if len(terms) == 1:
        return ((b.literal(coefficients[0]), ()), *terms[0])
    common = tuple([piece for piece in terms[0] if piece[1] and all(piece in term for term in terms[1:])])
    apart = {axis for _, axes in common for axis in axes}
    rest = tuple([axis for axis in range(len(shape)) if axis not in apart])
    place = {axis: k for k, axis in enumerate(rest)}
    parts: list[tuple[int, Op]] = []
    for coefficient, term in zip(coefficients, terms, strict=True):
        left = tuple([(op, tuple([place[axis] for axis in axes])) for op, axes in term if (op, axes) not in common])
        constant = not any(axes for _, axes in left)  # ones broadcast: they are not formed
        scalar = b.mul([op for op, _ in left] or [b.literal(1)]) if constant else None
        op = scalar or _whole(b, left, tuple([shape[axis] for axis in rest]), extents)
        parts.append((1, b.mul([b.literal(coefficient), op])))
    total = b.add(parts)
    return ((total, rest if total.order else ()), *common)


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


def _contraction(b: Builder, node: ix.Contraction, operands: list[Pieces], extents: Extents) -> Pieces:
    sizes = dict(enumerate(node.sizes))
    items: list[Labelled] = []
    pairings: list[Labels] = []
    for operand, pieces, labels in zip(node.operands, operands, node.indices, strict=True):
        if isinstance(operand, ix.Pairing):
            pairings.append(labels)
        else:
            items += [(op, tuple([labels[axis] for axis in axes])) for op, axes in pieces]
    items = _with_split_axes(b, items, pairings, set(node.output), sizes)
    present = {label for labels in node.indices for label in labels}
    scalars: list[Labelled] = [(b.size(sizes[label]), ()) for label in sorted(sizes) if label not in present and label not in node.output]
    output: list[int] = []
    for label in node.output:  # a label met again is a new one, tied to the first by an identity
        if label in output:
            fresh = len(sizes)
            sizes[fresh] = sizes[label]
            items.append((b.make("eye", (), None, (sizes[label], sizes[label])), (label, fresh)))
            output.append(fresh)
        else:
            output.append(label)
    if len(sizes) > _LABELS:
        raise LimitError(f"a product in index notation with more than {_LABELS} indices has no code")
    product = _Product(b, sizes, extents, set(output))
    made = product.components(items)
    return tuple([(op, tuple([output.index(label) for label in labels])) for op, labels in scalars + made])


def _with_split_axes(b: Builder, items: list[Labelled], pairings: list[Labels], output: set[int], sizes: dict[int, Size]) -> list[Labelled]:
    """The arrays with a summed axis that counts pairs split into the two; a pairing that is not gone then is an array itself."""
    left = list(pairings)
    while True:
        chosen = next((pairing for pairing in left if _splits(pairing, items, left, output)), None)
        if chosen is None:
            break
        left.remove(chosen)
        slow, fast, whole = chosen
        for k, (op, labels) in enumerate(items):
            if whole in labels:
                at = labels.index(whole)
                split = (*labels[:at], slow, fast, *labels[at + 1 :])
                items[k] = (b.reshape(op, tuple([sizes[label] for label in split])), split)
    for pairing in left:
        count = sizes[pairing[2]]
        items.append((b.reshape(b.make("eye", (), None, (count, count)), tuple([sizes[label] for label in pairing])), pairing))
    return items


def _splits(pairing: Labels, items: list[Labelled], pairings: list[Labels], output: set[int]) -> bool:
    slow, fast, whole = pairing
    if whole in output or slow == fast or any(whole in other for other in pairings if other is not pairing):
        return False
    holders = [labels for _, labels in items if whole in labels]
    return bool(holders) and all(labels.count(whole) == 1 and not {slow, fast} & set(labels) for labels in holders)


class _Product:
    """A product of labelled arrays; ``kept`` labels are never summed."""

    def __init__(self, b: Builder, sizes: dict[int, Size], extents: Extents, kept: set[int]) -> None:
        self.b = b
        self.sizes = sizes
        self.extents = extents
        self.kept = kept
        self.needed: set[int] = set(kept)

    def components(self, items: list[Labelled]) -> list[Labelled]:
        """Arrays that share labels multiplied, two at a time, cheapest first; arrays that share none are left apart."""
        items = list(items)
        while True:
            span = range(min(len(items), _SEARCHED))
            pairs = [(i, j) for i in span for j in span if i < j and set(items[i][1]) & set(items[j][1])]
            if not pairs and len(items) > _SEARCHED:
                pairs = [(i, j) for j in range(len(items)) for i in range(j) if set(items[i][1]) & set(items[j][1])][:1]
            if not pairs:
                break
            i, j = min(pairs, key=lambda pair: self._cost(items, pair))
            self.needed = self.kept | {label for k, (_, labels) in enumerate(items) if k not in (i, j) for label in labels}
            made = self.pair(items[i], items[j])
            items = [item for k, item in enumerate(items) if k not in (i, j)]
            items.insert(i, made)
        self.needed = set(self.kept)
        return [self._lone(item, set()) for item in items]

    def _cost(self, items: list[Labelled], pair: tuple[int, int]) -> tuple[float, float]:
        around = set(items[pair[0]][1]) | set(items[pair[1]][1])
        others = self.kept | {label for k, (_, labels) in enumerate(items) if k not in pair for label in labels}
        left = self.entries(around & others)
        before = self.entries(set(items[pair[0]][1])) + self.entries(set(items[pair[1]][1]))
        return (left - before, self.entries(around))

    def entries(self, labels: set[int]) -> float:
        """How many entries an array with these labels has."""
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
