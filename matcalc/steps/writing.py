"""Formulas as text: Unicode, ASCII and LaTeX.

An index that is seen exactly twice in a product is summed silently, as in ``index_text``; every other sum has its Σ. Long sums and products
are shown with ``…`` in their middle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import assert_never

from matcalc.einstein import nodes as ix
from matcalc.expr import nodes as ex
from matcalc.printing.composition import Composer
from matcalc.printing.index_notation import IndexNotation, Style
from matcalc.printing.notation import fits
from matcalc.printing.pieces import Level, Piece, piece, render
from matcalc.printing.printer import printed
from matcalc.steps.formula import Applied, Delta, Entry, Formula, Function, Hidden, Letters, Raised, Times, Total, sight
from matcalc.steps.step import Writing

_MOST_TERMS = 8
_LONGEST_SUM = 800
"""Characters after which the other terms of a sum are left out."""
_MOST_FACTORS = 14
_ELLIPSIS = {"unicode": "…", "ascii": "...", "latex": r"\cdots"}


def written(formula: Formula, names: Iterable[str]) -> Writing:
    """The formula in the three spellings; ``names`` are those of all symbols and sizes."""
    known = tuple(names)
    return Writing(_text(formula, "unicode", known), _text(formula, "ascii", known), _text(formula, "latex", known))


def _text(formula: Formula, style: Style, names: tuple[str, ...]) -> str:
    return render(_Writer(IndexNotation(style, names)).piece(formula))


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
        dots = _ELLIPSIS[self._to.style]
        if not count:
            return piece(dots)
        words = f"{count} more like it"
        return piece(rf"\left(\text{{{words}}}\right)" if self._to.style == "latex" else f"({dots} {words})")

    def _leaf(self, tensor: ix.Tensor, letters: Letters) -> Piece:
        match tensor:
            case ix.Symbol() | ix.Constant():
                return self._to.entry(self._glyphs.symbol(tensor.name), letters)
            case ix.SizeValue():
                return self._glyphs.size_value(tensor.size)
            case ix.Unit():
                return self._to.delta(letters[0], str(tensor.position))
            case ix.Pairing():
                return self._to.delta(self._to.pair(letters[0], letters[1]), letters[2])
            case _:
                return self._to.array(self._ellipsis(), letters)

    def _bracket(self, expression: ex.Expr | None, letters: Letters) -> Piece:
        assert expression is not None
        inner = printed(expression, self._glyphs)
        if not letters:  # a scalar that is a product has brackets of its own among other factors
            return piece(inner, level=inner.level, operator="elementwise") if inner.operator == "product" and not inner.negative else inner
        plain = isinstance(expression, ex.Symbol | ex.Call)
        return self._to.entry(inner, letters) if plain else self._to.array(inner, letters)

    def _applied(self, formula: Applied) -> Piece:
        pieces = [self._to.array(self.piece(argument), inner) if inner else self.piece(argument) for argument, inner in formula.arguments]
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
        return self._to.summed(explicit, body) if explicit else body
