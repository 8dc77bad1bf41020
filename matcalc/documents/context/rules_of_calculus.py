r"""Rules of calculus as people write them: ``f'(x) = u'v + uv'`` of names that stand for functions, ``d/du(u^4) · du/dx``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matcalc.base.lazy import pattern
from matcalc.documents.context.definitions import Definition, is_called
from matcalc.documents.context.structure import Dependence
from matcalc.documents.pieces import Notation
from matcalc.documents.tokens import closing

_BY = pattern(r"[A-Za-z]\s*(?:'|′|\^\s*\{?\\prime\}?)\s*(?:\\left)?\(\s*(?P<argument>[a-z])\s*(?:\\right)?\)")
_PRIMED = pattern(r"(?P<name>[A-Za-z])\s*(?:'|′|\^\s*\{\s*\\prime\s*\}|\^\s*\\prime)(?!\s*(?:\\left)?[('′])")
_OPERATOR = pattern(
    r"(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{d\})\s*\}\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){1,40}\}|(?<![\w)])[d∂]/[d∂]\w+)\s*(?:\\left|\\[bB]igg?l?)?(?P<bracket>[(\[])"
)
_LONGEST = 2000


def as_derivatives(equation: str, definitions: Sequence[Definition], notation: Notation) -> str:
    """The equation with derivatives in the place of primes: of names that stand for a function of the variable of ``f'(x)``."""
    by = _BY.search(equation)
    if by is None:
        return equation
    variable = by["argument"]
    dependence = Dependence(definitions)
    names = {one.name for one in definitions if not one.is_function and dependence.of(one.name, {variable})}
    out, at = [], 0
    for found in _PRIMED.finditer(equation):
        if found["name"] in names:
            out += [equation[at : found.start()], _derivative(found["name"], variable, equation, found.start(), found.end(), notation)]
            at = found.end()
    return "".join([*out, equation[at:]])


def _derivative(name: str, variable: str, equation: str, start: int, end: int, notation: Notation) -> str:
    if notation == "latex":
        return rf"\frac{{d{name}}}{{d{variable}}}"
    before, after = equation[:start].rstrip()[-1:], equation[end:].lstrip()[:1]
    left = "*" if before.isalnum() or before == ")" else ""
    right = "*" if after.isalnum() or after == "(" else ""
    return f"{left}(d{name}/d{variable}){right}"


_POWER = pattern(r"(?P<name>[A-Za-z])\^\s*(?:\{\s*)?(?P<power>\d)(?:\s*\})?\s*(?P<call>\(\s*[A-Za-z]\s*\))")


def with_powers(equation: str) -> str:
    """The equation with powers of values, ``(g(x))^2``, for those of functions that it calls, too: ``g^2(x)``."""
    return _POWER.sub(lambda at: f"({at['name']}{at['call']})^{at['power']}" if is_called(equation, at["name"]) else at[0], equation)


def narrowed(equation: str) -> str:
    """The equation with derivatives of what stands in brackets behind their sign, and of nothing else."""
    if len(equation) > _LONGEST:
        return equation
    cuts = list(_brackets(equation))
    out, at = [], 0
    for start, end in cuts:
        if start >= at:
            out += [equation[at:start], "(", equation[start:end], ")"]
            at = end
    return "".join([*out, equation[at:]])


def _brackets(equation: str) -> Iterator[tuple[int, int]]:
    """From each sign of a derivative up to the end of the bracket behind it, where a factor follows."""
    for found in _OPERATOR.finditer(equation):
        end = closing(equation, found.end(), found["bracket"])
        if end and _FACTOR.match(equation, end):
            yield found.start(), end


_FACTOR = pattern(
    r"\s*(?:\\cdot|\\times|\\,|[·*×⋅])?\s*(?:\\[dt]?frac|[A-Za-z0-9(∂]|\\(?!cdot|times|right|quad|qquad|end|begin|\\)[A-Za-z]+)"
)
