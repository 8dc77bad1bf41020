"""Other tensors in place of symbols and of arguments of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Protocol, cast

from matcalc.base.functions import function_called
from matcalc.base.lazy import later
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up, without
from matcalc.einstein.algebra import apply_map, contract, power, size_value, symbolic_power, unbroadcast
from matcalc.einstein.linear import (
    MINUS,
    YES,
    add,
    content,
    delta,
    number,
    ones,
    prefers_transposed,
    scale,
    transposed,
    value_of,
    zero,
)
from matcalc.einstein.nodes import (
    Apply,
    Constant,
    Contraction,
    Leaf,
    Map,
    Node,
    Pairing,
    Power,
    SizeValue,
    Sum,
    Symbol,
    Tensor,
    Unit,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.einstein import tensor_deduction
else:
    tensor_deduction = later("matcalc.einstein.tensor_deduction")

# ------------------------------------------------------------
# How large a tensor is when it is written out, the measure that simplification makes smaller.


def weight(tensor: Tensor) -> float:
    """Number of symbols, factors and functions in the written-out formula; shared parts count each
    time."""
    if not hasattr(tensor, "weight"):
        for node in without(tensor, "weight"):
            object.__setattr__(node, "weight", _own(node) + sum([operand.weight for operand in node.below]))
    return tensor.weight


def _own(node: Tensor) -> float:
    if isinstance(node, Sum):
        return sum(0.5 if abs(coefficient) != 1 else 0.0 for coefficient, _ in node.terms) + max(0, len(node.terms) - 1)
    return max(1, len(node.below) - 1) if isinstance(node, Contraction) else 1


def substituted(tensor: Tensor, values: Mapping[Tensor, Tensor], sizes: Mapping[Size, Size] | None = None) -> Tensor:
    """``tensor`` with each of its nodes that is a key of ``values`` replaced, all at once, and its
    sizes renamed by ``sizes``; shapes must agree."""
    return substituted_all((tensor,), values, sizes)[0]


def substituted_all(
    tensors: Sequence[Tensor], values: Mapping[Tensor, Tensor], sizes: Mapping[Size, Size] | None = None
) -> list[Tensor]:
    """``substituted`` for several tensors, visiting what they share once."""
    order = postorder(*tensors)
    built = bottom_up(order, lambda node, built: values[node] if node in values else renewed(node, built, sizes))
    return [built[tensor] for tensor in tensors]


class Marks(Protocol):
    """A set of nodes to ask and to add to."""

    def __contains__(self, node: object, /) -> bool: ...

    def add(self, node: Tensor, /) -> None: ...


def rebuilt(tensor: Tensor, replacement: Callable[[Tensor], Tensor | None], settled: Marks | None = None) -> Tensor:
    """``tensor`` built again from its leaves; ``replacement`` may give another tensor for a node,
    tried after its operands were rebuilt.

    Nodes in ``settled`` are left alone with all below them; those for which nothing is found are
    added.
    """

    def changed(node: Tensor, built: Mapping[Tensor, Tensor]) -> Tensor:
        again = renewed(node, built)
        found = replacement(again)
        if settled is not None and found is None and again is node:
            settled.add(node)
        return again if found is None else found

    return bottom_up(postorder(tensor, known=() if settled is None else settled), changed)[tensor]


def renewed(node: Tensor, built: Mapping[Tensor, Tensor], sizes: Mapping[Size, Size] | None = None) -> Tensor:
    """The node with what ``built`` has for its operands, in normal form, and with its sizes
    renamed; the same node when that changes nothing."""
    if not sizes and all(built[operand] is operand for operand in node.below):
        return node

    def sized(shape: Shape) -> Shape:
        if not sizes:
            return shape
        names = {size.name: other for size, other in sizes.items() if size.name}
        return tuple([sizes.get(size) or size.replaced(names) for size in shape])

    match node := cast("Node", node):
        case Symbol() | Constant():
            return node
        case SizeValue(size=size):
            return size_value(*sized((size,)))
        case Unit(position=position, size=size):
            return Unit(*sized((position, size)))
        case Pairing(slow=slow, fast=fast):
            return Pairing(*sized((slow, fast)))
        case Sum(terms=terms):
            return add([(coefficient, built[term]) for coefficient, term in terms], sized(node.shape))
        case Contraction(operands=operands, indices=indices, output=output):
            return contract([built[operand] for operand in operands], indices, output, dict(enumerate(sized(node.sizes))))
        case Power(base=base, exponent=exponent):
            return power(built[base], Fraction(exponent))
        case Map(function="pow", arguments=(base, raised)):
            return symbolic_power(built[base], built[raised])
        case Map(function=function, arguments=arguments):
            return apply_map(function, *[built[argument] for argument in arguments])
        case Apply(function=function, arguments=arguments):
            return apply(function, tuple([built[argument] for argument in arguments]), sized(node.shape))


def apply(function: str, arguments: tuple[Tensor, ...], shape: Shape) -> Tensor:
    """A function of whole vectors or matrices; a transposition of the argument is moved outside
    where the function allows it."""
    argument = arguments[0]
    if function_called(function).masks and argument is not ones(argument.shape):
        return _masked(function, argument, arguments[1:])
    if function == "band" and shape[:1] == shape[1:] and value_of(arguments[1]) == 0:
        return delta(shape[:1])
    if function == "triu":
        return transposed(apply("tril", arguments, shape))
    if function == "triu_from":
        turned = ones(shape[::-1]), scale(MINUS, arguments[1])
        return transposed(apply("tril_from", turned, shape[::-1]))
    if function_called(function).symmetry == "kept" and prefers_transposed(argument):
        return transposed(apply(function, (transposed(argument), *arguments[1:]), (shape[1], shape[0])))
    if function in ("det", "logdet", "eigmax") and prefers_transposed(argument):
        return apply(function, (transposed(argument), *arguments[1:]), shape)
    if function_called(function).linear and prefers_transposed(argument):
        return transposed(apply(function, tuple([transposed(part) if part.order else part for part in arguments]), shape))
    if function_called(function).multilinear:
        return _multiple(function, arguments, shape)
    if function == "inv":
        simple = _simple_inverse(argument)
        if simple is not None:
            return simple
    if function_called(function).frechet and len(arguments) == 1 and (factor := _multiple_of_identity(argument)) is not None:
        return contract([apply_map(function_called(function).of_one.partition("(")[0], factor)], [()], (0, 0), {0: shape[0]})
    result = Apply(function, arguments, shape)
    value = tensor_deduction.known(result).entries.value if not shape and function_called(function).ranges else None
    return result if value is None else number(value)


def _masked(function: str, argument: Tensor, others: tuple[Tensor, ...]) -> Tensor:
    """The entries that a function keeps: those of each matrix in a batch alike, where it can."""
    labels, lead = tuple(range(argument.order)), argument.order - 2
    alike = [unbroadcast(other) if lead else other for other in others]
    numbers = tuple([other for other in alike if other is not None])
    kept, given = (argument.shape[lead:], numbers) if len(numbers) == len(others) else (argument.shape, others)
    mask = apply(function, (ones(kept), *given), kept)
    return contract([argument, mask], [labels, labels[-len(kept) :]], labels, dict(enumerate(argument.shape)))


def _multiple(function: str, arguments: tuple[Tensor, ...], shape: Shape) -> Tensor:
    """A function that is linear in each argument alone, with the numbers of these outside."""
    if any(isinstance(argument, Sum) and not argument.terms for argument in arguments):
        return zero(shape)
    parts = [content(argument) for argument in arguments]
    value = Apply(function, tuple([part for _, part in parts]), shape)
    return scale(prod([factor for factor, _ in parts], start=YES), value)


def _multiple_of_identity(tensor: Tensor) -> Tensor | None:
    """The scalar c where the tensor is c times an identity: there a primary matrix function f is
    f(c) times that identity (Higham (2008) sec. 1.2)."""
    match tensor:
        case Sum(terms=()):
            return zero(())
        case Sum(terms=((factor, core),)):
            inner = _multiple_of_identity(core)
            return None if inner is None else scale(factor, inner)
        case Contraction(operands=operands, output=(0, 0), sizes=(_,)) if not any(operand.order for operand in operands):
            return contract(operands, [() for _ in operands], (), {})
    return None


def matrix_factors(product: Contraction) -> list[tuple[Tensor, bool]] | None:
    """The factors of a product of matrices from left to right, each with whether it is
    untransposed; None for any other contraction.

    Scalar factors are left out, and the identity has none. Neither a batch of matrices nor a
    diagonal of entries, ``A[i,j] B[j,j]``, is a product of matrices.
    """
    if product.order != 2:
        return None
    at, end = product.output
    left = [(operand, index) for operand, index in zip(product.operands, product.indices) if index]
    path: list[tuple[Tensor, bool]] = []
    while left:
        here = [k for k, (_, index) in enumerate(left) if at in index]
        if [len(left[k][1]) for k in here] != [2]:
            return None
        operand, (first, second) = left.pop(here[0])
        path.append((operand, first == at))
        at = second if first == at else first
    return path if at == end and len(product.sizes) == len(path) + 1 else None


def _simple_inverse(argument: Tensor) -> Tensor | None:
    match argument := cast("Node", argument):
        case Apply(function="inv", arguments=(inner,)):
            return inner
        case Symbol() | Apply() if argument.reduces and "orthogonal" in tensor_deduction.known(argument):
            return transposed(argument)
        case Contraction(operands=(), output=(0, 0)):
            return argument
        case Sum(terms=((factor, core),)):
            return scale(1 / factor, apply("inv", (core,), argument.shape))
        case Contraction():
            return _inverse_of_chain(argument)
        case Leaf() | Sum() | Power() | Map() | Apply():
            return None


def _inverse_of_chain(product: Contraction) -> Tensor | None:
    """``inv(s A B) = inv(B) inv(A) / s`` for square factors; None when the product is not a chain
    of square matrices."""
    path = matrix_factors(product)
    if path is None or len(set(product.sizes)) > 1 or len(path) < 2 - (len(path) < len(product.operands)):
        return None
    shape = product.shape
    operands: list[Tensor] = [power(o, MINUS) for o, index in zip(product.operands, product.indices) if not index]
    indices: list[tuple[int, ...]] = [() for _ in operands]
    for place, (matrix, forward) in enumerate(reversed(path)):
        operands.append(apply("inv", (matrix,), shape))
        indices.append((place, place + 1) if forward else (place + 1, place))
    return contract(operands, indices, (0, len(path)), dict.fromkeys(range(len(path) + 1), shape[0]))
