"""Names, entries, functions that a text defines, and derivatives within an expression as terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError, ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.records import replace
from matcalc.base.sizes import Size
from matcalc.base.traversal import postordered
from matcalc.language.build import terms as t
from matcalc.language.build.assembly import Assembly
from matcalc.language.build.scope import COLUMNS, Scope, array_of, capital_of
from matcalc.language.declare.declared import index_of
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import name_of, names_among, names_in, walk
from matcalc.language.text.spelling import NAMES_TOO, ONES
from matcalc.language.typing import constraints as c
from matcalc.language.typing.kinds import COLUMN, MATRIX, SCALAR

if TYPE_CHECKING:
    from matcalc.language.build import complex_calls
    from matcalc.language.syntax import open_indices
    from matcalc.language.typing import kind_relations
else:
    complex_calls = later("matcalc.language.build.complex_calls")
    kind_relations = later("matcalc.language.typing.kind_relations")
    open_indices = later("matcalc.language.syntax.open_indices")


_DEEPEST_BODIES = 16
"""How deep the functions defined in a text may call each other."""
_DEEPEST_GIVEN = 16
"""How deep values that are given for each index may need each other."""
_CONSTANT_ARRAYS = frozenset(["I", "eye", "ones", "zeros", ONES])


class Naming(Assembly):
    """Makes terms of what names stand for, by themselves, at positions, and where they are
    differentiated."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._opened_bodies = 0
        self._giving = 0
        self._given: dict[tuple[str, tuple[t.Position, ...]], t.Term | None] = {}
        """The values that are given for each index, where they stand; None while they are built."""
        self.layout = "denominator"
        """That of derivatives within an expression."""
        self.otherwise: frozenset[str] = frozenset()
        """Choices that are taken the other way than usual."""

    def build(self, root: s.Syntax, place: Span | None = None) -> t.Term:
        raise NotImplementedError

    def polynomial(self, node: s.Syntax) -> Size:
        raise NotImplementedError

    def _name(self, node: s.Name) -> t.Term:
        name, span, scope = node.name, node.span, self.scope
        if scope.bound_index(name) is not None:
            raise ParseError(
                f"the index {name} can only stand in square brackets",
                span=span,
                suggestion=f"x[{name}]; for the number of the position a[{name}], with 1, 2, 3, ... as the vector a",
            )
        if name in scope.values:
            return self._use(name, scope.values[name], span)
        if name in scope.definitions:
            return self.function_value(scope.definitions[name], None, span)
        if name in scope.sizes or name in scope.size_names:
            return t.SizeTerm(self.cell(SCALAR, span), self.place(span), scope.sizes.get(name) or Size.of(name))
        if name in scope.declarations:
            member = scope.declared_members and self._positions_in(index_of(name))
            return (self._indexed_name(name, span) if member else None) or self._symbol(name, span)
        if scope.complex and (of_complex := complex_calls.name(self, node, self._symbol)) is not None:
            return of_complex
        return (
            self._constant(name, span)
            or self._all_members(name, span)
            or self._indexed_name(name, span)
            or self._symbol(name, span)
        )

    def _use(self, name: str, value: t.Term, span: Span) -> t.Term:
        """The same term at another place, so that messages quote the place of use."""
        if isinstance(value, t.BoundTerm):
            return value
        use = replace(value, span=self.place(span))
        meant = (
            self.scope.references.get(value) if self.depth or name in self.scope.parameters else name
        )  # else it is a parameter
        if meant is not None:
            self.scope.references[use] = meant
        self.scope.uses[use] = value
        return use

    def _constant(self, name: str, span: Span) -> t.Term | None:
        """A name with a meaning of its own; None for other names."""
        if name in ("I", "eye"):
            return self.identity(span)
        if name == "pi":
            return t.ConstantTerm(self.cell(SCALAR, span), self.place(span), "pi")
        if name in ("ones", "zeros", ONES):
            filled = self.filled(Fraction(name != "zeros"), [], span)
            self.ones_signs |= {filled} if name == ONES else set()
            return filled
        if name in NAMES_TOO:
            raise ParseError(f"{name} is a function and needs brackets", span=span, suggestion=f"{name}(...)")
        return None

    def _given_members(self, name: str) -> str:
        """What stands before the indices of the members that an array of this name has, where these
        are given: ``k`` for K, too."""
        given = self.scope.member_values
        if name in given or not given:
            return name if given else ""
        return next((base for base, (letters, _) in given.items() if len(letters) == 2 and capital_of(base) == name), "")

    def _all_members(self, name: str, span: Span) -> t.Term | None:
        """What is given for each index, as the array over these: ``p`` after ``p_k = ...``; None of
        another name."""
        base = self._given_members(name)
        if not base:
            return None
        letters, value = self.scope.member_values[base]
        found = self.build(open_indices.over(value, tuple(letters)))
        self.decide(f"{name} is read as the array of all {base}_{letters}", "notation", span=self.place(span))
        return replace(found, span=self.place(span))

    def _indexed_name(self, name: str, span: Span) -> t.Term | None:
        """``x_i`` with i bound by a sum, and the unit vector ``e_3``."""
        base, positions = self._parted(name)
        if base == "e" and name[2:].isdecimal() and "e" not in self.scope.declarations:
            return self.unit(Size.of(int(name[2:])), span)
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

    def _parted(self, name: str) -> tuple[str, tuple[t.Position, ...]]:
        """What stands before the indices of sums in a name, and the positions that these are, if
        there are any."""
        base, _, index = name.rpartition("_")
        return base, self._positions_in(index) if base else ()

    def _member(self, base: s.Name, positions: tuple[t.Position, ...]) -> t.Term:
        """What an index stands at: a part of an array, row i of it if that is a matrix, or where
        the text is read so its column."""
        array = self._array(base)
        key = f"{COLUMNS}:{base.name}"
        if len(positions) > 1 or key not in self.otherwise or not isinstance(array, t.SymbolTerm) or array.name == base.name:
            return self.entry(array, positions, base.span)
        index = positions[0].name if isinstance(positions[0], t.BoundIndex) else positions[0]
        self.decide(f"{base.name}_{index} is read as column {index} of {array.name}", "samples", span=self.place(base.span))
        return self.entry(self.transpose(array, base.span), positions, base.span)

    def _member_value(self, base: str, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        """What is given for each index, at these."""
        letters, value = self.scope.member_values[base]
        indices = [position for position in positions if isinstance(position, t.BoundIndex)]
        if len(indices) < len(positions) or len(indices) != len(letters):
            raise ParseError(
                f"{base}_{letters} is given for indices of sums", span=span, suggestion=f"Σ_{letters} {base}_{letters}"
            )
        if (base, positions) not in self._given:
            self._given[base, positions] = None
            self._given[base, positions] = self._built_at(letters, indices, value, span)
        found = self._given[base, positions]
        if found is None:
            raise ParseError(f"{base}_{letters} needs its own value", span=span)
        self._indexed.update(indices)
        return replace(found, span=self.place(span))

    def _built_at(self, letters: str, indices: list[t.BoundIndex], value: s.Syntax, span: Span) -> t.Term:
        """The term of a value that is given for each index, where the letters are these indices."""
        if self._giving >= _DEEPEST_GIVEN:
            raise LimitError(f"values for each index need each other more than {_DEEPEST_GIVEN} deep", span=span)
        outer = {letter: self.scope.indices.get(letter, []) for letter in letters}
        self.scope.indices |= {letter: [index] for letter, index in zip(letters, indices, strict=True)}
        self._giving += 1
        found = self.build(value)
        self._giving -= 1
        self.scope.indices |= outer
        return found

    def _positions_in(self, index: str) -> tuple[t.Position, ...]:
        """The positions that a subscript names, indices of sums among them; none where it is
        something else."""
        found = [int(letter) if letter in "123456789" else self.scope.bound_index(letter) for letter in index]
        positions = tuple([position for position in found if position is not None])
        indices = [position for position in positions if isinstance(position, t.BoundIndex)]
        return positions if indices and len(positions) == len(found) else ()

    def _is_kronecker(self) -> bool:
        scope = self.scope
        known = "delta" in scope.declarations or "delta" in scope.values or "delta" in scope.written
        return not known and "delta" not in scope.variables

    def _symbol(self, name: str, span: Span) -> t.Term:
        declaration = self.scope.declarations.get(name)
        if declaration is not None and declaration.kind == "function":
            raise ParseError(f"{name} is declared as a function", span=span, suggestion=f"{name}(x)")
        if name in self.scope.signed_functions:
            said = f"{name} is the name of a derivative of {self.scope.signed_functions[name]}"
            raise ParseError(said, span=span, suggestion=f"{name}(x)")
        cell = self.scope.variable(name, self.place(span)).cell
        cell.lying = self.lying
        return t.SymbolTerm(cell, self.place(span), name)

    def _is_euler(self) -> bool:
        scope = self.scope
        return "e" not in scope.declarations and "e" not in scope.values and scope.bound_index("e") is None

    def function_value(self, definition: s.Definition, arguments: list[t.Term] | None, span: Span) -> t.Term:
        """A function at these arguments, or at its own parameters: its body, with the arguments for
        the parameters.

        Raises ParseError for another number of arguments and LimitError for a function that is
        defined by itself.
        """
        names = definition.parameters
        if arguments is None and not self.scope.values.keys().isdisjoint(names):
            arguments = [self._name(s.Name(span, name)) for name in names]
        if arguments is None:
            return self._within(definition.body, definition.function, span)
        if len(arguments) != len(names):
            shown = f"{definition.function}({', '.join(names)})"
            raise ParseError(
                f"{shown} is given {len(arguments)} argument{'s' * (len(arguments) != 1)}", span=span, suggestion=shown
            )
        given = [self._as_argument(one, name, definition.body) for name, one in zip(names, arguments, strict=True)]
        return self._with_values(dict(zip(names, given, strict=True)), definition.body, definition.function, span)

    def _with_values(self, values: Mapping[str, t.Term], body: s.Syntax, of: str, span: Span) -> t.Term:
        """The term of a body in which parameters have these values."""
        scope = self.scope
        outer = scope.values, scope.parameters
        scope.values = {**scope.values, **values}
        scope.parameters |= frozenset(values)
        try:
            return self._within(body, of, span)
        finally:
            scope.values, scope.parameters = outer

    def _as_argument(self, given: t.Term, parameter: str, body: s.Syntax) -> t.Term:
        """What is given for a parameter: 0 is the zero of what the parameter stands for, a number,
        a vector or a matrix."""
        if not isinstance(given, t.NumberTerm) or given.value or not self._shows_arrays(body):
            return given
        multiple = self.product([given, self._name(s.Name(given.span, parameter))], given.span)
        return t.ZeroTerm(multiple.cell, given.span, (multiple,))

    def _shows_arrays(self, body: s.Syntax) -> bool:
        """Whether a formula, or that of a function in it, has a capital, a transpose or a norm:
        small letters alone may all be numbers."""
        definitions = self.scope.definitions

        def opened(tree: s.Syntax) -> list[s.Syntax]:
            return [definitions[name].body for name in map(name_of, walk(tree)) if name in definitions]

        nodes = walk(*postordered([body], opened))
        capitals = [name for name in names_among(nodes) if name not in definitions and name[:1].isupper()]
        return bool(capitals) or any(isinstance(node, s.Transposed | s.NormBars) for node in nodes)

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
        directions = operands[len(operands) - len(node.along) :]
        if node.point is not None:
            point = self._as_argument(operands[0], node.wrt[0], node.body)
            variable = t.BoundTerm(point.cell, point.span, node.wrt[0])
            body = self._with_values({variable.name: variable}, node.body, "the function", node.span)
            return self._differentiated(node, [body, point], (variable,) * len(node.wrt), directions)
        body = operands[0]
        if not directions and any(self._entry_named(name) is not None for name in node.wrt):
            return self._by_entries(node, body)
        value = next((name for name in node.wrt if self._has_value(name)), None)
        if value is None:
            variables = tuple([self._differentiated_by(name, node) for name in node.wrt])
            return self._differentiated(node, [body], variables, directions)
        if len(set(node.wrt)) > 1:
            raise ParseError(f"{value} is an intermediate result; differentiate by it alone", span=node.span)
        return self._by_value(node, body, value, directions)

    def _has_value(self, name: str) -> bool:
        return name in self.scope.values and self._symbol_of(name) is None

    def _by_value(self, node: s.DerivativeOf, body: t.Term, name: str, directions: list[t.Term]) -> t.Term:
        """The derivative by an intermediate result, which stands for itself where it is used."""
        value = self.scope.values[name]
        arguments = [one for names in self.scope.undefined.arguments.values() for one in names]
        behind = [self.scope.values[one] for one in arguments if one in self.scope.values]
        uses = tuple([part for part in t.postorder(body, *behind) if self._stands_for(part, value)])
        variable = t.BoundTerm(value.cell, value.span, name)
        return self._differentiated(node, [body, value], (variable,) * (len(directions) or len(node.wrt)), directions, uses)

    def _stands_for(self, part: t.Term, value: t.Term) -> bool:
        """Whether a part is a use of a value, or of a use of it: an argument of a function is used
        where the parameter stands."""
        found: t.Term | None = part
        while found is not None and found is not value:
            found = self.scope.uses.get(found)
        return found is value

    def _entry_named(self, name: str) -> tuple[str, tuple[t.Position, ...]] | None:
        """The array and the positions of what is called ``x_k``, k an index of a sum or an array;
        None for other names."""
        found = self._parted(name)
        known = name in self.scope.declarations or name in self.scope.values
        return found if found[1] and not known else None

    def _by_entries(self, node: s.DerivativeOf, body: t.Term) -> t.Term:
        """The derivative by entries of arrays, one after the other: that in the direction in which
        only the entry changes."""
        for name in node.wrt:
            found = self._entry_named(name)
            if found is None:
                body = self._differentiated(node, [body], (self._differentiated_by(name, node),))
                continue
            array = found[0] if found[0] in self.scope.values else array_of(self.scope, found[0])
            along = self._unit_at(name, found[1], node.span)
            body = (
                self._by_value(node, body, array, [along])
                if self._has_value(array)
                else self._differentiated(node, [body], (self._differentiated_by(array, node),), [along])
            )
        return body

    def _unit_at(self, name: str, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        """The vector or matrix with a one at these positions alone."""
        units = [self.entry(self.identity(span), (position,), span) for position in positions]
        if not 0 < len(units) <= 2:
            raise ParseError(f"{name} is an entry of an array with more than two axes", span=span)
        return units[0] if len(units) == 1 else self.product([units[0], self.transpose(units[1], span)], span)

    def _symbol_of(self, name: str) -> t.SymbolTerm | t.BoundTerm | None:
        """The symbol that a name with a value stands for, as a parameter at that argument does."""
        value = self.scope.values.get(name)
        return value if isinstance(value, t.SymbolTerm | t.BoundTerm) else None

    def check_variable(self, name: str, span: Span, argument: bool = False) -> None:
        """Raises ParseError for what is no symbol to differentiate by; ``argument``: functions
        without a formula depend on it."""
        declaration = self.scope.declarations.get(name)
        if declaration is not None and declaration.kind == "function":
            raise ParseError(f"{name} is declared as a function", span=span)
        if name not in self.scope.variables and declaration is None and not argument:
            raise ParseError(
                f"{name} does not occur in the expression", span=span, expected=", ".join(self.scope.variables) or None
            )

    def _differentiated_by(self, name: str, node: s.DerivativeOf) -> t.SymbolTerm | t.BoundTerm:
        scope = self.scope
        known = self._symbol_of(name)
        if known is not None:
            return known
        self.check_variable(name, node.span, any(name in names for names in scope.undefined.arguments.values()))
        return t.SymbolTerm(scope.variable(name, node.span).cell, self.place(node.span), name)

    def _differentiated(
        self,
        node: s.DerivativeOf,
        operands: list[t.Term],
        wrt: tuple[t.SymbolTerm | t.BoundTerm, ...],
        directions: Sequence[t.Term] = (),
        uses: tuple[t.Term, ...] = (),
    ) -> t.Term:
        """The term, and the relation of its shape to those of what is differentiated and what
        by."""
        self.evidence = True
        body, place = operands[0], self.place(node.span)
        cells = [variable.cell for variable in wrt]
        if directions:
            for direction in directions:
                self.relate(c.SameShape(place, cells[0], direction.cell))
            return t.DerivativeTerm(body.cell, place, (*operands, *directions), wrt, uses, node.turned, len(directions))
        turned = node.turned or self.layout == "numerator"
        layout = "numerator" if turned else "denominator"
        result = self.related(kind_relations.DerivativeBy, node.span, layout, body.cell, cells)
        return t.DerivativeTerm(result, place, tuple(operands), wrt, uses, turned)

    def _entries(self, node: s.Entries, operands: list[t.Term]) -> t.Term:
        positions = tuple([self.position(position) for position in node.positions])
        if node.whole:
            return self._slice(node, positions, self._array(node.operand) if isinstance(node.operand, s.Name) else operands[0])
        if isinstance(node.operand, s.Name):
            return self._part(node.operand, positions, node.span)
        return self.entry(operands[0], positions, node.span)

    def _slice(self, node: s.Entries, positions: tuple[t.Position, ...], operand: t.Term) -> t.Term:
        """``X[i,:]``, a row (a vector where these have one axis), ``X[:,k]``, a column, and
        ``T[k,:,:]``, a matrix."""
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

    def _part(self, name: s.Name, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        """What a name stands for at these positions: ``x_j[i]`` is entry i of x_j."""
        base, before = self._parted(name.name)
        if before and (name.name not in self.scope.declarations or index_of(name.name)):
            return self.entry(self._array(s.Name(name.span, base)), (*before, *positions), span)
        bound = any(isinstance(position, t.BoundIndex) for position in positions)
        return self.entry(self._array(name) if bound else self._name(name), positions, span)

    def _array(self, node: s.Name) -> t.Term:
        """What stands before the indices of sums."""
        name, scope = node.name, self.scope
        known = (scope.values, scope.sizes, scope.size_names, _CONSTANT_ARRAYS)
        if name not in scope.declarations and any(name in names for names in known):
            return self._name(node)
        array = array_of(scope, name)
        if array == name and name in scope.points:
            raise ParseError(
                f"{name} stands beside what is written {name} with an index, which are other points",
                span=node.span,
                suggestion="another letter for one of them",
            )
        return self._symbol(array, node.span)

    def _limits_in(self, node: s.Syntax) -> Size:
        """A position as a polynomial, in which limits of sums stand by their names."""
        scope = self.scope
        outer = scope.sizes
        scope.sizes = {name: size for name, size in outer.items() if name not in scope.limits}
        try:
            return self.polynomial(node)
        finally:
            scope.sizes = outer

    def counts_by_sizes(self, node: s.Syntax) -> bool:
        """Whether a position is written with names of sizes alone, ``n-1``."""
        names = names_in(node)
        return bool(names) and self.scope.size_names.issuperset(names) and not any(map(self.scope.bound_index, names))

    def position(self, node: s.Syntax) -> t.Position:
        if isinstance(node, s.NumberLiteral) and node.value.denominator == 1:
            if node.value < 1:
                raise ShapeError("entries are counted from 1", span=node.span, suggestion="1")
            return int(node.value)
        if isinstance(node, s.Name) and (bound := self.scope.bound_index(node.name)) is not None:
            return bound
        if self.counts_by_sizes(node):
            return self.polynomial(node)
        if isinstance(node, s.Name):
            raise ParseError(
                f"the index {node.name} is not bound",
                span=node.span,
                suggestion=f"sum({node.name}, ...) or tensor({node.name}, ...) around it, or a number",
            )
        indices = [index for name in names_in(node) if (index := self.scope.bound_index(name)) is not None]
        known = {*self.scope.size_names, *self.scope.limits}
        for index in indices[:1] if len(indices) == 1 else ():
            place, at = self._limits_in(node), Size.of(index.name)
            for shift, turned in ((place - at, False), (place + at, True)):
                if known.issuperset(shift.names):
                    return t.Moved(index.name, index.size, index.ends, index, shift, turned)
        raise ParseError(
            "a position is a number or an index",
            span=node.span,
            suggestion="one index and a number beside it, x[i+1]" if indices else "x[3], or sum(i, x[i])",
        )
