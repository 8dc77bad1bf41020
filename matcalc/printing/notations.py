"""The notations, by name: those of plain text, and those that are typeset, whose names stand in
``rules/functions.toml`` too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import typesetting
from matcalc.printing.notation import Notation
from matcalc.printing.plain_notation import AsciiNotation, UnicodeNotation

_PLAIN: dict[str, type[Notation]] = {"unicode": UnicodeNotation, "ascii": AsciiNotation}
NOTATIONS = (*_PLAIN, *typesetting())
STEP_FORMATS = (*NOTATIONS, "markdown", "html", "json")
"""What the steps of a derivation are written as."""
STEP_STYLES = ("index", "differential")
"""How they are told: entry by entry, or by differentials."""
BOLD = {style: place for place, style in enumerate(typesetting(), len(NOTATIONS))}
"""Places in ``in_all`` of what is in bold type."""


def checked_notation(style: str) -> str:
    """The name of a notation that is typeset. Raises MatcalcError for another."""
    if style not in typesetting():
        raise MatcalcError(f"there is no notation {style!r}", expected=" or ".join(typesetting()))
    return style


def notation_class(style: str) -> type[Notation]:
    """The class of a notation, which is made from names."""
    return _PLAIN.get(style) or import_module("matcalc.printing.typeset_notation").BY_NAME[style]


def notation_of(style: str, names: Iterable[str] = (), bold: bool = False) -> Notation:
    """The notation of this name for an expression with symbols of these names; ``bold`` is for
    those that are typeset."""
    return notation_class(style)(names, bold)


def name_in(style: str, name: str, bold: bool = False) -> str:
    """A name as the notation writes it; in bold type what has axes."""
    return str(notation_of(style, (), bold).symbol(name, int(bold)))


def in_all(write: Callable[[str, bool], str]) -> tuple[str, ...]:
    """What is written in each of ``NOTATIONS``, then in bold type in those that are typeset."""
    return (*[write(style, False) for style in NOTATIONS], *[write(style, True) for style in BOLD])
