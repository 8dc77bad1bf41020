"""Equations such as ``dY = A dX B``: what a derivative does to a change of its variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

from matcalc.calling import array_function
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr, IndexArray, IndexSum, Number, Symbol, postorder
from matcalc.language import Elaborated
from matcalc.language.declare.texts import declaration_text
from matcalc.parsed import Reading, Style, checked_style, made_of
from matcalc.printing import Shown, index_text, latex, text
from matcalc.sizes import Shape
from matcalc.sympy_exchange import sympy_source, to_sympy


@dataclass(frozen=True, eq=False)
class Equation(Shown):
    """``left = right``; ``str()`` and ``text()`` give the right side, ``equation()`` both.

    ``node`` is the closed matrix form, None when there is none: then the text is index notation. ``declarations`` are those of the
    expression and of the new symbols (``dX``, directions, unit vectors): with them ``text("ascii")`` reads back to the same expression.
    """

    left: tuple[str, str, str, str]
    """In Unicode, ASCII, LaTeX, and LaTeX in bold type."""
    node: Expr | None
    tensor: Tensor
    value_shape: Shape
    declarations: Mapping[str, str]
    conditions: tuple[str, ...]
    notes: tuple[str, ...]
    inputs: tuple[Symbol, ...]
    """The symbols of the expression and the new ones; sizes are read off their arrays."""
    spelled: Mapping[Symbol, Symbol]
    """New symbols that are written as the differential of another one."""
    source: Elaborated | None = None
    """What was read."""

    @property
    def reading(self) -> Reading:
        """How the expression was read."""
        return Reading(self.source or made_of(self.node or Number(Fraction(0)), self.declarations, self.notes))

    @property
    def closed(self) -> bool:
        """Whether there is a closed matrix form, without explicit sums."""
        return self.node is not None and not any(isinstance(node, (IndexSum, IndexArray)) for node in postorder(self.node))

    @property
    def shape(self) -> tuple[int | str, ...]:
        """The shape of both sides, that of the expression."""
        return tuple([str(size) if size.number is None else size.number for size in self.value_shape])

    @property
    def index_form(self) -> str:
        """The right side in index notation."""
        return index_text(self.tensor, "unicode")

    def text(self, style: Style = "unicode") -> str:
        """The right side in the input language, or in index notation when there is no closed form."""
        checked_style(style)
        return index_text(self.tensor, style) if self.node is None else text(self.node, style)

    def equation(self, style: Style = "unicode") -> str:
        """Both sides, as in ``dY = A dX B``."""
        return f"{self.left[1] if style == 'ascii' else self.left[0]} = {self.text(style)}"

    def latex(self, equation: bool = False, *, bold: bool = False) -> str:
        """LaTeX source of the right side, or of both; ``bold`` sets vectors and matrices in bold type."""
        right = index_text(self.tensor, "latex") if self.node is None else latex(self.node, bold)
        for move, symbol in self.spelled.items():
            shown = bold and self.node is not None
            right = right.replace(latex(move, shown), rf"\mathrm{{d}}{latex(symbol, shown)}")
        return f"{self.left[3 if bold else 2]} = {right}" if equation else right

    def markdown(self, equation: bool = False, *, bold: bool = False) -> str:
        """What ``latex`` gives, between dollar signs."""
        return f"${self.latex(equation, bold=bold)}$"

    def function(self, target: str = "numpy") -> Callable[..., Any]:
        """A callable of the symbols, the new ones among them, that returns the right side as an array.

        Raises MatcalcError for another target than ``"numpy"``, ``"jax"`` or ``"torch"``.
        """
        return array_function(
            _callables().value_callable,
            self.node,
            self.tensor,
            self.value_shape,
            self.inputs,
            target,
            declarations=self.declarations,
            result=declaration_text(self.shape),
        )

    def code(self, target: str = "numpy") -> str:
        """The source text of that function; of ``"sympy"`` a program that builds ``sympy()``."""
        if target == "sympy":
            return sympy_source(result=self.sympy())
        return str(_callables().value_code(self.node, self.tensor, self.value_shape, target))

    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """The right side in SymPy, as ``ParsedExpression.sympy``. Raises MatcalcError when there is no closed form."""
        return to_sympy(self.node, symbols)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "left": self.left[0],
            "closed": self.closed,
            "shape": list(self.shape),
            "unicode": self.text("unicode"),
            "ascii": self.text("ascii"),
            "latex": self.latex(),
            "equation": self.equation(),
            "index": self.index_form,
            "declarations": dict(self.declarations),
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def _identity(self) -> tuple[object, ...]:
        return self.left, self.node, self.tensor, self.value_shape, frozenset(self.declarations.items())

    def __eq__(self, other: object) -> bool:
        """Whether both sides, and what is declared of their symbols, are the same."""
        return self._identity() == other._identity() if isinstance(other, Equation) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.equation()}>"

    def _displayed(self) -> str:
        return self.latex(equation=True)


def _callables() -> Any:
    """Code generation, loaded when it is first used."""
    return import_module("matcalc.products.callables")
