"""What is written in short for something else: comparisons, and sums and products over indices that
are written as calls."""

from __future__ import annotations

from matcalc.base.errors import Span
from matcalc.language.syntax import trees as s
from matcalc.language.text.terminals import Token

_SMALLER = frozenset(["<", "<=", "≤", "≤=", "lt", "le", "leq", "leqslant"])
_OR_EQUAL = frozenset(["<=", ">=", "≤", "≥", "≤=", "≥=", "le", "leq", "leqslant", "ge", "geq", "geqslant"])


def holds(sign: Token, left: s.Syntax, right: s.Syntax, span: Span) -> s.Applied:
    """1 where one is larger than the other, or equal to it where the sign says so, else 0."""
    relation = sign.value.strip("\\")
    larger, smaller = (right, left) if relation in _SMALLER else (left, right)
    nothing = isinstance(smaller, s.NumberLiteral) and not smaller.value
    difference = larger if nothing else s.Binary(span, "-", larger, smaller, sign.span)
    return s.Applied(span, "nonnegative" if relation in _OR_EQUAL else "step", (difference,), sign.span)


def product_over(indices: list[s.Name], body: s.Syntax, span: Span, sign: Span) -> s.Applied:
    """The product of an array of entries."""
    return s.Applied(span, "prod", (s.Applied(span, "tensor", (*indices, body), sign),), sign)


def over_indices(function: Token, arguments: list[s.Syntax], span: Span) -> s.Syntax | None:
    """``sum(i<j, body)`` and ``prod(i, body)``, the product of an array of entries."""
    if len(arguments) != 2 or function.value not in ("sum", "prod"):
        return None
    first, body = arguments
    match first:
        case s.Name(name=name) if function.value == "prod" and len(name) == 1 and not isinstance(body, s.Word):
            return product_over([first], body, span, function.span)
        case s.Group(
            operand=s.Applied(function="step", arguments=(s.Binary(left=s.Name(name=high), right=s.Name(name=low)) as below,))
        ):
            relation = (low, "<", high) if below.right.span.start < below.left.span.start else (high, ">", low)
            return s.Summation(span, tuple(sorted((low, high))), body, (), (relation,)) if function.value == "sum" else None
        case _:
            return None
