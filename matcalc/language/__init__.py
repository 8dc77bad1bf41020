"""The input language: text to syntax tree to typed expression."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.language.declare.texts import parse_declarations
from matcalc.language.elaboration import Elaborated, elaborate
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.text.spelling import canonical_name

if TYPE_CHECKING:
    from matcalc.language.statements import DerivativeSide, Statement, elaborate_statement

__all__ = [
    "DerivativeSide",
    "Elaborated",
    "Statement",
    "canonical_name",
    "elaborate",
    "elaborate_statement",
    "parse_declarations",
    "parse_syntax",
]


def __getattr__(name: str) -> Any:
    """Statements are loaded for the first that is read."""
    if name in __all__:
        return getattr(import_module("matcalc.language.statements"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
