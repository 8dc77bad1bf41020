r"""Functions that are given entry by entry, ``s(z)_i = e^{z_i} / \sum_j e^{z_j}``: ``s_i`` is the entry, and ``s`` stands for ``s(z)``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.context.derivatives_at import is_bold
from matcalc.documents.context.names import names_at, whole_name
from matcalc.documents.heads import head_of
from matcalc.documents.rows import Row
from matcalc.documents.shapes import is_derivative

_SIZE = r"(?:\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s)*"
_FUNCTION = (
    r"(?P<function>\\(?:mathrm|text|operatorname|mathbf|boldsymbol|bm|mathsf)\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|(?<![A-Za-z\\])[A-Za-z])"
)
_CALL = pattern(rf"{_FUNCTION}{_SIZE}\((?P<argument>[^()]{{1,30}}?){_SIZE}\)")
_GIVEN = pattern(rf"{_CALL.pattern}\s*_\s*\{{?\s*(?P<index>[i-np-s])\s*\}}?")
_WORD = pattern(r"\\(?:mathrm|text|operatorname|mathsf)\s*\{\s*([A-Za-z]{2,})\s*\}")


@dataclass(frozen=True, slots=True)
class EntryFunctions:
    """The functions that a document gives entry by entry, each with its argument and whether that is bold; ``shared`` are the names that
    are those of functions of a number, too."""

    known: frozenset[tuple[str, str, bool]] = frozenset()
    shared: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula with their values as names.

        >>> EntryFunctions(frozenset([("s", "z", False)])).as_names(r"s(z)_i (1 - s\left(z\right)_j) + s(2z)_k")
        's_i (1 - s_j) + s(2z)_k'
        """
        return _CALL.sub(self._named, text) if self.known and "(" in text else text

    def _named(self, found: re.Match[str]) -> str:
        key = _key(found)
        if key is None or key not in self.known:
            return found[0]
        word = _WORD.fullmatch(found["function"])
        return found["function"] if word is None and key[0] not in self.shared else rf"\mathrm{{{key[0]}value}}"


NO_ENTRY_FUNCTIONS = EntryFunctions()


def _key(found: re.Match[str]) -> tuple[str, str, bool] | None:
    """The names of a function and of its argument; None where the argument is no name."""
    function, argument = head_of(found["function"]), whole_name(found["argument"])
    word = _WORD.fullmatch(found["function"])
    name = word[1] if word is not None else None if function is None else function.name
    return None if name is None or argument is None else (name, argument, is_bold(found["argument"]))


def entry_functions_of(rows: Iterable[Row]) -> EntryFunctions:
    """The functions that rows give entry by entry, and that no row gives as a whole."""
    given: set[tuple[str, str, bool]] = set()
    whole: set[tuple[str, bool]] = set()
    for row in rows:
        if row.right is None or row.link or row.relation not in ("=", ":=", "≡"):
            continue
        left = row.left.text.strip()
        found = _GIVEN.fullmatch(left)
        if found is not None and not is_derivative(row.right.text) and _counts(found["index"], row.right.text):
            given |= {key for key in [_key(found)] if key is not None}
        elif (called := _CALL.fullmatch(left)) is not None and (key := _key(called)) is not None:
            whole.add((key[0], key[2]))
    kept = frozenset([key for key in given if (key[0], key[2]) not in whole])
    return EntryFunctions(kept, frozenset(name for name, _ in whole))


def _counts(index: str, text: str) -> bool:
    """Whether an index stands at a name of a formula."""
    return any(at.name.endswith(f"_{index}") for at in names_at(text))
