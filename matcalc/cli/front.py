"""The front door: how the program begins and ends, which commands there are, what was given to
them, and plain arguments, as most are."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar

from matcalc.base.errors import MatcalcError, internal_error
from matcalc.base.records import record
from matcalc.interface.console import prepare, say

Command = TypeVar("Command", bound=Callable[..., Any])
Value = TypeVar("Value")
Kind: TypeAlias = Literal["text", "texts", "word", "number", "flag"]

LAZY = {
    "derive": "matcalc.commands.derivatives",
    "gradient": "matcalc.commands.derivatives",
    "jacobian": "matcalc.commands.derivatives",
    "hessian": "matcalc.commands.derivatives",
    "vjp": "matcalc.commands.linear_maps",
    "jvp": "matcalc.commands.linear_maps",
    "hvp": "matcalc.commands.linear_maps",
    "differential": "matcalc.commands.linear_maps",
    "simplify": "matcalc.commands.simplify",
    "taylor": "matcalc.commands.taylor",
    "convexity": "matcalc.commands.convexity",
    "verify": "matcalc.commands.verify",
    "check": "matcalc.commands.machines",
    "mcp": "matcalc.commands.machines",
    "json-lines": "matcalc.commands.machines",
    "json-schema": "matcalc.commands.machines",
    "check-proof": "matcalc.commands.check_proof",
    "identities": "matcalc.commands.identities",
    "draw": "matcalc.commands.draw",
    "worksheet": "matcalc.commands.worksheet",
    "repl": "matcalc.commands.repl",
    "web": "matcalc.commands.web",
    "help": "matcalc.commands.help",
}
"""Subcommands by the module that holds them, as ``derive_command`` and the like; it is imported
when they are first asked for."""

OTHER_NAMES = {
    "grad": "gradient", "gradients": "gradient", "jac": "jacobian", "hess": "hessian", "derivative": "derive", "differentiate": "derive",
    "diff": "derive", "prompt": "repl", "shell": "repl",
}  # fmt: skip
"""Other names of commands."""


@record
class Given:
    """The name of the command, the words of its expression, and its options."""

    command: str = "matcalc"
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


_NOTHING = Given()
GIVEN: ContextVar[Given] = ContextVar("given", default=_NOTHING)
EXPLAINS: ContextVar[bool] = ContextVar("explains", default=False)
"""Whether the command is asked to say all about how its formula is read."""


@contextmanager
def holding(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """The variable has the value until the command ends."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


@record
class Option:
    """An option: how it is spelled, the argument that it becomes, and what its value is.

    A ``word`` is one of ``words``, whatever its case, or one of their ``others``, by which the
    words are known elsewhere. ``texts`` may be given several times and come in a tuple; a ``flag``
    has no value. ``symbols``: a shell offers the symbols of the expression for it.
    """

    spellings: tuple[str, ...]
    argument: str
    kind: Kind
    help: str
    metavar: str | None = None
    default: Any = None
    words: tuple[str, ...] = ()
    others: Mapping[str, str] | None = None
    symbols: bool = False


@record
class ExpressionCommand:
    """A command whose one argument is an expression; ``run`` takes it as ``expression``, and the
    options as their arguments."""

    name: str
    summary: str
    options: tuple[Option, ...]
    run: Callable[..., Any]


def command_called(name: str) -> Any:
    """The command: an ``ExpressionCommand``, or one that is click's own; None where there is none
    of this name."""
    word = OTHER_NAMES.get(name, name)
    return getattr(import_module(LAZY[word]), f"{word.replace('-', '_')}_command") if word in LAZY else None


_DASHES = ("-", "–", "—")
"""What an option may begin with, and an expression that click has to tell from one."""


def understood(arguments: Sequence[str]) -> Callable[[], object] | None:
    """What plain arguments ask for, to be called; None for others."""
    if len(arguments) < 2 or arguments[0] not in LAZY or os.name == "nt":  # there click puts in what stars and the like stand for
        return None
    command = command_called(arguments[0])
    found = sorted_out(arguments[1:], command.options) if isinstance(command, ExpressionCommand) else None
    if found is None:
        return None
    expression, options, values = found

    def run() -> object:
        with holding(GIVEN, Given(f"matcalc {arguments[0]}", (expression,), options)):
            return command.run(expression=expression, **values)

    return run


def sorted_out(arguments: Sequence[str], known: Sequence[Option]) -> tuple[str, tuple[str, ...], dict[str, Any]] | None:
    """The expression, the options as they are written, and their values by argument; None for
    arguments that are not plain.

    >>> sorted_out(["x'Ax", "--wrt", "x"], [Option(("-w", "--wrt"), "wrt", "texts", "", default=())])
    ("x'Ax", ('--wrt', 'x'), {'wrt': ('x',)})
    """
    spelled = {spelling: option for option in known for spelling in option.spellings}
    values = {option.argument: option.default for option in known}
    words: list[str] = []
    options: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option = spelled.get(argument)
        if option is None:
            words.append(argument)
        elif option.kind == "flag":
            options.append(argument)
            values[option.argument] = True
        else:
            value = next(rest, "")
            if not _is_value(value, option):
                return None
            options += argument, value
            values[option.argument] = (*values[option.argument], value) if option.kind == "texts" else value
    return (words[0], tuple(options), values) if len(words) == 1 and _is_plain(words[0]) else None


def _is_plain(argument: str) -> bool:
    return bool(argument.strip()) and not argument.startswith(_DASHES)


def _is_value(word: str, option: Option) -> bool:
    """Whether a word is plainly a value of an option."""
    return _is_plain(word) and (option.kind in ("text", "texts") or word in option.words)


_BETWEEN_COLLECTIONS = 50_000
"""New objects, some ten megabytes, after which garbage is looked for: more than a derivation makes.
What is left when the process ends is not looked through at all. Both together were an eighth of a
cold start."""
BAD_INPUT, OWN_FAULT, INTERRUPTED, CLOSED_PIPE = 2, 70, 130, 141


def main() -> None:
    """Run the command line and exit.

    The status is 0, or 2 for bad input, whose message goes to standard error; 70 for an error of
    matcalc's own, 130 after Ctrl-C and 141 when nobody reads the output.
    """
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    prepare()
    try:
        status = (understood(sys.argv[1:]) or import_module("matcalc.cli.clicked").run)()
        sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else 0)
    except BrokenPipeError:
        without_a_reader()
    except KeyboardInterrupt:
        say("\ninterrupted", err=True)
        sys.exit(INTERRUPTED)
    except MatcalcError as error:
        say(f"error: {error}", err=True)
        sys.exit(BAD_INPUT)
    except Exception as error:
        say(f"{internal_error(error)} with the command", err=True)
        sys.exit(OWN_FAULT)


def without_a_reader() -> NoReturn:
    """Ends the program when nobody reads what it writes."""
    with suppress(OSError, ValueError):  # a stream without a file has no reader to lose
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(CLOSED_PIPE)
