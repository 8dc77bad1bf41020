"""Typed expressions made in Python: symbols, constants with sizes, and every function of the
language by its name.

>>> X, U, V = symbols("X: n×m, U: n×r, V: r×m")
>>> norm = named_function("norm")
>>> print(norm(X - U @ V)**2)
‖X − U V‖²
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast

from matcalc.base.errors import MatcalcError, ShapeError, Span
from matcalc.base.functions import functions, of_sizes, spellings
from matcalc.base.shapes import shape_text
from matcalc.base.sizes import Size
from matcalc.expr import nodes as e
from matcalc.interface.results import ParsedExpression
from matcalc.language.declare.declared import Declaration, declaration_text, declared_text, parse_declarations
from matcalc.language.elaboration import size_syntax
from matcalc.language.syntax import trees as s
from matcalc.language.text.meanings import nearest_function
from matcalc.language.text.spelling import OF_EXPRESSIONS, WORDS
from matcalc.objects.arithmetic import Arithmetic
from matcalc.objects.combining import combined, for_function, joint_declarations, operand
from matcalc.printing.names import latex_name

if TYPE_CHECKING:

    class Symbols(ParsedExpression):
        """What ``symbols`` gives, for type checkers: an expression, a function, or several, which
        are unpacked."""

        def __iter__(self) -> Iterator[Symbols]: ...  # type: ignore[override]
        def __call__(self, *arguments: object) -> ParsedExpression: ...


AnySize: TypeAlias = int | str
Made: TypeAlias = "ParsedExpression | UserFunction"

SIZED = ("eye", "ones", "zeros", "unit", "commutation")
"""Functions of sizes."""

pi = ParsedExpression(e.Constant("pi"), {})


@dataclass(frozen=True)
class UserFunction:
    """A function of the user's own, applied to every entry: ``f = symbols("f: function")``, then
    ``f(x)``."""

    name: str
    declaration: Declaration | None = None
    """What is declared of one that takes and gives arrays."""

    @property
    def derivative(self) -> UserFunction:
        """f′, as it stands in derivatives of f. Raises MatcalcError for a function of arrays, whose
        derivatives are read from a text."""
        if self.declaration is not None:
            name = self.name
            raise MatcalcError(f"{name} has several derivatives", suggestion=f'matcalc.parse("grad_{name}(x)", declare=...)')
        return UserFunction(self.name + "'")

    def __str__(self) -> str:
        return self.name

    def _repr_latex_(self) -> str:
        return f"${latex_name(self.name)}$"

    def __call__(self, *arguments: object) -> ParsedExpression:
        """The function of every entry of an expression, or of the arrays that it is declared with.
        Raises ShapeError for others."""
        if self.declaration is not None:
            return self._of_arrays(self.declaration, arguments)
        if len(arguments) != 1:
            raise MatcalcError(f"{self.name} takes 1 argument, not {len(arguments)}", suggestion=f"{self.name}: R, R -> R")
        (argument,) = arguments
        value = operand(argument, f"be an argument of {self.name}")
        given = value if isinstance(value, Arithmetic) else ParsedExpression(value, {})
        declarations = {**given.declarations, self.name.rstrip("'"): "function"}
        return ParsedExpression(e.Elementwise(self.name, given.node), declarations, given.notes)

    def _of_arrays(self, declaration: Declaration, arguments: Sequence[object]) -> ParsedExpression:
        values = [operand(argument, f"be an argument of {self.name}") for argument in arguments]
        given = [value if isinstance(value, Arithmetic) else ParsedExpression(value, {}) for value in values]
        own, gives = declaration.function, declaration.gives
        wanted = [one.shape for one in declaration.takes]
        assert own is not None and gives is not None and gives.shape is not None
        if not own.entrywise and [one.node.shape for one in given] != wanted:
            shown = ", ".join([shape_text(one.node.shape) for one in given])
            raise ShapeError(f"{self.name} is declared as {declared_text(declaration)}, and is given {shown}")
        shape = max([one.node.shape for one in given], key=len) if own.entrywise else gives.shape
        node = e.Call(own.name, tuple([one.node for one in given]), None, shape)
        declarations = joint_declarations([*[one.declarations for one in given], {self.name: declared_text(declaration)}])
        return ParsedExpression(node, declarations, tuple(dict.fromkeys([note for one in given for note in one.notes])))


def symbols(declarations: str | Mapping[str, object]) -> Symbols:
    """The symbols of declarations, as expressions: one alone for one name, else a tuple in the
    order of the names.

    The syntax is that of ``declare``:
    ``"X: n×m; A: n×n symmetric; a: scalar; x, y: n; f: function"``, with ``;`` or ``,`` between
    declarations. Every symbol needs its sizes, which may be names. A function of the user's own
    comes as a callable.

    Raises ParseError or ShapeError for what is not understood, MatcalcError for a symbol without
    sizes.

    >>> X, w = symbols("X: n×m, w: m")
    >>> (X @ w).shape
    ('n',)
    """
    found = [_symbol(declaration) for declaration in parse_declarations(declarations).values()]
    if not found:
        raise MatcalcError("there is no declaration", suggestion='matcalc.symbols("X: n×m, x: m, a: scalar")')
    return cast("Symbols", found[0] if len(found) == 1 else tuple(found))


def _symbol(declaration: Declaration) -> Made:
    name = declaration.name
    if declaration.kind == "function":
        return _function(declaration)
    if declaration.shape is None:
        sizes = "n×n" if declaration.kind != "vector" and name[:1].isupper() else "n"
        example = " ".join([f"{name}: {sizes}", *declaration.properties])
        raise MatcalcError(
            f"the sizes of {name} are not given", expected="sizes, or scalar", suggestion=f'matcalc.symbols("{example}")'
        )
    symbol = e.Symbol(name, declaration.shape, declaration.facts)
    return ParsedExpression(symbol, {name: declaration_text(declaration.shape, declaration.properties)})


def _function(declaration: Declaration) -> UserFunction:
    if declaration.function is None:
        return UserFunction(declaration.name)
    if any(part.shape is None for part in declaration.parts):
        name = declaration.name
        raise MatcalcError(f"the sizes of {name} are not given", suggestion=f'matcalc.symbols("{name}: n -> m")')
    return UserFunction(declaration.name, declaration)


def size(length: AnySize) -> ParsedExpression:
    """A size as a number in a formula: ``matcalc.sum(x) / matcalc.size("n")``."""
    found = _size(length)
    return ParsedExpression(e.SizeValue(found) if found.number is None else e.Number(Fraction(found.number)), {})


@cache
def named_function(name: str) -> Callable[..., ParsedExpression]:
    """The function of the language with this name, for expressions.

    Arguments are expressions and numbers, then ``"rows"`` or ``"cols"`` where the language takes
    that word: ``softmax(X, "rows")``, ``norm(x, 1)``, ``norm(X, "nuclear")``. Of ``eye``, ``ones``,
    ``zeros``, ``unit``, ``commutation``, ``duplication`` and ``elimination`` they are sizes:
    ``eye("n")``, ``ones(3, "n")``.

    Raises AttributeError for another name, so that it may serve as the attribute of a module.
    """
    if name not in names():
        nearest = nearest_function(name)
        raise AttributeError(f"there is no function {name!r}" + (f"; did you mean {nearest}?" if nearest else ""))
    sized = name in SIZED or name in of_sizes()

    def function(*arguments: object) -> ParsedExpression:
        return _of_sizes(name, arguments) if sized else _applied(name, arguments)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _description(name)
    return function


@cache
def names() -> tuple[str, ...]:
    """Every function that there is, in every spelling."""
    return (*OF_EXPRESSIONS, *SIZED, *(name for name in spellings() if name not in OF_EXPRESSIONS), "power")


def _description(name: str) -> str:
    """A line for ``help``."""
    known = functions().get(spellings().get(name, ""))
    if known is None:
        return f"The function {name} of the language, for expressions."
    parts = [
        f"{known.name}: {'elementwise' if known.kind == 'elementwise' else known.signature}",
        f"defined as {known.definition}" if known.definition else "",
        'along the rows or columns of a matrix with "rows" or "cols"' if known.axis else "",
        known.note,
    ]
    return "; ".join(filter(None, parts))


def _applied(name: str, arguments: tuple[object, ...]) -> ParsedExpression:
    """A function of expressions."""
    if not arguments:
        raise MatcalcError(f"{name} needs an argument", suggestion=f"matcalc.{name}(x)")
    strange = [argument for argument in arguments if isinstance(argument, str) and argument not in (*WORDS, "F", "fro")]
    if strange:
        raise MatcalcError(
            f"{name} does not take {strange[0]!r}", expected='an expression, a number, "rows", "cols", "nuclear" or "spectral"'
        )
    where = f"be an argument of {name}"
    values = [argument if isinstance(argument, str) else operand(argument, where) for argument in arguments]
    if name == "norm" and values[1:] in (["F"], ["fro"]):
        values = values[:1]
    listed = [piece for value in values for piece in (", ", value)][1:]

    def make(given: Sequence[s.Syntax], place: Span) -> s.Syntax:
        operands = iter(given)
        parts = [s.Word(place, value) if isinstance(value, str) else _argument(value, next(operands)) for value in values]
        if name == "power":
            if len(parts) != 2:
                raise MatcalcError("power takes a base and an exponent", suggestion="matcalc.power(X, 2)")
            return s.Raised(place, parts[0], parts[1], True)
        return s.Applied(place, name, tuple(parts), place)

    return combined(ParsedExpression, [f"{name}(", *listed, ")"], make, lambda operands: for_function(name, operands))


def _argument(value: Arithmetic | e.Expr, given: s.Syntax) -> s.Syntax:
    """A number as it is written: the 1 of ``norm(x, 1)`` is a sort of norm."""
    return s.NumberLiteral(given.span, value.value) if isinstance(value, e.Number) else given


def _of_sizes(name: str, arguments: tuple[object, ...]) -> ParsedExpression:
    """A constant with sizes."""
    if not arguments:
        raise MatcalcError(f"{name} needs its size here", suggestion=f'matcalc.{name}("n"), or matcalc.{name}(3)')
    sizes = [_size(argument) for argument in arguments]

    def make(_: Sequence[s.Syntax], place: Span) -> s.Syntax:
        return s.Applied(place, name, tuple([size_syntax(found, place) for found in sizes]), place)

    return combined(ParsedExpression, [f"{name}({', '.join(map(str, sizes))})"], make)


def _size(given: object) -> Size:
    """A size given as a number or as text, as in ``X.shape``."""
    sized = isinstance(given, int | str) and not isinstance(given, bool)
    if sized and str(given).strip() == "1":
        return Size.of(1)
    found = next(iter(parse_declarations({"x": str(given)}).values())) if sized else None
    if found is None or found.shape is None or len(found.shape) != 1 or found.properties:
        raise MatcalcError(f"{given} is not a size", expected='a whole number, or a name such as "n"')
    return found.shape[0]
