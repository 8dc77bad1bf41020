"""What the sides of an equation look like: a number, zero, a derivative, an array, a fact about one symbol."""

from __future__ import annotations

from collections.abc import Set
from functools import cache

from matcalc.documents.cues import environments
from matcalc.documents.heads import head_of
from matcalc.documents.sentences import cue_table
from matcalc.patterns import pattern

_NUMBER = pattern(
    r"[-+]?\s*(?:\d[\d.,]*(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?|\\[td]?frac\s*\{?\d+\}?\s*\{?\d+\}?|10)?"
    r"(?:(?:\s*(?:\\cdot|\\times|\*|×|·))?\s*(?:10|2|e)\s*\^\s*(?:\{[-+]?[\d.]+\}|[-+]?\d))?\s*"
    r"(?:\\%|%|\\text(?:rm)?\{[^{}]*\}|\\mathrm\{[^{}]*\}|\\infty|∞|\\pi|pi)?[.]?"
)
_ZERO = pattern(r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathbb|mathrm|bar)\s*)*\{?\s*0\s*\}?(?:_\{?[\w\\ ,]*\}?)?|𝟎|\\mathbf\s+0|\\vec\s*0|zeros\([^()]*\)")
_INDEX = pattern(r"[a-zA-Z]")
_INDICES = frozenset("ijklmnpqrstKLMNT")
_FRACTION_OF_D = pattern(r"\\[tdc]?frac\s*\{\s*(?:\\mathrm\s*\{?\s*d\s*\}?|d)(?![A-Za-z]{2,})|\bd2?\w*/d\w+|\bd\s*\(.*\)\s*/\s*d\w|\b(?:grad|gradient|hessian|jacobian)\s*\(")
_DIFFERENTIAL = pattern(r"\s*(?:\\mathrm\s*\{?\s*d\s*\}?|\\operatorname\s*\{d\}|\\text\s*\{d\}|d|𝑑)\s*(?:\\[,!;:]\s*)*(?P<of>(?:\\(?:mathbf|boldsymbol|bm|mathcal|mathsf|mathrm)\s*)?\{?\\?[A-Za-z]+\}?|\W.*)", 16)
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
    found = any(sign in text for sign in _signs("derivative")) or _FRACTION_OF_D.search(text) is not None
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


def _letters(text: str) -> set[str]:
    from matcalc.documents.heads import letters_in

    return set(letters_in(pattern(r"[_^]\{[^{}]*\}|[_^].|\\(?:mathbf|boldsymbol|bm|operatorname|mathrm|text)\s*\{?(?:tr|diag|sum)?").sub(" ", text))) - _NOT_SYMBOLS
