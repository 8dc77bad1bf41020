"""What SymPy's own objects tell: sizes, names, numbers, assumptions, functions and their
templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions
from matcalc.base.lazy import later
from matcalc.base.shapes import is_square
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.expr import nodes as e
from matcalc.facts.table import contradiction, essential, facts, implied
from matcalc.language.text.spelling import canonical_name, is_name

sympy: Any = later("sympy")

# ------------------------------------------------------------
# The elementwise functions as SymPy writes them, from the function table.


@cache
def elementwise_templates() -> Mapping[str, tuple[Any, Any]]:
    """(variable, SymPy expression of it) for each elementwise function of
    ``rules/functions.toml``."""
    variable = sympy.Symbol("t")
    names = {**vars(import_module("sympy")), "t": variable}
    found = {
        name: (variable, eval(function.code("sympy"), {"__builtins__": {}}, names))
        for name, function in functions().items()
        if function.kind == "elementwise" and not function.partials
    }
    return MappingProxyType(found)


def of_several(name: str, arguments: Sequence[Any]) -> Any:
    """A function of several numbers of the table."""
    function = functions()[name]
    names = {**vars(import_module("sympy")), **dict(zip(function.parameters, arguments, strict=True))}
    return eval(function.code("sympy"), {"__builtins__": {}}, names)


# ------------------------------------------------------------
# What SymPy's own objects tell: sizes, names, numbers, assumptions, and which of its functions are
# ours.

_LONGEST_QUOTE = 40


def symbol_name(symbol: Any) -> str:
    """The name of a SymPy symbol as it is spelled here. Raises MatcalcError for what is no symbol,
    or has no name that can be read."""
    if not isinstance(symbol, sympy.Symbol | sympy.MatrixSymbol):
        raise MatcalcError(f"{symbol} is not a symbol", expected="one symbol to differentiate by")
    name = canonical_name(str(symbol.name))
    if not is_name(name):
        raise MatcalcError(
            f"the SymPy symbol {str(symbol.name)!r} has no name that can be read here", expected="letters, then digits"
        )
    return name


def walked(root: Any) -> Iterator[Any]:
    """Every part of an expression; no recursion."""
    stack = [root]
    seen = set()
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(getattr(node, "args", ()))


def class_name(node: Any) -> str:
    return type(node).__name__


def is_entry(node: Any) -> bool:
    return class_name(node) == "MatrixElement"


def is_below(node: Any) -> bool:
    """Whether a factor stands below the line: a scalar or elementwise power with a negative number
    as its exponent."""
    if class_name(node) != "HadamardPower" and not (node.is_Pow and not node.is_Matrix):
        return False
    exponent = node.args[1]
    return bool(exponent.is_number and exponent.is_negative)


def upright(node: Any) -> Any:
    """What stands below the line for it."""
    base, exponent = node.args
    return base if exponent == -1 else node.func(base, -exponent)


def above_and_below(factors: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The factors above and below the line."""
    above = [factor for factor in factors if not is_below(factor)]
    below = [upright(factor) for factor in factors if is_below(factor)]
    return above, below


def unit() -> e.Expr:
    return e.Number(Fraction(1))


def number_of(node: Any) -> e.Expr:
    value = Fraction(str(node))
    return e.Negative(e.Number(-value)) if value < 0 else e.Number(value)


def size_of(size: Any) -> Size:
    """A SymPy size: numbers, symbols and products of them. Raises MatcalcError for others."""
    if size.is_Integer and size > 0:
        return Size.of(int(size))
    if size.is_Symbol:
        return Size.of(symbol_name(size))
    result = ONE
    for base, exponent in size.as_powers_dict().items():
        if not (exponent.is_Integer and exponent > 0 and (base.is_Symbol or (base.is_Integer and base > 0))):
            raise MatcalcError(f"the size {size} cannot be read", expected="a whole number, a symbol, or a product of them")
        for _ in range(int(exponent)):
            result = result * size_of(base)
    return result


def place_of(position: Any, size: Size) -> Size | None:
    """A position on an axis of this size, which SymPy counts from 0, counted from 1; None for what
    is no sum of numbers and names in the size."""
    if any(symbol_name(symbol) not in size.names for symbol in position.free_symbols):
        return None
    place = ONE
    for term in sympy.Add.make_args(sympy.expand(position)):
        number, names = term.as_coeff_Mul()
        if not number.is_Integer:
            return None
        part = size_of(names) * size_of(abs(number)) if number else ZERO
        place = place + part if number > 0 else place - part
    return place


def assumed_facts(matrix: Any) -> frozenset[str]:
    """What ``sympy.assuming`` says of a matrix symbol."""
    known = {getattr(sympy.Q, fact.sympy): fact.name for fact in facts().values() if fact.sympy and not fact.refused}
    held = {
        known[fact.function]
        for fact in sympy.assumptions.assume.global_assumptions
        if fact.function in known and fact.arguments == (matrix,)
    }
    said = contradiction(sorted(held))
    if said is not None:
        raise MatcalcError(f"the assumptions about {matrix}: {said}")
    return implied(held, square=is_square(matrix.shape))


def scalar_facts(symbol: Any) -> frozenset[str]:
    """What SymPy assumes of a scalar symbol."""
    return implied(fact.name for fact in facts().values() if fact.assumption and getattr(symbol, f"is_{fact.assumption}"))


def scalar_assumptions(known: frozenset[str]) -> dict[str, bool]:
    """SymPy's assumptions for a scalar with these facts."""
    said = essential(name for name in implied(known) if facts()[name].assumption)
    return {facts()[name].assumption: True for name in said} or {"real": True}


def user_function_name(application: Any) -> str:
    name = canonical_name(str(application.func))
    if not is_name(name) or name in functions():
        raise MatcalcError(f"the function {application.func} has no name that can be read here", expected="letters, then digits")
    return name


@cache
def functions_by_class() -> dict[str, str]:
    """Functions by the name of the SymPy class that stands for them; those written in several steps
    there have none."""
    found: dict[str, str] = {}
    for name, (variable, template) in elementwise_templates().items():
        if variable in template.args and all(argument == variable or argument.is_number for argument in template.args):
            found[class_name(template)] = name
    return found


def quoted(node: Any) -> str:
    shown = str(node)
    return shown if len(shown) <= _LONGEST_QUOTE else shown[: _LONGEST_QUOTE - 1] + "…"


def unknown(what: str, suggestion: str | None = None) -> MatcalcError:
    expected = (
        "matrix expressions of MatrixSymbol, their products, sums, powers, Trace, Determinant, HadamardProduct, "
        "applyfunc, entries, Sum"
    )
    return MatcalcError(f"{what} cannot be read", expected=expected, suggestion=suggestion)
