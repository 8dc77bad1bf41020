"""Expressions and tensors as text: ASCII and Unicode that the language package reads again, what is
typeset, and index notation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from matcalc.printing.expressions import Shown, equation, latex, markdown, member_notes, operand, text

if TYPE_CHECKING:
    from matcalc.printing.indices import index_letters, index_text

__all__ = ["Shown", "equation", "index_letters", "index_text", "latex", "markdown", "member_notes", "operand", "text"]


def __getattr__(name: str) -> Any:
    """Index notation is loaded for the first tensor that is shown."""
    if name not in ("index_letters", "index_text"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("matcalc.printing.indices"), name)
