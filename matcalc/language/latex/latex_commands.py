"""The LaTeX commands that are read, by what they stand for."""

from __future__ import annotations

from types import MappingProxyType

SPACING = frozenset(
    [
        ",", ";", ":", "!", ">", " ", "\n", "/", "quad", "qquad", "thinspace", "medspace", "thickspace", "negthinspace",
        "enspace", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits",
        "mathstrut", "strut", "nonumber", "notag", "allowbreak", "bf", "rm", "it", "sf", "cal", "bfseries", "relax", "noindent",
        "xspace", "displaylimits", "protect", "hfill", "hfil", "sl", "tt", "mathsurround", "null", "par", "smallskip", "medskip",
    ]
)  # fmt: skip
"""Commands without meaning for the formula: space, style and old font switches."""

DIMENSIONED = frozenset(["mkern", "kern", "mskip", "hskip", "vskip"])
"""Space with its width behind it, as in ``\\mkern-1.5mu``."""

DROPPED_WITH_ARGUMENT = frozenset(["label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom", "color"])

FONTS = frozenset(
    [
        "mathbf", "boldsymbol", "bm", "mathit", "mathcal", "mathscr", "mathfrak", "mathnormal", "pmb", "symbf", "symbfit", "symbfup",
        "mathbfit", "bs", "mathbold", "textbf", "mathds", "mathbbm", "ensuremath", "boxed", "vec", "underline",
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
        "Rightarrow": "IMPLIES", "implies": "IMPLIES", "Longrightarrow": "IMPLIES",
        "partial": "PARTIAL", "nabla": "NABLA", "sum": "SUM_SIGN", "Vert": "NORM_BAR", "|": "NORM_BAR", "parallel": "NORM_BAR",
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

TRANSPOSES = frozenset(["top", "intercal", "T", "transpose", "trans", "tran", "prime", "tp"])

ENVIRONMENTS = frozenset(
    [
        "equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "flalign", "aligned", "gathered", "split",
        "alignat", "alignedat",
    ]
)  # fmt: skip

REFUSED = MappingProxyType(
    {
        "prod": ("products over an index are not read", None),
        "int": ("integrals are not read", None),
        "mathbb": ("blackboard letters (sets, expectations) are not read", "\\mathbf{1} for the vector of ones"),
        "begin": ("matrices cannot be written out entry by entry, nor is this environment read", "a name, such as A"),
        "leq": ("inequalities are not read", None), "geq": ("inequalities are not read", None),
        "le": ("inequalities are not read", None), "ge": ("inequalities are not read", None),
        "neq": ("inequalities are not read", None), "approx": ("approximations are not read", None),
        "argmin": ("minimisers are not read", None), "argmax": ("maximisers are not read", None), "arg": ("minimisers are not read", None),
        "propto": ("proportionality is not read", None), "in": ("conditions are not read", "a declaration, such as x: n"),
        "dots": ("an ellipsis is not read", "\\sum_i"), "ldots": ("an ellipsis is not read", "\\sum_i"),
        "cdots": ("an ellipsis is not read", "\\sum_i"), "infty": ("infinity is not read", None),
        "max": ("maxima are not read", "\\operatorname{relu}(x) for max(0, x)"),
        "min": ("minima are not read", None), "lim": ("limits are not read", None),
        "dagger": ("the conjugate transpose is not read: all symbols are real", "A^\\top, or pinv(A) for the pseudoinverse"),
    }
)  # fmt: skip
"""Commands that people write and that mean something outside the language: the message and what to write instead."""
