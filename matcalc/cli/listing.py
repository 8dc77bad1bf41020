"""The commands there are."""

from __future__ import annotations

from importlib import import_module
from typing import Any

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


def command_called(name: str) -> Any:
    """The command: an ``ExpressionCommand``, or one that is click's own; None where there is none of this name."""
    module = LAZY.get(OTHER_NAMES.get(name, name))
    return None if module is None else import_module(module).command
