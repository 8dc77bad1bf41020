"""Grows symmetric matrices, and functions of them that have a derivative through eigenvalues."""

from __future__ import annotations

from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from tests.fuzz.growing import Grower
from tests.fuzz.vocabulary import FACTS, names_of, symbol

_OF_DEFINITE = ("logm", "sqrtm")


class SymmetricGrower(Grower):
    """Matrices that are symmetric by their form, whatever the values of the symbols."""

    facts: dict[str, frozenset[str]]

    def symmetric(self, size: Size, depth: int) -> e.Expr:
        if depth <= 0:
            return self.symmetric_symbol(size)
        shallow = min(depth - 1, 1)
        return self.pick(
            lambda: self.symmetric_symbol(size),
            lambda: self.gram(size, shallow),
            lambda: e.Product((column := self.column(size, 0), e.Transpose(column))),
            lambda: e.DiagonalMatrix(self.column(size, shallow)),
            lambda: e.Product((self.scalar(0), self.symmetric(size, depth - 1))),
            lambda: e.Sum((matrix := self.matrix(size, size, shallow), e.Transpose(matrix))),
            lambda: e.Sum((self.symmetric(size, depth - 1), self.symmetric(size, 0))),
            lambda: e.Sum((self.symmetric(size, depth - 1), e.Negative(self.symmetric(size, 0)))),
        )

    def symmetric_symbol(self, size: Size) -> e.Expr:
        """A symbol that is declared symmetric; the name is new where it has another fact already."""
        for name in reversed(names_of(size, size)):
            if "symmetric" in self.facts.setdefault(name, FACTS["symmetric"]):
                return symbol(name, size, size, facts=self.facts[name])
        return self.gram(size, 0)

    def gram(self, size: Size, depth: int) -> e.Expr:
        factor = self.matrix(self.size(), size, depth)
        return e.Product((e.Transpose(factor), factor))

    def of_symmetric(self, size: Size, depth: int) -> e.Expr:
        """A primary matrix function of a symmetric, where it has to be definite matrix."""
        kind = self.choose(5)
        if kind < 2:
            return self.matrix_function("expm", self.symmetric(size, min(depth, 1)))
        definite = self.definite(size, min(depth, 1))
        if kind == 4:
            return e.MatrixPower(definite, self.symbol(("a", "b")))
        return self.matrix_function(_OF_DEFINITE[kind - 2], definite)

    def matrix_function(self, name: str, argument: e.Expr) -> e.Expr:
        return e.Call(name, (argument,), None, argument.shape)
