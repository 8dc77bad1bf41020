"""SymPy expressions read and written. SymPy is loaded when one of these is first called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from matcalc.base.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Expr


def to_sympy(expression: Expr | None, symbols: Sequence[Any] = (), origin: object = None) -> Any:
    """An expression in SymPy, with symbols of one's own, or those of the SymPy expression that it
    came from.

    Raises MatcalcError for what SymPy's matrix expressions do not have, the missing closed form
    (None) among it.
    """
    if expression is None:
        raise MatcalcError("there is no closed matrix form, which SymPy needs", suggestion="index_form")
    with _limited():
        return import_module("matcalc.sympy_exchange.sympy_writer").written(expression, symbols, origin)


def sympy_source(**expressions: Any) -> str:
    """A Python program that builds SymPy expressions and binds them to these names."""
    with _limited():
        return str(import_module("matcalc.sympy_exchange.sympy_writer").source(expressions)) + "\n"


@contextmanager
def _limited() -> Iterator[None]:
    """SymPy walks expressions by recursion."""
    try:
        yield
    except RecursionError:
        raise LimitError(
            "the expression is nested too deeply for SymPy", suggestion='code("numpy") for a program of it'
        ) from None
