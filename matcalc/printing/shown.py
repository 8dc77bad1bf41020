"""How results show themselves: as their text, and in notebooks as LaTeX."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Shown(ABC):
    """A result whose string is its text; a notebook asks for ``_repr_latex_``, which sets the LaTeX source in display style."""

    @abstractmethod
    def text(self) -> str:
        """The result in the input language."""

    @abstractmethod
    def latex(self) -> str:
        """LaTeX source, without dollar signs."""

    def _displayed(self) -> str:
        """The LaTeX source that a notebook shows."""
        return self.latex()

    def __str__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self._displayed()}$"
