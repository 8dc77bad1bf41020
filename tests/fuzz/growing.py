"""Grows random well-shaped expressions from choices: the operations of every day, and elementwise functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from tests.fuzz.vocabulary import SCALARS, names_of, symbol

Choose: TypeAlias = Callable[[int], int]
"""Gives a number from 0 to one less than its argument; 0 is the simplest choice."""

SMOOTH = ("sin", "cos", "tanh", "sigmoid", "exp", "atan", "sinh", "cosh", "softplus", "tan")
KINKED = ("abs", "relu", "sign")
UNIT = e.Number(Fraction(1))


class Grower:
    """Grows expressions of a given shape, with the operations that every derivative engine needs first."""

    def __init__(self, choose: Choose, sizes: tuple[Size, ...]) -> None:
        self.choose = choose
        self.sizes = sizes
        self.facts: dict[str, frozenset[str]] = {}

    def pick(self, *builders: Callable[[], e.Expr]) -> e.Expr:
        return builders[self.choose(len(builders))]()

    def size(self) -> Size:
        return self.sizes[self.choose(len(self.sizes))]

    def number(self) -> e.Expr:
        return e.Number((Fraction(2), Fraction(3), Fraction(1, 2), Fraction(5), Fraction(1, 4))[self.choose(5)])

    def symbol(self, names: Sequence[str], *shape: Size) -> e.Symbol:
        """One of two symbols of this shape."""
        return symbol(names[self.choose(2)], *shape)

    # Every method below takes the depth still allowed; at 0 only leaves are left.

    def scalar(self, depth: int) -> e.Expr:
        if depth <= 0:
            return self.pick(lambda: self.symbol(SCALARS), self.number)
        d, size = depth - 1, self.size
        return self.pick(
            lambda: self.inner(size(), d),
            lambda: e.Power(e.Norm(self.column(size(), d), "2"), e.Number(Fraction(2))),
            lambda: e.Total(self.any_shape(d)),
            lambda: e.Trace(self.square(d)),
            lambda: self.form(size(), d),
            lambda: e.Power(e.Norm(self.matrix(size(), size(), d), "2"), e.Number(Fraction(2))),
            lambda: self.common(lambda: self.scalar(d)),
            lambda: e.Norm(self.any_shape(d), "2"),
            lambda: e.Call("logdet", (self.definite(size(), d),), None, ()),
            lambda: e.Call("det", (self.invertible(d),), None, ()),
            lambda: e.Product((self.scalar(d), self.scalar(d))),
            lambda: e.Norm(self.any_shape(0), "1"),
            lambda: e.SizeValue(size()),
            lambda: self.common(lambda: self.scalar(d)),
            lambda: self.elementwise(lambda: self.scalar(d)),
            lambda: e.Power(e.Total(e.Power(self.any_shape(d), e.Number(Fraction(2)))), self.root()),
        )

    def column(self, size: Size, depth: int) -> e.Expr:
        if depth <= 0:
            return self.symbol(names_of(size), size)
        d = depth - 1
        return self.pick(
            lambda: e.Product((self.matrix(size, other := self.size(), d), self.column(other, d))),
            lambda: self.column(size, 0),
            lambda: self.elementwise(lambda: self.column(size, d)),
            lambda: self.common(lambda: self.column(size, d)),
            lambda: e.Transpose(e.Product((e.Transpose(self.column(other := self.size(), d)), self.matrix(other, size, d)))),
            lambda: e.Diagonal(self.matrix(size, size, d)),
            lambda: e.Total(self.matrix(size, self.size(), d), "rows"),
            lambda: e.Total(self.matrix(self.size(), size, d), "cols"),
            lambda: e.Product((e.DiagonalMatrix(self.column(size, d)), self.column(size, d))),
            lambda: e.Product((e.Inverse(self.definite(size, d)), self.column(size, d))),
            lambda: e.Sum((self.column(size, d), e.Product((self.scalar(d), e.Ones((size,)))))),
            lambda: e.Product((self.matrix(size, other := self.size(), d), e.Ones((other,)))),
            lambda: self.common(lambda: self.column(size, d)),
            lambda: self.common(lambda: self.column(size, d)),
        )

    def matrix(self, rows: Size, cols: Size, depth: int) -> e.Expr:
        if depth <= 0:
            return self.symbol(names_of(rows, cols), rows, cols)
        d = depth - 1
        builders: list[Callable[[], e.Expr]] = [
            lambda: self.matrix(rows, cols, 0),
            lambda: e.Product((self.matrix(rows, other := self.size(), d), self.matrix(other, cols, d))),
            lambda: e.Transpose(self.matrix(cols, rows, d)),
            lambda: e.Product((self.column(rows, d), e.Transpose(self.column(cols, d)))),
            lambda: self.elementwise(lambda: self.matrix(rows, cols, d)),
            lambda: self.common(lambda: self.matrix(rows, cols, d)),
            lambda: e.Sum((self.matrix(rows, cols, d), e.Product((e.Ones((rows,)), e.Transpose(self.column(cols, d)))))),
            lambda: e.Sum((self.matrix(rows, cols, d), e.Product((self.scalar(d), e.Ones((rows, cols)))))),
            lambda: self.common(lambda: self.matrix(rows, cols, d)),
            lambda: self.common(lambda: self.matrix(rows, cols, d)),
        ]
        if rows == cols:
            builders += [
                lambda: e.DiagonalMatrix(self.column(rows, d)),
                lambda: e.Inverse(self.invertible(d, rows)),
                lambda: e.Inverse(self.definite(rows, d)),
                lambda: e.MatrixPower(self.matrix(rows, rows, d), e.Number(Fraction(2 + self.choose(2)))),
                lambda: e.Sum((self.matrix(rows, rows, d), e.Product((self.scalar(0), e.Identity(rows))))),
                lambda: e.Identity(rows),
            ]
        return self.pick(*builders)

    def any_shape(self, depth: int) -> e.Expr:
        return self.pick(lambda: self.column(self.size(), depth), lambda: self.matrix(self.size(), self.size(), depth))

    def square(self, depth: int) -> e.Expr:
        size = self.size()
        return self.matrix(size, size, depth)

    def inner(self, size: Size, depth: int) -> e.Expr:
        return e.Product((e.Transpose(self.column(size, depth)), self.column(size, depth)))

    def form(self, size: Size, depth: int) -> e.Expr:
        other = self.size()
        return e.Product((e.Transpose(self.column(size, 0)), self.matrix(size, other, depth), self.column(other, 0)))

    def definite(self, size: Size, depth: int) -> e.Expr:
        """G'G + I: invertible wherever it is evaluated."""
        factor = self.matrix(self.size(), size, min(depth, 1))
        return e.Sum((e.Product((e.Transpose(factor), factor)), e.Identity(size)))

    def invertible(self, depth: int, size: Size | None = None) -> e.Expr:
        """Something square, simple enough to be invertible at most points."""
        size = size or self.size()
        return self.matrix(size, size, min(depth, 1) * self.choose(2))

    def common(self, grow: Callable[[], e.Expr]) -> e.Expr:
        """Operations that every shape has, of operands of the shape that ``grow`` gives."""
        return self.pick(
            lambda: e.Sum((grow(), grow())),
            lambda: e.Sum((grow(), e.Negative(grow()))),
            lambda: e.Product((self.number(), grow())),
            lambda: e.Product((self.scalar(1), grow())),
            lambda: self.hadamard(grow(), grow()),
            lambda: e.Negative(grow()),
            lambda: e.Power(grow(), e.Number(Fraction(2 + self.choose(2)))),
            lambda: e.Quotient(grow(), self.above_one(grow())),
            lambda: e.Quotient(grow(), self.above_one(self.scalar(1))),
            lambda: e.Power(self.above_one(grow()), self.root()),
            lambda: e.Elementwise("log", self.above_one(grow())),
            lambda: e.Sum((grow(), grow(), e.Negative(e.Product((self.number(), grow()))))),
            lambda: self.elementwise(grow),
        )

    def root(self) -> e.Number:
        """An exponent of what is positive."""
        return e.Number(
            (Fraction(1, 2), Fraction(-1), Fraction(-1, 2), Fraction(3, 2), Fraction(1, 3), Fraction(-2, 3))[self.choose(6)]
        )

    def hadamard(self, left: e.Expr, right: e.Expr) -> e.Expr:
        return e.Product((left, right)) if left.is_scalar else e.Hadamard((left, right))

    def above_one(self, node: e.Expr) -> e.Expr:
        """1 + t², entry by entry."""
        one = UNIT if node.is_scalar else e.Ones(node.shape)
        return e.Sum((one, e.Power(node, e.Number(Fraction(2)))))

    def elementwise(self, grow: Callable[[], e.Expr]) -> e.Expr:
        if self.choose(5) == 4:
            return e.Elementwise(KINKED[self.choose(len(KINKED))], grow())
        return self.applied(SMOOTH[self.choose(len(SMOOTH))], grow())

    def applied(self, name: str, argument: e.Expr) -> e.Expr:
        """The function of the argument, which is kept in a range where differences mean something."""
        if name in ("exp", "sinh", "cosh") and len(e.postorder(argument)) > 4:
            argument = e.Elementwise("tanh", argument)
        return e.Elementwise(name, argument)
