"""Expressions as the language reads them, in the operations that it evaluates: points and differences are found of these."""

from __future__ import annotations

from functools import lru_cache

from matcalc.base.shapes import reduced_shape
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from tests.fuzz.forms import written
from tests.fuzz.vocabulary import declarations


@lru_cache(maxsize=256)
def spelled_out(expression: e.Expr) -> e.Expr:
    """The expression without forms and defined functions, read from its text; its values are compared with the independent ones of
    ``jax_functions.py`` in ``test_vocabulary.py``. Raises MatcalcError where it is not read."""
    return elaborate(written(expression), declarations(expression)).expression


def averaged(function: str, operand: e.Expr, axis: str | None) -> e.Expr:
    """``mean`` or ``var`` of a vector, or along the rows or columns of a matrix."""
    return e.Call(function, (operand,), axis, reduced_shape(operand.shape, axis))
