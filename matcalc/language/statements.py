"""Statements such as ``d(x'Ax)/dx = (A + A')x``.

A claim does not define its own kinds: the side that is differentiated (of two formulas the left one) is read first, by declarations, use
and convention, and the other side, the claimed one, with the kinds that its names have then. Sizes that are still open are shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import partial, reduce
from itertools import pairwise
from typing import Literal, TypeAlias

from matcalc.base.errors import ParseError, ShapeError, Span, UnknownFunctionError
from matcalc.base.lazy import pattern
from matcalc.base.records import record, replace
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import symbols_in
from matcalc.language.build import terms as t
from matcalc.language.build.construction import Calculus, Construction, Derived, filled
from matcalc.language.build.scope import Variable, array_of, written_names
from matcalc.language.build.vanishing import function_of
from matcalc.language.decisions import AS_USUAL, Attempt, Decision, Dialect, ReadingOptions, least, notes_of
from matcalc.language.declare.declared import Declaration, Declare
from matcalc.language.elaboration import Elaborated, Reader, joined_or_apart
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.dependence import not_defined, ordered, undefined_functions
from matcalc.language.syntax.entry_derivatives import by_the_whole
from matcalc.language.syntax.open_indices import lifted, with_sums
from matcalc.language.syntax.trees import mapped, number_in, ungrouped, walk
from matcalc.language.syntax.written_arrays import Kinds, entrywise, named_arrays
from matcalc.language.typing import constraints as c
from matcalc.language.typing import kind_relations
from matcalc.language.typing.dimensions import Dimension, SizeSystem, resolved
from matcalc.language.typing.inference import infer_kinds
from matcalc.language.typing.kind_relations import CellShape, shape_by_all
from matcalc.language.typing.kinds import ANY, COLUMN, ROW, Cell, Constraint, Contradiction

_ZERO = e.Number(Fraction(0))
_TIES = frozenset({"symmetric", "antisymmetric", "diagonal"})


@record
class DerivativeSide:
    """A derivative as one side of a statement: of ``expression`` by each of ``wrt``, one symbol for each order."""

    expression: e.Expr
    wrt: tuple[e.Symbol, ...]

    @property
    def order(self) -> int:
        return len(self.wrt)


@record
class DifferentialSide:
    """The differential of ``expression`` where each symbol of ``moves`` changes by the one beside it; the other symbols are constant.

    ``order`` 2 is the second differential, in which the changes are constant.
    """

    expression: e.Expr
    moves: tuple[tuple[e.Symbol, e.Symbol], ...]
    order: int = 1


Side: TypeAlias = e.Expr | DerivativeSide | DifferentialSide


@record
class Statement:
    """``left = right``; symbols, declarations and decisions as in ``Elaborated``.

    Where the claimed side does not fit the kinds and sizes of the names in the other, it is None and ``misfit`` says why. ``turned``: the
    claimed side is the left one. ``derived`` as in ``Elaborated``. ``functions`` are those that the text defines.
    ``links`` say in words which equations ``a = b = c``, or one between arrays that are written out, makes where it makes several.
    ``evidence``: something in what was read shows vectors or matrices.
    ``entries`` are the indices of a statement about the entries of arrays, in the order of the axes that it was read with.
    ``by_axes``: its derivatives are arrays of entries, with the axes of what is differentiated first, in every layout. ``open_if_true``
    and ``open_if_false`` say why it would not be decided by being found true, or false, as it was read.
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

    The claimed side is read in the shape that the other has in ``layout`` where that fits, which settles the sizes of ``eye``,
    ``vector(1)`` and 0; a claimed side of another shape is no error here, nor one that has no shape at all (``misfit``). ``bent`` finds
    the kinds of both sides together instead, which tells what a claim that does not fit would have to mean. Of ``a = b = c`` the equation
    number ``link`` is read.
    Raises ParseError, ShapeError, UnknownFunctionError or LimitError, which know the text and the place in it.
    """

    def attempt(chosen: ReadingOptions) -> Attempt[Statement]:
        made = partial(_StatementReader, text, declare, layout, chosen, calculus, link)
        reader = made()

        def read() -> Statement:
            try:
                return reader.statement(bent)
            except _DoesNotFit as found:
                misfit = reader.source.located(found.error)
                assert isinstance(misfit, ShapeError)
                return replace(made().lead(), misfit=misfit)

        return reader.attempted(read)

    return least(lambda flipped: joined_or_apart(attempt, options.flipping(flipped)), text, options)


class _DoesNotFit(Exception):
    """The claimed side does not fit the kinds and sizes of the other."""

    def __init__(self, error: ShapeError) -> None:
        super().__init__()
        self.error = error


@record(frozen=False)
class _SideTerm:
    term: t.Term
    wrt: tuple[str, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    """Of a differential: names, and the names of their changes."""
    order: int = 1


def _different(dimensions: list[Dimension]) -> set[Size | int]:
    """The sizes that differ, of one kind or the other; unknown ones by their place in memory, which nothing but the count depends on."""
    return {root if isinstance(root, Size) else id(root) for root in map(resolved, dimensions)}


_REST_OF_COMMAND = pattern(r"(?:[A-Za-z]+\{\S*\})?['′’]*")


def _called(node: s.Binary, text: str) -> s.Name | None:
    """The name at once before brackets with one name in them, where a node is the product of these."""
    bracket: s.Syntax = node.right
    while isinstance(bracket, s.Transposed | s.Raised):
        bracket = bracket.operand if isinstance(bracket, s.Transposed) else bracket.base
    if node.operator != "*" or not isinstance(bracket, s.Group) or not isinstance(bracket.operand, s.Name):
        return None
    last: s.Syntax = node.left
    while isinstance(last, s.Binary):
        last = last.right
    while isinstance(last, s.Transposed):  # f'(x) of no f that is known
        last = last.operand
    adjacent = _REST_OF_COMMAND.fullmatch(text, last.span.end, max(bracket.span.start, last.span.end)) is not None
    return last if isinstance(last, s.Name) and adjacent else None


def _symbols_of(side: Side) -> tuple[e.Symbol, ...]:
    expression = side if isinstance(side, e.Expr) else side.expression
    return tuple(symbols_in(expression).values())


def _stepwise(side: s.Syntax, moving: list[str]) -> s.Syntax:
    """A side with the derivatives along the changes for the differentials in it."""

    def changed(node: s.Syntax) -> s.Syntax:
        if not isinstance(node, s.DifferentialOf):
            return node
        steps: list[s.Syntax] = [s.DerivativeOf(node.span, node.body, (name,), along=(s.Name(node.span, f"d{name}"),)) for name in moving]
        return s.Group(node.span, reduce(lambda one, other: s.Binary(node.span, "+", one, other, node.span), steps))

    return mapped(side, changed)


_UNCERTAIN = "it is false of some of the functions that have no formula here, and may be true of those that are meant"
_SORTS = ("abcdefgh", "klmn", "pqrst", "uvwxyz")


def _sort_of(name: str) -> tuple[bool, int]:
    """Capital or not, and the part of the alphabet: letters of one sort are used for things of one kind."""
    letter = name[:1]
    return letter.isupper(), next((k for k, letters in enumerate(_SORTS) if letter.lower() in letters and len(name.split("_")[0]) == 1), -1)


def _is_zero(node: s.Syntax) -> bool:
    return number_in(node) == 0


def _is_derivative(node: s.Syntax) -> bool:
    return isinstance(ungrouped(node), s.DerivativeOf | s.DifferentialOf)


class _StatementReader(Reader):
    def __init__(
        self,
        text: str,
        declare: Declare,
        layout: str,
        options: ReadingOptions,
        calculus: Calculus | None,
        link: int,
    ) -> None:
        super().__init__(text, declare, options=options, calculus=calculus)
        self._layout = self.builder.layout = layout
        self._by_axes = False
        self._entries: tuple[str, ...] = ()
        self._lead: _SideTerm | None = None
        self._claimed: _SideTerm | None = None
        self._changes: dict[str, str] = {}
        self._known: tuple[str, ...] = ()
        """The names in the leading side, once it is read."""
        self._link = link
        self._links: tuple[str, ...] = ()
        self._implied_by = ""
        """What a differential is by that implies a derivative."""
        self._open_if_true = self._open_if_false = ""

    def statement(self, bent: bool) -> Statement:
        """The whole of ``elaborate_statement``, without the text in its errors. Raises _DoesNotFit."""
        equation = self._with_steps(self._summed(self._equation()))
        turned = _is_derivative(equation.right) and not _is_derivative(equation.left)
        first, second = self._arrays(*((equation.right, equation.left) if turned else (equation.left, equation.right)))
        lead = self._lead = self._side(first)
        self._relate_arguments()
        if self._implied_by:
            self._change(self._implied_by)
        if not bent:
            super().infer_kinds(self.builder.constraints, list(self.scope.variables.values()))
        if isinstance(ungrouped(first), s.DifferentialOf):
            moves = self._all_moves(first) if _is_zero(second) else self._moves(first, second)
            self._lead = lead = replace(lead, moves=moves)
        self._known = tuple(self.scope.variables)
        self.builder.matrices_divide = False
        claimed = self._claimed = self._side(second)
        self._check_signs([first, second])
        self._check_calls(equation)
        try:
            self.solve([lead.term, claimed.term])
        except ShapeError as error:
            raise error if bent else _DoesNotFit(error) from None
        self.check_indices()
        symbols = self.symbols()
        construction = self.construction(symbols)
        sides = self._typed(lead, construction), self._typed(claimed, construction)
        expected = self._expected()
        if expected is not None and isinstance(sides[1], e.Expr):
            sides = sides[0], self._filled(sides[1], expected)
        left, right = sides[::-1] if turned else sides
        self._check_functions(sides, equation)
        whole = self.result(_ZERO, construction)
        return self._stated(left, right, symbols, whole, turned)

    def _argument(self, name: str) -> t.Term:
        """What a function without a formula depends on. Raises UnknownFunctionError for an entry of what no term stands for."""
        if name not in self.scope.values and name not in self.scope.variables:
            function = next(one for one, names in self.scope.undefined.arguments.items() if name in names)
            raise not_defined(function, name, Span(0, len(self.text)))
        return super()._argument(name)

    def _relate_arguments(self) -> None:
        """What the leading side's functions without a formula depend on has a kind that they can be differentiated by."""
        layout, variables = self.builder.layout, self.scope.variables
        for name, arguments in self.scope.undefined.arguments.items():
            for argument in arguments:
                if name in variables and argument in variables:
                    cells = variables[name].cell, variables[argument].cell
                    derived = self.builder.cell(ANY, cells[0].span)
                    self.builder.relate(kind_relations.DerivativeBy(derived.span, layout, cells[0], [cells[1]], derived))

    def _check_functions(self, sides: tuple[Side, Side], equation: s.Equation) -> None:
        """Of a function without a formula the derivatives on one side are claimed to be derivatives on the other.

        Raises UnknownFunctionError where the formula would have to be known.
        """
        for name, arguments in self.scope.undefined.arguments.items():
            there = [any(function_of(symbol) == name for symbol in _symbols_of(side)) for side in sides]
            if there[0] != there[1]:
                raise not_defined(name, arguments[0], equation.span)
            if all(there):
                self.decisions.append(Decision(f"{name} is any function of {', '.join(arguments)}", "names"))

    def _stated(self, left: Side | None, right: Side | None, symbols: Mapping[str, e.Symbol], whole: Elaborated, turned: bool) -> Statement:
        text, dialect, given = whole.text, whole.dialect, whole.given
        parts = (whole.declarations, whole.decisions, whole.intermediates)
        uncertain = "" if self.scope.undefined.certain else _UNCERTAIN
        found = Statement(left, right, symbols, *parts, None, turned, text, dialect, given, whole.derived, self._links)
        return replace(
            found,
            evidence=self.builder.evidence,
            functions=self.functions,
            entries=self._entries,
            by_axes=self._by_axes,
            open_if_true=self._open_if_true,
            open_if_false=self._open_if_false or uncertain,
        )

    def _arrays(self, lead: s.Syntax, claimed: s.Syntax) -> tuple[s.Syntax, s.Syntax]:
        """The sides, those of an equation between entries as arrays."""
        indices = self.free_indices(lead, claimed) if self.indexed else ()
        if not indices:
            return lead, claimed
        both = lifted(ungrouped(lead), ungrouped(claimed), indices, self._layout, self.scope.values)
        self._entries = both.indices
        if both.by_axes:
            self._layout, self._by_axes = "tensor", True
        self.scope.written = written_names(walk(both.lead, both.claimed))
        return both.lead, both.claimed

    def _filled(self, claimed: e.Expr, expected: CellShape) -> e.Expr:
        """Zero in the shape of the other side, and for a vector any number: ``asin(x) + acos(x) = pi/2`` holds for every entry."""
        assert self._lead is not None
        if claimed is _ZERO:
            return filled(Fraction(0), expected.shape())
        number = not claimed.shape and not symbols_in(claimed)
        if number and not self._lead.wrt and expected.kind in (COLUMN, ROW):
            return e.Product((claimed, e.Ones(expected.shape())))
        return claimed

    def lead(self) -> Statement:
        """The statement with its leading side alone."""
        equation = self._summed(self._equation())
        turned = _is_derivative(equation.right) and not _is_derivative(equation.left)
        first, _ = self._arrays(*((equation.right, equation.left) if turned else (equation.left, equation.right)))
        lead = self._lead = self._side(first)
        self.solve([lead.term])
        construction = self.construction(self.symbols())
        typed = self._typed(lead, construction)
        whole = self.result(_ZERO, construction)
        left, right = (None, typed) if turned else (typed, None)
        return self._stated(left, right, self.symbols(), whole, turned)

    def _moves(self, differential: s.Syntax, claimed: s.Syntax) -> tuple[tuple[str, str], ...]:
        """The names whose changes stand in the claimed side, with these. The changes have the shapes of what changes."""
        names = dict.fromkeys(node.name for node in walk(claimed) if isinstance(node, s.Name))
        known = [name for name in self.scope.variables if f"d{name}" in names and f"d{name}" not in self.declarations]
        if not known:
            advice = "name the changes: d(X^-1) = -X^-1 dX X^-1"
            raise ParseError(
                "a differential is claimed, and no change such as dX stands on the other side", span=claimed.span, suggestion=advice
            )
        for name in known:
            self._change(name)
        still = [name for name, variable in self.scope.variables.items() if name not in known and name not in self._changes]
        if still:
            verb = "is" if len(still) == 1 else "are"
            said = f"{', '.join(still)} {verb} constant: no {', '.join('d' + name for name in still)} stands in the claim"
            self.decisions.append(Decision(said, "notation", span=claimed.span))
        doubtful = [name for name in still if self._may_change(name, known, differential)]
        if doubtful:
            self._open_if_true = (
                f"it is not said whether {doubtful[0]} is constant, and its change d{doubtful[0]} does not stand in the claim"
            )
        return tuple([(name, f"d{name}") for name in known])

    def _may_change(self, name: str, moving: list[str], differential: s.Syntax) -> bool:
        """Whether what is differentiated are products of letters of one sort, of which some change: ``d(XY) = dX Y`` forgets dY."""
        variables = self.scope.variables
        names = {node.name for node in walk(differential) if isinstance(node, s.Name)}
        alike = all(_sort_of(one) == _sort_of(name) for one in names) and names <= {name, *moving}
        return alike and not self._is_constant(variables[name]) and variables[name].open

    def _change(self, name: str) -> None:
        """Gives the change of a symbol its shape."""
        cell = self.scope.variable(name, Span(0, 0)).cell
        change = self.scope.variable(f"d{name}", cell.span)
        change.cell.mask &= cell.mask
        change.follows = change.declaration is None
        self.builder.relate(c.SameShape(cell.span, cell, change.cell))
        self._changes[f"d{name}"] = name

    def _all_moves(self, differential: s.Syntax) -> tuple[tuple[str, str], ...]:
        """A change of every symbol, for the claim that a differential is 0."""
        self._open_if_false = "the differential is not 0 where all its symbols change, and which of them do is not said"
        body = ungrouped(differential)
        inner = ungrouped(body.body) if isinstance(body, s.DifferentialOf) else body
        if isinstance(inner, s.Name) and inner.name not in self.scope.values:
            advice = f"the derivative by a name, d({inner.name})/dX = 0"
            raise ParseError(f"this says that {inner.name} is constant, which is no claim", span=differential.span, suggestion=advice)
        names = [name for name, variable in self.scope.variables.items() if not self._is_constant(variable)]
        for name in names:
            self._change(name)
            self.scope.variables[f"d{name}"].mentioned = False
        return tuple([(name, f"d{name}") for name in names])

    @staticmethod
    def _is_constant(variable: Variable) -> bool:
        return variable.declaration is not None and "constant" in variable.declaration.properties

    def symbols(self) -> dict[str, e.Symbol]:
        """The typed symbols; a change has the ties between entries of what changes."""
        found = super().symbols()
        for change, name in self._changes.items():
            if change in found:
                found[change] = e.Symbol(change, found[change].shape, found[name].properties & _TIES)
        return found

    def _check_signs(self, sides: list[s.Syntax]) -> None:
        """A lone d is no symbol unless it is declared, or what is differentiated by."""
        variable = self.scope.variables.get("d")
        by = [name for side in sides if isinstance(node := ungrouped(side), s.DerivativeOf) for name in node.wrt]
        if variable is not None and variable.mentioned and variable.declaration is None and "d" not in by:
            advice = "a derivative d(f)/dx, a differential d(f) = ... dX, or declare d"
            raise ParseError("the d is not read: it begins no derivative here", span=variable.cell.span, suggestion=advice)

    def _check_calls(self, equation: s.Equation) -> None:
        """A letter that stands only before brackets with one name, such as ``L(w)``, is a function that nobody defined."""
        nodes = walk(equation)
        called = [name for node in nodes if isinstance(node, s.Binary) and (name := _called(node, self.text)) is not None]
        if not called:
            return
        differentiated = {name for node in nodes if isinstance(node, s.DerivativeOf) for name in node.wrt}
        uses = Counter(node.name for node in nodes if isinstance(node, s.Name))
        calls = Counter(name.name for name in called)
        for name in called:
            known = name.name in self.declarations or name.name in self.scope.values or name.name in differentiated
            if not known and uses[name.name] == calls[name.name]:
                advice = f"{name.name} declared as a function (elementwise), its formula in its place, or {name.name}*x for a product"
                raise UnknownFunctionError(f"{name.name} is a function that is not defined", span=name.span, suggestion=advice)

    def _equation(self) -> s.Equation:
        written = self.parse()
        functions = frozenset([name for name, said in self.declarations.items() if said.kind == "function"])
        if self.indexed:
            whole = by_the_whole(written, frozenset(self.declarations), functions, self.scope.labelled, self._layout)
            written = whole.program
            self.scope.definitions |= {one.function: one for one in written.definitions}
            for name in sorted(whole.vectors - self.declarations.keys()):
                self._declare(name, "vector")
            self._open_if_false = _UNCERTAIN if whole.by_same else ""
        self.scope.undefined = undefined_functions(written, functions, self.scope.labelled)
        program = ordered(written, claim=True, depends=self.scope.undefined.arguments)
        arrays = named_arrays({name.name: value for name, value in program.assignments}, self.scope.definitions)
        equation = self._linked(program)
        self.build_assignments(replace(program, assignments=tuple([pair for pair in program.assignments if pair[0].name not in arrays])))
        if equation is not None:
            return self._undone(equation)
        match program.value:
            case s.Implication():
                return self._implied(program.value)
            case s.Definition(function=name, span=span):
                advice = "f(x) = x'*A*x; ∇f(x) = (A + A')*x"
                raise UnknownFunctionError(f"{name} is defined here, and nothing is claimed", span=span, suggestion=advice)
            case value:
                raise ParseError("a statement has an equals sign", span=value.span, suggestion="d(x'*A*x)/dx = (A + A')*x")

    def _linked(self, program: s.Program) -> s.Equation | None:
        """The equation that is to be read, of all that the text makes: of a chain, and between arrays that are written out."""
        value = program.value
        sides = (value.left, value.right) if isinstance(value, s.Equation) else value.sides if isinstance(value, s.Chain) else ()
        if isinstance(value, s.Chain):
            sides = self._without_new_name(sides, {name.name for name, _ in program.assignments})
        found: list[tuple[str, s.Equation]] = []
        for left, right in pairwise(sides):
            words = " = ".join(self.text[side.span.start : side.span.end].strip() for side in (left, right))
            assigned = {name.name: value for name, value in program.assignments}
            found += self._entrywise(words, s.Equation(Span(left.span.start, right.span.end), left, right), assigned)
        if len(found) > 1:
            self._links = tuple([words for words, _ in found])
        return found[self._link][1] if found else None

    def _entrywise(self, words: str, equation: s.Equation, assigned: Mapping[str, s.Syntax]) -> list[tuple[str, s.Equation]]:
        """An equation, or those for its entries; what they need is declared."""
        numbers = frozenset(name for name, said in self.declarations.items() if said.kind == "scalar" or said.shape == ())
        others = frozenset(self.declarations) - numbers | frozenset(self.scope.bold)
        by_entries = entrywise(equation, self.scope.definitions, assigned, Kinds(numbers, others))
        if by_entries is None:
            return [(words, equation)]
        self.scope.definitions |= {one.function: one for one in by_entries.definitions}
        for name in by_entries.numbers:
            self._declare_number(name, equation.span)
        return [(entry.place, entry.equation) for entry in by_entries.entries]

    def _declare(self, name: str, kind: Literal["scalar", "vector"]) -> None:
        self.declarations[name] = Declaration(name, kind, () if kind == "scalar" else None)
        self.scope.declarations = {**self.scope.declarations, name: self.declarations[name]}

    def _declare_number(self, name: str, place: Span) -> None:
        declaration = self.declarations.get(name)
        if declaration is None:
            self._declare(name, "scalar")
        elif declaration.kind != "scalar" and declaration.shape != ():
            said = f"{name} is no number: the derivatives of a function of several arrays are not written out entry by entry"
            raise ParseError(said, span=place, suggestion=f"the derivative by {name} alone")

    def _summed(self, equation: s.Equation) -> s.Equation:
        """The equation with the sums that are meant where indices stand twice and no sum is written."""
        known = frozenset([*self.declarations, *self.scope.values, *self.scope.member_values, *self.scope.labelled])
        found = with_sums(equation, self.index_letters, known) if self.indexed else None
        if found is None:
            return equation
        letters = ", ".join(found.letters)
        said = f"no sum is written: products are summed over {letters}, which stand{'s' * (len(found.letters) == 1)} in them twice"
        readings = (f"they are summed: write Σ_{found.letters[0]}", "each is a name of its own: declare them")
        self.decisions.append(Decision(said, "notation", "doubtful", equation.span, readings))
        return found.equation

    def _undone(self, equation: s.Equation) -> s.Equation:
        """Of two differentials what they are of: where these are equal, they are."""
        left, right = ungrouped(equation.left), ungrouped(equation.right)
        if not isinstance(left, s.DifferentialOf) or not isinstance(right, s.DifferentialOf) or left.order != right.order:
            return equation
        self._open_if_false = "the differentials of functions that differ may be equal"
        return s.Equation(equation.span, left.body, right.body)

    def _with_steps(self, equation: s.Equation) -> s.Equation:
        """Differentials within an expression as derivatives in the direction of the changes."""
        sides = ungrouped(equation.left), ungrouped(equation.right)
        nodes = walk(*sides)
        inner = [node for node in nodes if isinstance(node, s.DifferentialOf) and node not in sides]
        if not inner:
            return equation
        names = {node.name for node in nodes if isinstance(node, s.Name)}
        moving = [name for name in sorted(names) if f"d{name}" in names]
        if not moving:
            inside = {node.name for one in inner for node in walk(one.body) if isinstance(node, s.Name)}
            moving = sorted(inside) if len(inside) == 1 else []
        if not moving or any(node.order > 1 for node in nodes if isinstance(node, s.DifferentialOf)):
            advice = "name the changes: d(X^-1) = -X^-1 dX X^-1"
            raise ParseError("it is not said what changes in this differential", span=inner[0].span, suggestion=advice)
        for name in moving:
            self._change(name)
        return s.Equation(equation.span, *[_stepwise(side, moving) for side in sides])

    def _without_new_name(self, sides: tuple[s.Syntax, ...], values: Collection[str]) -> tuple[s.Syntax, ...]:
        """The sides without a name in front that stands nowhere else: ``H = ∇²f(x) = A + A'`` says what H is."""
        first, *others = sides
        known = isinstance(first, s.Name) and (first.name in self.scope.declarations or first.name in values)
        used = isinstance(first, s.Name) and any(
            isinstance(node, s.Name) and node.name == first.name for other in others for node in walk(other)
        )
        return sides if known or used or not isinstance(first, s.Name) else tuple(others)

    def _implied(self, value: s.Implication) -> s.Equation:
        """What a differential implies: the derivative of it by the change of X is the derivative by X of what it is of."""
        left = ungrouped(value.conclusion.left)
        if not isinstance(left, s.DerivativeOf) or len(left.wrt) != 1 or not left.plain:
            advice = "df = tr(A dX) ⇒ ∇f = A'"
            raise ParseError("a differential implies a first derivative", span=value.conclusion.left.span, suggestion=advice)
        self._implied_by = left.wrt[0]
        derivative = s.DerivativeOf(left.span, value.premise.right, (f"d{left.wrt[0]}",))
        return s.Equation(value.conclusion.span, derivative, value.conclusion.right)

    def _side(self, node: s.Syntax) -> _SideTerm:
        node = ungrouped(node)
        if self.indexed:
            self.scope.here = written_names(walk(node))
        if isinstance(node, s.DifferentialOf):
            return _SideTerm(self.builder.build(node.body), order=node.order)
        if not isinstance(node, s.DerivativeOf) or not node.plain or any(name in self.scope.values for name in node.wrt):
            return _SideTerm(self.builder.build(node))
        if self.scope.undefined.arguments and self._names_functions(node.body):
            return _SideTerm(self.builder.build(node))
        term = self.builder.build(node.body)
        wrt = tuple([self.of_family(name if name in self.scope.variables else array_of(self.scope, name)) for name in node.wrt])
        for name in wrt:
            declaration = self.declarations.get(name)
            if declaration is None and name not in self.scope.variables:
                names = ", ".join(self.scope.variables)
                raise ParseError(f"{name} does not occur in the expression", span=node.span, expected=names or None)
            if declaration is not None and declaration.kind == "function":
                raise ParseError(f"{name} is declared as a function", span=node.span)
            self.scope.variable(name, node.span)
        return _SideTerm(term, wrt)

    def _names_functions(self, body: s.Syntax) -> bool:
        """Whether a function without a formula stands in what is differentiated, or in the values of its names."""
        names = self._names_in(body)
        values = [self.scope.values[name] for name in sorted(names) if name in self.scope.values]
        inside = {term.name for term in t.postorder(*values) if isinstance(term, t.SymbolTerm)} if values else set()
        return not self.scope.undefined.arguments.keys().isdisjoint(names | inside)

    def _names_in(self, body: s.Syntax) -> set[str]:
        """The names in a text, and in the bodies of the functions that it names."""
        found: set[str] = set()
        waiting = [body]
        while waiting:
            new = {node.name for node in walk(waiting.pop()) if isinstance(node, s.Name)} - found
            found |= new
            waiting += [self.scope.definitions[name].body for name in sorted(new) if name in self.scope.definitions]
        return found

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
        """The shape that the claimed side should have; None when it is a derivative itself or the other has more than two axes."""
        assert self._lead is not None
        if self._claimed is None or self._claimed.wrt:
            return None
        by = [CellShape.of(self.scope.variables[name].cell) for name in self._lead.wrt]
        return shape_by_all(CellShape.of(self._lead.term.cell), by, self._layout, sizes or SizeSystem())

    def infer_kinds(self, constraints: list[Constraint], variables: list[Variable]) -> None:
        if self._claimed is None:
            super().infer_kinds(constraints, variables)
            return
        cells = dict.fromkeys(cell for constraint in constraints for cell in constraint.cells)
        cells |= dict.fromkeys([variable.cell for variable in variables] + [self._claimed.term.cell])
        before = {cell: cell.mask for cell in cells}
        super().infer_kinds(constraints, variables)
        expected = self._expected()
        right = self._claimed.term.cell
        if expected is None or right.mask == expected.kind:
            return
        after = {cell: cell.mask for cell in cells}
        for cell, mask in before.items():
            cell.mask = mask
        wish = kind_relations.InRelation(self._claimed.term.span, frozenset({(expected.kind,)}), "the derivative", right)
        try:
            infer_kinds([*constraints, wish], variables, self.builder.soft, self.builder.evidence, self.scope.bold)
        except Contradiction:
            for cell, mask in after.items():
                cell.mask = mask
        right.constraints.remove(wish)

    def unify_sizes(self, sizes: SizeSystem) -> None:
        """Open sizes of the one side become those of the other, but no two of one side become one."""
        if self._by_axes:
            self._unify_axes(sizes)
            return
        expected = self._expected(sizes)
        if self._claimed is None or expected is None or expected.kind != self._claimed.term.cell.mask:
            return
        cell = self._claimed.term.cell
        own = [size for name in self._known for size in (self.scope.variables[name].cell.rows, self.scope.variables[name].cell.cols)]
        for pairs in (sizes.factorwise(cell.rows, expected.rows), sizes.factorwise(cell.cols, expected.cols)):
            among = [*own, *self._open_sizes(), *(size for pair in pairs for size in pair)]
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
                sizes.attempt([pair], [*self._open_sizes(), *wanted])

    def _open_sizes(self) -> list[Dimension]:
        return [size for cell in self.cells for size in (cell.rows, cell.cols)]

    def expect_sizes(self, sizes: SizeSystem) -> None:
        expected = self._expected(sizes)
        if self._claimed is None or expected is None or expected.kind != self._claimed.term.cell.mask:
            return
        cell: Cell = self._claimed.term.cell
        for rows, cols in ((expected.rows, expected.cols), (expected.cols, expected.rows)):
            if sizes.attempt(((cell.rows, rows), (cell.cols, cols)), self._open_sizes()):
                return
