r"""Signs between factors that are meant otherwise than they are read.

A dot between two vectors or two matrices, ``a \cdot b`` and ``A : B``, where a product of them does not fit, is their inner product;
and the factors beside a Kronecker product belong together, ``AC \otimes BD``, which is read from the left like any other product.
"""

from __future__ import annotations

import re
from dataclasses import replace

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked
from matcalc.documents.habits import is_misfit
from matcalc.language.latex.latex_commands import FONTS
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.verification.verdict import Verdict

_SCRIPT = r"\s*(?:[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|\w)|'+)"
_LETTER = rf"(?:\\(?:{'|'.join(sorted(FONTS))})\s*\{{[^{{}}]*\}}|\\(?:{'|'.join(sorted(SPELLED_GREEK))}|nabla|ell)(?![A-Za-z])|[A-Za-z])"
_GROUP = r"(?:\\left\s*)?\((?:[^()]|\([^()]*\))*?\)"
_RUN = rf"(?:(?<![\\A-Za-z])(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)"
_DOT = pattern(rf"(?P<left>{_RUN})\s*(?:\\cdot(?![A-Za-z])|·)\s*(?P<right>(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)")
_COLON = pattern(r"(?P<left>(?<![A-Za-z\\])[A-Z])\s*(?::|\\colon(?![A-Za-z]))\s*(?P<right>[A-Z](?![A-Za-z]))")


def with_inner_products(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim with inner products for dots, where it does not fit or cannot be read otherwise; None for one that does, or has none."""
    if asked.exact or asked.dialect is None or not (verdict.problem or is_misfit(verdict)):
        return None
    statement = _DOT.sub(_inner, asked.statement) if r"\cdot" in asked.statement or "·" in asked.statement else asked.statement
    statement = _COLON.sub(_inner, statement)
    return replace(asked, statement=statement) if statement != asked.statement else None


_KRONECKER = pattern(rf"(?P<left>{_RUN})\s*(?P<sign>\\otimes(?![A-Za-z])|⊗)\s*(?P<right>(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)")


def with_products_first(asked: Asked, verdict: Verdict) -> Asked | None:
    """A claim that is false, or cannot be read, with what stands beside a Kronecker product in brackets; None for one without any."""
    if asked.exact or asked.dialect is None or not (verdict.problem or verdict.is_false):
        return None
    statement = _KRONECKER.sub(_bracketed, asked.statement)
    return replace(asked, statement=statement) if statement != asked.statement else None


def _bracketed(found: re.Match[str]) -> str:
    return rf"\left({found['left'].strip()}\right) {found['sign']} \left({found['right'].strip()}\right) "


def _inner(found: re.Match[str]) -> str:
    return rf"\langle {found['left'].strip()} , {found['right'].strip()} \rangle "
