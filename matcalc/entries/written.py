"""The result of writing out: entries of a layout, with their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matcalc.calculus.simplification import lightest, simplified
from matcalc.calling import laid_out
from matcalc.derivation import Outcome
from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import MINUS, scale
from matcalc.einstein.lowering import lower
from matcalc.entries.evaluation import written_out
from matcalc.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Expr, Negative, Number, Power, Product, Quotient, SizeValue, Sum, Symbol, postorder
from matcalc.expr.rewriting import rebuilt_with, symbols_in
from matcalc.folding.fold import fold
from matcalc.language.text.spelling import canonical_name
from matcalc.printing import Shown, latex, text
from matcalc.sizes import Shape, axes_of

MOST_ENTRIES = 400
_WIDTH = 100


@dataclass(frozen=True, eq=False)
class Entries(Shown):
    """A scalar, vector or matrix entry by entry; ``data`` are its entries row by row, formulas in the entries of the symbols."""

    shape: tuple[int, ...]
    data: tuple[Expr, ...]

    def __getitem__(self, place: int | tuple[int, ...]) -> Expr:
        """The entry at a place, counted from 0 as in NumPy."""
        position = 0
        for k, length in zip(place if isinstance(place, tuple) else (place,), self.shape, strict=True):
            if not -length <= k < length:
                raise IndexError(f"entry {k} of {length}")
            position = position * length + k % length
        return self.data[position]

    def text(self, style: Literal["unicode", "ascii"] = "unicode") -> str:
        """``[2 a11 x1 + (a12 + a21) x2; ...]``: rows between semicolons, entries of a row between commas."""
        return self._bracketed([text(entry, style) for entry in self.data])

    def latex(self) -> str:
        """LaTeX source, a matrix in square brackets."""
        entries = [latex(entry) for entry in self.data]
        if not self.shape:
            return entries[0]
        return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(line) for line in self._lines(entries)) + r" \end{bmatrix}"

    def _bracketed(self, entries: Sequence[str]) -> str:
        if not self.shape:
            return entries[0]
        lines = [", ".join(line) for line in self._lines(entries)]
        whole = "; ".join(lines)
        return f"[{whole}]" if len(whole) < _WIDTH else "[" + ";\n ".join(lines) + "]"

    def _lines(self, entries: Sequence[str]) -> list[Sequence[str]]:
        columns = self.shape[1] if len(self.shape) == 2 else 1
        return [entries[start : start + columns] for start in range(0, len(entries), columns)]

    def __repr__(self) -> str:
        return f"<Entries {self.text()}>"


def expression_entries(expression: Expr, sizes: Mapping[str, int]) -> Entries:
    """An expression at these sizes. Raises MatcalcError for sizes that are missing or of no use."""
    numbers = _checked_sizes(sizes, [expression])
    block = written_out(lower(expression).tensor, (), numbers)
    return _presented(block.data, _lengths(expression.shape, numbers), _symbols([expression]))


def derivative_entries(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str, sizes: Mapping[str, int]) -> Entries:
    """A derivative of ``source`` in its layout."""
    import numpy as np

    numbers = _checked_sizes(sizes, [source, *wrt])
    block = written_out(outcome.tensor, [ix.Symbol(symbol.name, axes_of(symbol.shape), symbol.properties) for symbol in wrt], numbers)
    array: Any = np.empty(len(block.data), object)
    array[:] = block.data
    numerator = _lengths(axes_of(source.shape), numbers)
    variables = tuple([len(axes_of(symbol.shape)) for symbol in wrt if symbol.shape])
    shape = _lengths(outcome.shape, numbers)
    found = laid_out(array.reshape(block.lengths), numerator, variables, layout).reshape(shape)
    return _presented(list(found.flat), shape, _symbols([source, *wrt]))


def _presented(entries: Sequence[ix.Tensor], shape: tuple[int, ...], symbols: Sequence[Symbol]) -> Entries:
    if len(shape) > 2:
        raise MatcalcError(
            f"an array with {len(shape)} axes is not written out", suggestion="a layout that is a matrix, such as denominator"
        )
    if len(entries) > MOST_ENTRIES:
        raise LimitError(f"{len(entries)} entries are too many to be written out", suggestion="smaller sizes")
    order, axes = _reading_order(symbols, entries)
    same_signs = _Denominators()
    return Entries(shape, tuple([rebuilt_with(_formula(entry, order, axes), same_signs) for entry in entries]))


class _Denominators:
    """Gives quotients whose denominators differ in sign one denominator: that which is met first."""

    def __init__(self) -> None:
        self.seen: dict[ix.Tensor, Expr] = {}

    def __call__(self, node: Expr) -> Expr:
        if isinstance(node, Negative) and isinstance(node.operand, Negative):
            return node.operand.operand
        if not isinstance(node, Quotient) or not isinstance(node.denominator, Sum):
            return node
        below = lower(node.denominator).tensor
        opposite = self.seen.get(scale(MINUS, below))
        if opposite is None:
            self.seen.setdefault(below, node.denominator)
            return node
        return Negative(Quotient(node.numerator, opposite))


def _formula(entry: ix.Tensor, order: Mapping[str, int], axes: Mapping[str, int]) -> Expr:
    """The entry as a formula, with the entries of matrices as coefficients of those of vectors."""
    found = fold(lightest(simplified(entry)), 0, order)
    if found is None:
        raise MatcalcError("an entry has no formula that could be written")

    def ordered(node: Expr) -> Expr:
        return Product(tuple(sorted(node.factors, key=lambda factor: _place(factor, axes)))) if isinstance(node, Product) else node

    return rebuilt_with(found, ordered)


def _place(factor: Expr, axes: Mapping[str, int]) -> int:
    """Numbers come first in a product, then scalars, entries of matrices, of vectors, and functions."""
    base = factor.base if isinstance(factor, Power) else factor
    if isinstance(base, Number):
        return 0
    if not isinstance(base, (Symbol, Sum, Product, Negative)):
        return 4
    found = {axes[name] for name in symbols_in(base)}
    return 3 if 1 in found else 2 if found - {0} else 1


def _reading_order(symbols: Sequence[Symbol], entries: Sequence[ix.Tensor]) -> tuple[dict[str, int], dict[str, int]]:
    """The place of each entry, in the order of the symbols and of the positions, and the number of axes of its symbol."""
    first: dict[tuple[str, int], int] = {}
    for place, symbol in enumerate(symbols):
        axes = len(axes_of(symbol.shape))
        first.setdefault((symbol.name.lower() if axes else symbol.name, axes), place)
    owners: dict[str, tuple[str, int]] = {}
    for name in {node.name for node in ix.postorder(*entries) if isinstance(node, ix.Symbol)}:
        letters = name.rstrip("123456789")
        owner = (letters.rstrip("_").lower(), len(name) - len(letters))
        owners[name] = (name, 0) if (name, 0) in first else owner
    ranked = sorted(owners, key=lambda name: (first.get(owners[name], len(first)), name))
    return {name: place for place, name in enumerate(ranked)}, {name: axes for name, (_, axes) in owners.items()}


def _symbols(expressions: Iterable[Expr]) -> list[Symbol]:
    return [node for node in postorder(*expressions) if isinstance(node, Symbol)]


def _lengths(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple([size.value(sizes) for size in shape])


def size_names(expressions: Iterable[Expr]) -> list[str]:
    """The names of all sizes in expressions, in reading order."""
    nodes = postorder(*expressions)
    found = [size for node in nodes for size in (*node.shape, *([node.size] if isinstance(node, SizeValue) else []))]
    return list(dict.fromkeys(name for size in found for name in size.names))


def _checked_sizes(sizes: Mapping[str, int], expressions: Sequence[Expr]) -> dict[str, int]:
    """A number for every size. Raises MatcalcError for one that is missing, unknown or no positive integer."""
    given = {canonical_name(name): value for name, value in sizes.items()}
    names = size_names(expressions)
    example = ", ".join(f"{name}={given.get(name, 2)}" for name in names)
    missing = [name for name in names if name not in given]
    if missing:
        raise MatcalcError(f"the size {missing[0]} has no number", expected=f"a number for each of {', '.join(names)}", suggestion=example)
    for name, value in given.items():
        if name not in names:
            there = f"the sizes are {', '.join(names)}" if names else "all sizes are numbers already"
            raise MatcalcError(f"{name} is no size here: {there}", suggestion=example or None)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise MatcalcError(f"{name} = {value!r} is no size", expected="a whole number from 1", suggestion=example)
    return given
