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
from matcalc.language.text.terminals import PARTIALS, WRITTEN_OUT
from matcalc.records import record, replace

_MOST_ENTRIES = 64
_ORDERS = {name: order for order, name in PARTIALS.items()}

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
    if not any(isinstance(node, s.Applied) and (node.function == WRITTEN_OUT or node.function in _ORDERS) for node in nodes):
        return None
    reader = _Reader(functions, nodes)
    left, right = reader.array(equation.left), reader.array(equation.right)
    if left is None or right is None:
        found = (node for node in nodes if isinstance(node, s.Applied) and (node.function == WRITTEN_OUT or node.function in _ORDERS))
        raise misplaced(next(found), functions)
    left, right = _alike(left, right, equation.span)
    pairs = [(place, one, other) for place, one, other in _paired(left, right)]
    entries = tuple([EntryEquation(place, s.Equation(equation.span, one, other)) for place, one, other in pairs])
    return Entrywise(entries, tuple(reader.numbers), tuple(reader.definitions.values()))


def misplaced(node: s.Syntax, functions: Mapping[str, s.Definition]) -> ParseError:
    """The error for an array that stands in another way than as a side of an equation between such arrays."""
    body = node.arguments[0] if isinstance(node, s.Applied) and node.function in _ORDERS else None
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


def _paired(left: _Array, right: _Array) -> Iterator[tuple[str, s.Syntax, s.Syntax]]:
    rows, columns = left.size
    for i, j in product(range(rows), range(columns)):
        number = i + j + 1
        place = f"entry {number}" if 1 in (rows, columns) else f"entry ({i + 1}, {j + 1})"
        one, other = left.rows[i][j], right.rows[i][j]
        title = next((found for side in (one, other) if (found := _title_of(side))), "")
        yield f"{place} ({title})" if title else place, one, other


def _title_of(entry: s.Syntax) -> str:
    """What a partial derivative is called."""
    if isinstance(entry, s.Applied) and entry.function.startswith("∂"):
        return entry.function
    return _title(entry.body.name, entry.wrt) if isinstance(entry, s.DerivativeOf) and isinstance(entry.body, s.Name) else ""


def _title(function: str, by: tuple[str, ...]) -> str:
    above = f"∂{function}" if len(by) == 1 else f"∂²{function}"
    return f"{above}/∂{'∂'.join(by)}"


class _Reader:
    """Finds the arrays in the sides of one equation."""

    def __init__(self, functions: Mapping[str, s.Definition], nodes: Iterable[s.Syntax]) -> None:
        self._functions = functions
        points = [part for node in nodes if isinstance(node, s.Applied) and node.function in _ORDERS for part in walk(node)]
        self._arguments = {part.name for part in points if isinstance(part, s.Name)}
        self._arguments |= {parameter for one in functions.values() for parameter in one.parameters}
        self.numbers: dict[str, None] = {}
        self.definitions: dict[str, s.Definition] = {}

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
            case s.Applied(function=name, arguments=(body,)) if name in _ORDERS:
                return self._partials(body, _ORDERS[name])
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

    def _partials(self, body: s.Syntax, order: int) -> _Array:
        """The partial derivatives of a function as a column, or those of the second order as a matrix."""
        name, point = (
            (body.function, body.arguments) if isinstance(body, s.Applied) else (body.name if isinstance(body, s.Name) else "", ())
        )
        function = self._functions[name]
        own = [argument.name if isinstance(argument, s.Name) else "" for argument in point]
        here = not point or tuple(own) == function.parameters
        self.numbers |= dict.fromkeys(function.parameters if here else [])
        names = function.parameters
        by = [(one,) for one in names] if order == 1 else [(one, other) for one in names for other in names]
        entries = [self._partial(function, variables, body.span, () if here else point) for variables in by]
        width = 1 if order == 1 else len(names)
        rows = tuple([tuple(entries[start : start + width]) for start in range(0, len(entries), width)])
        return _Array(rows, listed=order == 1)

    def _partial(self, function: s.Definition, by: tuple[str, ...], place: Span, point: tuple[s.Syntax, ...]) -> s.Syntax:
        """A partial derivative of a function, at a point."""
        if not point:
            return s.DerivativeOf(place, s.Name(place, function.function), by)
        title = _title(function.function, by)
        inner: s.Syntax = function.body
        for name in reversed(by):
            inner = s.DerivativeOf(place, inner, (name,))
        self.definitions.setdefault(title, s.Definition(place, title, function.parameters, inner))
        return s.Applied(place, title, point, place)


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
