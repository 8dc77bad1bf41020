"""Statements such as ``d(x'Ax)/dx = (A + A')x``.

A claim does not define its own kinds: the side that is differentiated (of two formulas the left
one) is read first, by declarations, use and convention, and the other side, the claimed one, with
the kinds that its names have then. Sizes that are still open are shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import TypeAlias, cast

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.records import record, replace
from matcalc.base.sizes import Size
from matcalc.base.traversal import postordered
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import symbols_in
from matcalc.language.build import terms as t
from matcalc.language.build.construction import Construction
from matcalc.language.build.forms import filled, function_of
from matcalc.language.build.scope import Variable, array_of, written_names
from matcalc.language.claimed_equations import UNCERTAIN, EquationReader
from matcalc.language.decisions import (
    AS_USUAL,
    Attempt,
    Calculus,
    Decision,
    Derived,
    Dialect,
    ReadingOptions,
    least,
    notes_of,
)
from matcalc.language.declare.declared import Declaration, Declare
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.dependence import not_defined
from matcalc.language.syntax.trees import names_in, number_in, ungrouped, walk
from matcalc.language.typing import kind_relations
from matcalc.language.typing.dimensions import Dimension, SizeSystem, resolved
from matcalc.language.typing.inference import infer_kinds
from matcalc.language.typing.kind_relations import CellShape, shape_by_all
from matcalc.language.typing.kinds import ANY, COLUMN, ROW, Cell, Constraint, Contradiction

_ZERO = e.Number(Fraction(0))


@record
class DerivativeSide:
    """A derivative as one side of a statement: of ``expression`` by each of ``wrt``, one symbol for
    each order."""

    expression: e.Expr
    wrt: tuple[e.Symbol, ...]

    @property
    def order(self) -> int:
        return len(self.wrt)


@record
class DifferentialSide:
    """The differential of ``expression`` where each symbol of ``moves`` changes by the one beside
    it; the other symbols are constant.

    ``order`` 2 is the second differential, in which the changes are constant.
    """

    expression: e.Expr
    moves: tuple[tuple[e.Symbol, e.Symbol], ...]
    order: int = 1


Side: TypeAlias = e.Expr | DerivativeSide | DifferentialSide


@record
class Statement:
    """``left = right``; symbols, declarations and decisions as in ``Elaborated``.

    Where the claimed side does not fit the kinds and sizes of the names in the other, it is None
    and ``misfit`` says why. ``turned``: the claimed side is the left one. ``derived`` as in
    ``Elaborated``. ``functions`` are those that the text defines. ``links`` say in words which
    equations ``a = b = c``, or one between arrays that are written out, makes where it makes
    several. ``evidence``: something in what was read shows vectors or matrices. ``entries`` are the
    indices of a statement about the entries of arrays, in the order of the axes that it was read
    with. ``by_axes``: its derivatives are arrays of entries, with the axes of what is
    differentiated first, in every layout. ``open_if_true`` and ``open_if_false`` say why it would
    not be decided by being found true, or false, as it was read.
    """

    left: Side | None
    right: Side | None
    symbols: Mapping[str, e.Symbol]
    declarations: Mapping[str, str]
    decisions: tuple[Decision, ...]
    intermediates: Mapping[str, e.Expr]
    misfit: ShapeError | None = None
    turned: bool = False
    text: str = ""
    dialect: Dialect = "math"
    given: Mapping[str, Declaration] | None = None
    derived: tuple[Derived, ...] = ()
    links: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    evidence: bool = True
    entries: tuple[str, ...] = ()
    by_axes: bool = False
    open_if_true: str = ""
    open_if_false: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth saying of the decisions, what is doubtful first."""
        return notes_of(self.decisions)


def elaborate_statement(
    text: str,
    declare: Declare = None,
    *,
    layout: str = "denominator",
    bent: bool = False,
    options: ReadingOptions = AS_USUAL,
    calculus: Calculus | None = None,
    link: int = 0,
) -> Statement:
    """The typed sides of an equation, with symbols and sizes shared between them.

    The claimed side is read in the shape that the other has in ``layout`` where that fits, which
    settles the sizes of ``eye``, ``vector(1)`` and 0; a claimed side of another shape is no error
    here, nor one that has no shape at all (``misfit``). ``bent`` finds the kinds of both sides
    together instead, which tells what a claim that does not fit would have to mean. Of
    ``a = b = c`` the equation number ``link`` is read. Raises ParseError, ShapeError,
    UnknownFunctionError or LimitError, which know the text and the place in it.
    """

    def attempt(chosen: ReadingOptions) -> Attempt[Statement]:
        made = partial(_StatementReader, text, declare, layout, chosen, calculus, link)
        reader = made()

        def read() -> Statement:
            try:
                return reader.statement(bent)
            except _DoesNotFit as found:
                assert isinstance(found.__cause__, ShapeError)
                misfit = cast("ShapeError", reader.source.located(found.__cause__))
                return replace(made().lead(), misfit=misfit)

        return reader.attempted(read)

    return least(attempt, text, options)


class _DoesNotFit(Exception):
    """The claimed side does not fit the kinds and sizes of the other, for the reason that is its
    cause."""


@record(frozen=False)
class _SideTerm:
    term: t.Term
    wrt: tuple[str, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    """Of a differential: names, and the names of their changes."""
    order: int = 1


def _different(dimensions: list[Dimension]) -> set[Size | int]:
    """The sizes that differ, of one kind or the other; unknown ones by their place in memory, which
    nothing but the count depends on."""
    return {root if isinstance(root, Size) else id(root) for root in map(resolved, dimensions)}


def _names_derivative(side: Side, function: str) -> bool:
    """Whether a derivative of a function without a formula stands in a side."""
    expression = side if isinstance(side, e.Expr) else side.expression
    return any(function_of(symbol) == function for symbol in symbols_in(expression).values())


def _is_derivative(node: s.Syntax) -> bool:
    return isinstance(ungrouped(node), s.DerivativeOf | s.DifferentialOf)


class _StatementReader(EquationReader):
    """Reads both sides of a claim."""

    _lead: _SideTerm | None = None
    _claimed: _SideTerm | None = None
    _known: tuple[str, ...] = ()
    """The names in the leading side, once it is read."""

    def statement(self, bent: bool) -> Statement:
        """The whole of ``elaborate_statement``, without the text in its errors. Raises
        _DoesNotFit."""
        equation = self._with_steps(self._summed(self._equation()))
        turned, first, second = self._leading(equation)
        self.builder.sure_of_ones = 1 in (number_in(first), number_in(second))
        lead = self._lead = self._side(first)
        self._relate_arguments()
        if self._implied_by:
            self._change(self._implied_by)
        if not bent:
            super().infer_kinds(self.builder.constraints, list(self.scope.variables.values()))
        if isinstance(ungrouped(first), s.DifferentialOf):
            moves = self._all_moves(first) if number_in(second) == 0 else self._moves(first, second)
            self._lead = lead = replace(lead, moves=moves)
        self._known = tuple(self.scope.variables)
        self.builder.matrices_divide = False
        claimed = self._claimed = self._side(second)
        self._check_signs([first, second])
        self._check_calls(equation)
        try:
            self.solve([lead.term, claimed.term])
        except ShapeError as error:
            if bent:
                raise
            raise _DoesNotFit from error
        self.check_indices()
        construction = self.construction(self.symbols())
        sides = self._typed(lead, construction), self._filled(self._typed(claimed, construction))
        self._check_functions(sides, equation)
        return self._stated(sides, construction, turned)

    def _leading(self, equation: s.Equation) -> tuple[bool, s.Syntax, s.Syntax]:
        """Whether the right side is the one that is differentiated, that side, and the claimed
        one."""
        turned = _is_derivative(equation.right) and not _is_derivative(equation.left)
        return turned, *self._arrays(*((equation.right, equation.left) if turned else (equation.left, equation.right)))

    def _argument(self, name: str) -> t.Term:
        """What a function without a formula depends on. Raises UnknownFunctionError for an entry of
        what no term stands for."""
        if name not in self.scope.values and name not in self.scope.variables:
            function = next(one for one, names in self.scope.undefined.arguments.items() if name in names)
            raise not_defined(function, name, Span(0, len(self.text)))
        return super()._argument(name)

    def _relate_arguments(self) -> None:
        """What the leading side's functions without a formula depend on has a kind that they can be
        differentiated by."""
        layout, variables = self.builder.layout, self.scope.variables
        for name, arguments in self.scope.undefined.arguments.items():
            for argument in arguments:
                if name in variables and argument in variables:
                    cells = variables[name].cell, variables[argument].cell
                    derived = self.builder.cell(ANY, cells[0].span)
                    self.builder.relate(kind_relations.DerivativeBy(derived.span, layout, cells[0], [cells[1]], derived))

    def _check_functions(self, sides: tuple[Side, Side], equation: s.Equation) -> None:
        """Of a function without a formula the derivatives on one side are claimed to be derivatives
        on the other.

        Raises UnknownFunctionError where the formula would have to be known.
        """
        for name, arguments in self.scope.undefined.arguments.items():
            there = [_names_derivative(side, name) for side in sides]
            if there[0] != there[1]:
                raise not_defined(name, arguments[0], equation.span)
            if all(there):
                self.decisions.append(Decision(f"{name} is any function of {', '.join(arguments)}", "names"))

    def _stated(self, sides: tuple[Side, Side | None], construction: Construction, turned: bool) -> Statement:
        """The statement whose leading side and claimed one, which may have no shape, are these."""
        whole = self.result(_ZERO, construction)
        uncertain = "" if self.scope.undefined.certain else UNCERTAIN
        left, right = sides[::-1] if turned else sides
        return Statement(
            left,
            right,
            whole.symbols,
            whole.declarations,
            whole.decisions,
            whole.intermediates,
            turned=turned,
            text=whole.text,
            dialect=whole.dialect,
            given=whole.given,
            derived=whole.derived,
            links=self._links,
            evidence=self.builder.evidence,
            functions=self.functions,
            entries=self._entries,
            by_axes=self._by_axes,
            open_if_true=self._open_if_true,
            open_if_false=self._open_if_false or uncertain,
        )

    def _filled(self, claimed: Side) -> Side:
        """Zero in the shape of the other side, and for a vector any number:
        ``asin(x) + acos(x) = pi/2`` holds for every entry."""
        expected = self._expected()
        if expected is None or not isinstance(claimed, e.Expr):
            return claimed
        assert self._lead is not None
        if claimed is _ZERO:
            return filled(Fraction(0), expected.shape())
        number = not claimed.shape and not symbols_in(claimed)
        if number and not self._lead.wrt and expected.kind in (COLUMN, ROW):
            return e.Product((claimed, e.Ones(expected.shape())))
        return claimed

    def lead(self) -> Statement:
        """The statement with its leading side alone."""
        turned, first, _ = self._leading(self._summed(self._equation()))
        lead = self._lead = self._side(first)
        self.solve([lead.term])
        construction = self.construction(self.symbols())
        return self._stated((self._typed(lead, construction), None), construction, turned)

    def _check_signs(self, sides: list[s.Syntax]) -> None:
        """A lone d is no symbol unless it is declared, or what is differentiated by."""
        variable = self.scope.variables.get("d")
        by = [name for side in sides if isinstance(node := ungrouped(side), s.DerivativeOf) for name in node.wrt]
        if variable is not None and variable.mentioned and variable.declaration is None and "d" not in by:
            raise ParseError(
                "the d is not read: it begins no derivative here",
                span=variable.cell.span,
                suggestion="a derivative d(f)/dx, a differential d(f) = ... dX, or declare d",
            )

    def _side(self, node: s.Syntax) -> _SideTerm:
        node = ungrouped(node)
        if self.indexed:
            self.scope.here = written_names(walk(node))
        if isinstance(node, s.DifferentialOf):
            return _SideTerm(self.builder.build(node.body), order=node.order)
        if not isinstance(node, s.DerivativeOf) or not self._is_by_symbols(node):
            return _SideTerm(self.builder.build(node))
        term = self.builder.build(node.body)
        return _SideTerm(term, tuple([self._variable(name, node.span) for name in node.wrt]))

    def _is_by_symbols(self, node: s.DerivativeOf) -> bool:
        """Whether a derivative is one by symbols of what has a formula."""
        return (
            node.plain
            and self.scope.values.keys().isdisjoint(node.wrt)
            and (not self.scope.undefined.arguments or not self._names_functions(node.body))
        )

    def _variable(self, name: str, place: Span) -> str:
        """The symbol that is differentiated by."""
        name = self.of_family(name if name in self.scope.variables else array_of(self.scope, name))
        self.builder.check_variable(name, place)
        self.scope.variable(name, place)
        return name

    def _names_functions(self, body: s.Syntax) -> bool:
        """Whether a function without a formula stands in what is differentiated, or in the values
        of its names."""
        names = self._names_in(body)
        values = [self.scope.values[name] for name in sorted(names) if name in self.scope.values]
        inside = {term.name for term in t.postorder(*values) if isinstance(term, t.SymbolTerm)} if values else set()
        return not self.scope.undefined.arguments.keys().isdisjoint(names | inside)

    def _names_in(self, body: s.Syntax) -> set[str]:
        """The names in a text, and in the bodies of the functions that it names."""
        definitions = self.scope.definitions
        return set(
            names_in(*postordered([body], lambda one: [definitions[name].body for name in names_in(one) if name in definitions]))
        )

    def _typed(self, side: _SideTerm, construction: Construction) -> Side:
        built = construction.build(side.term)
        symbols = self.symbols()
        if side.moves:
            moves = tuple([(symbols[name], symbols[change]) for name, change in side.moves])
            return DifferentialSide(built, moves, side.order)
        if not side.wrt:
            return built
        construction.check_second(built, side.wrt, side.term.span)
        return DerivativeSide(built, tuple([symbols[name] for name in side.wrt]))

    # ------------------------------------------------------------ the shape wished for

    def _expected(self, sizes: SizeSystem | None = None) -> CellShape | None:
        """The shape that the claimed side should have; None when it is a derivative itself or the
        other has more than two axes."""
        assert self._lead is not None
        if self._claimed is None or self._claimed.wrt:
            return None
        by = [CellShape.of(self.scope.variables[name].cell) for name in self._lead.wrt]
        return shape_by_all(CellShape.of(self._lead.term.cell), by, self._layout, sizes or SizeSystem())

    def infer_kinds(self, constraints: list[Constraint], variables: list[Variable]) -> None:
        if self._claimed is None:
            super().infer_kinds(constraints, variables)
            return
        right = self._claimed.term.cell
        related = [cell for constraint in constraints for cell in constraint.cells]
        cells = dict.fromkeys([*related, *(variable.cell for variable in variables), right])
        before = [cell.mask for cell in cells]
        super().infer_kinds(constraints, variables)
        expected = self._expected()
        if expected is None or right.mask == expected.kind:
            return
        after = [cell.mask for cell in cells]
        _set_masks(cells, before)
        wish = kind_relations.InRelation(self._claimed.term.span, frozenset({(expected.kind,)}), "the derivative", right)
        try:
            infer_kinds([*constraints, wish], variables, self.builder.soft, self.builder.evidence, self.scope.bold)
        except Contradiction:
            _set_masks(cells, after)
        right.constraints.remove(wish)

    def _fitting(self, sizes: SizeSystem) -> tuple[CellShape | None, Cell]:
        """The shape wished for, where the claimed side is of that kind, and its cell."""
        assert self._lead is not None
        expected = self._expected(sizes)
        cell = (self._claimed or self._lead).term.cell
        return expected if expected is not None and expected.kind == cell.mask else None, cell

    def unify_sizes(self, sizes: SizeSystem) -> None:
        """Open sizes of the one side become those of the other, but no two of one side become
        one."""
        if self._by_axes:
            self._unify_axes(sizes)
            return
        expected, cell = self._fitting(sizes)
        if expected is None:
            return
        own = _sizes_of(self.scope.variables[name].cell for name in self._known)
        for pairs in (sizes.factorwise(cell.rows, expected.rows), sizes.factorwise(cell.cols, expected.cols)):
            among = [*own, *_sizes_of(self.cells), *chain.from_iterable(pairs)]
            before = len(_different(own))
            sizes.attempt(pairs, among, lambda before=before: len(_different(own)) == before)  # type: ignore[misc]

    def _unify_axes(self, sizes: SizeSystem) -> None:
        """The same of arrays with more axes than a matrix has."""
        if self._claimed is None or self._lead is None:
            return
        of_vector = {COLUMN: slice(0, 1), ROW: slice(1, 2)}
        cells = [self._lead.term.cell, *(self.scope.variables[name].cell for name in self._lead.wrt)]
        wanted = [axis for cell in cells for axis in cell.axes[of_vector.get(cell.mask, slice(None))]]
        found = self._claimed.term.cell.axes
        if len(wanted) == len(found):
            for pair in zip(found, wanted, strict=True):
                sizes.attempt([pair], [*_sizes_of(self.cells), *wanted])

    def expect_sizes(self, sizes: SizeSystem) -> None:
        expected, cell = self._fitting(sizes)
        if expected is None:
            return
        for rows, cols in ((expected.rows, expected.cols), (expected.cols, expected.rows)):
            if sizes.attempt(((cell.rows, rows), (cell.cols, cols)), _sizes_of(self.cells)):
                return


def _sizes_of(cells: Iterable[Cell]) -> list[Dimension]:
    return [size for cell in cells for size in (cell.rows, cell.cols)]


def _set_masks(cells: Iterable[Cell], masks: Iterable[int]) -> None:
    for cell, mask in zip(cells, masks, strict=True):
        cell.mask = mask
