"""Riemannian gradients and Hessians confirmed by numbers: tangent vectors, curves and covariant
derivatives come from the equations of a manifold and from its inner product alone, none of the
formulas that gave the results.

A gradient is tangent, and its inner product with a tangent vector is the difference quotient along
a curve. For the Hessian a surface c(s, t) through the point, with c_t = Z and c_s the gradient
there, gives d²f/dt² - ⟨grad f, D c_t/dt⟩ = ⟨Hess f[Z], Z⟩, where the covariant derivative is found
from the inner product: ⟨D c_t/dt, c_s⟩ = d/dt ⟨c_t, c_s⟩ - d/ds ⟨c_t, c_t⟩ / 2 (Koszul).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from matcalc.analysis.manifolds import Place
from matcalc.base.budgets import SpentError, during
from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import np
from matcalc.base.records import record
from matcalc.evaluation.arrays import as_array, from_inside
from matcalc.evaluation.differences import extrapolated
from matcalc.evaluation.interpreter import Program, program
from matcalc.evaluation.sampling import Point, find_point
from matcalc.expr.nodes import Expr, Negative, Sum, Symbol
from matcalc.expr.rewriting import replaced

_POINTS, _ATTEMPTS = 2, 12
_TOLERANCE = 2e-5
_STEPS = tuple([0.02 * 0.5**k for k in range(5)])
_INNER_STEP = 2e-3


def confirm(function: Expr, gradient: Expr, hessian: Expr | None, place: Place) -> None:
    """Compares a gradient, and a Hessian along the direction of the place, with differences along
    curves on the manifold.

    Raises MatcalcError where they differ, where the function of a quotient is not one, and where no
    point is found at which that can be told.
    """
    during("comparing the result with differences along curves")
    confirmed, seed = 0, 0
    while confirmed < _POINTS and seed < _ATTEMPTS:
        found = _at(seed, function, gradient, hessian, place)
        seed += 1
        if found is None:
            continue
        found.check_invariance()
        found.check_gradient()
        if hessian is not None:
            found.check_hessian()
        confirmed += 1
    if not confirmed:
        raise MatcalcError(
            "the result could not be confirmed: no point of the manifold was found at which the function and it have values"
        )


@record
class Values:
    """What expressions are at a point of the manifold, and along a tangent vector."""

    results: tuple[Any, ...]
    values: Mapping[str, Any]
    sizes: Mapping[str, int]


def evaluated(expressions: tuple[Expr, Expr], place: Place, seed: int) -> Values | None:
    """The values of two expressions; None where this seed gives no point that has them."""
    found = _at(seed, expressions[0], expressions[1], None, place)
    if found is None:
        return None
    z = found.tangent()
    moved = {place.move.name: from_inside(z, place.point.shape)} if place.move.name else {}
    results = tuple([from_inside(found.along(k, z), place.point.shape) for k in range(2)])
    return Values(results, {**found.values, **moved}, found.sizes)


def _at(seed: int, function: Expr, gradient: Expr, hessian: Expr | None, place: Place) -> _Local | None:
    """A point of the manifold at which everything has a value; None where this seed gives none."""
    every = [function, gradient, *([hessian] if hessian is not None else [])]
    made = place.made
    asked = [one if made is None else replaced(one, {place.point.name: made}) for one in every]
    extra = [place.move, *place.parts] + ([place.point] if made is None else [])
    point = find_point(asked, seed, attempts=8, extra=extra)
    if point is None:
        return None
    try:
        here = _Local(point, every, place, seed)
        return here if here.is_usable() else None
    except SpentError:
        raise
    except (MatcalcError, np.linalg.LinAlgError):
        return None


class _Local:
    """A manifold near a point, as arrays of numbers: those of the space around, with rows and
    columns. What is computed is computed for many at once, along a first axis."""

    def __init__(self, point: Point, expressions: list[Expr], place: Place, seed: int) -> None:
        self.place = place
        self.sizes = point.sizes
        values = dict(point.values)
        if place.made is not None:
            values[place.point.name] = program(place.made).run(values, self.sizes)
        self.rng = np.random.default_rng([seed, 5])
        self.callables = {name: value for name, value in values.items() if callable(value)}
        self.values = values
        self.programs = [program(one) for one in expressions]
        self.constraint = [program(_difference(*place.sides(text))) for text in place.manifold.constraint]
        self.horizontal = [program(_difference(*place.sides(text))) for text in place.manifold.horizontal]
        self.product = program(place.formula(place.metric.inner, A=_tangent("A", place), B=_tangent("B", place)))
        self.start = self._onto(as_array(place.point.name, values[place.point.name], place.point.shape))
        self.values = {**values, place.point.name: from_inside(self.start, place.point.shape)}

    def _run(self, ready: Program, count: int, **batches: Any) -> Any:
        """The values for ``count`` arrays of names at once; a name that has one is that everywhere."""
        own = {name: array for name, array in batches.items() if any(symbol.name == name for symbol in ready.symbols)}
        given = {**self.values, **{name: from_inside(array[0], self.place.point.shape) for name, array in own.items()}}
        here, numbers = ready.inputs(given, self.sizes)
        found = ready.run_inside({**here, **own}, numbers, self.callables, lead=1)
        return np.broadcast_to(found, (count, *found.shape[1:]))

    # ---------------------------------------------------------------- the set

    def _missed(self, x: Any) -> Any:
        """By how much the equations of the manifold are missed at points."""
        return self._stacked(self.constraint, len(x), **{self.place.point.name: x})

    def _level(self, z: Any) -> Any:
        """The same for the equations of what stands for a tangent vector of a quotient."""
        return self._stacked(self.horizontal, len(z), **{self.place.move.name: z})

    def _stacked(self, programs: list[Program], count: int, **batches: Any) -> Any:
        parts = [self._run(one, count, **batches).reshape(count, -1) for one in programs]
        return np.concatenate(parts, axis=1) if parts else np.zeros((count, 0))

    def _jacobian(self, function: Callable[[Any], Any], x: Any) -> Any:
        """Derivatives by the entries of x, by central differences of the fourth order."""
        moves = 1e-3 * np.eye(x.size).reshape(-1, *x.shape)
        near = [function(x + k * moves) for k in (1, -1, 2, -2)]
        return ((8 * (near[0] - near[1]) - (near[2] - near[3])) / 12e-3).T

    def _onto(self, x: Any) -> Any:
        """The point of the manifold that Newton's method leads to from x."""
        for _ in range(30):
            missed = self._missed(x[None])[0]
            if np.abs(missed).max(initial=0.0) < 1e-13:
                break
            x = x - (np.linalg.pinv(self._jacobian(self._missed, x), rcond=1e-9) @ missed).reshape(x.shape)
        return x

    @cached_property
    def _normal(self) -> Any:
        """The inverse of the derivative of the equations at the point."""
        return np.linalg.pinv(self._jacobian(self._missed, self.start), rcond=1e-7)

    @cached_property
    def tangents(self) -> Any:
        """Tangent vectors, orthonormal in the space around, as columns; of a quotient those that
        stand for its own."""
        level = self._jacobian(self._level, np.zeros(self.start.shape))
        rows = np.concatenate([self._jacobian(self._missed, self.start), level])
        if not len(rows):
            return np.eye(self.start.size)
        _, values, vectors = np.linalg.svd(rows)
        return vectors[int(np.sum(values > 1e-7 * max(1.0, float(values.max(initial=0.0))))) :].T

    def near(self, moves: Any) -> Any:
        """The points of the manifold that small moves lead to: corrected along the normals of the
        point, so that they depend smoothly on the moves."""
        x = self.start + moves
        for _ in range(40):
            missed = self._missed(x)
            if np.abs(missed).max(initial=0.0) < 1e-14:
                break
            x = x - (missed @ self._normal.T).reshape(x.shape)
        return x

    def tangent(self) -> Any:
        """A random tangent vector of length one."""
        found = self.tangents @ self.rng.normal(size=self.tangents.shape[1])
        return (found / max(np.linalg.norm(found), 1e-300)).reshape(self.start.shape)

    # ---------------------------------------------------------------- values

    def at(self, x: Any) -> Any:
        """The function at points."""
        return self._run(self.programs[0], len(x), **{self.place.point.name: x}).reshape(len(x))

    def along(self, which: int, z: Any) -> Any:
        """One of the results at the point, along a direction."""
        return self._run(self.programs[which], 1, **{self.place.move.name: z[None]})[0]

    def inner(self, x: Any, one: Any, other: Any) -> Any:
        return self._run(self.product, len(x), **{self.place.point.name: x, "A": one, "B": other}).reshape(len(x))

    def pairing(self, one: Any, other: Any) -> float:
        """The inner product of two tangent vectors at the point."""
        return float(self.inner(self.start[None], one[None], other[None])[0])

    def is_usable(self) -> bool:
        """Whether the point lies on the manifold, and everything has a value there."""
        found = [self.along(k, self.tangent()) for k in range(len(self.programs))]
        finite = all(np.isfinite(one).all() and np.abs(one).max(initial=0.0) < 1e8 for one in found)
        return finite and bool(np.abs(self._missed(self.start[None])).max(initial=0.0) < 1e-9)

    # ---------------------------------------------------------------- what is compared

    def check_invariance(self) -> None:
        """The function of a quotient is the same at all points that stand for one."""
        text = self.place.manifold.invariant
        if not text:
            return
        size = self.start.shape[-1]
        turn, _ = np.linalg.qr(self.rng.normal(size=(size, size)))
        moved = program(self.place.formula(text, Q=Symbol("Q", (self.place.point.cols,) * 2)))
        there = as_array("", moved.run({**self.values, "Q": turn}, self.sizes), self.place.point.shape)
        one, other = self.at(np.stack([self.start, there]))
        if not abs(one - other) <= 1e-8 * (1 + abs(one)):  # nor where there is no value
            written = text.replace("X", self.place.point.name)
            raise MatcalcError(
                f"this is no function on {self.place.manifold.words}: it changes when {self.place.point.name} becomes"
                f" {written} with an orthogonal Q",
                suggestion=f'on="{self.place.manifold.above}"',
            )

    def check_gradient(self) -> None:
        gradient = self.along(1, self.start)
        self._require_tangent(gradient, "gradient")
        steps = np.array(_STEPS)
        for _ in range(2):
            z = self.tangent()
            ahead, behind = self.at(self.near(np.concatenate([steps, -steps])[:, None, None] * z)).reshape(2, -1)
            slope, error = extrapolated((ahead - behind) / (2 * steps))
            wrong = "gradient is not what differences along curves say"
            _compare(self.pairing(gradient, z), slope, error, _size(gradient), wrong)

    def check_hessian(self) -> None:
        gradient = self.along(1, self.start)
        z, w = self.tangent(), self.tangent()
        along = [self.along(2, one) for one in (z, w, z + w)]
        size = _size(gradient) + max(map(_size, along))
        for one, value in zip((z, w, z + w), along, strict=True):
            self._require_tangent(value, "Hessian")
            wanted, error = self._second(one, gradient)
            _compare(self.pairing(value, one), wanted, error, size, "Hessian is not what differences along curves say")
        _compare(self.pairing(along[0], w), self.pairing(z, along[1]), 0.0, size, "Hessian is not symmetric")
        _compare(_size(along[0] + along[1] - along[2]), 0.0, 0.0, size, "Hessian is not linear in the direction")

    def _second(self, z: Any, gradient: Any) -> tuple[float, float]:
        """⟨Hess f[z], z⟩ by differences on a surface."""
        steps = np.array(_STEPS)
        length = float(np.linalg.norm(gradient)) or 1.0
        y = gradient / length
        aside = steps[:, None, None]
        points = self.near(np.concatenate([0 * z[None], aside * z, -aside * z]))
        values = self.at(points)
        ahead, behind = values[1:].reshape(2, -1)
        second, error = extrapolated((ahead - 2 * values[0] + behind) / steps**2)
        crossed = self._pairings(np.concatenate([aside * z, -aside * z]), z, y).reshape(2, -1)
        speeds = self._pairings(np.concatenate([aside * y, -aside * y]), z, z).reshape(2, -1)
        bend, more = extrapolated((crossed[0] - crossed[1] - (speeds[0] - speeds[1]) / 2) / (2 * steps))
        return float(second - length * bend), float(error + length * more)

    def _pairings(self, bases: Any, one: Any, other: Any) -> Any:
        """The inner products of the velocities of the surface along two of its directions."""
        moves = [bases + k * _INNER_STEP * move for move in (one, other) for k in (1, -1, 2, -2)]
        points = self.near(np.concatenate([bases, *moves])).reshape(9, *bases.shape)
        velocities = [8 * (near[0] - near[1]) - (near[2] - near[3]) for near in (points[1:5], points[5:])]
        return self.inner(points[0], velocities[0], velocities[1]) / (12 * _INNER_STEP) ** 2

    def _require_tangent(self, vector: Any, what: str) -> None:
        apart = np.ravel(vector) - self.tangents @ (self.tangents.T @ np.ravel(vector))
        _compare(_size(apart), 0.0, 0.0, _size(vector), f"{what} is not tangent")


def _size(vector: Any) -> float:
    return float(np.abs(vector).max(initial=0.0))


def _tangent(name: str, place: Place) -> Symbol:
    return Symbol(name, place.point.shape)


def _difference(left: Expr, right: Expr) -> Expr:
    return Sum((left, Negative(right)))


def _compare(found: Any, wanted: Any, error: Any, size: float, what: str) -> None:
    """Raises MatcalcError where two numbers differ by more than rounding and the error that is
    known."""
    if not abs(found - wanted) <= _TOLERANCE * (1 + size + abs(wanted)) + 10 * abs(error):
        raise MatcalcError(
            f"internal error: the {what}", suggestion="report this expression; no answer is better than a wrong one"
        )
