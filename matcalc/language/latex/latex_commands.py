"""The LaTeX commands that are read, by what they stand for, and names given in LaTeX on their
own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern

SPACING = frozenset(
    [
        ",", ";", ":", "!", ">", " ", "\n", "/", "quad", "qquad", "thinspace", "medspace", "thickspace", "negthinspace",
        "enspace", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits",
        "mathstrut", "strut", "nonumber", "notag", "allowbreak", "bf", "rm", "it", "sf", "cal", "bfseries", "relax", "noindent",
        "xspace", "displaylimits", "protect", "hfill", "hfil", "sl", "tt", "mathsurround", "null", "par", "smallskip", "medskip",
        "space",
    ]
)  # fmt: skip
"""Commands without meaning for the formula: space, style and old font switches."""

DIMENSIONED = frozenset(["mkern", "kern", "mskip", "hskip", "vskip"])
"""Space with its width behind it, as in ``\\mkern-1.5mu``."""

DROPPED_WITH_ARGUMENT = frozenset(
    ["label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom", "color", "eqref", "cite", "ref"]
)

LABELLED = frozenset(["underbrace", "overbrace", "underbracket", "overbracket"])
"""Commands around what is meant, with a label behind it."""

SECOND_MEANT = frozenset(["textcolor", "colorbox", "mathcolor", "overset", "underset", "stackrel"])
"""Commands with two arguments of which the second is meant."""

FONTS = frozenset(
    [
        "mathbf", "boldsymbol", "bm", "bold", "mathit", "mathcal", "mathscr", "mathfrak", "mathnormal", "pmb", "symbf", "symbfit",
        "symbfup",        "mathbfit", "bs", "mathbold", "textbf", "mathds", "mathbbm", "ensuremath", "boxed", "vec", "underline",
        "overrightarrow", "vv", "bvec", "mathbfsf", "vb",
        "mathopen", "mathclose", "mathbin", "mathrel", "mathord", "mathinner", "mathpunct", "smash",
    ]
)  # fmt: skip
"""Commands whose argument is what is meant. ``vec`` before a bracket is the function."""

WORDS = frozenset(
    [
        "mathrm",
        "operatorname",
        "text",
        "mathsf",
        "textrm",
        "textsf",
        "textit",
        "mathtt",
        "mathop",
        "symrm",
        "textup",
        "textnormal",
        "mathup",
        "mbox",
        "hbox",
    ]
)
"""Commands around one word: a function or a name of several letters."""

PROSE = frozenset(["text", "textrm", "textsf", "textit", "textup", "textnormal", "mbox", "hbox"])

ACCENTS = MappingProxyType(
    {
        "bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "dot": "dot",
        "ddot": "ddot", "check": "check", "breve": "breve", "acute": "acute", "grave": "grave", "mathring": "ring",
    }
)  # fmt: skip
"""Accent -> what is put behind the name of the accented symbol: ``\\bar y`` is y_bar."""

FRACTIONS = frozenset(["frac", "tfrac", "dfrac", "cfrac", "nicefrac", "sfrac"])

OPERATORS = MappingProxyType(
    {
        "cdot": "TIMES", "times": "TIMES", "ast": "TIMES", "odot": "ELEMENT_TIMES", "circ": "ELEMENT_TIMES", "oslash": "ELEMENT_DIVIDE",
        "otimes": "KRONECKER", "div": "DIVIDE", "equiv": "EQUALS", "triangleq": "EQUALS", "coloneqq": "EQUALS", "doteq": "EQUALS",
        **dict.fromkeys(("le", "leq", "leqslant", "ge", "geq", "geqslant", "lt", "gt"), "RELATION"),
        "Rightarrow": "IMPLIES", "implies": "IMPLIES", "Longrightarrow": "IMPLIES",
        "partial": "PARTIAL", "nabla": "NABLA", "sum": "SUM_SIGN", "prod": "SUM_SIGN",
        "Vert": "NORM_BAR", "|": "NORM_BAR", "parallel": "NORM_BAR",
        "vert": "BAR", "mid": "BAR", "hadamard": "ELEMENT_TIMES", "kron": "KRONECKER",
    }
)  # fmt: skip

OPENING = MappingProxyType({"{": "(", "lbrace": "(", "lbrack": "[", "langle": "<", "lVert": "NORM_OPEN", "lvert": "BAR_OPEN"})
CLOSING = MappingProxyType({"}": ")", "rbrace": ")", "rbrack": "]", "rangle": ">", "rVert": "NORM_CLOSE", "rvert": "BAR_CLOSE"})

SIZED = MappingProxyType(
    {"left": -1, "right": 1, "middle": 0}
    | dict.fromkeys(("big", "Big", "bigg", "Bigg"), 0)
    | {stem + "l": -1 for stem in ("big", "Big", "bigg", "Bigg")}
    | {stem + "r": 1 for stem in ("big", "Big", "bigg", "Bigg")}
    | {stem + "m": 0 for stem in ("big", "Big", "bigg", "Bigg")}
)
"""Commands before a delimiter -> -1 when it opens, 1 when it closes, 0 when that is left open."""

TRANSPOSES = frozenset(["top", "intercal", "T", "transpose", "trans", "tran", "transp", "prime", "tp"])
POSTFIX_TRANSPOSES = frozenset(["T", "trans", "tran", "transp", "tp", "top", "intercal"])
"""Those that stand behind a matrix without a circumflex, as in ``A\\T``."""

ENVIRONMENTS = frozenset(
    [
        "equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "flalign", "aligned", "gathered", "split",
        "alignat", "alignedat",
    ]
)  # fmt: skip

NEGATED = MappingProxyType({"=": "neq", "in": "notin", "<": "ge", ">": "le"})
"""What a relation is behind ``\\not``."""

SETS_AND_EXPECTATIONS = frozenset("ACDEFKNPQRSTVZ")
"""Blackboard letters that mean something in every text; another one is a letter in that font."""


@cache
def refused() -> Mapping[str, tuple[str, str | None]]:
    """Commands that people write and that mean something outside the language: the message and what
    to write instead."""
    return {
        name: (row["said"], row.get("instead")) for row in stored_table("latex_commands")["refused"] for name in row["commands"]
    }


def is_known_command(name: str) -> bool:
    """Whether a command is in one of the tables."""
    return any(name in table for table in _TABLES) or name in refused()


_TABLES = (
    SPACING, DIMENSIONED, DROPPED_WITH_ARGUMENT, LABELLED, SECOND_MEANT, FONTS, WORDS, PROSE, ACCENTS, FRACTIONS, OPERATORS, OPENING,
    CLOSING, SIZED, TRANSPOSES, ENVIRONMENTS,
)  # fmt: skip


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
