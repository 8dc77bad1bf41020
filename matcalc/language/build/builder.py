"""Syntax tree to terms: names are resolved, operators put their relations between cells. No
recursion over the depth of the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import mul
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import later
from matcalc.base.sizes import Size, not_whole, smaller
from matcalc.language.build import terms as t
from matcalc.language.build.naming import Naming
from matcalc.language.build.operators import Operators, norm_operands, schatten_exponent, spine
from matcalc.language.build.scope import Scope, written_names
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import is_axis, names_among, parts, walk
from matcalc.language.text.dialects import Written
from matcalc.language.typing.dimensions import Dimension, Unknown
from matcalc.language.typing.kinds import SCALAR

if TYPE_CHECKING:
    from matcalc.language.build import index_ranges, selections
    from matcalc.language.syntax import open_indices
    from matcalc.language.text import meanings
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")
    index_ranges = later("matcalc.language.build.index_ranges")
    selections = later("matcalc.language.build.selections")
    open_indices = later("matcalc.language.syntax.open_indices")
    meanings = later("matcalc.language.text.meanings")

_LEAVES = frozenset([s.Name, s.NumberLiteral])
_SCOPED = frozenset([s.Applied, s.NormBars, s.Bars, s.Transposed, s.Summation])
"""What its parts see: indices, and whether they are summed up."""
_GATHERED = frozenset(["+", "-", "*", ".*", "⊗"])
"""Operators whose chains are one operation."""


_MISPLACED: Mapping[type[s.Syntax], tuple[str, str | None]] = {
    s.Word: ("'{}' cannot stand here", None),
    s.Keyword: ("the option {} is not read here", None),
    s.Listed: ("several values cannot stand here", None),
    s.DifferentialOf: (
        "a differential cannot be part of an expression", "a differential is one side of a statement: d(X^-1) = -X^-1 dX X^-1"
    ),
    **dict.fromkeys(
        (s.Equation, s.Chain, s.Implication),
        ("an expression is expected, not an equation", "the right side alone, or verify for the whole"),
    ),
    **dict.fromkeys((s.Program, s.Definition), ("an expression is expected, not a program", None)),
}  # fmt: skip
"""What is said of syntax that is no expression, and what to write instead."""


def _misplaced(node: s.Syntax) -> ParseError:
    said, advice = _MISPLACED[type(node)]
    word = node.word if isinstance(node, s.Word) else node.name if isinstance(node, s.Keyword) else ""
    return ParseError(said.format(word), span=node.span, suggestion=advice)


class Builder(Naming, Operators):
    """Builds the terms of one text from its syntax tree."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.users_functions: dict[str, Callable[[], str]] = {}
        """The user's own functions that are called, with what says how they are declared."""
        self._opened_indices: list[tuple[str, ...]] = []
        """The indices that what is being built binds, innermost last."""

    def read_as(self, written: Written) -> None:
        """Says what the text is written in."""
        self.written = written
        self.lying = True if written.arrays else None
        if written.arrays:
            self.evidence = True

    def build(self, root: s.Syntax, place: Span | None = None) -> t.Term:
        """The term of a syntax tree; ``place`` overrides all spans (for definitions)."""
        outer, self._place = self._place, place or self._place
        done: list[t.Term] = []
        stack: list[tuple[s.Syntax, list[s.Syntax] | None]] = [(root, None)]
        while stack:
            node, operands = stack.pop()
            if type(node) in _LEAVES:
                done.append(self._make(node, []))
            elif operands is None:
                node = self._as_meant(node) if type(node) in (s.Entries, s.Summation) else node
                operands = _OPERANDS[type(node)](self, node) if type(node) in _OPERANDS else []
                stack.append((node, operands))
                stack += [(operand, None) for operand in reversed(operands)]
                if type(node) in _SCOPED:
                    self._enter(node)
            else:
                start = len(done) - len(operands)
                made = self._make(node, done[start:])
                del done[start:]
                done.append(made)
                if type(node) in _SCOPED:
                    self._leave(node)
        self._place = outer
        return done[0]

    def _as_meant(self, node: s.Syntax) -> s.Syntax:
        if isinstance(node, s.Summation):
            bound = [not limit.isdecimal() for _, limit in node.limits]
            return index_ranges.from_outer(self, node) if any(bound) else node
        return open_indices.as_array(node, self.scope) if isinstance(node, s.Entries) else node

    def _operands_of_binary(self, node: s.Binary) -> list[s.Syntax]:
        gathered: tuple[str, ...] = ("+", "-") if node.operator in ("+", "-") else (node.operator,)
        if node.operator not in _GATHERED or (node.operator == "*" and self._starred(node.operator_span)):
            return [node.left, node.right]
        return [part for part, _ in spine(node, gathered)]

    def _operands_of_power(self, node: s.Raised) -> list[s.Syntax]:
        if isinstance(node.base, s.Name) and node.base.name == "e" and self._is_euler():
            return [node.exponent]
        return [] if self._is_part(node) else [node.base, node.exponent]

    def argument_terms(self, node: s.Applied) -> list[s.Syntax]:
        raise NotImplementedError

    def call(self, node: s.Applied, arguments: list[t.Term]) -> t.Term:
        raise NotImplementedError

    def _norm_by_subscript(self, node: s.NormBars, operands: list[t.Term]) -> t.Term:
        exponent = schatten_exponent(node, self.scope)
        if exponent is None:
            return self._norm_bars(node, operands)
        return self.call(s.Applied(node.span, "schatten", (node.operand, exponent), node.span), operands)

    def sums_up(self, node: s.Applied, outer: bool) -> bool:
        """Whether the arguments of a call are summed up entry by entry; ``outer``: its value is."""
        raise NotImplementedError

    def summed_index(self, node: s.Applied) -> str | None:
        """The index of ``sum(i, body)``, which hides a symbol of that name: a second argument has
        no other meaning."""
        if node.function != "sum" or len(node.arguments) != 2:
            return None
        index, body = node.arguments
        if not isinstance(index, s.Name) or isinstance(body, s.Word | s.Keyword) or is_axis(index.name, body):
            return None
        return index.name

    def array_indices(self, node: s.Applied) -> tuple[str, ...]:
        """The indices of ``tensor(i, k, body)``.

        Raises ParseError for what cannot be one.
        """
        if node.function != "tensor":
            return ()
        names = [name for name in names_among(node.arguments[:-1]) if name not in self.scope.declarations]
        if not 0 < len(names) < 5 or len(names) != len(node.arguments) - 1 or len(set(names)) < len(names):
            raise ParseError(
                "tensor(...) makes an array of entries",
                span=node.span,
                expected="one to four different indices that are no declared names, and a scalar",
                suggestion="tensor(i, j, X[i,j]*y[j])",
            )
        return tuple(names)

    def _enter(self, node: s.Syntax) -> None:
        limits: dict[str, str] = {}
        if isinstance(node, s.Summation):
            if meanings.is_of_problems(node.function) and not written_names(walk(node.body)).isdisjoint(node.indices):
                raise meanings.optimum(node.function, node.span)
            limits = dict(node.limits)
            # In Σ_i Σ_{j≠i} the second sum is one over j.
            related = {name for relation in node.relations for name in relation}
            names = tuple([name for name in node.indices if name not in related or not self.scope.bound_index(name)])
        else:
            self._summed_up.append(isinstance(node, s.Applied) and self.sums_up(node, self._summed_up[-1]))
            names = self._bound(node) if isinstance(node, s.Applied) else ()
        self._opened_indices.append(names)
        for name in names:
            index = (
                index_ranges.index_over(self, name, limits[name], node, self._limit)
                if name in limits
                else t.BoundIndex(name, Unknown())
            )
            self.scope.indices.setdefault(name, []).append(index)

    def _limit(self, written: str) -> Dimension:
        """The size that the upper limit of a sum names."""
        if written.isdecimal():
            return Size.of(int(written))
        if written in self.scope.size_names:
            return self.scope.sizes.get(written) or Size.of(written)
        return self.scope.limits.get(written, Unknown())

    def _leave(self, node: s.Syntax) -> None:
        if not isinstance(node, s.Summation):
            self._summed_up.pop()
        for name in self._opened_indices.pop():
            self.scope.indices[name].pop()

    def _bound(self, node: s.Applied) -> tuple[str, ...]:
        """The indices that a call binds."""
        index = self.summed_index(node)
        return self.array_indices(node) if index is None else (index,)

    def _make(self, node: s.Syntax, operands: list[t.Term]) -> t.Term:
        made = _MADE.get(type(node))
        if made is None:
            raise _misplaced(node)
        return made(self, node, operands)

    def _entries(self, node: s.Entries, operands: list[t.Term]) -> t.Term:
        if selections.is_part(self, node):
            operand = self._array(node.operand) if isinstance(node.operand, s.Name) else operands[0]
            return selections.selected(self, node, operand, self.polynomial)
        return super()._entries(node, operands)

    def _summation(self, node: s.Summation, operands: list[t.Term]) -> t.Term:
        if node.function:
            return self.reduced_over(node, self._opened_indices[-1], operands[0])
        body = self.restricted(node, self._within_sets(node, operands[0]))
        for name in reversed(self._opened_indices[-1]):
            body = self.index_sum(name, body, node.span)
        return body

    def entry(self, operand: t.Term, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        if any(isinstance(position, t.BoundIndex) and isinstance(position.size, Size) for position in positions):
            positions = tuple(
                [index_ranges.cut(self, operand, one) if isinstance(one, t.BoundIndex) else one for one in positions]
            )
        if any(isinstance(position, t.BoundIndex) and index_ranges.is_apart(position) for position in positions):
            return index_ranges.beside(self, operand, positions, span)
        return super().entry(operand, positions, span)

    def related_apart(self, left: t.BoundIndex, relation: str, right: t.BoundIndex, span: Span) -> t.Term:
        return index_ranges.Distances(self, left, right, span).related(relation)

    def _within_sets(self, node: s.Summation, body: t.Term) -> t.Term:
        """The summand, and zero for pairs that are not in a set: ``Σ_{(i,j)∈Ω}``."""
        place = self.place(node.span)
        for left, relation, right in node.relations:
            if relation.startswith("∈"):
                name = relation[1:]
                inside = self._part(
                    s.Name(node.span, name),
                    (self.position(s.Name(node.span, left)), self.position(s.Name(node.span, right))),
                    node.span,
                )
                self.relate(kind_relations.InRelation(place, frozenset({(SCALAR,)}), "whether a pair is in a set", inside.cell))
                self.decide(f"{name} is read as a matrix of 0 and 1", "notation", span=place)
                body = self.product([inside, body], node.span)
        return body

    def reduced_over(self, node: s.Summation, names: tuple[str, ...], body: t.Term) -> t.Term:
        """The function of the array of all values."""
        raise NotImplementedError

    def size(self, node: s.Syntax) -> Dimension:
        """A size written as an argument: ``n``, ``3``, ``m*n``, ``n+1``."""
        if isinstance(node, s.Name) and node.name in self.scope.sizes:
            return self.scope.sizes[node.name]
        found = self.polynomial(node)
        if not found.can_be_positive:
            raise ParseError(f"a size cannot be {found}", span=node.span, expected="a size that can be 1 or more")
        return found

    def polynomial(self, node: s.Syntax) -> Size:
        """What is written with names of sizes, which may be 0 and less."""
        return polynomial(node, self.scope.sizes)


def polynomial(node: s.Syntax, known: Mapping[str, Dimension] = MappingProxyType({})) -> Size:
    """A size that is written with names, some of which are ``known``; it may be 0 and less. Raises
    ParseError."""
    found: dict[s.Syntax, Size] = {}
    for part in reversed(list(walk(node))):
        found[part] = _size_from(part, found, known)
    if not found[node].is_whole:
        raise ParseError(not_whole(found[node]), span=node.span, expected="a size such as n, 2*n, n*(n+1)/2")
    return found[node]


def _size_from(part: s.Syntax, found: Mapping[s.Syntax, Size], known: Mapping[str, Dimension]) -> Size:
    """A size made of those of the parts below."""
    match part:
        case s.Group(operand=operand):
            return found[operand]
        case s.Binary(operator="*", left=left, right=right):
            return found[left] * found[right]
        case s.Binary(operator="+", left=left, right=right):
            return found[left] + found[right]
        case s.Binary(operator="-", left=left, right=right):
            return found[left] - found[right]
        case s.Binary(operator="/", left=left, right=s.NumberLiteral(value=value)) if value.denominator == 1 and value > 0:
            return found[left].over(int(value))
        case s.Applied(function="min", arguments=(one, other)):
            return smaller(found[one], found[other])
        case s.Raised(base=base, exponent=s.NumberLiteral(value=value), elementwise=False) if value in (1, 2, 3, 4):
            return reduce(mul, [found[base]] * int(value))
        case s.NumberLiteral(value=value) if value.denominator == 1 and 0 < value < 10**9:
            return Size.of(int(value))
        case s.Name(name=name) if isinstance(size := known.get(name) or Size.of(name), Size):
            return size
        case _:
            raise ParseError("a size is expected", span=part.span, expected="a name such as n, a number, or m*n, n+1")


_OPERANDS: Mapping[type[s.Syntax], Callable[[Builder, Any], list[s.Syntax]]] = {
    s.Binary: Builder._operands_of_binary,
    s.Raised: Builder._operands_of_power,
    s.Entries: lambda _, node: [] if isinstance(node.operand, s.Name) else [node.operand],
    s.DerivativeOf: lambda _, node: [node.body if node.point is None else node.point, *node.along],
    s.NormBars: lambda own, node: norm_operands(node, own.scope),
    s.Applied: lambda own, node: own.argument_terms(node),
    **dict.fromkeys((s.Group, s.Minus, s.Transposed, s.Bars, s.Summation), lambda _, node: [*parts(node)]),
}
"""The parts of syntax that become operands; chains of one operator are gathered from the left. What
is not here has none."""
_MADE: Mapping[type[s.Syntax], Callable[[Builder, Any, list[t.Term]], t.Term]] = {
    s.NumberLiteral: Builder._number,
    s.Name: lambda own, node, _: own._name(node),
    s.Entries: lambda own, node, operands: own._entries(node, operands),
    s.Applied: lambda own, node, operands: own.call(node, operands),
    s.DerivativeOf: Builder._derivative,
    s.Summation: Builder._summation,
    s.Group: lambda _, __, operands: operands[0],
    s.Minus: Builder._negative,
    s.Binary: Builder._binary,
    s.Transposed: Builder._transposed,
    s.Raised: Builder._raised,
    s.NormBars: Builder._norm_by_subscript,
    s.Bars: lambda own, node, operands: own.bars(operands[0], node.span),
}
"""The term that is made of syntax with its operands."""
assert _MADE.keys() | _MISPLACED.keys() == {*get_args(s.SyntaxNode)}
