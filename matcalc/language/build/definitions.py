"""Functions by their definitions in the table: signatures and formulas."""

from __future__ import annotations

from functools import cache

from matcalc.base.functions import Function, functions
from matcalc.base.records import record, replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import mapped
from matcalc.language.text.spelling import Vocabulary

SizeNames = tuple[str, ...]


@record
class Signature:
    """Names of the sizes of each parameter and of the result; ``()`` is a scalar (in ``t -> t``:
    any shape)."""

    parameters: dict[str, SizeNames]
    result: SizeNames

    @property
    def size_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for shape in (*self.parameters.values(), self.result) for name in shape))


@cache
def signature_of(function: Function) -> Signature:
    """The signature of a function of ``rules/functions.toml``."""
    left, _, right = function.signature.partition("->")
    parameters: dict[str, SizeNames] = {}
    for part in left.split(","):
        name, colon, shape = part.partition(":")
        parameters[name.strip()] = _sizes(shape if colon else "scalar")
    result = right.strip()
    return Signature(parameters, () if result in parameters else _sizes(result))


def _sizes(text: str) -> SizeNames:
    text = text.strip()
    return () if text == "scalar" else tuple(part.strip() for part in text.split("×"))


@cache
def definition_of(function: str) -> s.Syntax:
    """The syntax tree of the function's definition."""
    return parse_syntax(functions()[function].definition).program.value


@cache
def definition_along(function: str, axis: str) -> s.Syntax:
    """The syntax tree of the function's definition of each row or each column of a matrix ``X``."""
    entry = functions()[function]
    return parse_syntax(entry.definition_rows if axis == "rows" else entry.definition_cols, Vocabulary.of("X")).program.value


@cache
def of_one(function: str) -> s.Syntax:
    """The syntax tree of what a function of a vector or matrix is for one number ``t``."""
    return parse_syntax(functions()[function].of_one, Vocabulary.of("t")).program.value


@cache
def derivative_of(function: str) -> s.Syntax:
    """The syntax tree of the derivative of an elementwise function, entry by entry of an array
    ``t``."""
    return mapped(parse_syntax(functions()[function].derivative, Vocabulary.of("t")).program.value, _by_entries)


def _by_entries(node: s.Syntax) -> s.Syntax:
    """A part of the formula of a number as one of the entries of an array."""
    match node:
        case s.Binary(operator="*" | "/" as operator):
            return replace(node, operator=f".{operator}")
        case s.Raised():
            return replace(node, elementwise=True)
        case _:
            return node
