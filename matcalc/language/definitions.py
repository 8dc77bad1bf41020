"""The formulas of functions defined by other operations (``mean``, ``var``)."""

from __future__ import annotations

from functools import cache

from matcalc.functions import functions
from matcalc.language import syntax as s
from matcalc.language.parser import parse_syntax


@cache
def definition_of(function: str) -> s.Syntax:
    """The syntax tree of the function's definition."""
    return parse_syntax(functions()[function].definition).program.value
