"""What is declared of names, as every formula needs it; the reader of declarations is loaded when
something is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias

from matcalc.base.errors import ComplexError
from matcalc.base.lazy import pattern
from matcalc.base.own_functions import OwnFunction
from matcalc.base.records import record, replace
from matcalc.base.shapes import Shape, axes_of, is_square, sizes_text
from matcalc.base.sizes import Size, names_in
from matcalc.facts.table import COMPLEX, implied
from matcalc.language.text.spelling import CONNECTIVES, INDEX_LETTERS, ONE_NAME

ORDERS = {"vector": 1, "matrix": 2, "tensor": 3}
"""The numbers of axes of what is declared by its kind; of tensors the least."""


@record
class Declaration:
    """What is known of one name.

    ``kind`` is ``"scalar"``, ``"vector"``, ``"matrix"``, ``"tensor"``, ``"function"`` or None (left
    to inference, or of sizes that are 1); ``shape`` is None when the sizes are left to inference.
    ``properties`` are those written, ``facts`` those and what they imply.
    """

    name: str
    kind: str | None = None
    shape: Shape | None = None
    properties: tuple[str, ...] = ()
    count: Size | None = None
    """Of ``x_i: d for i = 1..n`` how many there are."""
    takes: tuple[Declaration, ...] = ()
    """Of a function that is declared with shapes, ``f: R^n -> R^m``, its arguments; else it is one
    of each entry."""
    gives: Declaration | None = None

    @property
    def function(self) -> OwnFunction | None:
        """The function that it declares with shapes; None of one that takes a number and gives
        one."""
        if self.gives is None:
            return None
        takes, gives = [one.order for one in self.takes], self.gives.order
        if not gives and takes == [0]:
            return None
        return OwnFunction(self.name, tuple(takes) if gives or any(takes) else (None,) * len(takes), gives)

    @property
    def parts(self) -> tuple[Declaration, ...]:
        """What a function takes, and what it gives."""
        return self.takes if self.gives is None else (*self.takes, self.gives)

    @property
    def order(self) -> int:
        """The number of axes of what is declared."""
        return ORDERS.get(self.kind or "", 0) if self.shape is None else len(axes_of(self.shape))

    @property
    def facts(self) -> frozenset[str]:
        return self.facts_of(self.shape)

    def facts_of(self, shape: Shape | None) -> frozenset[str]:
        """The facts of a symbol that turns out to have this shape."""
        return implied(self.properties, square=shape is not None and is_square(shape)) if self.properties else frozenset()


def declared_text(declaration: Declaration) -> str:
    """What was declared of a name, in the ``declare`` syntax."""
    if declaration.gives is not None:
        return maps_text(map(declared_text, declaration.takes), declared_text(declaration.gives))
    shape = declaration.shape
    sizes = (declaration.kind or "") if shape is None else sizes_text(shape) if shape else "scalar"
    count = [] if declaration.count is None else [f"for {declaration.name.rpartition('_')[2]} = 1..{declaration.count}"]
    return " ".join([*([sizes] if sizes else []), *declaration.properties, *count])


def maps_text(takes: Iterable[str], gives: str) -> str:
    """What a function takes and gives, in the ``declare`` syntax: ``n, m → scalar``."""
    return f"{', '.join(takes)} → {gives}"


def says_function(declaration: str) -> bool:
    """Whether the text of a declaration is that of a function.

    >>> says_function("function"), says_function("R^n -> R"), says_function("n×m")
    (True, True, False)
    """
    return declaration == "function" or any(arrow in declaration for arrow in ("→", "->", r"\to"))


def complex_signs(declarations: Iterable[Declaration], known: bool) -> str:
    """The signs behind an operand that conjugate where a symbol is complex, empty where none is.
    Raises ComplexError where one is, and that is not ``known`` to be read."""
    said = [one for one in declarations if any(COMPLEX in part.facts for part in (one, *one.parts))]
    if said and not known:
        raise not_real(said[0].name)
    number = any(one.name == "H" and one.kind == "scalar" for one in declarations)
    return "" if not said else "*†" if number else "H*†"


def not_real(name: str) -> ComplexError:
    """The error for a complex symbol where symbols are real."""
    return ComplexError(
        f"{name} is complex, and this is for real symbols",
        expected="complex symbols in derive, parse and verify only",
        suggestion=f'derive(..., "conj({name})"), or real symbols for the real and the imaginary part',
    )


def joined(one: Declaration, other: Declaration) -> Declaration:
    """Both declarations of one name."""
    return Declaration(
        one.name,
        one.kind or other.kind,
        one.shape if one.shape is not None else other.shape,
        tuple(dict.fromkeys((*one.properties, *other.properties))),
        one.count or other.count,
        one.takes or other.takes,
        one.gives or other.gives,
    )


def resized(declaration: Declaration, sizes: Mapping[str, Size]) -> Declaration:
    """The declaration with other sizes in place of named ones."""
    shape, count, gives = declaration.shape, declaration.count, declaration.gives
    return replace(
        declaration,
        shape=None if shape is None else tuple([size.replaced(sizes) for size in shape]),
        count=None if count is None else count.replaced(sizes),
        takes=tuple([resized(one, sizes) for one in declaration.takes]),
        gives=None if gives is None else resized(gives, sizes),
    )


Declare: TypeAlias = str | Mapping[str, object] | None
"""Declarations as a text, or name by name as texts, sizes (``3``, ``("n", 4)``) and arrays."""


def parse_declarations(declare: Declare) -> dict[str, Declaration]:
    """Every declared name with what was said about it, in order.

    A text separates declarations with ``;``, line breaks, or commas before the next name; a mapping
    gives each name its own text, its sizes, or an array that has them. Raises ParseError for what
    is not understood, ShapeError for a property that the shape cannot have.

    >>> parse_declarations("X: n×m")["X"].shape
    (Size(terms=((('n',), 1),)), Size(terms=((('m',), 1),)))
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
_FACTUAL = (
    r"(?:is|are)\s+(?!the\b)|scalars?\b|vectors?\b|matri(?:x|ces)\b|symmetric\b|invertible\b|positive\b|orthogonal\b|diagonal\b"
)
SAID_BEHIND_A_COMMA = (
    rf",(?=(?:\s|~|\\q?quad|\\[,;: ])*{_ONE}(?:(?:\s*,\s*|\s+and\s+){_ONE})*\s*(?:∈|\\in\b|in\s+R\b|{_FACTUAL}))"
)
"""A comma before a name with what it is: ``x'Ax, A ∈ ℝⁿˣⁿ`` and ``c x'x, c scalar``."""
_COMMA = pattern(SAID_BEHIND_A_COMMA)
_CONNECTIVE = pattern("|".join(CONNECTIVES) + r"|\A\s*(?:If|For|When|Given|[Aa]ssume|Assuming|Suppose|[Ll]et)\s")


def said_behind(text: str) -> tuple[str, Mapping[str, Declaration]]:
    """The text without the facts that stand behind it in words, and these as declarations. Raises
    ParseError, with the place."""
    in_words = any(word in text.lower() for word in _WORDS) and _CONNECTIVE.search(text) is not None
    if not in_words and ("," not in text or _COMMA.search(text) is None):
        return text, {}
    found: tuple[str, Mapping[str, Declaration]] = import_module("matcalc.language.declare.stated_facts").clauses_in(text)
    return found


def declared_sizes(declarations: Mapping[str, Declaration]) -> frozenset[str]:
    """The size names that occur in declarations."""
    every = [part for one in declarations.values() for part in (one, *one.parts)]
    sizes = [size for d in every for size in (*(d.shape or ()), *([d.count] if d.count else []))]
    return frozenset(names_in(sizes))


def declaration_text(shape: Sequence[Size | int | str], properties: tuple[str, ...] = ()) -> str:
    """A kind, sizes and properties in the ``declare`` syntax.

    >>> from matcalc.base.sizes import Size
    >>> declaration_text((Size.of("n"), Size.of("n")), ("symmetric",))
    'n×n symmetric'
    """
    return " ".join([_sizes_text(tuple(shape)) if shape else "scalar", *properties])


@lru_cache(maxsize=256)
def _sizes_text(shape: tuple[Size | int | str, ...]) -> str:
    return sizes_text(shape)


class SharedNames(dict[str, object]):
    """Declarations by name that several formulas share."""


class SharedText(str):
    """Declarations as a text that several formulas share."""

    __slots__ = ()


class BlockText(SharedText):
    """Declarations that stand in the block of one statement."""

    __slots__ = ()


def shared(declare: str | Mapping[str, object]) -> SharedNames | SharedText:
    """Declarations for several formulas: names that do not occur in one of them are no mistake
    there.

    >>> from matcalc.interface.api import derive
    >>> symbols = shared("A: n×n symmetric; B, X: n×m; x: n")
    >>> str(derive("x'A x", "x", declare=symbols)), str(derive("tr(B'X)", "X", declare=symbols))
    ('2 A x', 'B')
    """
    return SharedNames(declare) if isinstance(declare, Mapping) else SharedText(declare)


_DOTS = r"(?:\.{2,3}|…|\\[lc]?dots)"
_UP_TO = rf"(?:{_DOTS}|,\s*(?:2\s*,\s*)?{_DOTS}\s*,|:|\bto\b|-)"
_RANGE = pattern(
    rf"(?:,?\s*\bfor(?:\s+(?:all|each|every))?\s+|,\s*|\(\s*)(?P<index>[a-z])\s*=\s*1\s*{_UP_TO}\s*(?P<last>[A-Za-z]\w*|[0-9]+)\s*\)?"
    r"|,?\s*\bfor\s+(?:all|each|every)\s+(?P<any>[a-z])\b(?!\s*=)"
)
_LETTERS = INDEX_LETTERS | {"t"}
"""Members are often counted by time."""

Members: TypeAlias = Mapping[tuple[str, int], Declaration]
"""What is declared of the members of families, by what stands before their indices and the number
of these."""


@record
class Range:
    """``for i = 1..n``, with its place; no size is said in ``for each i``."""

    index: str
    size: Size | None
    start: int
    end: int


def without_ranges(text: str) -> tuple[str, tuple[Range, ...]]:
    """A text of declarations with blanks where ranges of indices stand, and the ranges.

    >>> without_ranges("x_i: d for i = 1..n; b: n")[0]
    'x_i: d               ; b: n'
    """
    if "=" not in text and "for" not in text:
        return text, ()
    found = [_range(match["index"] or match["any"], match["last"], match.start(), match.end()) for match in _RANGE.finditer(text)]
    plain = text
    for one in found:
        plain = plain[: one.start] + " " * (one.end - one.start) + plain[one.end :]
    return plain, tuple(found)


def _range(index: str, last: str | None, start: int, end: int) -> Range:
    return Range(index, None if last is None else Size.of(int(last) if last.isdecimal() else last), start, end)


def index_of(name: str) -> str:
    """The indices in the name of a member; empty for other names.

    >>> index_of("x_i"), index_of("mu_ik"), index_of("x_max"), index_of("x")
    ('i', 'ik', '', '')
    """
    base, _, index = name.rpartition("_")
    return index if base and len(index) < 4 and set(index) <= _LETTERS else ""


def unused(declare: Declare, occurring: Iterable[str]) -> tuple[str, ...]:
    """The declared names that are neither symbols of a formula nor sizes."""
    said = parse_declarations(declare)
    known = {*occurring}
    if all(name in known for name in said):
        return ()
    known |= declared_sizes(said)
    members = {one.name for (base, _), one in declared_members(said).items() if not known.isdisjoint((base, base.capitalize()))}
    return tuple([name for name, one in said.items() if name not in known and name not in members and one.count is None])


def declared_members(declarations: Mapping[str, Declaration]) -> Members:
    """What the declarations say of members of families."""
    found: dict[tuple[str, int], Declaration] = {}
    for name, declaration in declarations.items():
        index = index_of(name)
        base = name.rpartition("_")[0]
        if index and base not in declarations and declaration.kind != "function":
            found[base, len(index)] = declaration
    return found
