"""Python's operators for typed expressions.

They mean what the operators of the language mean: ``@`` is the matrix product, ``*`` scales or multiplies entry by entry, ``/`` divides
by a scalar or entry by entry, ``**`` is a matrix power of a matrix and elementwise otherwise, vectors are columns, entries are counted
from 1. A vector beside a matrix is repeated where its size allows one reading, and the notes say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from matcalc.errors import ParseError, ShapeError, Span
from matcalc.expr import nodes as e
from matcalc.language.build.operations import Make, operate
from matcalc.language.syntax import trees as s
from matcalc.operators.advice import for_operator
from matcalc.operators.operands import joint_declarations, number, refused
from matcalc.printing import text

Own = TypeVar("Own", bound="Arithmetic")
Advice = Callable[[tuple[e.Expr, ...]], str | None]


class Arithmetic:
    """Base of what operators combine: a typed expression, the declarations of its symbols, and notes.

    Every operation raises ShapeError for operands that do not fit, with their texts and shapes, and MatcalcError for an operand that is
    neither an expression nor a number.
    """

    node: e.Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...]
    origin: object

    __array_ufunc__: ClassVar[None] = None  # NumPy arrays leave the operators to this class, which refuses them in words
    __iter__: ClassVar[None] = None  # entries are counted from 1 and sizes may be symbols, so there is nothing to iterate over

    @property
    def T(self: Own) -> Own:
        """The transpose."""
        return _combined(self, (self, "ᵀ"), lambda names, place: s.Transposed(place, names[0]))

    def __matmul__(self: Own, other: object) -> Own:
        return _binary(self, "@", self, other)

    def __rmatmul__(self: Own, other: object) -> Own:
        return _binary(self, "@", other, self)

    def __mul__(self: Own, other: object) -> Own:
        return _binary(self, "*", self, other)

    def __rmul__(self: Own, other: object) -> Own:
        return _binary(self, "*", other, self)

    def __truediv__(self: Own, other: object) -> Own:
        return _binary(self, "/", self, other)

    def __rtruediv__(self: Own, other: object) -> Own:
        return _binary(self, "/", other, self)

    def __add__(self: Own, other: object) -> Own:
        return _binary(self, "+", self, other)

    def __radd__(self: Own, other: object) -> Own:
        # The built-in sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else _binary(self, "+", other, self)

    def __sub__(self: Own, other: object) -> Own:
        return _binary(self, "-", self, other)

    def __rsub__(self: Own, other: object) -> Own:
        return _binary(self, "-", other, self)

    def __pow__(self: Own, other: object) -> Own:
        return _binary(self, "**", self, other)

    def __rpow__(self: Own, other: object) -> Own:
        return _binary(self, "**", other, self)

    def __neg__(self: Own) -> Own:
        return _combined(self, ("−", self), lambda names, place: s.Minus(place, names[0]))

    def __pos__(self: Own) -> Own:
        return self

    def __abs__(self: Own) -> Own:
        return _combined(self, ("abs(", self, ")"), lambda names, place: s.Applied(place, "abs", tuple(names), place))

    def __getitem__(self: Own, positions: object) -> Own:
        """One entry, counted from 1 as in the language: ``X[1, 2]``, ``x[3]``."""
        given = positions if isinstance(positions, tuple) else (positions,)
        values = [number(position) for position in given]
        shown = ", ".join(str(position) for position in given)
        axes = len(self.node.shape) - self.node.is_row
        if len(given) != axes:
            raise ShapeError(f"{text(self.node)} is {e.shape_text(self.node.shape)}: an entry has {axes} positions, not {len(given)}")
        if not all(isinstance(value, e.Number) and value.value.denominator == 1 and value.value > 0 for value in values):
            raise ShapeError(
                f"there is no entry [{shown}] of {text(self.node)}",
                expected="whole numbers, counted from 1 as in the language: the first entry is x[1]",
                suggestion='matcalc.parse("sum(i, x[i])", declare=...) for entries with an index',
            )
        places = [value.value for value in values if isinstance(value, e.Number)]

        def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
            return s.Entries(place, names[0], tuple([s.NumberLiteral(place, value) for value in places]))

        return _combined(self, (self, f"[{shown}]"), make)


def combined(like: type[Own], pieces: Sequence[str | Arithmetic | e.Expr], make: Make, advice: Advice = lambda operands: None) -> Own:
    """The value of an operation of the language on typed operands, as an object of the class ``like``.

    ``advice`` says what to write in Python when the operands do not fit.
    """
    parts = [piece for piece in pieces if isinstance(piece, Arithmetic)]
    declarations = joint_declarations(part.declarations for part in parts)
    bare = [piece.node if isinstance(piece, Arithmetic) else piece for piece in pieces]
    try:
        found = operate(bare, make, text)
    except (ShapeError, ParseError) as error:
        # The place in a text that nobody wrote is left out; the message quotes the operands.
        operands = tuple([piece for piece in bare if not isinstance(piece, str)])
        raise type(error)(error.message, expected=error.expected, suggestion=advice(operands)) from None
    notes = [note for part in parts for note in part.notes]
    construct: Any = like
    made: Own = construct(found.expression, declarations, tuple(dict.fromkeys([*notes, *found.notes])))
    return made


def operand(value: object, where: str) -> Arithmetic | e.Expr:
    """An operand as it is given to ``combined``. Raises MatcalcError for what cannot be one."""
    if isinstance(value, Arithmetic):
        return value
    found = number(value)
    if found is None:
        raise refused(value, where)
    return found


def _combined(own: Own, pieces: Sequence[str | Arithmetic | e.Expr], make: Make, advice: Advice = lambda operands: None) -> Own:
    return combined(type(own), pieces, make, advice)


def _binary(own: Own, operator: str, left: object, right: object) -> Own:
    first, second = (operand(value, f"stand beside {operator}") for value in (left, right))
    a, b = (value.node if isinstance(value, Arithmetic) else value for value in (first, second))
    if operator == "@" and (a.is_scalar or b.is_scalar):
        shown = " and ".join(f"{text(value)} ({e.shape_text(value.shape)})" for value in (a, b))
        raise ShapeError(f"@ multiplies matrices and vectors, not {shown}", suggestion=for_operator("@", a, b))

    def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
        match operator:
            case "**":
                literal = _literal(b, names[1].span)
                return s.Raised(place, names[0], literal or names[1], not (a.is_matrix or a.is_scalar) or not b.is_scalar)
            case "*" | "/" as sign:
                scaling = b.is_scalar or (sign == "*" and a.is_scalar)
                return s.Binary(place, sign if scaling else f".{sign}", names[0], names[1], place)
            case _:
                return s.Binary(place, "*" if operator == "@" else operator, names[0], names[1], place)

    return _combined(own, (first, f" {operator} ", second), make, lambda operands: for_operator(operator, *operands))


def _literal(exponent: e.Expr, place: Span) -> s.Syntax | None:
    """A number as it is written: a matrix to the power of −1 is its inverse."""
    match exponent:
        case e.Number(value=value):
            return s.NumberLiteral(place, value)
        case e.Negative(operand=e.Number(value=value)):
            return s.Minus(place, s.NumberLiteral(place, value))
        case _:
            return None
