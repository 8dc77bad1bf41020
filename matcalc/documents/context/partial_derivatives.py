r"""Partial derivatives as documents write them: ``f_x`` and ``f_{xy}`` of a function with these arguments, ``\nabla f = (f_x, f_y)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.context.definitions import CALLED
from matcalc.documents.context.derivatives_at import quotients
from matcalc.documents.context.names import names_at, trimmed, whole_name
from matcalc.documents.heads import partial_of
from matcalc.documents.tokens import closing

_NAME = r"(?:\\[A-Za-z]+|[A-Za-z])"
_POWER = r"(?:\s*\^\s*\{?\s*[23]\s*\}?)?"
_SPACE = r"(?:\s|\\[,;:! ])*"
_ABOVE = rf"\\partial{_POWER}{_SPACE}(?P<of>{_NAME})?{_SPACE}"
_BELOW = rf"(?P<below>(?:\\partial{_SPACE}{_NAME}{_POWER}{_SPACE})+)"
_QUOTIENTS = (pattern(rf"\\[dt]?frac\s*\{{\s*{_ABOVE}\}}\s*\{{\s*{_BELOW}\}}"), pattern(rf"{_ABOVE}/\s*{_BELOW}"))
_BY = pattern(rf"\\partial{_SPACE}(?P<name>{_NAME})(?:\s*\^\s*\{{?\s*(?P<power>[23])\s*\}}?)?")


@dataclass(frozen=True, slots=True)
class Partial:
    """A partial derivative of a name; of what stands behind the sign where the name is empty."""

    name: str
    variables: tuple[str, ...]


def partials(equation: str) -> Iterator[Partial]:
    """The partial derivatives of names in a formula."""
    for found in (found for form in _QUOTIENTS for found in form.finditer(equation)):
        by = [(whole_name(one["name"]) or "", int(one["power"] or 1)) for one in _BY.finditer(found["below"])]
        yield Partial(whole_name(found["of"] or "") or "", tuple([name for name, power in by for _ in range(power)]))


def without_slashes(equation: str) -> str:
    r"""The equation with fractions for partial derivatives with a slash, so that a fraction of two of them is none itself.

    >>> without_slashes(r"\frac{\partial F / \partial x}{\partial F / \partial y}")
    '\\frac{\\frac{\\partial F }{\\partial x}}{\\frac{\\partial F }{\\partial y}}'
    """
    return _QUOTIENTS[1].sub(lambda found: rf"\frac{{{found[0].partition('/')[0]}}}{{{found['below']}}}", equation)


def without_subscripts(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with signs of derivatives for ``f_x`` and ``f_{xy}``, and for ``f_x(x, y)`` at these arguments themselves.

    >>> without_subscripts("f_{xy} - f_x(x, y)", lambda name: ("x", "y") if name == "f" else ())
    '\\frac{\\partial^2 f}{\\partial y \\partial x} - \\frac{\\partial f}{\\partial x}'
    """
    out, at = [], 0
    for found in names_at(equation):
        by = partial_of(found.name, arguments) if found.base.isalpha() and len(found.base) == 1 else None
        if by is None or found.start < at or _IS_VARIABLE.search(equation[: found.start]) is not None:
            continue
        end = _behind(equation, found.end, arguments(found.base))
        if end is None:
            continue
        out += [equation[at : found.start], quotient(found.base, by)]
        at = end
    return "".join([*out, equation[at:]])


_IS_VARIABLE = pattern(r"(?:\\partial|(?<![A-Za-z])d|\\mathrm\s*\{d\}|\\nabla_\{?)\s*\{?\s*\Z")


def _behind(equation: str, start: int, arguments: tuple[str, ...]) -> int | None:
    """The place behind a derivative and its arguments; before those at another point, None where they are no point."""
    opened = CALLED.match(equation, start)
    if opened is None:
        return start
    end = closing(equation, opened.end(), "(")
    inside = re.sub(r"\\right\s*\Z", "", equation[opened.end() : end - 1])
    if not end or "," not in inside:
        return start if whole_name(trimmed(inside)) is None else None  # a factor, or another function, f_x of one argument
    given = tuple([whole_name(trimmed(part)) for part in inside.split(",")])
    return end if given == arguments else start if len(given) == len(arguments) else None


def along_lines(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    r"""The equation with the derivative of a function of one number for each partial derivative at a point, and these functions.

    >>> along_lines(r"\frac{\partial f}{\partial x}(1, 2) = 4", lambda name: ("x", "y"))
    ("h'(1) = 4", ('h(x) = f(x, 2)',))
    """
    out, at = [], 0
    definitions: list[str] = []
    used = {found.base for found in names_at(equation)} | {found.name for found in names_at(equation)}
    letters = (letter for letter in "hgkqruvw" if letter not in used)
    for one in quotients(equation):
        known, point = arguments(one.name), [part.strip() for part in (one.point or "").split(",")]
        if not one.partial or one.order != 1 or len(known) < _TWO or len(point) != len(known) or one.variable not in known:
            continue
        letter, place = next((letter for letter in letters if letter not in known), ""), known.index(one.variable)
        if letter and all(point):
            definitions.append(f"{letter}({one.by}) = {one.of}({', '.join([*point[:place], one.by, *point[place + 1 :]])})")
            out += [equation[at : one.start], f"{letter}'({point[place]})"]
            at = one.end
    return "".join([*out, equation[at:]]), tuple(definitions)


_TWO = 2


def quotient(function: str, by: tuple[str, ...]) -> str:
    """The derivative of a function as it is written with signs."""
    above = rf"\partial^{len(by)} {function}" if len(by) > 1 else rf"\partial {function}"
    below = " ".join(rf"\partial {name}" for name in reversed(by))
    return rf"\frac{{{above}}}{{{below}}}"


def with_entries_listed(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with the entries of a vector for the vector, in calls of functions that are defined by these.

    >>> with_entries_listed(r"\nabla f(\mathbf{w}) = 0", lambda name: ("w_1", "w_2") if name == "f" else ())
    '\\nabla f(w_{1}, w_{2}) = 0'
    """

    def entries(name: str, vector: str) -> str:
        own = [one.partition("_") for one in arguments(name)]
        fits = len(own) > 1 and all(base == vector and index.isdecimal() for base, _, index in own)
        return ", ".join(f"{_spelled(base)}_{{{index}}}" for base, _, index in own) if fits else ""

    return with_arguments_listed(equation, entries)


def with_arguments_listed(equation: str, arguments: Callable[[str, str], str]) -> str:
    """The equation with other arguments in the calls of functions with one name: those that are given for the function and that name."""
    out, at = [], 0
    for found in names_at(equation):
        opened = CALLED.match(equation, found.end) if found.start >= at else None
        end = closing(equation, opened.end(), "(") if opened is not None else 0
        name = whole_name(re.sub(r"\\right\s*\Z", "", equation[opened.end() : end - 1])) if opened is not None and end else None
        listed = arguments(found.name, name) if name is not None else ""
        if listed:
            out += [equation[at : found.end], f"({listed})"]
            at = end
    return "".join([*out, equation[at:]])


def _spelled(name: str) -> str:
    return rf"\{name}" if len(name) > 1 else name


_UNSAID = pattern(r"\\nabla(?P<order>\s*\^\s*\{?\s*2\s*\}?)?\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<bracket>[(\[])")


_OF_X = pattern(
    r"\s*\\nabla(?P<order>\s*\^\s*\{?\s*2\s*\}?)?\s*(?=(?:\\[tdc]?frac\s*(?:\{\s*\d\s*\}|\d)\s*(?:\{\s*\d\s*\}|\d)\s*)?(?:\\(?:left|[bB]igg?l?)?\s*)?"
    r"(?:\\\||\\l?Vert|(?:\\(?:mathbf|boldsymbol|bm|vec)\s*\{\s*)?x(?![A-Za-z_(])\s*\}?\s*\^))"
)
"""A gradient of a norm, or of a product that begins with x."""


def by_what_stands(equation: str) -> str:
    r"""The equation with the x that a gradient of a formula is by, where one stands in it: ``\nabla (b^\top x)``.

    >>> by_what_stands(r"\nabla (b^\top x) = b")
    '\\nabla_{x} (b^\\top x) = b'
    >>> by_what_stands(r"\nabla \|Ax - b\|^2 = 0"), by_what_stands(r"\nabla f^\top x = 0")
    ('\\nabla_{x} \\|Ax - b\\|^2 = 0', '\\nabla f^\\top x = 0')
    """
    left, equals, right = equation.partition("=")
    whole = _OF_X.match(left)
    calls = {at.name for at in names_at(left) if CALLED.match(left, at.end)} - {"x"}
    if whole is not None and not calls and "x" in {at.name for at in names_at(left)}:
        return rf"\nabla_{{x}}{whole['order'] or ''} {left[whole.end() :]}{equals}{right}"
    out, at = [], 0
    for found in _UNSAID.finditer(equation):
        end = closing(equation, found.end(), found["bracket"])
        names = {one.name for one in names_at(equation[found.end() : end])} if end else set()
        called = any(CALLED.match(equation, one.end) for one in names_at(equation) if found.end() <= one.start < end and one.name != "x")
        if "x" in names and not called and found.start() >= at:
            start = found.start() + len(r"\nabla")
            out += [equation[at:start], "_{x}"]
            at = start
    return "".join([*out, equation[at:]])


_GRADIENT = pattern(r"\s*\\nabla\s*(?P<of>[A-Za-z]|\\[a-z]+)\s*(?:(?:\\left)?\([^()]*\))?\s*")
_TUPLE = pattern(r"\s*(?:\\left|\\[bB]igg?l?)?\s*(?P<bracket>[(\[])")


def with_array(equation: str) -> str:
    r"""The equation with an array for the list in brackets that a gradient is said to be.

    >>> with_array(r"\nabla f = \left(2x, 3y\right)")
    '\\nabla f = [2x, 3y]'
    """
    left, equals, right = equation.partition("=")
    opened = _TUPLE.match(right) if _GRADIENT.fullmatch(left) is not None else None
    end = closing(right, opened.end(), opened["bracket"]) if opened is not None else 0
    if opened is None or not end or right[end:].strip():
        return equation
    inside = re.sub(r"\\(?:right|[bB]igg?r?)\s*\Z", "", right[opened.end() : end - 1]).strip()
    return f"{left}{equals} [{inside}]" if "," in inside else equation
