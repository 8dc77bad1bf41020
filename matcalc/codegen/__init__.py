"""Straight-line NumPy, JAX and PyTorch functions for expressions and their derivatives."""

from __future__ import annotations

from matcalc.codegen.callables import function
from matcalc.codegen.generation import compile_source, generate
from matcalc.codegen.requests import Check, Derivative, LaidOut, Operator, Output
from matcalc.codegen.targets import TARGETS, TargetName

__all__ = [
    "TARGETS",
    "Check",
    "Derivative",
    "LaidOut",
    "Operator",
    "Output",
    "TargetName",
    "compile_source",
    "function",
    "generate",
]
