"""The characters of the language: Greek letters, superscripts, subscripts, and the one spelling of a name."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from matcalc.base.lazy import later, pattern

if TYPE_CHECKING:
    from matcalc.language.latex import latex_names
else:
    latex_names = later("matcalc.language.latex.latex_names")


_LOWER = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
]  # fmt: skip
_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"

GREEK_NAMES = MappingProxyType(
    dict(zip(_LETTERS, _LOWER, strict=True))
    | {letter.upper(): name.capitalize() for letter, name in zip(_LETTERS, _LOWER, strict=True)}
    | {"ϵ": "varepsilon", "ϑ": "vartheta", "ϕ": "varphi", "ℓ": "ell"}
)
"""Letter -> spelled name; ℓ is used like one of the Greek letters."""

SPELLED_GREEK = frozenset(GREEK_NAMES.values())

AS_LATIN = MappingProxyType(
    {
        "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N",
        "Omicron": "O", "omicron": "o", "Rho": "P", "Tau": "T", "Chi": "X",
    }
)  # fmt: skip
"""Greek letters that LaTeX has no command for, because they look like these."""

SUPERSCRIPTS = MappingProxyType(
    dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺†", "0123456789-++", strict=True))
    | dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴴ", "abcdefghijklmnoprstuvwxyzTH", strict=True))
)
SUBSCRIPTS = MappingProxyType(
    dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)) | dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
)
ONE_NAME = rf"[^\W\d_][0-9]*(?:_[^\W_]+|[{''.join(SUBSCRIPTS)}]+)?′*"
"""A regular expression: one letter with digits, a subscript and primes."""

INDEX_LETTERS = frozenset("ijklmnpqrs")
"""Letters that are indices where they stand in a subscript."""

DERIVATIVE_LETTERS = frozenset("dghnDJH")
"""With which the signs of derivatives begin that are written in letters: d, grad, hessian, nabla, D, J, H."""

FRACTIONS = MappingProxyType(
    {"½": ("1", "2"), "⅓": ("1", "3"), "⅔": ("2", "3"), "¼": ("1", "4"), "¾": ("3", "4"), "⅕": ("1", "5"), "⅙": ("1", "6"), "⅛": ("1", "8")}
)
"""Fractions of one character: what stands above and below."""

ACCENTS = MappingProxyType(
    {
        "\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check",
        "\u0306": "breve", "\u0301": "acute", "\u0300": "grave", "\u030a": "ring",
    }
)  # fmt: skip
"""Combining character -> what is put behind the name of the letter below it: ŷ is y_hat."""

ONES = "𝟏"
"""The vector of ones; kept apart from the digit that it is compatible with."""

_NAME = pattern(r"[^\W\d_][^\W_]*(_[^\W_]+)*[′']*")
_SUBSCRIPTED = pattern("_?([" + "".join(SUBSCRIPTS) + "]+)")


@lru_cache(maxsize=4096)
def canonical_name(text: str) -> str:
    """The one spelling of a name: Greek letters and accents spelled out, subscripts after an underscore, LaTeX read.

    >>> canonical_name("β₁"), canonical_name("x₀"), canonical_name("Sigma"), canonical_name("ŷ")
    ('beta_1', 'x_0', 'Sigma', 'y_hat')
    """
    if "\\" in text or "_{" in text or "_*" in text or "^" in text:
        text = latex_names.plain_name(text)
    if text.isascii():
        return text.strip()
    text = _SUBSCRIPTED.sub(lambda found: "_" + "".join(SUBSCRIPTS[c] for c in found[1]), plain_letters(text.strip()))
    if not text.isascii():
        text = "".join(_without_accents(c) for c in text)
    return "".join(GREEK_NAMES.get(c, c) for c in text)


def _without_accents(character: str) -> str:
    """The letter below with the names of its accents; a character with marks of another kind stays as it is."""
    parts = unicodedata.normalize("NFD", character)
    letter, marks = parts[0], parts[1:]
    if letter in ACCENTS:
        return "_" + ACCENTS[letter]
    return character if any(mark not in ACCENTS for mark in marks) else letter + "".join("_" + ACCENTS[mark] for mark in marks)


def plain_letters(text: str) -> str:
    """Styled letters such as 𝐗 replaced by plain ones, character by character (so that places stay the same)."""
    if text.isascii():
        return text
    return "".join(_plain(c) for c in text)


_LOOKALIKES = MappingProxyType(
    {
        **dict.fromkeys("—‒⁃﹣", "-"), **dict.fromkeys("•", "·"), **dict.fromkeys("⁄", "/"), **dict.fromkeys("║ǁ", "‖"),
        **dict.fromkeys("ǀ❘", "|"), **dict.fromkeys("⊺", "⊤"), **dict.fromkeys("⨂", "⊗"), **dict.fromkeys("⨀", "⊙"),
        **dict.fromkeys("∆", "Δ"), **dict.fromkeys("〈\u2329", "⟨"), **dict.fromkeys("〉\u232a", "⟩"), **dict.fromkeys("ʹʼ", "'"),
        **dict.fromkeys("\u00ad\u200c\u200d\u2060\ufeff\u20d7\u0331\u0332\u3000", "\u200b"),
    }
)  # fmt: skip
"""Characters that are typed or pasted for others; those without width, and arrows and lines at a letter, for a blank."""


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    if character in GREEK_NAMES or character == ONES or character in SUPERSCRIPTS or character in SUBSCRIPTS:
        return character
    plain = unicodedata.normalize("NFKC", character)
    wide = "\uff01" <= character <= "\uff5e"
    return plain if len(plain) == 1 and (plain.isalnum() or wide) else character


def is_name(text: str) -> bool:
    """Whether the text could be the name of a symbol.

    >>> is_name("W_1"), is_name("x y"), is_name("2")
    (True, False, False)
    """
    name = canonical_name(text)
    return name.isalpha() or _NAME.fullmatch(name) is not None


def partial_name(function: str, argument: str) -> str:
    """The name of the derivative of a function without a formula, where that is a symbol.

    >>> partial_name("L", "z_2")
    '∂L/∂z_2'
    """
    return f"∂{function}/∂{argument}"


def parts_of_partial(name: str) -> tuple[str, str] | None:
    """The function and the argument of such a name; None of any other.

    >>> parts_of_partial("∂L/∂z_2"), parts_of_partial("L")
    (('L', 'z_2'), None)
    """
    function, mark, argument = name.removeprefix("∂").partition("/∂")
    return (function, argument) if mark and name.startswith("∂") else None
