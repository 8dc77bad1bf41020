r"""What is said of entries by cases of two indices, ``i = j`` and ``i \neq j``, as formulas with a Kronecker delta."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.branches import is_otherwise, parts_of
from matcalc.documents.pieces import Notation, Place, placed
from matcalc.documents.shapes import is_zero

_COMPARED = pattern(
    r"(?<![A-Za-z0-9_\\^.,+-])(?P<first>[i-npqrs])\s*(?:(?P<equal>={1,2})|(?P<unequal>≠|\\neq?(?![A-Za-z])|\\not\s*=|!=))\s*"
    r"(?P<second>[i-npqrs])(?![A-Za-z0-9_^(=+-])(?!\s*[=+(-])"
)
_INDEX = pattern(r"(?<![A-Za-z\\])[i-npqrs](?![A-Za-z])|(?<=_)[i-npqrs]|(?<=_\{)[i-npqrs](?=[i-npqrs]\})|(?<=_\{[i-npqrs])[i-npqrs](?=\})")
_DELTA = pattern(
    r"\\delta_|δ_|delta\[|\\mathbb\{?1|\\mathbf\{?1|\\(?:mathrm|mathbb|mathbf)\{I\}|\[\s*[i-n]\s*=|\\begin\{cases\}|\bI_\{?[i-n]"
)
"""What tells the cases of two indices apart."""
_CHAINED = ("=", "≠", "\\ne", "\\neq")
_TWO = 2
_NOWHERE = Place("", 1)


@dataclass(frozen=True, slots=True)
class Indices:
    """Two indices that are equal, or are not."""

    first: str
    second: str
    equal: bool

    def __str__(self) -> str:
        return f"{self.first} {'=' if self.equal else '≠'} {self.second}"

    @property
    def otherwise(self) -> Indices:
        """The other case."""
        return Indices(self.first, self.second, not self.equal)

    def concerns(self, text: str) -> bool:
        """Whether both indices stand in a formula that does not tell the cases apart itself."""
        letters = {found[0] for found in _INDEX.finditer(text)}
        return {self.first, self.second} <= letters and not _DELTA.search(text)

    def delta(self, notation: Notation) -> str:
        """The factor that is one in this case, and zero in the other."""
        delta = rf"\delta_{{{self.first}{self.second}}}" if notation == "latex" else f"delta[{self.first},{self.second}]"
        return delta if self.equal else f"(1 - {delta})"

    def equation(self, left: str, right: str, notation: Notation) -> str:
        """The equation that says the same of two sides in this case, and nothing in the other."""
        times, begin, end = (r" \cdot ", r"\left(", r"\right)") if notation == "latex" else ("*", "(", ")")
        left = f"{begin}{left}{end}"
        if is_zero(right):
            return f"{left} = {self.otherwise.delta(notation)}{times}{left}"
        return f"{self.delta(notation)}{times}{left} = {self.delta(notation)}{times}{begin}{right}{end}"


def compared(text: str) -> Indices | None:
    r"""The indices that a text compares; None for one that compares none, or several.

    >>> str(compared(r"\text{for } i \neq j")), compared("i = j = k"), compared("a_i = b_j")
    ('i ≠ j', None, None)
    """
    found = list(_COMPARED.finditer(text))
    if len(found) != 1 or found[0]["first"] == found[0]["second"] or text[: found[0].start()].rstrip().endswith(_CHAINED):
        return None
    return Indices(found[0]["first"], found[0]["second"], found[0]["equal"] is not None)


def by_indices(cases: str) -> str | None:
    r"""A formula by the cases of two indices as one formula; None for another formula.

    >>> by_indices(r"\begin{cases} a & i = j \\ b & \text{otherwise} \end{cases}")
    '\\delta_{ij} \\cdot \\left(a\\right) + (1 - \\delta_{ij}) \\cdot \\left(b\\right)'
    """
    parts = parts_of(placed(cases, _NOWHERE))
    if len(parts) != _TWO:
        return None
    found = [compared(condition) for _, condition in parts]
    first, second = found
    if first is None or (second is None and not is_otherwise(parts[1][1])) or second not in (None, first.otherwise):
        return None
    values = [value.text for value, _ in parts]
    return " + ".join(
        rf"{case.delta('latex')} \cdot \left({value}\right)" for case, value in zip((first, first.otherwise), values, strict=True)
    )


_SUBSCRIPT = pattern(r"(?<!\\nabla)(?<!∇)_\s*(?:([i-np-s])(?![A-Za-z])|\{\s*([i-np-s]|[a-z]\s*,?\s*[a-z]|[i-n]{3,4})\s*\})")
_BOUND = pattern(r"\\(?:sum|prod|max|min)(?:\\limits)?\s*_\s*(?:\{([^{}]*)\}|([a-z]))")


_ABOVE = pattern(r"(?P<sum>\\(?:sum|prod)(?:\\limits)?\s*_\s*(?:\{[^{}]*\}|[a-z]))\s*\^\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
"""``^{n_{in}}`` above a sum."""


def open_indices(text: str) -> frozenset[str]:
    """The indices of a side that no sum binds; what stands above a sum is a size."""
    text = _ABOVE.sub(lambda at: at["sum"], text)
    found = {letter for at in _SUBSCRIPT.finditer(text) for letter in (at[1] or at[2]) if letter.isalpha()}
    return frozenset(found - {letter for at in _BOUND.finditer(text) for letter in (at[1] or at[2])})


_NAME = r"(?:\\(?:mathbf|boldsymbol|bm|vec|mathrm)\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|[A-Za-z])"
_ENTRY = pattern(
    rf"(?:\\(?:left|bigl?|Bigl?|biggl?)\s*)?[(\[]\s*\\[td]?frac\s*\{{\s*\\partial\s*(?P<of>{_NAME})\s*\}}\s*\{{\s*\\partial\s*(?P<by>{_NAME})\s*\}}"
    r"\s*(?:\\(?:right|bigr?|Bigr?|biggr?)\s*)?[)\]]\s*_\s*\{\s*(?P<indices>[a-z]{3,4})\s*\}"
)
_LETTER = pattern(r"([A-Za-z]+)\s*\}?\Z")


def with_entries(text: str) -> str:
    r"""The entries of derivatives of arrays, as derivatives of entries: those of capitals have two indices, others one.

    >>> with_entries(r"\left(\frac{\partial z}{\partial W}\right)_{ijk}")
    '\\frac{\\partial z_{i}}{\\partial W_{jk}}'
    """
    return _ENTRY.sub(_of_entries, text)


def _of_entries(found: re.Match[str]) -> str:
    of, by, indices = found["of"], found["by"], found["indices"]
    axes = [2 if letter[1][0].isupper() else 1 for name in (of, by) if (letter := _LETTER.search(name)) is not None]
    if len(axes) != _TWO or sum(axes) != len(indices):
        return found[0]
    return rf"\frac{{\partial {of}_{{{indices[: axes[0]]}}}}}{{\partial {by}_{{{indices[axes[0] :]}}}}}"
