"""Modules and regular expressions that are loaded or compiled when they are first used: who does
not need them starts without."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast


def later(name: str) -> Any:
    """Stands for the module of that name, and loads it when something in it is asked for; what is
    asked for is kept, so that later uses go straight to it.

    It stands beside an import for type checkers, to which the rules for imports apply::

        if TYPE_CHECKING:
            from matcalc.folding import pairings
        else:
            pairings = later("matcalc.folding.pairings")
    """
    return _Later(name)


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            found = getattr(import_module(self._name), name)
        except ModuleNotFoundError as error:
            if error.name != self._name:
                raise
            missing: type[Exception] = import_module("matcalc.base.errors").NotHereError
            raise missing(f"this needs {self._name}, which is not installed here") from error
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np, NDArray = later("numpy"), Any

__all__ = ["NDArray", "later", "np", "pattern"]
"""NumPy takes longer to load than a derivation takes: who computes with it names ``np`` from here,
and ``NDArray`` in annotations."""


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """What ``re.compile(text, flags)`` gives, compiled at the first use."""
    return cast("re.Pattern[str]", _Pattern(text, flags))


class _Pattern:
    """Stands for a compiled expression; the methods that are asked for are kept, so that later uses
    go straight to them."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(*self._given), name)  # re keeps the compiled expression
        setattr(self, name, found)
        return found
