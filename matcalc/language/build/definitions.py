"""The formulas of functions defined by other operations (``mean``, ``var``), and those of derivatives (``tanh'``)."""

from __future__ import annotations

from functools import cache

from matcalc.base.functions import functions
from matcalc.base.records import replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.text.vocabulary import Vocabulary


@cache
def definition_of(function: str) -> s.Syntax:
    """The syntax tree of the function's definition."""
    return parse_syntax(functions()[function].definition).program.value


@cache
def of_one(function: str) -> s.Syntax:
    """The syntax tree of what a function of a vector or matrix is for one number ``t``."""
    return parse_syntax(functions()[function].of_one, Vocabulary.of("t")).program.value


@cache
def derivative_of(function: str) -> s.Syntax:
    """The syntax tree of the derivative of an elementwise function, entry by entry of an array ``t``."""
    return _entrywise(parse_syntax(functions()[function].derivative, Vocabulary.of("t")).program.value)


def _entrywise(node: s.Syntax) -> s.Syntax:
    """The formula of a number as one of the entries of an array."""
    match node:
        case s.Binary(operator="*" | "/" as operator):
            return replace(node, operator=f".{operator}", left=_entrywise(node.left), right=_entrywise(node.right))
        case s.Binary():
            return replace(node, left=_entrywise(node.left), right=_entrywise(node.right))
        case s.Raised():
            return replace(node, base=_entrywise(node.base), elementwise=True)
        case s.Group() | s.Minus():
            return replace(node, operand=_entrywise(node.operand))
        case s.Applied():
            return replace(node, arguments=tuple([_entrywise(argument) for argument in node.arguments]))
        case _:
            return node
