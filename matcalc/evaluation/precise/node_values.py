"""The value of one node from the values of its operands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial, reduce
from math import prod
from typing import assert_never, cast

from matcalc.base.errors import MatcalcError, ShapeError, UnknownFunctionError
from matcalc.base.functions import functions, is_entrywise
from matcalc.base.own_functions import OwnFunction, own_function
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.traversal import bottom_up
from matcalc.evaluation.arrays import chained, checked_position, multiply
from matcalc.evaluation.own_values import precise_values
from matcalc.evaluation.precise import scalar_functions, small_arrays as a, whole_functions
from matcalc.evaluation.precise.number_systems import Arithmetic, Decimals, NotRational, Number as Value, Undefined
from matcalc.evaluation.precise.small_arrays import Array
from matcalc.evaluation.precise.spectra import SPECTRA
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
    Multilinear,
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

_LARGEST_EXPONENT = 10**9


@dataclass
class Inputs:
    """What the values of nodes are made from: a kind of numbers, a number for each size name, an
    array for each symbol."""

    ar: Arithmetic
    sizes: Mapping[str, int]
    values: Mapping[str, Array]
    made: dict[Expr, Array] = field(default_factory=dict)

    def dims(self, shape: Shape) -> tuple[int, ...]:
        lengths = [size.value(self.sizes) for size in shape]
        return (*lengths, 1, 1)[: max(2, len(lengths))] if len(lengths) < 2 else tuple(lengths)


def computed(inputs: Inputs, node: Expr, below: Sequence[Array], here: Mapping[Index, int] | None = None) -> Array:
    """The value of ``node`` with named indices at ``here``."""
    ar, typed = inputs.ar, cast("Node", node)
    match typed:
        case Symbol(name=name):
            if name not in inputs.values:
                raise MatcalcError(f"no value was given for {name}")
            return inputs.values[name]
        case Number() | Constant() | SizeValue() | Identity() | Ones() | Zeros() | UnitVector() | Commutation():
            return _constant(inputs, typed)
        case Sum():
            return a.summed(ar, below)
        case Negative():
            return a.mapped(below[0], ar.negative)
        case Product(factors=factors):
            return _product(ar, factors, below)
        case Hadamard():
            return reduce(partial(a.paired, function=ar.multiply), below)
        case Quotient():
            return a.paired(below[0], below[1], ar.divide)
        case Power():
            return _power(inputs, typed, below)
        case MatrixPower(exponent=exponent):
            return _matrix_power(inputs, exponent, below)
        case Elementwise(function=name):
            return _elementwise(ar, name, below[0])
        case Transpose():
            return a.transposed(below[0])
        case Inverse():
            return a.inverse(ar, below[0])
        case Trace():
            return Array((1, 1), [ar.total(a.diagonal(below[0]))])
        case Total(axis=axis):
            return _total(ar, below[0], axis)
        case Diagonal():
            entries = a.diagonal(below[0])
            return Array((len(entries), 1), entries)
        case DiagonalMatrix():
            return a.diagonal_matrix(ar, below[0].data)
        case Vec():
            return Array((len(below[0].data), 1), [below[0].data[k] for k in a.column_major(below[0].dims)])
        case Reshape(m=m, n=n):
            return _reshaped(below[0], m.value(inputs.sizes), n.value(inputs.sizes))
        case Kronecker():
            return reduce(partial(a.kronecker, ar), below)
        case Norm(kind=kind):
            return Array((1, 1), [_norm(ar, kind, below)])
        case Call():
            return _call(inputs, typed, below)
        case Index() | Entry():
            return _at(inputs, typed, below, here or {})
        case IndexSum() | IndexArray():
            raise AssertionError("sums over named indices are the evaluator's")
        case _ as never:
            assert_never(never)


def _constant(inputs: Inputs, node: Number | Constant | SizeValue | Identity | Ones | Zeros | UnitVector | Commutation) -> Array:
    ar = inputs.ar
    match node:
        case Number(value=value):
            return Array((1, 1), [ar.number(value)])
        case SizeValue(size=size):
            return Array((1, 1), [ar.number(Fraction(size.value(inputs.sizes)))])
        case Constant(name=name):
            if not isinstance(ar, Decimals) or name != "pi":
                raise NotRational(name)
            return Array((1, 1), [scalar_functions.pi(ar.digits)])
        case Identity():
            return a.identity(ar, inputs.dims(node.shape)[0])
        case Ones():
            return a.filled(inputs.dims(node.shape), ar.one)
        case Zeros():
            return a.filled(inputs.dims(node.shape), ar.zero)
        case UnitVector(position=position):
            column = a.filled(inputs.dims(node.shape), ar.zero)
            column.data[checked_position(position.value(inputs.sizes), len(column.data)) - 1] = ar.one
            return column
        case Commutation(m=m, n=n):
            return _commutation(ar, m.value(inputs.sizes), n.value(inputs.sizes))
        case _ as never:
            assert_never(never)


def _commutation(ar: Arithmetic, m: int, n: int) -> Array:
    """Row ``j + n i`` of K vec(X) is entry (i, j) of X, which vec(X) has at ``i + m j``."""
    matrix = a.filled((m * n, m * n), ar.zero)
    for i in range(m):
        for j in range(n):
            matrix.data[(j + n * i) * m * n + i + m * j] = ar.one
    return matrix


def _product(ar: Arithmetic, factors: tuple[Expr, ...], below: Sequence[Array]) -> Array:
    """As the other evaluator multiplies; a run that ends in one column at this point from the
    right."""

    def joined(run: list[Array], _: bool) -> Array:
        return chained(run, run[-1].cols == 1, partial(a.multiplied, ar))

    return multiply(factors, below, partial(a.paired, function=ar.multiply), joined)


def _total(ar: Arithmetic, operand: Array, axis: str | None) -> Array:
    if axis is None:
        return Array((1, 1), [ar.total(operand.data)])
    lines = operand.lines() if axis == "rows" else a.transposed(operand).lines()
    return Array((len(lines), 1), [ar.total(line) for line in lines])


def _reshaped(operand: Array, m: int, n: int) -> Array:
    entries = [operand.data[k] for k in a.column_major(operand.dims)]
    return Array((m, n), [entries[i + m * j] for i in range(m) for j in range(n)])


# ---------------------------------------------------------------- powers and norms


def _power(inputs: Inputs, node: Power, below: Sequence[Array]) -> Array:
    ar = inputs.ar
    exponent = constant_value(node.exponent, inputs.sizes)
    norm = squared_norm(node)
    if norm is not None and exponent is not None:
        return Array((1, 1), [ar.power(_square(ar, norm.kind, below), int(exponent) // 2)])
    if exponent is not None and exponent.denominator == 1:
        number = int(exponent)
        if abs(number) > _LARGEST_EXPONENT:
            raise Undefined("a huge exponent")
        return a.mapped(below[0], lambda entry: ar.power(entry, number))
    if not isinstance(ar, Decimals):
        raise NotRational("a power that is not integral")
    return a.paired(below[0], below[1], lambda base, power: scalar_functions.real_power(ar, base, power))


def squared_norm(node: Expr) -> Norm | None:
    """The norm in ``norm2(x)^2``, ``norm2(X)^4``, ``||x||_A^2``."""
    if not (isinstance(node, Power) and isinstance(node.base, Norm) and isinstance(node.exponent, Number)):
        return None
    value = node.exponent.value
    return node.base if node.base.kind in ("2", "A") and value.denominator == 1 and value % 2 == 0 < value else None


def _square(ar: Arithmetic, kind: str, below: Sequence[Array]) -> Value:
    if kind == "2":
        ar.watch(below[0].data, below[0].data)
        return ar.dot(below[0].data, below[0].data)
    column = below[0] if below[0].cols == 1 else a.transposed(below[0])
    return ar.dot(column.data, a.multiplied(ar, below[1], column).data)


def _norm(ar: Arithmetic, kind: str, below: Sequence[Array]) -> Value:
    if not isinstance(ar, Decimals):
        raise NotRational("a norm")
    match kind:
        case "2" | "A":
            return ar.root(_square(ar, kind, below))
        case "1":
            return ar.total(a.mapped(below[0], partial(scalar_functions.absolute, ar)).data)
        case "p":
            power = below[1].data[0]
            if power <= 0:
                raise Undefined("a p-norm with p that is not positive")
            sizes = a.mapped(below[0], partial(scalar_functions.absolute, ar)).data
            total = ar.total([scalar_functions.real_power(ar, size, power) for size in sizes])
            return scalar_functions.real_power(ar, total, 1 / power)
        case "nuclear":
            return SPECTRA["nuclear_norm"](ar, below[0]).data[0]
        case "spectral":
            return SPECTRA["spectral_norm"](ar, below[0]).data[0]
        case _:
            raise MatcalcError(f"the norm {kind!r} has no numerical value here")


def _matrix_power(inputs: Inputs, exponent: Expr, below: Sequence[Array]) -> Array:
    number = constant_value(exponent, inputs.sizes)
    if number is not None and number.denominator == 1:
        if abs(number) > _LARGEST_EXPONENT:
            raise Undefined("a huge exponent")
        return a.matrix_power(inputs.ar, below[0], int(number))
    return whole_functions.matrix_power_of(inputs.ar, below[0], below[1])


def constant_value(expression: Expr, sizes: Mapping[str, int]) -> Fraction | None:
    """The value of an exponent without symbols: numbers and sizes added, multiplied and divided."""
    if isinstance(expression, Number):
        return expression.value

    def value(node: Expr, below: Mapping[Expr, Fraction | None]) -> Fraction | None:
        known = [part for operand in node.below if (part := below[operand]) is not None]
        return _rational(node, known, sizes) if len(known) == len(node.below) else None

    return bottom_up(postorder(expression), value)[expression]


def _rational(node: Expr, parts: list[Fraction], sizes: Mapping[str, int]) -> Fraction | None:
    match node := cast("Node", node):
        case Number(value=value):
            return value
        case SizeValue(size=size):
            return Fraction(size.value(sizes))
        case Sum():
            return sum(parts, Fraction(0))
        case Negative():
            return -parts[0]
        case Product() | Hadamard() if node.is_scalar:
            return prod(parts, start=Fraction(1))
        case Quotient() if node.is_scalar and parts[1]:
            return parts[0] / parts[1]
        case Leaf() | Linear() | Multilinear() | Nonlinear() | Indexed():
            return None


# ---------------------------------------------------------------- functions


def _elementwise(ar: Arithmetic, name: str, operand: Array) -> Array:
    if isinstance(ar, Decimals):
        function = scalar_functions.applied if name in functions() else scalar_functions.smooth_function
        return a.mapped(operand, partial(function, ar, name))
    if name in functions():
        raise NotRational(name)
    return a.mapped(operand, partial(scalar_functions.polynomial_function, ar, name))


def _of_several(ar: Arithmetic, name: str, operands: Sequence[Array]) -> Array:
    if not isinstance(ar, Decimals):
        raise NotRational(name)
    shaped = next((operand for operand in operands if len(operand.data) > 1), operands[0])
    columns = [operand.data if len(operand.data) > 1 else operand.data * len(shaped.data) for operand in operands]
    return Array(shaped.dims, [scalar_functions.by_table(ar, name, *entries) for entries in zip(*columns, strict=True)])


def _call(inputs: Inputs, node: Call, below: Sequence[Array]) -> Array:
    ar, name = inputs.ar, node.function
    own = own_function(name)
    if own is not None:
        return _of_own_function(inputs, own, node, below)
    if is_entrywise(name):
        return _of_several(ar, name, below)
    if name not in functions():
        return Array(inputs.dims(node.shape), _elementwise(ar, name, below[0]).data)
    if node.axis is None:
        vector = functions()[name].argument_order == 1 and below[0].cols > 1 < below[0].rows
        first = Array((len(below[0].data), 1), [below[0].data[k] for k in a.column_major(below[0].dims)]) if vector else below[0]
        result = _one_call(ar, name, [first, *below[1:]])
        if vector and len(result.data) == len(first.data):
            return _reshaped(result, *below[0].dims)
        return Array(inputs.dims(node.shape), result.data)
    lines = below[0].lines() if node.axis == "rows" else a.transposed(below[0]).lines()
    results = [_one_call(ar, name, [Array((len(line), 1), line), *below[1:]]).data for line in lines]
    if len(results[0]) == 1 and node.is_column:
        return Array((len(results), 1), [line[0] for line in results])
    whole = a.of_lines(results)
    return whole if node.axis == "rows" else a.transposed(whole)


def _of_own_function(inputs: Inputs, own: OwnFunction, node: Call, below: Sequence[Array]) -> Array:
    """A test function of whole arrays, or of each entry."""
    ar, dims = inputs.ar, inputs.dims(node.shape)

    def smooth(term: int, value: Value) -> Value:
        name = f"{own.stem} {term}" + "'" * len(own.by)
        if isinstance(ar, Decimals):
            return scalar_functions.smooth_function(ar, name, value)
        return scalar_functions.polynomial_function(ar, name, value)

    lengths = tuple([size.value(inputs.sizes) for size in axes_of(node.shape)[: own.gives]])
    value = partial(precise_values, own, lengths, smooth=smooth, add=ar.add, times=ar.multiply, number=ar.number)
    if not own.entrywise:
        return Array(dims, value([operand.data for operand in below]))
    length = prod(dims)
    columns = [operand.data if len(operand.data) > 1 else operand.data * length for operand in below]
    return Array(dims, [value([[one] for one in entries])[0] for entries in zip(*columns, strict=True)])


def _one_call(ar: Arithmetic, name: str, arguments: Sequence[Array]) -> Array:
    found = whole_functions.called(ar, name, arguments)
    if found is None:
        raise UnknownFunctionError(f"the function {name} has no value at many digits")
    return found


# ---------------------------------------------------------------- named indices


def _at(inputs: Inputs, node: Index | Entry, below: Sequence[Array], here: Mapping[Index, int]) -> Array:
    if isinstance(node, Index):
        return Array((1, 1), [inputs.ar.number(Fraction(here[node] + 1))])
    dims = below[0].dims
    places = [here[position] if isinstance(position, Index) else position.value(inputs.sizes) - 1 for position in node.positions]
    if len(places) < len(dims) and not node.is_member:  # a vector has one position, inside it has two axes
        places = [*places, 0] if dims[1] == 1 else [0, *places]
    place = 0
    for position, length in zip(places, dims):
        if not 0 <= position < length:
            raise ShapeError(f"entry {position + 1} was asked for where there are {length}")
        place = place * length + position
    count = prod(dims[len(places) :])
    return Array(inputs.dims(node.shape), below[0].data[place * count : (place + 1) * count])
