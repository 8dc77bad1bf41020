"""What a notation (ASCII, Unicode, LaTeX) decides, and pieces of text that know how tightly they
hold together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import Literal, TypeAlias

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.base.fields import decimal_text
from matcalc.base.records import record
from matcalc.base.shapes import Shape
from matcalc.base.sizes import ONE, Size
from matcalc.printing.names import size_text

# ------------------------------------------------------------
# Text under construction: a rope of strings that knows its precedence, so that brackets are put
# only where they are needed.

LONGEST_TEXT = 2_000_000
"""More characters are refused: shared subexpressions are written out at every use, so the text can
be far larger than the expression."""


class Level(IntEnum):
    """Precedence, loosest first; it agrees with ``grammar/matcalc.lark``."""

    SUM = 0
    PRODUCT = 1
    """``*``, ``/``, ``.*``, ``./`` and juxtaposition: one level, grouped from the left."""
    UNARY = 2
    """A minus sign before something that binds tighter."""
    FRACTION = 3
    """A LaTeX fraction: a factor as it stands, but no base of a power."""
    POSTFIX = 4
    """Carries a transpose or an exponent already."""
    ATOM = 5


Operator: TypeAlias = Literal["", "product", "elementwise", "quotient", "kronecker", "sum", "size"]
"""The outermost operator in sight of a text on the level of products; ``"sum"`` is an explicit sum
over an index."""

Part: TypeAlias = "str | Piece"


@record(eq=False)
class Piece:
    """A text with its precedence. ``negative``: ``minus`` is still to be written in front of
    ``parts``.

    Of a sum, ``negative`` is the sign of its first term only.
    """

    parts: tuple[Part, ...]
    level: Level
    negative: bool
    minus: str
    operator: Operator
    contracts: bool
    """Read from the left, vectors in this product meet to a scalar: nothing with a shape may be
    multiplied in before them."""
    length: int
    starts_number: bool
    ends_number: bool
    bars: bool
    """Holds a norm written with bars, which cannot stand inside other bars."""
    tall: int
    """0 for a line of text; what holds a sum (1) or a fraction (2) is higher, so that brackets
    around it must grow."""

    @property
    def unsigned(self) -> Piece:
        """The same without its leading minus sign."""
        if not self.negative:
            return self
        return piece(*self.parts, level=self.level, operator=self.operator, contracts=self.contracts)

    def __str__(self) -> str:
        return render(self)


def piece(
    *parts: Part,
    level: Level = Level.ATOM,
    operator: Operator = "",
    contracts: bool = False,
    negative: bool = False,
    minus: str = "-",
    bars: bool = False,
    tall: int = 0,
) -> Piece:
    """A piece made of strings and other pieces."""
    length = len(minus) if negative else 0
    for part in parts:
        if isinstance(part, str):
            length += len(part)
        else:
            length += part.length
            bars = bars or part.bars
            if part.tall > tall:
                tall = part.tall
    first, last = parts[0], parts[-1]
    starts = not negative and (first[:1] in _DIGITS if isinstance(first, str) else first.starts_number)
    ends = _is_number(last) if isinstance(last, str) else last.ends_number
    return Piece(parts, level, negative, minus, operator, contracts, length, starts, ends, bars, tall)


def counted(size: Size, text: str) -> Piece:
    """A size as a number, which is written so."""
    if size.name is not None or size.number is not None:
        return piece(text)
    return piece(text, level=Level.SUM) if len(size.terms) > 1 else piece(text, level=Level.PRODUCT, operator="product")


_DIGITS = frozenset("0123456789")


def _is_number(text: str) -> bool:
    return text[-1:] in _DIGITS and text.replace(".", "", 1).isdigit()


def render(root: Piece) -> str:
    """The characters of a piece.

    Raises LimitError above ``LONGEST_TEXT`` characters.
    """
    if root.length > LONGEST_TEXT:
        raise LimitError(
            f"the result is too long to print: more than {LONGEST_TEXT:,} characters",
            suggestion="use the result as a function, or name intermediate results",
        )
    spend(root.length >> 6)
    pieces: list[str] = []
    stack: list[Part] = [root]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            pieces.append(part)
            continue
        stack.extend(reversed(part.parts))
        if part.negative:
            stack.append(part.minus)
    return "".join(pieces)


def fits(part: Piece, level: Level) -> bool:
    """Whether ``part`` can stand without brackets where ``level`` is asked for."""
    return part.level >= level and not part.negative


def negated(part: Piece, minus: str) -> Piece:
    """Minus ``part``, which binds at least like a product and has no sign yet."""
    level = Level.UNARY if part.level >= Level.FRACTION else Level.PRODUCT
    return piece(part, level=level, operator=part.operator, contracts=part.contracts, negative=True, minus=minus)


# ------------------------------------------------------------
# What a notation (ASCII, Unicode, LaTeX) decides: the glyphs. Structure, signs and brackets are
# the printer's.


class Notation(ABC):
    """One way to write expressions and index notation. Operands arrive with the brackets they need.

    Made from the names of the symbols in sight: a glyph that one of them needs is not used for
    anything else. With ``bold``, vectors and matrices are set in bold type, where that can be.
    """

    style: str
    """Its name."""
    minus = "-"
    times_elementwise = " ⊙ "
    over_elementwise = " ⊘ "
    bare_ones = True
    """Vectors of ones are written without sizes where these follow from the surroundings."""
    bare_units = True
    """The same of unit vectors."""
    means = False
    """The mean of a vector is written as a function."""
    adds_numbers = False
    """A number beside an array is added to every entry."""
    infix_kronecker = " ⊗ "
    """The operator between Kronecker factors, empty when they are written as a call."""
    inverse_is_call = False
    stacked_quotient = True
    """A quotient by a scalar shows by its form where numerator and denominator end."""
    root_sign: tuple[str, str] = ("sqrt(", ")")
    """What stands before and behind what the square root is taken of."""
    postfixes: tuple[str, str, str]
    """Of a transpose, an inverse, and the transpose of an inverse."""
    adjoined: str
    """The postfix of a conjugate transpose; ``over`` stands around what is conjugated."""
    over: tuple[str, str] = ("conj(", ")")
    imaginary = "i"
    """The imaginary unit."""
    delta: str
    dots: str
    """What is left out."""
    d = "d"
    """The sign of a differential; ``second`` that of a second one."""
    second: str
    angles: tuple[str, str, str] = ("⟨", ", ", "⟩")
    """What stands before, between and behind the two sides of an inner product."""
    apart: str
    """What stands between equations in a line."""
    reals = ("R^", " x ", "(", ")")
    """The real numbers with the sign of a power, what stands between sizes, and brackets around
    an exponent."""
    element = " in "
    """The sign between a member and its set."""

    def __init__(self, names: Iterable[str] = (), bold: bool = False) -> None:
        self._names = frozenset(names)
        self._taken = frozenset(map(self.spelled, self._names))
        self._bold = bold

    # ------------------------------------------------------------ names, numbers and sizes

    @abstractmethod
    def spelled(self, name: str) -> str:
        """A name, not in bold type."""

    @abstractmethod
    def symbol(self, name: str, order: int = 0) -> Piece:
        """A name; ``order`` is the number of axes of what it stands for."""

    def number(self, value: Fraction) -> Piece:
        """An exact number."""
        return negated(self.magnitude(-value), self.minus) if value < 0 else self.magnitude(value)

    @abstractmethod
    def magnitude(self, value: Fraction) -> Piece:
        """A number without a sign."""

    def in_line(self, coefficient: Fraction) -> tuple[Fraction, int]:
        """What stands before the factors of a product and what it is divided by, where quotients
        have no form of their own."""
        if self.stacked_quotient or decimal_text(coefficient) is not None:
            return coefficient, 1
        return Fraction(coefficient.numerator), coefficient.denominator

    def size(self, size: Size) -> str:
        """A size, as an argument or a subscript."""
        return size_text(size, self.style)

    def sizes(self, shape: Iterable[Size]) -> str:
        """Several sizes."""
        return ", ".join(map(self.size, shape))

    def space(self, shape: Iterable[Size]) -> str:
        """``ℝⁿˣⁿ``, in which arrays of this shape are."""
        power, between, opening, closing = self.reals
        sizes = [self.size(size) for size in shape]
        if not sizes:
            return power.removesuffix("^")
        if len(sizes) > 1:
            sizes = [size if size.isalnum() else f"({size})" for size in sizes]
        above = between.join(sizes)
        return power + (above if above.isalnum() else f"{opening}{above}{closing}")

    def complex_space(self, shape: Iterable[Size]) -> str:
        """``ℂⁿˣⁿ``, in which complex arrays of this shape are."""
        real = self.space(shape)
        return next((real.replace(one, other, 1) for one, other in _COMPLEX_NUMBERS if one in real), real)

    def size_value(self, size: Size) -> Piece:
        """A size as a number in a formula."""
        return counted(size, self.size(size))

    def place(self, position: Size) -> Piece:
        """A position; one with names is no index of a sum."""
        return piece(self.size(position), operator="size" if position.names else "")

    def place_below(self, position: Size) -> str:
        """A position among the letters of a subscript."""
        return f"({self.size(position)})" if position.names and position.name is None else self.size(position)

    # ------------------------------------------------------------ matrices that have signs

    @abstractmethod
    def identity(self, size: Size, known: bool) -> Piece:
        """The identity; ``known`` says of this and others whether the size follows from what
        stands around it."""

    def ones(self, shape: Shape, known: bool) -> Piece:
        """A vector or matrix of ones."""
        if len(shape) == 2 and shape[0] == ONE:
            return self.transpose(self.ones(shape[1:], known))
        return self.filled(1, shape, known and len(shape) == 1)

    def zeros(self, shape: Shape) -> Piece:
        """A vector or matrix of zeros."""
        return self.filled(0, shape, False)

    @abstractmethod
    def filled(self, number: int, shape: Shape, known: bool) -> Piece:
        """An array of zeros or of ones."""

    @abstractmethod
    def unit(self, position: Size, size: Size, known: bool) -> Piece:
        """A unit vector."""

    @abstractmethod
    def commutation(self, m: Size, n: Size) -> Piece:
        """A commutation matrix."""

    # ------------------------------------------------------------ operations

    def bracketed(self, inner: Piece) -> Piece:
        """Something in round brackets."""
        return piece("(", inner, ")")

    @abstractmethod
    def between(self, left: Piece, right: Piece) -> str:
        """The product sign between two neighbours."""

    @abstractmethod
    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        """A quotient by a scalar; neither operand has a sign of its own."""

    @abstractmethod
    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece:
        """A power, of a whole or of every entry."""

    def root(self, argument: Piece) -> Piece:
        """The square root, of a scalar or of every entry."""
        return piece(self.root_sign[0], argument, self.root_sign[1])

    def transpose(self, base: Piece) -> Piece:
        """The transpose of an atom."""
        return piece(base, self.postfixes[0], level=Level.POSTFIX)

    def adjoint(self, base: Piece) -> Piece:
        """The conjugate transpose of an atom."""
        return piece(base, self.adjoined, level=Level.POSTFIX)

    def conjugate(self, operand: Piece, named: bool) -> Piece:
        """The conjugate of something, ``named`` of a symbol."""
        return piece(self.over[0], operand, self.over[1])

    def inverse(self, base: Piece) -> Piece:
        """The inverse, of an atom where it is no call."""
        return piece(base, self.postfixes[1], level=Level.POSTFIX)

    def inverse_transpose(self, base: Piece) -> Piece:
        """The transpose of the inverse."""
        return piece(base, self.postfixes[2], level=Level.POSTFIX)

    @abstractmethod
    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        """A function of ``rules/functions.toml``, of the language (``tr``, ``vec``...) or of the
        user."""

    @abstractmethod
    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece:
        """The entries of a matrix in another shape."""

    @abstractmethod
    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece:
        """A norm; p and the matrix of a weighted norm are parameters."""

    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        """An array of blocks."""
        return piece(self.matrix([[str(block) for block in row] for row in rows]))

    @abstractmethod
    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece:
        """An entry of an expression."""

    @abstractmethod
    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        """A member of a family, with ``order`` axes; None where there is no name for it that stands
        for nothing else."""

    @abstractmethod
    def index_sum(self, index: Piece, body: Piece) -> Piece:
        """A sum over an index."""

    @abstractmethod
    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        """An array; ``held`` says whether all indices occur in the body."""

    # ------------------------------------------------------------ index notation and steps

    @abstractmethod
    def together(self, at: Sequence[str]) -> str:
        """Indices one after the other."""

    def pair(self, slow: str, fast: str) -> str:
        """The index that counts the pairs of two others, the second running fastest."""
        return f"({self.together((slow, fast))})"

    @abstractmethod
    def indexed(self, base: Piece, at: Sequence[str]) -> Piece:
        """The entry of a base, which is an atom, at some indices."""

    def array_of(self, entry: Piece) -> Piece:
        """An entry in the brackets that make it an array, when indices follow."""
        return piece("[", entry, "]")

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        """An explicit sum over indices."""
        if body.level == Level.SUM or body.negative:
            body = self.bracketed(body)
        return piece(f"{self.sum_over(self.together(over))} ", body, level=Level.PRODUCT, operator="sum", tall=1)

    @abstractmethod
    def sum_over(self, indices: str) -> str:
        """The sign of a sum with its indices."""

    @abstractmethod
    def left_out(self, count: int) -> Piece:
        """So many terms or factors that are not shown."""

    @abstractmethod
    def function_of(self, name: str, argument: str) -> str:
        """A word or a letter, and what it is applied to."""

    def differential(self, letter: str, order: int = 1) -> str:
        """``df``, or ``d²f``."""
        return f"{self.second if order == 2 else self.d}{letter}"

    @abstractmethod
    def operators(self, names: Sequence[str]) -> str:
        """The derivatives by several names, one after the other."""

    @abstractmethod
    def placed(self, name: str, positions: Sequence[str]) -> str:
        """A name at indices or numbers."""

    @abstractmethod
    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """A matrix in square brackets, entry by entry."""

    @abstractmethod
    def aligned(self, rows: Sequence[Sequence[str]]) -> str:
        """Equations below one another: left side, right side, and what is said about it."""

    @abstractmethod
    def derivative(self, above: str, below: Sequence[str], *, whole: bool = False) -> str:
        """``∂Y/∂X``, by one or two names; with nothing ``above`` the operator. ``whole`` when these
        are whole symbols and no entries."""


_COMPLEX_NUMBERS = ((r"\mathbb{R}", r"\mathbb{C}"), ("ℝ", "ℂ"), ("RR", "CC"), ("R", "C"))
"""The sign of the real numbers, and that of the complex ones, in each notation."""


def separated(parts: Iterable[Part], comma: str = ", ") -> list[Part]:
    """Parts with commas between them."""
    return [one for part in parts for one in (comma, part)][1:]
