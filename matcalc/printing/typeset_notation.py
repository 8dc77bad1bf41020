"""What notations for math mode have in common: subscripts, upright words, fractions, and letters in
bold type."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from matcalc.base.functions import Function, functions
from matcalc.base.sizes import Shape, Size
from matcalc.printing.names import member_name
from matcalc.printing.notation import Level, Notation, Piece, fits, piece, separated


class TypesetNotation(Notation):
    """A notation of signs and of commands, of which the subclasses say the templates."""

    lower: tuple[str, str]
    """What stands around a subscript; ``upper`` is what stands around a superscript."""
    upper: tuple[str, str]
    comma: str
    """Between the indices of a subscript."""
    boldface: str
    """A letter in bold type."""
    operator: str
    """A word as the name of a function."""
    opening: str
    """The bracket of its arguments, where it does not grow."""
    upright: str
    """How a word begins that is set in upright type."""
    fraction: str
    """Two lines of text one above the other."""
    display: tuple[str, str, str]
    """Around and between the parts of a quotient; ``inline`` of one in which there are no other
    ones."""
    inline: tuple[str, str, str]
    times: str
    """Between a factor and a number."""
    sigma: str
    """The sign of a sum."""
    partial: tuple[str, str, str]
    """The sign of a derivative, a square, and what stands between two signs below."""
    words: dict[str, str]
    """Functions that are no words of the function table."""
    unit_matrix: str
    """The identity beside a symbol I."""

    def _below(self, base: str, script: object) -> str:
        return f"{base}{self.lower[0]}{script}{self.lower[1]}"

    def _above(self, base: str, script: object) -> str:
        return f"{base}{self.upper[0]}{script}{self.upper[1]}"

    def _letter(self, letter: object) -> str:
        return self.boldface.format(letter) if self._bold else str(letter)

    def magnitude(self, value: Fraction) -> Piece:
        if value.denominator == 1:
            return piece(str(value))
        return piece(self.fraction.format(value.numerator, value.denominator), level=Level.FRACTION, tall=2)

    # ------------------------------------------------------------ matrices that have signs

    def identity(self, size: Size, known: bool) -> Piece:
        glyph = self.unit_matrix if "I" in self._names else self._letter("I")
        return piece(glyph if known else self._below(glyph, self.size(size)))

    def filled(self, number: int, shape: Shape, known: bool) -> Piece:
        glyph = self.boldface.format(number)
        return piece(glyph if known else self._below(glyph, self.sizes(shape)))

    def unit(self, position: int, size: Size, known: bool) -> Piece:
        if {"e", f"e_{position}", f"e{position}"} & self._names:
            return piece(f"{self.operator.format('unit')}{self.opening}{position}, {self.size(size)})")
        shown = self._below(self._letter("e"), position)
        return piece(shown) if known else piece(self._above(shown, f"({self.size(size)})"), level=Level.POSTFIX)

    def commutation(self, m: Size, n: Size) -> Piece:
        if "K" in self._names:
            return piece(f"{self.operator.format('commutation')}{self.opening}{self.sizes((m, n))})")
        # A subscript would be read as an entry.
        return piece(self._above(self._letter("K"), f"({self.sizes((m, n))})"), level=Level.POSTFIX)

    # ------------------------------------------------------------ operations

    def between(self, left: Piece, right: Piece) -> str:
        return self.times if right.starts_number else " "

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        # A fraction within one within one would be too small to read.
        opening, middle, closing = self.display if 2 in (numerator.tall, denominator.tall) else self.inline
        return piece(opening, numerator, middle, denominator, closing, level=Level.FRACTION, tall=2)

    def function(self, name: str) -> str:
        """The name of a function: its sign where nothing else has it, a word, or a letter."""
        if name in functions():
            own = self.sign_of(functions()[name])
            return own if own and own not in self._taken else self.operator_of(name)
        if name in self.words:
            return self.words[name]
        stem = name.rstrip("'")
        shown = self.spelled(stem)
        # A word is set upright as an operator, a letter (g, phi, f_1) as a letter.
        return (self.operator.format(self.escaped(stem)) if shown.startswith(self.upright) else shown) + name[len(stem) :]

    @abstractmethod
    def sign_of(self, function: Function) -> str:
        """What the table of functions has for one; empty where that is nothing."""

    def operator_of(self, word: str) -> str:
        """A function of the table that has no sign of its own."""
        return self.operator.format(word)

    @abstractmethod
    def escaped(self, word: str) -> str:
        """A word without characters that mean something to the notation."""

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        base = (operand,) if self._takes_subscript(operand, positions) else ("[", operand, "]")
        return piece(*base, self.lower[0], *separated(positions, self.comma), self.lower[1], level=Level.POSTFIX)

    def _takes_subscript(self, operand: Piece, positions: tuple[Piece, ...]) -> bool:
        """Whether a subscript is that of an entry: ``x_{2}`` and ``\\mathrm{loss}_{i}`` are names,
        and TeX refuses a second one."""
        if len(operand.parts) > 1:
            return True
        base, index = str(operand), str(positions[0])
        if "_" in base or "'" in base or self.is_word(base):
            return False
        return len(positions) > 1 or not (index.isdigit() or any(f"_{index}" in name for name in self._names))

    @abstractmethod
    def is_word(self, shown: str) -> bool:
        """Whether what is shown is a word of several letters."""

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        name = member_name(family, order)
        hidden = name != family and self.spelled(name) in self._taken
        if not name or hidden or any(f"_{position}" in other for other in self._names):
            return None
        return piece(self.symbol(name, order), self.lower[0], position, self.lower[1])

    def index_sum(self, index: Piece, body: Piece) -> Piece:
        shown = body if fits(body, Level.PRODUCT) else self.bracketed(body)
        start = (f"{self.sigma}{self.lower[0]}", index, f"{self.lower[1]} ")
        return piece(*start, shown, level=Level.PRODUCT, operator="sum", tall=1)

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        # Without an index in it, the brackets would be those of an entry.
        ranges = indices if held else [piece(index, "=1") for index in indices]
        above = "" if held else self._above("", self.sizes(sizes))
        lower = (self.lower[0], *separated(ranges, self.comma), self.lower[1])
        return piece(self.array_of(body), *lower, above, level=Level.POSTFIX)

    # ------------------------------------------------------------ index notation and steps

    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        sign, square, between = self.partial
        twice = len(below) == 2
        top = f"{sign}{square if twice else ''} {above}".rstrip()
        same = twice and below[0] == below[1]
        return self.fraction.format(
            top, f"{sign} {below[0]}{square}" if same else between.join(f"{sign} {name}" for name in below)
        )
