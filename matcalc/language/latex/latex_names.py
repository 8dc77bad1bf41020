r"""Names given in LaTeX on their own: ``\mathbf{x}``, ``\bar y``, ``\hat{\Sigma}_1``, ``x_{i}``."""

from __future__ import annotations

from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS
from matcalc.patterns import pattern

_FONT = pattern(rf"\\(?:{'|'.join(sorted(FONTS | WORDS))})(?![A-Za-z])\*?")
_ACCENT = pattern(rf"\\({'|'.join(sorted(ACCENTS))})(?![A-Za-z])[\s{{]*(\\?[A-Za-z]+|[^\W\d_])[\s}}]*")
_MEANINGLESS = pattern(r"[\s{}$]+")
_STAR = pattern(r"_[\s{]*(?:\*|\\ast|\\star)[\s}]*")
_COMMAND = pattern(r"\\([A-Za-z]+)")


def plain_name(text: str) -> str:
    r"""The name without commands and braces; text that is no name stays one that is none.

    >>> plain_name(r"\hat{\mathbf{x}}_{i}"), plain_name(r"\bar y"), plain_name(r"\boldsymbol\beta"), plain_name("k_*")
    ('x_hat_i', 'y_bar', 'beta', 'k_star')
    """
    accented = _ACCENT.sub(lambda found: found[2].lstrip("\\") + "_" + ACCENTS[found[1]], _FONT.sub("", text))
    accented = _STAR.sub("_star", accented)
    return _COMMAND.sub(r"\1", _MEANINGLESS.sub("", accented))
