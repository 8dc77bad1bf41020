"""Random well-shaped expressions, from any source of small numbers: Hypothesis, or a seeded generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from matcalc.evaluation.interpreter import program
from matcalc.expr import nodes as e
from matcalc.sizes import ONE, Size

Choose: TypeAlias = Callable[[int], int]
"""Gives a number from 0 to one less than its argument; 0 is the simplest choice."""

NAMES = ("n", "m", "k")

# Two columns for each size, two matrices for each pair of sizes; S is symmetric. A name of one letter is always read as one symbol.
_COLUMNS = {"n": ("x", "y"), "m": ("z", "w"), "k": ("u", "v")}
_MATRICES = {
    ("n", "n"): ("A", "S"),
    ("m", "n"): ("X", "Y"),
    ("n", "m"): ("B", "C"),
    ("m", "m"): ("M", "P"),
    ("n", "k"): ("W", "Z"),
    ("k", "n"): ("V", "U"),
    ("m", "k"): ("F", "G"),
    ("k", "m"): ("H", "J"),
    ("k", "k"): ("K", "L"),
}
_SCALARS = ("a", "b")
_SMOOTH = ("sin", "cos", "tanh", "sigmoid", "exp", "atan", "sinh", "cosh", "softplus", "tan")
_KINKED = ("abs", "relu", "sign")
ONE_ = e.Number(Fraction(1))


@dataclass(frozen=True)
class Case:
    """A derivative to be found: of ``expression`` by ``wrt`` (one symbol, or one twice)."""

    expression: e.Expr
    wrt: tuple[e.Symbol, ...]


def symbol(name: str, *shape: Size) -> e.Symbol:
    return e.Symbol(name, shape, frozenset({"symmetric"} if name == "S" else ()))


def declarations(expression: e.Expr) -> dict[str, str]:
    """Kinds and sizes of all symbols, in the ``declare`` syntax; a size that no symbol has gets a vector, so that its name is known."""
    found = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    fixed = {name for node in found.values() for size in node.shape for name in size.names}
    for name in program(expression).size_names - fixed:
        vector = symbol(_COLUMNS[name][0], Size.of(name))
        found[vector.name] = vector
    return {name: _declaration(found[name]) for name in sorted(found)}


def _declaration(node: e.Symbol) -> str:
    sizes = "×".join(str(size) for size in node.shape) or "scalar"
    return " ".join([sizes, *sorted(node.properties)])


def generate(choose: Choose, *, depth: int = 3, orders: Sequence[int] = (1,)) -> Case:
    """A random case whose derivative has order at most two."""
    names = NAMES[: 2 + choose(2)]
    grower = _Grower(choose, tuple(Size.of(name) for name in names))
    order = orders[choose(len(orders))]
    kind = choose(6)
    if kind < 3:
        expression = grower.scalar(depth)
    elif kind < 5:
        expression = grower.column(grower.size(), depth)
        if choose(6) == 5:
            expression = e.Transpose(expression)
    else:
        expression = grower.matrix(grower.size(), grower.size(), depth)
    room = 2 - min(2, sum(size != ONE for size in expression.shape))
    fitting = _fitting(expression, order, room)
    if not fitting:
        expression = e.Product((symbol("a"), expression))
        fitting = _fitting(expression, order, room)
    return Case(expression, (fitting[choose(len(fitting))],) * order)


def _fitting(expression: e.Expr, order: int, room: int) -> list[e.Symbol]:
    """Symbols by which the derivative has few enough axes; those with most axes first, they are most worth trying."""
    found = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    fitting = [node for node in found.values() if order * len(node.shape) <= room]
    return sorted(fitting, key=lambda node: (-len(node.shape), node.name))


class _Grower:
    def __init__(self, choose: Choose, sizes: tuple[Size, ...]) -> None:
        self.choose = choose
        self.sizes = sizes

    def pick(self, *builders: Callable[[], e.Expr]) -> e.Expr:
        return builders[self.choose(len(builders))]()

    def size(self) -> Size:
        return self.sizes[self.choose(len(self.sizes))]

    def number(self) -> e.Expr:
        return e.Number((Fraction(2), Fraction(3), Fraction(1, 2), Fraction(5), Fraction(1, 4))[self.choose(5)])

    # Every method below takes the depth still allowed; at 0 only leaves are left.

    def scalar(self, depth: int) -> e.Expr:
        if depth <= 0:
            return self.pick(lambda: symbol(_SCALARS[self.choose(2)]), self.number)
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
        )

    def column(self, size: Size, depth: int) -> e.Expr:
        if depth <= 0:
            return symbol(_COLUMNS[str(size)][self.choose(2)], size)
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
            return symbol(_MATRICES[str(rows), str(cols)][self.choose(2)], rows, cols)
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
            lambda: e.Power(
                self.above_one(grow()), e.Number((Fraction(1, 2), Fraction(-1), Fraction(-1, 2), Fraction(3, 2))[self.choose(4)])
            ),
            lambda: e.Elementwise("log", self.above_one(grow())),
            lambda: e.Sum((grow(), grow(), e.Negative(e.Product((self.number(), grow()))))),
            lambda: self.elementwise(grow),
        )

    def hadamard(self, left: e.Expr, right: e.Expr) -> e.Expr:
        return e.Product((left, right)) if left.is_scalar else e.Hadamard((left, right))

    def above_one(self, node: e.Expr) -> e.Expr:
        """1 + t², entry by entry."""
        one = ONE_ if node.is_scalar else e.Ones(node.shape)
        return e.Sum((one, e.Power(node, e.Number(Fraction(2)))))

    def elementwise(self, grow: Callable[[], e.Expr]) -> e.Expr:
        if self.choose(5) == 4:
            return e.Elementwise(_KINKED[self.choose(len(_KINKED))], grow())
        name = _SMOOTH[self.choose(len(_SMOOTH))]
        argument = grow()
        if name in ("exp", "sinh", "cosh") and len(e.postorder(argument)) > 4:
            argument = e.Elementwise("tanh", argument)  # keeps values in a range where differences mean something
        return e.Elementwise(name, argument)
