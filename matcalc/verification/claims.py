"""A claim: two sides that are said to be equal, each with its index form and its numerical value,
from a statement or from objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace as dataclass_replace
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, Literal, TypeAlias, cast

from matcalc.base.errors import LimitError, NotDifferentiableError, ShapeError
from matcalc.base.layouts import Groups, arranged, axis_groups
from matcalc.base.lazy import NDArray
from matcalc.base.records import replace
from matcalc.base.shapes import Shape, axes_of, shape_of
from matcalc.base.sizes import ONE, Size, names_in, product_of
from matcalc.derivation.pipeline import Outcome, axes_of_result, derived_tensor, differentiate
from matcalc.einstein.algebra import permuted
from matcalc.einstein.linear import add, is_zero, zero
from matcalc.einstein.lowered import Lowered, aligned
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Tensor
from matcalc.evaluation.arrays import sizes_in
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.sampling import Point
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, IndexArray, Product, Sum, Symbol, Transpose, postorder
from matcalc.expr.rewriting import free_indices, replaced, symbols_in
from matcalc.interface.results import Derivation
from matcalc.language import elaborate
from matcalc.language.decisions import Derived
from matcalc.language.declare.declared import Declare, parse_declarations
from matcalc.language.declare.objects import texts_of
from matcalc.language.statements import DerivativeSide, DifferentialSide, Side as StatementSide, Statement
from matcalc.objects.combining import declarations_of, joint_declarations
from matcalc.objects.inputs import Expression, derivative_within, read
from matcalc.printing import text
from matcalc.products.differentials import closed_change, differential_form, pushed_along
from matcalc.proofs.claimed import Sides
from matcalc.verification.product_axes import with_split_axes, without_functions_of_kronecker

_PLUS, _MINUS = Fraction(1), Fraction(-1)


@dataclass(frozen=True)
class Formula:
    """A side that is an expression."""

    expression: Expr
    is_derivative: ClassVar[Literal[False]] = False

    @property
    def shape(self) -> Shape:
        return self.expression.shape

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return (self.expression,)

    @property
    def extra(self) -> tuple[Symbol, ...]:
        return ()

    def lowered(self, like: Lowered | None) -> Lowered:
        """The index form, with axes split as in ``like`` where sizes are products. Raises
        NotDifferentiableError or ShapeError."""
        split = with_split_axes(
            without_functions_of_kronecker(self.expression), like.rows if like else None, like.cols if like else None
        )
        found = lower(split)
        if like is not None and is_zero(found.tensor):
            return Lowered(zero(like.tensor.shape), like.split)
        return found

    def exact(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        """The value; as for derivatives."""
        return evaluate(self.expression, values, sizes)

    def changed(self, change: Callable[[Expr], Expr]) -> Formula:
        return Formula(change(self.expression))


@dataclass(frozen=True)
class DerivativeForm:
    """A side that is a derivative, in a layout."""

    is_derivative: ClassVar[Literal[True]] = True
    function: Expr
    wrt: tuple[Symbol, ...]
    layout: str
    symmetric: str

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return (self.function,)

    @property
    def extra(self) -> tuple[Symbol, ...]:
        return self.wrt

    @cached_property
    def outcome(self) -> Outcome:
        """The derivation. Raises NotDifferentiableError or LimitError."""
        return differentiate(self.function, self.wrt, layout=self.layout, symmetric=self.symmetric)  # type: ignore[arg-type]

    @cached_property
    def tensor(self) -> Tensor:
        """The derivative alone: proofs and points need no closed form of it. Raises as ``outcome``
        does."""
        return derived_tensor(self.function, self.wrt, self.symmetric)  # type: ignore[arg-type]

    @property
    def shape(self) -> Shape:
        """The shape that a formula for this derivative has."""
        top, variables = axes_of(self.function.shape), [axes_of(symbol.shape) for symbol in self._shaped]
        if self.layout != "tensor" and not variables:
            return self.function.shape if len(top) != 1 else top if self.layout == "numerator" else (ONE, top[0])
        if self.layout != "tensor" and not top and len(variables) == 1:
            symbol = self._shaped[0]
            turned = symbol.shape[::-1] if len(symbol.shape) > 2 else shape_of(symbol.cols, symbol.rows)
            return turned if self.layout == "numerator" else symbol.shape
        axes = (*top, *chain.from_iterable(variables))
        sizes = [product_of(tuple([axes[axis] for axis in group])) for group in self.groups]
        return shape_of(*sizes) if self.layout != "tensor" else tuple(sizes)

    @property
    def groups(self) -> Groups:
        """The axes that together are one axis of an array of this derivative."""
        return axis_groups(
            [1] * len(axes_of(self.function.shape)), [len(axes_of(symbol.shape)) for symbol in self._shaped], self.layout
        )

    def lowered(self, like: Lowered | None) -> Lowered:
        """The derivative's index form with its axes arranged as rows and columns."""
        tensor = self.tensor
        function = lower(self.function)
        if self.layout == "tensor":
            return Lowered(tensor, (0 if function.separate else function.split) or function.tensor.order or min(tensor.order, 1))
        if function.separate and not self._shaped:
            return Lowered(tensor, function.split)
        groups = axes_of_result(function, self.wrt, self.layout)
        return Lowered(permuted(tensor, tuple(chain.from_iterable(groups))), len(groups[0]))

    @property
    def _shaped(self) -> list[Symbol]:
        """The variables that are no scalars: a derivative by a scalar adds no axes."""
        return [symbol for symbol in self.wrt if symbol.shape]

    def exact(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        """The derived tensor's value: more digits than differences have, but the engine's own."""
        return arranged(evaluate_tensor(self.tensor, values, sizes), self.groups)

    def changed(self, change: Callable[[Expr], Expr]) -> DerivativeForm:
        """The derivative of the changed function by the changed symbols."""
        wrt = tuple([cast("Symbol", change(symbol)) for symbol in self.wrt])
        return DerivativeForm(change(self.function), wrt, self.layout, self.symmetric)


SideForm = Formula | DerivativeForm


@dataclass(frozen=True)
class Claim:
    """``left = right``."""

    left: SideForm
    right: SideForm

    @property
    def fits(self) -> bool:
        """Whether both sides have one shape."""
        return self.left.shape == self.right.shape

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return self.left.expressions + self.right.expressions

    @property
    def extra(self) -> tuple[Symbol, ...]:
        return self.left.extra + self.right.extra

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol once, in reading order."""
        read = [node for node in postorder(*self.expressions) if isinstance(node, Symbol)]
        return tuple(dict.fromkeys([*read, *self.extra]))

    @property
    def sizes(self) -> frozenset[Size]:
        """The sizes that its parts have or mention."""
        return sizes_in([*postorder(*self.expressions), *self.extra])

    @property
    def size_names(self) -> tuple[str, ...]:
        """The names in these sizes, sorted."""
        return tuple(sorted(names_in(self.sizes)))

    @property
    def sides(self) -> Sides:
        """The claim as a proof of it is written."""
        pair = (self.left, self.right)
        (left,), (right,) = self.left.expressions, self.right.expressions
        derived = [side for side in pair if side.is_derivative]
        if not derived:
            return Sides(left, right)
        flags = (self.left.is_derivative, self.right.is_derivative)
        return Sides(left, right, flags, derived[0].wrt, derived[0].layout, derived[0].symmetric)

    def difference(self) -> Lowered | None:
        """Left minus right in index form; None when one of the sides has no index form or the sides
        cannot be brought to the same axes."""
        try:
            left = self.left.lowered(None)
            right = self.right.lowered(left)
            if left.tensor.shape != right.tensor.shape and isinstance(self.left, Formula):
                left = self.left.lowered(right)
            if is_zero(left.tensor) and left.tensor.shape != right.tensor.shape:
                left = Lowered(zero(right.tensor.shape), right.split)
        except (NotDifferentiableError, ShapeError, LimitError):
            return None
        if (left.rows, left.cols) != (right.rows, right.cols):
            if any(product_of(one) != product_of(other) for one, other in ((left.rows, right.rows), (left.cols, right.cols))):
                return None
            left, right = aligned([left, right])  # one side has a vec or a Kronecker product, the other a vector of that size
        return Lowered(add([(_PLUS, left.tensor), (_MINUS, right.tensor)], left.tensor.shape), left.split)

    def difference_at(self, point: Point) -> NDArray[Any]:
        """Left minus right at a point. Raises MatcalcError where a side has no value."""
        difference: NDArray[Any] = self.left.exact(point.values, point.sizes) - self.right.exact(point.values, point.sizes)
        return difference

    def changed(self, change: Callable[[Expr], Expr]) -> Claim:
        """The same claim about changed expressions; symbols must stay symbols."""
        return Claim(self.left.changed(change), self.right.changed(change))

    def in_layout(self, name: str) -> Claim:
        """The same claim with its derivatives in another layout."""
        sides = [dataclass_replace(side, layout=name) if side.is_derivative else side for side in (self.left, self.right)]
        return Claim(*sides)


def closed_differential(side: DifferentialSide) -> Expr:
    """The differential as a matrix formula in the symbols and their changes. Raises
    NotDifferentiableError when it has none."""
    if side.order == 1:
        found = differential_form(side.expression, dict(side.moves))
    else:
        moves = dict(side.moves)
        first = _moved(side.expression, moves)
        found = None if first is None else _moved(first, moves)
    if found is None:
        raise NotDifferentiableError("this differential has no closed matrix form", suggestion="the derivative: d(f)/dX = ...")
    return found


def _moved(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Expr | None:
    return closed_change(expression, pushed_along(expression, moves), tuple(moves.values()))


def along_a_line(statement: Statement) -> Statement | None:
    """The same claim with X + t dX for every X that moves and the derivative by t for the
    differential; None for other claims."""
    if statement.left is None or statement.right is None:
        return None
    lead, claimed = (statement.right, statement.left) if statement.turned else (statement.left, statement.right)
    if not isinstance(lead, DifferentialSide) or not isinstance(claimed, Expr):
        return None
    (time,) = _times(1, lead.expression, claimed)
    moved: dict[str, Expr] = {symbol.name: Sum((symbol, Product((time, change)))) for symbol, change in lead.moves}
    function, formula = replaced(lead.expression, moved), replaced(claimed, moved)
    if function.is_row:
        function, formula = Transpose(function), Transpose(formula)
    return replace(statement, left=DerivativeSide(function, (time,) * lead.order), right=formula, turned=False)


def step_along(found: Derived) -> Claim | None:
    """That a derivative in directions, within an expression, is the one by t of the function along
    these; of one between entries whose indices stand outside, the array over these. None where this
    is no array, and for a direction that changes with the variable.
    """
    asked, form = found.question, found.form
    if asked.wrt[0].name in symbols_in(*asked.along):
        return None
    times = _times(len(asked.along), asked.function, form, *asked.along)
    steps = [Product((time, direction)) for time, direction in zip(times, asked.along, strict=True)]
    moved: dict[str, Expr] = {asked.wrt[0].name: Sum((asked.wrt[0], *steps))}
    function, form = replaced(asked.function, moved), replaced(form, moved)
    indices = tuple(dict.fromkeys([*free_indices(function), *free_indices(form)]))
    if indices and (function.shape or form.shape or len(indices) > _MOST_AXES):
        return None
    if indices:
        function, form = IndexArray(indices, function), IndexArray(indices, form)
    elif function.is_row:
        function, form = Transpose(function), Transpose(form)
    claim = Claim(DerivativeForm(function, times, "numerator", "projected"), Formula(form))
    return claim if claim.fits else None


_MOST_AXES = 2


def _times(count: int, *expressions: Expr) -> tuple[Symbol, ...]:
    """Numbers of names that nothing has yet."""
    taken = symbols_in(*expressions)
    free = [name for name in ("t", *(f"t_{k}" for k in range(len(taken) + count))) if name not in taken]
    return tuple([Symbol(name, ()) for name in free[:count]])


def claim_of(statement: Statement, layout: str, symmetric: str) -> Claim | None:
    """The claim that a statement makes in a layout and a convention for symmetric variables; None
    when one of its sides has no shape."""
    if statement.left is None or statement.right is None:
        return None
    layout = "tensor" if statement.by_axes else layout
    return Claim(side_of(statement.left, layout, symmetric), side_of(statement.right, layout, symmetric))


def side_of(side: StatementSide, layout: str, symmetric: str) -> SideForm:
    """A side of a statement, as a form with values."""
    match side:
        case DerivativeSide():
            return DerivativeForm(side.expression, side.wrt, layout, symmetric)
        case DifferentialSide():
            return Formula(closed_differential(side))
        case _:
            return Formula(side)


Side: TypeAlias = Expr | DerivativeSide
GivenSide: TypeAlias = "Derivation | Expression"


def statement_of(left: GivenSide, right: GivenSide, declare: Declare, layout: str, symmetric: str) -> tuple[str, Statement]:
    """The statement that two sides are equal, and how it reads.

    A text is read with the symbols of the other side, and in its shape where that fits. Raises
    MatcalcError for a name that the sides declare differently.
    """
    first, second = _typed(left, declare), _typed(right, declare)
    if first is None:
        assert second is not None and isinstance(left, str)
        first = _read(left, declare, second, layout, symmetric)
    if second is None:
        assert isinstance(right, str)
        second = _read(right, declare, first, layout, symmetric)
    declarations = joint_declarations([_declarations(first), _declarations(second)])
    symbols = symbols_in(*_expressions(first), *_expressions(second))
    return f"{_shown(first)} = {_shown(second)}", Statement(first, second, symbols, declarations, (), {})


def _typed(side: GivenSide, declare: Declare) -> Side | None:
    if isinstance(side, str):
        return None
    return DerivativeSide(side.source.node, side.wrt) if isinstance(side, Derivation) else read(side, declare).expression


def _read(side: str, declare: Declare, other: Side, layout: str, symmetric: str) -> Expr:
    known: Mapping[str, str] = {**_declarations(other)}
    extra = parse_declarations(declare)
    known = {name: kind for name, kind in known.items() if name not in extra}
    joined = "; ".join([*(f"{name}: {kind}" for name, kind in known.items()), *texts_of(declare)])
    try:
        return elaborate(side, joined, shape=side_of(other, layout, symmetric).shape, calculus=derivative_within).expression
    except ShapeError:
        return elaborate(side, joined, calculus=derivative_within).expression


def _expressions(side: Side) -> tuple[Expr, ...]:
    return (side.expression, *side.wrt) if isinstance(side, DerivativeSide) else (side,)


def _declarations(side: Side) -> dict[str, str]:
    return joint_declarations(declarations_of(expression) for expression in _expressions(side))


def _shown(side: Side) -> str:
    if not isinstance(side, DerivativeSide):
        return text(side)
    names = [symbol.name for symbol in side.wrt]
    inner = text(side.expression)
    if len(names) == 1:
        return f"d({inner})/d{names[0]}"
    return f"hessian({inner}, {names[0]})" if names[0] == names[1] else f"d(d({inner})/d{names[0]})/d{names[1]}"
