"""The input language: text to syntax tree to typed expression.

The names below are loaded when first used: who asks for the characters of the language does without
the reader.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcalc.language.decisions import Elaborated
    from matcalc.language.declare.declared import parse_declarations
    from matcalc.language.elaboration import elaborate
    from matcalc.language.statements import DerivativeSide, Statement, elaborate_statement
    from matcalc.language.syntax.parser import parse_syntax
    from matcalc.language.text.spelling import canonical_name

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
_LAZY = {
    "DerivativeSide": "matcalc.language.statements",
    "Elaborated": "matcalc.language.decisions",
    "Statement": "matcalc.language.statements",
    "canonical_name": "matcalc.language.text.spelling",
    "elaborate": "matcalc.language.elaboration",
    "elaborate_statement": "matcalc.language.statements",
    "parse_declarations": "matcalc.language.declare.declared",
    "parse_syntax": "matcalc.language.syntax.parser",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LAZY[name]), name)
    return value
