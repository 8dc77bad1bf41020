"""Symbolic matrix calculus: from text to a closed matrix form of its derivative.

>>> import matcalc
>>> str(matcalc.derive("x'*A*x", "x"))
'(A + Aᵀ) x'

The names below are loaded when first used, so that ``import matcalc`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.errors import LimitError, MatcalcError, NotDifferentiableError, ParseError, ShapeError, UnknownFunctionError
from matcalc.version import VERSION as __version__

if TYPE_CHECKING:
    from matcalc.api import derive, gradient, hessian, jacobian, parse
    from matcalc.compiling import compile
    from matcalc.results import Derivation, ParsedExpression
    from matcalc.verification.documents import verify_file
    from matcalc.verification.judgement import verify
    from matcalc.verification.verdict import Verdict

__all__ = [
    "Derivation",
    "LimitError",
    "MatcalcError",
    "NotDifferentiableError",
    "ParseError",
    "ParsedExpression",
    "ShapeError",
    "UnknownFunctionError",
    "Verdict",
    "__version__",
    "compile",
    "derive",
    "gradient",
    "hessian",
    "jacobian",
    "parse",
    "verify",
    "verify_file",
]

_LAZY = {
    "Derivation": "matcalc.results",
    "ParsedExpression": "matcalc.results",
    "compile": "matcalc.compiling",
    "derive": "matcalc.api",
    "gradient": "matcalc.api",
    "hessian": "matcalc.api",
    "jacobian": "matcalc.api",
    "parse": "matcalc.api",
    "Verdict": "matcalc.verification.verdict",
    "verify": "matcalc.verification.judgement",
    "verify_file": "matcalc.verification.documents",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
