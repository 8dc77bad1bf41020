"""The glyphs of index notation: entries, deltas and sums, on top of a notation for expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from matcalc.printing.latex_notation import LatexNotation
from matcalc.printing.notation import Notation
from matcalc.printing.pieces import Level, Part, Piece, piece
from matcalc.printing.plain_notation import AsciiNotation, UnicodeNotation

Style: TypeAlias = Literal["unicode", "ascii", "latex"]

_SIGMAS = frozenset(["Sigma", "Σ"])
"""Beside a symbol of that name sums have the sign that is no letter."""
_LETTERS = "ijklmnpqrstuvwabcdfgh"
_GLYPHS: dict[Style, Callable[[Iterable[str]], Notation]] = {"ascii": AsciiNotation, "unicode": UnicodeNotation, "latex": LatexNotation}


class IndexNotation:
    """Entries as ``A[i,j]`` (ASCII), ``A_ij`` (Unicode) or ``A_{ij}`` (LaTeX)."""

    def __init__(self, style: Style, names: Iterable[str], first: Sequence[str] = ()) -> None:
        """``names`` are those of symbols and sizes; no index letter is one of them but those asked for as the ``first``."""
        names = list(names)
        self.style = style
        self.glyphs: Notation = _GLYPHS[style](names)
        taken = frozenset(names)
        self._sum_sign = "∑" if taken & _SIGMAS else "Σ"
        self._letters = [*first, *(letter for letter in _LETTERS if letter not in taken and letter not in first)]
        self._stems = self._letters or ["i"]

    def letter(self, position: int) -> str:
        """The index letter of that number; ``i1``, ``j1``... when the alphabet is used up."""
        if position < len(self._letters):
            return self._letters[position]
        turn, place = divmod(position, len(self._stems))
        # With every letter taken by a symbol, the first indices need a number too.
        return f"{self._stems[place]}{turn if self._letters else turn + 1}"

    def pair(self, slow: str, fast: str) -> str:
        """The index that counts the pairs of two others, the second running fastest: ``(ij)``, in ASCII ``(i,j)``."""
        return f"({','.join((slow, fast)) if self.style == 'ascii' else self._subscript((slow, fast))})"

    def entry(self, base: Piece, at: Sequence[str]) -> Piece:
        """The entry of ``base`` at the indices ``at``; ``base`` itself when there are none."""
        if not at:
            return base
        if base.level < Level.ATOM:
            base = self.glyphs.bracketed(base)
        if self.style == "ascii":
            return piece(base, f"[{','.join(at)}]")
        shown = self._subscript(at)
        if self.style == "unicode":
            return piece(base, f"_{shown}")
        # TeX refuses a second subscript on W_{1}.
        subscripted = len(base.parts) == 1 and isinstance(base.parts[0], str) and "_" in base.parts[0]
        return piece("{", base, f"}}_{{{shown}}}") if subscripted else piece(base, f"_{{{shown}}}")

    def delta(self, first: str, second: str) -> Piece:
        return self.entry(piece({"ascii": "delta", "unicode": "δ", "latex": r"\delta"}[self.style]), (first, second))

    def array(self, entry: Piece, at: Sequence[str]) -> Piece:
        """The vector or matrix whose entry at ``at`` is ``entry``."""
        return self.entry(piece(r"\left[", entry, r"\right]") if self.style == "latex" and entry.tall else piece("[", entry, "]"), at)

    def summed(self, over: Sequence[str], body: Piece) -> Piece:
        """An explicit sum."""
        if self.style == "ascii":
            shown: Part = body
            for letter in reversed(over):
                shown = piece(f"sum({letter}, ", shown, ")")
            return piece(shown)
        if body.level == Level.SUM or body.negative:
            body = self.glyphs.bracketed(body)
        sign = f"{self._sum_sign}_{self._subscript(over)} " if self.style == "unicode" else rf"\sum_{{{self._subscript(over)}}} "
        return piece(sign, body, level=Level.PRODUCT, operator="sum", tall=1)

    def _subscript(self, at: Sequence[str]) -> str:
        if self.style == "latex":
            return "".join(letter[0] + (f"_{{{letter[1:]}}}" if letter[1:] and letter[0] != "(" else letter[1:]) for letter in at)
        return "".join(at) if all(len(letter) == 1 or letter[0] == "(" for letter in at) else ",".join(at)
