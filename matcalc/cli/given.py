"""What came from the shell, for the messages that repeat it, and whether all is to be said of how a formula is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from matcalc.records import record

Value = TypeVar("Value")


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
