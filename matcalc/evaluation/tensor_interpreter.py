"""Independent NumPy evaluation of tensors in index notation: Einstein sums of any number of
operands."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, assert_never, cast

from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.lazy import NDArray, later, np
from matcalc.base.shapes import Shape
from matcalc.base.sizes import names_in
from matcalc.einstein.nodes import (
    Apply,
    Constant,
    Contraction,
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
    sizes_in,
)
from matcalc.evaluation.arrays import LARGEST, as_float, check_given, checked_position, solve_sizes, step_by_step
from matcalc.evaluation.numpy_functions import implementation, of_entries, over_leading_axes

if TYPE_CHECKING:
    from matcalc.stable import resolvents
else:
    resolvents = later("matcalc.stable.resolvents")


# ------------------------------------------------------------
# Einstein sums of any number of operands and labels: repeated output labels are deltas, labels in
# no operand are ones.
#
# Summed labels are eliminated one after the other, cheapest intermediate result first, so that no
# NumPy limit on operands or letters is met and a chain of thousands of factors costs what its
# products cost.

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
    """Entry ``output`` is the sum, over every label not in ``output``, of the products of the
    entries at ``indices``.

    ``lengths[label]`` is the length of each label's axis. Raises LimitError when an intermediate
    array is too large.
    """
    present = {label for labels in indices for label in labels}
    scale = float(prod(length for label, length in enumerate(lengths) if label not in present and label not in output))
    work = _Work(operands, indices, set(output), lengths)
    work.eliminate()
    kept = tuple(dict.fromkeys(output))
    core = work.combined(tuple(label for label in kept if label in present))
    # A broadcast label is an axis of length one here; writing into the result repeats it.
    core = scale * core.reshape([lengths[label] if label in present else 1 for label in kept])
    shape = _checked(tuple([lengths[label] for label in output]))
    if len(kept) == len(output):
        return np.array(np.broadcast_to(core, shape))
    result = np.zeros(shape, dtype=core.dtype)
    places = {label: np.arange(lengths[label]).reshape([-1 if other == label else 1 for other in kept]) for label in kept}
    result[tuple(places[label] for label in output)] = core
    return result


class _Work:
    """The operands still to be multiplied; each has its labels, each label the operands that carry
    it."""

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
        return self.entries(self.remaining(label))

    def entries(self, labels: Iterable[int]) -> int:
        """How many entries an array with these axes has."""
        return prod(self.lengths[label] for label in labels)

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
        """The operands multiplied, a few at a time, and summed over the labels that are not in
        ``labels``."""
        if not operands:
            return np.ones(())
        while len(operands) > _CHUNK:
            later = {label for _, names in operands[_CHUNK:] for label in names}
            some = {label for _, names in operands[:_CHUNK] for label in names}
            middle = tuple(sorted(label for label in some if label in later or label in labels))
            operands = [(self.einsum(operands[:_CHUNK], middle), middle), *operands[_CHUNK:]]
        return self.einsum(operands, labels)

    def einsum(self, operands: list[tuple[NDArray[Any], tuple[int, ...]]], labels: tuple[int, ...]) -> NDArray[Any]:
        local = {label: k for k, label in enumerate(sorted({label for _, names in operands for label in names}))}
        if len(labels) > _AXES or len(local) > 50 or self.entries(labels) > LARGEST:
            raise LimitError("a product in index notation needs too large an intermediate array")
        arguments: list[Any] = []
        for array, names in operands:
            arguments += [array, [local[label] for label in names]]
        work = self.entries(local)
        result = np.einsum(*arguments, [local[label] for label in labels], optimize=len(operands) > 1 and work > _SMALL)
        return np.asarray(result)


# ------------------------------------------------------------
# Independent NumPy evaluation of tensors in index notation.


def evaluate_tensor(tensor: Tensor, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> NDArray[Any]:
    """The value of ``tensor`` as an array with one axis for each of its axes.

    ``values`` and ``sizes`` are as for ``evaluate``: an array for every symbol, a callable for
    every function of the user's own; what is not used is ignored.

    Raises ShapeError for arrays that do not fit, MatcalcError for a missing value or an operation
    that fails at this point, LimitError for arrays that are too large.
    """
    tensor = resolvents.with_resolvents(tensor)
    order = postorder(tensor)
    symbols = [node for node in order if isinstance(node, Symbol)]
    check_given([symbol.name for symbol in symbols], values)
    arrays = {symbol: _symbol_array(symbol, values[symbol.name]) for symbol in symbols}
    needed = names_in([size for node in order for size in (*node.shape, *sizes_in(node))])
    given = {name: number for name, number in (sizes or {}).items() if name in needed}
    numbers = solve_sizes([(symbol.name, symbol.shape, array.shape) for symbol, array in arrays.items()], given, needed)
    callables = {name: value for name, value in values.items() if callable(value)}

    def value(node: Tensor, operands: tuple[Any, ...]) -> NDArray[Any]:
        found = arrays[node] if isinstance(node, Symbol) else _value(node, operands, numbers, callables)
        expected = operands[0].shape if isinstance(node, (Map, Power)) else _lengths(node.shape, numbers)
        if found.shape != expected:
            raise ShapeError(
                f"a {type(node).__name__.lower()} gave an array of shape {found.shape} where {expected} was expected"
            )
        return found

    return step_by_step(
        order,
        Counter(child for node in order for child in node.below),
        value,
        lambda node: node.function if isinstance(node, Apply) else "a term",
    )


def _symbol_array(symbol: Symbol, value: Any) -> NDArray[Any]:
    """The user's array with as many axes as the symbol; a vector may come as a row or a column."""
    try:
        array = np.asarray(value)
        array = array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)
    except (TypeError, ValueError) as error:
        raise MatcalcError(f"the value of {symbol.name} is not a numeric array") from error
    order = len(symbol.shape)
    if array.ndim == order:
        return array
    long_axes = sum(length != 1 for length in array.shape)
    if order == 0 and array.size == 1:
        return array.reshape(())
    if order == 1 and long_axes <= 1 and array.ndim <= 2:
        return array.reshape(-1)
    if order == 2 and array.ndim == 1 and symbol.shape[0].number == 1:
        return array.reshape(1, -1)
    raise ShapeError(f"{symbol.name} has {order} axes, but the array given for it has shape {array.shape}")


def _lengths(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return _checked(tuple([size.value(sizes) for size in shape]))


def _checked(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Raises LimitError for the axes of an array that would not fit."""
    if prod(lengths) > LARGEST:
        raise LimitError(f"an array of shape {lengths} is too large to evaluate")
    return lengths


def _value(
    node: Tensor,
    operands: tuple[Any, ...],
    sizes: Mapping[str, int],
    callables: Mapping[str, Callable[..., Any]],
) -> NDArray[Any]:
    result: NDArray[Any]
    match node := cast("Node", node):
        case Symbol():
            raise AssertionError("symbols have their arrays already")
        case Constant(name=name):
            if name != "pi":
                raise MatcalcError(f"the constant {name!r} has no numerical value here")
            return np.asarray(np.pi)
        case SizeValue(size=size):
            return np.asarray(float(size.value(sizes)))
        case Unit(position=position):
            result = np.zeros(_lengths(node.shape, sizes))
            result[checked_position(position.value(sizes), len(result)) - 1] = 1.0
        case Pairing():
            slow, fast, whole = _lengths(node.shape, sizes)
            result = np.eye(whole).reshape(slow, fast, whole)
        case Sum(terms=terms):
            result = np.zeros(_lengths(node.shape, sizes))
            for (coefficient, _), operand in zip(terms, operands, strict=True):
                result = result + as_float(coefficient) * operand
        case Contraction(indices=indices, output=output, sizes=labels):
            return contract(operands, indices, output, tuple([size.value(sizes) for size in labels]))
        case Power(exponent=exponent):
            result = np.asarray(operands[0] ** as_float(exponent))
        case Map(function="pow"):
            result = np.asarray(operands[0] ** operands[1])
        case Map(function=name):
            return of_entries(name, callables, operands)
        case Apply(function=name, arguments=arguments):
            function = implementation(name, callables)
            orders = [argument.order for argument in arguments]
            own = [order if want is None else want for order, want in zip(orders, function.orders or orders, strict=True)]
            return over_leading_axes(function.call, operands, own)
        case _ as never:
            assert_never(never)
    return result
