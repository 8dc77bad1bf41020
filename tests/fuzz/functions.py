"""Grows expressions with every function of the language, Kronecker and vec forms, and symbols about which facts are declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc.base.shapes import shape_of
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from tests.fuzz.definitions import averaged
from tests.fuzz.growing import SMOOTH, UNIT, Choose
from tests.fuzz.symmetric import SymmetricGrower
from tests.fuzz.vocabulary import ENTRY_FACTS, FACTS, NO_FACTS, SQUARE_FACTS, names_of, symbol

_UNBOUNDED = (*SMOOTH, "erf", "gelu", "square", "f", "g", "asinh", "erfc", "normcdf", "normpdf")
_KINKED = ("abs", "relu", "sign", "step", "nonnegative", "heaviside", "cbrt")
_ABOVE_ZERO = ("sqrt", "reciprocal", "log", "lgamma", "digamma", "gamma", "acosh")
_WITHIN_ONE = ("asin", "acos", "atanh")
_VECTOR_FUNCTIONS = ("mean", "var", "logsumexp")
_EXTREME = ("max", "prod")
_OF_TWO = ("maximum", "minimum", "atan2")


class FunctionGrower(SymmetricGrower):
    """Every third operation is one that ``Grower`` does not have."""

    def __init__(self, choose: Choose, sizes: tuple[Size, ...], *, facts: bool = True) -> None:
        super().__init__(choose, sizes)
        self.with_facts = facts
        self.facts: dict[str, frozenset[str]] = {}

    def symbol(self, names: Sequence[str], *shape: Size) -> e.Symbol:
        """A symbol with the facts that it was given when it was first used."""
        name = names[self.choose(2)]
        if name not in self.facts:
            self.facts[name] = self._drawn_facts(shape) or (FACTS["symmetric"] if name == "S" else NO_FACTS)
        return symbol(name, *shape, facts=self.facts[name])

    def _drawn_facts(self, shape: tuple[Size, ...]) -> frozenset[str]:
        if not self.with_facts or self.choose(3) < 2:
            return NO_FACTS
        if not shape:
            return FACTS["positive"]
        possible = SQUARE_FACTS if len(shape) == 2 and shape[0] == shape[1] else ENTRY_FACTS
        return FACTS[possible[self.choose(len(possible))]]

    def scalar(self, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(3) < 2:
            return super().scalar(depth)
        d, size = depth - 1, self.size
        return self.pick(
            lambda: e.Call("logsumexp", (self.column(size(), d),), None, ()),
            lambda: averaged(("mean", "var")[self.choose(2)], self.column(size(), d), None),
            lambda: e.Norm(self.column(size(), d), "p", self.number_above_one()),
            lambda: e.Norm(self.column(n := size(), d), "A", self.definite_symbol(n)),
            lambda: e.Norm(self.matrix(size(), size(), d), "nuclear"),
            lambda: e.Norm(self.matrix(size(), size(), d), "spectral"),
            lambda: e.Call("eigmax", (self.symmetric(size(), d),), None, ()),
            lambda: e.Trace(self.matrix_function("expm", self.matrix(n := size(), n, 0))),
            lambda: e.Trace(self.of_symmetric(size(), d)),
            lambda: e.Product((e.Transpose(self.column(n := size(), d)), self.of_symmetric(n, d), self.column(n, 0))),
            lambda: e.Power(self.above_one(self.scalar(d)), self.scalar(0)),
            lambda: e.Product((e.Transpose(self.stacked(n := size(), m := size(), d)), self.stacked(n, m, d))),
            lambda: e.Trace(e.Product((self.matrix(n := size(), m := size(), d), e.Reshape(self.stacked(n, m, d), m, n)))),
            lambda: e.Power(e.Norm(self.stacked(size(), size(), d), "2"), e.Number(Fraction(2))),
            lambda: e.Total(self.kronecker(size(), size(), d)),
            lambda: e.Trace(e.Kronecker((self.square(d), self.square(d)))),
            lambda: e.Product((e.Transpose(e.UnitVector(Size.of(1 + self.choose(2)), n := size())), self.column(n, d))),
            lambda: e.Norm(self.column(size(), 0), "p", self.scalar(0)),
            lambda: self.extreme(self.column(size(), d), None, ()),
            lambda: self.of_several((), lambda: self.scalar(d)),
        )

    def column(self, size: Size, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(3) < 2:
            return super().column(size, depth)
        d = depth - 1
        return self.pick(
            lambda: e.Call("softmax", (self.column(size, d),), None, (size,)),
            lambda: self.along("rows", self.matrix(size, self.size(), d)),
            lambda: self.along("cols", self.matrix(self.size(), size, d)),
            lambda: e.Product((self.pseudoinverse(size, other := self.size(), d), self.column(other, d))),
            lambda: e.Product((self.of_symmetric(size, d), self.column(size, 0))),
            lambda: e.Power(self.above_one(self.column(size, d)), self.column(size, d)),
            lambda: e.Quotient(UNIT, self.above_one(self.column(size, d))),
            lambda: e.Diagonal(self.of_symmetric(size, d)),
            lambda: e.Sum((self.column(size, d), e.UnitVector(Size.of(1 + self.choose(2)), size))),
            lambda: e.Power(self.above_one(self.column(size, d)), self.symbol(("a", "b"))),
            lambda: self.of_several((size,), lambda: self.column(size, d)),
            lambda: self.extreme(self.matrix(size, self.size(), d), "rows", (size,)),
            lambda: self.extreme(self.matrix(self.size(), size, d), "cols", (size,)),
        )

    def matrix(self, rows: Size, cols: Size, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(3) < 2:
            return super().matrix(rows, cols, depth)
        d = depth - 1
        builders: list[Callable[[], e.Expr]] = [
            lambda: e.Call("softmax", (self.matrix(rows, cols, d),), ("rows", "cols")[self.choose(2)], (rows, cols)),
            lambda: self.pseudoinverse(rows, cols, d),
            lambda: e.Power(self.above_one(self.matrix(rows, cols, d)), self.scalar(0)),
            lambda: e.Quotient(UNIT, self.above_one(self.matrix(rows, cols, d))),
            lambda: e.Reshape(self.stacked(cols, rows, d), rows, cols),
            lambda: e.Reshape(self.matrix(cols, rows, d), rows, cols),
            lambda: self.of_several((rows, cols), lambda: self.matrix(rows, cols, d)),
        ]
        if rows == cols:
            builders += [
                lambda: self.of_symmetric(rows, d),
                lambda: e.Call("adj", (self.invertible(d, rows),), None, (rows, rows)),
                lambda: e.Call(("tril", "triu")[self.choose(2)], (self.matrix(rows, rows, d),), None, (rows, rows)),
            ]
        return self.pick(*builders)

    def stacked(self, slow: Size, fast: Size, depth: int) -> e.Expr:
        """A column that is the vec of a ``fast`` × ``slow`` matrix, or made like one."""
        if depth <= 0:
            return e.Vec(self.matrix(fast, slow, 0))
        d, other, another = depth - 1, self.size(), self.size()
        return self.pick(
            lambda: e.Vec(self.matrix(fast, slow, d)),
            lambda: e.Kronecker((self.column(slow, d), self.column(fast, d))),
            lambda: e.Product((self.kronecker_of(slow, other, fast, another, d), e.Vec(self.matrix(another, other, d)))),
            lambda: e.Product((e.Commutation(slow, fast), e.Vec(self.matrix(slow, fast, d)))),
            lambda: self.common(lambda: self.stacked(slow, fast, d)),
        )

    def kronecker(self, rows: Size, cols: Size, depth: int) -> e.Expr:
        return self.kronecker_of(rows, cols, self.size(), self.size(), depth)

    def kronecker_of(self, rows: Size, cols: Size, inner_rows: Size, inner_cols: Size, depth: int) -> e.Expr:
        return e.Kronecker((self.matrix(rows, cols, depth), self.matrix(inner_rows, inner_cols, depth)))

    def extreme(self, operand: e.Expr, axis: str | None, shape: tuple[Size, ...]) -> e.Expr:
        """The largest entries, or products, whose derivative is for entries other than 0."""
        name = _EXTREME[self.choose(2)]
        return e.Call(name, (self.above_one(operand) if name == "prod" else operand,), axis, shape)

    def of_several(self, shape: tuple[Size, ...], grow: Callable[[], e.Expr]) -> e.Expr:
        """The larger, the smaller, or the one that a comparison chooses; a number may stand for all entries."""
        if self.choose(3) == 0:
            return e.Call("where", (e.Elementwise("step", grow()), grow(), grow()), None, shape)
        if self.choose(5) == 0:
            return e.Call("polygamma", (e.Number(Fraction(1 + self.choose(2))), self.above_one(grow())), None, shape)
        name = _OF_TWO[self.choose(len(_OF_TWO))]
        other = self.above_one(grow()) if name == "atan2" else grow() if self.choose(2) or not shape else self.scalar(0)
        return e.Call(name, (grow(), other), None, shape)

    def along(self, axis: str, matrix: e.Expr) -> e.Expr:
        """A number for each row or column."""
        name = _VECTOR_FUNCTIONS[self.choose(3)]
        return averaged(name, matrix, axis)

    def pseudoinverse(self, rows: Size, cols: Size, depth: int) -> e.Expr:
        return e.Call("pinv", (self.matrix(cols, rows, min(depth, 1) * self.choose(2)),), None, shape_of(rows, cols))

    def number_above_one(self) -> e.Expr:
        return e.Number((Fraction(3), Fraction(4), Fraction(3, 2))[self.choose(3)])

    def definite_symbol(self, size: Size) -> e.Expr:
        """A positive definite matrix; the name is new where it has another fact already."""
        names = [name for name in names_of(size, size) if name != "S"]
        for name in names:
            if self.facts.setdefault(name, FACTS["positive_definite"]) == FACTS["positive_definite"]:
                return symbol(name, size, size, facts=FACTS["positive_definite"])
        return self.definite(size, 0)

    def elementwise(self, grow: Callable[[], e.Expr]) -> e.Expr:
        kind = self.choose(10)
        if kind < 3:
            return super().elementwise(grow)
        if kind == 3:
            return e.Elementwise(_KINKED[self.choose(len(_KINKED))], grow())
        if kind == 4:
            return e.Elementwise(_ABOVE_ZERO[self.choose(len(_ABOVE_ZERO))], self.above_one(grow()))
        if kind == 5:
            return e.Elementwise(
                _WITHIN_ONE[self.choose(len(_WITHIN_ONE))], e.Product((e.Number(Fraction(1, 2)), e.Elementwise("tanh", grow())))
            )
        name = _UNBOUNDED[self.choose(len(_UNBOUNDED))]
        return self.applied(name, grow())
