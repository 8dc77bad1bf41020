"""Which entries of a matrix facts tie to each other or to zero, and the projection of a direction or gradient that keeps the tie.

A matrix with facts such as orthogonal or mask has no linear ties: its entries vary freely in a derivative.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matcalc.facts.table import Tie, facts, implied

if TYPE_CHECKING:
    from matcalc.exact.fields import Matrix, Rows

_STRONGEST: tuple[Tie, ...] = ("diagonal", "lower", "upper", "symmetric", "antisymmetric")


def tie_of(names: Iterable[str]) -> Tie:
    """The strongest tie that these facts, with all that follows from them, give.

    >>> tie_of(["positive_definite"]), tie_of(["lower_triangular", "symmetric"]), tie_of(["orthogonal"])
    ('symmetric', 'diagonal', '')
    """
    found = {facts()[name].tie for name in implied(names)}
    return next((tie for tie in _STRONGEST if tie in found), "")


def tying(names: Iterable[str]) -> frozenset[str]:
    """Those of these facts that tie entries: what a change of a symbol has because the symbol has it.

    >>> sorted(tying(["positive_definite", "mask"]))
    ['symmetric']
    """
    return frozenset(name for name in implied(names) if facts()[name].tie)


def varying(names: Iterable[str]) -> frozenset[str]:
    """Those of these facts that still hold when every entry changes a little on its own, from a member that is on no edge.

    >>> sorted(varying(["positive", "nonnegative"])), sorted(varying(["mask", "nonnegative"]))
    (['nonnegative', 'positive'], [])
    """
    known = [facts()[name] for name in names if name in facts()]
    has_inside = all(fact.open or fact.inside or fact.name in ("symmetric", "constant") for fact in known)
    return frozenset(fact.name for fact in known if fact.open or (fact.inside and has_inside))


def may_vary(tie: Tie, row: int, column: int) -> bool:
    """Whether the entry is not tied to zero."""
    match tie:
        case "" | "symmetric":
            return True
        case "antisymmetric":
            return row != column
        case "diagonal":
            return row == column
        case "lower":
            return row >= column
        case "upper":
            return row <= column


def mirrored(tie: Tie) -> int:
    """How an entry depends on the one across the diagonal: 1 equal, −1 opposite, 0 not at all."""
    return 1 if tie == "symmetric" else -1 if tie == "antisymmetric" else 0


def projected(matrix: Rows, tie: Tie) -> Matrix:
    """The nearest matrix that keeps the tie, of exact entries.

    >>> projected([[1, 2], [4, 3]], "lower"), projected([[1, 2], [4, 3]], "symmetric")
    ([[1, 0], [4, 3]], [[Fraction(1, 1), Fraction(3, 1)], [Fraction(3, 1), Fraction(3, 1)]])
    """
    sign = mirrored(tie)
    if not sign:
        return [[entry if may_vary(tie, i, j) else entry - entry for j, entry in enumerate(row)] for i, row in enumerate(matrix)]
    half = Fraction(1, 2)
    return [[half * (entry + sign * matrix[j][i]) for j, entry in enumerate(row)] for i, row in enumerate(matrix)]


def projected_array(array: Any, tie: Tie) -> Any:
    """The same of a NumPy array, whose last two axes are those of the matrix."""
    import numpy as np

    sign = mirrored(tie)
    if sign:
        return 0.5 * (array + sign * np.swapaxes(array, -1, -2))
    match tie:
        case "diagonal":
            return array * np.eye(array.shape[-1])
        case "lower":
            return np.tril(array)
        case "upper":
            return np.triu(array)
        case _:
            return array
