"""Modules that are loaded when they are first used, so that a program which does not need them starts without."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def later(name: str) -> Any:
    """Stands for the module of that name, and loads it when something in it is asked for.

    It stands beside an import for type checkers, to which the rules for imports apply::

        if TYPE_CHECKING:
            from matcalc.folding import kronecker
        else:
            kronecker = later("matcalc.folding.kronecker")
    """
    return _Later(name)


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name
        self._module: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._module is None:
            self._module = import_module(self._name)
        return getattr(self._module, name)
