"""Text under construction: a rope of strings that knows its precedence, so that brackets are put only where they are needed."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, TypeAlias

from matcalc.budgets import spend
from matcalc.errors import LimitError
from matcalc.records import record

LONGEST_TEXT = 2_000_000
"""More characters are refused: shared subexpressions are written out at every use, so the text can be far larger than the expression."""


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


Operator: TypeAlias = Literal["", "product", "elementwise", "quotient", "kronecker", "sum"]
"""The outermost operator in sight of a text on the level of products; ``"sum"`` is an explicit sum over an index."""

Part: TypeAlias = "str | Piece"


@record(eq=False)
class Piece:
    """A text with its precedence. ``negative``: ``minus`` is still to be written in front of ``parts``.

    Of a sum, ``negative`` is the sign of its first term only.
    """

    parts: tuple[Part, ...]
    level: Level
    negative: bool
    minus: str
    operator: Operator
    contracts: bool
    """Read from the left, vectors in this product meet to a scalar: nothing with a shape may be multiplied in before them."""
    length: int
    starts_number: bool
    ends_number: bool
    bars: bool
    """Holds a norm written with bars, which cannot stand inside other bars."""
    tall: int
    """0 for a line of text; what holds a sum (1) or a fraction (2) is higher, so that brackets around it must grow."""

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
    length = sum(len(part) if isinstance(part, str) else part.length for part in parts) + (len(minus) if negative else 0)
    first, last = parts[0], parts[-1]
    starts = not negative and (first[:1] in _DIGITS if isinstance(first, str) else first.starts_number)
    ends = _is_number(last) if isinstance(last, str) else last.ends_number
    inside = [part for part in parts if isinstance(part, Piece)]
    bars = bars or any(part.bars for part in inside)
    tall = max([tall, *[part.tall for part in inside]])
    return Piece(parts, level, negative, minus, operator, contracts, length, starts, ends, bars, tall)


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
