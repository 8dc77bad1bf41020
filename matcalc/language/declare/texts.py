"""What every formula needs of declarations: their text, and the door to their reader, which is loaded when something is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TypeAlias

from matcalc.base.lazy import pattern
from matcalc.base.sizes import Size
from matcalc.language.decisions import Decision
from matcalc.language.declare.declared import Declaration
from matcalc.language.text.spelling import ONE_NAME
from matcalc.language.text.vocabulary import CONNECTIVES

Declare: TypeAlias = str | Mapping[str, object] | None
"""Declarations as a text, or name by name as texts, sizes (``3``, ``("n", 4)``) and arrays."""


def parse_declarations(declare: Declare) -> dict[str, Declaration]:
    """Every declared name with what was said about it, in order.

    A text separates declarations with ``;``, line breaks, or commas before the next name; a mapping gives each name its own text, its
    sizes, or an array that has them. Raises ParseError for what is not understood, ShapeError for a property that the shape cannot have.

    >>> parse_declarations("X: n×m")["X"].shape
    (Size(names=('n',), factor=1), Size(names=('m',), factor=1))
    >>> [name for name, said in parse_declarations("let A be an n by n matrix, Σ ≻ 0").items() if said.facts]
    ['Sigma']
    """
    if declare is None or declare == "":
        return {}
    found: dict[str, Declaration] = import_module("matcalc.language.declare.declarations").declarations_in(declare)
    return found


_WORDS = (*CONNECTIVES, "assume", "let")
"""One of these is in what follows."""
_ONE = rf"(?:{ONE_NAME}|\\[A-Za-z]+|\\\w+\{{\w+\}}|[A-Za-z]{{2,}})"
_FACTUAL = r"(?:is|are)\s+(?!the\b)|scalars?\b|vectors?\b|matri(?:x|ces)\b|symmetric\b|invertible\b|positive\b|orthogonal\b|diagonal\b"
SAID_BEHIND_A_COMMA = rf",(?=(?:\s|~|\\q?quad|\\[,;: ])*{_ONE}(?:(?:\s*,\s*|\s+and\s+){_ONE})*\s*(?:∈|\\in\b|in\s+R\b|{_FACTUAL}))"
"""A comma before a name with what it is: ``x'Ax, A ∈ ℝⁿˣⁿ`` and ``c x'x, c scalar``."""
_COMMA = pattern(SAID_BEHIND_A_COMMA)
_CONNECTIVE = pattern("|".join(CONNECTIVES) + r"|\A\s*(?:If|For|When|Given|[Aa]ssume|Assuming|Suppose|[Ll]et)\s")


def said_behind(text: str) -> tuple[str, Mapping[str, Declaration]]:
    """The text without the facts that stand behind it in words, and these as declarations. Raises ParseError, with the place."""
    in_words = any(word in text.lower() for word in _WORDS) and _CONNECTIVE.search(text) is not None
    if not in_words and ("," not in text or _COMMA.search(text) is None):
        return text, {}
    found = import_module("matcalc.language.declare.clauses").clauses_in(text)
    return found.text, found.declarations


def declared_sizes(declarations: Mapping[str, Declaration]) -> frozenset[str]:
    """The size names that occur in declarations."""
    sizes = [size for d in declarations.values() for size in (*(d.shape or ()), *([d.count] if d.count else []))]
    return frozenset(name for size in sizes for name in size.names)


def declaration_text(shape: Sequence[Size | int | str], properties: tuple[str, ...] = ()) -> str:
    """A kind, sizes and properties in the ``declare`` syntax.

    >>> from matcalc.base.sizes import Size
    >>> declaration_text((Size.of("n"), Size.of("n")), ("symmetric",))
    'n×n symmetric'
    """
    sizes = "×".join(str(size) for size in shape) if shape else "scalar"
    return " ".join([sizes, *properties])


class SharedNames(dict[str, object]):
    """Declarations by name that several formulas share."""


class SharedText(str):
    """Declarations as a text that several formulas share."""

    __slots__ = ()


class BlockText(SharedText):
    """Declarations that stand in the block of one statement."""

    __slots__ = ()


def shared(declare: str | Mapping[str, object]) -> SharedNames | SharedText:
    """Declarations for several formulas: names that do not occur in one of them are no mistake there.

    >>> from matcalc.interface.api import derive
    >>> symbols = shared("A: n×n symmetric; B, X: n×m; x: n")
    >>> str(derive("x'A x", "x", declare=symbols)), str(derive("tr(B'X)", "X", declare=symbols))
    ('2 A x', 'B')
    """
    return SharedNames(declare) if isinstance(declare, Mapping) else SharedText(declare)


def about_unused(declare: Declare, occurring: Sequence[str], *others: str) -> tuple[Decision, ...]:
    """What is to be said of declared names that do not occur; ``others`` are names that may be declared all the same.

    Raises ParseError where such a name may be meant for a symbol that is not declared.
    """
    if not declare or (isinstance(declare, (SharedNames, SharedText)) and not isinstance(declare, BlockText)):
        return ()
    found: tuple[Decision, ...] = import_module("matcalc.language.declare.unused").about(declare, occurring, others)
    return found
