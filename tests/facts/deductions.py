"""Random expressions over symbols with facts, and what is known of values, tested on arrays by NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import inf
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.facts.drawn import NoMemberError, member
from matcalc.facts.known import TRAITS, Known
from matcalc.facts.ranges import Range
from matcalc.facts.table import contradiction, facts, implied

N, M = Size.of("n"), Size.of("m")
SQUARE, TALL, VECTOR, SCALAR = (N, N), (M, N), (N,), ()
_NAMES = tuple([name for name, fact in facts().items() if not fact.refused and name != "constant"])
_FUNCTIONS = ("exp", "sigmoid", "tanh", "relu", "abs", "sign", "sin", "cosh", "softplus", "erf", "step", "gelu", "sinh", "atan")
_TOLERANCE = 1e-7

Array = NDArray[np.float64]


# ---------------------------------------------------------------- symbols and members


def random_facts(rng: Random, shape: Shape) -> frozenset[str]:
    """Up to three facts that a symbol of this shape may have together, and what they imply."""
    while True:
        chosen = rng.sample(_NAMES, rng.choice((0, 1, 1, 2, 3)))
        if contradiction(chosen, shape) is None:
            return implied(chosen, square=len(shape) == 2 and shape[0] == shape[1])


def random_member(symbol: e.Symbol, sizes: Mapping[str, int], rng: Random) -> Array:
    """Raises NoMemberError where there is no array of these sizes."""
    style = rng.choice(("ordinary", "whole", "singular", "small"))
    drawn = member(symbol.properties, tuple([size.value(sizes) for size in symbol.shape]), rng, style)
    return np.array(drawn, dtype=float)


# ---------------------------------------------------------------- expressions


class Expressions:
    """A source of random expressions over a few symbols, whose names begin with ``prefix``."""

    def __init__(self, rng: Random, prefix: str) -> None:
        self.rng = rng
        shapes = (SQUARE, SQUARE, SQUARE, TALL, VECTOR, VECTOR, SCALAR)
        self.symbols = [e.Symbol(f"{prefix}{k}", shape, random_facts(rng, shape)) for k, shape in enumerate(shapes)]

    def made(self, shape: Shape, depth: int) -> e.Expr:
        """A random expression of one of the shapes above."""
        if not depth:
            return self._leaf(shape)
        return self.rng.choice(_MAKERS[shape])(self, depth - 1)

    def _leaf(self, shape: Shape) -> e.Expr:
        options: list[e.Expr] = [symbol for symbol in self.symbols if symbol.shape == shape] * 2
        options += {SQUARE: [e.Identity(N)], VECTOR: [e.Ones(VECTOR)], SCALAR: [self.number()]}.get(shape, [])
        return self.rng.choice(options)

    def number(self) -> e.Expr:
        return e.Number(Fraction(self.rng.choice((-2, -1, -1, 1, 1, 2, 3)), self.rng.choice((1, 1, 2))))

    def anywhere(self, shape: Shape, depth: int) -> e.Expr:
        """An operation that there is for every shape."""
        one = self.made(shape, depth)
        match self.rng.randrange(7):
            case 0:
                return e.Elementwise(self.rng.choice(_FUNCTIONS), one)
            case 1:
                return e.Negative(one)
            case 2:
                return e.Sum((one, self.made(shape, depth)))
            case 3:
                return e.Power(one, e.Number(Fraction(self.rng.choice((2, 3, -1, -2)))))
            case 4 if shape:
                return e.Hadamard((one, self.made(shape, depth)))
            case 5:
                return e.Product((self.number(), one))
            case _:
                return e.Sum((e.Identity(N) if shape == SQUARE else one, e.Negative(self.made(shape, depth))))


def _square(source: Expressions, depth: int) -> e.Expr:
    one, other = source.made(SQUARE, depth), source.made(SQUARE, depth)
    tall, vector = source.made(TALL, depth), source.made(VECTOR, depth)
    options: list[Callable[[], e.Expr]] = [
        lambda: e.Product((one, other)),
        lambda: e.Product((one, other, e.Transpose(one))),
        lambda: e.Product((e.Transpose(tall), tall)),
        lambda: e.Product((vector, e.Transpose(vector))),
        lambda: e.Product((one, e.DiagonalMatrix(vector), e.Transpose(one))),
        lambda: e.Sum((one, e.Transpose(one))),
        lambda: e.Sum((one, e.Negative(e.Transpose(one)))),
        lambda: e.Sum((e.Identity(N), e.Product((source.number(), one)))),
        lambda: e.Sum((e.Identity(N), e.Product((source.number(), vector, e.Transpose(vector))))),
        lambda: e.Transpose(one),
        lambda: e.Inverse(one),
        lambda: e.MatrixPower(one, e.Number(Fraction(source.rng.choice((2, 3, -1))))),
        lambda: e.DiagonalMatrix(vector),
        lambda: e.Call(source.rng.choice(("expm", "pinv", "adj")), (one,), None, SQUARE),
        lambda: e.Call("softmax", (one,), "rows", SQUARE),
        lambda: source.anywhere(SQUARE, depth),
    ]
    return source.rng.choice(options)()


def _tall(source: Expressions, depth: int) -> e.Expr:
    if source.rng.random() < 0.5:
        return e.Product((source.made(TALL, depth), source.made(SQUARE, depth)))
    return source.anywhere(TALL, depth)


def _vector(source: Expressions, depth: int) -> e.Expr:
    square, vector = source.made(SQUARE, depth), source.made(VECTOR, depth)
    options: list[Callable[[], e.Expr]] = [
        lambda: e.Product((square, vector)),
        lambda: e.Diagonal(square),
        lambda: e.Total(square, source.rng.choice(("rows", "cols"))),
        lambda: e.Call("softmax", (vector,), None, VECTOR),
        lambda: e.Quotient(vector, e.Norm(vector, "2")),
        lambda: source.anywhere(VECTOR, depth),
        lambda: source.anywhere(VECTOR, depth),
    ]
    return source.rng.choice(options)()


def _scalar(source: Expressions, depth: int) -> e.Expr:
    square, vector, tall = source.made(SQUARE, depth), source.made(VECTOR, depth), source.made(TALL, depth)
    options: list[Callable[[], e.Expr]] = [
        lambda: e.Product((e.Transpose(vector), vector)),
        lambda: e.Product((e.Transpose(vector), square, vector)),
        lambda: e.Trace(square),
        lambda: e.Total(source.rng.choice((square, vector, tall))),
        lambda: e.Norm(source.rng.choice((square, vector, tall)), source.rng.choice(("2", "1"))),
        lambda: e.Call("det", (square,), None, SCALAR),
        lambda: e.Trace(e.Product((e.Transpose(tall), tall))),
        lambda: source.anywhere(SCALAR, depth),
        lambda: source.anywhere(SCALAR, depth),
    ]
    return source.rng.choice(options)()


_MAKERS: Mapping[Shape, tuple[Callable[[Expressions, int], e.Expr], ...]] = {
    SQUARE: (_square,),
    TALL: (_tall,),
    VECTOR: (_vector,),
    SCALAR: (_scalar,),
}


# ---------------------------------------------------------------- what is claimed of arrays


def wrong(claim: Known, array: Array) -> Iterator[str]:
    """What a matrix refutes of what is said to be known of it. A vector is a column."""
    yield from (f"entries: {what}" for what in _outside(claim.entries, array))
    if claim.square:
        yield from (f"diagonal: {what}" for what in _outside(claim.diagonal, np.diag(array)))
    yield from (trait for trait in sorted(claim.traits) if not _TESTS[trait](array))


def _outside(claim: Range, entries: Array) -> Iterator[str]:
    slack = _TOLERANCE * max(1.0, float(np.max(np.abs(entries), initial=0.0)))
    low, high = float(np.min(entries, initial=inf)), float(np.max(entries, initial=-inf))
    if low < float(claim.low) - slack or high > float(claim.high) + slack:
        yield f"{low} to {high} is not in {claim}"
    if claim.nonzero and bool(np.any(entries == 0)):
        yield "0"
    if claim.whole and bool(np.any(np.abs(entries - np.round(entries)) > slack)):
        yield "not whole"


def _form(matrix: Array) -> float:
    return float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0])


def _scale(matrix: Array) -> float:
    return float(np.max(np.abs(matrix), initial=1e-9))


def _near(matrix: Array, other: Array) -> bool:
    return bool(np.allclose(matrix, other, atol=_TOLERANCE * max(1.0, _scale(matrix)), rtol=_TOLERANCE))


def _rank(matrix: Array) -> int:
    return int(np.linalg.matrix_rank(matrix, tol=1e-12 * _scale(matrix)))


_TESTS: dict[str, Callable[[Array], bool]] = {
    "symmetric": lambda a: _near(a, a.T),
    "antisymmetric": lambda a: _near(a, -a.T),
    "diagonal": lambda a: _near(a, np.diag(np.diag(a))),
    "lower_triangular": lambda a: _near(a, np.tril(a)),
    "upper_triangular": lambda a: _near(a, np.triu(a)),
    "identity": lambda a: _near(a, np.eye(len(a))),
    "idempotent": lambda a: _near(a @ a, a),
    "invertible": lambda a: a.shape[0] == a.shape[1] and _rank(a) == len(a),
    "nonzero": lambda a: bool(np.any(a != 0)),
    "nonnegative_form": lambda a: _form(a) >= -_TOLERANCE * max(1.0, _scale(a)),
    "positive_form": lambda a: _form(a) > 0,
    "full_column_rank": lambda a: _rank(a) == a.shape[1],
    "full_row_rank": lambda a: _rank(a) == a.shape[0],
    "orthonormal": lambda a: _near(a.T @ a, np.eye(a.shape[1])),
    "orthonormal_rows": lambda a: _near(a @ a.T, np.eye(a.shape[0])),
    "orthogonal": lambda a: _near(a.T @ a, np.eye(a.shape[1])) and _near(a @ a.T, np.eye(a.shape[0])),
    "rows_sum_to_one": lambda a: _near(a.sum(axis=1), np.ones(a.shape[0])),
    "columns_sum_to_one": lambda a: _near(a.sum(axis=0), np.ones(a.shape[1])),
}
assert _TESTS.keys() == TRAITS


def values_of(source: Expressions, sizes: Mapping[str, int]) -> dict[str, Any] | None:
    """A member for each symbol; None where one of them has none."""
    try:
        return {symbol.name: random_member(symbol, sizes, source.rng) for symbol in source.symbols}
    except NoMemberError:
        return None
