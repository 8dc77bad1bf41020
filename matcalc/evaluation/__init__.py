"""Independent numerical evaluation: the oracle that derivations are checked against. It shares no code with the engine's rules."""

from __future__ import annotations

from matcalc.evaluation.arrays import agrees, layout
from matcalc.evaluation.differences import NumericalDerivative, numerical_derivative
from matcalc.evaluation.interpreter import compile_function, evaluate
from matcalc.evaluation.sampling import Point, equal_sizes, find_point, function_family, prime_sizes, sample, sizes_that_fit, user_functions
from matcalc.evaluation.tensor_interpreter import evaluate_tensor

__all__ = [
    "NumericalDerivative",
    "Point",
    "agrees",
    "compile_function",
    "equal_sizes",
    "evaluate",
    "evaluate_tensor",
    "find_point",
    "function_family",
    "layout",
    "numerical_derivative",
    "prime_sizes",
    "sample",
    "sizes_that_fit",
    "user_functions",
]
