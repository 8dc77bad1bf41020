"""Expressions put together with Python's operators and functions."""

from matcalc.operators.arithmetic import Arithmetic

__all__ = ["Arithmetic"]
