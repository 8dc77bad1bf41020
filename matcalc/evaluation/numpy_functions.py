"""NumPy implementations of the functions in ``rules/functions.toml``, compiled once from their ``numpy`` texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from matcalc.errors import UnknownFunctionError
from matcalc.evaluation.matrix_functions import adjugate, frechet, log_determinant, matrix_exponential, matrix_logarithm, matrix_square_root
from matcalc.evaluation.operations import log_sum_exp, norm
from matcalc.evaluation.spectral import (
    divided_differences,
    matrix_power,
    polar_factor,
    reduced_resolvent,
    singular_resolvents,
    top_eigenvector,
    top_singular_vectors,
)
from matcalc.functions import computable
from matcalc.records import record


@record
class NumpyFunction:
    """``call`` takes one array a parameter; ``orders`` says which order (0, 1, 2) each array is to have.

    An elementwise function has ``orders == (None,)``: any shape, kept.
    """

    call: Callable[..., Any]
    orders: tuple[int | None, ...]


@cache
def numpy_function(name: str) -> NumpyFunction:
    """The implementation of a function of the table.

    Raises UnknownFunctionError when the table has no such function or no ``numpy`` text for it.
    """
    function = computable().get(name)
    if function is None or not function.numpy:
        raise UnknownFunctionError(f"no numerical implementation of the function {name!r} is known")
    parameters = function.signature.partition("->")[0]
    names: list[str] = []
    orders: list[int | None] = []
    for parameter in parameters.split(","):
        variable, _, sizes = parameter.partition(":")
        names.append(variable.strip())
        orders.append(_order(sizes.strip()))
    # The text is part of the package, not of anybody's input.
    call = eval(f"lambda {', '.join(names)}: {function.numpy}", dict(_namespace()))
    return NumpyFunction(call, tuple(orders))


def _order(sizes: str) -> int | None:
    """The order that the sizes in a signature stand for; ``None`` for an elementwise parameter, which has no sizes."""
    if not sizes:
        return None
    return 0 if sizes == "scalar" else 1 + sizes.count("×")


@cache
def _namespace() -> dict[str, Any]:
    import numpy as np

    return {
        "np": np,
        "math": math,
        "matrix_exponential": matrix_exponential,
        "frechet": frechet,
        "matrix_logarithm": matrix_logarithm,
        "matrix_square_root": matrix_square_root,
        "adjugate": adjugate,
        "divided_differences": divided_differences,
        "matrix_power": matrix_power,
        "polar_factor": polar_factor,
        "top_singular_vectors": top_singular_vectors,
        "log_sum_exp": log_sum_exp,
        "normalised": lambda vector: vector / norm("2", (vector.reshape(-1, 1),)).reshape(()),
        "log_determinant": log_determinant,
        "top_eigenvector": top_eigenvector,
        "reduced_resolvent": reduced_resolvent,
        "singular_resolvents": singular_resolvents,
    }
