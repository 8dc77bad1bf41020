"""What a notation (ASCII, Unicode, LaTeX) decides: the glyphs. Structure, signs and brackets are the printer's."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from matcalc.printing.pieces import Level, Piece, piece
from matcalc.sizes import Shape, Size


class Notation(Protocol):
    """One way to write expressions. Operands arrive with the brackets they need."""

    minus: str
    times_elementwise: str
    over_elementwise: str
    bare_ones: bool
    """Vectors of ones are written without sizes where these follow from the surroundings."""
    bare_units: bool
    """The same of unit vectors."""
    infix_kronecker: str
    """The operator between Kronecker factors, empty when they are written as a call."""
    inverse_is_call: bool
    stacked_quotient: bool
    """A quotient by a scalar shows by its form where numerator and denominator end."""

    def bracketed(self, inner: Piece) -> Piece: ...

    def symbol(self, name: str, order: int = 0) -> Piece:
        """A name; ``order`` is the number of axes of what it stands for."""
        ...

    def number(self, value: Fraction) -> Piece: ...

    def size_value(self, size: Size) -> Piece: ...

    def identity(self, size: Size, known: bool) -> Piece: ...

    def ones(self, shape: Shape, known: bool) -> Piece: ...

    def zeros(self, shape: Shape) -> Piece: ...

    def unit(self, position: int, size: Size, known: bool) -> Piece: ...

    def commutation(self, m: Size, n: Size) -> Piece: ...

    def reshape(self, operand: Piece, m: Size, n: Size) -> Piece: ...

    def between(self, left: Piece, right: Piece) -> str:
        """The product sign between two neighbours."""
        ...

    def quotient(self, numerator: Piece, denominator: Piece) -> Piece:
        """A quotient by a scalar; neither operand has a sign of its own."""
        ...

    def power(self, base: Piece, exponent: Fraction | Piece, elementwise: bool) -> Piece: ...

    def root(self, argument: Piece) -> Piece:
        """The square root, of a scalar or of every entry."""
        ...

    def transpose(self, base: Piece) -> Piece: ...

    def inverse(self, base: Piece) -> Piece: ...

    def inverse_transpose(self, base: Piece) -> Piece: ...

    def call(self, name: str, arguments: tuple[Piece, ...], axis: str | None) -> Piece:
        """A function of ``rules/functions.toml``, of the language (``tr``, ``vec``...) or of the user."""
        ...

    def norm(self, kind: str, operand: Piece, parameter: Piece | None) -> Piece: ...

    def entry(self, operand: Piece, positions: tuple[Piece, ...]) -> Piece: ...

    def member(self, family: str, order: int, position: Piece) -> Piece | None:
        """A member of a family, with ``order`` axes; None where there is no name for it that stands for nothing else."""
        ...

    def index_sum(self, index: Piece, body: Piece) -> Piece: ...

    def index_array(self, indices: tuple[Piece, ...], sizes: Shape, body: Piece, *, held: bool) -> Piece:
        """An array; ``held`` says whether all indices occur in the body."""
        ...


def fits(part: Piece, level: Level) -> bool:
    """Whether ``part`` can stand without brackets where ``level`` is asked for."""
    return part.level >= level and not part.negative


def negated(part: Piece, minus: str) -> Piece:
    """Minus ``part``, which binds at least like a product and has no sign yet."""
    level = Level.UNARY if part.level >= Level.FRACTION else Level.PRODUCT
    return piece(part, level=level, operator=part.operator, contracts=part.contracts, negative=True, minus=minus)
