"""Between the arrays that users hold and those that the evaluator computes with: axes, sizes,
layouts, comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import prod
from numbers import Complex, Real
from operator import matmul, mul
from typing import TYPE_CHECKING, Any, TypeVar

from matcalc.base.errors import LimitError, MatcalcError, NotHereError, ShapeError
from matcalc.base.lazy import NDArray, later, np
from matcalc.base.shapes import Shape, axes_of, product_shape, shape_text
from matcalc.base.sizes import ONE, Size, names_in
from matcalc.expr.nodes import Commutation, Entry, Expr, SizeValue, Symbol, UnitVector, postorder
from matcalc.expr.rewriting import named_indices

if TYPE_CHECKING:
    from matcalc.expr import block_arrays
else:
    block_arrays = later("matcalc.expr.block_arrays")

# ------------------------------------------------------------
# Between the arrays that users hold and the two-dimensional arrays that the evaluator computes
# with.
#
# Outside, a scalar is a number or 0-d array, a column or row vector a 1-D array and a matrix a 2-D
# array. Inside, everything is ``(rows, columns)``, so that a row and a column cannot be mistaken
# for each other; tensors of higher order have all their axes.

Found = TypeVar("Found")
LARGEST = 2 * 10**8
"""Most entries an array may have."""


def as_array(name: str, value: Any, shape: Shape) -> NDArray[Any]:
    """A user's value for the symbol ``name`` as an array of the inside form: 2-D, or more axes for
    a declared tensor.

    Vectors are taken as ``(n,)``, ``(n, 1)`` or ``(1, n)``. Raises ShapeError for an array of
    another order, MatcalcError for something that is not a numeric array.
    """
    array = numeric(name, value)
    array = array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)
    given = array.shape
    if not shape:
        if array.size == 1:
            return array.reshape(1, 1)
    elif len(axes_of(shape)) == 1:
        if array.ndim <= 1 or (array.ndim == 2 and 1 in given):
            return array.reshape((-1, 1) if len(shape) == 1 else (1, -1))
    elif array.ndim == len(shape):
        return array
    raise ShapeError(f"{name} is {shape_text(shape)}, but the array given for it has shape {given}")


def with_axes(entries: Sequence[Any], axes: Sequence[int]) -> Any:
    """Entries, the last axis running fastest, as an array; nested lists where NumPy is not there.

    >>> with_axes([1.0, 2.0, 3.0, 4.0], (2, 2)).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    try:
        return np.array(entries).reshape(axes)
    except NotHereError:
        nested = list(entries)
        for length in axes[:0:-1]:
            nested = [nested[start : start + length] for start in range(0, len(nested), length)]
        return nested if axes else nested[0]


def nested(value: Any) -> Any:
    """An array as nested lists of plain numbers; such lists, and numbers, as they are."""
    return value.tolist() if hasattr(value, "tolist") else value


def entries_of(value: Any) -> list[Any]:
    """The entries of an array or of nested lists, the last axis running fastest."""
    found = [nested(value)]
    while found and isinstance(found[0], list):
        found = [entry for part in found for entry in part]
    return found


def numeric(name: str, value: Any) -> NDArray[Any]:
    """A user's value for ``name`` as an array of numbers of a type that NumPy's linear algebra
    takes, single or double precision.

    Raises MatcalcError for what is no array of numbers, or has a number that no double holds.
    """
    try:
        array = np.asarray(value)
        if array.dtype in (np.float64, np.float32, np.complex128, np.complex64):
            return array
        if array.dtype == np.float16:  # of which linear algebra has none
            return array.astype(np.float32)
        if array.dtype.kind in "biuf" or (
            array.dtype.kind == "O" and all(isinstance(entry, Real | Decimal) for entry in array.flat)
        ):
            return array.astype(np.float64)
        if array.dtype.kind in "cO" and all(isinstance(entry, Complex) for entry in array.flat):
            return array.astype(np.complex128)
    except (TypeError, ValueError, OverflowError) as error:
        raise MatcalcError(f"the value of {name} is not a numeric array: {error}") from error
    raise MatcalcError(f"the value of {name} is not a numeric array")


def from_inside(array: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """An inside array of this ``shape``, leading axes kept, in the form that users hold."""
    lead = array.shape[: -max(len(shape), 2)]
    if not shape:
        return array.reshape(lead)
    if len(axes_of(shape)) == 1:
        return array.reshape((*lead, -1))
    return array


def checked_position(position: int, length: int) -> int:
    """The position. Raises ShapeError for a unit vector that has no entry there."""
    if not 1 <= position <= length:
        raise ShapeError(f"the unit vector e_{position} needs at least {position} entries, here there are {length}")
    return position


def check_given(names: Iterable[str], values: Mapping[str, Any]) -> None:
    """Raises MatcalcError for symbols that no value is given for."""
    missing = sorted({*names} - values.keys())
    if missing:
        wanted = ", ".join(f"{name}=..." for name in missing)
        raise MatcalcError(f"no value was given for {', '.join(missing)}", suggestion=wanted)


def step_by_step(
    order: Sequence[Any],
    uses: Mapping[Any, int],
    value: Callable[[Any, tuple[Any, ...]], NDArray[Any]],
    named: Callable[[Any], str],
) -> NDArray[Any]:
    """The value of the last node of an expression or a tensor, by those of its operands. ``uses``
    counts how often each node is an operand: what no later node needs is forgotten.

    Raises MatcalcError, in which the operation is ``named``, where NumPy cannot compute one.
    """
    waiting = dict(uses)
    held: dict[Any, Any] = {}
    with np.errstate(all="ignore"):
        for node in order:
            try:
                held[node] = value(node, tuple([held[child] for child in node.below]))
            except np.linalg.LinAlgError as error:
                raise MatcalcError(f"{named(node)} cannot be computed at this point: {error}") from error
            for child in node.below:
                waiting[child] -= 1
                if not waiting[child]:
                    held.pop(child, None)
    result: NDArray[Any] = held[order[-1]]
    return result


def dimensions(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of an inside array of this shape: rows and columns, or all axes of a tensor.

    Raises LimitError when an array of it would not fit.
    """
    lengths = [size.value(sizes) for size in shape]
    lengths += [1] * (2 - len(lengths))
    if prod(lengths) > LARGEST:
        kind = "matrix" if len(lengths) == 2 else "tensor"
        raise LimitError(f"a {'×'.join(map(str, lengths))} {kind} is too large to evaluate")
    return tuple(lengths)


def as_float(value: Fraction) -> float:
    """The nearest double, infinite when there is none."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _agree(symbol: str, size: Size, length: int, found: Mapping[str, int], origin: Mapping[str, str]) -> None:
    """Raises ShapeError for a length that is not the value of its size, with the arrays that gave
    this value."""
    expected = size.value(found)
    if expected != length:
        because = ", ".join(dict.fromkeys(origin[name] for name in size.names if name in origin))
        where = f" (by {because})" if because else ""
        raise ShapeError(f"the array for {symbol} has length {length} where its size {size} is {expected}{where}")


def solve_sizes(
    shapes: Iterable[tuple[str, Shape, tuple[int, ...]]],
    given: Mapping[str, int],
    needed: Iterable[str],
) -> dict[str, int]:
    """Numbers for size names, from the lengths of arrays: ``shapes`` has (symbol, its shape, its
    array's axes without ones).

    A size such as ``m*n`` or ``n+1`` is solved once all but one of its names are known. Raises
    ShapeError when two arrays disagree, or when a name in ``needed`` stays open.
    """
    found = {name: _positive_integer(name, number) for name, number in given.items()}
    origin = {name: f"{name}={number}" for name, number in found.items()}
    pending = [(symbol, size, length) for symbol, shape, axes in shapes for size, length in zip(shape, axes, strict=True)]
    progress = True
    while pending and progress:
        progress = False
        left = []
        for symbol, size, length in pending:
            unknown = [name for name in size.names if name not in found]
            if not unknown:
                _agree(symbol, size, length, found, origin)
                progress = True
            elif len(unknown) == 1 and size.solvable(unknown[0]):
                found[unknown[0]] = _solved(symbol, size, length, found, unknown[0])
                origin[unknown[0]] = symbol
                progress = True
            else:
                left.append((symbol, size, length))
        pending = left
    missing = sorted({name for name in needed if name not in found})
    if missing:
        keywords = ", ".join(f"{name}=..." for name in missing)
        raise ShapeError(
            f"no array fixes the size{'s' if len(missing) > 1 else ''} {', '.join(missing)}", suggestion=f"pass {keywords}"
        )
    return found


def size_names_of(expression: Expr, symbols: Sequence[Symbol]) -> frozenset[str]:
    """The names of all sizes in an expression, without names that are symbols themselves."""
    sizes = [size for node in (*postorder(expression), *symbols) for size in node.shape]
    sizes += [node.size for node in postorder(expression) if isinstance(node, SizeValue)]
    return frozenset(names_in(sizes)) - {symbol.name for symbol in symbols}


def sizes_given(symbols: Sequence[Symbol], names: frozenset[str], values: Mapping[str, Any]) -> dict[str, int]:
    """A number for every size that a keyword or one of the arrays given for these symbols fixes."""
    given = {name: values[name] for name in sorted(names) if name in values}
    named = [symbol for symbol in dict.fromkeys(symbols) if symbol.name in values]
    arrays = {symbol: as_array(symbol.name, values[symbol.name], symbol.shape) for symbol in named}
    shapes = [
        (symbol.name, symbol.shape, (array.size,) if symbol.is_column else array.shape if symbol.shape else ())
        for symbol, array in arrays.items()
    ]
    return solve_sizes(shapes, given, ())


def _positive_integer(name: str, number: Any) -> int:
    """The number given for a size, which a float or an array of one entry may hold."""
    try:
        whole = 0 if isinstance(number, (bool, str)) else int(number)
        agrees = bool(whole == number)
    except (TypeError, ValueError, OverflowError):
        agrees = False
    if not agrees or whole < 1:
        raise ShapeError(f"the size {name} is a positive integer, not {number!r}")
    return whole


def _solved(symbol: str, size: Size, length: int, found: Mapping[str, int], unknown: str) -> int:
    """The number for the one name that is unknown that makes ``size`` equal ``length``."""
    number = size.denominator
    parts = {power: part.value(found) for power, part in (size * Size.of(number)).by_power(unknown).items()}
    power = max(parts)
    rest = (number * length - parts.get(0, 0)) / parts[power] if parts[power] else 0
    shift = parts[1] / parts[power] / 2 if power == 2 and 1 in parts and parts[power] else 0
    rest += shift * shift
    root = round(rest ** (1 / power) - shift) if rest > 0 else 0
    if root < 1 or size.value({**found, unknown: root}) != length:
        raise ShapeError(f"the array for {symbol} has length {length}, which is not of the form {size}")
    return root


# ------------------------------------------------------------ Which sizes an expression names.


def sizes_in(nodes: Iterable[Expr]) -> frozenset[Size]:
    """The sizes that the nodes have or mention; of a part of an axis that it must lie within, one
    more than how many positions are left."""
    found: set[Size] = set()
    for node in nodes:
        own = [node.size] if isinstance(node, SizeValue) else [node.m, node.n] if isinstance(node, Commutation) else []
        part = block_arrays.selection(node)
        left = [part.behind + ONE] if part is not None and part.behind.names else []
        found.update([*node.shape, *own, *left, *_places_in(node), *[index.size for index in named_indices([node])]])
    return frozenset(found)


def _places_in(node: Expr) -> Iterable[Size]:
    """The positions with names that a node picks, and for each one more than what is behind it."""
    if not isinstance(node, UnitVector | Entry):
        return ()
    places = (node.position,) if isinstance(node, UnitVector) else node.positions
    axes = axes_of(node.shape if isinstance(node, UnitVector) else node.operand.shape)
    pairs = [(place, axis) for place, axis in zip(places, axes) if isinstance(place, Size) and place.names]
    return [size for place, axis in pairs for size in (place, axis - place + ONE)]


# ------------------------------------------------------------ Comparing numerical results.


def agrees(first: Any, second: Any, *, relative: float = 1e-6, absolute: float = 1e-9) -> bool:
    """Whether two arrays are equal up to rounding: no entry differs by more than
    ``absolute + relative * (largest entry)``.

    Never true for arrays of different shapes, for empty arrays, or when an entry is not finite.

    >>> agrees([1.0, 2.0], [1.0, 2.0 + 1e-9]), agrees([1.0], 1.0), agrees([], []), agrees([float("nan")], [float("nan")])
    (True, False, False, False)
    """
    left, right = np.asarray(first), np.asarray(second)
    if left.shape != right.shape or left.size == 0 or left.dtype == object or right.dtype == object:
        return False
    if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
        return False
    largest = max(float(np.max(np.abs(left))), float(np.max(np.abs(right))))
    return bool(np.max(np.abs(left - right)) <= absolute + relative * largest)


# ------------------------------------------------------------
# Products of many factors, multiplied in an order that never forms a matrix where a vector would
# do.


def multiply(
    factors: Sequence[Expr],
    arrays: Sequence[Found],
    scaled: Callable[[Found, Found], Found] = mul,
    joined: Callable[[list[Found], bool], Found] | None = None,
) -> Found:
    """The product of ``arrays`` (axes ..., rows, columns) with the meaning of ``Product(factors)``.

    A scalar factor, or a product from the left that has become a scalar, scales the rest. A run of
    matrix factors is multiplied from the right when it ends in a column, from the left else:
    ``joined`` is told which.
    """
    joined = joined or chained
    scales: list[Found] = []
    run: list[Found] = []
    shape: Shape = ()
    column = False
    for factor, array in zip(factors, arrays, strict=True):
        if not shape and run:
            # The run so far is a scalar, such as x'A x: it scales what follows.
            scales, run = [*scales, joined(run, column)], []
        shape = product_shape(shape, factor.shape)
        (scales if factor.is_scalar else run).append(array)
        column = column if factor.is_scalar else factor.cols == ONE
    return reduce(scaled, [*scales, joined(run, column)] if run else scales)


def chained(run: Sequence[Found], column: bool, product: Callable[[Found, Found], Found] = matmul) -> Found:
    """Matrices multiplied from the left, or from the right for a ``column`` at the end."""
    return reduce(lambda right, left: product(left, right), run[::-1]) if column else reduce(product, run)
