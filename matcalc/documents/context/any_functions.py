r"""Functions of several numbers without a formula: ``\partial^2 f/\partial x \partial y = \partial^2 f/\partial y \partial x``.

What is said of the derivatives of functions at one point holds for all of them if it does for all polynomials of the same order, as at a
point these have all derivatives that there are. So it is asked of polynomials with letters for coefficients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

from matcalc.base.lazy import pattern
from matcalc.documents.context.definitions import CALLED, names_used
from matcalc.documents.context.derivatives_at import is_bold, quotients
from matcalc.documents.context.names import names_at, trimmed, whole_name
from matcalc.documents.context.outline import Line
from matcalc.documents.context.partial_derivatives import partials, quotient, with_array, without_slashes, without_subscripts
from matcalc.documents.context.survey import Context
from matcalc.documents.heads import head_of
from matcalc.documents.shapes import is_zero
from matcalc.documents.tokens import closing

_CHANGE = pattern(r"(?<![A-Za-z\\{])d\s*(?P<of>[A-Za-z])(?![A-Za-z(])")
_GRADIENT = pattern(r"\\nabla\s*(?P<of>[A-Za-z])(?![A-Za-z])")
_MOST_ORDERS, _MOST_VARIABLES = 3, 4
COEFFICIENTS = (
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
    if line.notation != "latex" or is_bold(equation):
        return None
    equation = with_implicit(without_slashes(without_held(equation)), line, context)
    given = _given(equation, line, context)
    found = _Functions("; ".join([*given.values(), equation]), given)
    if any(not one.partial for one in quotients(equation)) or not found.is_about_one_point or not _fits(found, equation, line, context):
        return None

    def plain(text: str) -> str:
        return with_array(without_subscripts(text, lambda name: found.variables if name in found.names else ()))

    statement = [*map(plain, given.values()), plain(equation)]
    used = names_used("; ".join(statement), line.notation).union(found.variables)
    letters = (letter for letter in COEFFICIENTS if letter.removeprefix("\\") not in used)
    terms = [term for degree in range(found.order + 1) for term in combinations_with_replacement(found.variables, degree)]
    polynomials: dict[str, list[str]] = {name: [letter for letter, _ in zip(letters, terms, strict=False)] for name in found.names}
    if any(len(own) < len(terms) for own in polynomials.values()):
        return None
    arguments = ", ".join(found.variables)
    definitions = [
        f"{name}({arguments}) = {' + '.join(' '.join([letter, *term]) for letter, term in zip(own, terms, strict=True))}"
        for name, own in polynomials.items()
    ]
    scalars = [*found.variables, *(letter.removeprefix("\\") for own in polynomials.values() for letter in own)]
    declare = "; ".join(f"{name}: scalar" for name in scalars)
    said = f"{', '.join(found.names)}: any function{'s' if len(found.names) > 1 else ''} of {arguments}"
    return AnyFunctions(statement[-1], (*definitions, *statement[:-1]), declare, said)


def _given(equation: str, line: Line, context: Context) -> dict[str, str]:
    """The definitions of names that an equation differentiates and that are partial derivatives themselves."""
    names = {one.name for one in partials(equation) if one.name}
    found = {one.name: one for one in context.behind(names, line) if one.name in names and not one.is_function}
    return {name: without_slashes(one.text) for name, one in found.items() if next(partials(one.value), None) is not None}


def _fits(found: _Functions, equation: str, line: Line, context: Context) -> bool:
    """Whether the variables are numbers, and all that the functions depend on where all of them count."""
    others = names_used(equation, line.notation) - {*found.names, *found.variables, *found.given}
    if not all(_is_number(name, line, context) for name in found.variables):
        return False
    if found.of_all and any(set(seen) != set(found.variables) for name in found.names if (seen := context.seen_of(name, line.number))):
        return False
    if len([name for name in found.names if name.isupper()]) > 1:
        return False  # they may be matrices, whose products have an order
    return not (found.outer and context.behind(others, line))


_HELD = pattern(
    r"(?:\\left)?\(\s*(?P<quotient>\\[dt]?frac\s*\{\s*\\partial\s*(?P<of>[A-Za-z])\s*\}\s*\{\s*\\partial\s*(?P<by>[A-Za-z])\s*\})\s*"
    r"(?:\\right)?\)\s*_\s*(?:\{\s*(?P<several>[A-Za-z](?:\s*,?\s*[A-Za-z])*)\s*\}|(?P<one>[A-Za-z])(?![A-Za-z]))"
)


def without_held(equation: str) -> str:
    r"""The equation without the variables that are held fixed, ``T`` below ``\partial P/\partial V`` in brackets.

    It is left alone where a function has several sets of variables.
    """
    sets: dict[str, set[frozenset[str]]] = {}
    for found in _HELD.finditer(equation):
        held = frozenset(letter for letter in found["several"] or found["one"] if letter.isalpha())
        sets.setdefault(found["of"], set()).add(held | {found["by"]})
    if len(frozenset().union(*sets.values())) > 1:
        return equation
    return _HELD.sub(lambda found: found["quotient"], equation)


def with_implicit(equation: str, line: Line, context: Context) -> str:
    r"""The equation with the derivatives of a name that ``F(x, y) = 0`` makes a function of the others: ``-F_x/F_y`` for ``dy/dx``.

    It is left alone where F itself stands in it, of which more is known then than its derivatives.
    """
    for one in context.suppositions.at(line, names_used(equation, line.notation)):
        head = head_of(one.left, line.notation)
        if head is None or len(head.arguments) < _TWO or not is_zero(one.right) or any(_calls(equation, {head.name})):
            continue
        found = [at for at in quotients(equation) if {at.name, at.variable} <= set(head.arguments) and at.order == 1 and at.point is None]
        if len({at.name for at in found}) == 1 and not {at.name for at in found} & {at.variable for at in found}:
            out, place = [], 0
            for at in found:
                above, below = (quotient(head.name, (name,)) for name in (at.variable, at.name))
                out += [equation[place : at.start], rf"\left(-\frac{{{above}}}{{{below}}}\right)"]
                place = at.end
            return "".join([*out, equation[place:]])
    return equation


_TWO = 2


class _Functions:
    """The functions in an equation and the variables of their derivatives, those of ``given`` names with a value left out.

    ``order`` is that of the highest derivative; ``outer``: more than a name is differentiated; ``of_all``: by all variables.
    """

    def __init__(self, text: str, given: Collection[str]) -> None:
        found = list(partials(text))
        gradients = {one["of"] for one in _GRADIENT.finditer(text)}
        names = {one.name for one in found if one.name} | gradients
        changes = [one["of"] for one in _CHANGE.finditer(text)]
        changing = {changes[0]} if changes and _CHANGE.fullmatch(text.partition("=")[0].strip()) else set()
        names |= changing
        below = [(base, letters) for base, letters in _subscripted(text) if base in names]
        by = dict.fromkeys([*(name for one in found for name in one.variables), *(letter for _, letters in below for letter in letters)])
        by |= dict.fromkeys(name for name in changes if name not in names)
        calls = set(_calls(text, names))
        outer = sum(len(one.variables) for one in found if not one.name)
        self.given = given
        self.names = tuple(sorted(names - set(given)))
        self.variables = next(iter(calls)) if calls else tuple(by)
        self.outer, self.of_all = bool(outer), bool(gradients or changing)
        self.order = max([1, *(len(one.variables) for one in found), *(len(letters) for _, letters in below)]) + outer + bool(given)
        few = len(calls) <= 1 and len(self.variables) <= _MOST_VARIABLES and len(self.variables) > (not below)
        apart = names.isdisjoint(by) and set(by) <= set(self.variables) and all(len(one) == 1 for one in (*names, *self.variables))
        self.is_about_one_point = bool(self.names) and few and apart and self.order <= _MOST_ORDERS


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
