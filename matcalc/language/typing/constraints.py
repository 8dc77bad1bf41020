"""The relations that the operators of the language put between kinds and between sizes."""

from __future__ import annotations

from typing import ClassVar

from matcalc.errors import ShapeError, Span
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
from matcalc.sizes import ONE


def is_made(number: Cell) -> bool:
    """Whether vectors or matrices were made this number, as in ``w'w``, ``1/2*||w||^2``, ``a + sum(x)``."""
    waiting = [number]
    for _ in range(_MOST_LOOKED_AT):
        if not waiting:
            return False
        cell = waiting.pop()
        if cell.made or cell.mask != SCALAR:
            return True
        of = next((constraint for constraint in cell.constraints if len(constraint.cells) == 3 and constraint.cells[2] is cell), None)
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
        """Entries stand before what they scale; of a family with a capital, members beside vectors and matrices are matrices."""
        left, right, _ = self.cells
        if not (left.member or right.member):
            return 0.0
        numbers = [cell.member for cell in (left, right) if cell.mask == SCALAR]
        behind = right.member and right.mask == SCALAR and left.mask in (MATRIX, ROW)
        return (costs.MEMBER_BEHIND if behind else 0.0) + (costs.CAPITAL_MEMBER if "upper" in numbers and left.mask != right.mask else 0.0)

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
    """``left @ right = result`` of NumPy: vectors have one axis, so that there are no rows; scalars are not multiplied so."""

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

    Beside a tensor everything is read as NumPy reads it, a column as an array of n×1: the last axes are aligned, axes of size one and
    missing axes repeated.
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
            return costs.VECTOR_REPEATED if result.lying is None else costs.ARRAY_REPEATED
        number = left if left.mask == SCALAR else right
        if self.scales and (result.lying is not None or is_made(number)):
            return 0.0
        if result.mask != MATRIX:
            return costs.SCALAR_REPEATED if is_made(number) else costs.SCALAR_IN_VECTOR
        return costs.NUMBER_MADE_REPEATED if is_made(number) else costs.SCALAR_REPEATED

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
        """Sizes of operands of one kind, and how a vector that is the result stands beside a matrix.

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
        """A column beside a matrix: repeated over the columns, or turned and repeated over the rows, if one of the two fits."""
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
        """Nobody divides what vectors and matrices were made a number of by every entry of another array."""
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
    """``left / right`` where the divisor may be a square matrix, too: ``left`` times its inverse."""

    relation = Divided.relation | {(ROW, MATRIX), (MATRIX, MATRIX)}
    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        left, right = self.cells
        if right.mask == MATRIX:
            unify(right.rows, right.cols)
            unify(left.cols, right.rows)
        return True


class DividedEntries(Divided):
    """``left / right = result`` in LaTeX, where a vector is divided by a vector entry by entry, and so is a number.

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
    """``base ^ exponent`` of a scalar or of a square matrix. The result shares the cell of ``base``."""

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
    """``base ^ exponent = result`` in what is summed up, where a power of a vector goes entry by entry."""

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


class InRelation(Constraint):
    """A relation given by its kinds; ``words`` names the function. Sizes are left alone unless ``square``."""

    __slots__ = ("_kinds", "_words", "square")

    def __init__(self, span: Span, kinds: Relation, words: str, *cells: Cell, square: bool = False) -> None:
        super().__init__(span, *cells)
        self._kinds = kinds
        self._words = words
        self.square = square

    @property
    def kinds(self) -> Relation:
        return self._kinds

    @property
    def function(self) -> str:
        return self._words

    def join(self, sizes: SizeSystem) -> bool:
        if self.square:
            unify(self.cells[0].rows, self.cells[0].cols)
        return True


class Barred(InRelation):
    """``|x|``: the determinant of a square matrix, the norm of a vector where a number is needed, else the shape of the operand."""

    __slots__ = ()

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        kinds = {(SCALAR, SCALAR), (COLUMN, COLUMN), (ROW, ROW), (MATRIX, SCALAR), (TENSOR3, TENSOR3), (TENSOR4, TENSOR4), (COLUMN, SCALAR)}
        super().__init__(span, frozenset(kinds), "the determinant |...|", operand, result)

    @property
    def is_norm(self) -> bool:
        """Whether the bars are those of a norm."""
        return self.cells[0].mask == COLUMN and self.cells[1].mask == SCALAR

    @property
    def strangeness(self) -> float:
        return costs.VECTOR_IN_BARS if self.is_norm else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        if operand.mask == MATRIX:
            unify(operand.rows, operand.cols)
        elif not self.is_norm:
            same(operand, result)
        return True


class EulerOf(InRelation):
    """``e^x`` of a number or of a square matrix; in LaTeX of a vector, too, entry by entry."""

    __slots__ = ()

    def __init__(self, span: Span, exponent: Cell, entries: bool) -> None:
        super().__init__(span, frozenset({(SCALAR,), (MATRIX,), *([(COLUMN,)] if entries else [])}), "e^", exponent, square=True)

    @property
    def strangeness(self) -> float:
        return costs.VECTOR_TO_A_POWER if self.cells[0].mask == COLUMN else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        return self.cells[0].mask == COLUMN or super().join(sizes)


class InverseOf(InRelation):
    """The result has the (square) shape of the operand."""

    __slots__ = ()

    def join(self, sizes: SizeSystem) -> bool:
        unify(self.cells[0].rows, self.cells[0].cols)
        same(*self.cells)
        return True


class Whole(InRelation):
    """What a number is made of, which hardly is a number itself: ``sum(x)``, ``||x||``; ``cost`` says how hardly."""

    __slots__ = ("cost",)

    def __init__(self, span: Span, words: str, operand: Cell, cost: float) -> None:
        super().__init__(span, _ANY_KIND, words, operand)
        self.cost = cost

    @property
    def strangeness(self) -> float:
        return self.cost if self.cells[0].mask == SCALAR and not self.cells[0].literal else 0.0


_ANY_KIND: Relation = frozenset({(kind,) for kind in ALL_KINDS})


class Totalled(InRelation):
    """One number a row, or one number a column, as a column vector."""

    __slots__ = ("axis",)

    def __init__(self, span: Span, axis: str, words: str, operand: Cell, result: Cell) -> None:
        gone = ROW if axis == "rows" else COLUMN
        kept = COLUMN if axis == "rows" else ROW
        super().__init__(span, frozenset({(SCALAR, SCALAR), (gone, SCALAR), (kept, COLUMN), (MATRIX, COLUMN)}), words, operand, result)
        self.axis = axis

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        unify(operand.rows if self.axis == "rows" else operand.cols, result.rows)
        return True


class ArrayTotalled(InRelation):
    """One number for each of what is left when an axis is gone, as NumPy counts axes: a vector has one."""

    __slots__ = ("axis",)

    def __init__(self, span: Span, axis: str, words: str, operand: Cell, result: Cell) -> None:
        kinds = {(MATRIX, COLUMN)} if axis == "second" else {(COLUMN, SCALAR), (ROW, SCALAR), (MATRIX, COLUMN)}
        super().__init__(span, frozenset(kinds), words, operand, result)
        self.axis = axis

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        if operand.mask == MATRIX:
            unify(operand.cols if self.axis == "first" else operand.rows, result.rows)
        return True


class Counted(InRelation):
    """A size of the operand: of its first axis, its second axis, or of all together."""

    __slots__ = ("axis", "size")

    def __init__(self, span: Span, axis: str, size: Dimension, operand: Cell) -> None:
        kinds = frozenset({(MATRIX,)}) if axis == "second" else frozenset({(COLUMN,), (MATRIX,)})
        super().__init__(span, kinds, "a size", operand)
        self.axis, self.size = axis, size

    def join(self, sizes: SizeSystem) -> bool:
        operand = self.cells[0]
        match self.axis:
            case "first":
                unify(self.size, operand.rows)
            case "second":
                unify(self.size, operand.cols)
            case _:
                unify(self.size, sizes.product(operand.cols, operand.rows))
        return True


class DiagonalOf(InRelation):
    """``diag``: the diagonal of a matrix, or the diagonal matrix of a vector."""

    __slots__ = ()

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        super().__init__(span, frozenset({(COLUMN, MATRIX), (ROW, MATRIX), (MATRIX, COLUMN)}), "diag", operand, result)

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        if operand.mask == MATRIX:
            unify(operand.rows, operand.cols)
            unify(operand.rows, result.rows)
        else:
            size = operand.rows if operand.mask == COLUMN else operand.cols
            unify(size, result.rows)
            unify(size, result.cols)
        return True


class Stacked(InRelation):
    """``vec``."""

    __slots__ = ()

    def __init__(self, span: Span, operand: Cell, result: Cell) -> None:
        kinds = frozenset({(SCALAR, SCALAR), (COLUMN, COLUMN), (ROW, COLUMN), (MATRIX, COLUMN), (TENSOR3, COLUMN), (TENSOR4, COLUMN)})
        super().__init__(span, kinds, "vec", operand, result)

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        axes = operand.axes if operand.mask & TENSOR else (operand.rows, operand.cols)
        total = axes[0]
        for axis in axes[1:]:
            total = sizes.product(axis, total)
        unify(result.rows, total)
        return True


class Reshaped(InRelation):
    """``reshape(x, m, n)``: as many entries as the operand has."""

    __slots__ = ("m", "n")

    def __init__(self, span: Span, m: Dimension, n: Dimension, operand: Cell, result: Cell) -> None:
        kind = MATRIX if m != ONE and n != ONE else COLUMN if m != ONE else ROW
        super().__init__(span, frozenset({(of, kind) for of in (COLUMN, ROW, MATRIX)}), "reshape", operand, result)
        self.m, self.n = m, n

    def join(self, sizes: SizeSystem) -> bool:
        operand, result = self.cells
        unify(result.rows, self.m)
        unify(result.cols, self.n)
        unify(sizes.product(operand.cols, operand.rows), sizes.product(self.n, self.m))
        return True


def _kronecker_kind(left: int, right: int) -> int:
    tall = bool((left | right) & (COLUMN | MATRIX))
    wide = bool((left | right) & (ROW | MATRIX))
    return MATRIX if tall and wide else COLUMN if tall else ROW if wide else SCALAR


class KroneckerOf(InRelation):
    __slots__ = ()

    def __init__(self, span: Span, left: Cell, right: Cell, result: Cell) -> None:
        kinds = frozenset({(a, b, _kronecker_kind(a, b)) for a in KINDS for b in KINDS})
        super().__init__(span, kinds, "kron", left, right, result)

    def join(self, sizes: SizeSystem) -> bool:
        left, right, result = self.cells
        unify(result.rows, sizes.product(left.rows, right.rows))
        unify(result.cols, sizes.product(left.cols, right.cols))
        return True


class Commuting(InRelation):
    """The commutation matrix of m by n; it also tells the sizes of a matrix whose ``vec`` it stands before."""

    __slots__ = ("m", "n")

    def __init__(self, span: Span, m: Dimension, n: Dimension, result: Cell) -> None:
        super().__init__(span, frozenset({(MATRIX,)}), "commutation", result)
        self.m, self.n = m, n

    def join(self, sizes: SizeSystem) -> bool:
        unify(self.cells[0].cols, sizes.product(self.n, self.m))
        unify(self.cells[0].cols, self.cells[0].rows)
        return True


class NormParameter(InRelation):
    """The second argument of a norm: a scalar p, or the matrix of ``sqrt(x'Ax)``."""

    __slots__ = ()

    def __init__(self, span: Span, operand: Cell, parameter: Cell) -> None:
        kinds = frozenset({(kind, SCALAR) for kind in ALL_KINDS} | {(COLUMN, MATRIX), (ROW, MATRIX)})
        super().__init__(span, kinds, "norm", operand, parameter)

    def join(self, sizes: SizeSystem) -> bool:
        operand, parameter = self.cells
        if parameter.mask == MATRIX:
            size = operand.rows if operand.mask == COLUMN else operand.cols
            unify(parameter.rows, size)
            unify(parameter.cols, size)
        return True


class MemberOf(InRelation):
    """``x[i]``, ``X[i,j]``, ``x_i``: what the positions run over, and what is left of the axes of the operand.

    An array with as many axes as positions has entries; one with more is a family, of vectors or matrices: ``x_i`` is row i of a matrix.
    """

    __slots__ = ("dimensions",)

    def __init__(self, span: Span, operand: Cell, member: Cell, dimensions: tuple[Dimension | None, ...]) -> None:
        count = len(dimensions)
        most = 0 if all(dimension is None for dimension in dimensions) else 2  # at numbers entries alone
        kinds = {(kind, (SCALAR, COLUMN, MATRIX)[order - count]) for kind, order in ORDERS.items() if 0 <= order - count <= most}
        words = ("one position", "two positions", "three positions", "four positions")[count - 1]
        super().__init__(span, frozenset(kinds), words, operand, member)
        self.dimensions = dimensions

    def join(self, sizes: SizeSystem) -> bool:
        cell, member = self.cells
        axes = (cell.rows,) if cell.mask == COLUMN else (cell.cols,) if cell.mask == ROW else cell.axes
        for axis, dimension in zip(axes, self.dimensions):
            if dimension is not None:
                unify(axis, dimension)
        for axis, own in zip(axes[len(self.dimensions) :], (member.rows, member.cols)):
            unify(axis, own)
        return True


class SummedOver(InRelation):
    """``Σ_i body`` has the kind of the body."""

    __slots__ = ()

    def __init__(self, span: Span, body: Cell) -> None:
        super().__init__(span, frozenset({(kind,) for kind in KINDS}), "the sum over an index", body)

    @property
    def strangeness(self) -> float:
        return costs.SUMMED_OVER.get(self.cells[0].mask, 0.0)


class Between(Constraint):
    """``x' (Σ_k a_k A_k) y``: a sum over an index between a row and a vector, where nobody writes a number."""

    relation = frozenset({(one, other, last) for one in ALL_KINDS for other in ALL_KINDS for last in ALL_KINDS})
    words = "multiply"
    __slots__ = ()

    @property
    def strangeness(self) -> float:
        row, middle, column = (cell.mask for cell in self.cells)
        return costs.NUMBER_BETWEEN if row == ROW and column == COLUMN and middle == SCALAR else 0.0

    def join(self, sizes: SizeSystem) -> bool:
        return True


class TraceOf(InRelation):
    """``tr(A)`` of a square matrix."""

    __slots__ = ()

    def __init__(self, span: Span, words: str, operand: Cell) -> None:
        super().__init__(span, frozenset({(SCALAR,), (MATRIX,)}), words, operand, square=True)

    @property
    def strangeness(self) -> float:
        return costs.NUMBER_TRACED if self.cells[0].mask == SCALAR and not self.cells[0].literal else 0.0


class ArrayOf(InRelation):
    """The result has an axis for each dimension; the operand, if there is one, is a scalar: ``tensor(i, k, ...)``, ``ones(n, m, p)``."""

    __slots__ = ("dimensions",)

    def __init__(self, span: Span, words: str, dimensions: tuple[Dimension, ...], *cells: Cell) -> None:
        kind = (COLUMN, MATRIX, TENSOR3, TENSOR4)[len(dimensions) - 1]
        super().__init__(span, frozenset({(*(SCALAR for _ in cells[1:]), kind)}), words, *cells)
        self.dimensions = dimensions

    def join(self, sizes: SizeSystem) -> bool:
        for axis, dimension in zip(self.cells[-1].axes, self.dimensions):
            unify(axis, dimension)
        return True


class Measured(InRelation):
    """Cells whose sizes are given by names shared between them, as in a signature ``X: m×n -> n×m``."""

    __slots__ = ("dimensions",)

    def __init__(
        self, span: Span, kinds: Relation, words: str, cells: tuple[Cell, ...], dimensions: tuple[tuple[Dimension, Dimension], ...]
    ) -> None:
        super().__init__(span, kinds, words, *cells)
        self.dimensions = dimensions

    def join(self, sizes: SizeSystem) -> bool:
        for cell, (rows, cols) in zip(self.cells, self.dimensions, strict=True):
            if cell.mask == ROW and cols is ONE and rows is not ONE:
                rows, cols = ONE, rows
            if cell.mask != SCALAR:
                unify(cell.rows, rows)
                unify(cell.cols, cols)
        return True
