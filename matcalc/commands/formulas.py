"""What is meant by arguments that begin with no command: a formula, a claim, a file, or a mistyped
command."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

import click

from matcalc.base.errors import MatcalcError
from matcalc.cli.front import LAZY, OTHER_NAMES
from matcalc.documents.formats import IDENTITIES, READERS
from matcalc.interface.presentation import said_in
from matcalc.repl import request_lines

_BARE_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{2,}")
_OF_SIGNS = {"∇": "gradient", "∇²": "hessian", "\\nabla": "gradient", "\\nabla^2": "hessian", "d": "differential"}
_SIGNED = re.compile(r"(?P<sign>∇²|∇|\\nabla\^2|\\nabla|d)\s*(?P<body>\(.*\))", re.DOTALL)
"""A sign of differentiation that names no variable, before brackets."""
_LIKE = 0.7
_COMMANDS = (*LAZY, *OTHER_NAMES)
_OF_VERBS = {
    "derive": "derive",
    "gradient": "gradient",
    "jacobian": "jacobian",
    "hessian": "hessian",
    "vjp": "vjp",
    "differential": "differential",
}


def as_command(args: Sequence[str]) -> list[str]:
    """The arguments with the command that they mean. Raises UsageError for a word that is no
    command and no formula."""
    first = args[0]
    if first in ("version", "-V", "-v") and len(args) == 1:
        return ["--version"]
    if first.startswith("--") and first != "--":
        return _behind_options(args)
    if Path(first).suffix.lower() in (*READERS, IDENTITIES):
        return ["verify", *args]
    if _is_mistyped(first, args[1:]):
        raise _unknown(first, args[1:])
    return _of_formula(args)


def _behind_options(args: Sequence[str]) -> list[str]:
    """Options that stand before the command are put behind it."""
    place = next((k for k, word in enumerate(args) if word.lower() in _COMMANDS), None)
    if place is None:
        return ["derive", *args]
    return [args[place].lower(), *args[:place], *args[place + 1 :]]


def _of_formula(args: Sequence[str]) -> list[str]:
    """``derive`` or ``verify`` before a formula, or the command that its words ask for."""
    first, rest = args[0], list(args[1:])
    if any(re.match(r"(--wrt|-w)(=|$)", word) for word in rest):
        return ["derive", *args]
    try:
        if said_in(first) is not None:
            return ["derive", *args]
    except MatcalcError:
        pass  # an equation, or words
    signed = _SIGNED.fullmatch(first.strip())
    if signed is not None and _is_whole(signed["body"]):
        return (
            [_OF_SIGNS[signed["sign"]], "--", signed["body"]] if not rest else [_OF_SIGNS[signed["sign"]], signed["body"], *rest]
        )
    statements = request_lines.statements(first)
    match request_lines.request(statements[-1], ()) if statements else None:
        case request_lines.Claim() if len(statements) == 1:
            return ["verify", *args]
        case request_lines.Derive(verb):
            return [_OF_VERBS[verb], *args]
        case _:
            return ["derive", *args]


def _is_whole(body: str) -> bool:
    """Whether the bracket that a text begins with closes at its end."""
    depth = 0
    for place, character in enumerate(body):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            return place == len(body) - 1
    return False


def _is_mistyped(first: str, rest: Sequence[str]) -> bool:
    """Whether a word that is no command was meant to be one: it is like a command's name, or a
    whole formula follows."""
    if not _BARE_WORD.fullmatch(first) or not (first.islower() or first.istitle()):
        return False
    expressions = [word for word in rest if not word.startswith("-")]
    return _near(first) is not None or not rest or bool(expressions and re.search(r"\W", expressions[0]))


def _near(word: str) -> str | None:
    found = difflib.get_close_matches(word.lower(), _COMMANDS, n=1, cutoff=_LIKE)
    return found[0] if found else None


def _unknown(word: str, rest: Sequence[str]) -> click.UsageError:
    near = _near(word)
    meant = f"did you mean matcalc {OTHER_NAMES.get(near, near)}?" if near else "matcalc --help lists the commands"
    formula = "" if rest else f'; as a formula: matcalc derive "{word}"'
    return click.UsageError(f"there is no command {word}: {meant}{formula}")
