"""How results show themselves: as their text, and in notebooks as LaTeX; what is doubtful in how they were read comes first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol


class Read(Protocol):
    """How an input was read, as far as a result shows it."""

    @property
    def warnings(self) -> tuple[str, ...]: ...


class Shown(ABC):
    """A result whose string is its text; a notebook asks for ``_repr_latex_``, which sets the LaTeX source in display style."""

    @property
    def reading(self) -> Read | None:
        """How the input was read; None of what was not read from one."""
        return None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful in how the input was read."""
        return () if self.reading is None else self.reading.warnings

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
        return "\n".join([*self._warned(), self.written()])

    def written(self) -> str:
        """The string without warnings."""
        return self.text()

    def _warned(self) -> list[str]:
        return [f"warning: {warning}" for warning in self.warnings]

    def _repr_latex_(self) -> str:
        return "\n\n".join([*self._warned(), f"$\\displaystyle {self._displayed()}$"])
