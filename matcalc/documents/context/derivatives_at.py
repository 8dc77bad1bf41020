r"""Derivatives with the point where they are taken, ``\frac{dg}{dx}(x)``: no products of a derivative and a bracket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import trimmed, whole_name
from matcalc.documents.tokens import bracketed

_D = r"(?:\\(?:mathrm|text|textrm|operatorname)\s*\{\s*d\s*\}|\\partial(?![A-Za-z])|\\dd?(?![A-Za-z])|d)"
_PART = r"(?:[^{}]|\{[^{}]{0,20}\}){1,30}?"
_ORDER = r"(?:\s*\^\s*\{?\s*(?P<%s>[23])\s*\}?)?"
_QUOTIENT = pattern(
    rf"\\[dt]?frac\s*\{{\s*(?P<sign>{_D}){_ORDER % 'above'}\s*(?P<of>{_PART})\s*\}}"
    rf"\s*\{{\s*{_D}\s*(?P<by>{_PART}){_ORDER % 'below'}\s*\}}"
)
_OPENED = pattern(r"\s*(?:\\left|\\[bB]igg?l?)?\s*\(")
_PLAIN_NUMBER = pattern(r"[-+]?\d+(?:\.\d+)?")

_NAME = r"(?:\\[a-z]+|[A-Za-z])"
_COMPOSED = pattern(
    rf"(?:\\nabla(?![A-Za-z])(?P<twice>\s*\^\s*\{{?\s*2\s*\}}?)?\s*(?P<nabla>(?=\()))?"
    rf"\(\s*(?P<outer>{_NAME})\s*(?:\\circ(?![A-Za-z])|∘)\s*(?P<inner>{_NAME})\s*\)\s*(?P<prime>'|′|\^\s*\{{?\s*\\prime\s*\}}?)?"
    r"\s*(?:\\left)?\(\s*(?P<at>[A-Za-z](?:_\w)?)\s*(?:\\right)?\)"
)

Meaning: TypeAlias = Literal["", "defined", "generic"]
"""What a name is: no function, one that has a formula, or one of which nothing else is known."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A derivative of a name as it is written, from ``start`` up to ``end``, and what stands in the bracket behind it, if one does."""

    of: str
    name: str
    by: str
    variable: str
    order: int
    start: int
    end: int
    partial: bool
    point: str | None = None

    @property
    def primed(self) -> str:
        """The function with a prime for each time that it is differentiated."""
        return self.of + "'" * self.order


def quotients(equation: str) -> Iterator[Quotient]:
    """The derivatives of names by names in a formula."""
    for found in _QUOTIENT.finditer(equation):
        of, by = trimmed(found["of"]), trimmed(found["by"])
        name, variable = whole_name(of), whole_name(by)
        if name is None or variable is None or found["above"] != found["below"]:
            continue
        order = int(found["above"] or 1)
        point, end = _point(equation, found.end())
        yield Quotient(of, name, by, variable, order, found.start(), end, "partial" in found["sign"], point)


def _point(equation: str, start: int) -> tuple[str | None, int]:
    """What stands in the bracket that begins at a place, and the place behind that."""
    found = bracketed(equation, _OPENED.match(equation, start))
    return (None, start) if found is None else (found[0].strip(), found[1])


def at_points(
    equation: str, meaning: Callable[[str], Meaning], arguments: Callable[[str], tuple[str, ...]], *, factors: bool = True
) -> str:
    """The equation with primes for derivatives of functions at points, ``g'(x_0)``, and nothing for the point that is the variable itself.

    ``arguments`` are those that a function is defined with. Other names and sums in brackets stay ``factors``, or are points, too.
    """
    out, at = [], 0
    for one in quotients(equation):
        known = meaning(one.name)
        said = (
            _at_point(one, arguments(one.name), factors)
            if known == "defined"
            else _of_generic(one, meaning)
            if known == "generic"
            else None
        )
        if said is not None and one.start >= at:
            out += [equation[at : one.start], said]
            at = one.end
    return "".join([*out, equation[at:]])


def composed(equation: str) -> str:
    r"""The equation with functions of functions for compositions: ``(f \circ g)(x)``, and its derivative ``(f \circ g)'(x)``.

    >>> composed(r"(f \circ g)'(x) = f'(g(x)) g'(x)")
    "\\frac{d}{dx}\\left(f(g(x))\\right) = f'(g(x)) g'(x)"
    >>> composed(r"\nabla (f \circ g)(x)")
    '\\nabla_x \\left(f(g(x))\\right)'
    """
    return _COMPOSED.sub(_composition, equation)


def _composition(found: re.Match[str]) -> str:
    value = f"{found['outer']}({found['inner']}({found['at']}))"
    if found["nabla"] is not None:
        return rf"\nabla_{found['at']}{'^2' if found['twice'] else ''} \left({value}\right)"
    return rf"\frac{{d}}{{d{found['at']}}}\left({value}\right)" if found["prime"] else value


def _at_point(one: Quotient, arguments: tuple[str, ...], factors: bool) -> str | None:
    """The derivative of a function with a formula at a point; None where there is none, or the derivative is multiplied with a bracket."""
    if one.point is None:
        return None
    given = tuple([whole_name(part) for part in one.point.split(",")])
    if given in (arguments, (one.variable,)):
        bare = rf"\partial^{one.order} {one.of}" if one.partial else f"d^{one.order} {one.of}"
        below = rf"\partial {one.by}^{one.order}" if one.partial else f"d {one.by}^{one.order}"
        if one.order == 1:
            bare, below = bare.replace("^1", ""), below.replace("^1", "")
        return rf"\frac{{{bare}}}{{{below}}}"
    is_point = _PLAIN_NUMBER.fullmatch(one.point) is not None or (given[0] is not None and given[0].partition("_")[0] == one.variable)
    alone = arguments == (one.variable,) and len(given) == 1 and not is_bold(one.by)
    return f"{one.primed}({one.point})" if alone and (is_point or not factors) else None


def _of_generic(one: Quotient, meaning: Callable[[str], Meaning]) -> str | None:
    """The derivative of a function without a formula: by its argument at a point, or by a function at the value of that."""
    if one.partial or one.order > _MOST_PRIMES or is_bold(one.by):
        return None
    if one.point is None:
        return None if meaning(one.variable) else f"{one.primed}({one.by})"
    inside = _CALL.fullmatch(one.point)
    if inside is not None and whole_name(inside["name"]) == one.variable:
        return f"{one.primed}({one.point})"
    point = whole_name(one.point)
    return f"{one.primed}({one.point})" if point is not None and not meaning(one.variable) else None


_CALL = pattern(r"(?P<name>[^()]{1,30}?)\s*\([^()]*\)")
_MOST_PRIMES = 2


_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|pmb|vec)(?![A-Za-z])")


def is_bold(text: str) -> bool:
    """Whether something is set in bold type: no number."""
    return _BOLD.search(text) is not None
