"""Numbers beside those that are right: whether they are the same in their precision, a multiple of
them, and where they differ; and the verdict on that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import isfinite
from typing import Any

from matcalc.base.lazy import np
from matcalc.evaluation.arrays import agrees
from matcalc.verification.corrections import multiple_in_words
from matcalc.verification.verdict import Verdict

TOLERANCE = {"float64": 1e-6, "float32": 2e-4, "float16": 2e-2, "bfloat16": 4e-2}
"""By the type of a result's numbers, as a part of its largest entry; more where the formula itself
loses more digits in that type."""
_NOTHING = 1e-11
"""What rounding leaves of terms of size one that cancel."""
COARSER = {"float16": 2.0**13, "bfloat16": 2.0**16}
"""How many times coarser than those of single precision numbers of other types are."""
_LARGEST_DENOMINATOR = 12
WHOLE = "the result"
"""What mistakes are told of."""


@dataclass(frozen=True)
class Numbers:
    """A number with a name, at each point, that may stand where it should not, or be left out; what
    is said where results are divided by it."""

    name: str
    values: Sequence[float]
    divided: str


@dataclass(frozen=True, eq=False)
class Seen:
    """A point, what is right there, and what the function gave; both agree where no entry differs
    by more than the ``tolerance``, as a part of the largest."""

    values: Mapping[str, Any]
    sizes: Mapping[str, int]
    right: Any
    result: Any
    tolerance: float
    told: tuple[int, ...] | None = None
    """The shape that the result should have, where that is another than that of ``right``: a
    column."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that is told as right."""
        return np.shape(self.right) if self.told is None else self.told

    def is_like(self, array: Any) -> bool:
        """Whether the result is this array; arrays of one entry are like each other in any
        shape."""
        if np.size(array) == np.size(self.result) == 1:
            array = np.reshape(array, np.shape(self.result))
        return np.shape(array) == np.shape(self.result) and agrees(array, self.result, relative=self.tolerance)


def ratio_of(seen: Seen, array: Any) -> float | None:
    """The number that the result is of an array; 0 where both vanish, None where it is no
    multiple."""
    if array is None or not np.all(np.isfinite(array)):
        return None
    if np.shape(array) != np.shape(seen.result) and not np.size(array) == np.size(seen.result) == 1:
        return None
    one, other = np.ravel(array), np.ravel(seen.result)
    size = float(np.vdot(one, one).real)
    scale_of = float(np.max(np.abs(seen.right), initial=0.0))
    if np.max(np.abs(one), initial=0.0) <= max(1e-9 * scale_of, _NOTHING):
        return 0.0 if np.max(np.abs(other), initial=0.0) <= max(seen.tolerance * scale_of, 100 * _NOTHING) else None
    factor = float(np.vdot(one, other).real) / size
    if not factor or not isfinite(factor):
        return None
    return factor if seen.is_like(factor * np.asarray(array)) else None


def near_fraction(number: float) -> Fraction:
    """The simple fraction that is nearest."""
    return Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)


def simple_ratio(numbers: Sequence[float]) -> Fraction | None:
    """The simple fraction that all the numbers are."""
    found = near_fraction(numbers[0])
    near = all(abs(number - float(found)) <= 1e-4 * abs(number) for number in numbers)
    return found if near and found and abs(found.numerator) <= 100 else None


def factor_in_words(ratios: Sequence[float], named: Sequence[Numbers]) -> tuple[str, str] | None:
    """What it means that results are these multiples of what they should be, empty words for one;
    None where the multiples have nothing in common."""
    plain = simple_ratio(ratios)
    if plain is not None:
        return multiple_in_words(plain, WHOLE)
    for one in named:
        if not all(one.values):
            continue
        times = simple_ratio([ratio / value for ratio, value in zip(ratios, one.values, strict=True)])
        parts = simple_ratio([ratio * value for ratio, value in zip(ratios, one.values, strict=True)])
        if times is not None:
            return "factor", _joined(f"the factor {one.name} is too much", times)
        if parts is not None:
            return "factor", _joined(one.divided, parts)
    return None


def _joined(words: str, number: Fraction) -> str:
    return ", and ".join(filter(None, [words, multiple_in_words(number, WHOLE)[1]]))


_BY_SIZE = f"{WHOLE} is divided by {{}}"
_OF_SCALAR = "the factor {} is missing"


def named_numbers(seen: Sequence[Seen]) -> list[Numbers]:
    """Sizes and their products, scalars, norms."""
    sizes = [Numbers(name, [float(one.sizes[name]) for one in seen], _BY_SIZE.format(name)) for name in sorted(seen[0].sizes)[:4]]
    values = seen[0].values
    names = [name for name, value in values.items() if not callable(value) and not np.ndim(value)][:4]
    scalars = [Numbers(name, [float(one.values[name]) for one in seen], _OF_SCALAR.format(name)) for name in names]
    squares = [
        Numbers(
            f"{one.name}²", [value * value for value in one.values], f"{one.divided}²".replace(" is missing²", "² is missing")
        )
        for one in (*sizes, *scalars)
    ]
    pairs = [
        Numbers(f"{one.name} {other.name}", _products(one.values, other.values), _BY_SIZE.format(f"{one.name} {other.name}"))
        for one, other in combinations(sizes, 2)
    ]
    mixed = [
        Numbers(
            f"{one.name}/{other.name}",
            _products(one.values, [1 / value for value in other.values]),
            f"{other.name} and {one.name} are mixed up: the factor {one.name}/{other.name} is missing",
        )
        for one, other in combinations(sizes, 2)
    ]
    norms = [float(np.linalg.norm(np.ravel(one.right))) for one in seen]
    return [
        *sizes,
        *scalars,
        *pairs,
        *squares,
        *mixed,
        Numbers("of its own norm", norms, f"{WHOLE} is divided by its own norm"),
    ]


def _products(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a * b for a, b in zip(one, other, strict=True)]


# ---------------------------------------------------------------- where results differ


def entry_text(entry: Sequence[int]) -> str:
    return f"({', '.join(map(str, entry))})"


def is_near(one: Seen) -> bool:
    """Whether the result is right up to what single precision may have lost."""
    return np.shape(one.result) == np.shape(one.right) and bool(agrees(one.right, one.result, relative=TOLERANCE["float32"] / 10))


def common_digits(one: Seen) -> int:
    largest = max(float(np.max(np.abs(one.right), initial=0.0)), 1e-300)
    share = float(np.max(np.abs(one.result - one.right), initial=0.0)) / largest
    return 15 if share == 0.0 else max(0, int(-np.log10(share)))


def difference_in_words(seen: Sequence[Seen], wrong: Sequence[Seen]) -> str:
    """In words, how results differ of which nothing else is known."""
    first = wrong[0]
    if np.shape(first.result) != np.shape(first.right):
        return f"the shape of the result is {np.shape(first.result)}, and should be {first.shape}{_broadcast(first)}"
    right = [one for one in seen if one.is_like(one.right)]
    parts = []
    if right and first.sizes:
        parts.append(f"right where {_sizes_in_words(right)}, wrong where {_sizes_in_words(wrong)}")
    pattern = where_it_differs(wrong)
    if pattern:
        parts.append(pattern)
    elif np.ndim(first.right):
        place = np.unravel_index(int(np.argmax(np.abs(first.result - first.right))), np.shape(first.right))
        entry = entry_text([int(k) + 1 for k in place])
        parts.append(
            f"the difference is largest at entry {entry}: {first.result[place]:.6g} and should be {first.right[place]:.6g}"
        )
    return "; ".join(parts)


def _sizes_in_words(places: Sequence[Seen]) -> str:
    return " or ".join(dict.fromkeys(", ".join(f"{name} = {size}" for name, size in sorted(one.sizes.items())) for one in places))


def _broadcast(one: Seen) -> str:
    shape, right = np.shape(one.result), one.shape
    accident = len(shape) == len(right) + 1 and all(length in shape for length in right)
    return ": as when a column and a vector of one axis are combined entry by entry" if accident else ""


def where_it_differs(seen: Sequence[Seen]) -> str:
    """In words, which entries differ: those of a row, of the diagonal and the like, if it is the
    same at all points; else where the difference is largest."""
    wrong = [one for one in seen if np.shape(one.result) == np.shape(one.right)]
    masks = [np.abs(one.result - one.right) > one.tolerance * np.max(np.abs(one.right), initial=1e-9) for one in wrong]
    masks = [mask for mask in masks if mask.ndim and mask.size > 1 and mask.any()]
    for name, inside in _PLACES:
        marked = [inside(np.indices(mask.shape), mask.shape) for mask in masks]
        if masks and all(np.all(mark | ~mask) for mark, mask in zip(marked, masks)) and any(not mark.all() for mark in marked):
            return f"only {name} differs"
    return ""


def _line(axis: int, last: bool) -> Any:
    return lambda at, shape: (at[axis] == (shape[axis] - 1 if last else 0)) if len(shape) > axis else np.full(shape, True)


def _corner(last: bool) -> Any:
    return lambda at, shape: np.logical_and.reduce([at[k] == (shape[k] - 1 if last else 0) for k in range(len(shape))])


def _square(compare: Any) -> Any:
    return lambda at, shape: compare(at[0], at[1]) if len(shape) == 2 else np.full(shape, True)


_PLACES: Sequence[tuple[str, Any]] = (
    ("the first entry", _corner(False)),
    ("the last entry", _corner(True)),
    ("the first row", lambda at, shape: _line(0, False)(at, shape) if len(shape) == 2 else np.full(shape, True)),
    ("the last row", lambda at, shape: _line(0, True)(at, shape) if len(shape) == 2 else np.full(shape, True)),
    ("the first column", _line(1, False)),
    ("the last column", _line(1, True)),
    ("the diagonal", _square(lambda i, j: i == j)),
    ("what is below the diagonal", _square(lambda i, j: i > j)),
    ("what is above the diagonal", _square(lambda i, j: i < j)),
    ("what is off the diagonal", _square(lambda i, j: i != j)),
)


# ---------------------------------------------------------------- the verdict


@dataclass(frozen=True, eq=False)
class CodeVerdict(Verdict):
    """A verdict on a function: ``statement`` says of what call it is the derivative.

    ``kind`` is what is wrong in one word: factor, sign, transpose, term, order, projection,
    diagonal, shape, broadcast, question, zero, nan, changed, random, raised, precision, value or
    other; empty where nothing is. ``precision`` is the type of the numbers that were returned,
    ``printed`` what the function wrote.
    """

    precision: str = ""
    printed: str = ""

    @property
    def meaning(self) -> str:
        """What the status says, in words."""
        if self.status == "confirmed":
            return f"equal at every point and size tried ({self.points} points, {self.precision})"
        return super().meaning if self.status != "undecided" else "neither confirmed nor refuted"

    def explain(self) -> str:
        """Several lines: the verdict, what is wrong, and a point that shows it."""
        lines = super().explain()
        shown = self.printed.strip().splitlines()[-_MOST_PRINTED:]
        return "\n".join([lines, *(["  the function printed:"] if shown else []), *(f"    {line}" for line in shown)])

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {**super().to_dict(), "precision": self.precision, "printed": self.printed}

    def __repr__(self) -> str:
        said = f": {self.reason}" if self.reason else ""
        return f"<CodeVerdict {self.status}: {self.statement}{said}>"


_MOST_PRINTED = 6
