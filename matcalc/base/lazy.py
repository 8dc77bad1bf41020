"""Modules and regular expressions that are loaded or compiled when they are first used: who does
not need them starts without."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast


def later(name: str, *, keep: bool = False) -> Any:
    """Stands for the module of that name, and loads it when something in it is asked for. What is
    asked for is kept for later uses where it is to ``keep`` it: of a module that nobody changes.

    It stands beside an import for type checkers, to which the rules for imports apply::

        if TYPE_CHECKING:
            from matcalc.folding import pairings
        else:
            pairings = later("matcalc.folding.pairings")
    """
    return _Later(name, keep)


class _Later:
    def __init__(self, name: str, keep: bool) -> None:
        self._name, self._keep = name, keep
        self._module: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._module is None:
            self._module = import_module(self._name)
        found = getattr(self._module, name)
        if self._keep:
            setattr(self, name, found)
        return found


if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np, NDArray = later("numpy", keep=True), Any

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
