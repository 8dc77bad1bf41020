"""Chords of a function at random points of its domain: where they lie below or above it.

Shares nothing with how a function is seen to be convex: values are all that is used here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.functions import computable
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.base.sizes import names_in
from matcalc.expr.nodes import Call, Expr, Symbol
from matcalc.facts.table import implied

if TYPE_CHECKING:
    import numpy as np

    from matcalc.evaluation import arrays, interpreter, sampling
    from matcalc.evaluation.interpreter import Program
    from matcalc.facts import membership
else:
    arrays = later("matcalc.evaluation.arrays")
    interpreter = later("matcalc.evaluation.interpreter")
    sampling = later("matcalc.evaluation.sampling")
    membership = later("matcalc.facts.membership")
    np = later("numpy")

_CONVEX_SETS = frozenset({
    "symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "positive_definite", "positive_semidefinite",
    "nonnegative", "positive", "simplex", "doubly_stochastic", "hermitian", "constant", "invertible",
})  # fmt: skip
"""Facts whose members are a convex set; ``invertible`` is one beside a definiteness only."""
_GAP = 1e-7
"""A chord tells something from here on, relative to the values; rounding leaves some 1e-13."""
_CLEAR = 1e-4
_MANY, _SOME, _FEW = (96, 4), (48, 2), (12, 1)
"""Chords at once and rounds: of functions that NumPy takes of all points together, one by one, and of
those that take a millisecond for each."""
_STEP = 1e-3
_SPANS = (1.0, 0.3, 3.0, 0.1)
"""How far apart the ends of chords are, relative to the entries."""


@record
class Chord:
    """Constants ``at``, ends ``x`` and ``y``, and ``theta``: f(theta x + (1 - theta) y) lies ``gap``
    below (positive) or above (negative) the chord, relative to 1 and the values at the ends."""

    at: Mapping[str, Any]
    x: Mapping[str, Any]
    y: Mapping[str, Any]
    theta: float
    gap: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values."""
        named = {name: {key: arrays.nested(value) for key, value in getattr(self, name).items()} for name in ("at", "x", "y")}
        return {**named, "theta": self.theta, "gap": self.gap}


@record
class Seen:
    """What chords at one set of constants show: one above which the function rises, and one below
    which it stays; None where there is none."""

    not_convex: Chord | None
    not_concave: Chord | None


def has_convex_domain(wrt: Sequence[Symbol]) -> bool:
    """Whether the variables range over a convex set."""
    names = [implied(symbol.properties) for symbol in wrt]
    return all(
        facts <= _CONVEX_SETS and ("invertible" not in facts or "positive_definite" in facts or not symbol.shape)
        for facts, symbol in zip(names, wrt, strict=True)
    )


class Field:
    """A scalar function, whose variables range over a convex set, at random constants."""

    def __init__(self, expression: Expr, wrt: Sequence[Symbol]) -> None:
        self.program = interpreter.program(expression)
        self.expression = expression
        self.wrt = tuple(wrt)
        names = {symbol.name for symbol in wrt}
        self.constants = [symbol for symbol in self.program.symbols if symbol.name not in names]
        self.count, self.rounds = _effort(self.program)
        self.size_names = sorted({*self.program.size_names, *names_in([size for symbol in wrt for size in symbol.shape])})

    def points(self, count: int) -> Iterator[tuple[dict[str, Any], dict[str, int]]]:
        """Constants, and sizes: of all kinds that matter, entries of both signs among them."""
        for seed in range(count):
            symbols = [*self.constants, *self.wrt]
            sizes = [size for symbol in symbols for size in symbol.shape]
            chosen = sampling.prime_sizes(self.size_names, seed, symbols=symbols, sizes=sizes)
            if sum(chosen.values()) > 16 or self.program.entries(chosen) > 20_000:
                chosen = sampling.equal_sizes(self.size_names, 3, symbols=symbols, sizes=sizes)
            rng = np.random.default_rng(1000 + seed)
            constants = {symbol.name: drawn(symbol, chosen, rng, seed) for symbol in self.constants}
            if self._is_regular(constants, chosen, rng):
                yield constants, chosen

    def _is_regular(self, constants: Mapping[str, Any], sizes: Mapping[str, int], rng: np.random.Generator) -> bool:
        """Whether no matrix is singular all over: ``logdet(A'*D*A)`` needs A to be tall."""
        for _ in range(4):
            moving = {symbol.name: _outside(_many(symbol, sizes, rng, 1, 1.0)[0], symbol) for symbol in self.wrt}
            try:
                with np.errstate(all="ignore"):
                    self.program.run({**constants, **moving}, sizes, observe=partial(sampling.check_place, kinks=False))
            except sampling.UnsuitablePoint as error:
                if "singular" not in str(error):
                    return True
            except MatcalcError:
                continue
            else:
                return True
        return False

    def seen(self, constants: Mapping[str, Any], sizes: Mapping[str, int], seed: int = 0) -> Seen:
        """What chords show at these constants."""
        worst: list[Chord | None] = [None, None]
        for k in range(self.rounds * len(_SPANS)):
            rng = np.random.default_rng(7919 * seed + k)
            ends = self._ends(rng, sizes, _SPANS[k % len(_SPANS)], k)
            for place, chord in enumerate(self._worst(constants, sizes, ends, rng)):
                best = worst[place]
                if chord is not None and (best is None or abs(chord.gap) > abs(best.gap)):
                    worst[place] = chord
            if all(chord is not None and abs(chord.gap) > _CLEAR for chord in worst):
                break
        return Seen(*[None if chord is None else self._rounded(chord, sizes) for chord in worst])

    def bends(
        self, constants: Mapping[str, Any], sizes: Mapping[str, int], moves: Mapping[Symbol, Symbol], seed: int
    ) -> Iterator[tuple[dict[str, Any], float]]:
        """Values of all symbols and of directions, and the second derivative along these by
        differences."""
        rng = np.random.default_rng(104729 + seed)
        for _ in range(2):
            start = {symbol.name: _many(symbol, sizes, rng, 1, 1.0)[0] for symbol in self.wrt}
            step = {symbol.name: _many(move, sizes, rng, 1, 1.0)[0] for symbol, move in moves.items()}
            at = np.arange(-2, 3) * _STEP
            values = self._values(
                {**constants, **{name: start[name] + _beside(at, step[name][None]) * step[name] for name in start}}, sizes, 5
            )
            if not np.all(np.isfinite(values)):
                continue
            bend = float(values @ np.array([-1.0, 16.0, -30.0, 16.0, -1.0])) / (12 * _STEP**2)
            if abs(values[2]) < 1e5:
                here = {symbol.name: _outside(start[symbol.name], symbol) for symbol in self.wrt}
                yield (
                    {**constants, **here, **{move.name: _outside(step[symbol.name], move) for symbol, move in moves.items()}},
                    bend,
                )

    def _ends(self, rng: np.random.Generator, sizes: Mapping[str, int], span: float, turn: int) -> tuple[Any, Any]:
        """Ends of many chords: far from each other, near, opposite where the set has a centre, and
        with some entries at 0, where kinks are."""
        reach = (1, 2.5) if turn % 5 == 4 else (-2.5, 1)
        scale = 10.0 ** rng.uniform(reach[0], reach[1], size=(self.count, 1, 1))
        first = {symbol.name: _many(symbol, sizes, rng, self.count, scale) for symbol in self.wrt}
        other = {symbol.name: _many(symbol, sizes, rng, self.count, scale) for symbol in self.wrt}
        single = np.zeros(self.count, bool) if len(self.wrt) == 1 else rng.random(self.count) < 0.4
        moving = rng.integers(len(self.wrt), size=self.count)
        last = {}
        for place, symbol in enumerate(self.wrt):
            x, y = first[symbol.name], other[symbol.name]
            if span < 1:
                y = x + span * (y - x)
            elif span > 1 and _is_free(symbol):
                x, y = _across(x, rng, turn if not symbol.properties else 0)
                first[symbol.name] = x
            keep = _beside(single & (moving != place), y)
            last[symbol.name] = np.where(keep, first[symbol.name], y)
        return first, last

    def _worst(
        self, constants: Mapping[str, Any], sizes: Mapping[str, int], ends: tuple[Any, Any], rng: np.random.Generator
    ) -> list[Chord | None]:
        x, y = ends
        theta = np.where(rng.random(self.count) < 0.5, 0.5, rng.integers(1, 4, self.count) / 4)
        middle = {name: _beside(theta, one) * one + (1 - _beside(theta, one)) * y[name] for name, one in x.items()}
        values = [self._values({**constants, **end}, sizes) for end in (x, y, middle)]
        with np.errstate(all="ignore"):
            size = abs(values[0]) + abs(values[1])
            gaps = (theta * values[0] + (1 - theta) * values[1] - values[2]) / (1 + size)
            gaps = np.where(np.isfinite(gaps) & (size < 1e9), gaps, 0.0)
        found: list[Chord | None] = []
        for place in (int(gaps.argmin()), int(gaps.argmax())):
            sign = -1 if not found else 1
            gap = float(gaps[place])
            at = [{symbol.name: _outside(end[symbol.name][place], symbol) for symbol in self.wrt} for end in (x, y)]
            found.append(Chord(dict(constants), at[0], at[1], float(theta[place]), gap) if gap * sign > _GAP else None)
        return found

    def _values(self, values: Mapping[str, Any], sizes: Mapping[str, int], count: int = 0) -> Any:
        inside = {
            symbol.name: values[symbol.name]
            if symbol in self.wrt
            else arrays.as_array(symbol.name, values[symbol.name], symbol.shape)
            for symbol in self.program.symbols
        }
        with np.errstate(all="ignore"):
            try:
                found = self.program.run_inside(inside, sizes, {}, lead=1)
            except LimitError:
                raise
            except MatcalcError:
                return np.full(count or self.count, np.nan)
        return np.broadcast_to(found.reshape(found.shape[0], -1)[:, 0], (count or self.count,))

    def _rounded(self, chord: Chord, sizes: Mapping[str, int]) -> Chord | None:
        """The chord with few digits, if it still tells the same; as it is otherwise. None where it is
        not in the domain, or its values by another way of evaluation say another thing."""
        for digits in (2, 4, 8):
            at, x, y = [
                {name: np.round(np.asarray(value, float), digits) for name, value in part.items()}
                for part in (chord.at, chord.x, chord.y)
            ]
            short = Chord(at, x, y, chord.theta, 0.0)
            gap = self.gap(short, sizes)
            if gap is not None and gap * chord.gap > 0 and abs(gap) > max(_GAP, abs(chord.gap) / 2):
                return Chord(at, x, y, chord.theta, float(f"{gap:.2g}"))
        return None

    def gap(self, chord: Chord, sizes: Mapping[str, int]) -> float | None:
        """By how much the function lies below a chord; None where an end is outside the domain."""
        middle = {name: chord.theta * chord.x[name] + (1 - chord.theta) * chord.y[name] for name in chord.x}
        if not all(self.holds({**chord.at, **end}) for end in (chord.x, chord.y, middle)):
            return None
        try:
            with np.errstate(all="ignore"):
                a, b, m = [
                    float(interpreter.evaluate(self.expression, {**chord.at, **end}, sizes)) for end in (chord.x, chord.y, middle)
                ]
        except MatcalcError:
            return None
        gap = (chord.theta * a + (1 - chord.theta) * b - m) / (1 + abs(a) + abs(b))
        return gap if np.isfinite(gap) else None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether values have the facts that their symbols are declared with."""
        symbols = [*self.wrt, *self.constants]
        return all(membership.belongs(values[symbol.name], symbol.properties) for symbol in symbols if symbol.properties)


def _effort(program: Program) -> tuple[int, int]:
    calls = [computable().get(node.function) for node in program.order if isinstance(node, Call)]
    if any(call is not None and (call.frechet or call.divided) for call in calls):
        return _FEW
    return _SOME if any(call is not None and call.kind == "matrix" for call in calls) else _MANY


def has_values(expression: Expr) -> bool:
    """Whether an expression is one of known functions alone: nothing is said of the user's own."""
    calls = [getattr(node, "function", None) for node in interpreter.program(expression).order]
    return all(name is None or name in computable() for name in calls)


# ------------------------------------------------------------ points


def _across(x: Any, rng: np.random.Generator, turn: int) -> tuple[Any, Any]:
    """Chords across places where entries are 0: of one small entry alone, of all, or of some while
    the others are 0."""
    if turn % 3 == 2:
        flat = x.reshape(len(x), -1).copy()
        rows, places = np.arange(len(x)), rng.integers(flat.shape[1], size=len(x))
        flat[rows, places] *= 10.0 ** rng.uniform(-3.5, -0.5, size=len(x))
        other = flat.copy()
        other[rows, places] *= -1
        return flat.reshape(x.shape), other.reshape(x.shape)
    x = np.where((rng.random(x.shape) < 0.5) & (turn % 3 == 1), 0.0, x)
    return x, -x


def _is_free(symbol: Symbol) -> bool:
    """Whether minus a member is one."""
    return implied(symbol.properties) <= {"symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular"}


def drawn(symbol: Symbol, sizes: Mapping[str, int], rng: np.random.Generator, seed: int) -> Any:
    """A value of a constant. Square matrices that may be anything are now and then nearly definite,
    of both signs, numbers small or large."""
    scale = (1.0, 0.3, 2.0)[seed % 3]
    array = _many(symbol, sizes, rng, 1, scale)
    return _outside(array[0], symbol)


def _beside(numbers: Any, arrays: Any) -> Any:
    """Numbers along the first axis of arrays."""
    return np.reshape(numbers, (-1, *(1,) * (arrays.ndim - 1)))


def _outside(inside: Any, symbol: Symbol) -> Any:
    return arrays.from_inside(inside, symbol.shape)


def _many(symbol: Symbol, sizes: Mapping[str, int], rng: np.random.Generator, count: int, scale: Any) -> Any:
    """Members of a symbol's facts, as inside arrays along the first axis."""
    shape = tuple([size.value(sizes) for size in symbol.shape])
    rows, cols = {0: (1, 1), 1: (*shape, 1)}.get(len(shape), shape[-2:])
    facts = implied(symbol.properties, square=rows == cols and len(shape) == 2)
    if len(shape) > 2:
        return np.reshape(scale, (-1, *(1,) * len(shape))) * rng.normal(size=(count, *shape))
    plain = rng.normal(size=(count, rows, cols))
    mixed = 10.0 ** rng.uniform(-0.5, 0.5, size=(count, 1, 1)) * scale
    tied = facts - {"nonnegative", "positive", "invertible"}
    if not tied:
        return mixed * (np.exp(0.8 * plain) if facts & {"nonnegative", "positive"} else plain)
    if tied <= {"positive_definite", "positive_semidefinite", "symmetric"} and "nonnegative" not in facts:
        return mixed * _symmetric(plain, facts)
    if not facts & {"nonnegative"}:
        if tied <= {"diagonal", "symmetric", "lower_triangular", "upper_triangular"} and "diagonal" in tied:
            return mixed * plain * np.eye(rows)
        if tied in ({"lower_triangular"}, {"upper_triangular"}):
            return mixed * (np.tril(plain) if "lower_triangular" in tied else np.triu(plain))
        if tied == {"antisymmetric"}:
            return mixed * (plain - np.swapaxes(plain, 1, 2))
    return _members(symbol, sizes, rng, count)


def _symmetric(plain: Any, facts: frozenset[str]) -> Any:
    turned = np.swapaxes(plain, 1, 2)
    if not facts & {"positive_definite", "positive_semidefinite"}:
        return (plain + turned) / 2
    rows = plain.shape[1]
    return plain @ turned / rows + (0.15 * np.eye(rows) if "positive_definite" in facts else 0.0)


def _members(symbol: Symbol, sizes: Mapping[str, int], rng: np.random.Generator, count: int) -> Any:
    """Mixtures of a few members that the table of facts draws: of constants, members alone."""
    seed = int(rng.integers(1 << 30))
    few = [sampling.sample([symbol], sizes, seed + k)[symbol.name] for k in range(min(count, 6))]
    inside = np.stack([arrays.as_array(symbol.name, one, symbol.shape) for one in few])
    if count == 1:
        return inside
    order = Random(seed)
    weights = rng.dirichlet(np.full(len(few), 0.5), size=count)
    order.shuffle(few)
    return np.tensordot(weights, inside, axes=(1, 0))
