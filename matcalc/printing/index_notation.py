"""The glyphs of index notation: entries, deltas and sums, and how pieces are put together with
them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from matcalc.base.fields import decimal_text
from matcalc.printing.notation import Level, Notation, Operator, Part, Piece, fits, negated, piece
from matcalc.printing.notations import notation_of

# ------------------------------------------------------------
# Index letters, and what has them, on top of a notation.

_LETTERS = "ijklmnpqrstuvwabcdfgh"


class IndexNotation:
    """Entries as ``A[i,j]`` (ASCII), ``A_ij`` (Unicode) or ``A_{ij}`` (LaTeX)."""

    def __init__(self, style: str, names: Iterable[str], first: Sequence[str] = ()) -> None:
        """``names`` are those of symbols and sizes; no index letter is one of them but those asked
        for as the ``first``."""
        names = list(names)
        self.glyphs = notation_of(style, names)
        taken = frozenset(names)
        self._letters = [*first, *(letter for letter in _LETTERS if letter not in taken and letter not in first)]
        self._stems = self._letters or ["i"]

    def letter(self, position: int) -> str:
        """The index letter of that number; ``i1``, ``j1``... when the alphabet is used up."""
        if position < len(self._letters):
            return self._letters[position]
        turn, place = divmod(position, len(self._stems))
        # With every letter taken by a symbol, the first indices need a number too.
        return f"{self._stems[place]}{turn if self._letters else turn + 1}"

    def entry(self, base: Piece, at: Sequence[str]) -> Piece:
        """The entry of ``base`` at the indices ``at``; ``base`` itself when there are none."""
        if not at:
            return base
        return self.glyphs.indexed(base if base.level >= Level.ATOM else self.glyphs.bracketed(base), at)

    def delta(self, first: str, second: str) -> Piece:
        return self.entry(piece(self.glyphs.delta), (first, second))

    def array(self, entry: Piece, at: Sequence[str]) -> Piece:
        """The vector or matrix whose entry at ``at`` is ``entry``."""
        return self.entry(self.glyphs.array_of(entry), at)


# ------------------------------------------------------------
# Sums, products, quotients and powers of pieces in index notation, with the brackets and signs
# that they need.

_HALF = Fraction(1, 2)


class Composer:
    """Puts pieces together in one notation; remembers which of them are reciprocals, so that
    ``3 · 1/s`` is written ``3/s``."""

    def __init__(self, glyphs: Notation) -> None:
        self._glyphs = glyphs
        self._reciprocals: dict[Piece, Piece] = {}

    def total(self, pieces: Sequence[Piece]) -> Piece:
        """The sum of the pieces."""
        if len(pieces) == 1:
            return pieces[0]
        first = pieces[0]
        shown: list[Part] = [first.unsigned]
        for text in pieces[1:]:
            shown += [f" {self._glyphs.minus} " if text.negative else " + ", text.unsigned]
        return piece(*shown, level=Level.SUM, negative=first.negative, minus=self._glyphs.minus)

    def multiple(self, coefficient: Fraction, text: Piece) -> Piece:
        """``coefficient * text``."""
        glyphs = self._glyphs
        if text.length == 1 and str(text) == "1":
            return glyphs.number(coefficient)
        if coefficient == 1:
            return text
        if text in self._reciprocals:
            return self._over(coefficient, self._reciprocals[text])
        coefficient, divisor = glyphs.in_line(coefficient)
        if text.level == Level.SUM or text.negative:
            text = glyphs.bracketed(text)
        number = glyphs.number(abs(coefficient))
        if abs(coefficient) != 1:
            operator: Operator = "quotient" if text.operator == "quotient" else "product"
            text = piece(number, glyphs.between(number, text), text, level=Level.PRODUCT, operator=operator)
        if divisor != 1:
            text = glyphs.quotient(text, piece(str(divisor)))
        return negated(text, glyphs.minus) if coefficient < 0 else text

    def _over(self, coefficient: Fraction, bottom: Piece) -> Piece:
        """``coefficient / bottom``."""
        glyphs = self._glyphs
        if glyphs.stacked_quotient or decimal_text(coefficient) is None:
            if coefficient.denominator != 1:
                bottom = self.side_by_side([glyphs.number(Fraction(coefficient.denominator)), bottom])
            coefficient = Fraction(coefficient.numerator)
        number = glyphs.number(abs(coefficient))
        result = glyphs.quotient(number, self._bottom(bottom))
        return negated(result, glyphs.minus) if coefficient < 0 else result

    def _bottom(self, text: Piece) -> Piece:
        return text if self._glyphs.stacked_quotient or fits(text, Level.FRACTION) else self._glyphs.bracketed(text)

    def quotient(self, above: list[Piece], below: list[Piece]) -> Piece:
        """The product of ``above`` over that of ``below``, which may be empty."""
        top = self.side_by_side(above)
        if not below:
            return top
        bottom = self.side_by_side(below)
        result = self._glyphs.quotient(top, self._bottom(bottom))
        if not above:
            self._reciprocals[result] = bottom
        return result

    def side_by_side(self, factors: Sequence[Piece]) -> Piece:
        """The product of the factors."""
        if not factors:
            return piece("1")
        if len(factors) == 1:
            return factors[0] if fits(factors[0], Level.PRODUCT) else self._glyphs.bracketed(factors[0])
        shown: list[Part] = []
        left: Piece | None = None
        for factor in factors:
            # A product of scalars within the product stays in sight: no two of its letters are used
            # beside it.
            inline = factor.operator == "product" and not factor.negative and not factor.starts_number
            right = factor if inline or fits(factor, Level.FRACTION) else self._glyphs.bracketed(factor)
            shown += [right] if left is None else [self._glyphs.between(left, right), right]
            left = right
        return piece(*shown, level=Level.PRODUCT, operator="product")

    def raised(self, base: Piece, exponent: Fraction) -> Piece:
        """A positive power of ``base``."""
        if exponent == 1:
            return base
        if exponent == _HALF:
            return self._glyphs.root(base)
        return self._glyphs.power(base if fits(base, Level.ATOM) else self._glyphs.bracketed(base), exponent, False)
