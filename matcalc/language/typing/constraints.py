"""The relations that the operators of the language put between kinds and between sizes."""

from __future__ import annotations

from typing import ClassVar

from matcalc.base.errors import ShapeError, Span
from matcalc.base.sizes import ONE
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, resolved, unify
from matcalc.language.typing.kinds import (
    ARRAY_AS_COUNT,
    ARRAY_REPEATED,
    CAPITAL_MEMBER,
    COLUMN,
    EVERY_KIND,
    MATRIX,
    MEMBER_BEHIND,
    NUMBER_MADE_REPEATED,
    NUMBER_UNDER_ARRAY,
    ORDERS,
    REPEATED_OVER_IDENTITY,
    ROW,
    SCALAR,
    SCALAR_IN_VECTOR,
    SCALAR_REPEATED,
    TENSOR,
    TRANSPOSED_SCALAR,
    VECTOR_AS_DIVISOR,
    VECTOR_RAISED,
    VECTOR_REPEATED,
    VECTOR_TO_A_POWER,
    Cell,
    Constraint,
    shaped,
)


def is_made(number: Cell) -> bool:
    """Whether vectors or matrices were made this number, as in ``w'w``, ``1/2*||w||^2``, ``a +
    sum(x)``."""
    waiting = [number]
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            return False
        cell = waiting.pop()
        if cell.made or cell.mask != SCALAR:
            return True
        of = next(
            (constraint for constraint in cell.constraints if len(constraint.cells) == 3 and constraint.cells[2] is cell), None
        )
        waiting += of.cells[:2] if of is not None else ()
    return False


_MOST_LOOKED_AT = 64


def same(left: Cell, right: Cell) -> None:
    """Makes the sizes of two cells of one kind equal."""
    unify(left.rows, right.rows)
    unify(left.cols, right.cols)
    for axis, other in zip(left.deep, right.deep):
        unify(axis, other)


_SCALED = [f"- {kind} {kind}" for kind in EVERY_KIND] + [f"{kind} - {kind}" for kind in EVERY_KIND]
_PRODUCTS = ("mk kn mn", "mk k m", "m' mn n'", "m' m -", "m n' mn")


class Multiplied(Constraint):
    """``left * right = result``: scaling when one is scalar, else the matrix product."""

    shapes = shaped(*_SCALED, *_PRODUCTS)
    words = "multiply"

    @property
    def strangeness(self) -> float:
        """Entries stand before what they scale; of a family with a capital, members beside vectors
        and matrices are matrices."""
        left, right, _ = self.cells
        if not (left.member or right.member):
            return 0.0
        numbers = [cell.member for cell in (left, right) if cell.mask == SCALAR]
        behind = right.member and right.mask == SCALAR and left.mask in (MATRIX, ROW)
        return (MEMBER_BEHIND if behind else 0.0) + (CAPITAL_MEMBER if "upper" in numbers and left.mask != right.mask else 0.0)


class SameShape(Constraint):
    """A change has the shape of what changes."""

    shapes = shaped(*[f"{kind} {kind}" for kind in EVERY_KIND])
    words = "compare"


class Dotted(Multiplied):
    """``left · right = result``: a product, and of two vectors their inner product."""

    shapes = shaped(*_SCALED, *_PRODUCTS, "m m -")


class Starred(Multiplied):
    """``left * right = result`` beside ``**``: a product, and of two vectors entry by entry."""

    shapes = shaped(*_SCALED, *_PRODUCTS, "m m m")


class Paired(Constraint):
    """``<x, y>``: two vectors or two matrices of one shape."""

    shapes = shaped("- -", "m m", "m' m'", "mn mn")
    words = "pair"


class ArrayMultiplied(Constraint):
    """``left @ right = result`` of NumPy: vectors have one axis, so that there are no rows; scalars
    are not multiplied so."""

    shapes = shaped(*_PRODUCTS, "m mn n", "m m -")
    words = "multiply"

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if right.mask == COLUMN != left.mask:
            result.lying = right.lying
        return super().join(sizes)


class Broadcast(Constraint):
    """``left + right = result`` entry by entry; a scalar, or a vector beside a matrix, is repeated.

    Beside a tensor everything is read as NumPy reads it, a column as an array of n×1: the last axes
    are aligned, axes of size one and missing axes repeated.
    """

    shapes = shaped(
        *_SCALED,
        *[f"{kind} {kind} {kind}" for kind in EVERY_KIND],
        *[combination for small in ("m", "n'") for combination in (f"{small} mn mn", f"mn {small} mn")],
        *[f"{small} {large} {large}" for large in EVERY_KIND[-2:] for small in EVERY_KIND[1:4]],
        *[f"{large} {small} {large}" for large in EVERY_KIND[-2:] for small in EVERY_KIND[1:4]],
        "ijk lijk lijk",
        "lijk ijk lijk",
    )
    words = "add"
    scales: ClassVar[bool] = False
    """Whether it is a product or quotient, which of an array and a number is a multiple."""

    @property
    def strangeness(self) -> float:
        """Repeating an operand; numbers as written are repeated for nothing."""
        left, right, result = self.cells
        if left.mask == right.mask or left.literal or right.literal:
            return 0.0
        if SCALAR not in (left.mask, right.mask):
            if self.scales and (left.identity or right.identity):
                return REPEATED_OVER_IDENTITY
            return VECTOR_REPEATED if result.lying is None else ARRAY_REPEATED
        return self._strangeness_of_number(left if left.mask == SCALAR else right, result)

    def _strangeness_of_number(self, number: Cell, result: Cell) -> float:
        made = is_made(number)
        if self.scales and (result.lying is not None or made):
            return 0.0
        if result.mask == MATRIX:
            return NUMBER_MADE_REPEATED if made else SCALAR_REPEATED
        return SCALAR_REPEATED if made else SCALAR_IN_VECTOR

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if result.mask & TENSOR:
            return self._aligned(sizes.final)
        larger, smaller = (left, right) if left.mask == result.mask else (right, left)
        same(larger, result)
        if smaller.mask == SCALAR or smaller.mask == larger.mask:
            self._along(larger, smaller, result)
        elif smaller.mask == ROW:
            unify(smaller.cols, larger.cols)
        elif smaller.lying is not None:
            unify(smaller.rows, larger.cols if smaller.lying else larger.rows)
        else:
            return self._orient(resolved(smaller.rows), resolved(larger.rows), resolved(larger.cols), sizes.final)
        return True

    def _along(self, larger: Cell, smaller: Cell, result: Cell) -> None:
        """Sizes of operands of one kind, and how a vector that is the result stands beside a
        matrix.

        Raises ShapeError for an array of one axis beside one of n×1, which NumPy makes a matrix of.
        """
        if smaller.mask != SCALAR:
            same(larger, smaller)
        if result.mask != COLUMN:
            return
        if smaller.mask == COLUMN and None not in (larger.lying, smaller.lying) and larger.lying != smaller.lying:
            raise ShapeError(
                "an array of one axis beside one of n×1 makes a matrix in NumPy",
                span=self.span,
                suggestion="keepdims=True in both or in neither",
            )
        result.lying = larger.lying

    def _aligned(self, final: bool) -> bool:
        """The axes of a tensor of the result: those of the operands, aligned at the last one."""
        left, right, result = self.cells
        done = True
        for place in range(1, ORDERS[result.mask] + 1):
            own = [resolved(cell.axes[-place]) for cell in (left, right) if len(cell.axes) >= place]
            long = [size for size in own if size != ONE]
            if any(isinstance(size, Unknown) for size in long) and len(own) == 2 and not final:
                done = False
                continue
            for size in long or own:
                unify(result.axes[-place], size)
        return done

    def _orient(self, size: Dimension, rows: Dimension, cols: Dimension, final: bool) -> bool:
        """A column beside a matrix: repeated over the columns, or turned and repeated over the
        rows, if one of the two fits."""
        if size in (rows, cols):
            other = cols if size == rows else rows
            return other != size and (final or not isinstance(other, Unknown))
        if isinstance(size, Unknown) or (isinstance(rows, Unknown) and isinstance(cols, Unknown)):
            return False
        unify(rows if isinstance(rows, Unknown) else cols, size)
        return True


class ElementMultiplied(Broadcast):
    words = "multiply elementwise"
    scales = True


class ElementDivided(Broadcast):
    words = "divide elementwise"
    scales = True

    @property
    def strangeness(self) -> float:
        """Nobody divides what vectors and matrices were made a number of by every entry of another
        array."""
        left, right, _ = self.cells
        if left.mask == SCALAR != right.mask and not left.literal and is_made(left):
            return NUMBER_UNDER_ARRAY
        return super().strangeness


class DividedByCount(ElementDivided):
    """``left / n`` of NumPy, where the letter of the divisor is one for a number of things."""

    @property
    def strangeness(self) -> float:
        return 0.0 if self.cells[1].mask == SCALAR else ARRAY_AS_COUNT + super().strangeness


class ElementRaised(Broadcast):
    words = "raise elementwise"

    @property
    def strangeness(self) -> float:
        """One exponent for all entries, or one base, is as usual as one for each."""
        return 0.0 if SCALAR in (self.cells[0].mask, self.cells[1].mask) else super().strangeness


class Divided(Constraint):
    """``left / right``: the divisor is a scalar. The result shares the cell of ``left``."""

    shapes = shaped(*[f"{kind} -" for kind in EVERY_KIND])
    words = "divide"


class DividedByMatrix(Divided):
    """``left / right`` where the divisor may be a square matrix, too: ``left`` times its
    inverse."""

    shapes = shaped(*[f"{kind} -" for kind in EVERY_KIND], "n' nn", "mn nn")


class DividedEntries(Divided):
    """``left / right = result`` in LaTeX, where a vector is divided by a vector entry by entry, and
    so is a number."""

    shapes = shaped(*[f"{kind} - {kind}" for kind in EVERY_KIND], "- m m", "m m m")

    @property
    def strangeness(self) -> float:
        return VECTOR_AS_DIVISOR if self.cells[1].mask == COLUMN else 0.0


class DividedEntriesByMatrix(DividedEntries):
    """The same where the divisor may be a square matrix, too."""

    shapes = shaped(*[f"{kind} - {kind}" for kind in EVERY_KIND], "- m m", "m m m", "n' nn n'", "mn nn mn")


class Raised(Constraint):
    """``base ^ exponent`` of a scalar or of a square matrix. The result shares the cell of
    ``base``."""

    shapes = shaped("- -", "nn -")
    words = "raise"


class RaisedEntries(Raised):
    """The same in LaTeX, where a power of a vector goes entry by entry."""

    shapes = shaped("- -", "nn -", "m -")

    @property
    def strangeness(self) -> float:
        return VECTOR_TO_A_POWER if self.cells[0].mask == COLUMN else 0.0


class SummedRaised(Constraint):
    """``base ^ exponent = result`` in what is summed up, where a power of a vector goes entry by
    entry."""

    shapes = shaped("- - -", "nn - nn", "m - m", "- m m")
    words = "raise"

    @property
    def strangeness(self) -> float:
        return VECTOR_RAISED if self.cells[2].mask == COLUMN else 0.0


class TransposedTo(Constraint):
    """``symbol``: what is transposed is a name, whose kind it tells something of by itself."""

    shapes = shaped("- -", "m m'", "m' m", "mn nm")
    words = "transpose"
    __slots__ = ("symbol",)

    def __init__(self, span: Span, operand: Cell, result: Cell, symbol: bool = False) -> None:
        super().__init__(span, operand, result)
        self.symbol = symbol

    @property
    def strangeness(self) -> float:
        return TRANSPOSED_SCALAR if self.cells[0].mask == SCALAR and not self.symbol else 0.0
