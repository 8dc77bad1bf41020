"""Identity matrices and vectors of ones beside a size that stands as a number: ``C = I − 11ᵀ/n`` means those of size n."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked
from matcalc.documents.context.definitions import names_used

_FONT = r"\\(?:mathbf|mathbb|mathbbm|mathds|mathrm|boldsymbol|bm|vec)"
_ARRAY = pattern(rf"{_FONT}\s*(?:\{{\s*[1I]\s*\}}|[1I](?![A-Za-z]))|(?<![A-Za-z\\_^\d])I(?![A-Za-z])")
_SUBSCRIPTED = pattern(rf"{_FONT}\s*\{{?\s*[1I]\s*\}}?\s*_|(?<![A-Za-z\\])I_")


def with_size(asked: Asked, sizes: Set[str]) -> Asked | None:
    """What is asked with the size of its arrays written out; None where no size, or more than one, stands as a number beside them."""
    if asked.dialect != "latex" or not _ARRAY.search(asked.statement) or _SUBSCRIPTED.search(asked.statement):
        return None
    found = sorted(names_used(asked.statement, "latex") & sizes)
    if len(found) != 1:
        return None
    return replace(asked, statement=_ARRAY.sub(lambda array: _sized(array, found[0]), asked.statement))


_DIFFERENTIAL = pattern(r"(?<![A-Za-z\\])d\s*[A-Za-z\\({^]|\\(?:mathrm|operatorname|text|rm)\s*\{?\s*d")


_HALVED = pattern(r"\\[tdc]?frac\s*(?:\{\s*d\s*\}|d)\s*(?:\{\s*\d+\s*\}|\d)|(?<![A-Za-z\\])d\s*/\s*\d")
_OPERAND = pattern(r"\\(?:[tdc]?frac\s*[\w{}]+?|sqrt)\s*d(?![A-Za-z])")
"""d as what a command without braces takes."""


def with_number_d(asked: Asked, sizes: Set[str]) -> Asked | None:
    r"""What is asked with the size d declared as a number, where it begins no derivative: ``\frac1d \|x\|^2``, ``\frac d2 \log(2\pi)``."""
    a_size = "d" in sizes or _HALVED.search(asked.statement) is not None
    free = a_size and "d" in names_used(asked.statement, "latex") and asked.dialect == "latex"
    if not free or _DIFFERENTIAL.search(_OPERAND.sub(" ", asked.statement)):
        return None
    return replace(asked.declaring("d: scalar"), instead="unanswered")


def _sized(array: re.Match[str], size: str) -> str:
    return f"{array[0]}_{{{size}}}"
