r"""Functions of several numbers without a formula: ``\partial^2 f/\partial x \partial y = \partial^2 f/\partial y \partial x``.

What is said of the derivatives of functions at one point holds for all of them if it does for all polynomials of the same order, as at a
point these have all derivatives that there are. So it is asked of polynomials with letters for coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

from matcalc.documents.context.definitions import CALLED, names_used
from matcalc.documents.context.derivatives_at import is_bold, quotients
from matcalc.documents.context.names import names_at, trimmed, whole_name
from matcalc.documents.context.outline import Line
from matcalc.documents.context.partial_derivatives import partials, with_array, without_subscripts
from matcalc.documents.context.rules_of_calculus import closing
from matcalc.documents.context.survey import Context
from matcalc.patterns import pattern

_CHANGE = pattern(r"(?<![A-Za-z\\{])d\s*(?P<of>[A-Za-z])(?![A-Za-z(])")
_GRADIENT = pattern(r"\\nabla\s*(?P<of>[A-Za-z])(?![A-Za-z])")
_MOST_ORDERS, _MOST_VARIABLES = 3, 4
_COEFFICIENTS = (
    *"abcghklmnopqrstuvw",
    *(
        rf"\{name}"
        for name in ("alpha", "beta", "gamma", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho", "tau", "omega")
    ),
)


@dataclass(frozen=True, slots=True)
class AnyFunctions:
    """An equation, with polynomials for the functions in it as definitions before it; ``said``: what they stand for."""

    equation: str
    definitions: tuple[str, ...]
    declare: str
    said: str


def for_any_functions(equation: str, line: Line, context: Context) -> AnyFunctions | None:
    """The equation of functions with several arguments, if it is about their derivatives at one point alone; None for another one."""
    if line.notation != "latex" or is_bold(equation) or any(not one.partial for one in quotients(equation)):
        return None
    found = _Functions(equation)
    order = found.order
    if not found.names or not 0 < order <= _MOST_ORDERS or not found.least <= len(found.variables) <= _MOST_VARIABLES:
        return None
    if not all(_is_number(name, line, context) for name in found.variables):
        return None
    plain = with_array(without_subscripts(equation, lambda name: found.variables if name in found.names else ()))
    used = set(names_used(plain, line.notation)) | set(found.variables)
    letters = (letter for letter in _COEFFICIENTS if letter.removeprefix("\\") not in used)
    definitions = []
    coefficients: list[str] = []
    for name in found.names:
        terms = _terms(found.variables, order)
        own = [letter for letter, _ in zip(letters, terms, strict=False)]
        if len(own) < len(terms):
            return None
        coefficients += own
        polynomial = " + ".join(" ".join([letter, *term]) for letter, term in zip(own, terms, strict=True))
        definitions.append(f"{name}({', '.join(found.variables)}) = {polynomial}")
    scalars = [*found.variables, *(letter.removeprefix("\\") for letter in coefficients)]
    declare = "; ".join(f"{name}: scalar" for name in scalars)
    said = f"{', '.join(found.names)}: any function{'s' if len(found.names) > 1 else ''} of {', '.join(found.variables)}"
    return AnyFunctions(plain, tuple(definitions), declare, said)


def _terms(variables: tuple[str, ...], order: int) -> list[tuple[str, ...]]:
    return [term for degree in range(order + 1) for term in combinations_with_replacement(variables, degree)]


class _Functions:
    """The functions in an equation and the variables of their derivatives; ``order`` is that of the highest, 0 where it cannot be told."""

    def __init__(self, equation: str) -> None:
        found = list(partials(equation))
        names = {one.name for one in found if one.name} | {one["of"] for one in _GRADIENT.finditer(equation)}
        changes = [one["of"] for one in _CHANGE.finditer(equation)]
        left = equation.partition("=")[0].strip()
        names |= {changes[0]} if changes and _CHANGE.fullmatch(left) else set()
        by = dict.fromkeys(name for one in found for name in one.variables)
        by_subscripts = dict.fromkeys(letter for base, letters in _subscripted(equation) if base in names for letter in letters)
        by |= by_subscripts
        by |= dict.fromkeys(name for name in changes if name not in names)
        orders = [len(one.variables) for one in found] + [len(letters) for base, letters in _subscripted(equation) if base in names]
        outer = sum(len(one.variables) for one in found if not one.name)
        calls = set(_calls(equation, names))
        self.names = tuple(sorted(names))
        self.variables = calls.pop() if len(calls) == 1 else tuple(by)
        self.least = 1 if by_subscripts else 2
        """How many variables tell that these are no arrays."""
        apart = (
            not calls
            and all(self.variables)
            and names.isdisjoint(by)
            and set(by) <= set(self.variables)
            and all(len(one) == 1 for one in (*names, *by))
        )
        self.order = max([*orders, 1]) + outer if apart else 0


def _subscripted(equation: str) -> Iterator[tuple[str, str]]:
    """The names with letters below them."""
    for found in names_at(equation):
        base, _, letters = found.name.partition("_")
        if letters.isalpha() and len(base) == 1:
            yield base, letters


def _calls(equation: str, names: set[str]) -> Iterator[tuple[str, ...]]:
    """The arguments with which functions are called; none of them where these are no names."""
    for found in names_at(equation):
        opened = CALLED.match(equation, found.end) if found.base in names else None
        if opened is not None:
            inside = equation[opened.end() : max(opened.end(), closing(equation, opened.end(), "(") - 1)].removesuffix("\\right")
            yield tuple([whole_name(trimmed(part)) or "" for part in inside.split(",")])


def _is_number(name: str, line: Line, context: Context) -> bool:
    told, _ = context.told(name, line.number)
    return told is None or told.kind == "scalar" or told.shape == ()
