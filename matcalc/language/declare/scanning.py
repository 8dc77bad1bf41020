"""The words of declarations, and declarations cut into tokens, in ASCII, Unicode and LaTeX alike,
each with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS
from matcalc.language.text.spelling import GREEK_NAMES, SUBSCRIPTS, SUPERSCRIPTS

KINDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("scalar", "scalars", "number", "numbers"), "scalar"),
        **dict.fromkeys(("vector", "vectors"), "vector"),
        **dict.fromkeys(("matrix", "matrices"), "matrix"),
        **dict.fromkeys(("function", "functions"), "function"),
        **dict.fromkeys(("tensor", "tensors"), "tensor"),
    }
)
"""What is declared by a word, in the singular and the plural."""

FILLERS = frozenset(
    [
        "a", "an", "the", "real", "valued", "be", "is", "are", "of", "with", "in", "and", "any", "arbitrary", "given",
        "fixed", "some", "each", "every", "all", "its", "size", "sizes", "shape", "shapes", "dimension", "dimensions",
        "dimensional", "dim", "length", "order", "type", "entries", "elements", "components", "component", "values",
        "column", "elementwise", "entrywise", "which", "has", "have", "strictly", "it", "both", "variable", "variables",
        "parameter", "parameters", "float", "euclidean", "space",
    ]
)  # fmt: skip
"""Words that say nothing more: ``A: n×n real symmetric and positive``."""

SIZES_TOO = frozenset(["size", "dim", "length", "order", "dimension", "a"])
"""Those of them that may be the name of a size."""

OPENING = frozenset(
    [
        "let",
        "suppose",
        "assume",
        "define",
        "where",
        "for",
        "given",
        "with",
        "that",
        "if",
        "the",
        "each",
        "all",
        "say",
        "here",
        "a",
        "an",
        "take",
    ]
)
"""Words before a declaration."""

JOINING = frozenset(["and", "where", "with", "st", "such", "while", "but"])
"""Words between two declarations, as a comma is."""

LINKS = frozenset([":", "→", "∈", "in", "is", "are", "be", "has", "have", "denote", "denotes"])
"""What stands between a name and what is said of it."""

ADDING = frozenset(["is", "are", "be", "has", "have", "denote", "denotes"])
"""Links that add to what is said elsewhere."""

SETS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ℝ", "R", "Reals", "reals", "RR"), "real"),
        **dict.fromkeys(("ℤ", "Z", "integers"), "integer"),
        **dict.fromkeys(("ℕ", "N", "naturals"), "natural"),
        **dict.fromkeys(("ℂ", "C", "ℚ"), "complex"),
        **dict.fromkeys(("𝕊", "S", "Sym", "SPD", "PSD", "Spd", "Psd"), "symmetric"),
        **dict.fromkeys(("Skew", "skew", "so"), "antisymmetric"),
        **dict.fromkeys(("O", "SO"), "orthogonal"),
        **dict.fromkeys(("GL", "Gl"), "invertible"),
        **dict.fromkeys(("U", "SU"), "unitary"),
        **dict.fromkeys(("St", "Gr", "V"), "orthonormal"),
        **dict.fromkeys(("Δ", "Delta", "simplex"), "simplex"),
    }
)
"""Sets of numbers, vectors and matrices, and what their members are."""

ALWAYS_SETS = frozenset(["ℝ", "ℤ", "ℕ", "ℂ", "ℚ", "𝕊", "Δ", "Reals", "reals", "RR"])
"""Names of sets that are no names of sizes."""

NO_FACTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("sparse", "dense", "banded", "toeplitz", "hankel", "circulant", "tridiagonal", "random", "gaussian"), ""
        ),
        **dict.fromkeys(
            ("float32", "float64", "double", "int", "bool", "complex", "array", "ndarray", "list", "object", "str", "string"), ""
        ),
        **dict.fromkeys(
            ("negative", "nonpositive", "nonzero", "bounded", "singular", "normal", "convex", "linear", "full", "rank"), ""
        ),
        **dict.fromkeys(("rows", "row", "columns", "cols", "column", "entry", "identity", "zero", "complex_valued", "non"), ""),
        "square": "n×n",
        "sym": "symmetric",
        "symm": "symmetric",
        "herm": "symmetric",
        "diag": "diagonal",
        "tri": "lower_triangular",
        "triangular": "lower_triangular",
        "mat": "matrix",
        "vec": "vector",
        "num": "scalar",
        "func": "function",
        "fn": "function",
        "callable": "function",
        "pos": "positive",
        "nonneg": "nonnegative",
        "inv": "invertible",
        "invertable": "invertible",
        "regular": "invertible",
        "definite": "positive_definite",
        "semidefinite": "positive_semidefinite",
        "posdef": "positive_definite",
        "possemidef": "positive_semidefinite",
        "orth": "orthogonal",
        "ortho": "orthogonal",
        "rotation": "orthogonal",
        "permutation": "orthogonal mask",
        "prob": "simplex",
        "distribution": "simplex",
        "indicator": "mask",
        "boolean": "mask",
        "onehot": "simplex mask",
    }
)
"""Words that are no sizes although they stand where sizes do, and the fact that is meant, if there
is one."""


MARKS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("++", ">0", "+*", "*+", ">"), "positive"),
        **dict.fromkeys(("+", "≥0", "≥", "0+"), "nonnegative"),
        **dict.fromkeys(("≻0", "≻"), "positive_definite"),
        **dict.fromkeys(("⪰0", "⪰"), "positive_semidefinite"),
        **dict.fromkeys(("sym", "s", "symm"), "symmetric"),
        **dict.fromkeys(("skew", "as"), "antisymmetric"),
        **dict.fromkeys(("diag",), "diagonal"),
    }
)
"""Marks above and below the name of a set, and what its members are."""


Kind: TypeAlias = Literal["word", "number", "sign", "relation"]


@record
class Token:
    """``text`` is the one spelling of what stands from ``start`` to ``end``; ``accent`` marks
    LaTeX's command for one."""

    kind: Kind
    text: str
    start: int
    end: int
    accent: bool = False


_SUPER = "".join(SUPERSCRIPTS) + "ˣ"
_SUB = "".join(SUBSCRIPTS) + "₊"
_PLAIN = {**SUPERSCRIPTS, **SUBSCRIPTS, "ˣ": "×", "₊": "+"}
_FONT_NAMES = "|".join(sorted(FONTS | WORDS | {"mathbb", "Bbb"}, key=len, reverse=True))
_TOKEN = pattern(
    rf"(?P<space>\s+|[$~&]|\\[,;:! ()\[\]]|\\(?:left|right|quad|qquad|displaystyle|bigl|bigr|big|Big)(?![A-Za-z]))"
    rf"|(?P<font>\\(?:{_FONT_NAMES})(?![A-Za-z])\*?)\s*(?:(?P<open>\{{)[^{{}}]*(?P<close>\}}))?"
    r"|(?P<command>\\(?:[A-Za-z]+|[{}|]))"
    r"|(?P<dotted>(?:[A-Za-z]\.){2,})"
    rf"|(?P<raised>[{_SUPER}]+)"
    rf"|(?P<lowered>(?<![^\W_])[{_SUB}]+|₊+)"
    r"|(?P<glued>(?<![^\W_])(?:[A-Za-z]|\d+)(?:[xX](?:[A-Za-z]|\d+))+(?![\w']))"
    r"|(?P<number>\d+(?:\.\d+)?[eE]\d+|\d+\.\d+|\d+)"
    rf"|(?P<word>(?:(?![{_SUPER}])[^\W\d_])(?:(?![{_SUPER}])[^\W_]|[\u0300-\u030c]|_(?=[^\W_]))*[′']*)"
    r"|(?P<link>->|=>|:=|→|↦|≔)"
    r"|(?P<relation>>=|<=|==|!=|>>|<<|[=<>≥≤≠⩾⩽≧≦≻≺⪰⪯≽≼≿≾])"
    r"|(?P<sign>\S)"
)
_GLUED = pattern(r"[A-Za-z]|\d+")
_COMMANDS = {
    "times": "×", "cdot": "*", "ast": "*", "in": "∈", "colon": ":", "to": "→", "infty": "∞", "pm": "±", "{": "{", "}": "}",
    "R": "ℝ", "RR": "ℝ", "Re": "ℝ", "Reals": "ℝ", "reals": "ℝ", "N": "ℕ", "NN": "ℕ", "Z": "ℤ", "ZZ": "ℤ", "C": "ℂ", "CC": "ℂ",
    "SS": "𝕊", "Sym": "Sym", "simplex": "Δ", "top": "T",
}  # fmt: skip
_RELATIONS = {
    "ge": "≥", "geq": "≥", "geqslant": "≥", "geqq": "≥", "le": "≤", "leq": "≤", "leqslant": "≤", "leqq": "≤", "gt": ">", "lt": "<",
    "ne": "≠", "neq": "≠", "succ": "≻", "prec": "≺", "succeq": "⪰", "preceq": "⪯", "succcurlyeq": "⪰", "preccurlyeq": "⪯",
    "succsim": "⪰", "precsim": "⪯",
    ">=": "≥", "⩾": "≥", "≧": "≥", "<=": "≤", "⩽": "≤", "≦": "≤", "==": "=", "!=": "≠", ">>": "⪰", "<<": "⪯",
    "≽": "⪰", "≿": "⪰", "≼": "⪯", "≾": "⪯",
}  # fmt: skip
_DOUBLE_STRUCK = dict(zip("RSZNCQ", "ℝ𝕊ℤℕℂℚ", strict=True))
_DOUBLED_FONTS = ("mathbb", "mathds", "Bbb", "mathbbm")
_SPELLED = {name: letter for letter, name in GREEK_NAMES.items()}
_SIGNS = {"⋅": "*", "·": "*", "−": "-", "–": "-", "∊": "∈", "✕": "×", "✖": "×", "⨯": "×", "：": ":", "，": ",", "；": ";"}


def scanned(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a part of a text. A line break, and LaTeX's, is the sign ``;``."""
    return list(_tokens(text, start, len(text) if end is None else end))


def _tokens(text: str, start: int, end: int) -> Iterator[Token]:
    hidden: set[int] = set()
    doubled = -1
    place = start
    while place < end:
        if text.startswith("\\\\", place):
            yield Token("sign", ";", place, place + 2)
            place += 2
            continue
        match = _TOKEN.match(text, place, end)
        assert match is not None
        kind, (first, last) = match.lastgroup or "sign", match.span()
        if match["font"] is not None:  # what the font is of, in braces of its own or not, is read on
            hidden |= {match.start("open"), match.start("close")}
            last = match.end("font") if match["open"] is None else match.end("open")
            doubled = last if match["font"].lstrip("\\") in _DOUBLED_FONTS else -1
            place = last
            continue
        if kind == "space":
            if "\n" in match[0]:
                yield Token("sign", ";", first, last)
        elif first not in hidden:
            yield from _made(kind, match[0], first, last, doubled >= 0 and not text[doubled:first].strip())
            doubled = -1
        place = last


def _made(kind: str, written: str, first: int, last: int, doubled: bool) -> Iterator[Token]:
    match kind:
        case "command":
            yield _command(written[1:], first, last)
        case "dotted":
            yield Token("word", written.replace(".", ""), first, last)
        case "raised" | "lowered":
            yield Token("sign", "^" if kind == "raised" else "_", first, first)
            yield Token("sign", "{", first, first)
            plain = "".join([_PLAIN[letter] for letter in written])
            for inner in scanned(plain):
                yield Token(inner.kind, inner.text, first + inner.start, first + inner.end)
            yield Token("sign", "}", last, last)
        case "glued":
            for place, found in enumerate(_GLUED.finditer(written)):  # every second one is the cross
                sort: Kind = "sign" if place % 2 else "number" if found[0].isdigit() else "word"
                yield Token(sort, "×" if place % 2 else found[0], first + found.start(), first + found.end())
        case "number" | "word":
            yield Token(kind, _DOUBLE_STRUCK.get(written, written) if doubled else written, first, last)
        case "link":
            yield Token("sign", "→", first, last)
        case "relation":
            yield Token("relation", _RELATIONS.get(written, written), first, last)
        case _:
            yield Token("sign", _SIGNS.get(written, written), first, last)


def _command(name: str, first: int, last: int) -> Token:
    if name in _RELATIONS:
        return Token("relation", _RELATIONS[name], first, last)
    if name in _COMMANDS:
        text = _COMMANDS[name]
        return Token("word" if text.isalpha() else "sign", text, first, last)
    return Token("word", _SPELLED.get(name, name), first, last, accent=name in ACCENTS)


INFINITE = ("∞", "inf", "infty", "Inf", "infinity")
_LETTERS_WITH_POWERS = frozenset(["S", "Z", "N", "C", "O", "U", "V"])
"""Of which a power with a number may be the power of a size."""
_LETTERS_WITH_INDICES = frozenset(["R", "N", "Z", "C", "S", "U", "V"])
_BEHIND_SETS = frozenset(["", "^", "_", "(", "+"])


def begins_set(tokens: Sequence[Token], place: int, *, member: bool) -> bool:
    """Whether a set is named here."""
    token, following = tokens[place], text_at(tokens, place + 1)
    if token.kind == "sign":
        return token.text == "{" or (token.text in "[(" and _is_interval(tokens, place, member))
    base, _, below = token.text.partition("_")
    if base not in SETS or (below and base in _LETTERS_WITH_INDICES and not member):
        return False
    if base in ALWAYS_SETS or (member and (below or following in _BEHIND_SETS)):
        return True
    raised = tokens[place + 2] if place + 2 < len(tokens) else token
    return _is_set_before(following, base, raised)


def _is_set_before(sign: str, base: str, raised: Token) -> bool:
    """Whether a letter names a set by the sign behind it."""
    if sign == "(":
        return base not in ("R", "N", "Z", "C", "V")
    if sign == "_":
        return base in ("R", "S", "Z", "N")
    return sign == "^" and not (base in _LETTERS_WITH_POWERS and raised.kind == "number")


def text_at(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].text if place < len(tokens) else ""


def _is_interval(tokens: Sequence[Token], place: int, member: bool) -> bool:
    inside = tokens[place + 1 : place + 6]
    comma = next((k for k, token in enumerate(inside) if token.text == ","), None)
    if comma is None:
        return False
    bounds = [token.text for token in inside[: comma + 3]]
    after = place + 1 + comma + 3
    raised = after < len(tokens) and tokens[after].text == "^"
    return any(word in bounds for word in INFINITE) or ((member or raised) and inside[0].kind != "word")
