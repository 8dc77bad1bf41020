"""Arrays whose entries are formulas, and what operations make of them; what is made of numbers
alone is computed exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import permutations
from operator import add, mul, sub, truediv
from typing import TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record, replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import name_of, names_among, names_in, number_in, ungrouped, walk
from matcalc.language.text.terminals import PARTIALS, WRITTEN_OUT

Rows: TypeAlias = tuple[tuple[s.Syntax, ...], ...]

_LARGEST = 4
"""Rows of a matrix whose determinant is written out."""
_MOST_NODES = 20_000


def number(value: Fraction | int, place: Span) -> s.Syntax:
    """A number as it is written."""
    literal = s.NumberLiteral(place, abs(Fraction(value)))
    return literal if value >= 0 else s.Group(place, s.Minus(place, literal))


def identity(size: int, factor: s.Syntax, place: Span) -> Rows:
    """A number times the identity matrix."""
    return tuple([tuple([factor if i == j else number(0, place) for j in range(size)]) for i in range(size)])


def combined(operator: str, left: s.Syntax, right: s.Syntax, place: Span) -> s.Syntax:
    """The sum, difference, product or quotient of two entries."""
    one, other = number_in(left), number_in(right)
    if one is not None and other is not None and (operator != "/" or other):
        return number(_OPERATIONS[operator](one, other), place)
    if operator == "*" and 0 in (one, other):
        return number(0, place)
    if other is not None and (operator, other) in _NEUTRAL:
        return left
    if one is not None and (operator, one) in _NEUTRAL_BEFORE:
        return right
    return s.Group(place, s.Binary(place, operator, _grouped(left), _grouped(right), place))


_OPERATIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {"+": add, "-": sub, "*": mul, "/": truediv}
_NEUTRAL = frozenset([("+", Fraction(0)), ("-", Fraction(0)), ("*", Fraction(1)), ("/", Fraction(1))])
_NEUTRAL_BEFORE = frozenset([("+", Fraction(0)), ("*", Fraction(1))])


def _grouped(entry: s.Syntax) -> s.Syntax:
    return entry if isinstance(entry, s.Group | s.Name | s.NumberLiteral) else s.Group(entry.span, entry)


def total(terms: Sequence[s.Syntax], place: Span) -> s.Syntax:
    """The sum of entries."""
    return reduce(lambda one, other: combined("+", one, other, place), terms)


def product(left: Rows, right: Rows, place: Span) -> Rows:
    """The product of two matrices that fit."""
    columns = list(zip(*right, strict=True))
    made = tuple(
        [
            tuple([total([combined("*", a, b, place) for a, b in zip(row, column, strict=True)], place) for column in columns])
            for row in left
        ]
    )
    check_length(made, place)
    return made


def check_length(rows: Rows, place: Span) -> None:
    """Raises ParseError for entries that are too long to be compared."""
    if sum(len(walk(entry)) for row in rows for entry in row) > _MOST_NODES:
        raise ParseError(
            "the entries of this product are too long", span=place, suggestion="fewer factors, or numbers for the names"
        )


def determinant(rows: Rows, place: Span) -> s.Syntax:
    """The determinant of a square matrix. Raises ParseError for a large one."""
    size = len(rows)
    if size > _LARGEST:
        raise ParseError(f"determinants and inverses are written out for {_LARGEST} rows at most", span=place)
    terms = []
    for order in permutations(range(size)):
        factors = [rows[i][order[i]] for i in range(size)]
        sign = (-1) ** sum(order[i] > order[j] for i in range(size) for j in range(i + 1, size))
        terms.append(reduce(lambda one, other: combined("*", one, other, place), factors, number(sign, place)))
    found = total(terms, place)
    check_length(((found,),), place)
    return found


def inverse(rows: Rows, place: Span) -> Rows:
    """The inverse of a square matrix, by cofactors. Raises ParseError where there is none, or for a
    large matrix."""
    size, whole = len(rows), determinant(rows, place)
    if number_in(whole) == 0:
        raise ParseError("this matrix has no inverse", span=place)
    if size == 1:
        return ((combined("/", number(1, place), whole, place),),)

    def cofactor(i: int, j: int) -> s.Syntax:
        rest = tuple([tuple([entry for column, entry in enumerate(row) if column != j]) for k, row in enumerate(rows) if k != i])
        return combined("*", number((-1) ** (i + j), place), determinant(rest, place), place)

    found = tuple([tuple([combined("/", cofactor(j, i), whole, place) for j in range(size)]) for i in range(size)])
    check_length(found, place)
    return found


@record
class Kinds:
    """What is known of names: which are numbers, and which are none, as those in bold type."""

    numbers: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def blocks_in(self, *written: s.Syntax) -> list[str]:
        """The names in entries of arrays that may be blocks: capitals, and bold letters."""
        called = dict.fromkeys(names_among(walk(*written)))
        return [name for name in called if name not in self.numbers and (name[:1].isupper() or name in self.others)]


@record
class Array:
    """The entries of a side. ``listed``: they were meant as a list, so that a row of them may stand
    for a column."""

    rows: Rows
    listed: bool = False

    @property
    def size(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    @property
    def only(self) -> s.Syntax | None:
        """The entry of an array with one."""
        return self.rows[0][0] if self.size == (1, 1) else None

    def changed(self, change: Callable[[s.Syntax], s.Syntax]) -> Array:
        return Array(tuple([tuple([change(entry) for entry in row]) for row in self.rows]), self.listed)

    @property
    def entries(self) -> tuple[s.Syntax, ...]:
        """All entries, row by row."""
        return tuple([entry for row in self.rows for entry in row])

    def beside(self, other: Array, combine: Callable[[s.Syntax, s.Syntax], s.Syntax]) -> Array:
        """The array of what two arrays of one size have at each place."""
        pairs = [zip(*rows, strict=True) for rows in zip(self.rows, other.rows, strict=True)]
        return Array(tuple([tuple([combine(one, two) for one, two in row]) for row in pairs]))

    def turned(self) -> Array:
        return Array(tuple(zip(*self.rows, strict=True)), self.listed)


def is_written_out(node: s.Syntax) -> bool:
    """Whether a node is an array that is written out."""
    return isinstance(node, s.Applied) and node.function == WRITTEN_OUT


def is_list(node: s.Syntax) -> bool:
    """Whether a node is an array with one row of several entries, which may be meant as a
    column."""
    return (
        isinstance(node, s.Applied)
        and is_written_out(node)
        and len(node.arguments) == 1
        and isinstance(node.arguments[0], s.Listed)
    )


def rows_of(node: s.Applied) -> Rows:
    """The rows that tokens of ``WRITTEN_OUT`` stand for. Raises ParseError where these differ in
    length."""
    rows = tuple([argument.values if isinstance(argument, s.Listed) else (argument,) for argument in node.arguments])
    rows = tuple([tuple([_bare(entry) for entry in row]) for row in rows])
    if len({len(row) for row in rows}) > 1:
        raise ParseError("the rows of this array have different lengths", span=node.span)
    return rows


def _bare(entry: s.Syntax) -> s.Syntax:
    """An entry without the brackets that its tokens have."""
    return entry.operand if isinstance(entry, s.Group) else entry


def misplaced(node: s.Syntax, functions: Mapping[str, s.Definition]) -> ParseError:
    """The error for an array that stands in another way than as a side of an equation between such
    arrays."""
    name = name_of(node.arguments[0]) if isinstance(node, s.Applied) and node.function in PARTIALS else ""
    if name not in functions:
        return ParseError(
            "matrices cannot be written out entry by entry, but for sides of equations",
            span=node.span,
            suggestion="f(x, y) = ...; ∇f(x, y) = [..., ...], or a name, such as A",
        )
    parameters = functions[name].parameters
    return ParseError(
        f"{name} has several arguments",
        span=node.span,
        expected="the one to differentiate by",
        suggestion=f"∇_{parameters[0]} {name}({', '.join(parameters)})",
    )


def _trace(rows: Rows, place: Span) -> Rows:
    return ((total([row[k] for k, row in enumerate(rows)], place),),)


_OF_SQUARES: Mapping[str, Callable[[Rows, Span], Rows]] = {
    "det": lambda rows, place: ((determinant(rows, place),),),
    **dict.fromkeys(("tr", "trace"), _trace),
    **dict.fromkeys(("inv", "inverse"), inverse),
}
"""Functions of square matrices."""
_CONSTANTS = frozenset(["e", "pi"])
_IDENTITY = frozenset(["I", "eye"])
_MOST_FACTORS = 6


class Operations:
    """What operations make of arrays that are written out.

    ``columns``: a list is a column. ``numbers`` are the names that turn out to be numbers,
        ``named`` those that stand for arrays.
    """

    def __init__(self, functions: Mapping[str, s.Definition], nodes: list[s.Syntax], kinds: Kinds, *, columns: bool) -> None:
        self.functions, self._columns, self._kinds = functions, columns, kinds
        points = walk(*[node for node in nodes if isinstance(node, s.Applied) and node.function in PARTIALS])
        parameters = [parameter for one in functions.values() for parameter in one.parameters]
        self._arguments = {*names_among(points), *parameters, *kinds.numbers}
        self.numbers: dict[str, None] = {}
        self.named: dict[str, Array] = {}
        self._lists = any(is_list(node) for node in nodes)
        written = names_in(*[node for node in nodes if is_written_out(node)])
        self._entry_names = {name for name in written if not name[:1].isupper()} - kinds.others

    def beside(self, own: Array | None, side: s.Syntax, other: Array | None) -> Array | None:
        """The array of a side; that of a number, of zero or of the identity as the other side needs
        it."""
        if own is not None or other is None:
            return own
        if other.only is not None:
            return Array(((side,),))
        if number_in(side) == 0 and self._lists:
            return None  # the number zero, perhaps, of a product of lists that are columns; [X, Y] may be a commutator
        return other.changed(lambda entry: number(0, entry.span)) if number_in(side) == 0 else self._identity(side, other)

    def _identity(self, node: s.Syntax, other: Array) -> Array | None:
        """A number times the identity matrix, of the size of a square array; None for anything
        else."""
        inner, factor = ungrouped(node), number(1, node.span)
        names: list[str] = []
        while not isinstance(inner, s.Name):
            if isinstance(inner, s.Minus):
                factor, inner = combined("*", number(-1, node.span), factor, node.span), ungrouped(inner.operand)
            elif isinstance(inner, s.Binary) and inner.operator == "*":
                names += self._factors_of_identity(inner.left)
                factor, inner = combined("*", factor, inner.left, node.span), ungrouped(inner.right)
            else:
                return None
        square = other.size[0] == other.size[1] and inner.name in _IDENTITY and inner.name not in self.named
        self.numbers |= dict.fromkeys(names if square else ())
        return Array(identity(other.size[0], factor, node.span)) if square else None

    def _factors_of_identity(self, factor: s.Syntax) -> list[str]:
        """The names in what stands before an identity matrix: a letter there is a number."""
        inner = ungrouped(factor)
        if isinstance(inner, s.Name) and inner.name not in self._kinds.others and inner.name not in self.named:
            return [inner.name]
        self._check_number(factor)
        return []

    def _combined(self, node: s.Syntax, below: list[Array | None], present: list[Array]) -> Array:
        """What an operation makes of arrays, and of what stands beside them."""
        match node:
            case s.Minus():
                return present[0].changed(lambda entry: combined("*", number(-1, entry.span), entry, node.span))
            case s.Transposed(operand=operand):
                already = self._columns and is_list(ungrouped(operand))  # [1, 2]^T is a column, whatever [1, 2] is
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

    def _of_two(self, node: s.Binary, below: list[Array | None]) -> Array:
        left, right = below
        if node.operator in "+-":
            return self._sum(node, left, right)
        if node.operator == "/":
            return self._quotient(node, left, right)
        if node.operator == ".*":
            return self._by_entries_of(node, left, right)
        if node.operator not in ("*", "@", "·"):
            raise misplaced(node, self.functions)
        if left is None or right is None or left.only is not None or right.only is not None:
            return self._scaled(node, left, right)
        return self._product(node, left, right)

    def _by_entries_of(self, node: s.Binary, left: Array | None, right: Array | None) -> Array:
        if left is None or right is None or left.size != right.size:
            raise misplaced(node, self.functions)
        self._numbers_in(left, right)
        return left.beside(right, lambda one, other: combined("*", one, other, node.span))

    def _sum(self, node: s.Binary, left: Array | None, right: Array | None) -> Array:
        left, right = self.beside(left, node.left, right), self.beside(right, node.right, left)
        if left is None or right is None or left.size != right.size:
            raise misplaced(node, self.functions)
        return left.beside(right, lambda one, other: combined(node.operator, one, other, node.span))

    def _quotient(self, node: s.Binary, left: Array | None, right: Array | None) -> Array:
        if right is not None and right.only is None:
            raise misplaced(node, self.functions)
        divisor = right.only if right is not None else None
        if left is not None:
            return left.changed(lambda entry: combined("/", entry, divisor or self._factor(node.right, None), node.span))
        assert divisor is not None
        return Array(((combined("/", self._factor(node.left, None), divisor, node.span),),))

    def _scaled(self, node: s.Binary, left: Array | None, right: Array | None) -> Array:
        """An array times a number, on either side."""
        if right is not None and (left is None or left.only is not None):
            factor, array = self._factor(node.left, left), right
            return array.changed(lambda entry: combined("*", factor, entry, node.span))
        assert left is not None
        factor = self._factor(node.right, right)
        return left.changed(lambda entry: combined("*", entry, factor, node.span))

    def _factor(self, written: s.Syntax, array: Array | None) -> s.Syntax:
        """What stands beside an array, as a number. Raises ParseError for what may be an array
        itself."""
        if array is not None and array.only is not None:
            return array.only
        self._check_number(written)
        return written

    def _numbers_in(self, *arrays: Array) -> None:
        """That the names in arrays are numbers. Raises ParseError for entries that may be blocks:
        capitals, bold letters, transposes."""
        nodes = walk(*(entry for array in arrays for entry in array.entries))
        called = set(names_among(nodes)) - _CONSTANTS
        blocks = self._kinds.blocks_in(*(entry for array in arrays for entry in array.entries))
        if blocks or any(isinstance(node, s.Transposed | s.NormBars | s.Entries) for node in nodes):
            raise ParseError(
                f"{blocks[0]} may be a block of this matrix" if blocks else "an entry of this matrix may be a block",
                span=nodes[0].span,
                suggestion="the product, entry by entry, or a declaration as a scalar",
            )
        self.numbers |= dict.fromkeys(sorted(called))

    def _product(self, node: s.Binary, left: Array, right: Array) -> Array:
        self._numbers_in(left, right)
        if node.operator == "*" and node.operator_span.end > node.operator_span.start:
            raise misplaced(node, self.functions)  # a star may go entry by entry, and a cross be that of vectors
        both = 1 in left.size and 1 in right.size and left.size == right.size
        if node.operator == "·" and both:
            left, right = (left.turned() if left.size[1] == 1 else left), (right.turned() if right.size[0] == 1 else right)
        if left.size[1] != right.size[0]:
            raise misplaced(node, self.functions)
        return Array(product(left.rows, right.rows, node.span))

    def _power(self, node: s.Raised, base: Array, exponent: Fraction | None) -> Array:
        if base.only is not None:
            return Array(((replace(node, base=s.Group(base.only.span, base.only)),),))
        whole = exponent is not None and exponent.denominator == 1 and abs(exponent) <= _MOST_FACTORS
        if exponent is None or not whole or base.size[0] != base.size[1] or node.elementwise:
            raise misplaced(node, self.functions)
        self._numbers_in(base)
        factor = base.rows if exponent > 0 else inverse(base.rows, node.span)
        made = identity(base.size[0], number(1, node.span), node.span)
        for _ in range(abs(int(exponent))):
            made = product(made, factor, node.span)
        return Array(made)

    def _of_function(self, node: s.Syntax, name: str, present: list[Array]) -> Array:
        """The value of a function of arrays: a determinant, a trace, an inner product, the length
        of a vector."""
        one, other = present[0], present[-1]
        self._numbers_in(*present)
        if name in _OF_SQUARES and one.size[0] == one.size[1]:
            return Array(_OF_SQUARES[name](one.rows, node.span))
        if name in ("inner", "dot") and len(present) == 2 and 1 in one.size and sorted(one.size) == sorted(other.size):
            return Array(product((one.entries,), tuple(zip(other.entries)), node.span))
        if name == "norm":
            return self._norm(node, one, None)
        if one.only is not None and isinstance(node, s.Applied) and len(node.arguments) == len(present) == 1:
            return Array(((replace(node, arguments=(one.only,)),),))
        raise misplaced(node, self.functions)

    def _norm(self, node: s.Syntax, array: Array, subscript: s.Syntax | None) -> Array:
        """The Euclidean length of a vector, or the Frobenius norm of a matrix."""
        frobenius = isinstance(subscript, s.Name) and subscript.name == "F"
        if not frobenius and ((subscript is not None and number_in(subscript) != 2) or 1 not in array.size):
            raise misplaced(node, self.functions)
        self._numbers_in(array)
        squares = [combined("*", entry, entry, node.span) for entry in array.entries]
        return Array(((s.Applied(node.span, "sqrt", (total(squares, node.span),), node.span),),))

    def _check_number(self, factor: s.Syntax) -> None:
        """Raises ParseError for a factor of an array that may be an array itself."""
        unknown = sorted(names_in(factor).keys() - self._arguments - _CONSTANTS - self._entry_names)
        if unknown:
            raise ParseError(
                f"an array is multiplied by {unknown[0]}, of which it is not known that it is a number",
                span=factor.span,
                suggestion="the product, entry by entry",
            )
