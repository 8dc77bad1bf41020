r"""Derivatives with their point behind a bar, ``\left.\frac{df}{dx}\right|_{x=2}``, with it in brackets instead."""

from __future__ import annotations

import re
from collections.abc import Callable

from matcalc.base.lazy import pattern
from matcalc.documents.context.derivatives_at import quotients
from matcalc.documents.context.names import trimmed, whole_name

_DERIVATIVE = (
    r"(?P<derivative>\\[dt]?frac\s*\{\s*(?:\\partial|d)(?:[^{}]|\{[^{}]{0,9}\}){1,30}\}\s*"
    r"\{\s*(?:\\partial|d)\s*(?P<by>[^{}^]{1,12}?)\s*(?:\^\s*\{?\d\}?\s*)?\}|\\nabla\s*[A-Za-z])"
)
_BAR = r"(?:\\right|\\[bB]igg?[lrm]?)?\s*(?:\\[vV]ert(?![A-Za-z])|\|)\s*_\s*"
_POINT = r"(?:\{\s*(?P<point>[^{}]{1,60}(?:\{[^{}]{0,20}\}[^{}]{0,40})?)\s*\}|(?P<letter>[A-Za-z0-9]))"
_AT = pattern(rf"(?P<opened>\\left\s*\.\s*)?{_DERIVATIVE}\s*{_BAR}{_POINT}")
_GIVEN = pattern(r"\s*(?P<name>[^=]{1,20}?)\s*=\s*(?P<value>[^=]{1,30}?)\s*")


def with_brackets(equation: str, arguments: Callable[[str], tuple[str, ...]]) -> str:
    r"""The equation with the points of derivatives in brackets, in the order of the arguments of their functions.

    Those of functions of one number get primes.

    >>> with_brackets(r"\left.\frac{df}{dx}\right|_{x=2} + \nabla h\Big|_{(1, 0)} - \nabla h |_{y=3, x=1}", lambda name: ("x", "y"))
    '\\frac{df}{dx}(2) + \\nabla h(1, 0) - \\nabla h(1, 3)'
    """
    return _AT.sub(lambda found: _at(found, arguments), equation)


def _at(found: re.Match[str], arguments: Callable[[str], tuple[str, ...]]) -> str:
    said = (found["point"] or found["letter"]).strip()
    inside = said[1:-1] if said.startswith("(") and said.endswith(")") else said
    parts = [_GIVEN.fullmatch(part) for part in inside.split(",")]
    if all(part is None for part in parts):
        return f"{found['derivative']}({inside})"
    values = {whole_name(trimmed(part["name"])): part["value"] for part in parts if part is not None}
    if len(values) != len(parts):
        return found[0]
    if len(values) == 1 and whole_name(trimmed(found["by"] or "")) in values:
        value = next(iter(values.values()))
        one = next(quotients(found["derivative"]), None)
        alone = one is not None and len(arguments(one.name)) == 1
        return f"{one.primed}({value})" if one is not None and alone else f"{found['derivative']}({value})"
    known = next((arguments(name) for name in reversed(_NAMES.findall(found["derivative"].partition("}{")[0]))), ())
    if len(known) != len(values) or set(known) != set(values):
        return found[0]
    return f"{found['derivative']}({', '.join(values[name] for name in known)})"


_NAMES = pattern(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])|(?<=d)[A-Za-z](?![A-Za-z])")
