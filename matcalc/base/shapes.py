"""Shapes, which sizes make: what they are called, and what they come to under an operation; and
runs of positions along an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from matcalc.base.errors import ShapeError
from matcalc.base.records import record
from matcalc.base.sizes import ONE, Size

# ------------------------------------------------------------
# Runs of positions along an axis.


def surely(size: Size, least: int = 0) -> bool:
    """Whether it is ``least`` or more whatever the names in it are, which are 1 or more.

    >>> n, m = Size.of("n"), Size.of("m")
    >>> surely(n - ONE), surely(n - ONE, 1), surely(n - m)
    (True, False, False)
    """
    return all(factor > 0 for names, factor in size.terms if names) and sum(factor for _, factor in size.terms) >= least


@record
class Selection:
    """Rows of the identity matrix of size ``whole``: ``size`` rows behind ``before`` others."""

    size: Size
    whole: Size
    before: Size

    @property
    def behind(self) -> Size:
        """How many rows stand behind those selected."""
        return self.whole - self.before - self.size

    @property
    def positions(self) -> str:
        """The positions as a range."""
        return f"{self.before + ONE}:{self.before + self.size}"

    def is_apart(self, other: Selection) -> bool:
        """Whether it shares no position with another selection from the same axis."""
        return surely(other.before - self.before - self.size) or surely(self.before - other.before - other.size)

    def within(self, other: Selection) -> Selection | None:
        """The positions of what another one selects that are those of this one; None where it is
        not known to lie within."""
        inner = Selection(self.size, other.size, self.before - other.before)
        return inner if surely(inner.before) and surely(inner.behind) else None

    def beside(self, other: Selection) -> Selection | None:
        """Both together, where one begins where the other one ends."""
        for first, last in ((self, other), (other, self)):
            if first.whole == last.whole and first.before + first.size == last.before:
                return Selection(first.size + last.size, first.whole, first.before)
        return None


# ------------------------------------------------------------
# Shapes.

Shape: TypeAlias = tuple[Size, ...]
"""``()`` scalar, ``(n,)`` column vector, ``(ONE, n)`` row vector, ``(m, n)`` matrix, longer for
declared tensors."""


def shape_of(rows: Size, cols: Size) -> Shape:
    """The shape with ``rows`` and ``cols``, in its one spelling (a column has one axis, a scalar
    none)."""
    if cols == ONE:
        return () if rows == ONE else (rows,)
    return (rows, cols)


def axes_of(shape: Shape) -> Shape:
    """The axes that positions and tensors count: a row vector has one.

    >>> [str(size) for size in axes_of((ONE, Size.of("n")))]
    ['n']
    """
    return shape[1:] if len(shape) == 2 and shape[0] == ONE else shape


def is_square(shape: Sequence[object]) -> bool:
    """Whether a shape is that of a square matrix, for all sizes."""
    return len(shape) == 2 and shape[0] == shape[1]


def kind_of(shape: Shape) -> str:
    """What an array of this shape is: scalar, vector (a row is one), matrix or tensor."""
    return ("scalar", "vector", "matrix", "tensor")[min(len(axes_of(shape)), 3)]


def sizes_text(shape: Iterable[Size | int | str]) -> str:
    """Sizes with crosses between them. Sums are in brackets there, and so is what else reads as a
    hyphen.

    >>> n = Size.of("n")
    >>> sizes_text((n, n)), sizes_text((n + ONE, 3)), sizes_text((n + ONE,)), sizes_text((n - Size.of("p"),))
    ('n×n', '(n+1)×3', 'n+1', '(n-p)')
    """
    shown = list(map(str, shape))
    return "×".join([f"({size})" if _needs_brackets(size, len(shown) > 1) else size for size in shown])


def _needs_brackets(size: str, beside: bool) -> bool:
    return (beside and "+" in size) or any(beside or part[:1].isalpha() for part in size.split("-")[1:])


# ------------------------------------------------------------
# Shapes of operands, in words, and the shapes of results.


def shape_text(shape: Shape) -> str:
    """The shape in words, for messages.

    >>> shape_text(())
    'a scalar'
    """
    if not shape:
        return "a scalar"
    if len(shape) == 1:
        return f"a vector of size {shape[0]}"
    if len(shape) == 2 and shape[0] == ONE:
        return f"a row vector of size {shape[1]}"
    return f"a {sizes_text(shape)} {'matrix' if len(shape) == 2 else 'tensor'}"


def product_shape(left: Shape, right: Shape) -> Shape:
    """Shape of ``left * right``: scaling when one is scalar, the matrix product else.

    Raises ShapeError when the inner sizes differ.
    """
    if not left:
        return right
    if not right:
        return left
    if len(left) > 2 or len(right) > 2:
        message = f"{shape_text(left)} and {shape_text(right)} have no matrix product"
        raise ShapeError(message, suggestion="tensor(i, k, sum(j, T[i,j,k]*x[j]))")
    inner_left = left[1] if len(left) > 1 else ONE
    if inner_left != right[0]:
        raise ShapeError(
            f"cannot multiply {shape_text(left)} by {shape_text(right)}: the inner sizes {inner_left} and {right[0]} differ"
        )
    return shape_of(left[0], right[1] if len(right) > 1 else ONE)


def reduced_shape(shape: Shape, axis: str | None) -> Shape:
    """Shape of a reduction (sum, mean, logsumexp...) over everything, or one number per row or
    column."""
    if axis is None:
        return ()
    require_flat(shape, f"a reduction along {axis}")
    rows, cols = (*shape, ONE, ONE)[:2]
    return shape_of(rows if axis == "rows" else cols, ONE)


def common_shape(shapes: Iterable[Shape], verb: str) -> Shape:
    """The one shape of all operands. Raises ShapeError when they differ."""
    first, *others = shapes
    for other in others:
        if other != first:
            raise ShapeError(f"{shape_text(first)} and {shape_text(other)} cannot be {verb}")
    return first


def require_flat(shape: Shape, what: str) -> None:
    """Raises ShapeError for tensors of order three and more."""
    if len(shape) > 2:
        raise ShapeError(f"{what} is taken of at most a matrix, not of {shape_text(shape)}")


def square_shape(shape: Shape, what: str) -> Shape:
    """The shape of a square matrix (or of a scalar). Raises ShapeError for another one."""
    require_flat(shape, what)
    rows, cols = (*shape, ONE, ONE)[:2]
    if rows != cols:
        raise ShapeError(f"{what} needs a square matrix, not {shape_text(shape)}")
    return shape


def require_arguments(name: str, takes: Sequence[int | None], arguments: Sequence[Shape], value: Shape) -> None:
    """Raises ShapeError for arguments that a function is not declared with, of so many axes each;
    None stands for a number, or an array of them."""
    if None in takes:
        shaped = [shape for shape in arguments if shape]
        fits = value == (common_shape(shaped, f"arguments of {name}") if shaped else ())
    else:
        fits = [len(shape) for shape in arguments] == [*takes] and all(shape[:1] != (ONE,) for shape in arguments)
    if not fits or len(arguments) != len(takes):
        raise ShapeError(f"{name} is not declared with such arguments")
