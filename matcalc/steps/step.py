"""One step of a derivation: an equality in three spellings, and both sides in a form that can be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from matcalc.einstein.nodes import Tensor
from matcalc.evaluation import evaluate, evaluate_tensor, layout, numerical_derivative
from matcalc.expr.nodes import Expr, Symbol
from matcalc.sizes import Shape
from matcalc.steps.lines import WIDTH, broken

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Side(Protocol):
    """One side of an equality, to be evaluated at a point independently of how it was derived."""

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        """The array at a point: an axis for every free index, or the array of a matrix expression (vectors have one axis)."""
        ...


@dataclass(frozen=True, slots=True)
class ExpressionSide:
    """A matrix expression; ``axes`` split its rows and columns where these are pairs of indices, as those of a Kronecker product are."""

    expression: Expr
    axes: Shape | None = None

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return _split(evaluate(self.expression, values, sizes), self.axes, sizes)


@dataclass(frozen=True, slots=True)
class TensorSide:
    """The entry of a tensor at the free indices, which are its axes in order."""

    tensor: Tensor

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        return evaluate_tensor(self.tensor, values, sizes)


@dataclass(frozen=True, slots=True)
class DerivativeSide:
    """The derivative of an expression by one or two symbols, found by finite differences.

    Without ``layout`` its axes are those of the value, then those of each variable. ``symmetric`` is the convention for variables whose
    entries are tied to each other; ``axes`` are those of the value where its rows or columns are pairs of indices.
    """

    expression: Expr
    wrt: tuple[Symbol, ...]
    symmetric: str = "independent"
    layout: str | None = None
    axes: Shape | None = None

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        found = numerical_derivative(self.expression, self.wrt, values, sizes, symmetric=self.symmetric).value
        if self.layout is None:
            return _split(found, self.axes, sizes)
        above, below = self.expression.shape, [symbol.shape for symbol in self.wrt if symbol.shape]
        if not above and len(below) == 2:  # a Hessian has a row for each entry of the first variable, in every matrix layout
            return layout(found, below[0], below[1], "tensor" if self.layout == "tensor" else "numerator")
        return layout(found, above, below[0] if below else (), self.layout)


def _split(array: NDArray[Any], axes: Shape | None, sizes: Mapping[str, int]) -> NDArray[Any]:
    """The array with its first axes split into ``axes``; the others stay."""
    if axes is None:
        return array
    lengths = tuple([size.value(sizes) for size in axes])
    count, kept = 1, array.ndim
    for length in lengths:
        count *= length
    together = 1
    for place in range(array.ndim + 1):
        if together == count and (place >= len(lengths) or place == array.ndim or array.shape[place] != 1):
            kept = place
            break
        together *= array.shape[place] if place < array.ndim else 1
    return array.reshape(lengths + array.shape[kept:])


@dataclass(frozen=True, slots=True)
class Writing:
    """A formula in the three spellings."""

    unicode: str
    ascii: str
    latex: str

    def spelled(self, spelling: str) -> str:
        """The formula as ``"unicode"``, ``"ascii"`` or ``"latex"``."""
        found: str = getattr(self, spelling)
        return found


@dataclass(frozen=True, repr=False)
class Step:
    """``left_writing = right_writing``, by ``rule``.

    ``left`` and ``right`` can be evaluated at a point; ``source`` names where a rule for a function comes from, ``remark`` says something
    more about the step.
    """

    rule: str
    left_writing: Writing
    right_writing: Writing
    left: Side
    right: Side
    source: str = ""
    remark: str = ""

    @property
    def text(self) -> str:
        """The equation in Unicode, broken into lines of at most 80 columns."""
        return self.spelled("unicode")

    @property
    def latex(self) -> str:
        """The equation in LaTeX, without dollar signs."""
        return f"{self.left_writing.latex} = {self.right_writing.latex}"

    def spelled(self, spelling: str) -> str:
        """The equation in plain text, ``"unicode"`` or ``"ascii"``, broken into lines of at most 80 columns."""
        return "\n".join(broken(self.left_writing.spelled(spelling), self.right_writing.spelled(spelling), WIDTH))

    def to_dict(self) -> dict[str, str]:
        """The step as JSON-ready values."""
        found = {"rule": self.rule, "text": self.text, "ascii": self.spelled("ascii"), "latex": self.latex}
        return found | ({"source": self.source} if self.source else {}) | ({"remark": self.remark} if self.remark else {})

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Step {self.rule}: {self.left_writing.unicode} = {self.right_writing.unicode}>"
