"""How a text is to be read: what its reader may decide, and the dialect, where it is given."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from matcalc.base.errors import MatcalcError
from matcalc.base.records import record, replace

Dialect: TypeAlias = Literal["math", "matlab", "numpy", "latex", "julia"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


@record
class ReadingOptions:
    """``strict``: what is doubtful is refused, with the readings and how each is said. ``dialect``: one of ``DIALECTS``, or None for
    what the text shows. ``flipped`` are runs of letters that are not read as they usually are."""

    strict: bool = False
    dialect: Dialect | None = None
    flipped: frozenset[str] | None = None
    apart: bool = False
    """Whether capitals are no arrays of what is written with the small letter and an index."""
    otherwise: frozenset[str] = frozenset()
    """Choices that are taken the other way than usual: the ``otherwise`` of their decisions."""

    def flipping(self, runs: frozenset[str]) -> ReadingOptions:
        """The same, with these runs of letters not read as they usually are."""
        return replace(self, flipped=runs) if runs else self


AS_USUAL = ReadingOptions()


def reading_options(strict: bool = False, dialect: str | None = None) -> ReadingOptions:
    """The options of a call. Raises MatcalcError for a dialect that there is not.

    >>> reading_options(True, "NumPy").dialect
    'numpy'
    """
    if dialect is None:
        return ReadingOptions(bool(strict)) if strict else AS_USUAL
    for known in DIALECTS:
        if isinstance(dialect, str) and dialect.lower() == known:
            return ReadingOptions(bool(strict), known)
    raise MatcalcError(f"there is no dialect {dialect!r}", expected=", ".join(DIALECTS))
