"""Formulas in index notation as text, and the letters of their free indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never, cast

from matcalc.base.sizes import axes_of, names_in
from matcalc.einstein import nodes as ix
from matcalc.expr import nodes as ex
from matcalc.expr.nodes import Call, Constant, Elementwise, Expr, Index, SizeValue, Symbol, postorder
from matcalc.printing.index_notation import Composer, IndexNotation
from matcalc.printing.notation import Level, Piece, fits, piece, render
from matcalc.printing.notations import notation_of
from matcalc.printing.printer import printed
from matcalc.steps.index.formula import Applied, Delta, Entry, Formula, Function, Hidden, Letters, Raised, Times, Total, sight
from matcalc.steps.step import Writing

# ------------------------------------------------------------
# Formulas as text, in every notation.
#
# An index that is seen exactly twice in a product is summed silently, as in ``index_text``; every
# other sum has its Σ. Long sums and products
# are shown with ``…`` in their middle.

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
            case Raised():
                base = self.piece(formula.base)
                if formula.exponent < 0:
                    return self._compose.quotient([], [self._compose.raised(base, -formula.exponent)])
                return self._compose.raised(base, formula.exponent)
            case Function(name="pow"):
                base, exponent = (self.piece(part) for part in formula.arguments)
                return self._glyphs.power(base if fits(base, Level.ATOM) else self._glyphs.bracketed(base), exponent, False)
            case Function():
                return self._glyphs.call(formula.name, tuple([self.piece(part) for part in formula.arguments]), None)
            case Hidden():
                return self._ellipsis(formula.count)
            case _:
                assert_never(formula)

    def _ellipsis(self, count: int = 0) -> Piece:
        return self._glyphs.left_out(count) if count else piece(self._glyphs.dots)

    def _leaf(self, tensor: ix.Tensor, letters: Letters) -> Piece:
        match tensor := cast("ix.Node", tensor):
            case ix.Symbol() | ix.Constant():
                return self._to.entry(self._glyphs.symbol(tensor.name), letters)
            case ix.SizeValue():
                return self._glyphs.size_value(tensor.size)
            case ix.Unit():
                return self._to.delta(letters[0], str(tensor.position))
            case ix.Pairing():
                return self._to.delta(self._glyphs.pair(letters[0], letters[1]), letters[2])
            case ix.Sum() | ix.Contraction() | ix.Power() | ix.Map() | ix.Apply():
                return self._to.array(self._ellipsis(), letters)

    def _bracket(self, expression: ex.Expr | None, letters: Letters) -> Piece:
        assert expression is not None
        inner = printed(expression, self._glyphs)
        if not letters:  # a scalar that is a product has brackets of its own among other factors
            return (
                piece(inner, level=inner.level, operator="elementwise")
                if inner.operator == "product" and not inner.negative
                else inner
            )
        plain = isinstance(expression, ex.Symbol | ex.Call)
        return self._to.entry(inner, letters) if plain else self._to.array(inner, letters)

    def _applied(self, formula: Applied) -> Piece:
        pieces = [
            self._to.array(self.piece(argument), inner) if inner else self.piece(argument)
            for argument, inner in formula.arguments
        ]
        if formula.function == "inv":
            return self._to.entry(self._glyphs.inverse(pieces[0]), formula.letters)
        return self._to.entry(self._glyphs.call(formula.function, tuple(pieces), None), formula.letters)

    def _total(self, total: Total) -> Piece:
        if not total.terms:
            return piece("0")
        pieces: list[Piece] = []
        length = 0
        for coefficient, term in total.terms:
            if pieces and (len(pieces) >= _MOST_TERMS or length > _LONGEST_SUM or isinstance(term, Hidden)):
                break
            pieces.append(self._compose.multiple(coefficient, self.piece(term)))
            length += pieces[-1].length
        left_out = total.terms[len(pieces) :]
        if len(left_out) == 1 and not isinstance(left_out[0][1], Hidden) and length <= _LONGEST_SUM:
            pieces.append(self._compose.multiple(left_out[0][0], self.piece(left_out[0][1])))
        elif left_out:
            pieces.append(self._ellipsis(sum(max(1, term.count) if isinstance(term, Hidden) else 1 for _, term in left_out)))
        return self._compose.total(pieces)

    def _times(self, product: Times) -> Piece:
        seen: Counter[str] = Counter()
        for factor in product.factors:
            seen += sight(factor)
        silent = [letter for letter, _ in product.bound if seen[letter] == 2]
        explicit = [letter for letter, _ in product.bound if seen[letter] != 2]
        above: list[Piece] = []
        below: list[Piece] = []
        for k, factor in enumerate(product.factors):
            if _MOST_FACTORS // 2 <= k < len(product.factors) - 3 and len(product.factors) > _MOST_FACTORS:
                if k == _MOST_FACTORS // 2:
                    above.append(self._ellipsis())
            elif isinstance(factor, Hidden) and k and isinstance(product.factors[k - 1], Hidden):
                continue
            elif isinstance(factor, Raised) and factor.exponent < 0:
                below.append(self._compose.raised(self.piece(factor.base), -factor.exponent))
            else:
                above.append(self.piece(factor))
        body = self._compose.quotient(above, below)
        if silent and body.level == Level.ATOM:
            body = piece(body, level=Level.POSTFIX)  # (A_ii)² is the square of the sum
        return self._glyphs.summed(explicit, body) if explicit else body


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


def lettered(expression: Expr, wrt: Sequence[Symbol], value_order: int) -> Lettering:
    """The letters for a derivation: none is the name of a symbol or of a size."""
    names = _names_taken(expression, wrt)
    left = [letter for letter in _SUMMED if letter not in names]

    def take(wanted: Iterable[str], count: int) -> Letters:
        for letters in wanted:
            if len(letters) == count and all(letter in left for letter in letters):
                break
        else:
            letters = "".join(left[-count:]) if len(left) >= count else ""
        chosen = tuple(letters) if len(letters) == count else tuple([f"i{len(spare) + k + 1}" for k in range(count)])
        spare.extend(letter for letter in chosen if letter not in left)
        left[:] = [letter for letter in left if letter not in chosen]
        return chosen

    spare: list[str] = []
    value = take(["".join(left[:value_order])], value_order)
    variables = []
    for symbol in wrt:
        order = len(axes_of(symbol.shape))
        variables.append(take(_OF_VECTORS if order == 1 else _OF_MATRICES, order) if order else ())
    wanted = _SCALARS if not value_order else _VECTORS if value_order == 1 else _MATRICES
    name = next((name for name in wanted if name not in names), "value")
    return Lettering(name, value, tuple(variables), tuple(left) or tuple([f"j{k}" for k in range(1, 10)]), names)


def _names_taken(expression: Expr, wrt: Sequence[Symbol]) -> tuple[str, ...]:
    """Names of symbols, constants, functions, explicit indices and sizes."""
    names: dict[str, None] = {}
    for node in postorder(expression, *wrt):
        if isinstance(node, Symbol | Constant | Index):
            names[node.name] = None
        elif isinstance(node, Elementwise | Call):
            names[node.function.rstrip("'")] = None
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
