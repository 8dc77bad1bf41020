"""Expressions and tensors as text: ASCII and Unicode that the language package reads again, LaTeX, and index notation."""

from __future__ import annotations

from matcalc.printing.expressions import equation, latex, latex_operand, markdown, member_notes, text
from matcalc.printing.indices import index_letters, index_text
from matcalc.printing.shown import Shown

__all__ = ["Shown", "equation", "index_letters", "index_text", "latex", "latex_operand", "markdown", "member_notes", "text"]
