"""Differentials and inner products inside matrix expressions: marks, abbreviations, and how they
are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.evaluation.arrays import as_array
from matcalc.evaluation.differences import central_differences, extrapolated
from matcalc.evaluation.interpreter import evaluate, program
from matcalc.expr.nodes import (
    Entry,
    Expr,
    Index,
    IndexArray,
    IndexSum,
    MatrixPower,
    Nonlinear,
    Norm,
    Power,
    Quotient,
    Symbol,
    children,
    postorder,
)
from matcalc.expr.rewriting import replaced, resolved, symbols_in
from matcalc.facts.table import tying
from matcalc.folding.build import cost
from matcalc.printing.notation import Notation, Piece, piece, render
from matcalc.printing.notations import notation_class
from matcalc.printing.printer import printed
from matcalc.steps.step import Writing

if TYPE_CHECKING:
    from numpy.typing import NDArray


# ------------------------------------------------------------
# Names for what would make the lines of a derivation long: arguments of functions, denominators,
# what stands there several times.

_SHORT = 4
"""What costs less to read needs no name."""
_LETTERS = {0: "stqr", 1: "zruh", 2: "ZRMH"}


def abbreviated(expression: Expr, taken: frozenset[str]) -> tuple[Expr, Mapping[str, Expr]]:
    """The expression with names, and what each name stands for, in terms of the names before it.
    ``taken`` are names not to use."""
    order = postorder(expression)
    wanted = _long_parts(expression, order)
    chosen: dict[Expr, Symbol] = {}
    for node in order:
        if node in wanted and cost(_rewritten(node, chosen)) >= _SHORT - 1:  # a function of a name is short enough
            chosen[node] = Symbol(f"name {len(chosen)}", node.shape)
    kinds = Counter(_kind(node) for node in chosen)
    used = set(taken)
    named: dict[Expr, Symbol] = {}
    definitions: dict[str, Expr] = {}
    for whole in chosen:
        name = _name(_kind(whole), kinds[_kind(whole)] > 1, used)
        used.add(name)
        definitions[name] = _rewritten(whole, named)
        named[whole] = Symbol(name, whole.shape)
    return _rewritten(expression, named), MappingProxyType(definitions)


def _long_parts(expression: Expr, order: Sequence[Expr]) -> set[Expr]:
    """The parts that cost much to read and stand several times, or in a function."""
    uses = Counter(child for node in order for child in children(node))
    several = {node for node in order if uses[node] > 1}
    inner = {child for node in order for child in _arguments(node)}
    return {node for node in several | inner if cost(node) >= _SHORT and node is not expression and _can_be_named(node)}


def _can_be_named(node: Expr) -> bool:
    return bool(children(node)) and not _indexed(node) and len(node.shape) <= 2


def opened(expression: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """The expression with every name replaced by what it stands for."""
    if not definitions or not any(name in definitions for name in symbols_in(expression)):
        return expression
    return replaced(expression, resolved(definitions))


def _arguments(node: Expr) -> tuple[Expr, ...]:
    """What a function is applied to."""
    if not isinstance(node, Nonlinear) or (isinstance(node, Power) and isinstance(node.base, Norm)):
        return ()
    if isinstance(node, Quotient):
        return (node.denominator,)
    return node.below[:1] if isinstance(node, Power | MatrixPower) else node.below


def _indexed(node: Expr) -> bool:
    return any(isinstance(below, (Index, Entry, IndexSum, IndexArray)) for below in postorder(node))


def _rewritten(expression: Expr, named: Mapping[Expr, Symbol]) -> Expr:
    """The expression with names for its parts; its own is not used."""

    def step(node: Expr, built: Mapping[Expr, Expr]) -> Expr:
        return named[node] if node in named and node is not expression else with_operands(node, built)

    return bottom_up(postorder(expression), step)[expression]


def _kind(node: Expr) -> int:
    return 1 if node.is_row else len(node.shape)


def _name(kind: int, several: bool, used: set[str]) -> str:
    letters = _LETTERS[kind]
    stem = next((letter for letter in letters if letter not in used), None)
    if stem is not None and not several:
        return stem
    return next(name for name in (f"{stem or letters[0]}_{k}" for k in range(1, len(used) + 2)) if name not in used)


# ------------------------------------------------------------
# Differentials and inner products inside matrix expressions.
#
# Matrix expressions have no node for ``d(X − UV)`` or ``⟨A, dX⟩``. In a derivation by differentials
# a symbol stands for each of them; here it is kept what each symbol stands for, how it is written,
# and how it is evaluated.


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
    """The symbols that stand for differentials and inner products, when ``variable`` changes by
    ``move``.

    ``move`` is an ordinary symbol such as ``dX``: its value at a point is given. Of a variable
    whose entries are tied to each other (symmetric, diagonal...) the change has the same ties,
    unless they are ``free``. ``definitions`` are the abbreviations in use, each in terms of symbols
    and the names before it.
    """

    def __init__(
        self,
        variable: Symbol,
        taken: frozenset[str],
        *,
        free: bool = False,
        definitions: Mapping[str, Expr] = MappingProxyType({}),
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
        return self.symbol(Change(of))

    def pairing(self, left: Expr, right: Expr) -> Expr:
        """The symbol for ``⟨left, right⟩``."""
        return self.symbol(Pairing(left, right))

    def meant(self, node: Expr) -> Mark | None:
        """What ``node`` stands for, None when it is an ordinary expression."""
        return self.meaning.get(node.name) if isinstance(node, Symbol) else None

    def opened(self, expression: Expr) -> Expr:
        """The expression with abbreviations replaced by what they stand for."""
        return opened(expression, self.definitions)

    def definition(self, node: Expr) -> Expr | None:
        """What an abbreviation stands for, None for another expression."""
        return self.definitions.get(node.name) if isinstance(node, Symbol) else None

    def symbol(self, mark: Mark) -> Symbol:
        """The symbol for a mark."""
        known = self._known.get(mark)
        if known is None:
            shape = mark.of.shape if isinstance(mark, Change) else ()
            known = self._known[mark] = Symbol(f"mark {len(self.meaning)}", shape)  # no name in the language has a blank
            self.meaning[known.name] = mark
        return known


@dataclass(frozen=True)
class DifferentialSide:
    """An expression with differentials. At a point, ``dX`` is an array given for it and ``d(E)`` is
    found by finite differences of E."""

    expression: Expr
    marks: Marks

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return _value(self.expression, self.marks, dict(values), sizes)


@dataclass(frozen=True)
class SecondDifferentialSide:
    """``d²f``: the second derivative of an expression along the change of the variable, by finite
    differences."""

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
    return cast("NDArray[Any]", extrapolated(quotients)[0][0])


# ------------------------------------------------------------
# How differentials and inner products are written: ``2 ⟨X − U V, −U dV⟩``.


def written(expression: Expr, marks: Marks) -> Writing:
    """The expression, its differentials and inner products."""
    names = _names(expression, marks)
    return Writing.of(lambda style: render(printed(expression, _marking(style)(names, marks))))


def width(expression: Expr, marks: Marks) -> int:
    """The number of characters in Unicode."""
    return printed(expression, _marking("unicode")(_names(expression, marks), marks)).length


def _names(expression: Expr, marks: Marks) -> list[str]:
    """The names of all ordinary symbols in sight."""
    found: dict[str, None] = {}
    stack, seen = [expression], set[str]()
    while stack:
        for name in symbols_in(stack.pop()):
            mark = marks.meaning.get(name)
            if mark is None:
                found[name] = None
            elif name not in seen:
                seen.add(name)
                stack += [mark.of] if isinstance(mark, Change) else [mark.left, mark.right]
    return list(found)


class _Marking:
    """Stands before a notation: symbols that stand for differentials and inner products are written
    as what they mean."""

    def __init__(self, names: list[str], marks: Marks) -> None:
        super().__init__(names)  # type: ignore[call-arg]
        self._marks = marks
        self._known: dict[str, Piece | None] = {}

    def symbol(self, name: str, order: int = 0) -> Piece:
        if name not in self._known:
            self._known[name] = self._marked(name)
        marked = self._known[name]
        if marked is not None:
            return marked
        return cast("Piece", super().symbol(name, order))  # type: ignore[misc]

    def _marked(self, name: str) -> Piece | None:
        """The piece for a symbol that is a mark, None for an ordinary one."""
        mark = self._marks.meaning.get(name)
        if mark is None:
            return None
        notation = cast("Notation", self)
        if not isinstance(mark, Change):
            opening, between, closing = notation.angles
            return piece(opening, printed(mark.left, notation, sized=True), between, printed(mark.right, notation), closing)
        body = printed(mark.of, notation)
        return piece(notation.d, body if isinstance(mark.of, Symbol) else notation.bracketed(body))


@cache
def _marking(style: str) -> Callable[[list[str], Marks], Notation]:
    """The notation of this name, with marks."""
    return type(f"_Marking_{style}", (_Marking, notation_class(style)), {})
