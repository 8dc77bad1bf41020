"""What commands and their options are, whoever reads them from arguments: ``plainly`` or click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

from matcalc.records import record

Command = TypeVar("Command", bound=Callable[..., Any])
Kind: TypeAlias = Literal["text", "texts", "word", "number", "flag"]


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
