"""Pictures of formulas and their derivatives: computational graphs, tensor networks, and the
sparsity of Jacobians and Hessians."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import explained
from matcalc.base.errors import MatcalcError
from matcalc.base.layouts import Layout, Symmetric
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.base.shapes import axes_of
from matcalc.calculus.simplification import simplified
from matcalc.einstein.lowering import lower
from matcalc.interface.api import derive, parse
from matcalc.interface.presentation import left_side
from matcalc.interface.results import Derivation
from matcalc.language.decisions import ReadingOptions, reading_options
from matcalc.language.declare.declared import Declare
from matcalc.language.elaboration import question_in
from matcalc.objects.inputs import (
    Expression,
    Names,
    is_single,
    read_program,
    require_choice,
    require_choices,
)
from matcalc.objects.parsed import ParsedExpression
from matcalc.pictures.drawing import FORMS, Picture
from matcalc.printing.names import unicode_name

if TYPE_CHECKING:
    from matcalc.pictures import computation, sparsity, tensor_network
else:
    computation = later("matcalc.pictures.computation")
    sparsity = later("matcalc.pictures.sparsity")
    tensor_network = later("matcalc.pictures.tensor_network")

__all__ = ["FORMS", "PICTURES", "Picture", "draw"]

PICTURES = ("graph", "network", "sparsity")


def draw(
    expression: Expression,
    wrt: Names | None = None,
    *,
    picture: str = "graph",
    declare: Declare = None,
    entries: Mapping[str, int] | None = None,
    order: int | None = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    strict: bool = False,
    dialect: str | None = None,
) -> Picture:
    """A picture of an expression, or of its derivative by ``wrt``.

    ``picture`` is ``"graph"``: the computational graph of a program, or of a formula down to its
    symbols, with the derivatives of single steps on its edges and the ways of the chain rule to
    ``wrt``, one name or several; ``"network"``: the tensor network of the derivative, of the
    expression itself without ``wrt``; or ``"sparsity"``: which entries of a Jacobian or Hessian are
    zero for all values, at sizes that ``entries`` gives or that are small. ``order`` is 1 or 2;
    by default the sparsity of a scalar is that of its Hessian. Others as for ``derive``.

    Raises MatcalcError: for what ``derive`` raises, and LimitError for what no picture holds.

    >>> draw("z = W*x + b; h = tanh(z); u'*h", "W").alt[-62:]
    'Adjoints: df/dh = u; df/dz = δ = u ⊙ (𝟏 − h.^2); df/dW = δ xᵀ.'
    """
    with explained(expression):
        require_choices(layout, symmetric)
        require_choice("picture", picture, PICTURES)
        conventions = {"layout": layout, "symmetric": symmetric}
        asked = _Asked(expression, wrt, declare, reading_options(strict, dialect), conventions)
        if picture == "graph":
            _refuse(picture, entries=entries, order=None if order == 1 else order)
            return asked.graph()
        if picture == "network":
            _refuse(picture, entries=entries)
            return asked.network(order)
        return asked.sparsity(order, entries or {})


def _refuse(picture: str, **given: object) -> None:
    """Raises MatcalcError for what a picture does not have."""
    for name, value in given.items():
        if value is not None:
            raise MatcalcError(f"a picture {picture!r} takes no {name}", suggestion='picture="sparsity"')


@record
class _Asked:
    """An expression, what it is differentiated by, and how both are read."""

    expression: Expression
    wrt: Names | None
    declare: Declare
    options: ReadingOptions
    conventions: Mapping[str, Any]

    def graph(self) -> Picture:
        names = self.said() if self.wrt is None else self.wrt
        said, outline, symbols = read_program(self.expression, names, self.declare, self.options, question=True)
        made = computation.computation(said, outline, symbols, **self.conventions)
        found = ParsedExpression(said.expression, said.declarations, said.notes, said.origin, said)
        return replace(made, reading=found.reading)

    def network(self, order: int | None) -> Picture:
        if self.wrt is None and not self.said():
            read = self.parsed()
            return replace(_of_value(read), reading=read.reading)
        found = self.derived(order or 1)
        return replace(_of_derivative(found), reading=found.reading)

    def sparsity(self, order: int | None, sizes: Mapping[str, int]) -> Picture:
        if order is None and self.wrt is not None and is_single(self.wrt):
            order = 2 if self.parsed().node.is_scalar else 1
        found = self.derived(order or 1)
        return replace(sparsity.sparsity(found, sizes), reading=found.reading)

    def said(self) -> tuple[str, ...]:
        """The names that a text itself says it is differentiated by."""
        if not isinstance(self.expression, str):
            return ()
        question = question_in(self.expression, self.declare, self.options)
        return question.names if question is not None and question.settled else ()

    def parsed(self) -> ParsedExpression:
        return parse(self.expression, self.declare, strict=self.options.strict, dialect=self.options.dialect)

    def derived(self, order: int) -> Derivation:
        reading: dict[str, Any] = {"strict": self.options.strict, "dialect": self.options.dialect}
        return derive(
            self.expression,
            self.wrt,
            declare=self.declare,
            order=order,
            **reading,
            **self.conventions,
        )


def _of_value(read: ParsedExpression) -> Picture:
    """The network of an expression itself."""
    tensor = simplified(lower(read.node).tensor)
    return tensor_network.tensor_network(tensor, read.text(), (), _axes_of("the value", tensor.order), 1)


def _of_derivative(found: Derivation) -> Picture:
    """The network of a derivative, with the axes of the value to the left; of a Hessian, those of
    the first variable."""
    tensor, names = found.outcome.tensor, [symbol.name for symbol in found.wrt]
    below = [_axes_of(unicode_name(symbol.name), len(axes_of(symbol.shape))) for symbol in found.wrt]
    above = _axes_of("the value", tensor.order - sum(map(len, below)))
    left = len(above) or (len(below[0]) if len(below) > 1 else 1)
    ends = [*above, *[end for axes in below for end in axes]]
    return tensor_network.tensor_network(tensor, f"{left_side(found, 'unicode')} = {found.text()}", names, ends, left)


def _axes_of(name: str, count: int) -> list[str]:
    """What the axes of an array count."""
    match count:
        case 1:
            return [f"entry of {name}"]
        case 2:
            return [f"row of {name}", f"column of {name}"]
        case _:
            return [f"axis {axis} of {name}" for axis in range(1, count + 1)]
