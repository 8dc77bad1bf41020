"""Signatures of functions: ``X: m×n -> n×m``."""

from __future__ import annotations

from functools import cache

from matcalc.base.functions import Function
from matcalc.base.records import record

SizeNames = tuple[str, ...]


@record
class Signature:
    """Names of the sizes of each parameter and of the result; ``()`` is a scalar (in ``t -> t``: any shape)."""

    parameters: dict[str, SizeNames]
    result: SizeNames

    @property
    def size_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for shape in (*self.parameters.values(), self.result) for name in shape))


@cache
def signature_of(function: Function) -> Signature:
    """The signature of a function of ``rules/functions.toml``."""
    left, _, right = function.signature.partition("->")
    parameters: dict[str, SizeNames] = {}
    for part in left.split(","):
        name, colon, shape = part.partition(":")
        parameters[name.strip()] = _sizes(shape if colon else "scalar")
    result = right.strip()
    return Signature(parameters, () if result in parameters else _sizes(result))


def _sizes(text: str) -> SizeNames:
    text = text.strip()
    return () if text == "scalar" else tuple(part.strip() for part in text.split("×"))
