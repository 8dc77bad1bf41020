r"""Arrays that are written out entry by entry, as sides of equations: ``∇f(x, y) = (2x, 2y)`` is an
equation for each entry.

All that is known of such arrays is here and in ``array_arithmetic``: what a gradient or a Hessian
of a function of numbers has as its entries, how arrays are multiplied, turned, added and inverted,
and that a name may stand for one. So nothing behind this needs to know arrays of formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import TypeAlias

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.records import record, replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import Array, Kinds, Operations, is_list, is_written_out, misplaced, rows_of
from matcalc.language.syntax.trees import mapped, name_of, names_in, number_in, parts, ungrouped, walk
from matcalc.language.text.terminals import JACOBIAN, PARTIALS, WRITTEN_OUT

_MOST_ENTRIES = 64
_DEEPEST = 8
"""Functions that are opened in each other."""

Assigned: TypeAlias = Mapping[str, s.Syntax]
"""What names stand for, each after those that it is made of."""


@record
class EntryEquation:
    """One entry of both sides; ``place`` says in words which one it is."""

    place: str
    equation: s.Equation


@record
class Entrywise:
    """An equation between arrays as one for each entry; ``numbers`` are the names that are numbers
    because they are arguments there.

    ``definitions`` are functions that the entries need.
    """

    entries: tuple[EntryEquation, ...]
    numbers: tuple[str, ...]
    definitions: tuple[s.Definition, ...]


def entrywise(
    equation: s.Equation,
    functions: Mapping[str, s.Definition],
    assigned: Assigned,
    kinds: Kinds | None = None,
    text: str = "",
) -> Entrywise | None:
    """An equation of which a side is made of arrays that are written out, or of all partial
    derivatives of a function, entry by entry.

    None for other equations, and for arrays of blocks, which are read as they stand. Raises
    ParseError where an array stands in another way than the ones known here, and ShapeError where
    the sides have different numbers of entries. A list may be a row or a column; ``text`` is what
    the equation is read from, or empty where commas tell nothing.
    """
    nodes = walk(equation, *(value for value in assigned.values()), *(one.body for one in functions.values()))
    if not any(map(_is_of_arrays, nodes)):
        return None
    kinds = Kinds() if kinds is None else kinds
    as_it_stands = _stands(nodes, walk(equation)) and not any(is_list(node) and _has_comma(node, text) for node in nodes)
    if as_it_stands and any(is_written_out(node) and not is_list(node) and kinds.blocks_in(node) for node in nodes):
        return None
    try:
        return _by_entries(equation, _Reader(functions, nodes, assigned, kinds, columns=False))
    except (ParseError, ShapeError) as error:
        first = error
    if any(is_list(node) for node in nodes):
        with suppress(ParseError, ShapeError):
            return _by_entries(equation, _Reader(functions, nodes, assigned, kinds, columns=True))
    if as_it_stands and isinstance(first, ParseError):
        return None
    raise first


def _has_comma(node: s.Syntax, text: str) -> bool:
    """Whether a list is written with commas, as commutators are."""
    return "," in text[node.span.start : node.span.end]


def _stands(nodes: Sequence[s.Syntax], own: Sequence[s.Syntax]) -> bool:
    """Whether all arrays are in the equation itself, and none are of partial derivatives."""
    inside = set(own)
    return all(is_written_out(node) and node in inside for node in nodes if _is_of_arrays(node))


def named_arrays(assigned: Assigned, functions: Mapping[str, s.Definition]) -> frozenset[str]:
    """The names that stand for arrays."""
    if not any(is_written_out(node) for node in walk(*assigned.values())):
        return frozenset()
    nodes = walk(*assigned.values())
    return frozenset(_Reader(functions, nodes, assigned, Kinds(), columns=False, strict=False).named)


def _is_of_arrays(node: s.Syntax) -> bool:
    return is_written_out(node) or (isinstance(node, s.Applied) and node.function in PARTIALS)


def _by_entries(equation: s.Equation, reader: _Reader) -> Entrywise | None:
    left, right = reader.array(equation.left), reader.array(equation.right)
    if left is None and right is None:
        reader.check_no_array(equation)
        return None
    left, right = reader.beside(left, equation.left, right), reader.beside(right, equation.right, left)
    if left is None or right is None:
        raise misplaced(next(filter(_is_of_arrays, walk(equation)), equation), reader.functions)
    left, right = _alike(left, right, equation.span)
    pairs = [(place, one, other) for place, one, other in _paired(left, right, reader.titles)]
    reader.check_no_array(*(entry for _, one, other in pairs for entry in (one, other)))
    entries = tuple([EntryEquation(place, s.Equation(equation.span, one, other)) for place, one, other in pairs])
    return Entrywise(entries, tuple(reader.numbers), tuple(reader.definitions.values()))


def _alike(left: Array, right: Array, place: Span) -> tuple[Array, Array]:
    """Both arrays in one orientation. Raises ShapeError for different numbers of entries."""
    if left.size == right.size:
        return left, right
    if left.size == right.size[::-1] and 1 in left.size and (left.listed or right.listed):
        return (left.turned(), right) if left.size[0] == 1 else (left, right.turned())
    shapes = [f"{rows}×{columns}" for rows, columns in (left.size, right.size)]
    raise ShapeError(f"shapes differ: the left side has {shapes[0]} entries, the right side {shapes[1]}", span=place)


def _paired(left: Array, right: Array, titles: Mapping[str, s.Syntax]) -> Iterator[tuple[str, s.Syntax, s.Syntax]]:
    rows, columns = left.size
    for i, j in product(range(rows), range(columns)):
        number = i + j + 1
        place = f"entry {number}" if 1 in (rows, columns) else f"entry ({i + 1}, {j + 1})"
        one, other = left.rows[i][j], right.rows[i][j]
        title = next((name for name, found in titles.items() if found is one or found is other), "")
        yield f"{place} ({title})" if title else place, one, other


def _title(function: str, by: tuple[str, ...]) -> str:
    above = f"∂{function}" if len(by) == 1 else f"∂²{function}"
    return f"{above}/∂{'∂'.join(by)}"


class _Reader(Operations):
    """Finds the arrays in the sides of one equation.

    ``columns``: a list is a column. Without ``strict`` names whose values are not understood are
        left out.
    """

    def __init__(
        self,
        functions: Mapping[str, s.Definition],
        nodes: Iterable[s.Syntax],
        assigned: Assigned,
        kinds: Kinds,
        *,
        columns: bool,
        strict: bool = True,
    ) -> None:
        super().__init__(functions, list(nodes), kinds, columns=columns)
        self.definitions: dict[str, s.Definition] = {}
        self.titles: dict[str, s.Syntax] = {}
        """The partial derivatives, by what they are called."""
        self._depth = 0
        for name, value in assigned.items():
            self._assign(name, value, strict)

    def _assign(self, name: str, value: s.Syntax, strict: bool) -> None:
        try:
            array = self.array(value)
        except (ParseError, ShapeError):
            if strict:
                raise
            return
        if array is not None:
            self.named[name] = array
        elif number_in(value) is not None:
            self._arguments.add(name)

    def array(self, side: s.Syntax) -> Array | None:
        """The entries of a side; None for one that is no array. No recursion over depth."""
        found: dict[s.Syntax, Array | None] = {}
        nodes = walk(side)
        inside = {part for node in nodes if isinstance(node, s.DerivativeOf) for part in walk(node.body)}
        for node in reversed(nodes):
            if node not in inside:
                found[node] = self._made(node, [found.get(part) for part in parts(node)])
        array = found[side]
        if array is not None and array.size[0] * array.size[1] > _MOST_ENTRIES:
            raise ParseError(f"an array that is written out has at most {_MOST_ENTRIES} entries", span=side.span)
        return array

    def check_no_array(self, *nodes: s.Syntax) -> None:
        """Raises ParseError where the name of an array is left, or a function in whose formula one
        is."""
        waiting, seen = [*nodes], set[str]()
        while waiting:
            node = waiting.pop()
            for part in walk(node):
                name = name_of(part)
                if name in self.named:
                    raise misplaced(part, self.functions)
                if name in self.functions and name not in seen:
                    seen.add(name)
                    waiting.append(_without_parameters(self.functions[name]))

    def _made(self, node: s.Syntax, below: list[Array | None]) -> Array | None:
        match node:
            case s.Name(name=name):
                return self.named.get(name)
            case s.Applied(function=name) if name == WRITTEN_OUT:
                return self._written(node, below)
            case s.Applied(function=name, arguments=(body,)) if name in PARTIALS:
                return self._partials(node, body)
            case s.Applied(function=name) if name in self.functions:
                return self._value(node, below)
            case s.DerivativeOf() if (at := self._point_of(node)) is not None:
                return self._at_array(node, *at)
            case s.DerivativeOf() if node.plain and (names := self._entries_of(node)):
                return self._by_entries(node, names)
            case s.DerivativeOf():
                self.check_no_array(node)
                return None
            case s.Group():
                return below[0]
            case s.Listed() | s.Keyword() | s.Definition() | s.Program() | s.Equation():
                return None
            case _:
                present = [one for one in below if one is not None]
                return self._combined(node, below, present) if present else None

    def _written(self, node: s.Applied, below: list[Array | None]) -> Array:
        """The array of an array that is written out; one of columns, or of numbers that are made of
        arrays."""
        if any(one is not None and one.only is None for one in below):
            raise misplaced(node, self.functions)
        array = Array(rows_of(node))
        return replace(array.turned(), listed=True) if self._columns and is_list(node) else array

    def _value(self, node: s.Applied, below: list[Array | None]) -> Array | None:
        """The value of a function with a formula: at an array, or with arrays in its formula; None
        where no array is in it."""
        function = self.functions[node.function]
        named = names_in(function.body).keys() & self.named.keys() - set(function.parameters)
        if not named and not any(below) and not any(map(is_written_out, walk(function.body))):
            return None
        if len(below) != len(function.parameters) or self._depth > _DEEPEST:
            raise misplaced(node, self.functions)
        values: dict[str, s.Syntax] = {}
        for parameter, argument, array in zip(function.parameters, node.arguments, below, strict=True):
            values |= {parameter: argument} if array is None else _bindings(parameter, array, node.span)
        body = _with_values(function.body, values)
        array = self._inside(body)
        return Array(((body,),)) if array is None else array

    def _inside(self, body: s.Syntax) -> Array | None:
        self._depth += 1
        try:
            return self.array(body)
        finally:
            self._depth -= 1

    def _point_of(self, node: s.DerivativeOf) -> tuple[s.Definition, Array] | None:
        """The function of one array that is differentiated, and the array where it is; None for
        another derivative."""
        body = ungrouped(node.body)
        function = self.functions.get(body.function) if isinstance(body, s.Applied) else None
        if (
            function is None
            or len(function.parameters) != 1
            or set(node.wrt) != set(function.parameters)
            or node.along
            or node.turned
        ):
            return None
        array = None if node.point is None else self.array(node.point)
        return None if array is None or 1 not in array.size or array.only is not None else (function, array)

    def _at_array(self, node: s.DerivativeOf, function: s.Definition, point: Array) -> Array:
        """The derivatives by the entries of an argument, at a point that is an array of these."""
        base = function.parameters[0]
        names = tuple([f"{base}_{k}" for k in range(1, len(point.entries) + 1)])
        column = Array(tuple([(s.Name(node.span, name),) for name in names]))
        value = self._inside(_with_values(function.body, _bindings(base, column, node.span)))
        body = value.only if value is not None else _with_values(function.body, _bindings(base, column, node.span))
        if body is None:
            raise misplaced(node, self.functions)
        made = s.Definition(function.span, function.function, names, body)
        return self._all_of([made], names, len(node.wrt), node.span, point.entries)

    def _entries_of(self, node: s.DerivativeOf) -> tuple[str, ...]:
        """The entries x_1, x_2, ... that the function of x in a derivative is given with, where it
        has no x but these; none else."""
        function = self.functions.get(name_of(ungrouped(node.body)))
        if function is None or len(function.parameters) != 1 or set(node.wrt) != set(function.parameters):
            return ()
        base, names = function.parameters[0], names_in(function.body)
        split = [name.rpartition("_") for name in names]
        last = max([int(index) for stem, _, index in split if stem == base and index.isdecimal()], default=0)
        return tuple([f"{base}_{number}" for number in range(1, last + 1)]) if base not in names and last <= _MOST_ENTRIES else ()

    def _by_entries(self, node: s.DerivativeOf, names: tuple[str, ...]) -> Array:
        """The derivatives by entries that are numbers."""
        function = replace(self.functions[name_of(ungrouped(node.body))], parameters=names)
        self.numbers |= dict.fromkeys(names)
        return self._all_of([function], names, len(node.wrt), node.span, ())

    def _partials(self, node: s.Applied, body: s.Syntax) -> Array:
        """The partial derivatives of a function as a column, those of the second order and a
        Jacobian as a matrix."""
        point = body.arguments if isinstance(body, s.Applied) else ()
        function = self.functions[name_of(body)]
        own = [argument.name if isinstance(argument, s.Name) else "" for argument in point]
        here = not point or tuple(own) == function.parameters
        self.numbers |= dict.fromkeys(function.parameters if here else [])
        components = self._components(function)
        if len(components) > 1 and node.function != JACOBIAN:
            raise misplaced(node, self.functions)
        found = self._all_of(components, function.parameters, PARTIALS[node.function], body.span, () if here else point)
        return found.turned() if node.function == JACOBIAN and len(components) == 1 else found

    def _components(self, function: s.Definition) -> list[s.Definition]:
        """The entries of a function with several values, as functions."""
        array = self.array(function.body)
        if array is None or array.only is not None:
            return [function if array is None or array.only is None else replace(function, body=array.only)]
        entries = array.entries
        return [replace(function, function=f"{function.function}_{k}", body=entry) for k, entry in enumerate(entries, 1)]

    def _all_of(
        self, functions: list[s.Definition], names: tuple[str, ...], order: int, place: Span, point: tuple[s.Syntax, ...]
    ) -> Array:
        """The derivatives of one function by each name, or by each two; of several the Jacobian."""
        if len(functions) > 1:
            return Array(tuple([tuple([self._partial(one, (name,), place, point) for name in names]) for one in functions]))
        if order == 1:
            return Array(tuple([(self._partial(functions[0], (name,), place, point),) for name in names]), listed=True)
        return Array(
            tuple([tuple([self._partial(functions[0], (one, other), place, point) for other in names]) for one in names])
        )

    def _partial(self, function: s.Definition, by: tuple[str, ...], place: Span, point: tuple[s.Syntax, ...]) -> s.Syntax:
        """A partial derivative of a function, at a point."""
        title = _title(function.function, by)
        if not point:
            self.titles[title] = s.DerivativeOf(place, function.body, by)
            return self.titles[title]
        inner: s.Syntax = function.body
        for name in reversed(by):
            inner = s.DerivativeOf(place, inner, (name,))
        self.definitions.setdefault(title, s.Definition(place, title, function.parameters, inner))
        self.titles[title] = s.Applied(place, title, point, place)
        return self.titles[title]


def _without_parameters(function: s.Definition) -> s.Syntax:
    """The formula of a function, with what its parameters stand for left open."""
    return mapped(
        function.body,
        lambda node: replace(node, name="") if isinstance(node, s.Name) and node.name in function.parameters else node,
    )


def _bindings(parameter: str, array: Array, place: Span) -> dict[str, s.Syntax]:
    """What a parameter that is an array stands for, and its entries, if it is a vector."""
    rows = [s.Listed(place, tuple([s.Group(entry.span, entry) for entry in row])) for row in array.rows]
    found: dict[str, s.Syntax] = {parameter: s.Applied(place, WRITTEN_OUT, tuple(rows), place)}
    if 1 in array.size:
        found |= {f"{parameter}_{k}": s.Group(entry.span, entry) for k, entry in enumerate(array.entries, 1)}
    return found


def _with_values(body: s.Syntax, values: Mapping[str, s.Syntax]) -> s.Syntax:
    """A formula with formulas in the place of names."""
    return mapped(body, lambda node: values.get(node.name, node) if isinstance(node, s.Name) else node)
