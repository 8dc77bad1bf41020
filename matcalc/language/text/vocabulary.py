"""The words that the reader of tokens must know: functions, declared names, keywords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from matcalc.base.functions import spellings
from matcalc.base.lazy import pattern
from matcalc.language.text.spelling import ACCENTS, SPELLED_GREEK, canonical_name

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

WORDS = frozenset(["rows", "cols", "nuclear", "spectral"])

CONNECTIVES = ("where", "with", "for", "if", "when", "given", "assuming", "provided", "suppose")
"""Words between a formula and what is said of its names."""

NORM_NAMES = {
    **dict.fromkeys(("fro", "frob", "frobenius", "hs"), "F"),
    **dict.fromkeys(("op", "spec", "spectral"), "spectral"),
    **dict.fromkeys(("nuc", "nuclear", "tr"), "nuclear"),
}
"""What names a norm as its subscript, in lower case, and how the language calls it."""

INFINITE_NORMS = frozenset(["inf", "infty", "infinity", "max", "oo"])
NORMS_SAID = "||x||_1, ||x||_2, ||X||_F, ||X||_* or ||x||_A with a matrix A"

_OVER = "|".join(sorted(set(ACCENTS.values())))
_INDEXED = pattern(rf"([^\W\d_]+)(?:_(?:{_OVER})(?=_))?[0-9]*(?:_(?:[0-9]+|[^\W\d_]+[0-9]*))?′*")
_IN_WORDS = pattern(r"[^\W\d_]{2,}(?:_[^\W_]+)*")
_OTHERWISE = frozenset(["Var"])
"""Capitalised names of functions that mean something else: the variance of a random variable."""


@cache
def known_functions() -> frozenset[str]:
    """Every spelling that is a function when brackets follow."""
    return STRUCTURAL | frozenset(spellings())


class Vocabulary:
    """Names that are known before reading, in their one spelling; ``functions`` are the user's own, ``definitions`` those of them that the
    text defines, with the names of their arguments; ``values`` are the symbols that it gives a value, ``variables`` what it is to be
    differentiated by; ``calls`` are the functions of a dialect. ``lengths`` are those of the names with more than one character, longest
    first.
    """

    __slots__ = ("calls", "definitions", "functions", "lengths", "symbols", "values", "variables")

    def __init__(
        self,
        symbols: frozenset[str] = frozenset(),
        functions: frozenset[str] = frozenset(),
        definitions: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        values: frozenset[str] = frozenset(),
        variables: tuple[str, ...] = (),
        calls: frozenset[str] = frozenset(),
    ) -> None:
        self.symbols, self.functions, self.definitions = symbols, functions, definitions
        self.values, self.variables, self.calls = values, variables, calls
        lengths = {*map(len, symbols), *map(len, functions)}
        self.lengths = tuple(sorted(lengths - {0, 1}, reverse=True))

    @staticmethod
    def of(symbols: Iterable[str] = (), functions: Iterable[str] = (), variables: Iterable[str] = ()) -> Vocabulary:
        return Vocabulary(frozenset(symbols), frozenset(functions), variables=tuple(variables))

    def knowing(self, names: Iterable[str]) -> Vocabulary:
        """The same words with more symbols; functions stay functions."""
        more = frozenset(names) - self.functions
        if not more:
            return self
        return Vocabulary(self.symbols | more, self.functions, self.definitions, self.values, self.variables, self.calls)

    def with_calls(self, names: Iterable[str]) -> Vocabulary:
        """The same words with functions that a dialect has when brackets follow."""
        return Vocabulary(self.symbols, self.functions, self.definitions, self.values, self.variables, frozenset(names))

    def defining(self, functions: Mapping[str, tuple[str, ...]], values: Iterable[str], names: Iterable[str]) -> Vocabulary:
        """The same words with functions that the text defines, names that it gives ``values``, and other names that stand in it."""
        given = frozenset(values)
        if not (functions or given or names):
            return self
        known = self.knowing([*given, *names])
        defined = {**self.definitions, **functions}
        return Vocabulary(known.symbols, self.functions | frozenset(functions), defined, given, self.variables, self.calls)

    def declares(self, name: str) -> bool:
        return name in self.symbols or name in self.functions

    def long_name_at(self, run: str, place: int, end: int) -> str | None:
        """The longest declared name of several characters that the run has at ``place``; ``W1`` is not the beginning of ``W10``."""
        for length in self.lengths:
            stop = place + length
            if stop <= end and self.declares(run[place:stop]) and not (stop < end and run[stop - 1].isdigit() and run[stop].isdigit()):
                return run[place:stop]
        return None

    def is_function(self, spelling: str) -> bool:
        """Whether the spelling is a function that no declaration hides."""
        return spelling in known_functions() and not self.declares(canonical_name(spelling))

    def function(self, spelling: str, called: bool) -> str | None:
        """The function of the language that a run of letters means, in its own spelling; None when it means none.

        Before brackets neither capitals nor an underscore between words matter (``Tr``, ``LogSumExp``, ``log_det``); elsewhere a capital
        may begin the name (``Log x``), so that ``DET`` stays a product.
        """
        if self.is_function(spelling) or (called and spelling in self.calls and not self.declares(spelling)):
            return spelling
        if spelling in _OTHERWISE or self.declares(canonical_name(spelling)) or (spelling[:1].isupper() and self.is_function(spelling[1:])):
            return None  # Asin(x) is A sin(x)
        lower = spelling.lower()
        if called and _IN_WORDS.fullmatch(spelling):
            lower = lower.replace("_", "")
        if len(lower) < 2 or not self.is_function(lower) or not (called or (spelling.istitle() and lower not in NAMES_TOO)):
            return None
        return lower

    def is_greek(self, name: str) -> bool:
        """Whether the name is a Greek letter's, perhaps with an index: ``beta``, ``sigma_1``, ``mu2``."""
        if name.isalpha():
            return name in SPELLED_GREEK
        match = _INDEXED.fullmatch(name)
        return match is not None and match[1] in SPELLED_GREEK
