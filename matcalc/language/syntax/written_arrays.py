r"""Arrays that are written out entry by entry, as sides of equations: ``∇f(x, y) = (2x, 2y)`` is an equation for each entry.

All that is known of such arrays is here and in ``array_arithmetic``: what a gradient or a Hessian of a function of numbers has as its
entries, how arrays are multiplied, turned, added and inverted, and that a name may stand for one. So nothing behind this needs to know
arrays of formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.records import record, replace
from matcalc.language.syntax import array_arithmetic as arithmetic
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import Rows, combined
from matcalc.language.syntax.trees import mapped, number_in, parts, ungrouped, walk
from matcalc.language.text.terminals import JACOBIAN, PARTIALS, WRITTEN_OUT

_MOST_ENTRIES = 64
_DEEPEST = 8
"""Functions that are opened in each other."""

Assigned: TypeAlias = Mapping[str, s.Syntax]
"""What names stand for, each after those that it is made of."""


@record
class Kinds:
    """What is known of names: which are numbers, and which are none, as those in bold type."""

    numbers: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


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

    @property
    def only(self) -> s.Syntax | None:
        """The entry of an array with one."""
        return self.rows[0][0] if self.size == (1, 1) else None

    def changed(self, change: Callable[[s.Syntax], s.Syntax]) -> _Array:
        return _Array(tuple([tuple([change(entry) for entry in row]) for row in self.rows]), self.listed)

    @property
    def entries(self) -> tuple[s.Syntax, ...]:
        """All entries, row by row."""
        return tuple([entry for row in self.rows for entry in row])

    def beside(self, other: _Array, combine: Callable[[s.Syntax, s.Syntax], s.Syntax]) -> _Array:
        """The array of what two arrays of one size have at each place."""
        pairs = [zip(*rows, strict=True) for rows in zip(self.rows, other.rows, strict=True)]
        return _Array(tuple([tuple([combine(one, two) for one, two in row]) for row in pairs]))

    def turned(self) -> _Array:
        return _Array(tuple(zip(*self.rows, strict=True)), self.listed)


def entrywise(
    equation: s.Equation, functions: Mapping[str, s.Definition], assigned: Assigned, kinds: Kinds | None = None
) -> Entrywise | None:
    """An equation of which a side is made of arrays that are written out, or of all partial derivatives of a function, entry by entry.

    None for other equations. Raises ParseError where an array stands in another way than the ones known here, and ShapeError where the
    sides have different numbers of entries. A list may be a row or a column.
    """
    nodes = walk(equation, *(value for value in assigned.values()), *(one.body for one in functions.values()))
    if not any(_is_array(node) or (isinstance(node, s.Applied) and node.function in PARTIALS) for node in nodes):
        return None
    kinds = Kinds() if kinds is None else kinds
    try:
        return _by_entries(equation, _Reader(functions, nodes, assigned, kinds, columns=False))
    except (ParseError, ShapeError) as error:
        if not any(_is_list(node) for node in nodes):
            raise
        first = error
    try:
        return _by_entries(equation, _Reader(functions, nodes, assigned, kinds, columns=True))
    except (ParseError, ShapeError):
        raise first from None


def named_arrays(assigned: Assigned, functions: Mapping[str, s.Definition]) -> frozenset[str]:
    """The names that stand for arrays."""
    if not any(_is_array(node) for node in walk(*assigned.values())):
        return frozenset()
    nodes = walk(*assigned.values())
    return frozenset(_Reader(functions, nodes, assigned, Kinds(), columns=False, strict=False).named)


def _is_array(node: s.Syntax) -> bool:
    return isinstance(node, s.Applied) and node.function == WRITTEN_OUT


def _is_list(node: s.Syntax) -> bool:
    """Whether a node is an array with one row of several entries, which may be meant as a column."""
    return (
        isinstance(node, s.Applied)
        and node.function == WRITTEN_OUT
        and len(node.arguments) == 1
        and isinstance(node.arguments[0], s.Listed)
    )


def _by_entries(equation: s.Equation, reader: _Reader) -> Entrywise | None:
    left, right = reader.array(equation.left), reader.array(equation.right)
    if left is None and right is None:
        reader.check_no_array(equation)
        return None
    left, right = reader.beside(left, equation.left, right), reader.beside(right, equation.right, left)
    if left is None or right is None:
        nodes = walk(equation)
        found = (node for node in nodes if isinstance(node, s.Applied) and (node.function == WRITTEN_OUT or node.function in PARTIALS))
        raise misplaced(next(found, equation), reader.functions)
    left, right = _alike(left, right, equation.span)
    pairs = [(place, one, other) for place, one, other in _paired(left, right, reader.titles)]
    reader.check_no_array(*(entry for _, one, other in pairs for entry in (one, other)))
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
    """Finds the arrays in the sides of one equation.

    ``columns``: a list is a column. Without ``strict`` names whose values are not understood are left out.
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
        self.functions, self._columns, self._kinds = functions, columns, kinds
        nodes = list(nodes)
        points = [part for node in nodes if isinstance(node, s.Applied) and node.function in PARTIALS for part in walk(node)]
        self._arguments = {part.name for part in points if isinstance(part, s.Name)}
        self._arguments |= {parameter for one in functions.values() for parameter in one.parameters} | kinds.numbers
        self.numbers: dict[str, None] = {}
        self.definitions: dict[str, s.Definition] = {}
        self.titles: dict[str, s.Syntax] = {}
        """The partial derivatives, by what they are called."""
        self.named: dict[str, _Array] = {}
        self._depth = 0
        self._lists = any(_is_list(node) for node in nodes)
        self._entry_names = {name for node in nodes if _is_array(node) for name in _small_names(node)} - kinds.others
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

    def array(self, side: s.Syntax) -> _Array | None:
        """The entries of a side; None for one that is no array. No recursion over depth."""
        found: dict[s.Syntax, _Array | None] = {}
        nodes = walk(side)
        inside = {part for node in nodes if isinstance(node, s.DerivativeOf) for part in walk(node.body)}
        for node in reversed(nodes):
            if node not in inside:
                below = [found.get(part) for part in parts(node)]
                found[node] = self._made(node, below)
        array = found[side]
        if array is not None and array.size[0] * array.size[1] > _MOST_ENTRIES:
            raise ParseError(f"an array that is written out has at most {_MOST_ENTRIES} entries", span=side.span)
        return array

    def check_no_array(self, *nodes: s.Syntax) -> None:
        """Raises ParseError where the name of an array is left, or a function in whose formula one is."""
        waiting, seen = [*nodes], set[str]()
        while waiting:
            node = waiting.pop()
            for part in walk(node):
                name = part.name if isinstance(part, s.Name) else part.function.rstrip("'") if isinstance(part, s.Applied) else ""
                if name in self.named:
                    raise misplaced(part, self.functions)
                if name in self.functions and name not in seen:
                    seen.add(name)
                    waiting.append(_without_parameters(self.functions[name]))

    def beside(self, own: _Array | None, side: s.Syntax, other: _Array | None) -> _Array | None:
        """The array of a side; that of a number, of zero or of the identity as the other side needs it."""
        if own is not None or other is None:
            return own
        if other.only is not None:
            return _Array(((side,),))
        if number_in(side) == 0 and self._lists:
            return None  # the number zero, perhaps, of a product of lists that are columns; [X, Y] may be a commutator
        if number_in(side) == 0:
            return other.changed(lambda entry: arithmetic.number(0, entry.span))
        return self._identity(side, other)

    def _identity(self, node: s.Syntax, other: _Array) -> _Array | None:
        """A number times the identity matrix, of the size of a square array; None for anything else."""
        inner, factor = ungrouped(node), arithmetic.number(1, node.span)
        names: list[str] = []
        while not isinstance(inner, s.Name):
            if isinstance(inner, s.Minus):
                factor, inner = combined("*", arithmetic.number(-1, node.span), factor, node.span), ungrouped(inner.operand)
            elif isinstance(inner, s.Binary) and inner.operator == "*":
                names += self._factors_of_identity(inner.left)
                factor, inner = combined("*", factor, inner.left, node.span), ungrouped(inner.right)
            else:
                return None
        square = other.size[0] == other.size[1] and inner.name in _IDENTITY and inner.name not in self.named
        self.numbers |= dict.fromkeys(names if square else ())
        return _Array(arithmetic.identity(other.size[0], factor, node.span)) if square else None

    def _factors_of_identity(self, factor: s.Syntax) -> list[str]:
        """The names in what stands before an identity matrix: a letter there is a number."""
        inner = ungrouped(factor)
        if isinstance(inner, s.Name) and inner.name not in self._kinds.others and inner.name not in self.named:
            return [inner.name]
        self._check_number(factor)
        return []

    def _made(self, node: s.Syntax, below: list[_Array | None]) -> _Array | None:
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

    def _combined(self, node: s.Syntax, below: list[_Array | None], present: list[_Array]) -> _Array:
        """What an operation makes of arrays, and of what stands beside them."""
        match node:
            case s.Minus():
                return present[0].changed(lambda entry: combined("*", arithmetic.number(-1, entry.span), entry, node.span))
            case s.Transposed(operand=operand):
                already = self._columns and _is_list(ungrouped(operand))  # [1, 2]^T is a column, whatever [1, 2] is
                return present[0] if already else present[0].turned()
            case s.Binary():
                return self._of_two(node, below)
            case s.Raised(exponent=exponent) if below[1] is None:
                return self._power(node, present[0], number_in(exponent))
            case s.Applied(function=name):
                return self._of_function(node, name, present)
            case s.Bars():
                return self._of_function(node, "det" if min(present[0].size) > 1 else "norm", present)
            case s.NormBars(subscript=subscript) if below[0] is not None:
                return self._norm(node, present[0], subscript)
        raise misplaced(node, self.functions)

    def _of_two(self, node: s.Binary, below: list[_Array | None]) -> _Array:
        left, right = below
        if node.operator in "+-":
            left, right = self.beside(left, node.left, right), self.beside(right, node.right, left)
            if left is None or right is None or left.size != right.size:
                raise misplaced(node, self.functions)
            return left.beside(right, lambda one, other: combined(node.operator, one, other, node.span))
        if node.operator == "/" and left is not None and (right is None or right.only is not None):
            return left.changed(lambda entry: combined("/", entry, self._factor(node.right, right), node.span))
        if node.operator == "/" and right is not None and right.only is not None:
            return _Array(((combined("/", self._factor(node.left, None), right.only, node.span),),))
        if node.operator == ".*" and left is not None and right is not None and left.size == right.size:
            self._numbers_in(left, right)
            return left.beside(right, lambda one, other: combined("*", one, other, node.span))
        if node.operator not in ("*", "@", "·"):
            raise misplaced(node, self.functions)
        if left is None or right is None or left.only is not None or right.only is not None:
            return self._scaled(node, left, right)
        return self._product(node, left, right)

    def _scaled(self, node: s.Binary, left: _Array | None, right: _Array | None) -> _Array:
        """An array times a number, on either side."""
        if right is not None and (left is None or left.only is not None):
            factor, array = self._factor(node.left, left), right
            return array.changed(lambda entry: combined("*", factor, entry, node.span))
        assert left is not None
        factor = self._factor(node.right, right)
        return left.changed(lambda entry: combined("*", entry, factor, node.span))

    def _factor(self, written: s.Syntax, array: _Array | None) -> s.Syntax:
        """What stands beside an array, as a number. Raises ParseError for what may be an array itself."""
        if array is not None and array.only is not None:
            return array.only
        self._check_number(written)
        return written

    def _numbers_in(self, *arrays: _Array) -> None:
        """That the names in arrays are numbers. Raises ParseError for entries that may be blocks: capitals, bold letters, transposes."""
        nodes = walk(*(entry for array in arrays for entry in array.entries))
        called = {node.name for node in nodes if isinstance(node, s.Name)} - _CONSTANTS
        blocks = [name for name in called - self._kinds.numbers if name[:1].isupper() or name in self._kinds.others]
        if blocks or any(isinstance(node, s.Transposed | s.NormBars | s.Entries) for node in nodes):
            said = f"{blocks[0]} may be a block of this matrix" if blocks else "an entry of this matrix may be a block"
            raise ParseError(said, span=nodes[0].span, suggestion="the product, entry by entry, or a declaration as a scalar")
        self.numbers |= dict.fromkeys(sorted(called))

    def _product(self, node: s.Binary, left: _Array, right: _Array) -> _Array:
        self._numbers_in(left, right)
        if node.operator == "*" and node.operator_span.end > node.operator_span.start:
            raise misplaced(node, self.functions)  # a star may go entry by entry, and a cross be that of vectors
        both = 1 in left.size and 1 in right.size and left.size == right.size
        if node.operator == "·" and both:
            left, right = (left.turned() if left.size[1] == 1 else left), (right.turned() if right.size[0] == 1 else right)
        if left.size[1] != right.size[0]:
            raise misplaced(node, self.functions)
        return _Array(arithmetic.product(left.rows, right.rows, node.span))

    def _power(self, node: s.Raised, base: _Array, exponent: Fraction | None) -> _Array:
        if base.only is not None:
            return _Array(((replace(node, base=_grouped(base.only)),),))
        if (
            exponent is None
            or exponent.denominator != 1
            or base.size[0] != base.size[1]
            or node.elementwise
            or abs(exponent) > _MOST_FACTORS
        ):
            raise misplaced(node, self.functions)
        self._numbers_in(base)
        factor = base.rows if exponent > 0 else arithmetic.inverse(base.rows, node.span)
        made = arithmetic.identity(base.size[0], arithmetic.number(1, node.span), node.span)
        for _ in range(abs(int(exponent))):
            made = arithmetic.product(made, factor, node.span)
        return _Array(made)

    def _of_function(self, node: s.Syntax, name: str, present: list[_Array]) -> _Array:
        """The value of a function of arrays: a determinant, a trace, an inner product, the length of a vector."""
        one, other = present[0], present[-1]
        self._numbers_in(*present)
        square = one.size[0] == one.size[1]
        if name == "det" and square:
            return _Array(((arithmetic.determinant(one.rows, node.span),),))
        if name in ("tr", "trace") and square:
            return _Array(((arithmetic.total([row[k] for k, row in enumerate(one.rows)], node.span),),))
        if name in ("inv", "inverse") and square:
            return _Array(arithmetic.inverse(one.rows, node.span))
        if name in ("inner", "dot") and len(present) == 2 and 1 in one.size and sorted(one.size) == sorted(other.size):
            return _Array(arithmetic.product((one.entries,), tuple([(entry,) for entry in other.entries]), node.span))
        if name == "norm":
            return self._norm(node, one, None)
        if one.only is not None and len(present) == 1 and isinstance(node, s.Applied) and len(node.arguments) == 1:
            return _Array(((replace(node, arguments=(one.only,)),),))
        raise misplaced(node, self.functions)

    def _norm(self, node: s.Syntax, array: _Array, subscript: s.Syntax | None) -> _Array:
        """The Euclidean length of a vector, or the Frobenius norm of a matrix."""
        frobenius = isinstance(subscript, s.Name) and subscript.name == "F"
        if not frobenius and ((subscript is not None and number_in(subscript) != 2) or 1 not in array.size):
            raise misplaced(node, self.functions)
        self._numbers_in(array)
        squares = [combined("*", entry, entry, node.span) for entry in array.entries]
        return _Array(((s.Applied(node.span, "sqrt", (arithmetic.total(squares, node.span),), node.span),),))

    def _check_number(self, factor: s.Syntax) -> None:
        """Raises ParseError for a factor of an array that may be an array itself."""
        names = {node.name for node in walk(factor) if isinstance(node, s.Name)}
        unknown = sorted(names - self._arguments - _CONSTANTS - self._entry_names)
        if unknown:
            said = f"an array is multiplied by {unknown[0]}, of which it is not known that it is a number"
            raise ParseError(said, span=factor.span, suggestion="the product, entry by entry")

    def _written(self, node: s.Applied, below: list[_Array | None]) -> _Array:
        """The array of an array that is written out; one of columns, or of numbers that are made of arrays."""
        if any(one is not None and one.only is None for one in below):
            raise misplaced(node, self.functions)
        array = _Array(_rows_of(node))
        return replace(array.turned(), listed=True) if self._columns and _is_list(node) else array

    def _value(self, node: s.Applied, below: list[_Array | None]) -> _Array | None:
        """The value of a function with a formula: at an array, or with arrays in its formula; None where no array is in it."""
        function = self.functions[node.function]
        arrays = {part.name for part in walk(function.body) if isinstance(part, s.Name)} & self.named.keys() - set(function.parameters)
        arrays |= {part.function for part in walk(function.body) if _is_array(part) and isinstance(part, s.Applied)}
        if all(one is None for one in below) and not arrays:
            return None
        if len(below) != len(function.parameters) or self._depth > _DEEPEST:
            raise misplaced(node, self.functions)
        values: dict[str, s.Syntax] = {}
        for parameter, argument, array in zip(function.parameters, node.arguments, below, strict=True):
            values |= {parameter: argument} if array is None else _bindings(parameter, array, node.span)
        body = _with_values(function.body, values)
        array = self._inside(body)
        return _Array(((body,),)) if array is None else array

    def _inside(self, body: s.Syntax) -> _Array | None:
        self._depth += 1
        try:
            return self.array(body)
        finally:
            self._depth -= 1

    def _point_of(self, node: s.DerivativeOf) -> tuple[s.Definition, _Array] | None:
        """The function of one array that is differentiated, and the array where it is; None for another derivative."""
        body = ungrouped(node.body)
        function = self.functions.get(body.function) if isinstance(body, s.Applied) else None
        if function is None or len(function.parameters) != 1 or set(node.wrt) != set(function.parameters) or node.along or node.turned:
            return None
        array = None if node.point is None else self.array(node.point)
        return None if array is None or 1 not in array.size or array.only is not None else (function, array)

    def _at_array(self, node: s.DerivativeOf, function: s.Definition, point: _Array) -> _Array:
        """The derivatives by the entries of an argument, at a point that is an array of these."""
        base = function.parameters[0]
        names = tuple([f"{base}_{k}" for k in range(1, len(point.entries) + 1)])
        column = _Array(tuple([(s.Name(node.span, name),) for name in names]))
        value = self._inside(_with_values(function.body, _bindings(base, column, node.span)))
        body = value.only if value is not None else _with_values(function.body, _bindings(base, column, node.span))
        if body is None:
            raise misplaced(node, self.functions)
        made = s.Definition(function.span, function.function, names, body)
        return self._all_of([made], names, len(node.wrt), node.span, point.entries)

    def _entries_of(self, node: s.DerivativeOf) -> tuple[str, ...]:
        """The entries x_1, x_2, ... that the function of x in a derivative is given with, where it has no x but these; none else."""
        body = node.body if not isinstance(node.body, s.Group) else node.body.operand
        name = body.function if isinstance(body, s.Applied) else body.name if isinstance(body, s.Name) else ""
        function = self.functions.get(name)
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
        function = replace(self.functions[name], parameters=names)
        self.numbers |= dict.fromkeys(names)
        return self._all_of([function], names, len(node.wrt), node.span, ())

    def _partials(self, node: s.Applied, body: s.Syntax) -> _Array:
        """The partial derivatives of a function as a column, those of the second order and a Jacobian as a matrix."""
        name, point = (
            (body.function, body.arguments) if isinstance(body, s.Applied) else (body.name if isinstance(body, s.Name) else "", ())
        )
        function = self.functions[name]
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
_IDENTITY = frozenset(["I", "eye"])
_MOST_FACTORS = 6


def _small_names(array: s.Syntax) -> set[str]:
    """The names in the entries of an array that are no capitals."""
    return {part.name for part in walk(array) if isinstance(part, s.Name) and not part.name[:1].isupper()}


def _without_parameters(function: s.Definition) -> s.Syntax:
    """The formula of a function, with what its parameters stand for left open."""
    return mapped(
        function.body, lambda node: replace(node, name="") if isinstance(node, s.Name) and node.name in function.parameters else node
    )


def _bindings(parameter: str, array: _Array, place: Span) -> dict[str, s.Syntax]:
    """What a parameter that is an array stands for, and its entries, if it is a vector."""
    rows = [s.Listed(place, tuple([_grouped(entry) for entry in row])) for row in array.rows]
    found: dict[str, s.Syntax] = {parameter: s.Applied(place, WRITTEN_OUT, tuple(rows), place)}
    if 1 in array.size:
        found |= {f"{parameter}_{k}": _grouped(entry) for k, entry in enumerate(array.entries, 1)}
    return found


def _with_values(body: s.Syntax, values: Mapping[str, s.Syntax]) -> s.Syntax:
    """A formula with formulas in the place of names."""
    return mapped(body, lambda node: values.get(node.name, node) if isinstance(node, s.Name) else node)


def _rows_of(node: s.Applied) -> Rows:
    """The rows that tokens of ``WRITTEN_OUT`` stand for. Raises ParseError where these differ in length."""
    rows = tuple([argument.values if isinstance(argument, s.Listed) else (argument,) for argument in node.arguments])
    rows = tuple([tuple([_bare(entry) for entry in row]) for row in rows])
    if len({len(row) for row in rows}) > 1:
        raise ParseError("the rows of this array have different lengths", span=node.span)
    return rows


def _bare(entry: s.Syntax) -> s.Syntax:
    """An entry without the brackets that its tokens have."""
    return entry.operand if isinstance(entry, s.Group) else entry


def _grouped(node: s.Syntax) -> s.Syntax:
    return s.Group(node.span, node)
