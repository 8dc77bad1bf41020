"""From index notation to operations: every tensor a sum of products, multiplied out where an array is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import assert_never, cast

from matcalc.codegen.contraction import Labels
from matcalc.codegen.extents import Extents
from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.requests import LaidOut
from matcalc.codegen.terms import Expansion, Terms, term_of
from matcalc.einstein import nodes as ix
from matcalc.einstein.tensor_deduction import is_symmetric
from matcalc.functions import computable
from matcalc.sizes import Shape, Size
from matcalc.stable.resolvents import with_resolvents

_BATCHED = frozenset({"softmax", "logsumexp"})


def tensor_op(b: Builder, tensor: ix.Tensor, extents: Extents) -> Op:
    """The operation for a tensor, with one axis for each of its axes.

    Raises LimitError for products of more than 52 indices, MatcalcError where there is no code for a function.
    """
    tensor = with_resolvents(tensor)
    order = tuple(range(tensor.order))
    return Expansion(b, extents).whole(_expanded(b, tensor, order, extents), tensor.shape, order)


def laid_out(b: Builder, output: LaidOut, extents: Extents) -> Op:
    """The operation for a derivative in its layout; axes are put in order before anything large is formed.

    Raises what ``tensor_op`` raises.
    """
    shape = output.tensor.shape
    order, result = _arrangement(shape, output)
    terms = _expanded(b, with_resolvents(output.tensor), order, extents)
    return b.reshape(Expansion(b, extents).whole(terms, shape, order), result)


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


def _expanded(b: Builder, tensor: ix.Tensor, order: Labels, extents: Extents) -> Terms:
    """The tensor in terms; ``order`` is that in which its axes are wanted."""
    expansion = Expansion(b, extents)
    nodes = ix.postorder(tensor)
    uses = Counter(child for node in nodes for child in ix.children(node))
    orders = _orders(nodes, order)
    done: dict[ix.Tensor, Terms] = {}
    for node in nodes:
        below = [done[child] for child in ix.children(node)]
        match cast("ix.Node", node):
            case ix.Contraction() as contraction:
                done[node] = expansion.contraction(contraction, below, orders[node], shared=uses[node] > 1)
            case ix.Sum(terms=terms):
                done[node] = expansion.sum([coefficient for coefficient, _ in terms], below, node.shape)
            case other:
                pairs = zip(below, ix.children(node), strict=True)
                operands = [expansion.whole(terms, child.shape, tuple(range(child.order))) for terms, child in pairs]
                done[node] = (term_of(_operation(b, other, operands)),)
    return done[tensor]


def _orders(nodes: Sequence[ix.Tensor], order: Labels) -> dict[ix.Tensor, Labels]:
    """For every node the order in which the first that uses it would like its axes; the last node is wanted in ``order``."""
    found: dict[ix.Tensor, Labels] = {nodes[-1]: order}
    for node in reversed(nodes):
        wanted = found[node]
        match node:
            case ix.Sum(terms=terms):
                for _, term in terms:
                    found.setdefault(term, wanted)
            case ix.Contraction(operands=operands, indices=indices, output=output):
                place = {output[axis]: position for position, axis in reversed(list(enumerate(wanted)))}
                for operand, labels in zip(operands, indices, strict=True):
                    axes = sorted(range(operand.order), key=lambda axis, labels=labels: (place.get(labels[axis], len(place)), axis))  # type: ignore[misc]
                    found.setdefault(operand, tuple(axes))
            case _:
                for child in ix.children(node):
                    found.setdefault(child, tuple(range(child.order)))
    return found


def _product(sizes: Shape) -> Size:
    result = Size((), 1)
    for size in sizes:
        result = result * size
    return result


def _operation(b: Builder, node: ix.Node, operands: list[Op]) -> Op:
    match node:
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
            whole = node.shape[2]
            return b.reshape(b.make("eye", (), None, (whole, whole)), node.shape)
        case ix.Power(exponent=exponent):
            return b.power(operands[0], exponent)
        case ix.Map(function="pow"):
            return b.make("pow", operands, None, node.shape)
        case ix.Map(function="sqrt"):
            return b.make("sqrt", operands, None, node.shape)
        case ix.Map(function=name):
            known = name in computable()
            return b.map(name, operands[0]) if known else b.make("user", operands, name, node.shape)
        case ix.Apply(function=name):
            return _applied(b, name, node.shape, operands)
        case ix.Contraction() | ix.Sum():
            raise AssertionError("sums and products are expanded")
        case _:
            assert_never(node)


def _applied(b: Builder, name: str, shape: Shape, operands: list[Op]) -> Op:
    argument = operands[0]
    if name == "inv" and argument.order == 2:
        return b.inverse(argument)
    known = computable().get(name)
    own = known.argument_order if known is not None else argument.order
    if argument.order == own:
        return b.make("call", operands, (name, None), shape)
    if argument.order == own + 1 == 2 and name in _BATCHED:
        return b.make("call", operands, (name, "rows"), shape)
    return b.make("call", operands, (name, "each"), shape)
