"""Kinds (scalar, column, row, matrix, tensor), what they cost, and the relations that operators put
between them, as finite domains with propagation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import ClassVar, TypeAlias

from matcalc.base.errors import Span
from matcalc.base.records import record
from matcalc.base.sizes import ONE
from matcalc.language.typing.dimensions import Dimension, SizeSystem, Unknown, unify

SCALAR, COLUMN, ROW, MATRIX, TENSOR3, TENSOR4 = 1, 2, 4, 8, 16, 32
"""A set of kinds is the sum of its members."""
VECTOR = COLUMN | ROW
TENSOR = TENSOR3 | TENSOR4
ANY = SCALAR | VECTOR | MATRIX | TENSOR
KINDS = (SCALAR, COLUMN, ROW, MATRIX)
TENSORS = (TENSOR3, TENSOR4)
"""Tensors come from declarations, broadcasting, ``tensor(i, j, k, ...)`` and names with three or
four indices."""
ALL_KINDS = (*KINDS, *TENSORS)
KIND_NAMES = {
    SCALAR: "scalar", COLUMN: "vector", ROW: "row vector", MATRIX: "matrix", TENSOR3: "tensor of order 3", TENSOR4: "tensor of order 4",
}  # fmt: skip
_BY_ORDER = (SCALAR, COLUMN, MATRIX, TENSOR3, TENSOR4)
ORDERS = {SCALAR: 0, COLUMN: 1, ROW: 1, MATRIX: 2, TENSOR3: 3, TENSOR4: 4}


def kind_of(shape: Sequence[object]) -> int:
    """The kind of what has this shape."""
    if len(shape) > 2:
        return TENSORS[len(shape) - 3]
    return SCALAR if not shape else COLUMN if len(shape) == 1 else ROW if shape[0] == ONE else MATRIX


def extent(shape: Sequence[Dimension]) -> tuple[Dimension, Dimension]:
    """The numbers of rows and columns of what has this shape."""
    return (shape[0] if shape else ONE), (shape[1] if len(shape) == 2 else ONE)


Relation: TypeAlias = frozenset[tuple[int, ...]]
_ONE_KIND = frozenset([0, *ALL_KINDS])
_mask_of = attrgetter("mask")


class Cell:
    """The kind and size of one part of the expression, as far as they are known.

    ``mask`` is the set of kinds still possible; ``rows`` and ``cols`` are set when the kind is
    known, and of tensors ``deep``, the sizes of the third and the fourth axis. ``literal``: a
    number as written; ``made``: a number that a norm, a sum or the like makes of vectors and
    matrices. ``member``: what ``x_i`` stands for, by the convention for its letter, of a capital
    ``"upper"``. ``soft``: what a sign is that may have several kinds, where that is no number or
    array as written. ``lying``: whether a vector is repeated over the rows of a matrix beside it,
    as NumPy does with an array of one axis; False when it stands as an array of n×1, None when the
    sizes tell. ``identity``: the identity matrix is written there.
    """

    __slots__ = ("cols", "constraints", "deep", "identity", "literal", "lying", "made", "mask", "member", "rows", "soft", "span")

    def __init__(self, mask: int, span: Span, literal: bool = False, member: str = "") -> None:
        self.mask, self.span, self.literal, self.member = mask, span, literal, member
        self.made = self.identity = False
        self.soft = ""
        self.lying: bool | None = None
        self.constraints: list[Constraint] = []
        self.rows: Dimension = ONE
        self.cols: Dimension = ONE
        self.deep: tuple[Dimension, ...] = ()

    @property
    def decided(self) -> bool:
        return self.mask & (self.mask - 1) == 0

    def measure(self) -> None:
        """Unknown sizes where the kind, which is decided, has an axis."""
        self.rows = ONE if self.mask in (SCALAR, ROW) else Unknown()
        self.cols = ONE if self.mask in (SCALAR, COLUMN) else Unknown()
        self.deep = tuple([Unknown() for _ in range(ORDERS[self.mask] - 2)]) if self.decided else ()

    @property
    def axes(self) -> tuple[Dimension, ...]:
        """The sizes of the axes that NumPy would count, a vector being a column or a row: none of a
        scalar, else two or more."""
        return () if self.mask == SCALAR else (self.rows, self.cols, *self.deep)


Axis: TypeAlias = Callable[[Cell], Dimension]
_AXES: tuple[Axis, ...] = (attrgetter("rows"), attrgetter("cols"), lambda cell: cell.deep[0], lambda cell: cell.deep[1])


@record(eq=False)
class Shapes:
    """The combinations of kinds that are possible; ``equal`` are the axes that are equal then, each
    with the place of its cell."""

    kinds: Relation
    equal: Mapping[tuple[int, ...], tuple[tuple[int, Axis, int, Axis], ...]]


SQUARE = (0, _AXES[0], 0, _AXES[1])
EVERY_KIND = ("-", "m", "m'", "mn", "ijk", "ijkl")
"""The kinds as ``shaped`` reads them."""


def shaped(*written: str) -> Shapes:
    """The combinations in which a letter is a size, a word a cell: ``mn`` a matrix, ``m`` a column,
    ``m'`` a row, ``-`` a scalar, so that ``"mk kn mn"`` is the product of two matrices."""
    found = dict(map(_combination, written))
    return Shapes(frozenset(found), found)


@cache
def _combination(written: str) -> tuple[tuple[int, ...], tuple[tuple[int, Axis, int, Axis], ...]]:
    """The kinds of one combination, and the axes that are equal; operators share many of them."""
    first: dict[str, tuple[int, Axis]] = {}
    equal, kinds = [], []
    for place, word in enumerate(written.split()):
        row, letters = word.endswith("'"), word.strip("-'")
        kinds.append(ROW if row else _BY_ORDER[len(letters)])
        for letter, axis in zip(letters, _AXES[row:]):
            if letter in first:
                equal.append((*first[letter], place, axis))
            first.setdefault(letter, (place, axis))
    return tuple(kinds), tuple(equal)


class Constraint:
    """One operator's relation between the kinds of its operands and its result (the last cell), and
    between their sizes.

    ``words`` says what the operator does, for messages: ``"multiply"``.
    """

    shapes: Shapes = Shapes(frozenset(), {})
    words: ClassVar[str] = ""

    __slots__ = ("cells", "parts", "span")

    def __init__(self, span: Span, *cells: Cell) -> None:
        self.cells, self.span = cells, span
        self.parts: tuple[Span, ...] = tuple([cell.span for cell in cells])
        for cell in dict.fromkeys(cells):
            cell.constraints.append(self)

    @property
    def decided(self) -> bool:
        return _ONE_KIND.issuperset(map(_mask_of, self.cells))

    @property
    def strangeness(self) -> float:
        """The cost of the kinds that the cells have, all of them decided: of what is possible and
        hardly ever meant."""
        return 0.0

    def join(self, sizes: SizeSystem) -> bool:
        """Unifies sizes once the kinds are decided; False when that must wait for other sizes.

        Raises SizeClash.
        """
        for one, axis, other, its_axis in self.shapes.equal.get(tuple(map(_mask_of, self.cells)), ()):
            unify(axis(self.cells[one]), its_axis(self.cells[other]))
        return True

    def at(self, *parts: Span) -> Constraint:
        """The same constraint, with the places of its operands in the text."""
        self.parts = parts
        return self


class Contradiction(Exception):
    """No kind is left for some cell of ``constraint``."""

    def __init__(self, constraint: Constraint) -> None:
        self.constraint = constraint


@lru_cache(maxsize=65536)
def revised(relation: Relation, masks: tuple[int, ...]) -> tuple[int, ...] | None:
    """What is left of each mask under the relation; None when nothing fits."""
    left = [0] * len(masks)
    for kinds in relation:
        if all(kind & mask for kind, mask in zip(kinds, masks, strict=True)):
            for place, kind in enumerate(kinds):
                left[place] |= kind
    return tuple(left) if left[0] else None


class Trail:
    """Changes of masks, so that a trial can be taken back."""

    def __init__(self) -> None:
        self._changes: list[tuple[Cell, int]] = []

    def mark(self) -> int:
        return len(self._changes)

    def set(self, cell: Cell, mask: int) -> None:
        self._changes.append((cell, cell.mask))
        cell.mask = mask

    def undo(self, mark: int) -> None:
        while len(self._changes) > mark:
            cell, mask = self._changes.pop()
            cell.mask = mask

    def since(self, mark: int) -> list[Cell]:
        """The cells changed since ``mark``, oldest first, each once."""
        return list(dict.fromkeys([cell for cell, _ in self._changes[mark:]]))


def propagate(constraints: Iterable[Constraint], trail: Trail) -> None:
    """Narrows masks until every constraint agrees.

    Raises Contradiction when a cell has no kind left; the masks are then to be restored from the
    trail.
    """
    queue = deque(constraints)
    waiting = set(queue)
    while queue:
        constraint = queue.popleft()
        waiting.discard(constraint)
        cells = constraint.cells
        masks = tuple(map(_mask_of, cells))
        left = revised(constraint.shapes.kinds, masks)
        if left == masks:
            continue
        if left is None:
            raise Contradiction(constraint)
        # The same cell may stand at two places of one constraint (x.*x), so masks are intersected;
        # else nothing changes a second time.
        again = len(set(cells)) < len(cells)
        for cell, after in zip(cells, left):
            narrowed = cell.mask & after
            if narrowed != cell.mask:
                if not narrowed:
                    raise Contradiction(constraint)
                trail.set(cell, narrowed)
                for other in cell.constraints:
                    if other not in waiting and (again or other is not constraint):
                        waiting.add(other)
                        queue.append(other)


# ------------------------------------------------------------
# What a reading costs: kinds against the convention, and what is possible and hardly ever meant, in
# one currency.
#
# The reading of least cost is taken. A cost of about 1 settles a tie, 4 to 6 is against the
# convention, 8 and more is nearly absurd.

LETTERS: dict[str, dict[int, float]] = {
    "upper": {MATRIX: 0.0, SCALAR: 5.0, COLUMN: 5.5, ROW: 9.0},
    "lower": {COLUMN: 0.0, SCALAR: 1.5, MATRIX: 9.0, ROW: 9.0},
    "early": {SCALAR: 0.0, COLUMN: 0.5, MATRIX: 9.0, ROW: 9.0},
    "greek": {SCALAR: 0.0, COLUMN: 1.5, MATRIX: 9.0, ROW: 9.0},
    "word": {SCALAR: 0.0, COLUMN: 1.0, MATRIX: 9.0, ROW: 9.0},
    "size": {SCALAR: 0.0, COLUMN: 1.5, MATRIX: 9.0, ROW: 9.0},
    "function": {SCALAR: 0.0, COLUMN: 1.5, MATRIX: 3.5, ROW: 9.0},
    "count": {MATRIX: 0.0, SCALAR: 2.0, COLUMN: 5.5, ROW: 9.0},
    "family": {COLUMN: 0.0, MATRIX: 1.0, TENSOR3: 6.0, TENSOR4: 9.0},
    "families": {COLUMN: 0.0, MATRIX: 2.5, TENSOR3: 1.0, TENSOR4: 9.0},
    "table": {MATRIX: 0.0, TENSOR3: 3.0, TENSOR4: 6.0},
    "number": {SCALAR: 0.0, COLUMN: 1.0},
    "filled": {COLUMN: 0.0, MATRIX: 2.5, ROW: 2.5},
    "bars": {SCALAR: 0.0, COLUMN: 0.0, ROW: 0.0, TENSOR3: 0.0, TENSOR4: 0.0},
}
"""A kind for a name, by the convention for its letter: ``upper`` case, ``lower`` case (h to z),
``early`` (a to g), ``greek`` (lower case), a ``word``; a ``size`` (n, k) or a ``count`` (N, K) that
stands only as a factor, divisor or exponent; the value of a ``function`` without a formula; what
occurs by its members alone, a ``family`` (of a capital ``families``), or a ``table`` where these
have two indices; a literal ``number`` or ``filled`` array; ``bars``."""
ALL_SCALARS = {SCALAR: 0.0, COLUMN: 1.0, MATRIX: 9.0, ROW: 9.0}
"""Of lower case letters where nothing shows vectors and not all can be vectors."""
SIZE_LETTERS = frozenset("ijkmnpqt")
COUNT_LETTERS = frozenset("NKT")
DIVIDING_COUNTS = COUNT_LETTERS | frozenset("mn")

TRANSPOSED_SCALAR = 10.0
SCALAR_AFTER_MATRIX = 2.0
"""A letter that is a scalar by convention right after a matrix or a row vector: ``a'*X*b``."""
COUNT_AS_MATRIX = 3.0
"""A letter that counts things as a matrix times a number: ``N/2*log(2*pi)``."""
NUMBER_UNDER_ARRAY = 5.25
"""``np.sum((X @ W - Y)**2)/M`` with a matrix M: less usual than a capital scalar, more than the sum
of a number in ``np.sum(x)/x``."""
ARRAY_AS_COUNT = 3.0
"""``X.T @ X / N`` of NumPy with a matrix N: a letter that counts things as an array that divides
entry by entry."""
SCALAR_BEHIND = 0.25
"""Scalars usually stand in front."""
SCALAR_REPEATED = 4.0
"""``X + lambda``."""
SCALAR_IN_VECTOR = 3.0
"""``x + a``."""
NUMBER_MADE_REPEATED = 8.0
"""``C + w'w`` with a matrix C: nobody adds a matrix to what vectors and matrices were made a number
of."""
VECTOR_REPEATED = 3.0
ARRAY_REPEATED = 1.0
"""``X - mu`` in NumPy, where a vector is repeated over the rows."""
REPEATED_OVER_IDENTITY = 4.0
"""``s * np.eye(n)`` with a vector s: a multiple of the identity is meant, and of a vector
``np.diag(s)``."""
NUMBER_SUMMED = 4.0
"""``sum(x)`` of a number."""
NUMBER_BETWEEN = 4.0
"""``x' (Σ_k a_k) y``: a number as a sum between a row and a vector."""
NUMBER_TRACED = 4.0
"""``tr(x)`` of a number."""
MATRIX_BY_VECTOR = 2.0
"""``∂A/∂t`` with a vector t, which has more axes than fit on a page."""
ARRAY_FOR_NUMBER = 2.0
"""``f(x)`` of a vector, entry by entry, where f is declared to take a number."""
NUMBER_NORMED = 5.0
"""``||x||`` of a number."""
VECTOR_RAISED = 1.0
"""``sum(x^2)`` of a vector, entry by entry."""
VECTOR_TO_A_POWER = 5.25
"""``x^2`` and ``e^x`` of a vector, entry by entry, in LaTeX, which has no sign for it."""
VECTOR_AS_DIVISOR = 5.25
"""``1/x`` and ``y/x`` of vectors there."""
VECTOR_IN_BARS = 3.0
"""``|x|`` as the norm of a vector."""
VECTOR_IN_GRID = 6.0
"""A vector in ``[cos(t) -sin(t); sin(t) cos(t)]``, where no matrix stands beside it."""
BOLD_SCALAR = 4.0
"""A number, or a member that is one, in bold type."""
MEMBER_BEHIND = 6.0
"""A member that is a number behind a matrix or a row: entries stand before what they scale."""
CAPITAL_MEMBER = 3.0
"""A member of a family with a capital as a number beside vectors and matrices."""
SUMMED_OVER = {ROW: 6.0, COLUMN: 2.0, MATRIX: 2.5}
"""A sum over an index that is no number."""
