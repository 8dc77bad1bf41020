"""Independent NumPy evaluation of typed matrix expressions.

Nothing here is shared with lowering, differentiation, simplification or folding: the evaluator is
what they are checked against.

Every value is an array with axes (lead..., one for each named index of the expression, rows,
columns). There are no index axes unless the expression has explicit sums, and no lead unless many
points are evaluated at once (``Program.run_inside``); an axis along which a value does not change
has length one, and NumPy's broadcasting does the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache, partial, reduce
from math import prod
from operator import add, mul
from typing import Any, assert_never, cast

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.functions import IMAGINARY
from matcalc.base.lazy import NDArray, np
from matcalc.base.shapes import Shape, shape_text
from matcalc.base.sizes import ONE, names_in
from matcalc.evaluation.arrays import (
    LARGEST,
    as_array,
    as_float,
    check_given,
    checked_position,
    dimensions,
    from_inside,
    multiply,
    sizes_in,
    solve_sizes,
    step_by_step,
)
from matcalc.evaluation.numpy_functions import (
    apply_call,
    commutation,
    kronecker,
    matrix_power,
    norm,
    of_entries,
    over_leading_axes,
)
from matcalc.expr.nodes import (
    Call,
    Commutation,
    Constant,
    Diagonal,
    DiagonalMatrix,
    Elementwise,
    Entry,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexArray,
    Indexed,
    IndexSum,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Reshape,
    SizeValue,
    Sum,
    Symbol,
    Total,
    Trace,
    Transpose,
    UnitVector,
    Vec,
    Zeros,
    postorder,
)
from matcalc.expr.rewriting import free_indices, has_complex, named_indices
from matcalc.stable.replacement import stable

Observer = Callable[[Expr, tuple[Any, ...]], None]
"""Called before every operation with the node and its operands' inside arrays."""

_MOST_INDICES = 24


class Program:
    """An expression made ready to be evaluated many times. Raises MatcalcError for an index that no
    explicit sum binds."""

    def __init__(self, expression: Expr) -> None:
        self.root = expression
        self.order = postorder(expression)
        self.uses = Counter(child for node in self.order for child in node.below)
        self.symbols = tuple(node for node in self.order if isinstance(node, Symbol))
        self.indices = named_indices(self.order)
        self.sizes = sizes_in(self.order)
        self.size_names = frozenset(names_in(self.sizes))
        if len(self.indices) > _MOST_INDICES:
            raise LimitError(f"more than {_MOST_INDICES} named indices in one expression")
        unbound = sorted(index.name for index in (free_indices(expression) if self.indices else ()))
        if unbound:
            raise MatcalcError(f"the index {unbound[0]} has no value: no sum binds it", suggestion=f"sum({unbound[0]}, ...)")

    def entries(self, sizes: Mapping[str, int]) -> int:
        """How many numbers the largest array of an evaluation with these sizes has."""
        return max(prod([size.value(sizes) for size in node.shape]) for node in self.order)

    def inputs(self, values: Mapping[str, Any], sizes: Mapping[str, int] | None) -> tuple[dict[str, Any], dict[str, int]]:
        """The users' arrays in inside form, and a number for every size.

        Raises MatcalcError for a missing value, ShapeError for arrays that do not fit.
        """
        check_given([symbol.name for symbol in self.symbols], values)
        arrays = {symbol.name: as_array(symbol.name, values[symbol.name], symbol.shape) for symbol in self.symbols}
        lengths = [(symbol.name, symbol.shape, _axes(arrays[symbol.name], symbol.shape)) for symbol in self.symbols]
        given = {name: number for name, number in (sizes or {}).items() if name in self.size_names}
        return arrays, solve_sizes(lengths, given, self.size_names)

    def run(
        self,
        values: Mapping[str, Any],
        sizes: Mapping[str, int] | None = None,
        *,
        observe: Observer | None = None,
    ) -> NDArray[Any]:
        """The value at one point, in the form that users hold."""
        arrays, numbers = self.inputs(values, sizes)
        callables = {name: value for name, value in values.items() if callable(value)}
        return from_inside(self.run_inside(arrays, numbers, callables, observe=observe), self.root.shape)

    def run_inside(
        self,
        arrays: Mapping[str, NDArray[Any]],
        sizes: Mapping[str, int],
        callables: Mapping[str, Callable[..., Any]],
        *,
        lead: int = 0,
        observe: Observer | None = None,
    ) -> NDArray[Any]:
        """The value as an inside array with ``lead`` leading axes (and no index axes).

        A symbol's array is ``(rows, columns)`` or has the leading axes before these.
        """
        step = _Step(sizes, callables, {index: lead + k for k, index in enumerate(self.indices)}, lead)

        def value(node: Expr, operands: tuple[Any, ...]) -> NDArray[Any]:
            if observe is not None:
                observe(node, operands)
            found = step.leaf(node, arrays[node.name]) if isinstance(node, Symbol) else step.value(node, operands)
            spend(1 + (found.size >> 14))
            return found

        result = step_by_step(self.order, self.uses, value, _operation)
        return result.reshape((*result.shape[:lead], *result.shape[lead + len(self.indices) :]))


class _Step:
    """Evaluates one node, given the arrays of its operands."""

    def __init__(
        self,
        sizes: Mapping[str, int],
        callables: Mapping[str, Callable[..., Any]],
        axes: Mapping[Index, int],
        lead: int,
    ) -> None:
        self.sizes = sizes
        self.callables = callables
        self.axes = axes
        self.flat = (1,) * (lead + len(axes))
        self.checked: dict[Shape, tuple[int, ...]] = {}

    def leaf(self, node: Symbol, array: NDArray[Any]) -> NDArray[Any]:
        own = max(len(node.shape), 2)
        lead = array.shape[: array.ndim - own]
        return array.reshape((*lead, *self.flat[len(lead) :], *array.shape[array.ndim - own :]))

    def dims(self, shape: Shape) -> tuple[int, ...]:
        found = self.checked.get(shape)
        if found is None:
            found = self.checked[shape] = dimensions(shape, self.sizes)
        return found

    def value(self, node: Expr, operands: tuple[Any, ...]) -> NDArray[Any]:
        own = self.dims(node.shape)
        outer = len(self.flat)
        if any(operand.ndim != outer + 2 for operand in operands) and not isinstance(node, (Entry, IndexSum)):
            operands = self.aligned(node, operands)
        array = self.compute(node, operands)
        if array.shape[outer:] != own:
            raise ShapeError(
                f"{_operation(node)} gave an array of shape {array.shape[outer:]} where {shape_text(node.shape)} was expected"
            )
        if array.size > LARGEST:
            raise LimitError("the explicit sums need too large an intermediate array")
        return array

    def aligned(self, node: Expr, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands, tensors of order three or more among them: these as columns where all
        entries are summed, else scalars with as many axes as the tensors."""
        outer = len(self.flat)
        match node := cast("Node", node):
            case Total(axis=None) | Norm(kind="1" | "2" | "p"):
                return (operands[0].reshape((*operands[0].shape[:outer], -1, 1)), *operands[1:])
            case Vec():
                return operands
            case Product(factors=factors):
                place = next(k for k, factor in enumerate(factors) if len(factor.shape) > 2)
                scalars = [multiply(factors[:place], operands[:place])] if place else []
                return tuple([self.widened(scalar, operands[place]) for scalar in (*scalars, *operands[place + 1 :])]) + (
                    operands[place],
                )
            case Sum() | Negative() | Hadamard() | Quotient() | Power() | Elementwise():
                deepest = max(operands, key=lambda operand: int(operand.ndim))
                return tuple([self.widened(operand, deepest) for operand in operands])
            case Leaf() | Linear() | Kronecker() | Nonlinear() | Indexed():
                raise ShapeError(f"{_operation(node)} is not defined for a tensor of order three or more")

    def widened(self, scalar: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
        if scalar.ndim == like.ndim:
            return scalar
        return scalar.reshape((*scalar.shape[: len(self.flat)], *(1,) * (like.ndim - len(self.flat))))

    def constant(self, matrix: Any) -> NDArray[Any]:
        array = np.asarray(matrix, dtype=np.complex128 if np.iscomplexobj(matrix) else np.float64)
        return array.reshape(self.flat + (array.shape if array.ndim >= 2 else (1, 1)))

    def compute(self, node: Expr, operands: tuple[Any, ...]) -> NDArray[Any]:
        result: NDArray[Any]
        typed = cast("Node", node)
        match typed:
            case Symbol():
                raise AssertionError("symbols are handled by leaf()")
            case Number(value=number):
                return self.constant(as_float(number))
            case Constant(name=name):
                if name not in ("pi", IMAGINARY):
                    raise MatcalcError(f"the constant {name!r} has no numerical value here")
                return self.constant(np.pi if name == "pi" else 1j)
            case SizeValue(size=size):
                return self.constant(size.value(self.sizes))
            case Identity():
                return self.constant(np.eye(self.dims(node.shape)[0]))
            case Ones():
                return self.constant(np.ones(self.dims(node.shape)))
            case Zeros():
                return self.constant(np.zeros(self.dims(node.shape)))
            case UnitVector(position=position):
                column = np.zeros(self.dims(node.shape))
                column[checked_position(position.value(self.sizes), len(column)) - 1] = 1.0
                return self.constant(column)
            case Commutation(m=m, n=n):
                return self.constant(commutation(m.value(self.sizes), n.value(self.sizes)))
            case Sum():
                return reduce(add, operands)
            case Negative():
                result = -operands[0]
            case Product(factors=factors) if len(node.shape) <= 2:
                return multiply(factors, operands)
            case Product() | Hadamard():
                return reduce(mul, operands)
            case Quotient():
                result = operands[0] / operands[1]
            case Power():
                result = operands[0] ** operands[1]
            case MatrixPower():
                return over_leading_axes(
                    lambda base, exponent: matrix_power(base, exponent.reshape(-1)[0].real), operands, (2, 2)
                )
            case Elementwise():
                return of_entries(typed.function, self.callables, operands)
            case Transpose():
                result = np.swapaxes(operands[0], -1, -2)
            case Inverse():
                result = np.linalg.inv(operands[0])
            case Trace():
                result = np.trace(operands[0], axis1=-2, axis2=-1)[..., None, None]
            case Total(axis=None):
                result = operands[0].sum(axis=(-2, -1), keepdims=True)
            case Total(axis=axis):
                result = operands[0].sum(axis=-1 if axis == "rows" else -2)[..., None]
            case Diagonal():
                result = np.diagonal(operands[0], axis1=-2, axis2=-1)[..., None]
            case DiagonalMatrix():
                entries = operands[0].reshape((*operands[0].shape[:-2], 1, -1))
                # Not entries * eye: an infinite entry would spread NaN over its row.
                result = np.where(np.eye(entries.shape[-1], dtype=bool), entries, 0.0)
            case Vec(operand=operand):
                own = max(2, len(operand.shape))
                lead = operands[0].ndim - own
                turned = operands[0].transpose((*range(lead), *range(lead + own - 1, lead - 1, -1)))
                result = turned.reshape((*turned.shape[:lead], -1, 1))
            case Reshape(m=m, n=n):
                turned = np.swapaxes(operands[0], -1, -2)
                lengths = (n.value(self.sizes), m.value(self.sizes))
                result = np.swapaxes(turned.reshape((*turned.shape[:-2], *lengths)), -1, -2)
            case Kronecker():
                return reduce(kronecker, operands)
            case Norm(kind=kind):
                return norm(kind, operands)
            case Call():
                whole = partial(apply_call, typed, self.callables)
                return over_leading_axes(whole, operands, [2] * len(operands))
            case Index(size=size):
                result = self.along(self.axes[typed], np.arange(1.0, size.value(self.sizes) + 1))[..., None, None]
            case Entry():
                return self.entry(typed, operands[0])
            case IndexSum(index=index):
                summed, length = self.axes[index], index.size.value(self.sizes)
                constant = operands[0].shape[summed] == 1
                result = operands[0].sum(axis=summed, keepdims=True) * (length if constant else 1)
            case IndexArray(indices=indices):
                result = self.gathered(operands[0], indices)
            case _ as never:
                assert_never(never)
        return result

    def gathered(self, scalars: NDArray[Any], indices: tuple[Index, ...]) -> NDArray[Any]:
        """The axes of the indices as the array's own axes."""
        axes = [self.axes[index] for index in indices]
        lengths = [index.size.value(self.sizes) for index in indices]
        moved = np.moveaxis(scalars[..., 0, 0], axes, range(-len(axes), 0))
        opened = np.expand_dims(moved, tuple(sorted(axes)))
        result = np.broadcast_to(opened, (*opened.shape[: len(self.flat)], *lengths))
        return result if len(axes) > 1 else result[..., None]

    def entry(self, node: Entry, operand: NDArray[Any]) -> NDArray[Any]:
        own, positions = operand.shape[len(self.flat) :], node.positions
        if len(positions) < len(own) and not node.is_member:  # a vector has one position, inside it has two axes
            positions = (*positions, ONE) if own[1] == 1 else (ONE, *positions)
        places: list[Any] = [self.along(axis, np.arange(length)) for axis, length in enumerate(operand.shape[: len(self.flat)])]
        for position, length in zip(positions, own):
            if isinstance(position, Index):
                number = position.size.value(self.sizes)
                places.append(self.along(self.axes[position], np.arange(number)))
            else:
                number = position.value(self.sizes)
                places.append(np.full(self.flat, number - 1))
            if not 1 <= number <= length:
                raise ShapeError(f"entry {number} was asked for where there are {length}")
        result: NDArray[Any] = operand[tuple(places)] if places else operand
        return result.reshape((*result.shape[: len(self.flat)], *self.dims(node.shape)))

    def along(self, axis: int, numbers: NDArray[Any]) -> NDArray[Any]:
        shape = list(self.flat)
        shape[axis] = len(numbers)
        return numbers.reshape(shape)


def evaluate(expression: Expr, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> NDArray[Any]:
    """The value of ``expression``: a 0-d array for a scalar, 1-D for a column or row vector, 2-D
    for a matrix.

    ``values`` has an array for every symbol (vectors 1-D, ``(n, 1)`` or ``(1, n)``) and a callable
    for every function of the user's own (``"f"``, ``"f'"``); what is not used is ignored. Sizes
    come from the arrays, those that no array fixes from ``sizes``.

    Raises ShapeError for arrays that do not fit, MatcalcError for a missing value or an operation
    that fails at this point (a singular matrix), LimitError for arrays that are too large.
    """
    return _stable_program(expression).run(values, sizes)


def compile_function(expression: Expr) -> Callable[..., NDArray[Any]]:
    """A function of the symbols of ``expression`` as keyword arguments, returning what ``evaluate``
    returns.

    A size that no array fixes is a keyword too (``n=4``). Unused keywords are ignored.
    """
    compiled = _stable_program(expression)
    names = {symbol.name for symbol in compiled.symbols}

    def function(**symbols: Any) -> NDArray[Any]:
        sizes = {name: symbols[name] for name in sorted(compiled.size_names) if name in symbols and name not in names}
        return compiled.run(symbols, sizes)

    return function


@lru_cache(maxsize=64)
def program(expression: Expr) -> Program:
    """The program of an expression as it stands, kept for the next call."""
    return Program(expression)


@lru_cache(maxsize=64)
def _stable_program(expression: Expr) -> Program:
    if has_complex(expression):
        return Program(expression)  # stable forms are equal for real numbers
    return Program(*stable(expression))


def _axes(array: NDArray[Any], shape: Shape) -> tuple[int, ...]:
    """The lengths that belong to the sizes in ``shape``."""
    return (array.size,) if len(shape) == 1 else array.shape if shape else ()


def _operation(node: Expr) -> str:
    if isinstance(node, Elementwise | Call):
        return f"the function {node.function}"
    return {Inverse: "an inverse", MatrixPower: "a matrix power"}.get(type(node), f"a {type(node).__name__.lower()}")
