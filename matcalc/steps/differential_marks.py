"""Differentials and inner products inside matrix expressions.

Matrix expressions have no node for ``d(X − UV)`` or ``⟨A, dX⟩``. In a derivation by differentials a symbol stands for each of them; here it
is kept what each symbol stands for, how it is written, and how it is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from matcalc.errors import MatcalcError
from matcalc.evaluation import evaluate
from matcalc.evaluation.arrays import as_array
from matcalc.evaluation.differences import central_differences, extrapolated
from matcalc.evaluation.interpreter import program
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.ties import tying
from matcalc.steps.differential_abbreviations import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Change:
    """``d(of)``: what the change of the variable makes of an expression, to first order."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Pairing:
    """The inner product ``⟨left, right⟩``: the sum of the products of the entries."""

    left: Expr
    right: Expr


Mark: TypeAlias = Change | Pairing


class Marks:
    """The symbols that stand for differentials and inner products, when ``variable`` changes by ``move``.

    ``move`` is an ordinary symbol such as ``dX``: its value at a point is given. Of a variable whose entries are tied to each other
    (symmetric, diagonal...) the change has the same ties, unless they are ``free``. ``definitions`` are the abbreviations in use, each in
    terms of symbols and the names before it.
    """

    def __init__(
        self, variable: Symbol, taken: frozenset[str], *, free: bool = False, definitions: Mapping[str, Expr] = MappingProxyType({})
    ) -> None:
        name = f"d{variable.name}"
        if name in taken:
            raise MatcalcError(
                f"{name} is already a name in the expression, so it cannot name the differential of {variable.name}",
                suggestion="another name for one of them, or the steps in index notation",
            )
        self.variable = variable
        self.definitions = definitions
        self.move = Symbol(name, variable.shape, frozenset() if free else tying(variable.properties))
        self.meaning: dict[str, Mark] = {name: Change(variable)}
        self._known: dict[Mark, Symbol] = {Change(variable): self.move}

    def change(self, of: Expr) -> Expr:
        """The symbol for ``d(of)``, or the differential of the variable itself."""
        return self._symbol(Change(of))

    def pairing(self, left: Expr, right: Expr) -> Expr:
        """The symbol for ``⟨left, right⟩``."""
        return self._symbol(Pairing(left, right))

    def meant(self, node: Expr) -> Mark | None:
        """What ``node`` stands for, None when it is an ordinary expression."""
        return self.meaning.get(node.name) if isinstance(node, Symbol) else None

    def opened(self, expression: Expr) -> Expr:
        """The expression with abbreviations replaced by what they stand for."""
        return opened(expression, self.definitions)

    def definition(self, node: Expr) -> Expr | None:
        """What an abbreviation stands for, None for another expression."""
        return self.definitions.get(node.name) if isinstance(node, Symbol) else None

    def _symbol(self, mark: Mark) -> Symbol:
        known = self._known.get(mark)
        if known is None:
            shape = mark.of.shape if isinstance(mark, Change) else ()
            known = self._known[mark] = Symbol(f"mark {len(self.meaning)}", shape)  # no name in the language has a blank
            self.meaning[known.name] = mark
        return known


@dataclass(frozen=True)
class DifferentialSide:
    """An expression with differentials. At a point, ``dX`` is an array given for it and ``d(E)`` is found by finite differences of E."""

    expression: Expr
    marks: Marks

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return _value(self.expression, self.marks, dict(values), sizes)


@dataclass(frozen=True)
class SecondDifferentialSide:
    """``d²f``: the second derivative of an expression along the change of the variable, by finite differences."""

    expression: Expr
    marks: Marks

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return _along(self.expression, self.marks, values, sizes, 2)


def _value(expression: Expr, marks: Marks, values: dict[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
    import numpy as np

    expression = marks.opened(expression)
    for name in symbols_in(expression):
        mark = marks.meaning.get(name)
        if mark is None or name in values:
            continue
        if isinstance(mark, Change):
            values[name] = _along(mark.of, marks, values, sizes, 1)
        else:
            values[name] = np.sum(_value(mark.left, marks, values, sizes) * _value(mark.right, marks, values, sizes))
    return evaluate(expression, values, sizes)


def _along(expression: Expr, marks: Marks, values: Mapping[str, Any], sizes: Mapping[str, int], order: int) -> NDArray[Any]:
    expression = marks.opened(expression)
    if marks.variable.name not in symbols_in(expression):
        return 0.0 * evaluate(expression, values, sizes)
    move = as_array(marks.move.name, values[marks.move.name], marks.move.shape)[None]
    quotients = central_differences(program(expression), (marks.variable,) * order, [move] * order, values, sizes)
    found: NDArray[Any] = extrapolated(quotients)[0][0]
    return found
