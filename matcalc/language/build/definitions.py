"""The formulas of functions defined by other operations (``mean``, ``var``)."""

from __future__ import annotations

from functools import cache

from matcalc.functions import functions
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.text.vocabulary import Vocabulary


@cache
def definition_of(function: str) -> s.Syntax:
    """The syntax tree of the function's definition."""
    return parse_syntax(functions()[function].definition).program.value


@cache
def of_one(function: str) -> s.Syntax:
    """The syntax tree of what a function of a vector or matrix is for one number ``t``."""
    return parse_syntax(functions()[function].of_one, Vocabulary.of("t")).program.value
