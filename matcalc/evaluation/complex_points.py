"""Complex numbers against which derivatives by complex symbols are held: points, and differences
along the real and the imaginary axis.

Nothing here is shared with the derivation: a formula is evaluated as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from matcalc.base.budgets import spend
from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import NDArray, np
from matcalc.base.records import record
from matcalc.base.sizes import Size, names_in
from matcalc.evaluation.arrays import agrees, from_inside
from matcalc.evaluation.differences import NumericalDerivative, central_differences, entry_moves, extrapolated, inside_array
from matcalc.evaluation.interpreter import Program
from matcalc.evaluation.sampling import Point, UnsuitablePoint, equal_sizes, functions_at, prime_sizes, sample
from matcalc.expr.nodes import Call, Expr, Inverse, Symbol
from matcalc.facts.table import COMPLEX, tie_of

POINTS = 4
"""At so many points a derivative must be right."""
_ATTEMPTS = 24
_SPREADS = (1.0, 0.4, 2.0, 0.8)
"""How large entries are, in turn: roots and logarithms have branches, that near points do not meet."""

Verdict = Literal["right", "wrong", "unknown"]


@record
class By:
    """What is differentiated by: a symbol, or its conjugate."""

    symbol: Symbol
    conjugate: bool

    @property
    def is_complex(self) -> bool:
        """Whether there are moves along the imaginary axis."""
        return COMPLEX in self.symbol.properties


def drawn(symbols: Sequence[Symbol], sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
    """A random array for each symbol that has its facts."""
    real = sample([one for one in symbols if COMPLEX not in one.properties], sizes, seed)
    spread = _SPREADS[seed % len(_SPREADS)]
    rng = np.random.default_rng(seed)
    return real | {one.name: _member(one, sizes, rng, spread) for one in symbols if COMPLEX in one.properties}


def _member(symbol: Symbol, sizes: Mapping[str, int], rng: Any, spread: float) -> Any:
    shape = tuple([size.value(sizes) for size in symbol.shape])
    known = symbol.properties
    array = spread * (rng.normal(size=shape) + 1j * rng.normal(size=shape))
    if "unitary" in known:
        return _unitary(array, symmetric="symmetric" in known)
    if "hermitian_positive_semidefinite" in known:
        whole = "hermitian_positive_definite" in known or shape[0] < 2
        kept = array if whole else array[:, 1:]
        return kept @ kept.conj().T / shape[0] + (0.3 * spread * np.eye(shape[0]) if whole else 0)
    if "hermitian" in known:
        return (array + array.conj().T) / 2
    for tie, made in _TIED.items():
        if tie_of(known) == tie:
            array = made(array)
    return array + (spread * np.eye(shape[0]) if "invertible" in known and shape else 0)


def _unitary(array: Any, *, symmetric: bool) -> Any:
    factor = np.linalg.qr(array)[0]
    return factor @ factor.T if symmetric else factor


_TIED: Mapping[str, Callable[[Any], Any]] = {
    "symmetric": lambda array: (array + array.T) / 2,
    "antisymmetric": lambda array: (array - array.T) / 2,
    "diagonal": lambda array: np.diag(np.diag(array)),
    "lower": lambda array: np.tril(array),
    "upper": lambda array: np.triu(array),
}


def points(expressions: Sequence[Expr], symbols: Sequence[Symbol]) -> Iterator[Point]:
    """Points at which the symbols have their facts, at sizes that differ, some small and some
    equal; not all of them need be in the domain."""
    programs = [Program(one) for one in expressions]
    every = frozenset().union(*[one.sizes for one in programs], *[symbol.shape for symbol in symbols])
    names = sorted(names_in(every))
    for seed in range(_ATTEMPTS):
        sizes = _sizes(names, seed, symbols, every)
        spend(50)
        nodes = [node for one in programs for node in one.order]
        yield Point({**drawn(symbols, sizes, seed), **functions_at(nodes, sizes)}, sizes)


def _sizes(names: Sequence[str], seed: int, symbols: Sequence[Symbol], every: frozenset[Size]) -> dict[str, int]:
    if seed % 4 == 3 or len(names) > 4:
        return equal_sizes(names, 3 - seed % 2, symbols=symbols, sizes=every)
    return prime_sizes(names, seed, symbols=symbols, sizes=every)


def derivative_at(expression: Expr, by: Sequence[By], point: Point, symmetric: str = "projected") -> NumericalDerivative:
    """The derivative at a point by differences along the real and the imaginary axis of every entry:
    d/dz = (d/dx - i d/dy)/2, d/dconj(z) = (d/dx + i d/dy)/2. Its axes are those of the value, then
    those of each variable."""
    symbols = [one.symbol for one in by]
    arrays = [inside_array(symbol, point.values) for symbol in symbols]
    single = [entry_moves(one, array, symmetric) for one, array in zip(symbols, arrays, strict=True)]
    moves = [np.concatenate([move, 1j * move]) if one.is_complex else move for one, move in zip(by, single, strict=True)]
    ready = Program(expression)
    value, error = extrapolated(central_differences(ready, symbols, moves, point.values, point.sizes))
    counts = [len(move) for move in moves]
    value, error = (array.reshape((*counts, *array.shape[1:])) for array in (value, np.abs(error)))
    for place, one in enumerate(by):
        if one.is_complex:
            value, error = (_combined(array, place, one.conjugate) for array in (value, error))
    axes = [length for one, array in zip(symbols, arrays) for length in from_inside(array, one.shape).shape]
    lead = value.reshape((int(np.prod([len(move) for move in single])), *value.shape[len(by) :]))
    value, error = np.moveaxis(lead, 0, -1), np.moveaxis(error.reshape(lead.shape), 0, -1)
    return NumericalDerivative(
        value.reshape(value.shape[:-1] + tuple(axes)), np.abs(error).reshape(value.shape[:-1] + tuple(axes))
    )


def _combined(array: NDArray[Any], place: int, conjugate: bool) -> NDArray[Any]:
    """The differences along real and then imaginary moves of one variable, at this axis, as
    derivatives."""
    moved = np.moveaxis(array, place, 0)
    along_x, along_y = moved[: len(moved) // 2], moved[len(moved) // 2 :]
    sign = 1j if conjugate else -1j
    return np.moveaxis(np.asarray((along_x + sign * along_y) / 2), 0, place)


def confirmed(
    expression: Expr,
    by: Sequence[By],
    symbols: Sequence[Symbol],
    claimed: Callable[[Point], Any],
    arranged: Callable[[Any, Expr], Any],
    others: Sequence[Expr] = (),
    symmetric: str = "projected",
) -> Verdict:
    """Whether what is claimed of a derivative is so at several points; ``arranged`` puts the axes of
    a numerical derivative as those of the claim are."""
    agreed = tried = 0
    with np.errstate(all="ignore"):
        for point in points([expression, *others], symbols):
            try:
                value_of(expression, point)
                found = derivative_at(expression, by, point, symmetric)
                value = np.asarray(claimed(point))
            except (MatcalcError, np.linalg.LinAlgError):
                continue
            if not found.reliable or not np.all(np.isfinite(value)):
                continue
            tried += 1
            right = np.asarray(arranged(found.value, expression))
            agreed += right.size == value.size and agrees(value.reshape(-1), right.reshape(-1))
            if tried > agreed:
                return "wrong"
            if agreed >= POINTS:
                return "right"
    return "unknown" if agreed < 2 else "right"


def value_of(expression: Expr, point: Point) -> NDArray[Any]:
    """The value of an expression at a point, as it stands."""
    return Program(expression).run(point.values, point.sizes, observe=_well_conditioned)


_LARGEST_CONDITION = 1e5


def _well_conditioned(node: Expr, operands: tuple[Any, ...]) -> None:
    """Raises UnsuitablePoint where rounding would decide."""
    inverted = isinstance(node, Inverse) or (isinstance(node, Call) and node.function in _OF_REGULAR)
    if inverted and not np.all(np.linalg.cond(operands[0]) < _LARGEST_CONDITION):
        raise UnsuitablePoint("a matrix is nearly singular")


_OF_REGULAR = frozenset(["logdet", "sqrtm", "logm", "adj"])


def same_values(expression: Expr, symbols: Sequence[Symbol], call: Callable[..., Any]) -> bool:
    """Whether a callable gives the values of an expression at points where these are finite."""
    agreed = 0
    with np.errstate(all="ignore"):
        for point in points([expression], symbols):
            try:
                value = value_of(expression, point)
                if np.all(np.isfinite(value)):
                    if not agrees(np.asarray(call(**point.values, **point.sizes)), value):
                        return False
                    agreed += 1
            except (MatcalcError, np.linalg.LinAlgError):
                continue
            if agreed >= POINTS:
                return True
    return agreed > 0


def conjugate(value: Any) -> NDArray[Any]:
    return np.asarray(np.conj(value))


def difference(sides: Sequence[Expr], symbols: Sequence[Symbol]) -> tuple[Point | None, int]:
    """A point at which two expressions differ, and the number of points at which they do not."""
    agreed = 0
    with np.errstate(all="ignore"):
        for point in points(sides, symbols):
            try:
                left, right = [value_of(side, point) for side in sides]
            except (MatcalcError, np.linalg.LinAlgError):
                continue
            if np.all(np.isfinite(left)) and np.all(np.isfinite(right)):
                if not agrees(left, right, relative=1e-8):
                    return point, agreed
                agreed += 1
    return None, agreed
