"""The commands there are, and what they and their options are, whoever reads them from arguments: ``plainly`` or click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Literal, TypeAlias, TypeVar

from matcalc.records import record

Command = TypeVar("Command", bound=Callable[..., Any])
Kind: TypeAlias = Literal["text", "texts", "word", "number", "flag"]

LAZY = {
    "derive": "matcalc.commands.derive",
    "gradient": "matcalc.commands.gradient",
    "jacobian": "matcalc.commands.jacobian",
    "hessian": "matcalc.commands.hessian",
    "vjp": "matcalc.commands.vjp",
    "jvp": "matcalc.commands.jvp",
    "differential": "matcalc.commands.differential",
    "verify": "matcalc.commands.verify",
    "identities": "matcalc.commands.identities",
    "repl": "matcalc.commands.repl",
    "help": "matcalc.commands.help",
}
"""Subcommands by the module that holds them as ``command``, imported when they are first asked for."""

OTHER_NAMES = {
    "grad": "gradient", "gradients": "gradient", "jac": "jacobian", "hess": "hessian", "derivative": "derive", "differentiate": "derive",
    "diff": "derive", "prompt": "repl", "shell": "repl",
}  # fmt: skip
"""Other names of commands."""


@record
class Option:
    """An option: how it is spelled, the argument that it becomes, and what its value is.

    A ``word`` is one of ``words``, whatever its case, or one of their ``others``, by which the words are known elsewhere. ``texts`` may be
    given several times and come in a tuple; a ``flag`` has no value.
    """

    spellings: tuple[str, ...]
    argument: str
    kind: Kind
    help: str
    metavar: str | None = None
    default: Any = None
    words: tuple[str, ...] = ()
    others: Mapping[str, str] | None = None


@record
class ExpressionCommand:
    """A command whose one argument is an expression; ``run`` takes it as ``expression``, and the options as their arguments."""

    name: str
    summary: str
    options: tuple[Option, ...]
    run: Callable[..., Any]


def command_called(name: str) -> Any:
    """The command: an ``ExpressionCommand``, or one that is click's own; None where there is none of this name."""
    module = LAZY.get(OTHER_NAMES.get(name, name))
    return None if module is None else import_module(module).command
