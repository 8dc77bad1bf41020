"""Formulas in index notation as text, and the letters of their free indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never, cast

from matcalc.base.own_functions import own_function, stem_of
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import names_in
from matcalc.einstein import nodes as ix
from matcalc.expr.nodes import Call, Constant, Elementwise, Expr, Index, SizeValue, Symbol, postorder
from matcalc.printing.index_notation import Composer, IndexNotation
from matcalc.printing.notation import Level, Piece, fits, piece, render
from matcalc.printing.notations import notation_of
from matcalc.printing.printer import printed
from matcalc.steps.index.formula import (
    Applied,
    Delta,
    Entry,
    Formula,
    Function,
    Hidden,
    Letters,
    Raised,
    Times,
    Total,
    parts,
    sight,
)
from matcalc.steps.step import Writing

# ------------------------------------------------------------
# Formulas as text, in every notation.
#
# An index that is seen exactly twice in a product is summed silently, as in ``index_text``; every
# other sum has its Σ. Long sums and products are shown with ``…`` in their middle.

_MOST_TERMS = 8
_LONGEST_SUM = 800
"""Characters after which the other terms of a sum are left out."""
_MOST_FACTORS = 14


def written(formula: Formula, names: Iterable[str]) -> Writing:
    """The formula; ``names`` are those of all symbols and sizes."""
    known = tuple(names)
    return Writing.of(lambda style: render(_Writer(IndexNotation(style, known)).piece(formula)))


class _Writer:
    def __init__(self, notation: IndexNotation) -> None:
        self._to = notation
        self._glyphs = notation.glyphs
        self._compose = Composer(notation.glyphs)

    def piece(self, formula: Formula) -> Piece:
        match formula:
            case Entry(shown=None):
                return self._leaf(formula.tensor, formula.letters)
            case Entry():
                return self._bracket(formula.shown, formula.letters)
            case Applied():
                return self._applied(formula)
            case Delta():
                return self._to.delta(formula.one, formula.other)
            case Total():
                return self._total(formula)
            case Times():
                return self._times(formula)
            case Raised() | Function():
                return self._function(formula)
            case Hidden():
                return self._ellipsis(formula.count)
            case _:
                assert_never(formula)

    def _function(self, formula: Raised | Function) -> Piece:
        pieces = tuple([self.piece(part) for part in parts(formula)])
        if isinstance(formula, Raised):
            raised = self._compose.raised(pieces[0], abs(formula.exponent))
            return raised if formula.exponent > 0 else self._compose.quotient([], [raised])
        if formula.name != "pow":
            return self._glyphs.call(formula.name, pieces, None)
        base, exponent = pieces
        return self._glyphs.power(base if fits(base, Level.ATOM) else self._glyphs.bracketed(base), exponent, False)

    def _ellipsis(self, count: int = 0) -> Piece:
        return self._glyphs.left_out(count) if count else piece(self._glyphs.dots)

    def _leaf(self, tensor: ix.Tensor, letters: Letters) -> Piece:
        match tensor := cast("ix.Node", tensor):
            case ix.Symbol() | ix.Constant():
                return self._to.entry(self._glyphs.symbol(tensor.name), letters)
            case ix.SizeValue():
                return self._glyphs.size_value(tensor.size)
            case ix.Unit():
                return self._to.delta(letters[0], self._glyphs.place_below(tensor.position))
            case ix.Pairing():
                return self._to.delta(self._glyphs.pair(letters[0], letters[1]), letters[2])
            case ix.Sum() | ix.Contraction() | ix.Power() | ix.Map() | ix.Apply():
                return self._to.array(self._ellipsis(), letters)

    def _bracket(self, expression: Expr | None, letters: Letters) -> Piece:
        assert expression is not None
        inner = printed(expression, self._glyphs)
        if not letters:  # a scalar that is a product has brackets of its own among other factors
            return (
                piece(inner, level=inner.level, operator="elementwise")
                if inner.operator == "product" and not inner.negative
                else inner
            )
        plain = isinstance(expression, Symbol | Call)
        return self._to.entry(inner, letters) if plain else self._to.array(inner, letters)

    def _applied(self, formula: Applied) -> Piece:
        pieces = [
            self._to.array(self.piece(argument), inner) if inner else self.piece(argument)
            for argument, inner in formula.arguments
        ]
        if formula.function == "inv":
            return self._to.entry(self._glyphs.inverse(pieces[0]), formula.letters)
        own = own_function(formula.function)  # the letters of a batch stand in its arguments
        letters = formula.letters if own is None else formula.letters[len(formula.letters) - own.order :]
        return self._to.entry(self._glyphs.call(formula.function, tuple(pieces), None), letters)

    def _total(self, total: Total) -> Piece:
        if not total.terms:
            return piece("0")
        pieces: list[Piece] = []
        length = 0
        for place, (coefficient, term) in enumerate(total.terms):
            full = length > _LONGEST_SUM or (place >= _MOST_TERMS and place < len(total.terms) - 1)
            if place and (full or isinstance(term, Hidden)):
                pieces.append(self._ellipsis(sum(_count(term) for _, term in total.terms[place:])))
                break
            pieces.append(self._compose.multiple(coefficient, self.piece(term)))
            length += pieces[-1].length
        return self._compose.total(pieces)

    def _times(self, product: Times) -> Piece:
        seen = sum([sight(factor) for factor in product.factors], Counter[str]())
        silent = [letter for letter, _ in product.bound if seen[letter] == 2]
        explicit = [letter for letter, _ in product.bound if seen[letter] != 2]
        above: list[Piece] = []
        below: list[Piece] = []
        for factor in _cut(product.factors):
            if factor is None:
                above.append(self._ellipsis())
            elif isinstance(factor, Raised) and factor.exponent < 0:
                below.append(self._compose.raised(self.piece(factor.base), -factor.exponent))
            else:
                above.append(self.piece(factor))
        body = self._compose.quotient(above, below)
        if silent and body.level == Level.ATOM:
            body = piece(body, level=Level.POSTFIX)  # (A_ii)² is the square of the sum
        return self._glyphs.summed(explicit, body) if explicit else body


def _count(term: Formula) -> int:
    return max(1, term.count) if isinstance(term, Hidden) else 1


def _cut(factors: Sequence[Formula]) -> list[Formula | None]:
    """The factors to be shown: None for those in the middle of a long product, of hidden ones
    beside each other the first."""
    middle = range(_MOST_FACTORS // 2, len(factors) - 3) if len(factors) > _MOST_FACTORS else range(0)
    shown: list[Formula | None] = []
    for place, factor in enumerate(factors):
        again = place and isinstance(factor, Hidden) and isinstance(factors[place - 1], Hidden)
        if place in middle[:1]:
            shown.append(None)
        elif place not in middle and not again:
            shown.append(factor)
    return shown


# ------------------------------------------------------------
# Which letters the free indices of a derivation have, and how its left sides are written.

_SUMMED = "ijklmnpqrstuvwabcdfgh"
_OF_VECTORS = ("k", "l", "p", "q", "r", "s", "t", "u", "v", "w")
_OF_MATRICES = ("ab", "cd", "kl", "pq", "rs", "uv", "tw")
_SCALARS = ("f", "g", "h", "s", "t", "value")
_VECTORS = ("y", "z", "u", "v", "w", "value")
_MATRICES = ("Y", "Z", "F", "G", "H", "value")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Letters of the axes of the value, of those of each variable, and of summed indices; ``name``
    is the name of the value."""

    name: str
    value: Letters
    variables: tuple[Letters, ...]
    summed: Letters
    names: tuple[str, ...]

    def free(self, order: int) -> Letters:
        """The letters of the derivative of this order."""
        return self.value + tuple([letter for letters in self.variables[:order] for letter in letters])


class _Pool:
    """Letters that are not in use yet."""

    def __init__(self, names: Sequence[str]) -> None:
        self.left = [letter for letter in _SUMMED if letter not in names]
        self._numbered = 0

    def take(self, wanted: Iterable[str], count: int) -> Letters:
        """The first of the wanted letters that are free, else the last ones, else numbered ones."""
        free = (letters for letters in wanted if len(letters) == count and set(letters) <= set(self.left))
        letters = next(free, "".join(self.left[-count:]))
        if len(letters) != count:
            self._numbered += count
            return tuple([f"i{self._numbered - count + place + 1}" for place in range(count)])
        self.left = [letter for letter in self.left if letter not in letters]
        return tuple(letters)


def lettered(expression: Expr, wrt: Sequence[Symbol], value_order: int) -> Lettering:
    """The letters for a derivation: none is the name of a symbol or of a size."""
    names = _names_taken(expression, wrt)
    pool = _Pool(names)
    value = pool.take(["".join(pool.left[:value_order])], value_order)
    orders = [len(axes_of(symbol.shape)) for symbol in wrt]
    variables = [pool.take(_OF_VECTORS if order == 1 else _OF_MATRICES, order) if order else () for order in orders]
    wanted = (_SCALARS, _VECTORS, _MATRICES)[min(value_order, 2)]
    name = next((name for name in wanted if name not in names), "value")
    return Lettering(name, value, tuple(variables), tuple(pool.left) or tuple([f"j{k}" for k in range(1, 10)]), names)


def _names_taken(expression: Expr, wrt: Sequence[Symbol]) -> tuple[str, ...]:
    """Names of symbols, constants, functions, explicit indices and sizes."""
    names: dict[str, None] = {}
    for node in postorder(expression, *wrt):
        if isinstance(node, Symbol | Constant | Index):
            names[node.name] = None
        elif isinstance(node, Elementwise | Call):
            names[stem_of(node.function)] = None
        sizes = (*node.shape, node.size) if isinstance(node, SizeValue | Index) else node.shape
        names.update(dict.fromkeys(names_in(sizes)))
    return tuple(names)


def value_writing(lettering: Lettering) -> Writing:
    """The entry of the value: ``f`` or ``Y_ij``."""
    return Writing.of(lambda style: _entry(lettering, style, lettering.name, lettering.value))


def derivative_writing(lettering: Lettering, wrt: Sequence[Symbol], order: int, *, entries: bool = True) -> Writing:
    """``∂Y_ij/∂X_ab``, or ``∂Y/∂X`` as a whole."""
    pairs = list(zip(wrt[:order], lettering.variables[:order], strict=True))

    def write(style: str) -> str:
        above = _entry(lettering, style, lettering.name, lettering.value if entries else ())
        below = [_entry(lettering, style, symbol.name, letters if entries else ()) for symbol, letters in pairs]
        return notation_of(style).derivative(above, below)

    return Writing.of(write)


def _entry(lettering: Lettering, style: str, name: str, letters: Letters) -> str:
    notation = IndexNotation(style, lettering.names)
    return str(notation.entry(notation.glyphs.symbol(name), letters))
