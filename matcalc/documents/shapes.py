"""What the sides of an equation look like: a number, zero, a derivative, an array, a fact about one symbol."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache

from matcalc.documents.cues import environments
from matcalc.documents.heads import head_of, letters_in
from matcalc.documents.sentences import cue_table
from matcalc.functions import spellings
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.patterns import pattern

_FACTOR = r"(?:\d[\d.,]*(?:[eE][-+]?\d+)?|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?|\\pi|pi|π|\\infty|∞)"
_POWER = r"(?:10|2|e)\s*\^\s*(?:\{[-+]?[\d.]+\}|\([-+]?[\d.]+\)|[-+]?\d)"
_UNIT = r"\s*(?:\\?%|\\[,;: ]|\\text(?:rm)?\s*\{[^{}]*\}|\\mathrm\s*\{[^{}]*\})*"
_NUMBER = pattern(rf"[-+]?\s*(?:{_FACTOR}(?:\s*/\s*{_FACTOR})?(?:\s*(?:\\cdot|\\times|\*|×|·)?\s*{_POWER})?|{_POWER}){_UNIT}[.]?")
_ZERO = pattern(r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathbb|mathrm|bar)\s*)*\{?\s*0\s*\}?(?:_\{?[\w\\ ,×]*\}?)?|𝟎|zeros\([^()]*\)")
_INDEX = pattern(r"[a-zA-Z]")
_INDICES = frozenset("ijklmnpqrstKLMNT")
_D = r"(?:\\(?:mathrm|operatorname|text|textrm|rm)\s*\{?\s*d\s*\}?|d|𝑑)"
_QUOTIENT = pattern(
    rf"\\[tdc]?frac\s*\{{\s*{_D}(?![A-Za-z]{{2,}})|\bd2?\w*/d\w+|\bd\s*\(.*\)\s*/\s*d\w|\b(?:grad|gradient|hessian|jacobian)\s*\("
)
_DIFFERENTIAL = pattern(rf"\s*{_D}\s*(?:\\[,!;:]\s*)*(?P<of>.+)", re.DOTALL)
_DERIVED = pattern(r"[A-Za-z}](?:'|\\prime|\^\s*\{?\\prime\}?|′)+\s*(?:\\left)?\(")
_DIRECTIONAL = pattern(r"\bD\s*(?:\^\{?2\}?)?\s*(?:_\{?[^{}]*\}?)?\s*\\?[A-Za-z]+\s*\([^()]*\)\s*\\?!?\[")


@cache
def _signs(sort: str) -> tuple[str, ...]:
    return tuple(cue_table()["signs"][sort])


def holds(text: str, sort: str) -> bool:
    """Whether a sign of a sort, or an environment by cases, stands in a formula."""
    if sort == "cases":
        return any(f"\\begin{{{name}}}" in text for name in environments("cases")) or (r"\left\{" in text and r"\right." in text)
    return any(sign in text for sign in _signs(sort))


def is_number(text: str) -> bool:
    """Whether a side is a number, perhaps with its unit."""
    text = text.strip()
    return bool(text) and text not in "+-" and _NUMBER.fullmatch(text) is not None


def is_zero(text: str) -> bool:
    """Whether a side is zero, of whatever shape."""
    return _ZERO.fullmatch(text.strip()) is not None


def is_index(text: str) -> bool:
    """Whether a side is a letter that counts."""
    return text.strip() in _INDICES and len(text.strip()) == 1


def is_derivative(text: str) -> bool:
    """Whether a derivative or a differential stands in a formula."""
    found = any(sign in text for sign in _signs("derivative")) or _QUOTIENT.search(text) is not None
    return found or _DERIVED.search(text) is not None or _DIRECTIONAL.search(text) is not None


def is_differential_of(text: str, known: Set[str]) -> bool:
    """Whether a side is the differential of a name that has a definition."""
    match = _DIFFERENTIAL.fullmatch(text.strip())
    found = head_of(match["of"]) if match is not None else None
    return found is not None and found.name in known


def states_fact(left: str, right: str) -> bool:
    """Whether an equation has the form of a fact about one symbol: ``Q^\\top Q = I``, ``A = A^\\top``, ``\\|u\\| = 1``."""
    letters = {letter for side in (left, right) for letter in _letters(side)}
    return len(letters) == 1 and len(left) + len(right) <= _LONGEST_FACT


_LONGEST_FACT = 80
_NOT_SYMBOLS = frozenset(["I", "T", "e", "i", "j", "k", "n", "p", "d"])


_NO_SYMBOL = pattern(
    r"[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|.)|\\(?:operatorname|mathrm|text|mathsf)\s*\{[A-Za-z]{2,}\}|\\[A-Za-z]{4,}(?=[\s{(])|[A-Za-z]{2,}(?=\()"
)
"""Scripts, and the names of functions and fonts."""


def _letters(text: str) -> set[str]:
    spelled = _NO_SYMBOL.sub(lambda found: found[0] if found[0][1:] in SPELLED_GREEK else " ", text)
    return set(letters_in(spelled)) - _NOT_SYMBOLS


def is_function(name: str) -> bool:
    """Whether a name with arguments is that of a function which everybody knows: ``tr(A)`` is no definition of tr."""
    return name in spellings() or name in cue_table()["names"]["functions"]


def is_constant(text: str) -> bool:
    """Whether a side is a name with a fixed meaning, such as the identity."""
    return text.strip() in cue_table()["names"]["constants"]
