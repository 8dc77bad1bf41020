"""The input language: text to syntax tree to typed expression."""

from matcalc.language.declare.texts import parse_declarations
from matcalc.language.elaboration import Elaborated, elaborate
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
