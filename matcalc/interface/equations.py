"""Equations such as ``dY = A dX B``, and the views of one derivative that they are: differential,
derivative along directions, slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.layouts import Symmetric
from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.sizes import Size
from matcalc.codegen.requests import LaidOut
from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import differentiate
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import (
    Expr,
    IndexArray,
    IndexSum,
    Number,
    Symbol,
    UnitVector,
    postorder,
)
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import essential
from matcalc.interface.results import Sided
from matcalc.language import Elaborated
from matcalc.language.declare.declared import declaration_text
from matcalc.objects.parsed import Reading, Style, array_function, made_of, plain_shape, programs
from matcalc.printing import text
from matcalc.printing.names import unicode_name
from matcalc.printing.notations import BOLD, NOTATIONS, in_all, name_in, notation_of
from matcalc.products.differentials import closed_change, entry, moving, new_name, paired_sum, pushed, pushed_along, unit_move
from matcalc.sympy_exchange import sympy_source, to_sympy


@dataclass(frozen=True, eq=False)
class Equation(Sided):
    """``left = right``; ``str()`` and ``text()`` give the right side, ``equation()`` both.

    ``node`` is the closed matrix form, None when there is none: then the text is index notation.
    ``declarations`` are those of the expression and of the new symbols (``dX``, directions, unit
    vectors): with them ``text("ascii")`` reads back to the same expression.
    """

    left: tuple[str, ...]
    """In each of ``NOTATIONS``, then in bold type in those that are typeset."""
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
        return plain_shape(self.value_shape)

    @property
    def _formula(self) -> tuple[Expr | None, Tensor]:
        return self.node, self.tensor

    @property
    def _value(self) -> Expr | LaidOut:
        return LaidOut(self.tensor, axes_of(self.value_shape), (), "tensor") if self.node is None else self.node

    def equation(self, style: Style = "unicode") -> str:
        """Both sides, as in ``dY = A dX B``."""
        return f"{self.left[1] if style == 'ascii' else self.left[0]} = {self.text(style)}"

    def _left(self, style: str, bold: bool) -> str:
        return self.left[BOLD[style] if bold else NOTATIONS.index(style)]

    def _right(self, style: str, bold: bool) -> str:
        right, shown = super()._right(style, bold), bold and self.node is not None
        for move, symbol in self.spelled.items():
            right = right.replace(text(move, style, shown), notation_of(style).differential(text(symbol, style, shown)))
        return right

    def function(self, target: str = "numpy") -> Callable[..., Any]:
        """A callable of the symbols, the new ones among them, that returns the right side as an
        array.

        Raises MatcalcError for another target than ``"numpy"``, ``"jax"`` or ``"torch"``.
        """
        return array_function(
            programs().value_callable,
            self._value,
            self.inputs,
            target,
            declarations=self.declarations,
            result=declaration_text(self.shape),
        )

    def code(self, target: str = "numpy") -> str:
        """The source text of that function; of ``"sympy"`` a program that builds ``sympy()``."""
        if target == "sympy":
            return sympy_source(result=self.sympy())
        return str(programs().value_code(self._value, target))

    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """The right side in SymPy, as ``ParsedExpression.sympy``. Raises MatcalcError when there is
        no closed form."""
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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.equation()}>"


@record
class Source:
    """A typed expression with what is known of its reading. ``taken`` are names that new symbols
    must not have."""

    expression: Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()
    read: Elaborated | None = None


def differential_of(source: Source, wrt: Sequence[Symbol]) -> Equation:
    """``df`` in terms of ``dX`` for each X of ``wrt``; a scalar as ``tr(G' dX)``, a vector or
    matrix as what the change makes of it.

    Raises MatcalcError when a name such as ``dX`` is in use.
    """
    expression = source.expression
    moves = {symbol: moving(symbol, f"d{symbol.name}", _names(source)) for symbol in wrt}
    lowered = pushed_along(expression, moves)
    form = paired_sum(expression, moves) if expression.is_scalar else None
    letter = "f" if expression.is_scalar else "y" if 1 in (len(expression.shape), expression.rows.number) else "Y"

    def left(style: str, bold: bool) -> str:
        return notation_of(style).differential(name_in(style, letter, bold and not expression.is_scalar))

    spelled = {move: symbol for symbol, move in moves.items()}
    return _equation(source, in_all(left), lowered, form, tuple(moves.values()), spelled)


def along(source: Source, moves: Mapping[Symbol, Symbol]) -> Equation:
    """The derivative of the expression when each symbol moves along the symbol given for it."""
    lowered = pushed_along(source.expression, moves)

    def left(style: str, bold: bool) -> str:
        names, along = ([text(symbol, style, bold) for symbol in symbols] for symbols in (moves, moves.values()))
        return f"{notation_of(style).operators(names)} [{', '.join(along)}]"

    return _equation(source, in_all(left), lowered, None, tuple(moves.values()))


def slice_of(source: Source, symbol: Symbol, positions: tuple[int | str, ...], symmetric: Symmetric) -> Equation:
    """The derivative by one entry of ``symbol``, written with unit vectors ``e_i``.

    A position is a number counted from 1 or an index name. A scalar takes none, a vector one, a
    matrix two. Raises MatcalcError for positions that do not fit.
    """
    axes = axes_of(symbol.shape)
    if len(positions) != len(axes):
        raise MatcalcError(f"{symbol.name} has {len(axes)} indices, not {len(positions)}")
    taken = _names(source)
    units: list[Symbol] = []
    places: list[int | str] = []
    for at, size in zip(positions, axes, strict=True):
        if isinstance(at, int):
            places.append(_checked_place(at, size))
            continue
        unit = Symbol(new_name(f"e_{at}", taken), (size,))
        if unit.name in places:
            raise MatcalcError(f"the index {at} is given twice", suggestion="two different letters, such as i and j")
        units.append(unit)
        places.append(unit.name)
    notes: list[str] = []
    lowered = pushed(source.expression, {symbol: unit_move(symbol, tuple(places), symmetric, notes)})

    def left(style: str, bold: bool) -> str:
        name = text(symbol, style, bold and not positions)  # an entry is a scalar, which is not bold
        return notation_of(style).operators([notation_of(style).placed(name, list(map(str, positions)))])

    form = None
    if source.expression.is_scalar:
        gradient = differentiate(source.expression, (symbol,), symmetric=symmetric).expression
        picks = [
            UnitVector(Size.of(at), size) if isinstance(at, int) else Symbol(at, (size,))
            for at, size in zip(places, axes, strict=True)
        ]
        form = None if gradient is None else entry(gradient, picks)
    if units:
        notes.append(f"{', '.join(unicode_name(unit.name) for unit in units)}: unit vectors")
    return _equation(replace(source, notes=(*source.notes, *notes)), in_all(left), lowered, form, tuple(units))


def _checked_place(at: int, size: Size) -> int:
    if at < 1 or (size.number is not None and at > size.number):
        raise ShapeError(f"position {at} is outside a size of {size}")
    return at


def free_indices(source: Source, symbol: Symbol) -> tuple[str, ...]:
    """Index names, one for each axis of ``symbol``, whose unit vectors are not symbols of the
    expression: i and j where they are free."""
    taken = _names(source)
    letters = [letter for letter in "ijklpqrstuvwabcd" if f"e_{letter}" not in taken]
    return tuple(letters[: len(axes_of(symbol.shape))])


def _equation(
    source: Source,
    left: tuple[str, ...],
    value: Lowered,
    form: Expr | None,
    new: tuple[Symbol, ...],
    spelled: Mapping[Symbol, Symbol] | None = None,
) -> Equation:
    expression = source.expression
    if form is None:
        form = closed_change(expression, value, new)
    declarations = dict(source.declarations)
    declarations |= {symbol.name: declaration_text(symbol.shape, essential(symbol.properties)) for symbol in new}
    inputs = (*symbols_in(expression).values(), *new)
    conditions = tuple(conditions_of(expression, form))
    return Equation(
        left, form, value.tensor, expression.shape, declarations, conditions, source.notes, inputs, spelled or {}, source.read
    )


def _names(source: Source) -> frozenset[str]:
    return source.taken | frozenset(symbols_in(source.expression)) | frozenset(source.declarations)
