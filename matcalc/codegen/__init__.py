"""Straight-line functions for expressions and their derivatives, in the languages of ``targets``."""

from __future__ import annotations

from matcalc.codegen.callables import function
from matcalc.codegen.generation import compile_source, generate
from matcalc.codegen.requests import Check, Derivative, LaidOut, Operator, Output
from matcalc.codegen.targets import Target, target_named

__all__ = [
    "Check",
    "Derivative",
    "LaidOut",
    "Operator",
    "Output",
    "Target",
    "compile_source",
    "function",
    "generate",
    "target_named",
]
