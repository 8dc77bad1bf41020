"""Functions by their definitions: signatures, formulas, and these taken along the rows or columns
of a matrix."""

from __future__ import annotations

from enum import Enum, auto
from fractions import Fraction
from functools import cache
from typing import TypeAlias

from matcalc.base.errors import Span
from matcalc.base.functions import Function, functions, spellings
from matcalc.base.records import record, replace
from matcalc.base.sizes import ONE
from matcalc.language.build import terms as t
from matcalc.language.build.assembly import Assembly
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import mapped
from matcalc.language.text.spelling import Vocabulary
from matcalc.language.typing import constraints as c
from matcalc.language.typing import kind_relations
from matcalc.language.typing.dimensions import Unknown
from matcalc.language.typing.kinds import COLUMN, MATRIX, SCALAR

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


class Level(Enum):
    PLAIN = auto()
    EACH = auto()
    ENTRIES = auto()
    ONES = auto()


Lifted: TypeAlias = tuple[Level, t.Term]


class Lifting:
    """Builds terms of a definition whose parameter stands for every row (or column) of
    ``matrix``."""

    def __init__(self, builder: Assembly, matrix: t.Term, axis: str, span: Span) -> None:
        self._builder = builder
        self._matrix = matrix
        self._axis = axis
        self._span = span
        self._rows, self._cols = Unknown(), Unknown()
        words, size = f"a function along {axis}", (self._rows, self._cols)
        builder.relate(kind_relations.Measured(span, frozenset({(MATRIX,)}), words, (matrix.cell,), (size,)))

    def build(self, function: str) -> t.Term:
        """The lifted definition of a function; a term of one number a row or column, or of the
        shape of the matrix."""
        signature = signature_of(functions()[function])
        parameter = next(iter(signature.parameters))
        sizes = signature.parameters[parameter]
        return self._lift(definition_of(function), {parameter: (Level.ENTRIES, self._matrix)}, sizes[0])[1]

    def _lift(self, node: s.Syntax, values: dict[str, Lifted], size: str) -> Lifted:
        span = self._span
        match node:
            case s.Group(operand=operand):
                return self._lift(operand, values, size)
            case s.Name(name=name) if name in values:
                return values[name]
            case s.Name(name=name) if name == size:
                return Level.PLAIN, t.SizeTerm(self._builder.cell(SCALAR, span), span, self._length)
            case s.NumberLiteral(value=value):
                return Level.PLAIN, t.NumberTerm(self._builder.cell(SCALAR, span), span, value)
            case s.Minus(operand=operand):
                level, term = self._lift(operand, values, size)
                return level, t.NegativeTerm(term.cell, span, (term,))
            case s.Binary(operator="+" | "-" as sign, left=left, right=right):
                first, second = self._lift(left, values, size), self._lift(right, values, size)
                level = Level.ENTRIES if Level.ENTRIES in (first[0], second[0]) else first[0]
                return level, self._builder.total([first[1], second[1]], (False, sign == "-"), span)
            case s.Binary(operator="*", left=left, right=right):
                return self._product(self._lift(left, values, size), self._lift(right, values, size))
            case s.Binary(operator="/", left=left, right=right):
                level, above = self._lift(left, values, size)
                below_level, below = self._lift(right, values, size)
                if below_level is Level.PLAIN:
                    self._builder.relate(c.Divided(span, above.cell, below.cell))
                    return level, t.QuotientTerm(above.cell, span, (above, below), False)
                cell = self._builder.folded(c.ElementDivided, [above, below])
                return level, t.QuotientTerm(cell, span, (above, below), True)
            case s.Raised():
                return self._raised(node, values, size)
            case s.Applied():
                return self._applied(node, values, size)
            case _:
                raise _unread(node)

    def _raised(self, node: s.Raised, values: dict[str, Lifted], size: str) -> Lifted:
        match node:
            case s.Raised(base=s.Applied(function="norm2", arguments=(argument,)), exponent=s.NumberLiteral(value=value)) if (
                value == 2
            ):
                return Level.EACH, self._squares(self._lift(argument, values, size)[1])
            case _:
                level, below = self._lift(node.base, values, size)
                return level, self._power(below, self._lift(node.exponent, values, size)[1], level)

    def _applied(self, node: s.Applied, values: dict[str, Lifted], size: str) -> Lifted:
        span = self._span
        match node:
            case s.Applied(function="sum", arguments=(argument,)):
                return Level.EACH, self._builder.total_of(self._lift(argument, values, size)[1], self._axis, span)
            case s.Applied(function="norm2", arguments=(argument,)):
                half = t.NumberTerm(self._builder.cell(SCALAR, span), span, Fraction(1, 2))
                return Level.EACH, self._power(self._squares(self._lift(argument, values, size)[1]), half, Level.EACH)
            case s.Applied(function="ones"):
                ones = t.FilledTerm(self._builder.cell(COLUMN, span), span, Fraction(1))
                self._builder.relate(
                    kind_relations.Measured(span, frozenset({(COLUMN,)}), "ones", (ones.cell,), ((self._length, ONE),))
                )
                return Level.ONES, ones
            case s.Applied(function=name, arguments=(argument,)) if (own := spellings().get(name)) is not None:
                return self._of_function(functions()[own], self._lift(argument, values, size), node)
            case _:
                raise _unread(node)

    def _of_function(self, function: Function, argument: Lifted, node: s.Applied) -> Lifted:
        level, inner = argument
        if function.kind == "elementwise":
            return level, t.ElementwiseTerm(inner.cell, self._span, (inner,), function.name)
        if function.kind == "defined" and level is Level.ENTRIES:
            return Level.EACH, Lifting(self._builder, inner, self._axis, self._span).build(function.name)
        raise _unread(node)

    @property
    def _length(self) -> Unknown:
        """How many entries a row (or column) has."""
        return self._cols if self._axis == "rows" else self._rows

    def _product(self, left: Lifted, right: Lifted) -> Lifted:
        if Level.ONES in (left[0], right[0]):
            ones, other = (left[1], right[1]) if left[0] is Level.ONES else (right[1], left[1])
            if Level.EACH in (left[0], right[0]):
                pair = [other, ones] if self._axis == "rows" else [ones, other]
                return Level.ENTRIES, self._builder.product([pair[0], self._builder.transpose(pair[1], self._span)], self._span)
            return Level.ONES, self._builder.product([other, ones], self._span)
        if Level.PLAIN in (left[0], right[0]):
            level = left[0] if right[0] is Level.PLAIN else right[0]
            return level, self._builder.product([left[1], right[1]], self._span)
        cell = self._builder.folded(c.ElementMultiplied, [left[1], right[1]])
        return max(left[0], right[0], key=lambda level: level.value), t.ElementProductTerm(cell, self._span, (left[1], right[1]))

    def _squares(self, inner: t.Term) -> t.Term:
        two = t.NumberTerm(self._builder.cell(SCALAR, self._span), self._span, Fraction(2))
        return self._builder.total_of(self._power(inner, two, Level.ENTRIES), self._axis, self._span)

    def _power(self, base: t.Term, exponent: t.Term, level: Level) -> t.Term:
        if level is Level.PLAIN:
            self._builder.relate(c.Raised(self._span, base.cell, exponent.cell))
            return t.PowerTerm(base.cell, self._span, (base, exponent), False)
        cell = self._builder.folded(c.ElementRaised, [base, exponent])
        return t.PowerTerm(cell, self._span, (base, exponent), True)


def _unread(node: s.Syntax) -> NotImplementedError:
    return NotImplementedError(f"the definition of a function with axis = true uses {type(node).__name__}")
