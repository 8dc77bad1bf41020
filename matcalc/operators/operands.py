"""What may stand beside an operator or as an argument: typed expressions and numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real

from matcalc.errors import MatcalcError
from matcalc.expr.nodes import Elementwise, Expr, Negative, Number, Symbol, postorder
from matcalc.facts.table import essential
from matcalc.functions import functions
from matcalc.language.declare.texts import declaration_text


def number(value: object) -> Expr | None:
    """A Python or NumPy number as it would be written, exactly (``0.1`` is 1/10); None for what is no number.

    Raises MatcalcError for a number without a place in a formula, such as ``nan``.
    """
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    if isinstance(value, Integral):
        exact = Fraction(int(value))
    elif isinstance(value, Rational):
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
    """The declarations of several expressions together. Raises MatcalcError for a name with two of them."""
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
    """Kinds, sizes and properties of the symbols of an expression in the ``declare`` syntax; the user's own functions last."""
    found: dict[str, str] = {}
    own: dict[str, str] = {}
    for node in postorder(expression):
        if isinstance(node, Symbol):
            text = declaration_text(node.shape, essential(node.properties))
            if found.setdefault(node.name, text) != text:
                raise MatcalcError(f"{node.name} is declared as {found[node.name]} and as {text} in one expression")
        elif isinstance(node, Elementwise) and node.function not in functions():
            own[node.function.rstrip("'")] = "function"
    return {**found, **own}
