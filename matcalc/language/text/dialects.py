"""In what a formula is written: mathematics, MATLAB, NumPy (JAX, PyTorch), Julia or LaTeX.
Recognised here and nowhere else.

The signs that tell are few: ``@``, modules, methods, ``axis=`` and ``def`` are Python's,
``log.(x)`` is Julia's; a backslash, ``(:)``, words in quotes and operators with a dot are MATLAB's.
``**`` is Python's, too, but people write it beside products of mathematics, as in
``norm(A*x - b)**2``: alone it makes powers go entry by entry, and leaves ``*`` what it is. ``.T``
tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from matcalc.base.files import stored_table
from matcalc.base.lazy import later, pattern
from matcalc.base.records import record
from matcalc.language.decisions import Dialect
from matcalc.language.text.terminals import Token, type_at, types_at

if TYPE_CHECKING:
    from matcalc.language.text import python_slices
else:
    python_slices = later("matcalc.language.text.python_slices")

_PYTHON_WORDS = frozenset(["axis", "dim", "keepdims", "keepdim"])
_STATEMENTS = frozenset(["def", "lambda", "return", "import"])
_OF_PYTHON = _PYTHON_WORDS | _STATEMENTS | {"einsum"}


@record
class Written:
    """The dialect of a text. ``sure`` is False where ``**`` is the only sign of it: then ``*`` is
    the product of mathematics."""

    dialect: Dialect
    sure: bool = True

    @property
    def arrays(self) -> bool:
        """Whether operators go entry by entry and vectors have one axis."""
        return self.dialect == "numpy" and self.sure


MATH = Written("math")


@record(eq=False)
class Signs:
    """The types and the values of the raw tokens of a text: most of what would tell something of it
    stands nowhere in it."""

    types: frozenset[str]
    values: frozenset[str]

    @staticmethod
    def of(tokens: list[Token]) -> Signs:
        return Signs(frozenset([token.type for token in tokens]), frozenset([token.value for token in tokens]))


_SPECIAL = frozenset(["DOT", "COLON", "STRING", "COMMENT"])
_BETWEEN = frozenset(["COMMA", "EQUALS"])
_WORDS = frozenset(["for", "@", "end", "None", "newaxis"])


def is_program(tokens: list[Token], signs: Signs, written: Written) -> bool:
    """Whether a text may hold what only programs have: remarks, loops, slices, options between
    brackets, the numbers of ``x(3)``."""
    types = signs.types
    if written.dialect != "math" or not types.isdisjoint(_SPECIAL) or not signs.values.isdisjoint(_WORDS):
        return True
    numbers = "NUMBER" in types and any(one.type == "LPAR" and other.type == "NUMBER" for one, other in pairwise(tokens))
    return "LPAR" in types and (numbers or not types.isdisjoint(_BETWEEN))


def recognised(tokens: list[Token], signs: Signs) -> Written:
    """What a text is written in, by its raw tokens."""
    types, values = signs.types, signs.values
    if _is_python(tokens, signs) or ("LSQB" in types and python_slices.has_slices(tokens)):
        return Written("numpy")
    if not values.isdisjoint((".+", ".-")) or ("DOT" in types and _has_broadcast_call(tokens)):
        return Written("julia")
    if not values.isdisjoint(_FUNCTIONS) and (telling := _telling_function(tokens)) is not None:
        return Written(telling)
    if not types.isdisjoint(_OF_MATLAB) or not values.isdisjoint(_DOTTED):
        return Written("matlab")
    return Written("numpy", sure=False) if "**" in values else MATH


_FUNCTIONS: Mapping[str, Dialect] = {
    **dict.fromkeys(("abs2", "opnorm", "Diagonal", "logabsdet"), "julia"),
    **dict.fromkeys(("numel", "mtimes", "times", "rdivide", "mldivide"), "matlab"),
}
"""Functions that only one of the dialects has."""


def _telling_function(tokens: list[Token]) -> Dialect | None:
    called = [token.value for token, following in pairwise(tokens) if token.type == "RUN" and following.type in ("LPAR", "COMMA")]
    return next((_FUNCTIONS[name] for name in called if name in _FUNCTIONS), None)


_OF_MATLAB = frozenset(["LEFT_DIVIDE", "STRING", "COMMENT", "COLON"])
_DOTTED = frozenset([".*", "./", ".^", ".'"])


def _is_python(tokens: list[Token], signs: Signs) -> bool:
    """Whether something says that the text is Python's."""
    if "@" in signs.values and any(sign.value == "@" and before.type in _FACTORS for before, sign in pairwise(tokens)):
        return True
    return (not signs.values.isdisjoint(_OF_PYTHON) and _has_word_of_python(tokens, signs.types)) or (
        "DOT" in signs.types and any(_is_attribute(tokens, place) for place in range(1, len(tokens) - 1))
    )


def _has_word_of_python(tokens: list[Token], types: frozenset[str]) -> bool:
    runs = [(token, type_at(tokens, place + 1)) for place, token in enumerate(tokens) if token.type == "RUN"]
    return any(_is_word_of_python(token, following, types) for token, following in runs)


def _is_word_of_python(token: Token, following: str, types: frozenset[str]) -> bool:
    """Whether an option or a statement of Python's begins; ``lambda`` without the colon of a header
    is the Greek letter."""
    if token.value in _PYTHON_WORDS or token.value == "einsum":
        return "STRING" in types if token.value == "einsum" else following == "EQUALS"
    return token.value in _STATEMENTS and following in ("RUN", "COLON") and (token.value != "lambda" or "COLON" in types)


def _is_attribute(tokens: list[Token], place: int) -> bool:
    """Whether a dot stands between a value or a module and a name: ``X.sum``, ``np.pi``."""
    before, dot, after = tokens[place - 1 : place + 2]
    return [dot.type, after.type] == ["DOT", "RUN"] and before.end == dot.start and before.type in _RECEIVERS


_RECEIVERS = frozenset(["RUN", "RPAR", "RSQB", "TRANSPOSE"])
_FACTORS = _RECEIVERS | {"NUMBER", "SUPERSCRIPT", "BAR", "NORM_BAR"}


def _has_broadcast_call(tokens: list[Token]) -> bool:
    """Whether a dot makes a call go entry by entry: ``exp.(x)``."""
    return any(types_at(tokens, place, 3) == ["RUN", "DOT", "LPAR"] for place in range(len(tokens)))


# ---------------------------------------------------------------- the table


@record
class Template:
    """A function of a dialect in terms of the language: its parameters (a number stands for
    itself), and a formula in them."""

    parameters: tuple[str, ...]
    defaults: tuple[str, ...]
    """Parameters given by keyword with a number: ``min=0``."""
    formula: str


_SIGNATURE = pattern(r"(\w+)\((.*)\)")


@cache
def templates(dialect: Dialect) -> Mapping[str, tuple[Template, ...]]:
    """The functions of a dialect that the language spells otherwise."""
    found: dict[str, list[Template]] = {}
    for signature, formula in stored_table("dialects").get(dialect, {}).items():
        match = _SIGNATURE.fullmatch(signature)
        if match is None:
            raise ValueError(f"rules/dialects.toml: {signature!r} is no signature")
        parts = [part.strip() for part in match[2].split(",")]
        plain, given = (tuple([part for part in parts if ("=" in part) == keyword]) for keyword in (False, True))
        found.setdefault(match[1], []).append(Template(plain, given, formula))
    return {name: tuple(ways) for name, ways in found.items()}


def ways_to_call(dialect: Dialect, name: str) -> tuple[Template, ...]:
    """What a function means in a dialect: its own templates, and those that all dialects agree
    on."""
    return (*templates(dialect).get(name, ()), *templates("math").get(name, ()))


@cache
def foreign_names(dialect: Dialect) -> frozenset[str]:
    """Functions that a dialect has and the language has not, or has in another meaning."""
    return frozenset(templates(dialect)) | frozenset(templates("math")) | _OF_PROGRAMS.get(dialect, frozenset())


@cache
def of_lists(sort: str = "names") -> frozenset[str]:
    """Functions of which one argument is the list of all, ``of_rows``: of the rows of an array."""
    return frozenset(stored_table("dialects")["lists"][sort])


_OF_PROGRAMS: Mapping[Dialect, frozenset[str]] = {
    "numpy": frozenset(["len", "einsum", "block"]),
    "matlab": frozenset(["size", "length", "numel"]),
    "julia": frozenset(["size", "length"]),
}
