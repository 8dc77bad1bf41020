"""The elementwise functions as SymPy writes them, from the function table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from matcalc.functions import functions


@cache
def elementwise_templates() -> Mapping[str, tuple[Any, Any]]:
    """(variable, SymPy expression of it) for each elementwise function of ``rules/functions.toml``."""
    import sympy

    variable = sympy.Symbol("t")
    names = {**vars(sympy), "t": variable}
    found = {
        name: (variable, eval(function.sympy, {"__builtins__": {}}, names))
        for name, function in functions().items()
        if function.kind == "elementwise"
    }
    return MappingProxyType(found)
