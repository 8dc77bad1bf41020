r"""Names given in LaTeX on their own: ``\mathbf{x}``, ``\bar y``, ``\hat{\Sigma}_1``, ``x_{i}``."""

from __future__ import annotations

import re

from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS

_FONT = pattern(rf"\\(?:{'|'.join(sorted(FONTS | WORDS))})(?![A-Za-z])\*?")
_ACCENT = pattern(rf"\\({'|'.join(sorted(ACCENTS))})(?![A-Za-z])[\s{{]*(\\?[A-Za-z]+|[^\W\d_])[\s}}]*")
_MEANINGLESS = pattern(r"[\s{}$]+")
_STAR = pattern(r"_[\s{]*(?:\*|\\ast|\\star)[\s}]*")
_COMMAND = pattern(r"\\([A-Za-z]+)")
_LABEL = pattern(
    r"\^[\s{]*(?:[\[(](\\[A-Za-z]+|[^\W_]+)\s*(?:([+-])\s*([^\W_]+))?[\])]|(\*|\\ast|\\star|\+|-)|([A-Za-z]{2,}))[\s}]*(?![^\W_]|\\)"
)
SIGNS = {"*": "star", "ast": "star", "star": "star", "+": "plus", "-": "minus"}
"""What is put into a name for a sign in a label."""


def plain_name(text: str) -> str:
    r"""The name without commands and braces; text that is no name stays one that is none.

    >>> plain_name(r"\hat{\mathbf{x}}_{i}"), plain_name(r"\bar y"), plain_name(r"\boldsymbol\beta"), plain_name("k_*")
    ('x_hat_i', 'y_bar', 'beta', 'k_star')
    >>> plain_name("W^{[1]}"), plain_name("a^{(l-1)}"), plain_name(r"\theta^{\text{old}}"), plain_name(r"w^\star")
    ('W_1', 'a_lminus1', 'theta_old', 'w_star')
    >>> plain_name("A^{-1}"), plain_name(r"A^{*\top}")
    ('A^-1', 'A^*top')
    """
    accented = _ACCENT.sub(lambda found: found[2].lstrip("\\") + "_" + ACCENTS[found[1]], _FONT.sub("", text))
    accented = _LABEL.sub(_label, _STAR.sub("_star", accented))
    return _COMMAND.sub(r"\1", _MEANINGLESS.sub("", accented))


def _label(found: re.Match[str]) -> str:
    """An exponent that is a label, as a part of a name."""
    first, sign, second, mark, word = found.groups()
    return "_" + (word or (SIGNS[mark.lstrip("\\")] if mark else first.lstrip("\\") + (SIGNS[sign] + second if sign else "")))
