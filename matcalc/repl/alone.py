"""What a formula asks for that comes without a command: a derivative, or a verdict."""

from __future__ import annotations

import re

from matcalc.base.errors import MatcalcError
from matcalc.interface.presentation import said_in
from matcalc.repl.request_lines import Claim, Derive, request, rewriting, statements

_OF_SIGNS = {"∇": "gradient", "∇²": "hessian", "\\nabla": "gradient", "\\nabla^2": "hessian", "d": "differential"}
_SIGNED = re.compile(r"(?P<sign>∇²|∇|\\nabla\^2|\\nabla|d)\s*(?P<body>\(.*\))", re.DOTALL)
"""A sign of differentiation that names no variable, before brackets."""


def asked(text: str) -> tuple[str, str]:
    """The command that a formula alone stands for, and the formula that it is given.

    >>> asked("x'Ax wrt x"), asked("tr(AB) = tr(BA)"), asked("∇²(x'Ax)")
    (('derive', "x'Ax wrt x"), ('verify', 'tr(AB) = tr(BA)'), ('hessian', "(x'Ax)"))
    """
    if rewriting(text) is not None:
        return "simplify", text
    try:
        if said_in(text) is not None:
            return "derive", text
    except MatcalcError:
        pass  # an equation, or words
    signed = _SIGNED.fullmatch(text.strip())
    if signed is not None and _is_whole(signed["body"]):
        return _OF_SIGNS[signed["sign"]], signed["body"]
    parts = statements(text)
    match request(parts[-1], ()) if parts else None:
        case Claim() if len(parts) == 1:
            return "verify", text
        case Derive(verb):
            return verb, text
        case _:
            return "derive", text


def in_words(text: str) -> tuple[str, list[str]] | None:
    """A formula, and the names to differentiate by that stand behind it; None where the text is no
    request in words.

    >>> in_words("f = x'Ax; grad f by x"), in_words("x'Ax")
    (("f = x'Ax; f", ['x']), None)
    """
    parts = statements(text)
    found = request(parts[-1], ()) if parts else None
    if not isinstance(found, Derive):
        return None
    names = [",".join(found.wrt)] if found.verb == "hessian" and found.wrt else list(found.wrt)
    return "; ".join([*parts[:-1], found.expression]), names


def derivative_asked(text: str, order: int = 1) -> tuple[str, list[str], int]:
    """A formula, the names to differentiate it by that a text says in words, and how often,
    ``order`` where it does not say.

    >>> derivative_asked("hessian of x'Ax wrt x"), derivative_asked("x'Ax")
    (("x'Ax", ['x'], 2), ("x'Ax", [], 1))
    """
    verb, text = asked(text)
    formula, names = in_words(text) or (text, [])
    return formula, names, 2 if verb == "hessian" else order


def _is_whole(body: str) -> bool:
    """Whether the bracket that a text begins with closes at its end."""
    depth = 0
    for place, character in enumerate(body):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            return place == len(body) - 1
    return False
