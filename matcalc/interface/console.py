"""Text on consoles that have not all characters: everything that is written can be shown, by its
nearest ASCII spelling if need be."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import TextIO

from matcalc.language.text.spelling import ACCENTS, FRACTIONS, GREEK_NAMES, SUBSCRIPTS, SUPERSCRIPTS

ERRORS = "matcalc"
"""Name of the way to encode characters that a stream does not have."""

_SPELLED = {
    "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "·": "*", "⋅": "*", "⊙": ".*", "∘": ".*", "⊘": "./", "⊗": " (x) ", "∂": "d",
    "∇": "grad", "∫": "integral", "√": "sqrt", "‖": "||", "∥": "||", "∞": "inf",
    "∑": "sum", "∏": "prod", "𝟏": "1",
    "≠": "!=", "≤": "<=", "≥": ">=", "≈": "~", "≻": ">", "⪰": ">=", "≽": ">=", "≺": "<", "∈": "in", "ℝ": "R", "→": "->",
    "←": "<-", "⇒": "=>", "⇔": "<=>", "⟨": "<", "⟩": ">", "′": "'",
    "’": "'", "‘": "'", "“": '"', "”": '"', "±": "+-", "°": "deg", "½": "1/2", "ᵀ": "'",
}  # fmt: skip
_INDEXES = frozenset(["_", *SUBSCRIPTS])
"""What makes a Σ a sum, unless sums have a sign of their own beside it."""


def ascii_text(text: str) -> str:
    """The text in ASCII, by the nearest spelling of each character.

    >>> ascii_text("where: X: n×m; β₁ − X⁻ᵀ x²"), ascii_text("Aᵀ → ŷ")
    ('where: X: nxm; beta_1 - X^-T x^2', "A' -> y_hat")
    >>> ascii_text("Σ_i x_i"), ascii_text("Σ x"), ascii_text("∑_i Σ_ij")
    ('sum_i x_i', 'Sigma x', 'sum_i Sigma_ij')
    """
    return "".join([character if character.isascii() else _spelling(text, place) for place, character in enumerate(text)])


def shows(text: str, stream: TextIO | None = None) -> bool:
    """Whether the stream, by default standard output, has all the characters."""
    try:
        text.encode((stream or sys.stdout).encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def fitting(text: str, stream: TextIO | None = None) -> str:
    """The text with what the stream, by default standard output, does not have spelled out."""
    return text if shows(text, stream) else ascii_text(text)


def say(text: str, *, err: bool = False) -> None:
    """A line on standard output, or on standard error."""
    stream = sys.stderr if err else sys.stdout
    print(fitting(text, stream), file=stream)


def prepare() -> None:
    """From now on nothing that is written to the standard streams fails for its characters."""
    codecs.register_error(ERRORS, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join([_spelling(error.object, place) for place in range(error.start, error.end)]), error.end


def _spelling(text: str, place: int) -> str:
    """One character of a text in ASCII."""
    character, before = text[place], text[place - 1 : place]
    if character == "Σ" and "∑" not in text and text[place + 1 : place + 2] in _INDEXES:
        return "sum"
    for sign, scripts in (("^", SUPERSCRIPTS), ("_", SUBSCRIPTS)):
        if character in scripts and (character not in _SPELLED or before in scripts):
            return ("" if before in scripts else sign) + scripts[character]
    return _MARKS.get(character) or _by_parts(character)


_MARKS = {
    **GREEK_NAMES,
    **{accent: f"_{name}" for accent, name in ACCENTS.items()},
    **{character: "/".join(parts) for character, parts in FRACTIONS.items()},
    **_SPELLED,
}
"""What stands for a character wherever it is."""


def _by_parts(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    if parts == character:
        return " " if character.isspace() else "?"
    return "".join([part if part.isascii() else _MARKS[part] if part in ACCENTS else "" for part in parts]) or "?"
