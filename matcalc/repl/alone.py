"""What a formula asks for that comes without a command: a derivative, or a verdict."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matcalc.base.errors import MatcalcError, ParseError
from matcalc.interface.analyses import Analysis
from matcalc.interface.presentation import said_in
from matcalc.language.text.asked_in_words import require_agreement
from matcalc.language.text.spelling import canonical_name
from matcalc.objects.inputs import split_names
from matcalc.repl.request_lines import Analyse, Claim, Derive, analysis_in, derivative_in, parameters_in, request, statements

_OF_SIGNS = {"∇": "gradient", "∇²": "hessian", "\\nabla": "gradient", "\\nabla^2": "hessian", "d": "differential"}
_SIGNED = re.compile(r"(?P<sign>∇²|∇|\\nabla\^2|\\nabla|d)\s*(?P<body>\(.*\))", re.DOTALL)
"""A sign of differentiation that names no variable, before brackets."""


def asked(text: str) -> tuple[str, str]:
    """The command that a formula alone stands for, and the formula that it is given.

    >>> asked("x'Ax wrt x"), asked("tr(AB) = tr(BA)"), asked("∇²(x'Ax)")
    (('derive', "x'Ax wrt x"), ('verify', 'tr(AB) = tr(BA)'), ('hessian', "(x'Ax)"))
    """
    if (analysis := _analysis(text)) is not None:
        return analysis.name, text
    parts = statements(text)
    found = request(parts[-1], ()) if parts else None
    if isinstance(found, Derive):
        return "jvp" if found.verb == "derive" and found.along else found.verb, text
    if _says_itself(text):
        return "derive", text
    signed = _SIGNED.fullmatch(text.strip())
    if signed is not None and _is_whole(signed["body"]):
        return _OF_SIGNS[signed["sign"]], signed["body"]
    return "verify" if isinstance(found, Claim) and len(parts) == 1 else "derive", text


def _analysis(text: str) -> Analyse | None:
    """The analysis that a text asks for, or the last statement of a program."""
    found = analysis_in(text)
    if found is not None or not (parts := statements(text)[:-1]):
        return found
    last = analysis_in(statements(text)[-1])
    return None if last is None else replace(last, expression="; ".join([*parts, last.expression]))


def analysis_asked(analysis: Analysis, text: str) -> Analyse:
    """What a text says of one analysis, which it need not name: the formula, and the parameters in
    words behind it.

    Raises ParseError where the text asks for something else.
    """
    found = _analysis(text)
    if found is None:
        found = parameters_in(analysis, text)
    if found.name != analysis.name:
        raise ParseError(f"the text asks for {found.name}, and {analysis.name} is asked for", suggestion="the formula alone")
    last = (statements(found.expression) or [""])[-1]
    other = derivative_in(last)
    if other is not None:
        raise ParseError(
            f"the text asks for a derivative, and {analysis.name} is asked for",
            suggestion=f"the formula alone: {other.expression}",
        )
    return found


def _says_itself(text: str) -> bool:
    try:
        return said_in(text) is not None
    except MatcalcError:  # an equation
        return False


@dataclass(frozen=True, slots=True)
class InWords:
    """A formula, the names to differentiate by and the directions that stand in words beside it,
    and how often is differentiated, 0 where they do not say."""

    formula: str
    names: list[str]
    order: int = 0
    along: tuple[str, ...] = ()

    def by(self, given: Sequence[str]) -> list[str]:
        """The names beside the formula, or those that are ``given`` beside the text. Raises
        ParseError where there are both and they differ."""
        require_agreement([canonical_name(name) for name in split_names(",".join(self.names))], split_names(",".join(given)))
        return list(given) or self.names


def in_words(text: str) -> InWords | None:
    """What a text asks for in words; None where the text is no request in words.

    >>> in_words("f = x'Ax; hessian of f by x"), in_words("x'Ax")
    (InWords(formula="f = x'Ax; f", names=['x'], order=2, along=()), None)
    """
    parts = statements(text)
    found = request(parts[-1], ()) if parts else None
    if isinstance(found, Analyse):
        raise ParseError(f"the text asks for {found.name}", suggestion=f"matcalc {found.name}, or the formula alone")
    if not isinstance(found, Derive):
        return None
    names = [",".join(found.wrt)] if found.order == 2 and found.wrt else list(found.wrt)
    return InWords("; ".join([*parts[:-1], found.expression]), names, found.order, found.along)


def derivative_asked(text: str, order: int = 1) -> InWords:
    """What a text asks for, in words or by a sign before brackets; ``order`` is taken where it does
    not say how often is differentiated.

    >>> derivative_asked("hessian of x'Ax wrt x").order, derivative_asked("x'Ax").formula
    (2, "x'Ax")
    """
    verb, text = asked(text)
    found = in_words(text) or InWords(text, [])
    return replace(found, order=2 if verb == "hessian" else found.order or order)


def _is_whole(body: str) -> bool:
    """Whether the bracket that a text begins with closes at its end."""
    depth = 0
    for place, character in enumerate(body):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            return place == len(body) - 1
    return False
