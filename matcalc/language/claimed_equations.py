"""The equation that a statement claims: which one of a chain it is, its sums, its arrays, and what
changes in its differentials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import reduce
from itertools import pairwise
from typing import Literal

from matcalc.base.errors import ParseError, Span, UnknownFunctionError
from matcalc.base.lazy import pattern
from matcalc.base.records import replace
from matcalc.expr import nodes as e
from matcalc.language.build.commutators import innermost
from matcalc.language.build.scope import Variable, written_names
from matcalc.language.decisions import Calculus, Decision, ReadingOptions
from matcalc.language.declare.declared import Declaration, Declare
from matcalc.language.reader import Reader
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import Kinds
from matcalc.language.syntax.dependence import by_the_whole, ordered, undefined_functions
from matcalc.language.syntax.open_indices import lifted, with_sums
from matcalc.language.syntax.trees import differentiated_by, mapped, names_among, names_in, ungrouped, walk
from matcalc.language.syntax.written_arrays import entrywise, named_arrays
from matcalc.language.text.meanings import unknown_function, why_not
from matcalc.language.typing import constraints as c

_TIES = frozenset({"symmetric", "antisymmetric", "diagonal"})
_NAME_THE_CHANGES = "name the changes: d(X^-1) = -X^-1 dX X^-1"
UNCERTAIN = "it is false of some of the functions that have no formula here, and may be true of those that are meant"


class EquationReader(Reader):
    """Reads a text up to the two sides of the equation that it claims; ``link`` is its number of
    those that the text makes."""

    def __init__(
        self, text: str, declare: Declare, layout: str, options: ReadingOptions, calculus: Calculus | None, link: int
    ) -> None:
        super().__init__(text, declare, options=options, calculus=calculus)
        self._layout = self.builder.layout = layout
        self._by_axes = False
        self._entries: tuple[str, ...] = ()
        self._changes: dict[str, str] = {}
        self._link = link
        self._links: tuple[str, ...] = ()
        self._implied_by = ""
        """What a differential is by that implies a derivative."""
        self._open_if_true = self._open_if_false = ""

    def _equation(self) -> s.Equation:
        """The equation that is claimed."""
        written = self.parse()
        functions = frozenset(self.declared_functions)
        written = self._by_wholes(written, functions) if self.indexed else written
        self.scope.undefined = undefined_functions(written, functions, self.scope.labelled)
        program = ordered(written, claim=True, depends=self.scope.undefined.arguments)
        arrays = named_arrays({name.name: value for name, value in program.assignments}, self.scope.definitions)
        equation = self._linked(program)
        self.build_assignments(
            replace(program, assignments=tuple([pair for pair in program.assignments if pair[0].name not in arrays]))
        )
        if equation is not None:
            return self._undone(equation)
        match program.value:
            case s.Implication():
                return self._implied(program.value)
            case s.Definition(function=name, span=span):
                if why_not(name):
                    raise unknown_function(name, Span(span.start, span.start + len(name)))
                raise UnknownFunctionError(
                    f"{name} is defined here, and nothing is claimed", span=span, suggestion="f(x) = x'*A*x; ∇f(x) = (A + A')*x"
                )
            case value:
                raise ParseError("a statement has an equals sign", span=value.span, suggestion="d(x'*A*x)/dx = (A + A')*x")

    def _by_wholes(self, written: s.Program, functions: frozenset[str]) -> s.Program:
        """The program with derivatives by whole arrays in the place of those by entries."""
        whole = by_the_whole(written, frozenset(self.declarations), functions, self.scope.labelled, self._layout)
        self.scope.definitions |= {one.function: one for one in whole.program.definitions}
        for name in sorted(whole.vectors - self.declarations.keys()):
            self._declare(name, "vector")
        self._open_if_false = UNCERTAIN if whole.by_same else ""
        return whole.program

    def _linked(self, program: s.Program) -> s.Equation | None:
        """The equation that is to be read, of all that the text makes: of a chain, and between
        arrays that are written out."""
        assigned = {name.name: value for name, value in program.assignments}
        sides: tuple[s.Syntax, ...] = ()
        match program.value:
            case s.Equation(left=left, right=right):
                sides = left, right
            case s.Chain(sides=every):
                sides = self._without_new_name(every, assigned)
            case _:
                pass
        found: list[tuple[str, s.Equation]] = []
        for left, right in pairwise(sides):
            if 0 < self._link < len(found):
                break  # only the first of a chain tells of the others
            words = " = ".join([self.text[side.span.start : side.span.end].strip() for side in (left, right)])
            found += self._entrywise(words, s.Equation(Span(left.span.start, right.span.end), left, right), assigned)
        if len(found) > 1:
            self._links = tuple([words for words, _ in found])
        return found[self._link][1] if found else None

    def _entrywise(self, words: str, equation: s.Equation, assigned: Mapping[str, s.Syntax]) -> list[tuple[str, s.Equation]]:
        """An equation, or those for its entries; what they need is declared."""
        numbers = frozenset(name for name, said in self.declarations.items() if said.kind == "scalar" or said.shape == ())
        others = frozenset(self.declarations) - numbers | frozenset(self.scope.bold)
        pairs = self.scope.pairs
        asked = [pairs[node.span] for node in walk(equation, *assigned.values()) if node.span in pairs] if pairs else []
        if asked:
            raise innermost(asked).asked
        text = self.text if self.dialect in ("math", "latex") else ""
        by_entries = entrywise(equation, self.scope.definitions, assigned, Kinds(numbers, others), text)
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
            raise ParseError(
                f"{name} is no number: the derivatives of a function of several arrays are not written out entry by entry",
                span=place,
                suggestion=f"the derivative by {name} alone",
            )

    def _without_new_name(self, sides: tuple[s.Syntax, ...], values: Collection[str]) -> tuple[s.Syntax, ...]:
        """The sides without a name in front that stands nowhere else: ``H = ∇²f(x) = A + A'`` says
        what H is."""
        first, *others = sides
        known = {*self.scope.declarations, *values, *names_in(*others)}
        return tuple(others) if isinstance(first, s.Name) and first.name not in known else sides

    def _summed(self, equation: s.Equation) -> s.Equation:
        """The equation with the sums that are meant where indices stand twice and no sum is
        written."""
        known = frozenset([*self.declarations, *self.scope.values, *self.scope.member_values, *self.scope.labelled])
        found = with_sums(equation, self.index_letters, known) if self.indexed else None
        if found is None:
            return equation
        letters = ", ".join(found.letters)
        said = (
            f"no sum is written: products are summed over {letters}, which stand{'s' * (len(found.letters) == 1)} in them twice"
        )
        readings = (f"they are summed: write Σ_{found.letters[0]}", "each is a name of its own: declare them")
        self.decisions.append(Decision(said, "notation", "doubtful", equation.span, readings, choice="sum"))
        return found.equation

    def _undone(self, equation: s.Equation) -> s.Equation:
        """Of two differentials what they are of: where these are equal, they are."""
        left, right = ungrouped(equation.left), ungrouped(equation.right)
        if not isinstance(left, s.DifferentialOf) or not isinstance(right, s.DifferentialOf) or left.order != right.order:
            return equation
        self._open_if_false = "the differentials of functions that differ may be equal"
        return s.Equation(equation.span, left.body, right.body)

    def _implied(self, value: s.Implication) -> s.Equation:
        """What a differential implies: the derivative of it by the change of X is the derivative by
        X of what it is of."""
        left = ungrouped(value.conclusion.left)
        if not isinstance(left, s.DerivativeOf) or len(left.wrt) != 1 or not left.plain:
            raise ParseError(
                "a differential implies a first derivative", span=value.conclusion.left.span, suggestion="df = tr(A dX) ⇒ ∇f = A'"
            )
        self._implied_by = left.wrt[0]
        derivative = s.DerivativeOf(left.span, value.premise.right, (f"d{left.wrt[0]}",))
        return s.Equation(value.conclusion.span, derivative, value.conclusion.right)

    def _arrays(self, lead: s.Syntax, claimed: s.Syntax) -> tuple[s.Syntax, s.Syntax]:
        """The sides, those of an equation between entries as arrays."""
        indices = self.free_indices(lead, claimed) if self.indexed else ()
        self._open_if_false = self._open_if_false or self._at_the_end(indices, lead, claimed)
        if not indices:
            return lead, claimed
        both = lifted(ungrouped(lead), ungrouped(claimed), indices, self._layout, self.scope.values)
        self._entries = both.indices
        if both.by_axes:
            self._layout, self._by_axes = "tensor", True
        self.scope.written = written_names(walk(both.lead, both.claimed))
        return both.lead, both.claimed

    def _at_the_end(self, indices: tuple[str, ...], *sides: s.Syntax) -> str:
        """Why a claim with ``x_n`` is not refuted where n is a size: it may be the last entry."""
        sizes = {*self.scope.size_names, *self.scope.limits}
        names = names_in(*sides)
        parts = [name.rpartition("_") for name in names]
        found = [*indices, *[index for base, _, index in parts if base in names]]
        last = next((name for name in found if name in sizes), None)
        said = f"{last} is a size, and the entry with this number may be the last one"
        return "" if last is None else f"{said}, which is not read"

    def _with_steps(self, equation: s.Equation) -> s.Equation:
        """Differentials within an expression as derivatives in the direction of the changes."""
        sides = ungrouped(equation.left), ungrouped(equation.right)
        differentials = [node for node in walk(*sides) if isinstance(node, s.DifferentialOf)]
        inner = [node for node in differentials if node not in sides]
        if not inner:
            return equation
        moving = _moving(names_in(*sides), names_in(*[one.body for one in inner]))
        if not moving or any(node.order > 1 for node in differentials):
            raise ParseError("it is not said what changes in this differential", span=inner[0].span, suggestion=_NAME_THE_CHANGES)
        for name in moving:
            self._change(name)
        return s.Equation(equation.span, *[_stepwise(side, moving) for side in sides])

    def _moves(self, differential: s.Syntax, claimed: s.Syntax) -> tuple[tuple[str, str], ...]:
        """The names whose changes stand in the claimed side, with these. The changes have the
        shapes of what changes."""
        names = names_in(claimed)
        known = [name for name in self.scope.variables if f"d{name}" in names and f"d{name}" not in self.declarations]
        if not known:
            said = "a differential is claimed, and no change such as dX stands on the other side"
            raise ParseError(said, span=claimed.span, suggestion=_NAME_THE_CHANGES)
        for name in known:
            self._change(name)
        still = [name for name in self.scope.variables if name not in known and name not in self._changes]
        if still:
            said = (
                f"{', '.join(still)} {'is' if len(still) == 1 else 'are'} constant: no {', '.join('d' + name for name in still)}"
            )
            self.decisions.append(Decision(f"{said} stands in the claim", "notation", span=claimed.span))
        doubtful = next((name for name in still if self._may_change(name, known, differential)), "")
        if doubtful:
            said = f"it is not said whether {doubtful} is constant, and its change d{doubtful} does not stand in the claim"
            self._open_if_true = said
        return tuple([(name, f"d{name}") for name in known])

    def _may_change(self, name: str, moving: list[str], differential: s.Syntax) -> bool:
        """Whether what is differentiated are products of letters of one sort, of which some change:
        ``d(XY) = dX Y`` forgets dY."""
        variables = self.scope.variables
        names = names_in(differential)
        alike = all(_sort_of(one) == _sort_of(name) for one in names) and names.keys() <= {name, *moving}
        return alike and not self._is_constant(variables[name]) and variables[name].open

    def _all_moves(self, differential: s.Syntax) -> tuple[tuple[str, str], ...]:
        """A change of every symbol, for the claim that a differential is 0."""
        self._open_if_false = "the differential is not 0 where all its symbols change, and which of them do is not said"
        body = ungrouped(differential)
        inner = ungrouped(body.body) if isinstance(body, s.DifferentialOf) else body
        if isinstance(inner, s.Name) and inner.name not in self.scope.values:
            raise ParseError(
                f"this says that {inner.name} is constant, which is no claim",
                span=differential.span,
                suggestion=f"the derivative by a name, d({inner.name})/dX = 0",
            )
        names = [name for name, variable in self.scope.variables.items() if not self._is_constant(variable)]
        for name in names:
            self._change(name)
            self.scope.variables[f"d{name}"].mentioned = False
        return tuple([(name, f"d{name}") for name in names])

    def _change(self, name: str) -> None:
        """Gives the change of a symbol its shape."""
        cell = self.scope.variable(name, Span(0, 0)).cell
        change = self.scope.variable(f"d{name}", cell.span)
        change.cell.mask &= cell.mask
        change.follows = change.declaration is None
        self.builder.relate(c.SameShape(cell.span, cell, change.cell))
        self._changes[f"d{name}"] = name

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

    def _check_calls(self, equation: s.Equation) -> None:
        """A letter that stands only before brackets with one name, such as ``L(w)``, is a function
        that nobody defined."""
        nodes = walk(equation)
        called = [name for node in nodes if isinstance(node, s.Binary) and (name := _called(node, self.text)) is not None]
        known = {*self.declarations, *self.scope.values, *differentiated_by(nodes)}
        uses, calls = Counter(names_among(nodes)), Counter(names_among(called))
        for name in called:
            if name.name not in known and uses[name.name] == calls[name.name]:
                advice = (
                    f"{name.name} declared as a function (elementwise), its formula in its place, or {name.name}*x for a product"
                )
                raise UnknownFunctionError(f"{name.name} is a function that is not defined", span=name.span, suggestion=advice)


_REST_OF_COMMAND = pattern(r"(?:[A-Za-z]+\{\S*\})?['′’]*")


def _called(node: s.Binary, text: str) -> s.Name | None:
    """The name at once before brackets with one name in them, where a node is the product of
    these."""
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


def _stepwise(side: s.Syntax, moving: list[str]) -> s.Syntax:
    """A side with the derivatives along the changes for the differentials in it."""

    def changed(node: s.Syntax) -> s.Syntax:
        if not isinstance(node, s.DifferentialOf):
            return node
        steps: list[s.Syntax] = [
            s.DerivativeOf(node.span, node.body, (name,), along=(s.Name(node.span, f"d{name}"),)) for name in moving
        ]
        return s.Group(node.span, reduce(lambda one, other: s.Binary(node.span, "+", one, other, node.span), steps))

    return mapped(side, changed)


def _moving(names: Collection[str], inside: Collection[str]) -> list[str]:
    """The names whose changes are meant in differentials: those with a change in the text, or the
    only one inside."""
    found = [name for name in sorted(names) if f"d{name}" in names]
    return found or (sorted(inside) if len(inside) == 1 else [])


_SORTS = ("abcdefgh", "klmn", "pqrst", "uvwxyz")


def _sort_of(name: str) -> tuple[bool, int]:
    """Capital or not, and the part of the alphabet: letters of one sort are used for things of one
    kind."""
    letter = name[:1]
    return letter.isupper(), next(
        (k for k, letters in enumerate(_SORTS) if letter.lower() in letters and len(name.split("_")[0]) == 1), -1
    )
