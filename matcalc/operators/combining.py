"""What Python's operators do to typed expressions: the operation of the language, with advice where the operands do not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from matcalc.errors import ParseError, ShapeError, Span
from matcalc.expr import nodes as e
from matcalc.language.build.operations import Make, operate
from matcalc.language.syntax import trees as s
from matcalc.operators.advice import for_operator
from matcalc.operators.arithmetic import Arithmetic
from matcalc.operators.operands import joint_declarations, number, refused
from matcalc.printing import text

Own = TypeVar("Own", bound=Arithmetic)
Advice = Callable[[tuple[e.Expr, ...]], str | None]


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


def binary(own: Own, operator: str, left: object, right: object) -> Own:
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


def transposed(own: Own) -> Own:
    return _combined(own, (own, "ᵀ"), lambda names, place: s.Transposed(place, names[0]))


def negative(own: Own) -> Own:
    return _combined(own, ("−", own), lambda names, place: s.Minus(place, names[0]))


def absolute(own: Own) -> Own:
    return _combined(own, ("abs(", own, ")"), lambda names, place: s.Applied(place, "abs", tuple(names), place))


def entry(own: Own, given: tuple[object, ...]) -> Own:
    """The entry at the positions."""
    values = [number(position) for position in given]
    shown = ", ".join(str(position) for position in given)
    axes = len(own.node.shape) - own.node.is_row
    if len(given) != axes:
        raise ShapeError(f"{text(own.node)} is {e.shape_text(own.node.shape)}: an entry has {axes} positions, not {len(given)}")
    if not all(isinstance(value, e.Number) and value.value.denominator == 1 and value.value > 0 for value in values):
        raise ShapeError(
            f"there is no entry [{shown}] of {text(own.node)}",
            expected="whole numbers, counted from 1 as in the language: the first entry is x[1]",
            suggestion='matcalc.parse("sum(i, x[i])", declare=...) for entries with an index',
        )
    places = [value.value for value in values if isinstance(value, e.Number)]

    def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
        return s.Entries(place, names[0], tuple([s.NumberLiteral(place, value) for value in places]))

    return _combined(own, (own, f"[{shown}]"), make)
