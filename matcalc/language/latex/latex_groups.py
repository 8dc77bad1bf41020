r"""Groups of TeX, ``{...}`` and ``\begingroup ... \endgroup``: what is defined in one holds to its end."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from matcalc.language.latex.latex_slices import Text

T = TypeVar("T")
_DEEPEST = 50
"""Groups within each other; in deeper ones definitions hold beyond their end."""


class _Group(NamedTuple):
    """Where it ends (``text`` is None for one that a command ends), and for each name defined in it what it stood for before."""

    text: Text | None
    end: int
    before: dict[str, object]


class Meanings(dict[str, T], Generic[T]):
    """What names stand for. What ``define`` gives them holds to the end of the group."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[_Group] = []

    def define(self, name: str, meaning: T, *, everywhere: bool = False) -> None:
        """Gives a name a meaning, ``everywhere`` beyond all groups."""
        if everywhere:
            for group in self._groups:
                group.before.pop(name, None)
        elif self._groups:
            self._groups[-1].before.setdefault(name, self.get(name))
        self[name] = meaning

    def open(self, text: Text | None = None, end: int = -1) -> None:
        """Begins a group that ends at a place of a text, or with a command."""
        if len(self._groups) < _DEEPEST:
            self._groups.append(_Group(text, end, {}))

    def close(self, text: Text | None = None, end: int = -1) -> None:
        """Ends the group that ends here, with all that should have ended in it; nothing where none does."""
        depth = len(self._groups)
        while depth and self._groups[depth - 1].text is text and self._groups[depth - 1].end < end:
            depth -= 1
        if not depth or self._groups[depth - 1][:2] != (text, end):
            return
        while len(self._groups) >= depth:
            for name, meaning in self._groups.pop().before.items():
                if meaning is None:
                    self.pop(name, None)
                else:
                    self[name] = meaning  # type: ignore[assignment]
