"""What is written in short for something else: comparisons, and sums and products over indices that
are written as calls."""

from __future__ import annotations

from matcalc.base.errors import ParseError, Span
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import is_axis, name_of, names_among, walk
from matcalc.language.text.terminals import MASKED, Token

_SMALLER = frozenset(["<", "<=", "≤", "≤=", "lt", "le", "leq", "leqslant"])
_OR_EQUAL = frozenset(["<=", ">=", "≤", "≥", "≤=", "≥=", "le", "leq", "leqslant", "ge", "geq", "geqslant"])


def holds(sign: Token, left: s.Syntax, right: s.Syntax, span: Span) -> s.Applied:
    """1 where one is larger than the other, or equal to it where the sign says so, else 0."""
    relation = sign.value.strip("\\")
    larger, smaller = (right, left) if relation in _SMALLER else (left, right)
    nothing = isinstance(smaller, s.NumberLiteral) and not smaller.value
    difference = larger if nothing else s.Binary(span, "-", larger, smaller, sign.span)
    return s.Applied(span, "nonnegative" if relation in _OR_EQUAL else "step", (difference,), sign.span)


def over_indices(function: Token, arguments: list[s.Syntax], span: Span) -> s.Syntax | None:
    """``sum(i<j, body)``, ``prod(i, body)``, the product of an array of entries, and
    ``max(i, x[i])``."""
    if len(arguments) != 2 or function.value not in ("sum", "prod", "max", "min"):
        return None
    first, body = arguments
    match first:
        case s.Name(name=name) if function.value == "prod" and len(name) == 1 and not _is_along(name, body):
            return s.Summation(span, (name,), body, function="prod")
        case s.Name(name=name) if function.value in ("max", "min") and len(name) == 1 and _is_position(name, body):
            return s.Summation(span, (name,), body, function=function.value)
        case s.Group(operand=s.Applied(function="step", arguments=(s.Binary() as difference,)) as compared):
            return (
                _over_ordered(difference, body, span)
                if function.value == "sum" and _is_comparison(compared, difference)
                else None
            )
        case _:
            return None


def _is_position(name: str, body: s.Syntax) -> bool:
    return any(isinstance(node, s.Entries) and name in names_among(node.positions) for node in walk(body))


def _is_along(name: str, body: s.Syntax) -> bool:
    return isinstance(body, s.Word | s.Keyword) or is_axis(name, body)


def _is_comparison(compared: s.Applied, difference: s.Binary) -> bool:
    """Whether ``step(i - j)`` is what ``holds`` makes of a sign, and not written so."""
    return compared.function_span == difference.operator_span


def _over_ordered(difference: s.Binary, body: s.Syntax, span: Span) -> s.Summation | None:
    """``sum(i<j, body)``."""
    high, low = name_of(difference.left), name_of(difference.right)
    if not len(high) == len(low) == 1:
        return None
    relation = (low, "<", high) if difference.right.span.start < difference.left.span.start else (high, ">", low)
    return s.Summation(span, tuple(sorted((low, high))), body, (), (relation,))


def masked(function: Token, arguments: list[s.Syntax], span: Span) -> s.Applied:
    """The observed entries of a matrix, P_Ω(X)."""
    if len(arguments) != 1:
        raise ParseError("the observed entries are those of one matrix", span=span, suggestion="P_Ω(X), or Ω.*X")
    mask = s.Name(function.span, function.value.removeprefix(MASKED))
    return s.Applied(span, MASKED, (mask, *arguments), function.span)


def part_of(call: s.Applied, span: Span, positions: list[s.Syntax]) -> s.Applied | None:
    """A part of what a program gives as several values: ``slogdet(X)[1]``, ``X.shape[0]``."""
    number = positions[0].value if len(positions) == 1 and isinstance(positions[0], s.NumberLiteral) else None
    if call.function == "slogdet" and number == 1:
        return s.Applied(span, "logdet", call.arguments, call.function_span)
    if call.function == "shape" and number in (0, 1):
        return s.Applied(span, "size", (*call.arguments, s.NumberLiteral(span, number + 1)), call.function_span)
    return None
