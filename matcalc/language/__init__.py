"""The input language: text to syntax tree to typed expression."""

from matcalc.language.declarations import parse_declarations
from matcalc.language.elaboration import Elaborated, elaborate
from matcalc.language.parser import parse_syntax
from matcalc.language.spelling import canonical_name
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
