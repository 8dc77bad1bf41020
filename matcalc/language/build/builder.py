"""Syntax tree to terms: names are resolved, operators put their relations between cells. No recursion over the depth of the text."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never, cast

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError, ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.records import replace
from matcalc.base.sizes import ONE, Size
from matcalc.language.build import terms as t
from matcalc.language.build.assembly import Assembly
from matcalc.language.build.scope import COLUMNS, Scope, array_of, capital_of, letter_class
from matcalc.language.decisions import Weight
from matcalc.language.declare.declared import index_of
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import walk
from matcalc.language.text.dialects import MATH, Written
from matcalc.language.text.spelling import ONES
from matcalc.language.text.vocabulary import NAMES_TOO
from matcalc.language.typing import constraints as c
from matcalc.language.typing.costs import COUNT_LETTERS, DIVIDING_COUNTS
from matcalc.language.typing.dimensions import Dimension, Unknown
from matcalc.language.typing.kinds import ANY, COLUMN, KINDS, MATRIX, ROW, SCALAR, Cell, Constraint

if TYPE_CHECKING:
    from matcalc.language.syntax import open_indices
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")
    open_indices = later("matcalc.language.syntax.open_indices")
    kind_relations = later("matcalc.language.typing.kind_relations")


ONE_VALUE = Fraction(1)
_DEEPEST_BODIES = 16
"""How deep the functions defined in a text may call each other."""
_DEEPEST_GIVEN = 16
"""How deep values that are given for each index may need each other."""
_CONSTANT_ARRAYS = frozenset(["I", "eye", "ones", "zeros", ONES])


_LEAVES = frozenset([s.Name, s.NumberLiteral])
_SCOPED = frozenset([s.Applied, s.NormBars, s.Bars, s.Transposed, s.Summation])
"""What its parts see: indices, and whether they are summed up."""


class Builder(Assembly):
    """Builds the terms of one text from its syntax tree."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.depth = 0
        """How many definitions deep the builder is."""
        self.users_functions: dict[str, None] = {}
        self.matrices_divide = True
        """Whether ``A/B`` may be A B⁻¹ outside of MATLAB, too; a claim in mathematics that divides by a matrix is none."""
        self._opened_bodies = 0
        self._giving = 0
        self._given: dict[tuple[str, tuple[int | t.BoundIndex, ...]], t.Term | None] = {}
        """The values that are given for each index, where they stand; None while they are built."""
        self._opened_indices: list[tuple[str, ...]] = []
        """The indices that what is being built binds, innermost last."""
        self._summed_up: list[bool] = [False]
        """Whether what is built is summed up entry by entry, innermost last."""
        self._rows: dict[t.Term, t.Term] = {}
        """Rows ``X[i,:]``, with the vectors that they are transposes of."""
        self.written = MATH
        self.layout = "denominator"
        """That of derivatives within an expression."""
        self.otherwise: frozenset[str] = frozenset()
        """Choices that are taken the other way than usual."""

    def read_as(self, written: Written) -> None:
        """Says what the text is written in."""
        self.written = written
        self.lying = True if written.arrays else None
        if written.arrays:
            self.evidence = True

    # ------------------------------------------------------------ the walk

    def build(self, root: s.Syntax, place: Span | None = None) -> t.Term:
        """The term of a syntax tree; ``place`` overrides all spans (for definitions)."""
        outer, self._place = self._place, place or self._place
        done: list[t.Term] = []
        stack: list[tuple[s.Syntax, list[s.Syntax] | None]] = [(root, None)]
        while stack:
            node, operands = stack.pop()
            if type(node) in _LEAVES:
                done.append(self._make(cast("s.SyntaxNode", node), []))
            elif operands is None:
                node = open_indices.as_array(node, self.scope) if isinstance(node, s.Entries) else node
                operands = self._operands(node)
                stack.append((node, operands))
                stack += [(operand, None) for operand in reversed(operands)]
                if type(node) in _SCOPED:
                    self._enter(node)
            else:
                start = len(done) - len(operands)
                made = self._make(cast("s.SyntaxNode", node), done[start:])
                del done[start:]
                done.append(made)
                if type(node) in _SCOPED:
                    self._leave(node)
        self._place = outer
        return done[0]

    def _operands(self, node: s.Syntax) -> list[s.Syntax]:
        """The parts of a node that become operands; chains of one operator are gathered from the left."""
        match node:
            case s.Binary(operator="+" | "-"):
                return [part for part, _ in _spine(node, ("+", "-"))]
            case s.Binary(operator="*", left=left, right=right, operator_span=sign) if self._starred(sign):
                return [left, right]
            case s.Binary(operator="*" | ".*" | "⊗" as operator):
                return [part for part, _ in _spine(node, (operator,))]
            case s.Binary(left=left, right=right):
                return [left, right]
            case s.Raised(base=s.Name(name="e"), exponent=exponent) if self._is_euler():
                return [exponent]
            case s.Raised() if self._is_part(node):
                return []
            case s.Raised(base=base, exponent=exponent):
                return [base, exponent]
            case s.Entries(operand=s.Name()):
                return []
            case s.Group() | s.Minus() | s.Transposed() | s.Entries() | s.Bars():
                return [node.operand]
            case s.Summation():
                return [node.body]
            case s.DerivativeOf():
                return [part for part in ((None if node.point else node.body), node.point, *node.along) if part is not None]
            case s.NormBars(operand=operand, subscript=subscript):
                return [operand] if subscript is None or _fixed_subscript(node, self.scope) else [operand, subscript]
            case s.Applied():
                return self.argument_terms(node)
            case _:
                return []

    def argument_terms(self, node: s.Applied) -> list[s.Syntax]:
        raise NotImplementedError

    def call(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        raise NotImplementedError

    def sums_up(self, node: s.Applied, outer: bool) -> bool:
        """Whether the arguments of a call are summed up entry by entry; ``outer``: its value is."""
        raise NotImplementedError

    def numbered_norm(self, order: int) -> str:
        """``norm(x, 1)`` and ``norm(x, 2)``, which of a matrix is the spectral norm, except in Julia."""
        if order == 1:
            return "columns" if self.written.dialect in ("matlab", "numpy") else "1"
        return "2" if self.written.dialect == "julia" else "induced"

    def summed_index(self, node: s.Applied) -> str | None:
        """The index of ``sum(i, body)``, which hides a symbol of that name: a second argument has no other meaning."""
        if node.function != "sum" or len(node.arguments) != 2:
            return None
        index, body = node.arguments
        if not isinstance(index, s.Name) or isinstance(body, s.Word | s.Keyword) or _is_axis(index.name, body):
            return None
        return index.name

    def array_indices(self, node: s.Applied) -> tuple[str, ...]:
        """The indices of ``tensor(i, k, body)``.

        Raises ParseError for what cannot be one.
        """
        if node.function != "tensor":
            return ()
        names = [name.name for name in node.arguments[:-1] if isinstance(name, s.Name) and name.name not in self.scope.declarations]
        if not 0 < len(names) < 5 or len(names) != len(node.arguments) - 1 or len(set(names)) < len(names):
            expected = "one to four different indices that are no declared names, and a scalar"
            message = "tensor(...) makes an array of entries"
            raise ParseError(message, span=node.span, expected=expected, suggestion="tensor(i, j, X[i,j]*y[j])")
        return tuple(names)

    def _enter(self, node: s.Syntax) -> None:
        limits: dict[str, str] = {}
        if isinstance(node, s.Summation):
            limits = dict(node.limits)
            # In Σ_i Σ_{j≠i} the second sum is one over j.
            related = {name for relation in node.relations for name in relation}
            names = tuple([name for name in node.indices if name not in related or not self.scope.bound_index(name)])
        else:
            self._summed_up.append(isinstance(node, s.Applied) and self.sums_up(node, self._summed_up[-1]))
            names = self._bound(node) if isinstance(node, s.Applied) else ()
        self._opened_indices.append(names)
        for name in names:
            size = self._limit(limits[name]) if name in limits else Unknown()
            self.scope.indices.setdefault(name, []).append(t.BoundIndex(name, size))

    def _limit(self, written: str) -> Dimension:
        """The size that the upper limit of a sum names."""
        if written.isdecimal():
            return Size.of(int(written))
        return Size.of(written) if written in self.scope.size_names else self.scope.limits.get(written, Unknown())

    def _restricted(self, node: s.Summation, body: t.Term) -> t.Term:
        """The summand, and zero where the indices are not as the sum says: ``Σ_{i<j}``."""
        for left, relation, right in node.relations:
            first, second = self.scope.bound_index(left), self.scope.bound_index(right)
            if first is None or second is None:
                unbound = left if first is None else right
                raise ParseError(f"the index {unbound} is not bound", span=node.span, suggestion=f"a sum over {unbound} around it")
            where = self._where(first, relation, second, node.span)
            body = t.RestrictedTerm(body.cell, self.place(node.span), (where, body), (first, second))
        return body

    def _where(self, left: t.BoundIndex, relation: str, right: t.BoundIndex, span: Span) -> t.Term:
        """One where the indices are in relation, else zero."""
        if relation in (">", "≥"):
            left, relation, right = right, "<" if relation == ">" else "≤", left
        same = self.entry(self.identity(span), (left, right), span)
        if relation == "≠":
            one = t.NumberTerm(Cell(SCALAR, self.place(span), literal=True), self.place(span), ONE_VALUE)
            return self.total([one, same], (False, True), span)
        size = left.size
        ones = t.FilledTerm(self.cell(MATRIX, span), self.place(span), ONE_VALUE)
        self.relate(kind_relations.Measured(self.place(span), frozenset({(MATRIX,)}), "ones", (ones.cell,), ((size, size),)))
        above = self.entry(t.CallTerm(ones.cell, self.place(span), (ones,), "triu", None), (left, right), span)
        return above if relation == "≤" else self.total([above, same], (False, True), span)

    def _leave(self, node: s.Syntax) -> None:
        if not isinstance(node, s.Summation):
            self._summed_up.pop()
        for name in self._opened_indices.pop():
            self.scope.indices[name].pop()

    def _bound(self, node: s.Applied) -> tuple[str, ...]:
        """The indices that a call binds."""
        index = self.summed_index(node)
        return self.array_indices(node) if index is None else (index,)

    def _make(self, node: s.SyntaxNode, operands: list[t.Term]) -> t.Term:
        match node:
            case s.NumberLiteral(span=span, value=value):
                return t.NumberTerm(Cell(SCALAR, self.place(span), literal=True), self.place(span), value)
            case s.Name():
                return self._name(node)
            case s.Group():
                return operands[0]
            case s.Minus(span=span):
                return t.NegativeTerm(operands[0].cell, self.place(span), (operands[0],))
            case s.Binary():
                return self._binary(node, operands)
            case s.Transposed(span=span):
                return self._transposed(operands[0], span)
            case s.Raised():
                return self._raised(node, operands)
            case s.Entries():
                return self._entries(node, operands)
            case s.Applied():
                return self.call(node, operands)
            case s.NormBars():
                return self._norm_bars(node, operands)
            case s.Bars(span=span):
                self.evidence = True
                return self._bars(operands[0], span)
            case s.Summation(span=span):
                body = self._restricted(node, operands[0])
                for name in reversed(self._opened_indices[-1]):
                    body = self.index_sum(name, body, span)
                return body
            case s.Word(span=span, word=word):
                raise ParseError(f"{word!r} cannot stand here", span=span)
            case s.DerivativeOf():
                return self._derivative(node, operands)
            case s.Keyword(span=span, name=name):
                raise ParseError(f"the option {name} is not read here", span=span)
            case s.Listed(span=span):
                raise ParseError("several values cannot stand here", span=span)
            case s.DifferentialOf(span=span):
                advice = "a differential is one side of a statement: d(X^-1) = -X^-1 dX X^-1"
                raise ParseError("a differential cannot be part of an expression", span=span, suggestion=advice)
            case s.Equation(span=span) | s.Chain(span=span) | s.Implication(span=span):
                raise ParseError(
                    "an expression is expected, not an equation", span=span, suggestion="the right side alone, or verify for the whole"
                )
            case s.Program(span=span) | s.Definition(span=span):
                raise ParseError("an expression is expected, not a program", span=span)
            case _:
                assert_never(node)

    # ------------------------------------------------------------ names

    def _name(self, node: s.Name) -> t.Term:
        name, span, scope = node.name, node.span, self.scope
        if scope.bound_index(name) is not None:
            advice = f"x[{name}]; for the number of the position a[{name}], with 1, 2, 3, ... as the vector a"
            raise ParseError(f"the index {name} can only stand in square brackets", span=span, suggestion=advice)
        if name in scope.values:
            # The same term at another place, so that messages quote the place of use.
            value = scope.values[name]
            if isinstance(value, t.BoundTerm):
                return value
            use = replace(value, span=self.place(span))
            meant = scope.references.get(value) if self.depth or name in scope.parameters else name  # else it is a parameter
            if meant is not None:
                scope.references[use] = meant
            scope.uses[use] = value
            return use
        if name in scope.definitions:
            return self.function_value(scope.definitions[name], None, span)
        if name in scope.sizes:
            return t.SizeTerm(self.cell(SCALAR, span), self.place(span), scope.sizes[name])
        if name in scope.size_names:
            return t.SizeTerm(self.cell(SCALAR, span), self.place(span), Size.of(name))
        if name in scope.declarations:
            member = scope.declared_members and self._positions_in(index_of(name))
            return (self._indexed_name(name, span) if member else None) or self._symbol(name, span)
        match name:
            case "I" | "eye":
                return self.identity(span)
            case "pi":
                return t.ConstantTerm(self.cell(SCALAR, span), self.place(span), "pi")
            case "ones" | "zeros":
                return self.filled(Fraction(name == "ones"), [], span)
            case str() if name == ONES:
                ones = self.filled(ONE_VALUE, [], span)
                self.ones_signs.add(ones)
                return ones
            case str() if name in NAMES_TOO:
                raise ParseError(f"{name} is a function and needs brackets", span=span, suggestion=f"{name}(...)")
            case _:
                if given := self._given_members(name):
                    return self._all_members(name, given, span)
                return self._indexed_name(name, span) or self._symbol(name, span)

    def _given_members(self, name: str) -> str:
        """What stands before the indices of the members that an array of this name has, where these are given: ``k`` for K, too."""
        given = self.scope.member_values
        if name in given or not given:
            return name if given else ""
        return next((base for base, (letters, _) in given.items() if len(letters) == 2 and capital_of(base) == name), "")

    def _all_members(self, name: str, base: str, span: Span) -> t.Term:
        """What is given for each index, as the array over these: ``p`` after ``p_k = ...``."""
        letters, value = self.scope.member_values[base]
        found = self.build(open_indices.over(value, tuple(letters)))
        self.decide(f"{name} is read as the array of all {base}_{letters}", "notation", span=self.place(span))
        return replace(found, span=self.place(span))

    def _indexed_name(self, name: str, span: Span) -> t.Term | None:
        """``x_i`` with i bound by a sum, and the unit vector ``e_3``."""
        base, mark, index = name.rpartition("_")
        if base == "e" and index.isdecimal() and "e" not in self.scope.declarations:
            return self.unit(int(index), span)
        positions = self._positions_in(index) if mark else ()
        if not positions:
            return None
        if base == "e" and len(positions) == 1 and self._is_euler():
            return self.entry(self.identity(span), positions, span)  # a row of the identity
        if base == "delta" and len(positions) == 2 and self._is_kronecker():
            self.decide("delta with two indices is read as 1 where they are equal, else 0", "notation", span=self.place(span))
            return self.entry(self.identity(span), positions, span)
        if base in self.scope.member_values:
            return self._member_value(base, positions, span)
        return self._member(s.Name(span, base), positions)

    def _member(self, base: s.Name, positions: tuple[int | t.BoundIndex, ...]) -> t.Term:
        """What an index stands at: a part of an array, row i of it if that is a matrix, or where the text is read so its column."""
        array = self._array(base)
        key = f"{COLUMNS}:{base.name}"
        if len(positions) > 1 or key not in self.otherwise or not isinstance(array, t.SymbolTerm) or array.name == base.name:
            return self.entry(array, positions, base.span)
        index = positions[0].name if isinstance(positions[0], t.BoundIndex) else positions[0]
        self.decide(f"{base.name}_{index} is read as column {index} of {array.name}", "samples", span=self.place(base.span))
        return self.entry(self.transpose(array, base.span), positions, base.span)

    def _member_value(self, base: str, positions: tuple[int | t.BoundIndex, ...], span: Span) -> t.Term:
        """What is given for each index, at these."""
        letters, value = self.scope.member_values[base]
        indices = [position for position in positions if not isinstance(position, int)]
        if len(indices) < len(positions) or len(indices) != len(letters):
            raise ParseError(f"{base}_{letters} is given for indices of sums", span=span, suggestion=f"Σ_{letters} {base}_{letters}")
        found = self._given.get((base, positions), self)
        if found is None:
            raise ParseError(f"{base}_{letters} needs its own value", span=span)
        if isinstance(found, Builder):
            self._given[base, positions] = None
            outer = {letter: self.scope.indices.get(letter) for letter in letters}
            self.scope.indices |= {letter: [index] for letter, index in zip(letters, indices, strict=True)}
            if self._giving >= _DEEPEST_GIVEN:
                raise LimitError(f"values for each index need each other more than {_DEEPEST_GIVEN} deep", span=span)
            self._giving += 1
            found = self._given[base, positions] = self.build(value)
            self._giving -= 1
            for letter, bound in outer.items():
                self.scope.indices[letter] = bound or []
        self._indexed.update(indices)
        return replace(found, span=self.place(span))

    def _positions_in(self, index: str) -> tuple[int | t.BoundIndex, ...]:
        """The positions that a subscript names, indices of sums among them; none where it is something else."""
        found = [int(letter) if letter in "123456789" else self.scope.bound_index(letter) for letter in index]
        positions = tuple([position for position in found if position is not None])
        indices = [position for position in positions if not isinstance(position, int)]
        return positions if indices and len(positions) == len(found) else ()

    def _is_kronecker(self) -> bool:
        scope = self.scope
        known = "delta" in scope.declarations or "delta" in scope.values or "delta" in scope.written
        return not known and "delta" not in scope.variables

    def _symbol(self, name: str, span: Span) -> t.Term:
        declaration = self.scope.declarations.get(name)
        if declaration is not None and declaration.kind == "function":
            raise ParseError(f"{name} is declared as a function", span=span, suggestion=f"{name}(x)")
        cell = self.scope.variable(name, self.place(span)).cell
        cell.lying = self.lying
        return t.SymbolTerm(cell, self.place(span), name)

    def _is_euler(self) -> bool:
        scope = self.scope
        return "e" not in scope.declarations and "e" not in scope.values and scope.bound_index("e") is None

    # ------------------------------------------------------------ derivatives, and functions defined in the text

    def function_value(self, definition: s.Definition, arguments: list[t.Term] | None, span: Span) -> t.Term:
        """A function at these arguments, or at its own parameters: its body, with the arguments for the parameters.

        Raises ParseError for another number of arguments and LimitError for a function that is defined by itself.
        """
        names = definition.parameters
        if arguments is None and not self.scope.values.keys().isdisjoint(names):
            arguments = [self._name(s.Name(span, name)) for name in names]
        if arguments is None:
            return self._within(definition.body, definition.function, span)
        if len(arguments) != len(names):
            shown = f"{definition.function}({', '.join(names)})"
            raise ParseError(f"{shown} is given {len(arguments)} argument{'s' * (len(arguments) != 1)}", span=span, suggestion=shown)
        scope = self.scope
        given = [self._as_argument(one, name, definition.body) for name, one in zip(names, arguments, strict=True)]
        outer = scope.values, scope.parameters
        scope.values = {**scope.values, **dict(zip(names, given, strict=True))}
        scope.parameters |= frozenset(names)
        try:
            return self._within(definition.body, definition.function, span)
        finally:
            scope.values, scope.parameters = outer

    def _as_argument(self, given: t.Term, parameter: str, body: s.Syntax) -> t.Term:
        """What is given for a parameter: 0 is the zero of what the parameter stands for, a number, a vector or a matrix."""
        if not isinstance(given, t.NumberTerm) or given.value or not self._shows_arrays(body):
            return given
        multiple = self.product([given, self._name(s.Name(given.span, parameter))], given.span)
        return t.ZeroTerm(multiple.cell, given.span, (multiple,))

    def _shows_arrays(self, body: s.Syntax) -> bool:
        """Whether a formula, or that of a function in it, has a capital, a transpose or a norm: small letters alone may all be numbers."""
        waiting, opened = [body], set[str]()
        while waiting:
            for node in walk(waiting.pop()):
                called = node.function if isinstance(node, s.Applied) else node.name if isinstance(node, s.Name) else ""
                definition = self.scope.definitions.get(called)
                if definition is not None and called not in opened:
                    opened.add(called)
                    waiting.append(definition.body)
                elif isinstance(node, s.Transposed | s.NormBars) or (
                    definition is None and isinstance(node, s.Name) and called[:1].isupper()
                ):
                    return True
        return False

    def _within(self, body: s.Syntax, of: str, span: Span) -> t.Term:
        """The term of a body that is read once for each use of it."""
        if self._opened_bodies >= _DEEPEST_BODIES:
            raise LimitError(f"{of} is defined by itself, or its definition is nested too deeply", span=span)
        self._opened_bodies += 1
        spend(len(walk(body)))
        try:
            return self.build(body)
        finally:
            self._opened_bodies -= 1

    def _derivative(self, node: s.DerivativeOf, operands: list[t.Term]) -> t.Term:
        """A derivative as a part of an expression."""
        place = self.place(node.span)
        directions = operands[len(operands) - len(node.along) :]
        if node.point is not None:
            point = self._as_argument(operands[0], node.wrt[0], node.body)
            variable = t.BoundTerm(point.cell, point.span, node.wrt[0])
            body = self._with_bound(node, variable)
            return self._differentiated(node, place, [body, point], (variable,) * len(node.wrt), (), directions)
        body = operands[0]
        if not directions and any(self._entry_named(name) is not None for name in node.wrt):
            return self._by_entries(node, place, body)
        values = [name for name in dict.fromkeys(node.wrt) if self._has_value(name)]
        if not values:
            return self._differentiated(
                node, place, [body], tuple([self._differentiated_by(name, node) for name in node.wrt]), (), directions
            )
        if len(set(node.wrt)) > 1:
            raise ParseError(f"{values[0]} is an intermediate result; differentiate by it alone", span=node.span)
        return self._by_value(node, place, body, values[0], directions)

    def _has_value(self, name: str) -> bool:
        return name in self.scope.values and self._symbol_of(name) is None

    def _by_value(self, node: s.DerivativeOf, place: Span, body: t.Term, name: str, directions: list[t.Term]) -> t.Term:
        """The derivative by an intermediate result, which stands for itself where it is used."""
        value = self.scope.values[name]
        arguments = [one for names in self.scope.undefined.arguments.values() for one in names]
        behind = [self.scope.values[one] for one in arguments if one in self.scope.values]
        uses = tuple([part for part in t.postorder(body, *behind) if self._stands_for(part, value)])
        variable = t.BoundTerm(value.cell, value.span, name)
        return self._differentiated(node, place, [body, value], (variable,) * (len(directions) or len(node.wrt)), uses, directions)

    def _stands_for(self, part: t.Term, value: t.Term) -> bool:
        """Whether a part is a use of a value, or of a use of it: an argument of a function is used where the parameter stands."""
        found: t.Term | None = part
        while found is not None and found is not value:
            found = self.scope.uses.get(found)
        return found is value

    def _entry_named(self, name: str) -> tuple[str, tuple[int | t.BoundIndex, ...]] | None:
        """The array and the positions of what is called ``x_k``, k an index of a sum or an array; None for other names."""
        base, _, index = name.rpartition("_")
        positions = self._positions_in(index) if base and name not in self.scope.declarations and name not in self.scope.values else ()
        return (base, positions) if positions else None

    def _by_entries(self, node: s.DerivativeOf, place: Span, body: t.Term) -> t.Term:
        """The derivative by entries of arrays, one after the other: that in the direction in which only the entry changes."""
        for name in node.wrt:
            found = self._entry_named(name)
            if found is None:
                body = self._differentiated(node, place, [body], (self._differentiated_by(name, node),), (), [])
                continue
            array = found[0] if found[0] in self.scope.values else array_of(self.scope, found[0])
            units = [self.entry(self.identity(node.span), (position,), node.span) for position in found[1]]
            if not 0 < len(units) <= 2:
                raise ParseError(f"{name} is an entry of an array with more than two axes", span=node.span)
            along = units[0] if len(units) == 1 else self.product([units[0], self.transpose(units[1], node.span)], node.span)
            if self._has_value(array):
                body = self._by_value(node, place, body, array, [along])
            else:
                variable = self._differentiated_by(array, node)
                body = self._differentiated(node, place, [body], (variable,), (), [along])
        return body

    def _with_bound(self, node: s.DerivativeOf, variable: t.BoundTerm) -> t.Term:
        scope = self.scope
        outer = scope.values, scope.parameters
        scope.values = {**scope.values, variable.name: variable}
        scope.parameters |= {variable.name}
        try:
            return self._within(node.body, "the function", node.span)
        finally:
            scope.values, scope.parameters = outer

    def _symbol_of(self, name: str) -> t.SymbolTerm | t.BoundTerm | None:
        """The symbol that a name with a value stands for, as a parameter at that argument does."""
        value = self.scope.values.get(name)
        return value if isinstance(value, t.SymbolTerm | t.BoundTerm) else None

    def _differentiated_by(self, name: str, node: s.DerivativeOf) -> t.SymbolTerm | t.BoundTerm:
        scope = self.scope
        known = self._symbol_of(name)
        if known is not None:
            return known
        declaration = scope.declarations.get(name)
        if declaration is not None and declaration.kind == "function":
            raise ParseError(f"{name} is declared as a function", span=node.span)
        argument = any(name in names for names in scope.undefined.arguments.values())
        if name not in scope.variables and declaration is None and not argument:
            raise ParseError(f"{name} does not occur in the expression", span=node.span, expected=", ".join(scope.variables) or None)
        return t.SymbolTerm(scope.variable(name, node.span).cell, self.place(node.span), name)

    def _differentiated(
        self,
        node: s.DerivativeOf,
        place: Span,
        operands: list[t.Term],
        wrt: tuple[t.SymbolTerm | t.BoundTerm, ...],
        uses: tuple[t.Term, ...],
        directions: list[t.Term],
    ) -> t.Term:
        """The term, and the relation of its shape to those of what is differentiated and what by."""
        self.evidence = True
        body = operands[0]
        cells = [variable.cell for variable in wrt]
        if directions:
            for direction in directions:
                self.relate(c.SameShape(place, cells[0], direction.cell))
            return t.DerivativeTerm(body.cell, place, (*operands, *directions), wrt, uses, node.turned, len(directions))
        result = self.cell(ANY, node.span)
        turned = node.turned or self.layout == "numerator"
        self.relate(kind_relations.DerivativeBy(place, "numerator" if turned else "denominator", body.cell, cells, result))
        return t.DerivativeTerm(result, place, tuple(operands), wrt, uses, turned)

    # ------------------------------------------------------------ operators

    def _binary(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        match node.operator:
            case "+" | "-":
                negative = tuple([sign == "-" for _, sign in _spine(node, ("+", "-"))])
                return self.total(operands, negative, node.span)
            case "*" if self._starred(node.operator_span):
                return self._array_product("*", c.Starred, node, operands)
            case "*":
                return self.product(operands, node.span)
            case "@":
                self.evidence = True
                return self._array_product("@", c.ArrayMultiplied, node, operands)
            case "·":
                return self._array_product("·", c.Dotted, node, operands)
            case "/":
                return self._quotient(node, operands)
            case "\\":
                return self._left_quotient(node, operands)
            case ".*" if self._is_mixed_up(node):
                said = (
                    f"{node.left.name} * {node.right.operand.name}.T beside @ is read as the matrix product; NumPy's * goes entry by entry"  # type: ignore[attr-defined]
                )
                self.decide(
                    said, "dialect", "doubtful", span=self.place(node.span), instead=("the matrix product: @", "entry by entry: .*")
                )
                return self.product(operands, node.span)
            case ".*":
                self.evidence = True
                cell = self.folded(c.ElementMultiplied, operands)
                return t.ElementProductTerm(cell, self.place(node.span), tuple(operands))
            case "./":
                self.evidence = True
                relation = c.DividedByCount if self._is_counted(node) else c.ElementDivided
                return t.QuotientTerm(self.folded(relation, operands), self.place(node.span), (operands[0], operands[1]), True)
            case _:
                return self.kronecker(operands, node.span)

    def _starred(self, sign: Span) -> bool:
        """Whether a product is written with the star of a program that may mean something else by it; juxtaposition never does."""
        return not self.written.sure and not self.depth and sign.start < sign.end

    def _is_mixed_up(self, node: s.Binary) -> bool:
        """Whether a star of NumPy stands between a matrix and another one that is transposed: these hardly have one shape."""
        left, right = node.left, node.right
        if not self.written.arrays or self.depth or node.operator_span.end - node.operator_span.start != 1:
            return False
        if not isinstance(left, s.Name) or not isinstance(right, s.Transposed) or not isinstance(right.operand, s.Name):
            return False
        other = right.operand
        return left.name != other.name and left.name[0].isupper() and other.name[0].isupper() and not self._declared(left, other)

    def _declared(self, *names: s.Name) -> bool:
        return all(name.name in self.scope.declarations or name.name in self.scope.values for name in names)

    def _array_product(self, sign: str, relation: type[Constraint], node: s.Binary, operands: list[t.Term]) -> t.Term:
        left, right = operands
        cell = self.folded(relation, operands)
        made = t.ArrayProductTerm(cell, self.place(node.span), (left, right), sign)
        span = self.place(node.operator_span)

        def of(kind: int, other: int) -> bool:
            return left.cell.mask == kind and right.cell.mask == other

        match sign:
            case "·":
                self.decide("the dot of two vectors is read as their inner product", "notation", span=span, when=lambda: of(COLUMN, COLUMN))
                self._doubt_number(node, lambda: of(SCALAR, COLUMN))
            case "*":
                said = "* beside ** is read as the matrix product; entry by entry it is .*"
                ways = ("the matrix product: @", "entry by entry: .*")
                whole = lambda: MATRIX in (left.cell.mask, right.cell.mask) and SCALAR not in (left.cell.mask, right.cell.mask)  # noqa: E731
                self.decide(said, "dialect", "doubtful", span=span, instead=ways, when=whole)
                self.decide("* of two vectors goes entry by entry, as in NumPy", "dialect", span=span, when=lambda: of(COLUMN, COLUMN))
            case _:
                said = "@ of a vector and a transposed vector is read as their outer product; NumPy's arrays of one axis have no transpose"
                ways = ("the outer product: outer(x, y)", "the inner product: x @ y")
                self.decide(said, "dialect", "doubtful", span=span, instead=ways, when=lambda: of(COLUMN, ROW))
        return made

    def _doubt_number(self, node: s.Binary, scaled: Callable[[], bool]) -> None:
        """``a·x``, where nothing shows that a is a number, may as well be meant as an inner product."""
        one, other = node.left, node.right
        if isinstance(one, s.Name) and isinstance(other, s.Name) and letter_class(one.name) == "early" and not self._declared(one):
            said = f"{one.name} before the dot is read as a number"
            ways = (f"a number: declare {one.name}: scalar", f"an inner product: {one.name}'*{other.name}")
            self.decide(said, "kinds", "doubtful", span=self.place(node.span), instead=ways, when=scaled)

    def _quotient(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        """``a/b``: by a scalar, or ``A/B`` as MATLAB has it. Letters that count things are no matrices."""
        left, right = operands
        divisor = node.right
        counts = isinstance(divisor, s.Name) and divisor.name in COUNT_LETTERS and divisor.name not in self.scope.declarations
        bare = isinstance(node.left, s.Name) and node.left.name[0].islower() and node.left.name not in self.scope.declarations
        solves = self.matrices_divide or self.written.dialect == "matlab"
        solves = solves and not counts and not bare
        span = self.place(node.span)
        result = left.cell
        if self._goes_by_entries():
            result = self.cell(ANY, node.span)
            self.relate(c.DividedEntries(span, left.cell, right.cell, result, solves).at(left.span, right.span))
            entries = "a quotient by a vector is read entry by entry"
            self.decide(entries, "notation", span=span, when=lambda: right.cell.mask == COLUMN)
        else:
            relation = c.DividedByMatrix if solves else c.Divided
            self.relate(relation(span, left.cell, right.cell).at(left.span, right.span))
        self._note_rayleigh(divisor)
        sure = self.written.dialect == "matlab"
        ways = ("by a matrix: A*inv(B)", "by a scalar: declare B: scalar")
        said = "a quotient by a matrix is read as a product with its inverse, A/B as A*inv(B)"
        self.decide(said, "dialect", "assumed" if sure else "doubtful", span=span, instead=ways, when=lambda: right.cell.mask == MATRIX)
        return t.QuotientTerm(result, span, (left, right), False)

    def _is_counted(self, node: s.Binary) -> bool:
        """Whether a slash of NumPy has a letter that counts things behind it, and more than a name, which may be its like, before it."""
        divisor, sign = node.right, node.operator_span
        return (
            sign.end - sign.start == 1
            and isinstance(divisor, s.Name)
            and divisor.name in DIVIDING_COUNTS
            and not isinstance(node.left, s.Name)
        )

    def _note_rayleigh(self, divisor: s.Syntax) -> None:
        """Brackets that nobody wrote around the divisor: ``x'*A*x / x'*x``."""
        if isinstance(divisor, s.Binary):
            starred = divisor.operator_span.start < divisor.operator_span.end
            said = "what follows the slash is read as one divisor, since nothing is divided by a row"
            ways = ("one divisor: a/(x'*x)", "a quotient by x' and then a factor: (a/x')*x")
            self.decide(said, "notation", "doubtful" if starred else "assumed", span=self.place(divisor.span), instead=ways)

    def _left_quotient(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        """``A\\b``, the solution x of A x = b."""
        self.evidence = True
        left, right = operands
        span = self.place(node.span)
        solved = frozenset({(MATRIX, COLUMN), (MATRIX, MATRIX), *((SCALAR, kind) for kind in KINDS)})
        self.relate(kind_relations.InRelation(span, solved, "divide from the left", left.cell, right.cell, square=True))
        said = "A\\b is read as inv(A)*b with a square A; a least squares solution is pinv(A)*b"
        self.decide(said, "dialect", span=self.place(node.operator_span), when=lambda: left.cell.mask == MATRIX)
        return self.product([t.InverseTerm(left.cell, self.place(left.span), (left,)), right], node.span)

    def _transposed(self, operand: t.Term, span: Span) -> t.Term:
        self.evidence = True
        if operand in self._rows:
            return self._rows[operand]
        if isinstance(operand, t.NumberTerm):
            if operand.value != 1:
                raise ShapeError("a number has no transpose; only 1' is read, as a row of ones", span=span)
            operand = t.FilledTerm(self.cell(COLUMN, operand.span), operand.span, ONE_VALUE)
        return self.transpose(operand, span)

    def _is_part(self, node: s.Raised) -> bool:
        """Whether an exponent is the index of a sum in brackets: ``x^(i)``."""
        index = node.exponent.operand if isinstance(node.exponent, s.Group) else node
        bound = isinstance(index, s.Name) and self.scope.bound_index(index.name) is not None
        return bound and isinstance(node.base, s.Name) and not node.elementwise

    def _raised(self, node: s.Raised, operands: list[t.Term]) -> t.Term:
        span = self.place(node.span)
        if not operands:
            assert isinstance(node.base, s.Name) and isinstance(node.exponent, s.Group)
            return self._part(node.base, (self._position(node.exponent.operand),), node.span)
        if len(operands) == 1:
            exponent = operands[0]
            self.relate(kind_relations.EulerOf(span, exponent.cell, self._goes_by_entries()))
            entries = "e^ of a vector is read entry by entry, as exp"
            self.decide(entries, "notation", span=span, when=lambda: exponent.cell.mask == COLUMN)
            self.decide("e is read as the base of the exponential function", "alias", span=span)
            self.decide("e^ of a matrix is read as the matrix exponential", "alias", span=span, when=lambda: exponent.cell.mask == MATRIX)
            return t.EulerTerm(exponent.cell, span, (exponent,))
        base, exponent = operands
        if node.elementwise:
            self.evidence |= self.written.sure
            cell = self.folded(c.ElementRaised, operands)
            self._note_array_power(span, base, exponent)
            return t.PowerTerm(cell, span, (base, exponent), True)
        if self._summed_up[-1] and not self.depth:
            return self._summed_power(base, exponent, span)
        if _is_minus_one(exponent):
            self.relate(c.Raised(span, base.cell, exponent.cell).at(base.span, exponent.span))
            return t.InverseTerm(base.cell, span, (base,))
        relation = c.RaisedEntries if self._goes_by_entries() else c.Raised
        self.relate(relation(span, base.cell, exponent.cell).at(base.span, exponent.span))
        ways = ("entry by entry: x^{\\odot 2}", "the square of its norm: \\|x\\|^2")
        said = "a power of a vector is read entry by entry"
        self.decide(said, "notation", "doubtful", span=span, instead=ways, when=lambda: base.cell.mask == COLUMN)
        return t.PowerTerm(base.cell, span, (base, exponent), False)

    def _goes_by_entries(self) -> bool:
        """Whether powers and quotients of vectors go entry by entry: in LaTeX there is no other sign for it in use."""
        return self.written.dialect == "latex" and not self.depth

    def _summed_power(self, base: t.Term, exponent: t.Term, span: Span) -> t.Term:
        """A power in what is summed up, which of a vector goes entry by entry: ``sum(x^2)``, ``sum(2^x)``."""
        if base.cell.mask == MATRIX and _is_minus_one(exponent):
            self.relate(c.Raised(span, base.cell, exponent.cell).at(base.span, exponent.span))
            return t.InverseTerm(base.cell, span, (base,))
        result = self.cell(ANY, span)
        self.relate(c.SummedRaised(span, base.cell, exponent.cell, result).at(base.span, exponent.span))
        self.decide(
            "a power of a vector in a sum goes entry by entry, as .^ does", "notation", span=span, when=lambda: result.mask == COLUMN
        )
        return t.PowerTerm(result, span, (base, exponent), False)

    def _note_array_power(self, span: Span, base: t.Term, exponent: t.Term) -> None:
        """``X**2`` goes entry by entry; ``X**-1`` is hardly meant so."""
        if self.written.dialect != "numpy":
            return
        inverse = _is_minus_one(exponent)
        said = f"** of a matrix goes entry by entry, as in NumPy; the {'inverse is inv(X)' if inverse else 'matrix power is X^2'}"
        ways = ("entry by entry: .^", f"of the matrix: {'inv(X)' if inverse else '^'}")
        weight: Weight = "doubtful" if inverse or not self.written.sure else "plain"
        self.decide(said, "dialect", weight, span=span, instead=ways, when=lambda: base.cell.mask == MATRIX)

    # ------------------------------------------------------------ norms, entries, sums over indices

    def _bars(self, operand: t.Term, span: Span) -> t.Term:
        result = self.cell(ANY, span)
        result.soft = "bars"
        self.soft.append(result)
        bars = kind_relations.Barred(self.place(span), operand.cell, result)
        self.relate(bars)
        readings = ("its norm: ||x||", "entry by entry: abs(x)")
        said = "|...| of a vector is read as its norm"
        self.decide(said, "notation", "doubtful", span=self.place(span), instead=readings, when=lambda: bars.is_norm)
        return t.BarsTerm(result, self.place(span), (operand,))

    def _norm_bars(self, node: s.NormBars, operands: list[t.Term]) -> t.Term:
        fixed = "2" if node.subscript is None else _fixed_subscript(node, self.scope)
        if isinstance(node.subscript, s.NumberLiteral) and fixed == "2":
            operand = operands[0]
            said = "||.||_2 of a matrix is read as the Frobenius norm; the spectral norm is norm(X, spectral)"
            self.decide(said, "alias", span=self.place(node.span), when=lambda: operand.cell.mask == MATRIX)
        return self.norm(operands, fixed, node.span)

    def _entries(self, node: s.Entries, operands: list[t.Term]) -> t.Term:
        positions = tuple([self._position(position) for position in node.positions])
        if node.whole:
            return self._slice(node, positions, self._array(node.operand) if isinstance(node.operand, s.Name) else operands[0])
        if isinstance(node.operand, s.Name):
            return self._part(node.operand, positions, node.span)
        return self.entry(operands[0], positions, node.span)

    def _slice(self, node: s.Entries, positions: tuple[int | t.BoundIndex, ...], operand: t.Term) -> t.Term:
        """``X[i,:]``, a row (a vector where these have one axis), ``X[:,k]``, a column, and ``T[k,:,:]``, a matrix."""
        place = self.place(node.span)
        if node.whole == (0,) and len(positions) == 1:
            operand = self.transpose(operand, node.span)
            self.relate(kind_relations.InRelation(place, frozenset({(MATRIX,)}), "a column", operand.cell))
        elif node.whole != tuple(range(len(positions), len(positions) + len(node.whole))) or len(node.whole) > 2:
            raise ParseError("this part of an array is not read", span=node.span, suggestion="X[i,:], X[:,k] or T[k,:,:]")
        part = self.entry(operand, positions, node.span)
        kind = COLUMN if len(node.whole) == 1 else MATRIX
        self.relate(kind_relations.InRelation(place, frozenset({(kind,)}), "a part of an array", part.cell))
        if node.whole != (1,) or self.written.arrays:
            return part
        row = self.transpose(part, node.span)
        self._rows[row] = part
        return row

    def _part(self, name: s.Name, positions: tuple[int | t.BoundIndex, ...], span: Span) -> t.Term:
        """What a name stands for at these positions: ``x_j[i]`` is entry i of x_j."""
        base, _, index = name.name.rpartition("_")
        known = name.name in self.scope.declarations and not index_of(name.name)
        before = self._positions_in(index) if base and not known else ()
        if before:
            return self.entry(self._array(s.Name(name.span, base)), (*before, *positions), span)
        bound = any(not isinstance(position, int) for position in positions)
        return self.entry(self._array(name) if bound else self._name(name), positions, span)

    def _array(self, node: s.Name) -> t.Term:
        """What stands before the indices of sums."""
        name, scope = node.name, self.scope
        known = name in scope.values or name in scope.sizes or name in scope.size_names or name in _CONSTANT_ARRAYS
        if known and name not in scope.declarations:
            return self._name(node)
        array = array_of(scope, name)
        if array == name and name in scope.points:
            said = f"{name} stands beside what is written {name} with an index, which are other points"
            raise ParseError(said, span=node.span, suggestion="another letter for one of them")
        return self._symbol(array, node.span)

    def _position(self, node: s.Syntax) -> int | t.BoundIndex:
        if isinstance(node, s.NumberLiteral) and node.value.denominator == 1:
            if node.value < 1:
                raise ShapeError("entries are counted from 1", span=node.span, suggestion="1")
            return int(node.value)
        if isinstance(node, s.Name):
            index = self.scope.bound_index(node.name)
            if index is None:
                advice = f"sum({node.name}, ...) or tensor({node.name}, ...) around it, or a number"
                raise ParseError(f"the index {node.name} is not bound", span=node.span, suggestion=advice)
            return index
        moved = any(isinstance(part, s.Name) and self.scope.bound_index(part.name) is not None for part in walk(node))
        advice = "a name of its own for what stands beside: Σ_i (u_i - x_i)^2" if moved else "x[3], or sum(i, x[i])"
        raise ParseError("a position is a number or an index", span=node.span, suggestion=advice)

    # ------------------------------------------------------------ sizes in the text

    def size(self, node: s.Syntax) -> Dimension:
        """A size written as an argument: ``n``, ``3``, ``m*n``."""
        result = ONE
        stack = [node]
        while stack:
            part = stack.pop()
            match part:
                case s.Group(operand=operand):
                    stack.append(operand)
                case s.Binary(operator="*", left=left, right=right):
                    stack += [left, right]
                case s.Raised(base=base, exponent=s.NumberLiteral(value=value), elementwise=False) if value in (1, 2, 3, 4):
                    stack += [base] * int(value)
                case s.NumberLiteral(value=value) if value.denominator == 1 and 0 < value < 10**9:
                    result = result * Size.of(int(value))
                case s.Name(name=name) if name in self.scope.sizes:
                    if part is not node:
                        raise ParseError("a size is expected", span=part.span)
                    return self.scope.sizes[name]
                case s.Name(name=name):
                    result = result * Size.of(name)
                case _:
                    raise ParseError("a size is expected", span=part.span, expected="a name such as n, a number, or a product m*n")
        return result


def _spine(node: s.Syntax, operators: tuple[str, ...]) -> list[tuple[s.Syntax, str]]:
    """The operands of a chain grouped from the left, each with the sign before it (``+`` before the first)."""
    found: list[tuple[s.Syntax, str]] = []
    while isinstance(node, s.Binary) and node.operator in operators:
        found.append((node.right, node.operator))
        node = node.left
    found.append((node, "+"))
    return found[::-1]


def _is_axis(name: str, node: s.Syntax) -> bool:
    """Whether a number is written that counts an axis of a matrix, as in ``sum(X, 1)``; capitals are no indices."""
    while isinstance(node, s.Minus):
        node = node.operand
    return isinstance(node, s.NumberLiteral) and (node.value in (0, 1, 2) or name[0].isupper())


def _is_minus_one(exponent: t.Term) -> bool:
    match exponent:
        case t.NegativeTerm(operands=(t.NumberTerm(value=value),)):
            return value == 1
        case t.NumberTerm(value=value):
            return value == -1
        case _:
            return False


def _fixed_subscript(norm: s.NormBars, scope: Scope) -> str:
    """The norm that a subscript names by itself: ``1``, ``2``, ``F``, ``nuclear``, ``spectral``; empty when it is a parameter."""
    match norm.subscript:
        case s.NumberLiteral(value=value) if value in (1, 2):
            return str(value)
        case s.Name(name="F"):
            return "" if weighs(norm.operand, scope) else "2"
        case s.Name(name="nuclear" | "spectral" as name) if name not in scope.declarations and name not in scope.values:
            return name
        case _:
            return ""


def weighs(operand: s.Syntax, scope: Scope) -> bool:
    """Whether F at a norm is the declared matrix of ``sqrt(x'Fx)``: of a vector. Else it is Frobenius', whatever else is called F."""
    while isinstance(operand, s.Group):
        operand = operand.operand
    weight = scope.declarations.get("F")
    of = scope.declarations.get(operand.name) if isinstance(operand, s.Name) else None
    return weight is not None and of is not None and weight.kind == "matrix" and of.kind == "vector"
