"""The characters of the language, the one spelling of a name, and the words that the reader of
tokens must know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from matcalc.base.functions import of_complex_numbers, spellings
from matcalc.base.lazy import later, pattern

if TYPE_CHECKING:
    from matcalc.language.latex import latex_commands
else:
    latex_commands = later("matcalc.language.latex.latex_commands")

_LOWER = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
]  # fmt: skip
_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"

GREEK_NAMES = MappingProxyType(
    dict(zip(_LETTERS, _LOWER, strict=True))
    | {letter.upper(): name.capitalize() for letter, name in zip(_LETTERS, _LOWER, strict=True)}
    | {"ϵ": "varepsilon", "ϑ": "vartheta", "ϕ": "varphi", "ℓ": "ell"}
)
"""Letter -> spelled name; ℓ is used like one of the Greek letters."""

SPELLED_GREEK = frozenset(GREEK_NAMES.values())

AS_LATIN = MappingProxyType(
    {
        "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N",
        "Omicron": "O", "omicron": "o", "Rho": "P", "Tau": "T", "Chi": "X",
    }
)  # fmt: skip
"""Greek letters that LaTeX has no command for, because they look like these."""

SUPERSCRIPTS = MappingProxyType(
    dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺†", "0123456789-++", strict=True))
    | dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴴ", "abcdefghijklmnoprstuvwxyzTH", strict=True))
)
SUBSCRIPTS = MappingProxyType(
    dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)) | dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
)
ONE_NAME = rf"[^\W\d_][0-9]*(?:_[^\W_]+|[{''.join(SUBSCRIPTS)}]+)?′*"
"""A regular expression: one letter with digits, a subscript and primes."""
A_LETTER = pattern(ONE_NAME)

INDEX_LETTERS = frozenset("ijklmnpqrs")
"""Letters that are indices where they stand in a subscript."""

DERIVATIVE_LETTERS = frozenset("dghnDJH")
"""With which the signs of derivatives begin that are written in letters: d, grad, hessian, nabla,
D, J, H."""

FRACTIONS = MappingProxyType(
    {
        "½": ("1", "2"),
        "⅓": ("1", "3"),
        "⅔": ("2", "3"),
        "¼": ("1", "4"),
        "¾": ("3", "4"),
        "⅕": ("1", "5"),
        "⅙": ("1", "6"),
        "⅛": ("1", "8"),
    }
)
"""Fractions of one character: what stands above and below."""

ACCENTS = MappingProxyType(
    {
        "\u0302": "hat", "\u0304": "bar", "\u0305": "bar", "\u0303": "tilde", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check",
        "\u0306": "breve", "\u0301": "acute", "\u0300": "grave", "\u030a": "ring",
    }
)  # fmt: skip
"""Combining character -> what is put behind the name of the letter below it: ŷ is y_hat."""

ONES = "𝟏"
"""The vector of ones; kept apart from the digit that it is compatible with."""

_NAME = pattern(r"[^\W\d_][^\W_]*(_[^\W_]+)*[′']*")
_SUBSCRIPTED = pattern("_?([" + "".join(SUBSCRIPTS) + "]+)")


@lru_cache(maxsize=4096)
def canonical_name(text: str) -> str:
    """The one spelling of a name: Greek letters and accents spelled out, subscripts after an
    underscore, LaTeX read.

    >>> canonical_name("β₁"), canonical_name("x₀"), canonical_name("Sigma"), canonical_name("ŷ")
    ('beta_1', 'x_0', 'Sigma', 'y_hat')
    """
    if "\\" in text or "_{" in text or "_*" in text or "^" in text:
        text = latex_commands.plain_name(text)
    if text.isascii():
        return text.strip()
    text = _SUBSCRIPTED.sub(lambda found: "_" + "".join(SUBSCRIPTS[c] for c in found[1]), plain_letters(text.strip()))
    if not text.isascii():
        text = "".join(_without_accents(c) for c in text)
    return "".join(GREEK_NAMES.get(c, c) for c in text)


def _without_accents(character: str) -> str:
    """The letter below with the names of its accents; a character with marks of another kind stays
    as it is."""
    parts = unicodedata.normalize("NFD", character)
    letter, marks = parts[0], parts[1:]
    if letter in ACCENTS:
        return "_" + ACCENTS[letter]
    return character if any(mark not in ACCENTS for mark in marks) else letter + "".join("_" + ACCENTS[mark] for mark in marks)


def plain_letters(text: str) -> str:
    """Styled letters such as 𝐗 replaced by plain ones, character by character (so that places stay
    the same)."""
    return text if text.isascii() else "".join(_plain(c) for c in text)


_LOOKALIKES = MappingProxyType(
    {
        **dict.fromkeys("—‒⁃﹣", "-"), **dict.fromkeys("•", "·"), **dict.fromkeys("⁄", "/"), **dict.fromkeys("║ǁ", "‖"),
        **dict.fromkeys("ǀ❘", "|"), **dict.fromkeys("⊺", "⊤"), **dict.fromkeys("⨂", "⊗"), **dict.fromkeys("⨀", "⊙"),
        **dict.fromkeys("∆", "Δ"), **dict.fromkeys("〈\u2329", "⟨"), **dict.fromkeys("〉\u232a", "⟩"), **dict.fromkeys("ʹʼ", "'"),
        **dict.fromkeys("\u00ad\u200c\u200d\u2060\ufeff\u20d7\u0331\u0332\u3000", "\u200b"),
    }
)  # fmt: skip
"""Characters that are typed or pasted for others; those without width, and arrows and lines at a
letter, for a blank."""


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    if character in GREEK_NAMES or character == ONES or character in SUPERSCRIPTS or character in SUBSCRIPTS:
        return character
    plain = unicodedata.normalize("NFKC", character)
    wide = "\uff01" <= character <= "\uff5e"
    return plain if len(plain) == 1 and (plain.isalnum() or wide) else character


def is_name(text: str) -> bool:
    """Whether the text could be the name of a symbol.

    >>> is_name("W_1"), is_name("x y"), is_name("2")
    (True, False, False)
    """
    name = canonical_name(text)
    return name.isalpha() or _NAME.fullmatch(name) is not None


def spelled_alike(one: str, other: str) -> bool:
    """Whether one name may be written for another: in the other case, or with the beginning of the
    name of a Greek letter for the letter.

    >>> spelled_alike("lam", "lambda"), spelled_alike("S", "Sigma"), spelled_alike("lambda_1", "l_1"), spelled_alike("x", "X")
    (True, True, True, True)
    >>> spelled_alike("x", "y"), spelled_alike("mu", "m_1")
    (False, False)
    """
    (head, _, index), (other_head, _, other_index) = (name.rstrip("_").partition("_") for name in (one, other))
    short, long = sorted((head.lower(), other_head.lower()), key=len)
    return index == other_index and bool(short) and (short == long or (long in SPELLED_GREEK and long.startswith(short)))


def partial_name(function: str, argument: str) -> str:
    """The name of the derivative of a function without a formula, where that is a symbol.

    >>> partial_name("L", "z_2")
    '∂L/∂z_2'
    """
    return f"∂{function}/∂{argument}"


def parts_of_partial(name: str) -> tuple[str, str] | None:
    """The function and the argument of such a name; None of any other.

    >>> parts_of_partial("∂L/∂z_2"), parts_of_partial("L")
    (('L', 'z_2'), None)
    """
    function, mark, argument = name.removeprefix("∂").partition("/∂")
    return (function, argument) if mark and name.startswith("∂") else None


OF_DERIVATIVES = frozenset(["grad", "gradient", "hessian", "hess", "jacobian", "jac", "diff", "derivative"])
"""Functions of an expression and of names to differentiate by."""

OF_EXPRESSIONS = (
    "tr", "trace", "sum", "diag", "inv", "vec", "kron", "transpose", "outer", "inner", "dot",
    "norm", "norm1", "norm2", "spectral", "nuclear",
)  # fmt: skip
"""Functions with their own place in the language that take expressions alone."""

STRUCTURAL = OF_DERIVATIVES.union(
    OF_EXPRESSIONS,
    ("reshape", "commutation", "ctranspose", "vdot", "eye", "vector", "matrix", "tensor", "ones", "zeros", "unit"),
)
"""Functions with their own place in the language, beside those of ``rules/functions.toml``."""

NAMES_TOO = frozenset(["eye", "vector", "matrix", "tensor", "ones", "zeros", "unit", "spectral", "nuclear", "dot", "reshape"])
"""Functions only when brackets follow."""

WORDS = frozenset(["rows", "cols", "nuclear", "spectral", "sample"])

CONNECTIVES = ("where", "with", "for", "if", "when", "given", "assuming", "provided", "suppose")
"""Words between a formula and what is said of its names."""

NORM_NAMES = {
    **dict.fromkeys(("fro", "frob", "frobenius", "hs"), "F"),
    **dict.fromkeys(("op", "spec", "spectral"), "spectral"),
    **dict.fromkeys(("nuc", "nuclear", "tr"), "nuclear"),
    **dict.fromkeys(("inf", "infty", "infinity", "oo"), "infinity"),
}
"""What names a norm as its subscript, in lower case, and how the language calls it."""

MIXED_NORM = "2,1"
"""The subscript of the norm that sums the lengths of the rows; no name is written so."""
NORMS_SAID = "||x||_1, ||x||_2, ||x||_inf, ||X||_F, ||X||_* or ||x||_A with a matrix A"

OVER = "|".join(sorted(set(ACCENTS.values())))
_INDEXED = pattern(rf"([^\W\d_]+)(?:_(?:{OVER})(?=_))?[0-9]*(?:_(?:[0-9]+|[^\W\d_]+[0-9]*))?′*")
_IN_WORDS = pattern(r"[^\W\d_]{2,}(?:_[^\W_]+)*")
_OTHERWISE = frozenset(["Var", "Cov"])
"""Capitalised names of functions that mean something else: the variance of a random variable."""


@cache
def known_functions() -> frozenset[str]:
    """Every spelling that is a function when brackets follow."""
    return STRUCTURAL | frozenset(spellings())


class Vocabulary:
    """Names that are known before reading, in their one spelling; ``functions`` are the user's own,
    ``definitions`` those of them that the text defines, with the names of their arguments;
    ``values`` are the symbols that it gives a value, ``variables`` what it is to be differentiated
    by; ``calls`` are the functions of a dialect. ``complex``: there are conjugates, and
    the signs for them, unless one of these is a number of that name. ``lengths`` are
    those of the names with more than one character, longest first.
    """

    __slots__ = ("calls", "complex", "definitions", "functions", "lengths", "symbols", "values", "variables")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._words == other._words

    def __hash__(self) -> int:
        return hash((self.symbols, self.functions, self.variables))

    @property
    def _words(self) -> tuple[object, ...]:
        return self.symbols, self.functions, dict(self.definitions), self.values, self.variables, self.calls, self.complex

    def __init__(
        self,
        symbols: frozenset[str] = frozenset(),
        functions: frozenset[str] = frozenset(),
        definitions: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        values: frozenset[str] = frozenset(),
        variables: tuple[str, ...] = (),
        calls: frozenset[str] = frozenset(),
        complex: str = "",
    ) -> None:
        self.symbols, self.functions, self.definitions = symbols, functions, definitions
        self.values, self.variables, self.calls, self.complex = values, variables, calls, complex
        self.lengths = tuple(sorted({*map(len, symbols), *map(len, functions)} - {0, 1}, reverse=True))

    @staticmethod
    def of(
        symbols: Iterable[str] = (), functions: Iterable[str] = (), variables: Iterable[str] = (), *, complex: str = ""
    ) -> Vocabulary:
        if complex:
            named = tuple(symbols)
            bars = [re.sub(r"_|\Z", lambda found: "_bar" + found[0], name, count=1) for name in named]
            symbols, functions = [*named, *bars], [*functions, *of_complex_numbers()]
        return Vocabulary(frozenset(symbols), frozenset(functions), variables=tuple(variables), complex=complex)

    def _changed(self, **fields: Any) -> Vocabulary:
        """The same words but for these fields."""
        kept = {name: getattr(self, name) for name in self.__slots__ if name != "lengths"}
        return Vocabulary(**{**kept, **fields})

    def knowing(self, names: Iterable[str]) -> Vocabulary:
        """The same words with more symbols; functions stay functions."""
        more = frozenset(names) - self.functions
        if not more:
            return self
        return self._changed(symbols=self.symbols | more)

    def with_calls(self, names: Iterable[str]) -> Vocabulary:
        """The same words with functions that a dialect has when brackets follow."""
        return self._changed(calls=frozenset(names))

    def defining(self, functions: Mapping[str, tuple[str, ...]], values: Iterable[str], names: Iterable[str]) -> Vocabulary:
        """The same words with functions that the text defines, names that it gives ``values``, and
        other names that stand in it."""
        given = frozenset(values)
        if not (functions or given or names):
            return self
        known = self.knowing([*given, *names])
        defined = {**self.definitions, **functions}
        more = self.functions | frozenset(functions)
        return self._changed(symbols=known.symbols, functions=more, definitions=defined, values=given)

    def declares(self, name: str) -> bool:
        return name in self.symbols or name in self.functions

    def long_name_at(self, run: str, place: int, end: int) -> str | None:
        """The longest declared name of several characters that the run has at ``place``; ``W1`` is
        not the beginning of ``W10``."""
        for length in self.lengths:
            stop = place + length
            if (
                stop <= end
                and self.declares(run[place:stop])
                and not (stop < end and run[stop - 1].isdigit() and run[stop].isdigit())
            ):
                return run[place:stop]
        return None

    def is_function(self, spelling: str) -> bool:
        """Whether the spelling is a function that no declaration hides."""
        return spelling in known_functions() and not self.declares(canonical_name(spelling))

    def function(self, spelling: str, called: bool) -> str | None:
        """The function of the language that a run of letters means, in its own spelling; None when
        it means none.

        Before brackets neither capitals nor an underscore between words matter (``Tr``,
        ``LogSumExp``, ``log_det``); elsewhere a capital may begin the name (``Log x``), so that
        ``DET`` stays a product.
        """
        if spelling in SPELLED_GREEK and spelling not in self.functions:
            return None  # gamma is a letter; what it means before brackets is said there
        if self.is_function(spelling) or (called and spelling in self.calls and not self.declares(spelling)):
            return spelling
        if (
            spelling in _OTHERWISE
            or self.declares(canonical_name(spelling))
            or (spelling[:1].isupper() and self.is_function(spelling[1:]))
        ):
            return None  # Asin(x) is A sin(x)
        lower = spelling.lower()
        if called and _IN_WORDS.fullmatch(spelling):
            lower = lower.replace("_", "")
        if len(lower) < 2 or not self.is_function(lower) or not (called or (spelling.istitle() and lower not in NAMES_TOO)):
            return None
        return lower

    def is_greek(self, name: str) -> bool:
        """Whether the name is a Greek letter's, perhaps with an index: ``beta``, ``sigma_1``,
        ``mu2``."""
        if name.isalpha():
            return name in SPELLED_GREEK
        match = _INDEXED.fullmatch(name)
        return match is not None and match[1] in SPELLED_GREEK


_LONGEST_SLIP = 20
_SHORTEST_SLIP = 4
"""Letters of a spelling of which one may be wrong: ``csc`` is not ``cos``."""


def nearest_spelling(name: str, known: Iterable[str]) -> str | None:
    """The word that the spelling is a slip of: the same first letter, and one letter wrong,
    missing, added or exchanged.

    >>> nearest_spelling("symetric", ["symmetric", "simplex"])
    'symmetric'
    """
    if not _SHORTEST_SLIP - 1 <= len(name) <= _LONGEST_SLIP:
        return None
    candidates = [word for word in sorted(known) if word[:1] == name[:1] and len(word) > 1]
    slips = {word: _slip(name, word) for word in candidates if max(len(word), len(name)) >= _SHORTEST_SLIP}
    return min((word for word, slip in slips.items() if slip), key=lambda word: slips[word], default=None)


def _slip(given: str, known: str) -> int:
    """How two spellings differ: 1 two neighbours exchanged, 2 a letter too many, 3 one too few, 4 a
    wrong one; 0 when by more than that."""
    start = next((k for k, (a, b) in enumerate(zip(given, known, strict=False)) if a != b), min(len(given), len(known)))
    left, right = given[start:], known[start:]
    exchanged = len(left) > 1 and left[1::-1] == right[:2] and left[2:] == right[2:]
    return 1 if exchanged else 2 if left[1:] == right else 3 if left == right[1:] else 4 * (left[1:] == right[1:])


def bracket_depths(text: str) -> list[int]:
    r"""How many brackets are open before each character, and at the end; an escaped brace is a
    bracket too.

    >>> bracket_depths("f(x)")
    [0, 0, 1, 1, 0]
    """
    found, depth = [0], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        found.append(depth)
    return found
