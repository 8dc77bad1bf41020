"""What Python's operators do to typed expressions: the operation of the language, with advice where
shapes do not fit."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any, TypeVar, cast

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.functions import computable, functions, spellings
from matcalc.base.own_functions import own_function, stem_of
from matcalc.base.shapes import axes_of, shape_text
from matcalc.expr.nodes import Call, Elementwise, Expr, Negative, Number, Symbol, Transpose, postorder
from matcalc.facts.table import essential
from matcalc.language.declare.declared import declaration_text, maps_text
from matcalc.language.elaboration import Make, operate
from matcalc.language.syntax import trees as s
from matcalc.objects.arithmetic import Arithmetic
from matcalc.printing import text

# ------------------------------------------------------------
# What to write instead of an operation in Python whose shapes do not fit.


def for_operator(operator: str, left: Expr, right: Expr) -> str | None:
    """Advice for ``left operator right``; operands that are no plain symbols are called left and
    right."""
    a, b = _called(left, "left"), _called(right, "right")
    if len(left.shape) > 2 or len(right.shape) > 2:
        return 'matcalc.parse("tensor(i, k, sum(j, T[i,j,k]*x[j]))", declare=...) for contractions of tensors'
    match operator:
        case "@":
            return _for_product(left, right, a, b)
        case "**" if left.is_matrix and right.is_scalar:
            return f"matcalc.power({a}, {b}) (elementwise) or {a} * {a}"
        case "**":
            return f"matcalc.power({a}, {b}) (elementwise)"
        case _:
            return _for_entries(operator, left, right, a, b)


def _called(operand: Expr, otherwise: str) -> str:
    if isinstance(operand, Number):
        return str(operand.value)
    symbol = operand.operand if isinstance(operand, Transpose) else operand
    return otherwise if not isinstance(symbol, Symbol) else symbol.name if symbol is operand else f"{symbol.name}.T"


def _turned(called: str) -> str:
    return called.removesuffix(".T") if called.endswith(".T") else f"{called}.T"


def _for_product(left: Expr, right: Expr, a: str, b: str) -> str | None:
    if left.is_scalar or right.is_scalar:
        return f"{a} * {b}"
    first, second = f"{_turned(a)} @ {b}", f"{a} @ {_turned(b)}"
    if left.shape == right.shape and (left.is_column or left.is_row):
        inner, outer = (first, second) if left.is_column else (second, first)
        return f"{inner} (inner product), {outer} (outer product) or {a} * {b} (elementwise)"
    fitting = ((left.rows == right.rows, first), (left.cols == right.cols, second), (right.cols == left.rows, f"{b} @ {a}"))
    return " or ".join([form for fits, form in fitting if fits]) or None


def _for_entries(operator: str, left: Expr, right: Expr, a: str, b: str) -> str | None:
    vector, name = (left, a) if not left.is_matrix else (right, b)
    other = right if vector is left else left
    if vector.is_column and other.is_matrix and vector.rows == other.rows == other.cols:
        ones = f'matcalc.ones("{vector.rows}")'
        return f"{ones} @ {_turned(name)} (every row) or {name} @ {ones}.T (every column) for {name}"
    if (left.rows, left.cols) == (right.cols, right.rows):
        return f"{a} {operator} {_turned(b)}"
    return None


def for_function(name: str, arguments: tuple[Expr, ...]) -> str | None:
    """Advice for a function that does not take its arguments."""
    known = functions().get(spellings().get(name, ""))
    if arguments and arguments[0].is_matrix and (name == "sum" or (known is not None and known.axis)):
        return f'matcalc.{name}(X, "rows") or matcalc.{name}(X, "cols")'
    return None


# ------------------------------------------------------------
# What may stand beside an operator or as an argument: typed expressions and numbers.


def number(value: object) -> Expr | None:
    """A Python or NumPy number as it would be written, exactly (``0.1`` is 1/10); None for what is
    no number.

    Raises MatcalcError for a number without a place in a formula, such as ``nan``.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    if isinstance(value, Rational):  # whole numbers among them
        exact = Fraction(int(value.numerator), int(value.denominator))
    elif math.isfinite(value):
        exact = Fraction(str(value) if isinstance(value, Decimal) else repr(float(value)))
    else:
        raise MatcalcError(f"{value} cannot stand in a formula", expected="a finite number")
    return Negative(Number(-exact)) if exact < 0 else Number(exact)


def refused(value: object, where: str) -> MatcalcError:
    """The error for a value that is neither an expression nor a number."""
    expected = "an expression or a number"
    if isinstance(value, str):
        return MatcalcError(
            f"the text {value!r} cannot {where}", expected=expected, suggestion="matcalc.symbols(...) or matcalc.parse(...)"
        )
    if isinstance(value, complex):
        return MatcalcError(f"{value} cannot {where}: everything is real here", expected=expected)
    kind = type(value).__name__
    if "sympy" in sys.modules and type(value).__module__.partition(".")[0] == "sympy":
        return MatcalcError(f"a SymPy {kind} cannot {where}", expected=expected, suggestion="matcalc.parse(...) of it")
    if hasattr(value, "shape") or isinstance(value, Iterable):
        advice = "a symbol, whose array is given to function(...) as a keyword"
        return MatcalcError(f"an array or list ({kind}) cannot {where}", expected=expected, suggestion=advice)
    return MatcalcError(f"a value of type {kind} cannot {where}", expected=expected)


def joint_declarations(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The declarations of several expressions together. Raises MatcalcError for a name with two of
    them."""
    found: dict[str, str] = {}
    for declarations in parts:
        small, large = (declarations, found) if len(declarations) < len(found) else (found, declarations)
        for name in small:
            if large.get(name, small[name]) != small[name]:
                message = f"{name} is declared as {found[name]} in one operand and as {declarations[name]} in another"
                raise MatcalcError(message, suggestion="another name, or one call of matcalc.symbols for both")
        found.update(declarations)
    return found


def declarations_of(expression: Expr) -> dict[str, str]:
    """Kinds, sizes and properties of the symbols of an expression in the ``declare`` syntax; the
    user's own functions last."""
    found: dict[str, str] = {}
    own: dict[str, str] = {}
    for node in postorder(expression):
        if isinstance(node, Symbol):
            text = declaration_text(node.shape, essential(node.properties))
            if found.setdefault(node.name, text) != text:
                raise MatcalcError(f"{node.name} is declared as {found[node.name]} and as {text} in one expression")
        elif isinstance(node, Elementwise | Call) and node.function not in computable():
            own[stem_of(node.function)] = function_text(node)
    return {**found, **own}


def function_text(node: Elementwise | Call) -> str:
    """What is declared of the user's own function that a node is a value of."""
    own = own_function(node.function)
    if own is None or own.entrywise or not isinstance(node, Call):
        return "function"
    takes = [declaration_text(argument.shape) for argument in node.arguments]
    return maps_text(takes, declaration_text(axes_of(node.shape)[: own.gives]))


# ------------------------------------------------------------
# What Python's operators do to typed expressions: the operation of the language, with advice where
# the operands do not fit.

Own = TypeVar("Own", bound=Arithmetic)
Advice = Callable[[tuple[Expr, ...]], str | None]


def combined(
    like: type[Own], pieces: Sequence[str | Arithmetic | Expr], make: Make, advice: Advice = lambda operands: None
) -> Own:
    """The value of an operation of the language on typed operands, as an object of the class
    ``like``.

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
    return cast("Own", construct(found.expression, declarations, tuple(dict.fromkeys([*notes, *found.notes]))))


def operand(value: object, where: str) -> Arithmetic | Expr:
    """An operand as it is given to ``combined``. Raises MatcalcError for what cannot be one."""
    if isinstance(value, Arithmetic):
        return value
    found = number(value)
    if found is None:
        raise refused(value, where)
    return found


def binary(own: Own, operator: str, left: object, right: object) -> Own:
    first, second = (operand(value, f"stand beside {operator}") for value in (left, right))
    a, b = (value.node if isinstance(value, Arithmetic) else value for value in (first, second))
    if operator == "@" and (a.is_scalar or b.is_scalar):
        shown = " and ".join(f"{text(value)} ({shape_text(value.shape)})" for value in (a, b))
        raise ShapeError(f"@ multiplies matrices and vectors, not {shown}", suggestion=for_operator("@", a, b))

    def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
        if operator == "**":
            literal = _literal(b, names[1].span)
            return s.Raised(place, names[0], literal or names[1], not (a.is_matrix or a.is_scalar) or not b.is_scalar)
        return s.Binary(place, _in_language(operator, a, b), names[0], names[1], place)

    return combined(type(own), (first, f" {operator} ", second), make, lambda operands: for_operator(operator, *operands))


def _in_language(operator: str, left: Expr, right: Expr) -> str:
    """The operator of the language: products and quotients of arrays go entry by entry."""
    if operator in ("*", "/"):
        scaling = right.is_scalar or (operator == "*" and left.is_scalar)
        return operator if scaling else f".{operator}"
    return "*" if operator == "@" else operator


def _literal(exponent: Expr, place: Span) -> s.Syntax | None:
    """A number as it is written: a matrix to the power of −1 is its inverse."""
    if isinstance(exponent, Negative):
        inner = _literal(exponent.operand, place)
        return s.Minus(place, inner) if isinstance(inner, s.NumberLiteral) else None
    return s.NumberLiteral(place, exponent.value) if isinstance(exponent, Number) else None


def transposed(own: Own) -> Own:
    return combined(type(own), (own, "ᵀ"), lambda names, place: s.Transposed(place, names[0]))


def negative(own: Own) -> Own:
    return combined(type(own), ("−", own), lambda names, place: s.Minus(place, names[0]))


def absolute(own: Own) -> Own:
    return combined(type(own), ("abs(", own, ")"), lambda names, place: s.Applied(place, "abs", tuple(names), place))


def entry(own: Own, given: tuple[object, ...]) -> Own:
    """The entry at the positions."""
    values = [number(position) for position in given]
    shown = ", ".join(str(position) for position in given)
    axes = len(own.node.shape) - own.node.is_row
    if len(given) != axes:
        raise ShapeError(f"{text(own.node)} is {shape_text(own.node.shape)}: an entry has {axes} positions, not {len(given)}")
    if not all(isinstance(value, Number) and value.value.denominator == 1 and value.value > 0 for value in values):
        raise ShapeError(
            f"there is no entry [{shown}] of {text(own.node)}",
            expected="whole numbers, counted from 1 as in the language: the first entry is x[1]",
            suggestion='matcalc.parse("sum(i, x[i])", declare=...) for entries with an index',
        )
    places = [value.value for value in values if isinstance(value, Number)]

    def make(names: Sequence[s.Syntax], place: Span) -> s.Syntax:
        return s.Entries(place, names[0], tuple([s.NumberLiteral(place, value) for value in places]))

    return combined(type(own), (own, f"[{shown}]"), make)
