"""Equations such as ``dY = A dX B``: what a derivative does to a change of its variable; and their functions and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.sizes import Shape, axes_of
from matcalc.codegen import Check, Derivative, LaidOut, Output, function, generate, target_named
from matcalc.derivation import Outcome
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr, IndexArray, IndexSum, Number, Symbol, postorder
from matcalc.language import Elaborated
from matcalc.language.declare.texts import declaration_text
from matcalc.objects.parsed import Reading, Style, checked_style, made_of
from matcalc.objects.programs import array_function, derivative_output, expression_function, symbols_of, tensor_function
from matcalc.printing import Shown, index_text, latex, text
from matcalc.sympy_exchange import sympy_source, to_sympy

# ------------------------------------------------------------
# Equations such as ``dY = A dX B``: what a derivative does to a change of its variable.


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
    return import_module("matcalc.products.equations")


# ------------------------------------------------------------
# Functions and code for equations and for several derivatives at once.


def value_callable(node: Expr | None, tensor: Tensor, shape: Shape, inputs: Sequence[Symbol], target: str) -> Callable[..., Any]:
    """A callable for one side of an equation; of a target that evaluates, the evaluator takes what there is no code for."""
    try:
        return function({"value": _output(node, tensor, shape)}, target, name="value", others=inputs)
    except MatcalcError:
        if node is None or not target_named(target).evaluates:
            raise
        return expression_function(node, inputs)


def value_code(node: Expr | None, tensor: Tensor, shape: Shape, target: str) -> str:
    """The source of a function for one side of an equation."""
    return generate({"value": _output(node, tensor, shape)}, target, name="value")


def _output(node: Expr | None, tensor: Tensor, shape: Shape) -> Output:
    return node if node is not None else LaidOut(tensor, axes_of(shape), (), "tensor")


def gradients_callable(
    outcomes: Mapping[Symbol, Outcome], source: Expr, inputs: Sequence[Symbol], layout: str, target: str
) -> Callable[..., dict[str, Any]]:
    """A callable that returns every derivative by name, computing what they share once."""
    outputs = _outputs(outcomes, source, layout)
    names = [symbol.name for symbol in outcomes]
    try:
        made = function(outputs, target, name="gradients", others=inputs)
    except MatcalcError:
        if not target_named(target).evaluates:
            raise
        singles = {symbol.name: _evaluated(outcome, symbol, source, inputs, layout) for symbol, outcome in outcomes.items()}
        return lambda **values: {name: single(**values) for name, single in singles.items()}

    def gradients(**values: Any) -> dict[str, Any]:
        found = made(**values)
        return dict(zip(names, (found,) if len(names) == 1 else found, strict=True))

    return gradients


def gradients_code(outcomes: Mapping[Symbol, Outcome], source: Expr, layout: str, symmetric: str, target: str) -> str:
    """The source of a function that returns every derivative; unless one is by a named result, it checks itself when it is run."""
    outputs = _outputs(outcomes, source, layout)
    check = None
    if set(outcomes) <= set(symbols_of(source)):
        check = Check(source, {f"gradient_{symbol.name}": Derivative((symbol,), layout, symmetric) for symbol in outcomes})
    return generate(outputs, target, name="gradients", check=check)


def _outputs(outcomes: Mapping[Symbol, Outcome], source: Expr, layout: str) -> dict[str, Output]:
    return {f"gradient_{symbol.name}": derivative_output(outcome, source, (symbol,), layout) for symbol, outcome in outcomes.items()}


def _evaluated(outcome: Outcome, symbol: Symbol, source: Expr, inputs: Sequence[Symbol], layout: str) -> Callable[..., Any]:
    if outcome.expression is not None:
        return expression_function(outcome.expression, inputs)
    return tensor_function(outcome.tensor, source, (symbol,), layout)
