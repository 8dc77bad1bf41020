"""The problems of the code benchmarks: expressions, random inputs, closed forms written by hand, and the same loss for JAX and PyTorch.

By hand means: as a careful person writes NumPy, with scaling by broadcasting, chains in the cheap order, Cholesky factors and nothing
computed twice.
"""

from __future__ import annotations

from benchmarks.problems.classical import (
    GAUSSIAN,
    GAUSSIAN_PROCESS,
    LOGISTIC,
    MASKED_FACTORISATION,
    MATRIX_FACTORISATION,
    QUADRATIC,
)
from benchmarks.problems.network import NETWORK
from benchmarks.problems.problem import Arrays, Problem
from benchmarks.problems.softmax import ATTENTION, CROSS_ENTROPY, LOG_SUM_EXP, MULTINOMIAL

PROBLEMS = (
    LOGISTIC, MULTINOMIAL, MATRIX_FACTORISATION, MASKED_FACTORISATION, QUADRATIC, GAUSSIAN, GAUSSIAN_PROCESS, CROSS_ENTROPY,
    ATTENTION, NETWORK, LOG_SUM_EXP,
)  # fmt: skip

__all__ = ["MATRIX_FACTORISATION", "PROBLEMS", "Arrays", "Problem"]
