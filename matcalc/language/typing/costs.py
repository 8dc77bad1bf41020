"""What a reading costs: kinds against the convention, and what is possible and hardly ever meant,
in one currency.

The reading of least cost is taken. A cost of about 1 settles a tie, 4 to 6 is against the
convention, 8 and more is nearly absurd.
"""

from __future__ import annotations

from matcalc.language.typing.kinds import COLUMN, MATRIX, ROW, SCALAR, TENSOR3, TENSOR4

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
BOLD_SCALAR = 4.0
"""A number, or a member that is one, in bold type."""
MEMBER_BEHIND = 6.0
"""A member that is a number behind a matrix or a row: entries stand before what they scale."""
CAPITAL_MEMBER = 3.0
"""A member of a family with a capital as a number beside vectors and matrices."""
SUMMED_OVER = {ROW: 6.0, COLUMN: 2.0, MATRIX: 2.5}
"""A sum over an index that is no number."""
