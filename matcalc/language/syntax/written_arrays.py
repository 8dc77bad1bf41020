r"""Arrays that are written out entry by entry, as sides of equations: ``∇f(x, y) = (2x, 2y)`` is an equation for each entry.

All that is known of such arrays is here: what a gradient or a Hessian of a function of numbers has as its entries, and how an array is
multiplied by a number, turned, and added to another. So nothing behind this needs to know arrays of formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import TypeAlias

from matcalc.errors import ParseError, ShapeError, Span
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import parts, walk
from matcalc.language.text.terminals import JACOBIAN, PARTIALS, WRITTEN_OUT
from matcalc.records import record, replace

_MOST_ENTRIES = 64

Rows: TypeAlias = tuple[tuple[s.Syntax, ...], ...]


@record
class EntryEquation:
    """One entry of both sides; ``place`` says in words which one it is."""

    place: str
    equation: s.Equation


@record
class Entrywise:
    """An equation between arrays as one for each entry; ``numbers`` are the names that are numbers because they are arguments there.

    ``definitions`` are functions that the entries need.
    """

    entries: tuple[EntryEquation, ...]
    numbers: tuple[str, ...]
    definitions: tuple[s.Definition, ...]


@record
class _Array:
    """The entries of a side. ``listed``: they were meant as a list, so that a row of them may stand for a column."""

    rows: Rows
    listed: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    def changed(self, change: Callable[[s.Syntax], s.Syntax]) -> _Array:
        return _Array(tuple([tuple([change(entry) for entry in row]) for row in self.rows]), self.listed)

    def turned(self) -> _Array:
        return _Array(tuple(zip(*self.rows, strict=True)), self.listed)


def entrywise(equation: s.Equation, functions: Mapping[str, s.Definition]) -> Entrywise | None:
    """An equation of which a side is an array that is written out, or all partial derivatives of a function, entry by entry.

    None for other equations. Raises ParseError where an array stands in another way than the ones known here, and ShapeError where the
    sides have different numbers of entries.
    """
    nodes = walk(equation)
    if not any(isinstance(node, s.Applied) and (node.function == WRITTEN_OUT or node.function in PARTIALS) for node in nodes):
        return None
    reader = _Reader(functions, nodes)
    left, right = reader.array(equation.left), reader.array(equation.right)
    if left is None or right is None:
        found = (node for node in nodes if isinstance(node, s.Applied) and (node.function == WRITTEN_OUT or node.function in PARTIALS))
        raise misplaced(next(found), functions)
    left, right = _alike(left, right, equation.span)
    pairs = [(place, one, other) for place, one, other in _paired(left, right, reader.titles)]
    entries = tuple([EntryEquation(place, s.Equation(equation.span, one, other)) for place, one, other in pairs])
    return Entrywise(entries, tuple(reader.numbers), tuple(reader.definitions.values()))


def misplaced(node: s.Syntax, functions: Mapping[str, s.Definition]) -> ParseError:
    """The error for an array that stands in another way than as a side of an equation between such arrays."""
    body = node.arguments[0] if isinstance(node, s.Applied) and node.function in PARTIALS else None
    name = body.function if isinstance(body, s.Applied) else body.name if isinstance(body, s.Name) else ""
    if name not in functions:
        said = "matrices cannot be written out entry by entry, but for sides of equations"
        return ParseError(said, span=node.span, suggestion="f(x, y) = ...; ∇f(x, y) = [..., ...], or a name, such as A")
    parameters = functions[name].parameters
    advice = f"∇_{parameters[0]} {name}({', '.join(parameters)})"
    return ParseError(f"{name} has several arguments", span=node.span, expected="the one to differentiate by", suggestion=advice)


def _alike(left: _Array, right: _Array, place: Span) -> tuple[_Array, _Array]:
    """Both arrays in one orientation. Raises ShapeError for different numbers of entries."""
    if left.size == right.size:
        return left, right
    if left.size == right.size[::-1] and 1 in left.size and (left.listed or right.listed):
        return (left.turned(), right) if left.size[0] == 1 else (left, right.turned())
    shapes = [f"{rows}×{columns}" for rows, columns in (left.size, right.size)]
    raise ShapeError(f"shapes differ: the left side has {shapes[0]} entries, the right side {shapes[1]}", span=place)


def _paired(left: _Array, right: _Array, titles: Mapping[str, s.Syntax]) -> Iterator[tuple[str, s.Syntax, s.Syntax]]:
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


class _Reader:
    """Finds the arrays in the sides of one equation."""

    def __init__(self, functions: Mapping[str, s.Definition], nodes: Iterable[s.Syntax]) -> None:
        self._functions = functions
        points = [part for node in nodes if isinstance(node, s.Applied) and node.function in PARTIALS for part in walk(node)]
        self._arguments = {part.name for part in points if isinstance(part, s.Name)}
        self._arguments |= {parameter for one in functions.values() for parameter in one.parameters}
        self.numbers: dict[str, None] = {}
        self.definitions: dict[str, s.Definition] = {}
        self.titles: dict[str, s.Syntax] = {}
        """The partial derivatives, by what they are called."""

    def array(self, side: s.Syntax) -> _Array | None:
        """The entries of a side; None for one that is no array. No recursion over depth."""
        found: dict[s.Syntax, _Array | None] = {}
        for node in reversed(walk(side)):
            below = [found[part] for part in parts(node)]
            found[node] = self._made(node, below)
        array = found[side]
        if array is not None and array.size[0] * array.size[1] > _MOST_ENTRIES:
            raise ParseError(f"an array that is written out has at most {_MOST_ENTRIES} entries", span=side.span)
        return array

    def _made(self, node: s.Syntax, below: list[_Array | None]) -> _Array | None:
        match node:
            case s.Applied(function=name) if name == WRITTEN_OUT:
                return _written(node)
            case s.Applied(function=name, arguments=(body,)) if name in PARTIALS:
                return self._partials(node, body)
            case s.DerivativeOf() if node.plain and (names := self._entries_of(node)):
                return self._by_entries(node, names)
            case s.Group():
                return below[0]
            case s.Listed() | s.Keyword() | s.Definition() | s.Program() | s.Equation():
                return None
        present = [one for one in below if one is not None]
        if not present:
            return None
        match node, present:
            case s.Minus(), [only]:
                return only.changed(lambda entry: s.Minus(entry.span, entry))
            case s.Transposed(), [only]:
                return only.turned()
            case s.Binary(operator="+" | "-"), [left, right] if left.size == right.size:
                return _Array(tuple([_added(node, *pair) for pair in zip(left.rows, right.rows, strict=True)]))
            case s.Binary(operator="*" | "@" | "·"), [only]:
                self._check_number(node.left if below[0] is None else node.right)
                if below[0] is None:
                    return only.changed(lambda entry: replace(node, left=_grouped(node.left), right=_grouped(entry)))
                return only.changed(lambda entry: replace(node, left=_grouped(entry), right=_grouped(node.right)))
            case s.Binary(operator="/"), [only] if below[1] is None:
                self._check_number(node.right)
                return only.changed(lambda entry: replace(node, left=_grouped(entry)))
        raise misplaced(node, self._functions)

    def _check_number(self, factor: s.Syntax) -> None:
        """Raises ParseError for a factor of an array that may be an array itself."""
        names = {node.name for node in walk(factor) if isinstance(node, s.Name)}
        unknown = sorted(names - self._arguments - _CONSTANTS)
        if unknown:
            said = f"an array is multiplied by {unknown[0]}, of which it is not known that it is a number"
            raise ParseError(said, span=factor.span, suggestion="the product, entry by entry")

    def _entries_of(self, node: s.DerivativeOf) -> tuple[str, ...]:
        """The entries x_1, x_2, ... that the function of x in a derivative is given with, where it has no x but these; none else."""
        body = node.body if not isinstance(node.body, s.Group) else node.body.operand
        name = body.function if isinstance(body, s.Applied) else body.name if isinstance(body, s.Name) else ""
        function = self._functions.get(name)
        if function is None or len(function.parameters) != 1 or set(node.wrt) != set(function.parameters):
            return ()
        base = function.parameters[0]
        names = {part.name for part in walk(function.body) if isinstance(part, s.Name)}
        numbers = [int(index) for one in names for stem, _, index in (one.rpartition("_"),) if stem == base and index.isdecimal()]
        entries = tuple([f"{base}_{number}" for number in range(1, max(numbers, default=0) + 1)])
        return entries if base not in names and len(entries) <= _MOST_ENTRIES else ()

    def _by_entries(self, node: s.DerivativeOf, names: tuple[str, ...]) -> _Array:
        """The derivatives by entries that are numbers."""
        body = node.body if not isinstance(node.body, s.Group) else node.body.operand
        name = body.function if isinstance(body, s.Applied) else body.name if isinstance(body, s.Name) else ""
        function = replace(self._functions[name], parameters=names)
        self.numbers |= dict.fromkeys(names)
        return self._all_of([function], names, len(node.wrt), node.span, ())

    def _partials(self, node: s.Applied, body: s.Syntax) -> _Array:
        """The partial derivatives of a function as a column, those of the second order and a Jacobian as a matrix."""
        name, point = (
            (body.function, body.arguments) if isinstance(body, s.Applied) else (body.name if isinstance(body, s.Name) else "", ())
        )
        function = self._functions[name]
        own = [argument.name if isinstance(argument, s.Name) else "" for argument in point]
        here = not point or tuple(own) == function.parameters
        self.numbers |= dict.fromkeys(function.parameters if here else [])
        components = self._components(function)
        if len(components) > 1 and node.function != JACOBIAN:
            raise misplaced(node, self._functions)
        found = self._all_of(components, function.parameters, PARTIALS[node.function], body.span, () if here else point)
        return found.turned() if node.function == JACOBIAN and len(components) == 1 else found

    def _components(self, function: s.Definition) -> list[s.Definition]:
        """The entries of a function with several values, as functions."""
        array = self.array(function.body)
        if array is None:
            return [function]
        entries = [entry for row in array.rows for entry in row]
        return [replace(function, function=f"{function.function}_{k}", body=entry) for k, entry in enumerate(entries, 1)]

    def _all_of(
        self, functions: list[s.Definition], names: tuple[str, ...], order: int, place: Span, point: tuple[s.Syntax, ...]
    ) -> _Array:
        """The derivatives of one function by each name, or by each two; of several the Jacobian."""
        if len(functions) > 1:
            return _Array(tuple([tuple([self._partial(one, (name,), place, point) for name in names]) for one in functions]))
        if order == 1:
            return _Array(tuple([(self._partial(functions[0], (name,), place, point),) for name in names]), listed=True)
        return _Array(tuple([tuple([self._partial(functions[0], (one, other), place, point) for other in names]) for one in names]))

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


_CONSTANTS = frozenset(["e", "pi"])


def _written(node: s.Applied) -> _Array:
    """The array that tokens of ``WRITTEN_OUT`` stand for. Raises ParseError where its rows differ in length."""
    rows = tuple([argument.values if isinstance(argument, s.Listed) else (argument,) for argument in node.arguments])
    rows = tuple([tuple([_bare(entry) for entry in row]) for row in rows])
    if len({len(row) for row in rows}) > 1:
        raise ParseError("the rows of this array have different lengths", span=node.span)
    return _Array(rows)


def _bare(entry: s.Syntax) -> s.Syntax:
    """An entry without the brackets that its tokens have."""
    return entry.operand if isinstance(entry, s.Group) else entry


def _grouped(node: s.Syntax) -> s.Syntax:
    return s.Group(node.span, node)


def _added(node: s.Binary, one: tuple[s.Syntax, ...], other: tuple[s.Syntax, ...]) -> tuple[s.Syntax, ...]:
    return tuple([replace(node, left=_grouped(left), right=_grouped(right)) for left, right in zip(one, other, strict=True)])
