"""Right answers to claims about entries: an entry of what is right, in the letters of the claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcalc.base.errors import MatcalcError
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Tensor, postorder
from matcalc.expr.nodes import Expr, Kronecker, postorder as nodes_of
from matcalc.expr.rewriting import symbols_in
from matcalc.objects.parsed import checked_style
from matcalc.printing.expressions import Shown
from matcalc.printing.index_notation import IndexNotation
from matcalc.printing.indices import index_text
from matcalc.printing.notation import render
from matcalc.printing.printer import printed


@dataclass(frozen=True)
class EntryAnswer(Shown):
    """An entry in index notation: ``δ_ik B_lj``, ``(A + Aᵀ)_kl``; shown as an expression is."""

    unicode: str
    ascii: str
    in_latex: str

    @property
    def texts(self) -> tuple[str, str, str]:
        """The entry in each style."""
        return self.unicode, self.ascii, self.in_latex

    def text(self, style: str = "unicode") -> str:
        """The entry as text."""
        return self.ascii if checked_style(style) == "ascii" else self.unicode

    def latex(self) -> str:
        """LaTeX source, without dollar signs."""
        return self.in_latex


def entry_answer(form: Expr | None, tensor: Tensor | None, letters: Sequence[str]) -> EntryAnswer | None:
    """The entry at ``letters`` of what has a closed form, an index form, or both; None where
    neither says it."""
    closed = form is not None and len(letters) <= 2 and not any(isinstance(node, Kronecker) for node in nodes_of(form))
    if tensor is None and form is not None and closed:
        tensor = lower(form).tensor
    plain = tensor is not None and tensor.order == len(letters) and (not closed or not _sums(tensor))
    styles = ("unicode", "ascii", "latex")
    try:
        if plain and tensor is not None:
            return EntryAnswer(*[index_text(tensor, style, letters) for style in styles])
        return EntryAnswer(*[_entry(form, letters, style) for style in styles]) if closed and form is not None else None
    except MatcalcError:
        return None


def _sums(tensor: Tensor) -> bool:
    """Whether a sum over an index is in it."""
    return any(
        isinstance(node, Contraction) and any(label not in node.output for axes in node.indices for label in axes)
        for node in postorder(tensor)
    )


def _entry(form: Expr, letters: Sequence[str], style: str) -> str:
    notation = IndexNotation(style, list(symbols_in(form)), letters)
    return render(notation.entry(printed(form, notation.glyphs), letters))
