"""How names of symbols and sizes are written: Greek letters, digits as subscripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

from matcalc.base.lazy import pattern
from matcalc.base.sizes import Size
from matcalc.language.text.spelling import AS_LATIN, parts_of_partial

_LOWER = (
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"), ("zeta", "ζ"), ("eta", "η"), ("theta", "θ"),
    ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"), ("omicron", "ο"), ("pi", "π"), ("rho", "ρ"),
    ("sigma", "σ"), ("tau", "τ"), ("upsilon", "υ"), ("phi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"),
)  # fmt: skip

GREEK = MappingProxyType(
    dict(_LOWER)
    | {name.capitalize(): letter.upper() for name, letter in _LOWER}
    | {"varepsilon": "ϵ", "vartheta": "ϑ", "varphi": "ϕ", "ell": "ℓ"}
)
"""Spelled name -> letter."""

SPELLED = MappingProxyType({letter: name for name, letter in GREEK.items()})
_SUBSCRIPT_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUBSCRIPT = pattern("[₀₁₂₃₄₅₆₇₈₉]+")
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
ACCENTS = MappingProxyType(
    {
        "hat": "\u0302",
        "bar": "\u0304",
        "tilde": "\u0303",
        "dot": "\u0307",
        "ddot": "\u0308",
        "check": "\u030c",
        "breve": "\u0306",
        "acute": "\u0301",
        "grave": "\u0300",
        "ring": "\u030a",
    }
)
"""First subscript of a one-letter name that is shown over the letter -> the combining character:
``y_hat`` is ŷ."""

_NAME = pattern(r"(?P<stem>[^\W\d_]+)(?P<mark>_?)(?P<index>.*?)(?P<primes>['′]*)", re.DOTALL)

_RUN_ON = pattern(f"([A-Za-z]+?)({'|'.join(ACCENTS)})")


def superscript(number: int) -> str:
    """The integer in superscript digits.

    >>> superscript(-12)
    '⁻¹²'
    """
    return str(number).translate(_SUPERSCRIPT)


_DERIVATIVES = MappingProxyType(
    {"ascii": "d({0})/d{1}", "unicode": "∂{0}/∂{1}", "latex": r"\frac{{\partial {0}}}{{\partial {1}}}"}
)


def _derivative(name: str, style: str, spell: Callable[[str], str]) -> str:
    """The name of the derivative of a function without a formula; empty for another name."""
    parts = parts_of_partial(name)
    return _DERIVATIVES[style].format(*map(spell, parts)) if parts else ""


@lru_cache(maxsize=4096)
def ascii_name(name: str) -> str:
    """The name in ASCII where it has such a spelling.

    >>> ascii_name("β"), ascii_name("x₀"), ascii_name("∂L/∂z_2")
    ('beta', 'x_0', 'd(L)/dz_2')
    """
    if derivative := _derivative(name, "ascii", ascii_name):
        return derivative
    stem, mark, index, primes = split_name(name)
    return SPELLED.get(stem, stem) + mark + index + primes


@lru_cache(maxsize=4096)
def unicode_name(name: str) -> str:
    """The name with Greek letters, accents and subscript digits.

    >>> unicode_name("beta_1"), unicode_name("W1"), unicode_name("y_hat"), unicode_name("∂L/∂z_2")
    ('β₁', 'W1', 'ŷ', '∂L/∂z₂')
    """
    if derivative := _derivative(name, "unicode", unicode_name):
        return derivative
    stem, mark, index, primes = split_name(name)
    accent, rest = accented(stem, mark, index)
    if accent:
        letter = unicodedata.normalize("NFC", GREEK.get(stem, stem) + ACCENTS[accent])
        return letter + (unicode_name("x_" + rest)[1:] if rest else "") + primes
    if mark and index.isdecimal():
        mark, index = "", index.translate(_SUBSCRIPT_DIGITS)
    return GREEK.get(stem, stem) + mark + index + primes


@lru_cache(maxsize=4096)
def latex_name(name: str, bold: bool = False) -> str:
    r"""The name in LaTeX, its letter in bold type if ``bold``.

    >>> latex_name("Sigma"), latex_name("W1"), latex_name("loss"), latex_name("y_hat", bold=True)
    ('\\Sigma', 'W_{1}', '\\mathrm{loss}', '\\hat{\\mathbf{y}}')
    """
    if derivative := _derivative(name, "latex", latex_name):
        return derivative
    stem, mark, index, primes = split_name(name)
    stem = SPELLED.get(stem, stem)
    accent, rest = accented(stem, mark or "_", index)
    if accent:
        index = rest
    elif not index and (word := _RUN_ON.fullmatch(stem)) is not None and (len(word[1]) == 1 or word[1] in GREEK):
        stem, accent = word[1], word[2]
    letter = _latex_letter(stem, bold)
    if accent:
        letter = rf"\{'mathring' if accent == 'ring' else accent}{{{letter}}}"
    if len(index) > 1 and not index.isdecimal():
        index = "*" if index == "star" else f"\\mathrm{{{escaped(index)}}}"
    return letter + (f"_{{{index}}}" if index else "") + primes.replace("′", "'")


def _latex_letter(stem: str, bold: bool) -> str:
    if stem in AS_LATIN:
        # In bold type it would be the Latin letter.
        return f"\\mathbf{{{stem}}}" if bold else f"\\mathrm{{{AS_LATIN[stem]}}}"
    if stem in GREEK:
        return rf"\boldsymbol{{\{stem}}}" if bold else f"\\{stem}"
    if len(stem) == 1:
        return rf"\mathbf{{{stem}}}" if bold else stem
    return f"\\{'mathbf' if bold else 'mathrm'}{{{escaped(stem)}}}"


def member_name(family: str, order: int) -> str:
    """The name that the members of a family have, each with ``order`` axes: rows of X are called x.
    Empty when there is none.

    >>> member_name("X", 1), member_name("A", 2), member_name("mu", 1), member_name("X_train", 1)
    ('x', 'A', 'mu', '')
    """
    letter = SPELLED.get(family, family)
    if len(letter) > 1 and letter not in GREEK:
        return ""
    return letter.lower() if order == 1 and len(letter) == 1 and letter.isascii() else letter


def size_text(size: Size, style: str) -> str:
    """The size as it is written in ``eye(m*n)`` (plain text) or as a subscript (LaTeX)."""
    spell = {"ascii": ascii_name, "unicode": unicode_name, "latex": latex_name}[style]
    return size.spelled(spell, " ", least=r"\min") if style == "latex" else size.spelled(spell)


def accented(stem: str, mark: str, index: str) -> tuple[str, str]:
    """The accent in a name's subscript and what is left of the subscript; an empty accent when
    there is none."""
    accent, _, rest = index.partition("_")
    letter = len(stem) == 1 or stem in GREEK
    return (accent, rest) if mark and letter and accent in ACCENTS and (rest or index == accent) else ("", index)


def split_name(name: str) -> tuple[str, str, str, str]:
    """Stem, subscript mark, subscript and primes of a name."""
    if name.isalpha():
        return name, "", "", ""
    spelled = _SUBSCRIPT.sub(lambda found: "_" + found[0], name).translate(_PLAIN_DIGITS)
    match = _NAME.fullmatch(spelled)
    if match is None:
        return name, "", "", ""
    return match["stem"], match["mark"], match["index"], match["primes"]


def escaped(text: str) -> str:
    """The text with the characters protected that LaTeX gives a meaning."""
    return re.sub(r"[_#$%&{}]", lambda found: "\\" + found[0], text)
