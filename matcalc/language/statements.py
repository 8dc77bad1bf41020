"""Statements such as ``d(x'Ax)/dx = (A + A')x``: both sides typed together."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import nodes as e
from matcalc.language import constraints as c
from matcalc.language import syntax as s
from matcalc.language import terms as t
from matcalc.language.construction import Construction, filled
from matcalc.language.declarations import Declare
from matcalc.language.derivative_shapes import CellShape, shape_by_all
from matcalc.language.dimensions import SizeSystem
from matcalc.language.elaboration import Reader
from matcalc.language.inference import infer_kinds
from matcalc.language.kinds import Cell, Constraint, Contradiction
from matcalc.language.scope import Variable
from matcalc.records import record

_ZERO = e.Number(Fraction(0))


@record
class DerivativeSide:
    """A derivative as one side of a statement: of ``expression`` by each of ``wrt``, one symbol for each order."""

    expression: e.Expr
    wrt: tuple[e.Symbol, ...]

    @property
    def order(self) -> int:
        return len(self.wrt)


Side: TypeAlias = e.Expr | DerivativeSide


@record
class Statement:
    """``left = right``; symbols, declarations and notes as in ``Elaborated``."""

    left: Side
    right: Side
    symbols: Mapping[str, e.Symbol]
    declarations: Mapping[str, str]
    notes: tuple[str, ...]
    intermediates: Mapping[str, e.Expr]


def elaborate_statement(text: str, declare: Declare = None, *, layout: str = "denominator") -> Statement:
    """The typed sides of an equation, with symbols and sizes shared between them.

    The right side is read in the shape that the left has in ``layout`` where that fits, which settles the sizes of ``eye``, ``vector(1)``
    and 0; a right side of another shape is no error here.
    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, which know the text and the place in it.
    """
    reader = _StatementReader(text, declare, layout)
    try:
        return reader.statement()
    except MatcalcError as error:
        raise reader.source.located(error) from None


@record(frozen=False)
class _SideTerm:
    term: t.Term
    wrt: tuple[str, ...] = ()


class _StatementReader(Reader):
    def __init__(self, text: str, declare: Declare, layout: str) -> None:
        super().__init__(text, declare)
        self._layout = layout
        self._left: _SideTerm | None = None
        self._right: _SideTerm | None = None

    def statement(self) -> Statement:
        """The whole of ``elaborate_statement``, without the text in its errors."""
        program = self.parse()
        self.build_assignments(program)
        if not isinstance(program.value, s.Equation):
            raise ParseError("a statement has an equals sign", span=program.value.span, suggestion="d(x'*A*x)/dx = (A + A')*x")
        left = self._left = self._side(program.value.left)
        right = self._right = self._side(program.value.right)
        self.solve([left.term, right.term])
        symbols = self.symbols()
        construction = Construction(symbols, self.text)
        typed_left, typed_right = self._typed(left, construction), self._typed(right, construction)
        expected = self._expected()
        if typed_right is _ZERO and expected is not None:
            typed_right = filled(Fraction(0), expected.shape())
        whole = self.result(_ZERO, construction)
        return Statement(typed_left, typed_right, symbols, whole.declarations, whole.notes, whole.intermediates)

    def _side(self, node: s.Syntax) -> _SideTerm:
        while isinstance(node, s.Group):
            node = node.operand
        if not isinstance(node, s.DerivativeOf):
            return _SideTerm(self.builder.build(node))
        term = self.builder.build(node.body)
        for name in node.wrt:
            if name in self.scope.values:
                raise ParseError(f"{name} is an intermediate result, not a symbol to differentiate by", span=node.span)
            declaration = self.declarations.get(name)
            if declaration is None and name not in self.scope.variables:
                names = ", ".join(self.scope.variables)
                raise ParseError(f"{name} does not occur in the expression", span=node.span, expected=names or None)
            if declaration is not None and declaration.kind == "function":
                raise ParseError(f"{name} is declared as a function", span=node.span)
            self.scope.variable(name, node.span)
        return _SideTerm(term, node.wrt)

    def _typed(self, side: _SideTerm, construction: Construction) -> Side:
        built = construction.build(side.term)
        if not side.wrt:
            return built
        symbols = self.symbols()
        return DerivativeSide(built, tuple([symbols[name] for name in side.wrt]))

    # ------------------------------------------------------------ the shape wished for

    def _expected(self, sizes: SizeSystem | None = None) -> CellShape | None:
        """The shape that the right side should have; None when it is a derivative itself or the left has more than two axes."""
        assert self._left is not None
        assert self._right is not None
        if self._right.wrt:
            return None
        by = [CellShape.of(self.scope.variables[name].cell) for name in self._left.wrt]
        return shape_by_all(CellShape.of(self._left.term.cell), by, self._layout, sizes or SizeSystem())

    def infer_kinds(self, constraints: list[Constraint], variables: list[Variable]) -> None:
        assert self._right is not None
        cells = dict.fromkeys(cell for constraint in constraints for cell in constraint.cells)
        cells |= dict.fromkeys([variable.cell for variable in variables] + [self._right.term.cell])
        before = {cell: cell.mask for cell in cells}
        super().infer_kinds(constraints, variables)
        expected = self._expected()
        right = self._right.term.cell
        if expected is None or right.mask == expected.kind:
            return
        after = {cell: cell.mask for cell in cells}
        for cell, mask in before.items():
            cell.mask = mask
        wish = c.InRelation(self._right.term.span, frozenset({(expected.kind,)}), "the derivative", right)
        try:
            infer_kinds([*constraints, wish], variables, self.builder.soft, self.builder.evidence)
        except Contradiction:
            for cell, mask in after.items():
                cell.mask = mask
        right.constraints.remove(wish)

    def expect_sizes(self, sizes: SizeSystem) -> None:
        assert self._right is not None
        expected = self._expected(sizes)
        cell: Cell = self._right.term.cell
        if expected is None or expected.kind != cell.mask:
            return
        dimensions = [size for other in self.cells for size in (other.rows, other.cols)]
        for rows, cols in ((expected.rows, expected.cols), (expected.cols, expected.rows)):
            if sizes.attempt(((cell.rows, rows), (cell.cols, cols)), dimensions):
                return
