"""From index notation to operations: tensors as sums of products, multiplied out where an array is
needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations as pairs_of, product as combinations
from math import prod
from typing import TypeAlias, assert_never

from matcalc.base.errors import LimitError
from matcalc.base.functions import computable, function_called
from matcalc.base.layouts import axis_groups
from matcalc.base.own_functions import own_function
from matcalc.base.records import grouped
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size, product_of
from matcalc.codegen.contraction import Contraction, Labelled, Labels, Made, merged, multiplied
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.ordering import Extents
from matcalc.codegen.requests import LaidOut
from matcalc.einstein import nodes as ix
from matcalc.einstein.nodes import is_symmetric
from matcalc.einstein.pairing_laws import selection_of
from matcalc.facts.table import IMAGINARY_UNIT
from matcalc.stable.resolvents import with_resolvents

# ------------------------------------------------------------
# Tensors as sums of products that are not multiplied out yet, with the axes told that an identity
# ties together.
#
# Identities between axes of a derivative are never formed: what is not zero is computed with one
# axis for both and written on a diagonal.

_LABELS = 52
# A tensor with more terms than this is added up before it is multiplied; of more terms only what
# all have in common is taken out.
_MOST_TERMS = 8
# A term with more arrays than this is multiplied out as far as no array grows.
_MOST_FACTORS = 6


@dataclass(frozen=True, slots=True)
class Term:
    """A product of arrays. Axis k of the tensor is tied to axis ``ties[k]``, the first of its kind,
    and arrays are labelled by first axes.

    Along axes that no array has the term is constant.
    """

    ties: Labels
    factors: tuple[Labelled, ...]


Terms: TypeAlias = tuple[Term, ...]


def term_of(op: Op) -> Term:
    """One array as it is."""
    axes = tuple(range(op.order))
    return Term(axes, ((op, axes),))


class Expansion:
    """Sums and products of tensors in terms."""

    def __init__(self, b: Builder, extents: Extents) -> None:
        self.b = b
        self.extents = extents
        self.made = Made()

    # ------------------------------------------------------------ sums

    def sum(self, coefficients: Sequence[Fraction], operands: Sequence[Terms], shape: Shape) -> Terms:
        """The linear combination."""
        found: list[Term] = []
        for coefficient, terms in zip(coefficients, operands, strict=True):
            number: tuple[Labelled, ...] = () if coefficient == 1 else ((self.b.literal(coefficient), ()),)
            found += [Term(term.ties, number + term.factors) for term in terms]
        return self._collected(found, shape)

    def _collected(self, terms: Sequence[Term], shape: Shape) -> Terms:
        """Terms with common factors made one term, where no array is formed that is larger than
        those that are there."""
        found: list[Term] = []
        for left in grouped((term.ties, term) for term in terms).values():
            while len(left) > 1:
                together = tuple(range(len(left))) if len(left) > _MOST_TERMS else self._alike(left, shape)
                if together is None:
                    break
                merged = self._merged([left[k] for k in together], shape)
                left = [merged if k == together[0] else term for k, term in enumerate(left) if k not in together[1:]]
            found += left
        return tuple(found)

    def _alike(self, terms: Sequence[Term], shape: Shape) -> tuple[int, ...] | None:
        """The terms that are best added: first two that have most in common, then all that have
        that in common too."""
        pairs = sorted(pairs_of(range(len(terms)), 2), key=lambda pair: pair[::-1])
        common_of = {pair: _common([terms[k] for k in pair]) for pair in pairs}
        fitting = [pair for pair in pairs if not self._grows([terms[k] for k in pair], common_of[pair], shape)]
        if not fitting:
            return None
        best = max(fitting, key=lambda pair: len(common_of[pair]))
        chosen, common = list(best), common_of[best]
        for k, term in enumerate(terms):
            more = [*[terms[place] for place in chosen], term]
            if k not in chosen and _common(more) == common and not self._grows(more, common, shape):
                chosen.append(k)
        return tuple(sorted(chosen))

    def _grows(self, terms: Sequence[Term], common: Sequence[Labelled], shape: Shape) -> bool:
        """Whether what is left of the terms without their common factors adds up to an array larger
        than any there is."""
        largest = max((self._entries(labels, shape) for term in terms for _, labels in term.factors), default=1.0)
        rest = {label for term in terms for _, labels in _without(term, common) for label in labels}
        return self._entries(rest, shape) > largest

    def _merged(self, terms: Sequence[Term], shape: Shape) -> Term:
        common = _common(terms)
        rests = [_without(term, common) for term in terms]
        covered = {label for rest in rests for _, labels in rest for label in labels}
        whole = (labels for term in terms for _, labels in term.factors if set(labels) == covered)
        axes = next(whole, tuple(sorted(covered)))  # the order in which the first such array is there
        total = self.b.add([self._signed(rest, axes, shape) for rest in rests])
        if not total.order:
            return Term(terms[0].ties, (*common, (total, ())))
        return Term(terms[0].ties, (*common, (self.b.full_shape(total, tuple([shape[axis] for axis in axes])), axes)))

    def _entries(self, labels: Iterable[int], shape: Shape) -> float:
        return self.extents.entries(tuple([shape[label] for label in sorted(set(labels))]))

    # ------------------------------------------------------------ products

    def contraction(self, node: ix.Contraction, operands: Sequence[Terms], order: Labels, *, shared: bool) -> Terms:
        """The product, distributed over the terms of its operands; ``order`` is that in which the
        axes of the result are wanted.

        Raises LimitError for more than 52 indices.
        """
        if len(node.sizes) > _LABELS:
            raise LimitError(f"a product in index notation with more than {_LABELS} indices has no code")
        given = list(operands)
        while prod(map(len, given)) > _MOST_TERMS:
            largest = max(range(len(given)), key=lambda k: len(given[k]))
            child = node.operands[largest]
            given[largest] = (term_of(self.whole(given[largest], child.shape, tuple(range(child.order)))),)
        found = [self._product(node, chosen, order) for chosen in combinations(*given)]
        return tuple([self._compact(term, node.shape, fully=shared) for term in self._collected(found, node.shape)])

    def _product(self, node: ix.Contraction, chosen: Sequence[Term], order: Labels) -> Term:
        """The product of one term of each operand."""
        pairs = [
            (labels[axis], labels[first])
            for term, labels in zip(chosen, node.indices, strict=True)
            for axis, first in enumerate(term.ties)
        ]
        root = merged(range(len(node.sizes)), pairs)
        sizes = {label: node.sizes[label] for label in set(root)}
        output = [root[label] for label in node.output]
        items: list[Labelled] = []
        pairings: list[Labels] = []
        for operand, term, labels in zip(node.operands, chosen, node.indices, strict=True):
            own = [root[label] for label in labels]
            if isinstance(operand, ix.Pairing):
                pairings.append(tuple(own))
            else:
                items += [(op, tuple([own[axis] for axis in axes])) for op, axes in term.factors]
        items = _with_slices(self.b, items, {*output, *(label for labels in pairings for label in labels)}, sizes)
        split = _with_split_axes(self.b, items, pairings, set(output), sizes)
        covered = {*split, *output, *(label for _, labels in items for label in labels)}
        counts: list[Labelled] = [(self.b.size(sizes[label]), ()) for label in sorted(sizes) if label not in covered]
        rank = {output[axis]: place for place, axis in reversed(list(enumerate(order)))}
        made = Contraction(self.b, sizes, self.extents, output, rank, self.made).components(items)
        ties = tuple([output.index(label) for label in output])
        return Term(ties, tuple([(op, tuple([output.index(label) for label in labels])) for op, labels in counts + made]))

    def _compact(self, term: Term, shape: Shape, *, fully: bool) -> Term:
        """Arrays multiplied by those that lie within them, when others will use the product too or
        when they are many."""
        if not fully and len(term.factors) <= _MOST_FACTORS:
            return term
        return Term(term.ties, tuple(self._absorbed(term.factors, shape)))

    def _absorbed(self, factors: Sequence[Labelled], shape: Shape) -> list[Labelled]:
        """Every array multiplied into the smallest other that has its axes; a scalar into the
        smallest array."""
        ordered = sorted(factors, key=lambda item: (self._entries(item[1], shape), item[1]))
        scalars = [op for op, labels in ordered if not labels]
        left = [item for item in ordered if item[1]]
        if not left:
            return [(self.b.mul(scalars), ())] if scalars else []
        if scalars:
            left[0] = (self.b.mul([*scalars, left[0][0]]), left[0][1])
        done: list[Labelled] = []
        while left:
            item = left.pop(0)
            into = next((k for k, other in enumerate(left) if set(item[1]) <= set(other[1])), None)
            if into is None:
                done.append(item)
            else:
                other, axes = left[into]
                left[into] = (multiplied(self.b, [self._put(item, axes, shape), (other, axes)], axes), axes)
        return done

    def _put(self, item: Labelled, order: Labels, shape: Shape) -> Labelled:
        own = tuple([label for label in order if label in item[1]])
        return Contraction(self.b, dict(enumerate(shape)), self.extents, own, {}).arranged(item, own), own

    # ------------------------------------------------------------ arrays

    def _signed(self, factors: Sequence[Labelled], axes: Labels, shape: Shape) -> tuple[int, Op]:
        """The product and its sign, which costs nothing in a sum."""
        negative = sum(op.kind == "literal" and op.data < 0 for op, _ in factors)
        positive = [(self.b.literal(abs(op.data)), labels) if op.kind == "literal" else (op, labels) for op, labels in factors]
        return -1 if negative % 2 else 1, self._formed(positive, axes, shape)

    def _formed(self, factors: Sequence[Labelled], axes: Labels, shape: Shape) -> Op:
        """The product with the axes in this order, one entry for each that no factor has; a scalar
        when none has any."""
        arrays = [self._put(item, axes, shape) for item in self._absorbed(factors, shape)]
        if not any(labels for _, labels in arrays):
            return self.b.mul([op for op, _ in arrays] or [self.b.literal(1)])
        return multiplied(self.b, arrays, axes)

    def whole(self, terms: Terms, shape: Shape, order: Labels) -> Op:
        """The tensor as one array with its axes in this order; blocks are written where axes are
        tied."""
        tied = {axis for term in terms for axis, first in enumerate(term.ties) if axis != first or term.ties.count(axis) > 1}
        differ = len({term.ties for term in terms}) > 1
        common = [item for item in _common(terms) if tied.isdisjoint(item[1])] if differ else []
        rests = [_without(term, common) for term in terms]
        within = tied.union(*[labels for rest in rests for _, labels in rest])
        inside = tuple([axis for axis in order if axis in within])
        if not any(labels for _, labels in common) or len(inside) == len(order):
            return self._blocks(terms, shape, order)
        # Factors of all terms come last: terms that are tied differently are added up in a smaller
        # array.
        inner = self._blocks([Term(term.ties, tuple(rest)) for term, rest in zip(terms, rests, strict=True)], shape, inside)
        op = self._formed([*common, (inner, inside)], order, shape)
        return self.b.full_shape(op, tuple([shape[axis] for axis in order]))

    def _blocks(self, terms: Sequence[Term], shape: Shape, order: Labels) -> Op:
        """What the terms add up to along these axes; they do not depend on the others."""
        b = self.b
        result_shape = tuple([shape[axis] for axis in order])
        groups = grouped((tuple([term.ties[axis] for axis in order]), term) for term in terms)
        result: Op | None = None
        for ties in sorted(groups, key=lambda ties: (-len(set(ties)), ties)):
            axes = tuple(dict.fromkeys(ties))
            block = b.add([self._signed(term.factors, axes, shape) for term in groups[ties]])
            places = tuple([axes.index(axis) for axis in ties])
            full = places == tuple(range(len(order)))
            result = b.full_shape(block, result_shape) if full else b.on_diagonal(block, places, result_shape, result)
        return b.full_shape(b.literal(0), result_shape) if result is None else result


def _common(terms: Sequence[Term]) -> list[Labelled]:
    """The arrays that are factors of every term, as often as they are."""
    if not terms:
        return []
    counts = Counter(terms[0].factors)
    for term in terms[1:]:
        counts &= Counter(term.factors)
    return [item for item in dict.fromkeys(terms[0].factors) for _ in range(counts[item])]


def _without(term: Term, common: Sequence[Labelled]) -> list[Labelled]:
    left = Counter(common)
    rest: list[Labelled] = []
    for item in term.factors:
        if left[item]:
            left[item] -= 1
        else:
            rest.append(item)
    return rest


def _with_slices(b: Builder, items: list[Labelled], kept: Iterable[int], sizes: dict[int, Size]) -> list[Labelled]:
    """Parts of arrays in the place of products with the rows of an identity matrix that select
    them. The ``sizes`` of axes that were selected from are taken out, those of labels that are
    ``kept`` stay."""
    bound = sizes.keys() - set(kept)
    while (found := next(filter(None, (_selected_from(items, place, bound) for place in range(len(items)))), None)) is not None:
        place, other = found
        (rows, (row, whole)), (op, index) = items[place], items[other]
        part = b.slice(op, tuple([rows.data[0] if label == whole else None for label in index]))
        items = [item for k, item in enumerate(items) if k not in found]
        items.append((part, tuple([row if label == whole else label for label in index])))
        del sizes[whole]
    return items


def _selected_from(items: Sequence[Labelled], place: int, bound: Set[int]) -> tuple[int, int] | None:
    """The place itself, if rows of an identity matrix are there that select from one other array,
    and the place of that."""
    op, labels = items[place]
    if op.kind != "slice" or op.operands[0].kind != "eye" or op.data[1] is not None or labels[0] == labels[1]:
        return None
    whole = labels[1]
    others = [k for k, (_, index) in enumerate(items) if whole in index and k != place]
    if whole not in bound or len(others) != 1:
        return None
    array, index = items[others[0]]
    alone = index.count(whole) == 1 and array.shape[index.index(whole)] == op.data[0].whole
    return (place, others[0]) if alone else None


def _with_split_axes(
    b: Builder, items: list[Labelled], pairings: list[Labels], output: set[int], sizes: dict[int, Size]
) -> set[int]:
    """Splits summed axes that count pairs in two, in ``items``; a pairing that is not gone then is
    an array itself.

    Gives the labels of the axes that were split.
    """
    gone: set[int] = set()
    left = list(pairings)
    while (chosen := next((pairing for pairing in left if _splits(pairing, items, left, output)), None)) is not None:
        left.remove(chosen)
        slow, fast, whole = chosen
        gone.add(whole)
        for k, (op, labels) in enumerate(items):
            if whole in labels:
                at = labels.index(whole)
                split = (*labels[:at], slow, fast, *labels[at + 1 :])
                items[k] = (b.reshape(op, tuple([sizes[label] for label in split])), split)
    for pairing in left:
        count = sizes[pairing[2]]
        items.append((b.reshape(b.make("eye", (), None, (count, count)), tuple([sizes[label] for label in pairing])), pairing))
    return gone


def _splits(pairing: Labels, items: list[Labelled], pairings: list[Labels], output: set[int]) -> bool:
    slow, fast, whole = pairing
    if whole in output or slow == fast or any(whole in other for other in pairings if other is not pairing):
        return False
    holders = [labels for _, labels in items if whole in labels]
    return bool(holders) and all(labels.count(whole) == 1 and not {slow, fast} & set(labels) for labels in holders)


# ------------------------------------------------------------
# From index notation to operations: every tensor a sum of products, multiplied out where an array
# is needed.

BATCHED = frozenset({"softmax", "logsumexp"})


def tensor_op(b: Builder, tensor: ix.Tensor, extents: Extents) -> Op:
    """The operation for a tensor, with one axis for each of its axes.

    Raises LimitError for products of more than 52 indices, MatcalcError where there is no code for
    a function.
    """
    tensor = with_resolvents(tensor)
    order = tuple(range(tensor.order))
    return Expansion(b, extents).whole(_expanded(b, tensor, order, extents), tensor.shape, order)


def laid_out(b: Builder, output: LaidOut, extents: Extents) -> Op:
    """The operation for a derivative in its layout; axes are put in order before anything large is
    formed.

    Raises what ``tensor_op`` raises.
    """
    shape = output.tensor.shape
    order, result = _arrangement(shape, output)
    terms = _expanded(b, with_resolvents(output.tensor), order, extents)
    return b.reshape(Expansion(b, extents).whole(terms, shape, order), result)


def _arrangement(shape: Shape, output: LaidOut) -> tuple[tuple[int, ...], Shape]:
    """The order of the tensor's axes whose row-major reshape to the shape that is given too is the
    layout."""
    above = len(shape) - sum(output.variables)
    made_of: list[int] = []  # how many axes of the tensor make up each axis of the value
    axis = 0
    for size in output.numerator:
        start = axis
        while axis < above and product_of(shape[start:axis]) != size:
            axis += 1
        made_of.append(axis - start)
    groups = axis_groups(made_of, output.variables, output.layout)
    return tuple([axis for group in groups for axis in group]), tuple(
        [product_of([shape[axis] for axis in group]) for group in groups]
    )


def _expanded(b: Builder, tensor: ix.Tensor, order: Labels, extents: Extents) -> Terms:
    """The tensor in terms; ``order`` is that in which its axes are wanted."""
    expansion = Expansion(b, extents)
    nodes = ix.postorder(tensor)
    uses = Counter(child for node in nodes for child in ix.children(node))
    orders = _orders(nodes, order)
    done: dict[ix.Tensor, Terms] = {}
    for node in nodes:
        below = [done[child] for child in ix.children(node)]
        match node:
            case ix.Contraction() as contraction:
                done[node] = expansion.contraction(contraction, below, orders[node], shared=uses[node] > 1)
            case ix.Sum(terms=terms):
                done[node] = expansion.sum([coefficient for coefficient, _ in terms], below, node.shape)
            case ix.Leaf() | ix.Power() | ix.Map() | ix.Apply() as other:
                pairs = zip(below, ix.children(node), strict=True)
                operands = [expansion.whole(terms, child.shape, tuple(range(child.order))) for terms, child in pairs]
                done[node] = (term_of(_operation(b, other, operands)),)
    return done[tensor]


def _orders(nodes: Sequence[ix.Tensor], order: Labels) -> dict[ix.Tensor, Labels]:
    """For every node the order in which the first that uses it would like its axes; the last node
    is wanted in ``order``."""
    found: dict[ix.Tensor, Labels] = {nodes[-1]: order}
    for node in reversed(nodes):
        wanted = found[node]
        if isinstance(node, ix.Contraction):
            place = {node.output[axis]: position for position, axis in reversed(list(enumerate(wanted)))}
            for operand, labels in zip(node.operands, node.indices, strict=True):
                axes = sorted(range(operand.order), key=lambda axis, labels=labels: (place.get(labels[axis], len(place)), axis))  # type: ignore[misc]
                found.setdefault(operand, tuple(axes))
        else:
            for child in node.below:
                found.setdefault(child, wanted if isinstance(node, ix.Sum) else tuple(range(child.order)))
    return found


def _operation(b: Builder, node: ix.Node, operands: list[Op]) -> Op:
    match node:
        case ix.Symbol(properties=known) if IMAGINARY_UNIT in known:
            return b.make("imaginary")
        case ix.Symbol(name=name):
            op = b.make("input", (), name, node.shape)
            return b.mark_symmetric(op) if is_symmetric(node) else op
        case ix.Constant():
            return b.make("pi")
        case ix.SizeValue(size=size):
            return b.size(size)
        case ix.Unit(position=position):
            return b.make("unit", (), position, node.shape)
        case ix.Pairing():
            return b.reshape(b.make("eye", (), None, (node.shape[2], node.shape[2])), node.shape)
        case ix.Power(exponent=exponent):
            return b.power(operands[0], exponent)
        case ix.Map():
            return _mapped(b, node, operands)
        case ix.Apply(function="selection") if (chosen := selection_of(node)) is not None:
            return b.slice(b.make("eye", (), None, (chosen.whole, chosen.whole)), (chosen, None))
        case ix.Apply(function=name):
            return _applied(b, name, node.shape, operands)
        case ix.Contraction() | ix.Sum():
            raise AssertionError("sums and products are expanded")
        case _:
            assert_never(node)


def _mapped(b: Builder, node: ix.Map, operands: list[Op]) -> Op:
    name = node.function
    if name in ("pow", "sqrt"):
        return b.make("pow" if name == "pow" else "sqrt", operands, None, node.shape)
    return b.map(name, *operands) if name in computable() else b.make("user", operands, name, node.shape)


def _applied(b: Builder, name: str, shape: Shape, operands: list[Op]) -> Op:
    argument = operands[0]
    if name == "inv" and argument.order == 2:
        return b.inverse(argument)
    known = name in computable() or own_function(name) is not None
    own = function_called(name).argument_order if known else argument.order
    axis = None if argument.order == own else "rows" if argument.order == own + 1 == 2 and name in BATCHED else "each"
    return b.make("call", operands, (name, axis), shape)
