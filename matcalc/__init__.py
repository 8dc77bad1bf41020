"""Symbolic matrix calculus: from text to a closed matrix form of its derivative.

>>> import matcalc
>>> str(matcalc.derive("x'*A*x", "x"))
'(A + Aᵀ) x'

Every function of the language is there too, for expressions built with operators:
``matcalc.tr(A @ B)``, ``matcalc.softmax(X, "rows")``.

The names below are loaded when first used, so that ``import matcalc`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import LimitError, MatcalcError, NotDifferentiableError, ParseError, ShapeError, UnknownFunctionError
from matcalc.base.version import VERSION as __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.base.budgets import budget
    from matcalc.coded import check
    from matcalc.coded.compared import CodeVerdict
    from matcalc.documents.examination import verify_document, verify_file
    from matcalc.interface.api import derive, gradient, hessian, jacobian, parse
    from matcalc.interface.constructors import UserFunction, pi, size, symbols
    from matcalc.interface.convexity_call import Convexity, convexity
    from matcalc.interface.equations import Equation
    from matcalc.interface.named_results import Gradients
    from matcalc.interface.product_calls import differential, hvp, jvp, vjp
    from matcalc.interface.results import Derivation
    from matcalc.interface.simplify_call import Simplification, simplify
    from matcalc.interface.taylor_call import Taylor, taylor
    from matcalc.language.declare.declared import shared
    from matcalc.objects.parsed import ParsedExpression, Reading
    from matcalc.objects.programs import compile
    from matcalc.pictures import draw
    from matcalc.pictures.drawing import Picture
    from matcalc.verification.judgement import verify
    from matcalc.verification.verdict import Verdict

__all__ = [
    "CodeVerdict",
    "Convexity",
    "Derivation",
    "Equation",
    "Gradients",
    "LimitError",
    "MatcalcError",
    "NotDifferentiableError",
    "ParseError",
    "ParsedExpression",
    "Picture",
    "Reading",
    "ShapeError",
    "Simplification",
    "Taylor",
    "UnknownFunctionError",
    "UserFunction",
    "Verdict",
    "__version__",
    "budget",
    "check",
    "compile",
    "convexity",
    "derive",
    "differential",
    "draw",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "parse",
    "pi",
    "shared",
    "simplify",
    "size",
    "symbols",
    "taylor",
    "verify",
    "verify_document",
    "verify_file",
    "vjp",
]

_LAZY = {
    "Derivation": "matcalc.interface.results",
    "ParsedExpression": "matcalc.objects.parsed",
    "Picture": "matcalc.pictures.drawing",
    "Reading": "matcalc.objects.parsed",
    "Equation": "matcalc.interface.equations",
    "Gradients": "matcalc.interface.named_results",
    "budget": "matcalc.base.budgets",
    "check": "matcalc.coded",
    "CodeVerdict": "matcalc.coded.compared",
    "compile": "matcalc.objects.programs",
    "Convexity": "matcalc.interface.convexity_call",
    "convexity": "matcalc.interface.convexity_call",
    "derive": "matcalc.interface.api",
    "simplify": "matcalc.interface.simplify_call",
    "Simplification": "matcalc.interface.simplify_call",
    "Taylor": "matcalc.interface.taylor_call",
    "taylor": "matcalc.interface.taylor_call",
    "differential": "matcalc.interface.product_calls",
    "draw": "matcalc.pictures",
    "gradient": "matcalc.interface.api",
    "hessian": "matcalc.interface.api",
    "hvp": "matcalc.interface.product_calls",
    "jacobian": "matcalc.interface.api",
    "jvp": "matcalc.interface.product_calls",
    "load_ipython_extension": "matcalc.notebooks",
    "unload_ipython_extension": "matcalc.notebooks",
    "parse": "matcalc.interface.api",
    "UserFunction": "matcalc.interface.constructors",
    "pi": "matcalc.interface.constructors",
    "shared": "matcalc.language.declare.declared",
    "size": "matcalc.interface.constructors",
    "symbols": "matcalc.interface.constructors",
    "Verdict": "matcalc.verification.verdict",
    "verify": "matcalc.verification.judgement",
    "verify_document": "matcalc.documents.examination",
    "verify_file": "matcalc.documents.examination",
    "vjp": "matcalc.interface.product_calls",
}


if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., ParsedExpression]:
        """Every function of the language."""

else:

    def __getattr__(name: str) -> Any:
        if name not in _LAZY:
            if not name.startswith("_"):
                constructors = import_module("matcalc.interface.constructors")
                if name in constructors.names():
                    return constructors.named_function(name)
                try:
                    return import_module(f"{__name__}.{name}")
                except ModuleNotFoundError as error:
                    if error.name != f"{__name__}.{name}":
                        raise
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *import_module("matcalc.interface.constructors").names()})
