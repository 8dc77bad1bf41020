"""The relations that the operators of the language put between kinds and between sizes."""

from __future__ import annotations

from typing import ClassVar

from matcalc.base.errors import ShapeError, Span
from matcalc.base.sizes import ONE
from matcalc.language.typing import costs
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, resolved, unify
from matcalc.language.typing.kinds import (
    ALL_KINDS,
    COLUMN,
    KINDS,
    MATRIX,
    ORDERS,
    ROW,
    SCALAR,
    TENSOR,
    TENSOR3,
    TENSOR4,
    TENSORS,
    Cell,
    Constraint,
    Relation,
)


def is_made(number: Cell) -> bool:
    """Whether vectors or matrices were made this number, as in ``w'w``, ``1/2*||w||^2``, ``a + sum(x)``."""
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


class Multiplied(Constraint):
    """``left * right = result``: scaling when one is scalar, else the matrix product."""

    relation = frozenset(
        {(SCALAR, kind, kind) for kind in ALL_KINDS}
        | {(kind, SCALAR, kind) for kind in ALL_KINDS}
        | {(MATRIX, MATRIX, MATRIX), (MATRIX, COLUMN, COLUMN), (ROW, MATRIX, ROW), (ROW, COLUMN, SCALAR), (COLUMN, ROW, MATRIX)}
    )
    words = "multiply"
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        """Entries stand before what they scale; of a family with a capital, members beside vectors
        and matrices are matrices."""
        left, right, _ = self.cells
        if not (left.member or right.member):
            return 0.0
        numbers = [cell.member for cell in (left, right) if cell.mask == SCALAR]
        behind = right.member and right.mask == SCALAR and left.mask in (MATRIX, ROW)
        return (costs.MEMBER_BEHIND if behind else 0.0) + (
            costs.CAPITAL_MEMBER if "upper" in numbers and left.mask != right.mask else 0.0
        )

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if left.mask == SCALAR:
            same(right, result)
        elif right.mask == SCALAR:
            same(left, result)
        else:
            unify(left.cols, right.rows)
            unify(left.rows, result.rows)
            unify(right.cols, result.cols)
        return True


class SameShape(Constraint):
    """A change has the shape of what changes."""

    relation = frozenset({(kind, kind) for kind in ALL_KINDS})
    words = "compare"
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        same(*self.cells)
        return True


class Dotted(Multiplied):
    """``left · right = result``: a product, and of two vectors their inner product."""

    relation = Multiplied.relation | {(COLUMN, COLUMN, SCALAR)}
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        left, right, _ = self.cells
        if left.mask == right.mask == COLUMN:
            unify(left.rows, right.rows)
            return True
        return super().join(sizes)


class Starred(Multiplied):
    """``left * right = result`` beside ``**``: a product, and of two vectors entry by entry."""

    relation = Multiplied.relation | {(COLUMN, COLUMN, COLUMN)}
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if left.mask == right.mask == COLUMN:
            same(left, right)
            same(left, result)
            return True
        return super().join(sizes)


class Paired(Constraint):
    """``<x, y>``: two vectors or two matrices of one shape."""

    relation = frozenset({(kind, kind) for kind in KINDS})
    words = "pair"
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        same(*self.cells)
        return True


class ArrayMultiplied(Constraint):
    """``left @ right = result`` of NumPy: vectors have one axis, so that there are no rows; scalars
    are not multiplied so."""

    relation = frozenset(
        {(MATRIX, MATRIX, MATRIX), (MATRIX, COLUMN, COLUMN), (COLUMN, MATRIX, COLUMN), (COLUMN, COLUMN, SCALAR)}
        | {(ROW, MATRIX, ROW), (ROW, COLUMN, SCALAR), (COLUMN, ROW, MATRIX)}
    )
    words = "multiply"
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if left.mask == COLUMN and right.mask != ROW:
            unify(left.rows, right.rows)
            if right.mask == MATRIX:
                unify(right.cols, result.rows)
            return True
        if right.mask == COLUMN:
            result.lying = right.lying
        unify(left.cols, right.rows)
        unify(left.rows, result.rows)
        unify(right.cols, result.cols)
        return True


class Broadcast(Constraint):
    """``left + right = result`` entry by entry; a scalar, or a vector beside a matrix, is repeated.

    Beside a tensor everything is read as NumPy reads it, a column as an array of n×1: the last axes
    are aligned, axes of size one and missing axes repeated.
    """

    relation = frozenset(
        {(kind, kind, kind) for kind in ALL_KINDS}
        | {(SCALAR, kind, kind) for kind in ALL_KINDS}
        | {(kind, SCALAR, kind) for kind in ALL_KINDS}
        | {(small, large, large) for large in TENSORS for small in (COLUMN, ROW, MATRIX)}
        | {(large, small, large) for large in TENSORS for small in (COLUMN, ROW, MATRIX)}
        | {(TENSOR3, TENSOR4, TENSOR4), (TENSOR4, TENSOR3, TENSOR4)}
        | {(vector, MATRIX, MATRIX) for vector in (COLUMN, ROW)}
        | {(MATRIX, vector, MATRIX) for vector in (COLUMN, ROW)}
    )
    words = "add"
    scales: ClassVar[bool] = False
    """Whether it is a product or quotient, which of an array and a number is a multiple."""
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        """Repeating an operand; numbers as written are repeated for nothing."""
        left, right, result = self.cells
        if left.mask == right.mask or left.literal or right.literal:
            return 0.0
        if SCALAR not in (left.mask, right.mask):
            if self.scales and (left.identity or right.identity):
                return costs.REPEATED_OVER_IDENTITY
            return costs.VECTOR_REPEATED if result.lying is None else costs.ARRAY_REPEATED
        return self._strangeness_of_number(left if left.mask == SCALAR else right, result)

    def _strangeness_of_number(self, number: Cell, result: Cell) -> float:
        made = is_made(number)
        if self.scales and (result.lying is not None or made):
            return 0.0
        if result.mask == MATRIX:
            return costs.NUMBER_MADE_REPEATED if made else costs.SCALAR_REPEATED
        return costs.SCALAR_REPEATED if made else costs.SCALAR_IN_VECTOR

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if result.mask & TENSOR:
            return self._aligned(sizes.final)
        larger, smaller = (left, right) if left.mask == result.mask else (right, left)
        same(larger, result)
        if smaller.mask == SCALAR or smaller.mask == larger.mask:
            self._along(larger, smaller, result)
            return True
        if smaller.mask == ROW:
            unify(smaller.cols, larger.cols)
            return True
        if smaller.lying is not None:
            unify(smaller.rows, larger.cols if smaller.lying else larger.rows)
            return True
        return self._orient(resolved(smaller.rows), resolved(larger.rows), resolved(larger.cols), sizes.final)

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
            message = "an array of one axis beside one of n×1 makes a matrix in NumPy"
            raise ShapeError(message, span=self.span, suggestion="keepdims=True in both or in neither")
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
        if isinstance(size, Unknown):
            return False
        if isinstance(rows, Unknown):
            if isinstance(cols, Unknown):
                return False
            unify(rows, size)
            return True
        unify(cols, size)
        return True


class ElementMultiplied(Broadcast):
    words = "multiply elementwise"
    scales = True
    __slots__ = ()


class ElementDivided(Broadcast):
    words = "divide elementwise"
    scales = True
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        """Nobody divides what vectors and matrices were made a number of by every entry of another
        array."""
        left, right, _ = self.cells
        if left.mask == SCALAR != right.mask and not left.literal and is_made(left):
            return costs.NUMBER_UNDER_ARRAY
        return super().strangeness


class DividedByCount(ElementDivided):
    """``left / n`` of NumPy, where the letter of the divisor is one for a number of things."""

    __slots__ = ()

    @property
    def strangeness(self) -> float:
        return 0.0 if self.cells[1].mask == SCALAR else costs.ARRAY_AS_COUNT + super().strangeness


class ElementRaised(Broadcast):
    words = "raise elementwise"
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        """One exponent for all entries, or one base, is as usual as one for each."""
        return 0.0 if SCALAR in (self.cells[0].mask, self.cells[1].mask) else super().strangeness


class Divided(Constraint):
    """``left / right``: the divisor is a scalar. The result shares the cell of ``left``."""

    relation = frozenset({(kind, SCALAR) for kind in ALL_KINDS})
    words = "divide"
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        return True


class DividedByMatrix(Divided):
    """``left / right`` where the divisor may be a square matrix, too: ``left`` times its
    inverse."""

    relation = Divided.relation | {(ROW, MATRIX), (MATRIX, MATRIX)}
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        left, right = self.cells
        if right.mask == MATRIX:
            unify(right.rows, right.cols)
            unify(left.cols, right.rows)
        return True


class DividedEntries(Divided):
    """``left / right = result`` in LaTeX, where a vector is divided by a vector entry by entry, and
    so is a number.

    ``solves``: the divisor may be a square matrix, too.
    """

    relation = frozenset({(kind, SCALAR, kind) for kind in ALL_KINDS} | {(SCALAR, COLUMN, COLUMN), (COLUMN, COLUMN, COLUMN)})
    __slots__ = ("solves",)

    def __init__(self, span: Span, left: Cell, right: Cell, result: Cell, solves: bool) -> None:
        super().__init__(span, left, right, result)
        self.solves = solves

    @property
    def kinds(self) -> Relation:
        return _DIVIDED_BY_MATRIX_TOO if self.solves else self.relation

    @property
    def strangeness(self) -> float:
        return costs.VECTOR_AS_DIVISOR if self.cells[1].mask == COLUMN else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        if left.mask == result.mask:
            same(left, result)
        if right.mask == COLUMN:
            same(right, result)
        elif right.mask == MATRIX:
            unify(right.rows, right.cols)
            unify(left.cols, right.rows)
        return True


_DIVIDED_BY_MATRIX_TOO: Relation = DividedEntries.relation | {(ROW, MATRIX, ROW), (MATRIX, MATRIX, MATRIX)}


class Raised(Constraint):
    """``base ^ exponent`` of a scalar or of a square matrix. The result shares the cell of
    ``base``."""

    relation = frozenset({(SCALAR, SCALAR), (MATRIX, SCALAR)})
    words = "raise"
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        unify(self.cells[0].rows, self.cells[0].cols)
        return True


class RaisedEntries(Raised):
    """The same in LaTeX, where a power of a vector goes entry by entry."""

    relation = Raised.relation | {(COLUMN, SCALAR)}
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        return costs.VECTOR_TO_A_POWER if self.cells[0].mask == COLUMN else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        return self.cells[0].mask == COLUMN or super().join(sizes)


class SummedRaised(Constraint):
    """``base ^ exponent = result`` in what is summed up, where a power of a vector goes entry by
    entry."""

    relation = frozenset({(SCALAR, SCALAR, SCALAR), (MATRIX, SCALAR, MATRIX), (COLUMN, SCALAR, COLUMN), (SCALAR, COLUMN, COLUMN)})
    words = "raise"
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        return costs.VECTOR_RAISED if self.cells[2].mask == COLUMN else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        base, exponent, result = self.cells
        same(base if exponent.mask == SCALAR else exponent, result)
        if base.mask == MATRIX:
            unify(base.rows, base.cols)
        return True


class TransposedTo(Constraint):
    """``symbol``: what is transposed is a name, whose kind it tells something of by itself."""

    relation = frozenset({(SCALAR, SCALAR), (COLUMN, ROW), (ROW, COLUMN), (MATRIX, MATRIX)})
    words = "transpose"
    __slots__ = ("symbol",)

    def __init__(self, span: Span, operand: Cell, result: Cell, symbol: bool = False) -> None:
        super().__init__(span, operand, result)
        self.symbol = symbol

    @property
    def strangeness(self) -> float:
        return costs.TRANSPOSED_SCALAR if self.cells[0].mask == SCALAR and not self.symbol else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        unify(operand.rows, result.cols)
        unify(operand.cols, result.rows)
        return True
